from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from vm2causal.checks.falsify.absent_arrow import tail_probability
from vm2causal.checks.falsify.detectable import detectable_size, informed

ALPHA = 0.05 / 20


def posterior(design: np.ndarray, y: np.ndarray, prior_sd: float) -> tuple[np.ndarray, np.ndarray]:
    """Mean and covariance of a regression with known residual standard deviation 1."""
    precision = design.T @ design + np.eye(design.shape[1]) / prior_sd**2
    covariance = np.linalg.inv(precision)
    return covariance @ design.T @ y, covariance


@pytest.mark.parametrize("prior_sd", [0.15, 5.0])
@pytest.mark.parametrize("levels", [1, 3])
def test_an_arrow_of_that_size_is_found_four_times_in_five(prior_sd: float, levels: int) -> None:
    """A regression with correlated causes, drawn 1,500 times at the size that is told."""
    rng = np.random.default_rng(levels)
    design = rng.normal(size=(120, levels)) + rng.normal(size=(120, 1))
    noise = rng.normal(size=(4000, levels))
    _, covariance = posterior(design, np.zeros(120), prior_sd)
    draws = noise @ np.linalg.cholesky(covariance).T
    sd, share = informed(draws, np.full(levels, prior_sd))
    assert sd == pytest.approx(1 / np.sqrt(np.diag(np.linalg.inv(covariance))), rel=0.05)
    size = detectable_size(float(sd[0]), float(share[0]), coefficients=levels, alpha=ALPHA)
    assert size is not None
    y = size * design[:, 0] + rng.normal(size=(1500, 120))
    mean, _ = posterior(design, y.T, prior_sd)
    assert tail_probability(mean[:, 0] + draws) == pytest.approx(
        stats.chi2(levels).sf(mean[:, 0] @ np.linalg.inv(covariance) @ mean[:, 0]), rel=0.5
    )
    distance = (mean * np.linalg.solve(covariance, mean)).sum(axis=0)
    found = stats.chi2(levels).sf(distance) < ALPHA
    # of several coefficients the prior pulls the others too: the size is told a little too small
    assert np.mean(found) == pytest.approx(0.8, abs=0.05 if levels == 1 else 0.1)


def test_where_the_prior_decides_no_size_is_found() -> None:
    assert detectable_size(0.1, 0.0, coefficients=1, alpha=0.05) is None


def test_a_share_of_the_data_is_what_the_prior_leaves() -> None:
    draws = np.random.default_rng(1).normal(0, 0.3, (50_000, 1))
    _, share = informed(draws, np.array([0.5]))
    assert share[0] == pytest.approx(1 - 0.36, abs=0.01)
