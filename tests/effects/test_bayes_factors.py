import numpy as np
import pytest
from scipy import stats

from vm2causal.effects.bayes_factors import (
    LEAST,
    BayesFactor,
    known_bayes_factor,
    savage_dickey,
)


def normal_draws(mean: float, sd: float, number: int = 6000) -> np.ndarray:
    """Draws whose distribution function is that of the normal one, without sampling error."""
    return stats.norm(mean, sd).ppf((np.arange(number) + 0.5) / number)


@pytest.mark.parametrize(("mean", "n"), [(0.0, 4), (0.1, 16), (0.3, 25), (-0.4, 9)])
def test_a_bayes_factor_that_is_known(mean: float, n: int) -> None:
    """n observations with sd 1 and this mean, prior N(0, ½²): both densities are normal."""
    prior_sd = 0.5
    precision = 1 / prior_sd**2 + n
    posterior = stats.norm(n * mean / precision, precision**-0.5)
    exact = stats.norm(0, prior_sd).pdf(0) / posterior.pdf(0)
    # the same as the ratio of the marginal likelihoods of the mean
    against = stats.norm(0, np.sqrt(prior_sd**2 + 1 / n)).pdf(mean) / stats.norm(0, n**-0.5).pdf(
        mean
    )
    assert exact == pytest.approx(against)
    draws = posterior.ppf((np.arange(20_000) + 0.5) / 20_000)
    assert savage_dickey(draws, mean=0.0, sd=prior_sd) == pytest.approx(exact, rel=0.05)


def test_beyond_the_draws_the_normal_tail_goes_on() -> None:
    draws = stats.norm(2.0, 0.2).ppf((np.arange(2000) + 0.5) / 2000)
    exact = stats.norm(0, 0.5).pdf(0) / stats.norm(2.0, 0.2).pdf(0)
    assert np.log(savage_dickey(draws, mean=0.0, sd=0.5)) == pytest.approx(np.log(exact), rel=0.02)


def test_a_prior_away_from_zero_counts() -> None:
    draws = stats.norm(0.5, 0.3).ppf((np.arange(5000) + 0.5) / 5000)
    assert savage_dickey(draws, mean=0.5, sd=0.3) == pytest.approx(1.0, rel=0.05)


# -- how well it is known ---------------------------------------------------------------------


@pytest.mark.parametrize("z", [-2.9, -1.0, 0.0, 1.5, 2.9])
def test_within_three_standard_deviations_the_ratio_is_given(z: float) -> None:
    draws = normal_draws(0.3 * z, 0.3)
    exact = stats.norm(0, 1).pdf(0) / stats.norm(0.3 * z, 0.3).pdf(0)
    found = known_bayes_factor(draws, mean=0.0, sd=1.0)
    assert found.at_least is None
    assert found.value == pytest.approx(exact, rel=0.12)  # kernel estimates smooth


@pytest.mark.parametrize("z", [-12.0, -3.5, 3.2, 5.0, 40.0])
def test_beyond_them_it_is_only_called_large(z: float) -> None:
    found = known_bayes_factor(normal_draws(0.7 * z, 0.7), mean=0.0, sd=1.0)
    assert found == BayesFactor(None, LEAST)


def test_the_ratio_of_two_seeds_differs_where_only_a_bound_is_said() -> None:
    """At z = 3.3 the kernel estimates of 1,000 draws differ by far more than Monte Carlo error."""
    ratios = [
        savage_dickey(np.random.default_rng(seed).normal(3.3, 1.0, 1000), mean=0.0, sd=2.0)
        for seed in range(20)
    ]
    assert max(ratios) / min(ratios) > 3


def test_it_is_not_called_large_where_a_narrow_posterior_makes_it_small() -> None:
    """z = 3.2 and a posterior 20 times as narrow as the prior: the ratio is 8.4, not above 50."""
    exact = stats.norm(0, 1).pdf(0) / stats.norm(0.16, 0.05).pdf(0)
    assert exact == pytest.approx(8.4, abs=0.1)
    found = known_bayes_factor(normal_draws(0.16, 0.05), mean=0.0, sd=1.0)
    assert found.at_least is None
    assert found.value == pytest.approx(exact, rel=0.3)


def test_the_density_at_zero_is_that_of_scipys_kernels() -> None:
    draws = np.random.default_rng(3).gamma(2.0, 1.0, 3000) - 1.5
    prior, kernels = stats.norm(0.0, 2.0).pdf(0.0), stats.gaussian_kde(draws)(0.0)[0]
    assert savage_dickey(draws, mean=0.0, sd=2.0) == pytest.approx(prior / kernels)
