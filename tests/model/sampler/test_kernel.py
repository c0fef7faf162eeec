import numba
import numpy as np
import pytest
from scipy.special import expit, log1p

from vm2causal.model.sampler.kernel import _exp_negatives, _pointer, _softplus_terms


@numba.njit(error_model="numpy")
def overwrite(eta: np.ndarray, terms: np.ndarray) -> None:
    _softplus_terms(_pointer(eta), _pointer(terms), len(eta))


@numba.njit(error_model="numpy")
def overwrite_exponentials(values: np.ndarray) -> None:
    _exp_negatives(_pointer(values), len(values))


def softplus_terms(eta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    sigmoid, softplus = eta.copy(), np.empty_like(eta)
    overwrite(sigmoid, softplus)
    return sigmoid, softplus


def expected(eta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return expit(eta), np.maximum(eta, 0) + log1p(np.exp(-np.abs(eta)))


@pytest.mark.parametrize("reach", [700.0, 40.0, 1.0, 1e-6])
def test_sigmoid_and_softplus_are_exact_to_rounding(reach: float) -> None:
    eta = np.concatenate(
        [
            np.linspace(-reach, reach, 20_011),
            np.random.default_rng(0).uniform(-reach, reach, 20_000),
        ]
    )
    for found, true in zip(softplus_terms(eta), expected(eta), strict=True):
        np.testing.assert_allclose(found, true, rtol=1e-14, atol=0)


@pytest.mark.parametrize("reach", [700.0, 40.0, 1.0, 1e-6])
def test_exponentials_of_negative_numbers_are_exact_to_rounding(reach: float) -> None:
    values = np.concatenate([np.linspace(-reach, 0.0, 20_011), [-1e4, -np.inf, np.nan]])
    found = values.copy()
    overwrite_exponentials(found)
    np.testing.assert_allclose(found, np.exp(values), rtol=1e-15, atol=1e-300)


@pytest.mark.parametrize("value", [0.0, -0.0, np.log(2) / 2, -np.log(2) / 2, 699.9, -699.9, 36.0])
def test_edges_of_the_reduction(value: float) -> None:
    eta = np.nextafter(value, value + np.array([-1.0, 0.0, 1.0]))
    for found, true in zip(softplus_terms(eta), expected(eta), strict=True):
        np.testing.assert_allclose(found, true, rtol=1e-14, atol=0)


@pytest.mark.parametrize("value", [750.0, 1e6, 1e300])
def test_beyond_the_reach_it_stays_finite(value: float) -> None:
    sigmoid, softplus = softplus_terms(np.array([value, -value]))
    np.testing.assert_allclose(sigmoid, [1.0, 0.0], atol=1e-300)
    np.testing.assert_allclose(softplus, [value, 0.0], atol=1e-300)


def test_what_is_not_a_number_stays_so() -> None:
    """A sampler that strays must see it, not a finite density."""
    sigmoid, softplus = softplus_terms(np.array([np.nan, 1.0]))
    assert np.isnan(softplus[0])
    assert np.isnan(sigmoid[0])
    assert np.isfinite(softplus[1])


def test_the_result_does_not_hang_on_the_place_in_the_array() -> None:
    """Vectorised blocks and the rest of an array go by the same arithmetic."""
    eta = np.random.default_rng(1).normal(0, 30, 37)
    whole = softplus_terms(eta)
    for start in range(1, 9):
        for found, true in zip(softplus_terms(eta[start:]), whole, strict=True):
            np.testing.assert_array_equal(found, true[start:])
