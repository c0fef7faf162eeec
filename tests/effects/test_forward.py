from typing import Any

import numpy as np
import pytest
import xarray as xr

from effects.effect_cases import LINEAR, coefficient, linear_forward, linear_table, prior_forward
from model.structural_cases import EVERY_KIND, STUDY_SPEC, small_study, table_of_every_kind
from vm2causal.checks.replicate.prior_predictive import prior_draws
from vm2causal.effects.forward import Forward
from vm2causal.effects.responses import level_response, mean_response
from vm2causal.model.data.structural_data import study_data, table_data
from vm2causal.model.structural import structural_model
from vm2causal.model.structural_layout import structural_layout
from vm2causal.spec import CausalSpec

DRAWS = 500
ROWS = 40
FAR = 4.5
"""Monte Carlo standard errors; 40 comparisons exceed it once in 3,500 runs."""


@pytest.fixture(scope="module")
def posterior() -> xr.Dataset:
    layout = structural_layout(table_data(EVERY_KIND, table_of_every_kind(ROWS)))
    return prior_draws(layout, draws=DRAWS, seed=1)


@pytest.fixture(scope="module")
def forward(posterior: xr.Dataset) -> Forward:
    layout = structural_layout(table_data(EVERY_KIND, table_of_every_kind(ROWS)))
    return Forward(layout, posterior, draws=DRAWS)


@pytest.fixture(scope="module")
def generating(forward: Forward) -> Any:
    return structural_model(forward.layout, observed=False)


# -- do is pm.do ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "do",
    [
        {"area": 2, "open": 1},
        pytest.param({"size": 27.0}, marks=pytest.mark.slow),
        pytest.param({"open": 0, "grade": 2}, marks=pytest.mark.slow),
        pytest.param({"plan": 2}, marks=pytest.mark.slow),
        pytest.param({"trust": 1.5}, marks=pytest.mark.slow),
        pytest.param({"score": -1.0}, marks=pytest.mark.slow),
    ],
)
def test_do_is_that_of_pymc(
    forward: Forward, posterior: xr.Dataset, generating: Any, do: dict[str, float]
) -> None:
    """Same parameters and unit effects, so that the difference per draw is noise around 0."""
    import pymc as pm

    fixed = {name: np.full(ROWS, value, generating[name].dtype) for name, value in do.items()}
    outcomes = [name for name in forward.layout.predictors_of if name not in do]
    drawn = pm.sample_posterior_predictive(
        xr.DataTree.from_dict({"posterior": posterior}),
        model=pm.do(generating, fixed),
        var_names=outcomes,
        random_seed=3,
        progressbar=False,
        compile_kwargs={"mode": "FAST_COMPILE"},
    )["posterior_predictive"]
    world = forward.world(do)
    for name in outcomes:
        for expected, values in responses(forward, world, name, drawn[name].to_numpy()[0]):
            away = values.mean(axis=1) - expected.mean(axis=1)
            mcse = away.std(ddof=1) / np.sqrt(DRAWS)
            assert abs(away.mean()) < FAR * mcse + 1e-12, name


def responses(forward: Forward, world: Any, name: str, values: np.ndarray) -> Any:
    """Expected beside drawn: shares of levels, means of numbers."""
    if name == "plan":
        for level in range(3):
            yield level_response(forward, world, name, level), values == level
    elif name == "cases":
        trials = forward.data.cells[name].trials
        yield mean_response(forward, world, name), values / trials
    else:
        yield mean_response(forward, world, name), values


# -- do on what has no causes -----------------------------------------------------------------


def test_do_on_a_root_is_having_had_it() -> None:
    """Nothing acts on it, so that seeing and doing are the same."""
    table = linear_table()
    spec_data = table_data(LINEAR, table)
    forward = prior_forward(spec_data)
    done = forward.world({"x": table["x"].to_numpy()})
    seen = forward.world()
    for name in "xmky":
        np.testing.assert_allclose(done.values[name], seen.values[name], rtol=1e-12)


def test_what_is_not_a_descendant_does_not_move(forward: Forward) -> None:
    low, high = (forward.world({"open": rank}) for rank in (0, 1))
    for name in ("size", "trust"):
        np.testing.assert_array_equal(low.values[name], high.values[name])
    assert not np.array_equal(low.values["score"], high.values["score"])


# -- worlds share their noise -----------------------------------------------------------------


def test_worlds_differ_by_the_coefficients_alone() -> None:
    forward = linear_forward()
    low, high = (forward.world({"x": value}) for value in (1.0, 4.0))
    for effect, path in (("m", coefficient(forward, "x", "m")), ("y", total(forward))):
        scale = forward.data.columns[effect].scale
        moved = (high.values[effect] - low.values[effect]) * scale
        np.testing.assert_allclose(
            moved, np.broadcast_to(3 * path[:, np.newaxis], moved.shape), rtol=1e-9, atol=1e-11
        )


