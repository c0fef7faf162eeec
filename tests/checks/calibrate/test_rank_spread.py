from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from vm2causal.checks.calibrate.rank_spread import spread

TOP = 99


def ranks_of(wider: float, sets: int, number: int, seed: int) -> np.ndarray:
    """Ranks of true values among 99 normal draws, where errors are wider than the draws say."""
    rng = np.random.default_rng(seed)
    true = wider * rng.normal(size=(sets, number, 1))
    return (rng.normal(size=(sets, number, TOP)) < true).sum(axis=2)


@pytest.mark.parametrize("number", [2, 20, 200])
def test_uniform_ranks_are_called_wrong_as_often_as_the_level_says(number: int) -> None:
    found = spread(number, TOP)
    ranks = np.random.default_rng(number).integers(0, TOP + 1, (4000, number))
    p_values = np.array([found.p_value(row) for row in ranks])
    for level in (0.01, 0.05, 0.2):
        assert (p_values <= level).mean() <= level + 3 * np.sqrt(level / 4000)
    if number > 2:
        assert (p_values <= 0.05).mean() == pytest.approx(0.05, abs=0.011)


@pytest.mark.parametrize(("number", "coverage"), [(50, 0.84), (100, 0.90), (40, 0.99)])
def test_the_power_is_how_often_wrong_intervals_are_found(number: int, coverage: float) -> None:
    wider = stats.norm.ppf(0.975) / stats.norm.ppf((1 + coverage) / 2)
    found = spread(number, TOP)
    ranks = ranks_of(wider, 600, number, seed=number)
    hits = np.mean([found.p_value(row) <= 0.05 for row in ranks])
    power = found.power(coverage, alpha=0.05)
    assert hits == pytest.approx(power, abs=3 * np.sqrt(power * (1 - power) / 600))


def test_the_power_of_a_right_posterior_is_the_level() -> None:
    assert spread(100, TOP).power(0.95, alpha=0.05) == pytest.approx(0.05, abs=0.003)


def test_400_simulations_find_in_166_quantities_what_100_do_not() -> None:
    """Intervals of 95% that cover 90%: found in 1 calibration of 8, and in 4 of 5."""
    few, many = (spread(number, TOP).power(0.90, alpha=0.05 / 166) for number in (100, 400))
    assert few == pytest.approx(0.12, abs=0.02)
    assert many == pytest.approx(0.84, abs=0.02)


def test_the_ratio_is_that_of_errors_to_what_is_claimed() -> None:
    found = spread(4000, TOP)
    for wider in (0.7, 1.0):
        (ranks,) = ranks_of(wider, 1, 4000, seed=3)
        assert found.ratio(ranks) == pytest.approx(wider, abs=0.05)
    (ranks,) = ranks_of(1.3, 1, 4000, seed=4)
    assert 1.15 < found.ratio(ranks) < 1.3  # beyond the last draw a rank counts the same


@pytest.mark.parametrize("number", [1, 2, 3, 5])
@pytest.mark.parametrize("coverage", [0.84, 0.9, 0.95])
def test_the_power_of_few_simulations_is_a_probability(number: int, coverage: float) -> None:
    assert 0.0 <= spread(number, 99).power(coverage, alpha=0.05 / 234) <= 1.0
