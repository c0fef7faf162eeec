"""The generator and the log-density must be one law: given the parameters, what is discrete can be
enumerated, and the shares of the generator compared with the densities."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.special import binom

from model.structural_cases import EVERY_KIND, STUDY_SPEC, small_study, table_of_every_kind
from vm2causal.checks.replicate.prior_predictive import prior_draws
from vm2causal.checks.replicate.simulated_data import completed, simulated
from vm2causal.model.data.structural_data import StructuralData, study_data, table_data
from vm2causal.model.sampler.program import structural_program
from vm2causal.model.sampler.unconstrained import unconstrained_draws
from vm2causal.model.structural_layout import Layout, structural_layout
from vm2causal.spec import Arrow, CausalSpec, Variable

DRAWS = 1500


def density(layout: Layout, data: StructuralData, parameters) -> float:
    at = replace(layout, data=data)
    point = unconstrained_draws(at, parameters)[0, 0]
    # the program leaves out what depends on the data alone
    ways = [np.log(binom(cells.trials, cells.events)).sum() for cells in data.cells.values()]
    return structural_program(at).log_density(point)[0] + float(sum(ways))


def one_effect(**variable: object) -> Layout:
    """Two rows, one cause, one effect of the wanted kind."""
    spec = CausalSpec(
        name="tiny",
        variables={"x": Variable(kind="continuous"), "y": Variable(**variable)},
        arrows=[Arrow(cause="x", effect="y")],
    )
    levels = variable.get("levels", ("0", "1"))
    table = pd.DataFrame({"x": [-1.0, 2.0]})
    if variable["kind"] == "count":
        table["y"], table["of"] = [1, 1], [2, 3]
    elif variable["kind"] == "latent":
        table["i"], table["j"] = list(levels[:2]), list(levels[-2:])
    else:
        table["y"] = [levels[0], levels[-1]]
    return structural_layout(table_data(spec, table))


def outcome(data: StructuralData) -> tuple[int, ...]:
    if data.cells:
        return tuple(int(n) for n in data.cells["y"].events)
    if data.items:
        return tuple(int(n) for n in data.items["y"].ravel())
    return tuple(int(n) for n in data.columns["y"].values)


@pytest.mark.parametrize(
    "variable",
    [
        {"kind": "binary", "levels": ("0", "1")},
        {"kind": "ordinal", "levels": ("a", "b", "c")},
        {"kind": "nominal", "levels": ("a", "b", "c"), "reference": "b"},
        {"kind": "count", "trials": "of"},
        {"kind": "latent", "items": ("i", "j"), "levels": ("a", "b", "c")},
    ],
    ids=lambda variable: variable["kind"],
)
def test_shares_of_the_generator_are_those_of_the_density(variable: dict[str, object]) -> None:
    layout = one_effect(**variable)
    parameters = prior_draws(layout, draws=1, seed=4)
    counts: dict[tuple[int, ...], int] = {}
    at: dict[tuple[int, ...], float] = {}
    for seed in range(DRAWS):
        data = simulated(layout, parameters, seed=seed).layout.data
        found = outcome(data)
        counts[found] = counts.get(found, 0) + 1
        if found not in at:
            at[found] = density(layout, data, parameters)
    total = np.logaddexp.reduce(list(at.values()))
    expected = {found: np.exp(value - total) for found, value in at.items()}
    assert len(counts) > 2
    for found, share in expected.items():
        error = 5 * np.sqrt(share * (1 - share) / DRAWS) + 2 / DRAWS
        assert counts[found] / DRAWS == pytest.approx(share, abs=error)


def test_continuous_residuals_have_the_standard_deviation_of_the_parameters() -> None:
    layout = structural_layout(table_data(EVERY_KIND, table_of_every_kind(4000)))
    parameters = prior_draws(layout, draws=1, seed=8)
    data = simulated(layout, parameters, seed=1).layout.data
    names = list(layout.block("residual_sd").dims["continuous"])
    true_sd = float(parameters["residual_sd"].to_numpy()[0, 0, names.index("size")])
    column = data.columns["size"]
    area = data.columns["area"].values
    within = pd.Series(column.standardised).groupby([area, data.groups["herd"].codes]).std()
    assert float(within.mean()) == pytest.approx(true_sd, rel=0.05)


@pytest.mark.parametrize("missing", [0.0, 0.2])
def test_what_is_missing_and_what_has_no_causes_stays_as_it_was(missing: float) -> None:
    table = table_of_every_kind(80, missing=missing)
    data = completed(table_data(EVERY_KIND, table), seed=1)
    layout = structural_layout(data)
    drawn = simulated(layout, prior_draws(layout, draws=1, seed=2), seed=3).layout.data
    for name, column in data.columns.items():
        after = drawn.columns[name]
        assert (after.missing == column.missing).all()
        assert (after.centre, after.scale) == (column.centre, column.scale)
    assert (drawn.columns["area"].values == data.columns["area"].values).all()
    assert (drawn.columns["grade"].values != data.columns["grade"].values).any()
    assert ((drawn.items["trust"] < 0) == (data.items["trust"] < 0)).all()
    assert (drawn.cells["cases"].trials == data.cells["cases"].trials).all()


def test_a_study_can_be_drawn_and_its_density_is_finite() -> None:
    layout = structural_layout(study_data(STUDY_SPEC, small_study(missing=0.2)))
    parameters = prior_draws(layout, draws=1, seed=2)
    first, again = (simulated(layout, parameters, seed=3).layout for _ in range(2))
    assert (first.data.cells["vsv"].events == again.data.cells["vsv"].events).all()
    assert np.isfinite(density(layout, first.data, parameters))


def test_the_vector_of_named_draws_is_the_one_they_were_named_from() -> None:
    from vm2causal.model.sampler.compiled_model import named_draws

    layout = structural_layout(table_data(EVERY_KIND, table_of_every_kind(30)))
    vectors = np.random.default_rng(1).normal(size=(2, 3, layout.size))
    assert unconstrained_draws(layout, named_draws(layout, vectors)) == pytest.approx(vectors)
