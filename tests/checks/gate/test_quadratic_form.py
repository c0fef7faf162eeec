"""Tails of sums of weighted squares, against closed forms and against draws."""

import numpy as np
import pytest
from scipy import stats

from vm2causal.checks.gate.quadratic_form import least_found, tail


@pytest.mark.parametrize("degrees", [1, 2, 7, 60])
@pytest.mark.parametrize("p", [0.9, 0.5, 0.01, 1e-6])
def test_equal_weights_are_a_scaled_chi_square(degrees: int, p: float) -> None:
    value = 3.0 * stats.chi2.isf(p, degrees)
    assert tail(value, np.full(degrees, 3.0)) == pytest.approx(p, rel=1e-9)


def test_two_pairs_of_weights_have_a_closed_form() -> None:
    """Σ of two exponentials of means a and b exceeds q: (a e^(−q/a) − b e^(−q/b)) / (a − b)."""
    a, b = 6.0, 1.0
    for q in (2.0, 10.0, 30.0, 60.0):
        exact = (a * np.exp(-q / a) - b * np.exp(-q / b)) / (a - b)
        assert tail(q, np.array([a, a, b, b]) / 2) == pytest.approx(exact, rel=0.06)


def test_unequal_weights_have_the_tail_of_their_draws() -> None:
    rng = np.random.default_rng(1)
    weights = rng.gamma(1.0, 1.0, 25)
    drawn = rng.chisquare(1, (200_000, 25)) @ weights
    for p in (0.5, 0.1, 0.01, 0.001):
        # 0.001 of 200,000 draws: 7% Monte Carlo error
        assert tail(float(np.quantile(drawn, 1 - p)), weights) == pytest.approx(p, rel=0.15)


def test_nothing_is_found_where_nothing_varies() -> None:
    assert tail(3.0, np.zeros(4)) == 1.0
    assert np.isinf(least_found(np.zeros(4), 0.05))


def test_the_least_spread_is_found_four_times_in_five() -> None:
    rng = np.random.default_rng(2)
    weights = rng.gamma(2.0, 3.0, 12)
    least = least_found(weights, 0.01)
    drawn = rng.chisquare(1, (20_000, 12)) @ (weights + least**2 * weights**2)
    limit = np.quantile(rng.chisquare(1, (400_000, 12)) @ weights, 0.99)
    assert (drawn > limit).mean() == pytest.approx(0.8, abs=0.02)
