import numpy as np
import pytest
from arviz_stats.base import array_stats
from scipy.special import softmax

from vm2causal.checks.gate.pareto_smoothing import good_k, smoothed_weights


@pytest.mark.parametrize("draws", [60, 225, 226, 1_000])
def test_the_numbers_are_those_of_arviz(draws: int) -> None:
    rng = np.random.default_rng(draws)
    ratios = rng.standard_t(4, (40, draws)) * rng.uniform(0.1, 2.0, (40, 1))
    weights, k = smoothed_weights(ratios)
    expected, shapes = array_stats.psislw(-ratios, axis=1)
    np.testing.assert_allclose(np.log(weights), expected, atol=1e-10)
    np.testing.assert_allclose(k, shapes, atol=1e-10)


def test_heavy_tails_have_the_shape_they_have() -> None:
    """A ratio whose tail is Pareto with shape k, four times over."""
    rng = np.random.default_rng(1)
    true = np.array([0.1, 0.4, 0.7, 1.0])
    ratios = -true[:, np.newaxis] * np.log(rng.random((4, 40_000)))
    _, k = smoothed_weights(ratios)
    np.testing.assert_allclose(k, true, atol=0.12)
    assert ((k > good_k(40_000)) == [False, False, False, True])[[0, 1, 3]].all()


def test_a_normal_target_gets_its_own_mean() -> None:
    """Draws from N(0, 1), weighed for N(0.8, 1)."""
    x = np.random.default_rng(2).normal(size=(1, 20_000))
    weights, k = smoothed_weights(0.8 * x)
    assert float((weights * x).sum()) == pytest.approx(0.8, abs=0.03)
    assert weights.sum() == pytest.approx(1.0)
    assert k[0] < good_k(20_000)


def test_equal_ratios_weigh_the_same() -> None:
    weights, k = smoothed_weights(np.full((1, 100), -7.0))
    np.testing.assert_allclose(weights, 0.01)
    assert k[0] == -np.inf


def test_ties_in_the_tail_leave_it_as_it_is() -> None:
    """Three draws in four repeat one value: no distribution can be fitted to that."""
    ratios = np.where(np.arange(400) % 4 == 0, 1.0 + np.arange(400) / 1e3, 1.0)[np.newaxis]
    ratios = np.sort(np.minimum(ratios, 1.0) + 1e-3 * (np.arange(400) >= 395))
    weights, k = smoothed_weights(ratios)
    assert k[0] == np.inf
    np.testing.assert_allclose(weights, softmax(ratios, axis=1))


def test_with_too_few_draws_nothing_is_smoothed_and_nothing_is_reliable() -> None:
    ratios = np.random.default_rng(3).normal(size=(2, 24))
    weights, k = smoothed_weights(ratios)
    np.testing.assert_allclose(weights, softmax(ratios, axis=1))
    assert np.isinf(k).all()
