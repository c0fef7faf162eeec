import numpy as np
import pytest
from scipy import stats

from vm2causal.effects.intervals import interval
from vm2causal.effects.joint_bands import joint_bands
from vm2causal.effects.verdict import DIRECTED, verdict

DRAWS = 2000


def test_of_one_coefficient_it_is_the_interval_itself() -> None:
    draws = np.random.default_rng(0).gamma(2.0, size=500)
    assert joint_bands(draws[:, np.newaxis], 0.8) == [interval(draws, 0.8)]


@pytest.mark.parametrize("number", [2, 4, 10])
def test_independent_coefficients_have_the_band_of_sidak(number: int) -> None:
    """The critical value of independent normal coefficients is known in closed form."""
    draws = np.random.default_rng(number).normal(1.0, 2.0, (40_000, number))
    critical = stats.norm.ppf((1 + 0.95 ** (1 / number)) / 2)
    for band in joint_bands(draws, 0.95):
        assert band["upper"] == pytest.approx(1 + 2 * critical, abs=0.12)
        assert band["lower"] == pytest.approx(1 - 2 * critical, abs=0.12)


@pytest.mark.parametrize("level", [0.5, 0.95])
def test_the_band_holds_all_coefficients_together(level: float) -> None:
    """Skewed and correlated: it holds the share of draws it says, on neither side much more."""
    rng = np.random.default_rng(1)
    common = rng.gamma(2.0, size=(10_000, 1))
    draws = common + rng.gamma(1.0, size=(10_000, 5)) * [1, 2, 3, 4, 5]
    bands = joint_bands(draws, level)
    lower, upper = (np.array([band[end] for band in bands]) for end in ("lower", "upper"))
    held = ((draws >= lower) & (draws <= upper)).all(axis=1).mean()
    assert held == pytest.approx(level, abs=0.002)


def test_the_same_coefficient_twice_needs_no_wider_band() -> None:
    draws = np.random.default_rng(2).normal(size=(5000, 1))
    twice = joint_bands(np.hstack([draws, draws]), 0.95)
    alone = interval(draws)
    for band in twice:
        assert band["upper"] == pytest.approx(alone["upper"], rel=0.02)
        assert band["lower"] == pytest.approx(alone["lower"], rel=0.02)


def test_a_coefficient_that_is_known_exactly_does_no_harm() -> None:
    draws = np.column_stack([np.full(1000, 0.3), np.random.default_rng(3).normal(size=1000)])
    exact, other = joint_bands(draws, 0.95)
    assert exact["lower"] == exact["upper"] == 0.3
    assert other["upper"] == pytest.approx(interval(draws[:, 1])["upper"], rel=0.01)


def test_a_factor_without_effect_is_called_one_no_oftener_than_one_contrast_is() -> None:
    """A null factor of five levels, 2,000 times: 5% with the band, 12% where one contrast decides.

    Means of 40 values with known standard deviation 1, against the first level, under the prior
    N(0, 1): the posterior is exact, and the simulator shares nothing with the package.
    """
    rng = np.random.default_rng(4)
    likelihood = np.full((4, 4), 1 / 40) + np.eye(4) / 40
    covariance = np.linalg.inv(np.eye(4) + np.linalg.inv(likelihood))
    pull = covariance @ np.linalg.inv(likelihood)
    noise = rng.multivariate_normal(np.zeros(4), covariance, size=DRAWS)
    ask = {"sign": None, "untestable": None, "logit": False}
    together, single, any_alone, number = 0, 0, 0, 2000
    for means in rng.normal(0, 40**-0.5, (number, 5)):
        draws = pull @ (means[1:] - means[0]) + noise
        alone = [interval(column) for column in draws.T]
        bands = joint_bands(draws, 0.95)
        found = [verdict(band["lower"], band["upper"], **ask) in DIRECTED for band in alone]
        single += found[0]
        any_alone += any(found)
        together += any(verdict(b["lower"], b["upper"], **ask) in DIRECTED for b in bands)
    error = np.sqrt(0.05 * 0.95 / number)
    assert together / number < 0.05 + 3 * error
    assert together / number <= single / number + 3 * error
    assert any_alone / number > 0.10
