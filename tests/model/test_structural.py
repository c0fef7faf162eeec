"""The ``pm.Model`` generates: PyMC's own tools work on it."""

from typing import Any

import numpy as np
import pymc as pm
import pytest

from model.density_cases import named_point
from model.structural_cases import EVERY_KIND, STUDY_SPEC, small_study, table_of_every_kind
from vm2causal.model.data.structural_data import study_data, table_data
from vm2causal.model.result_names import answered_as
from vm2causal.model.structural import structural_model
from vm2causal.model.structural_layout import Layout, structural_layout

FAST = {"mode": "FAST_COMPILE"}
DRAWS = 200
SCORES = ("size", "open", "plan", "grade", "trust", "score", "cases")

FIRST_ITEM = answered_as("t1")


@pytest.fixture(scope="module")
def layout() -> Layout:
    return structural_layout(table_data(EVERY_KIND, table_of_every_kind(25)))


@pytest.fixture(scope="module")
def generating(layout: Layout) -> Any:
    return structural_model(layout, observed=False)


def prior_of(model: Any, names: list[str]) -> Any:
    drawn = pm.sample_prior_predictive(
        DRAWS, model=model, var_names=names, random_seed=1, compile_kwargs=FAST
    )
    return drawn["prior"].to_dataset().isel(chain=0)


@pytest.fixture(scope="module")
def prior(generating: Any) -> Any:
    return prior_of(generating, [*SCORES, FIRST_ITEM, "area_z"])


def test_it_generates_whole_data(prior: Any, layout: Layout) -> None:
    for name in (*SCORES, FIRST_ITEM):
        assert np.isfinite(prior[name]).all()
    levels = {"open": 2, "plan": 3, "grade": 3, FIRST_ITEM: 4}
    for name, number in levels.items():
        assert set(np.unique(prior[name])) == set(range(number))
    assert (prior["cases"] <= layout.data.cells["cases"].trials).all()
    assert prior["score"].dims == ("draw", "row")
    assert list(prior["area_z"].coords["area_level"].values) == ["n", "e", "s", "w"]
    np.testing.assert_allclose(prior["area_z"].sum("area_level"), 0.0, atol=1e-12)


def test_a_whole_study_is_generated() -> None:
    layout = structural_layout(study_data(STUDY_SPEC, small_study(8, missing=0.3)))
    model = structural_model(layout, observed=False)
    assert {"experiment", "school", "sector_level", "pattern"} <= set(model.coords)
    drawn = pm.draw(
        [model["vsv"], model["binding"], model["versnelling"]],
        20,
        random_seed=1,
        mode="FAST_COMPILE",
    )
    assert (drawn[0] <= layout.data.cells["vsv"].trials).all()
    assert (drawn[1] <= layout.data.cells["binding"].trials).all()
    assert set(np.unique(drawn[2])) == {0, 1, 2}


@pytest.mark.parametrize(
    ("cause", "value", "effects"),
    [("area", 2, {"size", "grade"}), ("open", 1, {"plan", "grade"}), ("trust", 9.0, {"plan"})],
)
def test_an_intervention_cuts_off_causes_and_keeps_effects(
    layout: Layout, generating: Any, cause: str, value: float, effects: set[str]
) -> None:
    fixed = np.full(len(layout.data.units), value, dtype=generating[cause].dtype)
    done = pm.do(generating, {cause: fixed})
    np.testing.assert_array_equal(pm.draw(done[cause], mode="FAST_COMPILE"), fixed)
    assert _ancestors(done[cause]) <= {cause, "None"}
    for effect in effects:
        assert cause in _ancestors(done[effect])


def _ancestors(variable: Any) -> set[str]:
    from pytensor.graph.traversal import ancestors

    return {str(item.name) for item in ancestors([variable])}


def test_observing_what_it_generates_is_conditioning(layout: Layout, generating: Any) -> None:
    """``pm.observe`` with whole data gives the density of the model that was given them."""
    data = layout.data
    values = {name: data.columns[name].values for name in SCORES if name in data.columns}
    values |= dict(zip(map(answered_as, ("t1", "t2", "t3")), data.items["trust"].T, strict=True))
    values["cases"] = data.cells["cases"].events
    kinds = {name: generating[name].dtype for name in values}
    observed = pm.observe(generating, {n: v.astype(kinds[n]) for n, v in values.items()})
    given = structural_model(layout)
    points = [_point(model, layout) for model in (observed, given)]
    densities = [
        float(model.compile_logp(mode="FAST_COMPILE")(point))
        for model, point in zip((observed, given), points, strict=True)
    ]
    assert densities[0] == pytest.approx(densities[1], rel=1e-12)


def _point(model: Any, layout: Layout) -> dict[str, np.ndarray]:
    q, point = named_point(layout, 3), {}
    for rv in model.free_RVs:
        block = layout.block(rv.name)
        start = layout.offsets[block.name]
        values = q[start : start + int(np.prod(block.shape))].reshape(block.shape)
        point[model.rvs_to_values[rv].name] = values
    return point
