"""Transforms that push one another away: held against ArviZ, and against simulated regressions."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from arviz_stats.base import array_stats
from scipy import stats

from vm2causal.checks.gate.dependent_uniformity import p_order, p_tails, p_uniform
from vm2causal.checks.gate.rank_uniformity import uniformity
from vm2causal.model.data.columns import Floats

Errors = Callable[[np.random.Generator, int], Floats]

NORMAL: Errors = lambda rng, n: rng.normal(size=n)  # noqa: E731
HEAVY: Errors = lambda rng, n: rng.standard_t(3, n)  # noqa: E731
SKEWED: Errors = lambda rng, n: rng.exponential(size=n) - 1  # noqa: E731


def of_arviz(values: Floats, method: str) -> float:
    return float(array_stats.uniformity_test(values, method=method)[0])


def test_ranks_are_tested_as_in_arviz() -> None:
    rng = np.random.default_rng(1)
    for values in (rng.random(40), rng.beta(0.5, 0.5, 25), rng.beta(3, 3, 200)):
        assert p_order(values) == pytest.approx(of_arviz(values, "pot_c"), rel=1e-9)


def test_tails_are_tested_as_in_arviz_and_the_middle_hides_none() -> None:
    rng = np.random.default_rng(2)
    outer = np.where(rng.random(40) < 0.5, 0.25, 1.0) - 0.25 * rng.random(40)
    assert p_tails(outer) == pytest.approx(of_arviz(outer, "piet_c"), rel=1e-9)
    hidden = np.append(outer, [0.5, 1e-6])
    assert of_arviz(hidden, "piet_c") > 0.99
    assert p_tails(hidden) < 0.001


def of_regressions(errors: Errors, size: int, *, times: int, seed: int) -> list[Floats]:
    """Exact transforms of rows left out of least squares: t of their deleted residuals."""
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(times):
        design = np.column_stack([np.ones(size), rng.normal(size=size)])
        y = 0.5 * design[:, 1] + errors(rng, size)
        q = np.linalg.qr(design)[0]
        residual, leverage = y - q @ (q.T @ y), (q**2).sum(axis=1)
        free = size - 3
        variance = (residual @ residual - residual**2 / (1 - leverage)) / free
        found.append(stats.t(free).cdf(residual / np.sqrt(variance * (1 - leverage))))
    return found


def share(found: list[Floats]) -> float:
    """Of the sets that fail at 1 in 100."""
    return float(np.mean([p_uniform(values) < 0.01 for values in found]))


@pytest.mark.parametrize("size", [20, 80])
def test_a_right_regression_fails_as_often_as_it_may(size: int) -> None:
    assert share(of_regressions(NORMAL, size, times=2_000, seed=size)) <= 0.01 + 3 * 0.0022


@pytest.mark.parametrize(
    ("errors", "size", "least"),
    [(HEAVY, 40, 0.25), (HEAVY, 80, 0.45), (SKEWED, 40, 0.25), (SKEWED, 80, 0.75)],
    ids=["heavy 40", "heavy 80", "skewed 40", "skewed 80"],
)
def test_a_wrong_one_is_found_where_the_distribution_function_finds_less(
    errors: Errors, size: int, least: float
) -> None:
    """Of the whole distribution function at once, made for independent transforms, fewer fail."""
    found = of_regressions(errors, size, times=400, seed=3)
    whole = uniformity(size, 99)
    ranks = [np.minimum((values * 100).astype(int), 99) for values in found]
    independent = np.mean([whole.p_value(row) < 0.01 for row in ranks])
    assert share(found) > least
    assert share(found) > independent - 3 * np.sqrt(0.25 / 400)


def test_one_outlier_is_enough() -> None:
    values = np.append((np.arange(1, 80) - 0.5) / 79, stats.norm.cdf(-5.5))
    assert p_uniform(values) < 0.001


def test_what_is_impossible_and_what_is_not_there() -> None:
    assert p_uniform(np.array([0.0, 0.3, 0.6, 1.0])) < 1e-9
    assert p_uniform(np.zeros(0)) == 1.0
    assert p_uniform(np.array([0.5])) == 0.5
