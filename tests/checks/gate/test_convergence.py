"""Held against ArviZ, which goes through the parameters one by one."""

from collections.abc import Callable

import arviz as az
import numpy as np
import pytest
import xarray as xr

from vm2causal.checks.gate.convergence import TAIL, convergence, stacked
from vm2causal.checks.gate.diagnostics import diagnose
from vm2causal.checks.gate.parameters import parameter_table


def independent(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    return rng.normal(size=shape)


def sticky(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    return np.cumsum(rng.normal(size=shape), axis=1)


def alternating(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Draws that undo the one before: more effective than independent ones."""
    noise = rng.normal(size=shape)
    return noise - np.roll(noise, 1, axis=1)


def apart(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    return rng.normal(size=shape) + np.arange(shape[0])[:, np.newaxis, np.newaxis]


def tied(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    return rng.normal(size=shape).round(1)


def heavy(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    return rng.standard_cauchy(size=shape)


def assert_as_arviz(draws: np.ndarray) -> None:
    found = convergence(draws)
    for number in range(draws.shape[2]):
        one = draws[:, :, number]
        assert found.rhat[number] == pytest.approx(az.rhat(one), rel=1e-10, nan_ok=True)
        assert found.ess_bulk[number] == pytest.approx(az.ess(one, method="bulk"), rel=1e-10)
        tail = az.ess(one, method="tail", prob=TAIL)
        assert found.ess_tail[number] == pytest.approx(tail, rel=1e-10)


@pytest.mark.parametrize("shape", [(4, 500, 3), (2, 101, 3), (1, 60, 2), (3, 9, 2), (2, 4, 2)])
@pytest.mark.parametrize("kind", [independent, sticky, alternating, apart, tied, heavy])
def test_the_same_numbers_as_arviz(
    kind: Callable[[np.random.Generator, tuple[int, ...]], np.ndarray], shape: tuple[int, ...]
) -> None:
    assert_as_arviz(kind(np.random.default_rng(7), shape))


def test_more_parameters_than_one_block_holds() -> None:
    draws = independent(np.random.default_rng(3), (2, 40, 70))
    draws[:, :, ::7] = tied(np.random.default_rng(4), (2, 40, 10))
    assert_as_arviz(draws)


def test_the_tails_begin_where_arviz_has_them_begin() -> None:
    one = independent(np.random.default_rng(5), (4, 200, 1))
    labelled = xr.DataArray(one[:, :, 0], dims=("chain", "draw"))
    assert convergence(one).ess_tail[0] == pytest.approx(float(az.ess(labelled, method="tail")))


def test_draws_that_never_change_count_in_full_and_agree_on_nothing() -> None:
    found = convergence(np.full((2, 50, 1), 3.0))
    assert np.isnan(found.rhat[0])
    assert found.ess_bulk[0] == found.ess_tail[0] == 100


@pytest.mark.parametrize("wrong", [np.nan, np.inf])
def test_draws_that_are_not_finite_have_no_convergence(wrong: float) -> None:
    draws = independent(np.random.default_rng(6), (2, 50, 2))
    draws[1, 7, 0] = wrong
    found = convergence(draws)
    for quantity in (found.rhat, found.ess_bulk, found.ess_tail):
        assert np.isnan(quantity).tolist() == [True, False]


def test_three_draws_are_too_few() -> None:
    found = convergence(independent(np.random.default_rng(8), (4, 3, 1)))
    assert np.isnan([found.rhat[0], found.ess_bulk[0], found.ess_tail[0]]).all()


@pytest.fixture
def posterior() -> xr.Dataset:
    rng = np.random.default_rng(11)
    return xr.Dataset(
        {
            "weight": (("arrow", "chain", "draw"), rng.normal(2, 3, (2, 4, 100))),
            "sd": (("chain", "draw", "on", "of"), rng.gamma(2, 1, (4, 100, 2, 2))),
            "unit_z": (("chain", "draw", "unit"), rng.normal(size=(4, 100, 5))),
        },
        {"arrow": ["a -> b", "b -> c"], "on": ["b", "c"], "of": [1, 2], "unit": range(5)},
    )


def test_parameters_stand_side_by_side_in_their_order(posterior: xr.Dataset) -> None:
    draws = stacked(posterior)
    assert draws.shape == (4, 100, 2 + 4 + 5)
    np.testing.assert_array_equal(draws[:, :, 1], posterior["weight"].sel(arrow="b -> c"))
    np.testing.assert_array_equal(draws[:, :, 4], posterior["sd"].sel(on="c", of=1))


def test_the_table_of_parameters_leaves_out_what_is_a_units_own(posterior: xr.Dataset) -> None:
    table = parameter_table(posterior).set_index("name")
    assert list(table.index) == [
        *("weight[a -> b]", "weight[b -> c]"),
        *("sd[b, 1]", "sd[b, 2]", "sd[c, 1]", "sd[c, 2]"),
    ]
    one = posterior["sd"].sel(on="c", of=1)
    row = table.loc["sd[c, 1]"]
    assert row["mean"] == pytest.approx(float(one.mean()))
    assert row["sd"] == pytest.approx(float(one.std()))
    assert row["ess_bulk"] == pytest.approx(float(az.ess(one, method="bulk")))
    assert row["rhat"] == pytest.approx(float(az.rhat(one)))


def test_the_gate_looks_at_the_worst_of_all_that_vary(posterior: xr.Dataset) -> None:
    known = posterior.assign(known=(("chain", "draw"), np.full((4, 100), 7.0)))
    stats = {
        "diverging": (("chain", "draw"), np.zeros((4, 100), dtype=bool)),
        "energy": (("chain", "draw"), np.random.default_rng(2).normal(size=(4, 100))),
    }
    tree = xr.DataTree.from_dict({"posterior": known, "sample_stats": xr.Dataset(stats)})
    found = diagnose(tree)
    assert found.rhat_max == pytest.approx(_worst(az.rhat(posterior), max))
    bulk, tail = (az.ess(posterior, method=method) for method in ("bulk", "tail"))
    assert found.ess_bulk_min == pytest.approx(_worst(bulk, min))
    assert found.ess_tail_min == pytest.approx(_worst(tail, min))


def _worst(found: xr.Dataset, choose: Callable[..., float]) -> float:
    return choose(float(v) for values in found.data_vars.values() for v in values.to_numpy().flat)
