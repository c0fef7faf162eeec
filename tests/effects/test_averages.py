import numpy as np
import pytest
import xarray as xr

from effects.effect_cases import linear_forward
from vm2causal.effects.averages import averaged, averaged_effect, shares_of
from vm2causal.effects.forward import Forward


@pytest.fixture
def forward() -> Forward:
    return linear_forward()


def draws_of(forward: Forward) -> np.ndarray:
    return np.random.default_rng(1).normal(size=forward.shape)


@pytest.mark.parametrize("positive", [True, False])
def test_arrays_and_labelled_draws_follow_one_rule(forward: Forward, positive: bool) -> None:
    """Where all weights are 0 every unit counts alike."""
    weights = forward.data.weights
    weights[:] = np.arange(len(weights)) if positive else 0.0
    draws = draws_of(forward)
    expected = np.average(draws, axis=1, weights=weights if positive else None)
    np.testing.assert_allclose(averaged(forward, draws, "y"), expected, rtol=1e-12)
    units = {"row": list(forward.data.units)}
    labelled = xr.Dataset({"natural": (("draw", "row"), draws)}, units)
    found = averaged_effect(forward, labelled, weights=weights)["natural"]
    assert found.dims == ("draw",)
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_weights_of_a_group_take_the_place_of_everybodys(forward: Forward) -> None:
    draws = draws_of(forward)
    some = np.zeros(forward.shape[1])
    some[[2, 5]] = 1.0, 3.0
    labelled = xr.Dataset({"natural": (("draw", "row"), draws)}, {"row": list(forward.data.units)})
    found = averaged_effect(forward, labelled, weights=some)["natural"]
    np.testing.assert_allclose(found, (draws[:, 2] + 3 * draws[:, 5]) / 4, rtol=1e-12)


def test_shares_add_up() -> None:
    assert shares_of(np.array([2.0, 0.0, 6.0])).tolist() == [0.25, 0.0, 0.75]
    assert shares_of(np.zeros(4)).tolist() == [0.25] * 4