def total(forward: Forward) -> np.ndarray:
    c = {arrow: coefficient(forward, *arrow) for arrow in ("xm", "xk", "mk", "my", "ky", "xy")}
    return c["xy"] + c["xm"] * c["my"] + (c["xk"] + c["xm"] * c["mk"]) * c["ky"]


def test_the_noise_of_a_variable_does_not_hang_on_the_others() -> None:
    """A model without k draws the same m."""
    small = CausalSpec(
        name="small",
        variables={name: item for name, item in LINEAR.variables.items() if name != "k"},
        arrows=[arrow for arrow in LINEAR.arrows if "k" not in (arrow.cause, arrow.effect)],
    )
    whole, part = (prior_forward(table_data(spec, linear_table())) for spec in (LINEAR, small))
    noises = [item.noise("m").standard_normal(5) for item in (whole, part)]
    np.testing.assert_array_equal(*noises)
    assert not np.array_equal(whole.noise("m").standard_normal(5), whole.noise("y").random(5))


def test_levels_rise_with_their_predictor(forward: Forward) -> None:
    """One uniform draw per unit: more of a cause that works upwards never lowers a rank."""
    labels = [weight.label for weight in forward.layout.weights]
    positive = forward.weight(labels.index("open -> grade"))[:, 0] > 0
    do = [{"open": rank, "plan": 0} for rank in (0, 1)]
    low, high = (forward.world(item).ranks["grade"] for item in do)
    assert (high >= low)[positive].all()
    assert (high <= low)[~positive].all()
    assert (high != low).any()


# -- pinned, factual, observed ----------------------------------------------------------------


def test_pinned_variables_keep_their_value_and_do_wins_nothing() -> None:
    forward = linear_forward()
    low = forward.world({"x": 1.0})
    nested = forward.world({"x": 4.0}, pinned={"m": low, "k": low})
    for name in "mk":
        np.testing.assert_array_equal(nested.values[name], low.values[name])
    scale = forward.data.columns["y"].scale
    moved = (nested.values["y"] - low.values["y"]) * scale
    direct = 3 * coefficient(forward, "x", "y")[:, np.newaxis]
    np.testing.assert_allclose(moved, np.broadcast_to(direct, moved.shape), rtol=1e-9, atol=1e-11)


def test_a_factual_world_holds_what_was_observed() -> None:
    table = table_of_every_kind(ROWS, missing=0.3)
    forward = prior_forward(table_data(EVERY_KIND, table))
    world = forward.observed
    for name, column in forward.data.columns.items():
        known = ~column.missing
        seen = world.values[name][:, known]
        expected = np.broadcast_to(column.standardised[known], seen.shape)
        np.testing.assert_allclose(seen, expected, rtol=1e-12)
        assert np.isfinite(world.values[name]).all()
        # what is missing differs between draws: it is not filled in with one value
        if name in forward.layout.predictors_of:
            assert (world.values[name][:, ~known].std(axis=0) > 0).any()


def test_a_value_per_unit_is_taken_as_it_is(forward: Forward) -> None:
    ranks = np.arange(ROWS) % 3
    world = forward.world({"grade": ranks})
    np.testing.assert_array_equal(world.ranks["grade"], np.broadcast_to(ranks, forward.shape))


def test_probabilities_of_levels_sum_to_one(forward: Forward) -> None:
    world = forward.observed
    for name in ("open", "plan", "grade"):
        chances = forward.level_probabilities(name, world)
        assert (chances >= 0).all()
        np.testing.assert_allclose(chances.sum(axis=-1), 1.0, rtol=1e-12)
    ranks = (forward.level_probabilities("grade", world) * np.arange(3)).sum(axis=-1)
    np.testing.assert_allclose(mean_response(forward, world, "grade"), ranks, rtol=1e-10)


def test_predictors_of_a_study_are_those_of_the_model() -> None:
    """Unit, school and hidden effects enter as in the ``pm.Model``, draw by draw."""
    import pymc as pm

    layout = structural_layout(study_data(STUDY_SPEC, small_study(8)))
    draws = prior_draws(layout, draws=4, seed=2)
    forward = Forward(layout, draws, draws=4)
    model = structural_model(layout)
    names = ["samenwerking", "binding_propensity", "vsv_propensity"]
    with model:
        computed = pm.compute_deterministics(
            draws, var_names=names, progressbar=False, compile_kwargs={"mode": "FAST_COMPILE"}
        )
    world = forward.observed
    for name in names:
        np.testing.assert_allclose(
            world.values[name.removesuffix("_propensity")],
            computed[name].to_numpy()[0],
            rtol=1e-10,
            atol=1e-12,
        )


def test_draws_are_spread_over_the_chains(posterior: xr.Dataset, forward: Forward) -> None:
    few = Forward(forward.layout, posterior, draws=7)
    assert few.draws == 7
    first, last = (posterior["weight"].isel(chain=0, draw=place) for place in (0, -1))
    np.testing.assert_array_equal(few.parameters["weight"][0], first)
    np.testing.assert_array_equal(few.parameters["weight"][-1], last)
    assert Forward(forward.layout, posterior, draws=10 * DRAWS).draws == DRAWS
