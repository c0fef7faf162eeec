"""What every likelihood must do, asked of each in the table: a new one is tested by existing."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from importlib import resources

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from model.density_cases import PymcDensity, finite_differences, named_point
from vm2causal.effects.forward import Forward
from vm2causal.effects.responses import mean_response
from vm2causal.model.data.columns import Floats
from vm2causal.model.data.structural_data import StructuralData, table_data
from vm2causal.model.families import FAMILIES, Observed, family_of
from vm2causal.model.families.family import Distribution
from vm2causal.model.fits.fit_arrays import arrays_of, data_of
from vm2causal.model.result_names import drawn_as
from vm2causal.model.sampler import kernel
from vm2causal.model.sampler.compiled_model import named_draws
from vm2causal.model.sampler.coordinates import sampler_program, starting_point
from vm2causal.model.sampler.information import usual_terms
from vm2causal.model.sampler.program import structural_program
from vm2causal.model.sampler.rowwise import compiled
from vm2causal.model.structural import structural_model
from vm2causal.model.structural_layout import Layout, structural_layout
from vm2causal.spec import CausalSpec, model_to_yaml, read_model
from vm2causal.spec.objects import Arrow, Variable
from vm2causal.spec.words import Kind

UNITS = 40
EVERY = [pytest.param(kind, id=kind.value) for kind in FAMILIES]

KEYS: dict[Kind, dict[str, object]] = {
    Kind.BINARY: {"levels": ("no", "yes")},
    Kind.ORDINAL: {"levels": ("low", "middle", "high")},
    Kind.NOMINAL: {"levels": ("p", "q", "r")},
    Kind.COUNT: {"trials": "of"},
    Kind.NEGATIVE_BINOMIAL: {"exposure": "hours"},
    Kind.LATENT: {"items": ("i1", "i2", "i3"), "levels": ("1", "2", "3", "4")},
}
"""What a variable of a kind needs in a model file."""


def spec_of(kind: Kind) -> CausalSpec:
    """x and m act on v, which acts on y, in schools; m is missing here and there."""
    variables = {
        "x": Variable(),
        "m": Variable(kind="nominal", levels=("a", "b", "c")),
        "v": Variable(kind=kind, **KEYS.get(kind, {})),
        "y": Variable(),
    }
    pairs = (("x", "v"), ("m", "v"), ("v", "y"), ("x", "y"))
    arrows = [Arrow(cause=cause, effect=effect) for cause, effect in pairs]
    return CausalSpec(
        name="one", variables=variables, arrows=arrows, groups=("school",), rows="units"
    )


def values_of(kind: Kind, rng: np.random.Generator) -> dict[str, object]:
    """Data of v that have nothing to do with its causes."""
    variable = Variable(kind=kind, **KEYS.get(kind, {}))
    if kind.measured:
        return {item: rng.choice(list("1234"), UNITS) for item in variable.items}
    if kind.levelled:
        return {"v": rng.choice(variable.levels, UNITS)}
    if kind.counted:
        of = rng.integers(1, 9, UNITS)
        return {"v": rng.binomial(of, 0.4), "of": of}
    if kind.takes("exposure"):
        return {"v": rng.negative_binomial(2, 0.3, UNITS), "hours": rng.uniform(0.5, 3.0, UNITS)}
    return {"v": 3.0 + 2.0 * rng.standard_t(4, UNITS)}


def data_of_kind(kind: Kind, *, missing: float = 0.0) -> StructuralData:
    rng = np.random.default_rng([7, *kind.value.encode()])
    m = pd.Series(rng.choice(list("abc"), UNITS)).mask(rng.random(UNITS) < missing)
    table = pd.DataFrame(
        {
            "x": rng.normal(size=UNITS),
            "m": m,
            **values_of(kind, rng),
            "y": rng.normal(size=UNITS),
            "school": rng.choice(list("stuv"), UNITS),
        }
    )
    return table_data(spec_of(kind), table)


def layout_of(kind: Kind, *, missing: float = 0.0) -> Layout:
    return structural_layout(data_of_kind(kind, missing=missing))


def forward_of(layout: Layout, points: list[Floats]) -> Forward:
    """Equations at points of the parameters."""
    return Forward(layout, named_draws(layout, np.array([points])), draws=len(points))


def part_of(kind: Kind) -> tuple[Forward, Observed, Callable[[float], Distribution]]:
    """The observations of v at two points, and its distribution with shifted predictors."""
    layout = layout_of(kind)
    forward = forward_of(layout, [named_point(layout, seed) for seed in (1, 2)])
    world = forward.observed

    def shifted(by: float) -> Distribution:
        moved = {key: eta + by * (key == ("v", last)) for key, eta in world.predictors.items()}
        other = type(world)(world.values, world.ranks, moved)
        part = next(iter(family_of(kind).observed(forward, "v", other)))
        return part.given(part.rows)

    last = layout.predictors_of["v"][-1].level
    return forward, next(iter(family_of(kind).observed(forward, "v", world))), shifted


def layout_of_all() -> Layout:
    """One variable of each kind, with the same causes, that act on y together."""
    rng = np.random.default_rng(11)
    table = pd.DataFrame(
        {
            "x": rng.normal(size=UNITS),
            "m": pd.Series(rng.choice(list("abc"), UNITS)).mask(rng.random(UNITS) < 0.15),
            "y": rng.normal(size=UNITS),
            "school": rng.choice(list("stuv"), UNITS),
        }
    )
    variables = {name: spec_of(Kind.CONTINUOUS).variables[name] for name in "xmy"}
    arrows = [Arrow(cause="x", effect="y")]
    for kind in FAMILIES:
        name, rename = kind.value, {"v": kind.value, "of": f"{kind.value}_of"}
        keys = dict(KEYS.get(kind, {})) | ({"trials": f"{name}_of"} if kind.counted else {})
        variables[name] = Variable(kind=kind, **keys)
        for column, values in values_of(kind, rng).items():
            table[rename.get(column, column)] = values
        arrows += [Arrow(cause=cause, effect=name) for cause in "xm"]
        arrows.append(Arrow(cause=name, effect="y"))
    spec = CausalSpec(
        name="all", variables=variables, arrows=arrows, groups=("school",), rows="units"
    )
    return structural_layout(table_data(spec, table))


def test_the_kernel_has_the_density_of_the_definition() -> None:
    """But for a constant: numbers are standardised, and counts are sequences."""
    layout = layout_of_all()
    assert {item.kind for item in layout.predictors} == set(FAMILIES)
    program, definition = structural_program(layout), PymcDensity(layout)
    here, there = (named_point(layout, seed) for seed in (1, 2))
    away = [program.log_density(q)[0] - definition(q)[0] for q in (here, there)]
    assert away[0] == pytest.approx(away[1], abs=1e-9)
    np.testing.assert_allclose(
        program.log_density(here)[1], definition(here)[1], rtol=1e-9, atol=1e-9
    )


@pytest.mark.slow  # the fast tier asks this of five kinds: tests/effects/test_forward.py
def test_an_intervention_is_that_of_pymc() -> None:
    """Average values of every kind when x is set, in worlds and in ``pm.do``."""
    import pymc as pm

    layout, draws = layout_of_all(), 1_500
    points = np.array([[named_point(layout, seed, sd=0.3) for seed in range(draws)]])
    posterior = named_draws(layout, points)
    model = structural_model(layout, observed=False)
    names = [kind.value for kind in FAMILIES if not kind.unordered]
    drawn = pm.sample_posterior_predictive(
        xr.DataTree.from_dict({"posterior": posterior}),
        model=pm.do(model, {"x": np.full(UNITS, 1.0)}),
        var_names=[drawn_as(name) for name in names],
        random_seed=3,
        progressbar=False,
        compile_kwargs={"mode": "FAST_COMPILE"},
    )["posterior_predictive"]
    forward = Forward(layout, posterior, draws=draws)
    world = forward.world({"x": 1.0})
    for name in names:
        values = drawn[drawn_as(name)].to_numpy()[0]
        if name in layout.data.cells:
            values = values / layout.data.cells[name].trials
        column = layout.data.columns.get(name)
        if column is not None and column.exposure is not None:
            values = values / column.exposure
        away = values.mean(axis=1) - mean_response(forward, world, name).mean(axis=1)
        assert abs(away.mean()) < 5 * away.std(ddof=1) / np.sqrt(draws), name


@pytest.mark.parametrize("kind", EVERY)
def test_the_gradient_is_that_of_the_density(kind: Kind) -> None:
    layout = layout_of(kind, missing=0.15)
    for program in (structural_program(layout), sampler_program(layout)):
        q = named_point(layout, 3, sd=0.4)
        value, gradient = program.log_density(q)
        assert np.isfinite(value)
        slopes = finite_differences(lambda at, of=program: of.log_density(at)[0], q)
        np.testing.assert_allclose(gradient, slopes, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("kind", EVERY)
def test_the_density_in_numpy_is_that_of_the_kernel(kind: Kind) -> None:
    """Of all data together, beside the priors; of a construct given its scores."""
    layout = layout_of(kind)
    program = structural_program(layout)
    points = [named_point(layout, seed) for seed in (1, 2)]
    forward = forward_of(layout, points)
    found = np.zeros(2)
    for name in layout.predictors_of:
        for part in layout.family(name).observed(forward, name, forward.observed):
            found += part.given(part.rows).log_density(part.seen).sum(axis=1)
    mean, precision, norm = program.priors.reshape(3, -1)
    priors = [float((norm - 0.5 * precision * (q - mean) ** 2).sum()) for q in points]
    data = [program.log_density(q)[0] - prior for q, prior in zip(points, priors, strict=True)]
    assert np.diff(found)[0] == pytest.approx(np.diff(data)[0], rel=1e-9, abs=1e-8)


@pytest.mark.parametrize("kind", EVERY)
def test_the_pull_is_the_slope_of_the_density(kind: Kind) -> None:
    forward, part, shifted = part_of(kind)
    level = forward.layout.predictors_of["v"][-1].level
    found, _ = part.given(part.rows).pull(part.seen, level)
    step = 1e-5
    loading = 1.0
    if kind.measured:  # the score is multiplied by the loading of its item
        loading = forward.parameters["loading"][:, [0]]
    ends = [shifted(by).log_density(part.seen) for by in (-step, step)]
    np.testing.assert_allclose(found * loading, (ends[1] - ends[0]) / (2 * step), atol=1e-5)


@pytest.mark.parametrize("kind", EVERY)
def test_the_information_is_the_variance_of_the_pull(kind: Kind) -> None:
    """Over other data of the same law; of ordinal answers the observed information on average."""
    forward, part, _ = part_of(kind)
    level = forward.layout.predictors_of["v"][-1].level
    given, rng, sets = part.given(part.rows), np.random.default_rng(1), 4_000
    pulls, informed = [], []
    for _ in range(sets):
        drawn = given.draw(rng)
        pull, information = given.pull(drawn[0], level)
        pulls.append(pull[0])
        informed.append(information[0])
    spread = np.var(pulls, axis=0)
    expected = np.mean(informed, axis=0)
    # the variance of a variance of that many draws, with room for heavy tails and 40 rows
    assert np.abs(spread / expected - 1).max() < 12 * np.sqrt(2 / sets)
    assert np.abs(np.mean(pulls, axis=0) / np.sqrt(expected)).max() < 5 / np.sqrt(sets)


@pytest.mark.parametrize("kind", EVERY)
def test_the_distribution_function_is_that_of_the_draws(kind: Kind) -> None:
    _, part, _ = part_of(kind)
    given, rng, sets = part.given(part.rows), np.random.default_rng(2), 4_000
    drawn = np.array([given.draw(rng)[0] for _ in range(sets)])
    below, up_to = (side[0] for side in given.reached(part.seen))
    tiny = 1e-9
    for chance, share in (
        (below, (drawn < part.seen - tiny).mean(axis=0)),
        (up_to, (drawn <= part.seen + tiny).mean(axis=0)),
    ):
        error = np.sqrt(np.maximum(chance * (1 - chance), 1e-3) / sets)
        assert np.abs((share - chance) / error).max() < 5
    if kind.numeric and not kind.takes("exposure"):
        np.testing.assert_array_equal(below, up_to)


@pytest.mark.parametrize("kind", [item for item in EVERY if not item.values[0].unordered])
def test_the_mean_is_that_of_the_draws(kind: Kind) -> None:
    layout = layout_of(kind)
    forward = forward_of(layout, [named_point(layout, 1)])
    family, world = family_of(kind), forward.observed
    mean = family.mean(forward, "v", world.predictors["v", None])[0]
    if kind.measured:
        np.testing.assert_array_equal(mean, world.values["v"][0])
        return
    part = next(iter(family.observed(forward, "v", world)))
    given, rng, sets = part.given(part.rows), np.random.default_rng(3), 6_000
    drawn = np.array([given.draw(rng)[0] for _ in range(sets)])
    if part.trials is not None:
        drawn = drawn / part.trials
    if kind.numeric:
        column = layout.data.columns["v"]
        hours = np.ones(UNITS) if column.exposure is None else column.exposure
        drawn = (column.centre + column.scale * drawn) / hours
    error = drawn.std(axis=0) / np.sqrt(sets)
    assert np.abs((drawn.mean(axis=0) - mean) / error).max() < 5


@pytest.mark.parametrize("kind", [item for item in EVERY if item.values[0].numeric])
def test_a_few_values_stand_for_a_number(kind: Kind) -> None:
    """They have its mean, and where it has a variance about that."""
    layout = layout_of(kind)
    forward = forward_of(layout, [named_point(layout, 1)])
    column, eta = layout.data.columns["v"], forward.observed.predictors["v", None]
    nodes = family_of(kind).nodes(forward, "v", eta)
    assert sum(chance for chance, _ in nodes) == pytest.approx(1.0)
    hours = np.ones(UNITS) if column.exposure is None else column.exposure
    mean = sum(chance * (column.centre + column.scale * value) for chance, value in nodes) / hours
    np.testing.assert_allclose(mean, family_of(kind).mean(forward, "v", eta), rtol=1e-9)


@pytest.mark.parametrize("kind", EVERY)
def test_what_nothing_explains_has_a_variance(kind: Kind) -> None:
    """On the link scale, beside which that of a group is put."""
    layout = layout_of(kind)
    forward = forward_of(layout, [named_point(layout, seed) for seed in (1, 2)])
    found = family_of(kind).own_variance(forward, "v")
    assert found.shape == (2, 1)
    assert (found > 0).all()


@pytest.mark.parametrize("kind", EVERY)
def test_it_starts_where_the_data_are(kind: Kind) -> None:
    """Intercepts and cuts by the averages; a finite density in the sampler's coordinates."""
    layout = layout_of(kind, missing=0.15)
    program = sampler_program(layout)
    point = starting_point(layout, program)
    assert np.isfinite(program.log_density(point)[0])
    there = program.parameters(point)
    for place, value in usual_terms(layout).items():
        assert there[place] == pytest.approx(value, abs=1e-3)


@pytest.mark.parametrize("kind", EVERY)
def test_data_say_nothing_of_units_without_any(kind: Kind) -> None:
    layout = layout_of(kind)
    for part in family_of(kind).information(layout, layout.predictors_of["v"][0]):
        assert (part.weight >= 0).all()
        assert part.weight.sum() > 0
        assert np.isfinite(part.pull).all()


@pytest.mark.parametrize("kind", EVERY)
def test_it_comes_back_from_a_model_file_and_from_a_fit(kind: Kind, tmp_path) -> None:
    spec = spec_of(kind)
    path = tmp_path / "model.yaml"
    path.write_text(model_to_yaml(spec), encoding="utf-8")
    assert read_model(path).variables == spec.variables
    data = data_of_kind(kind)
    arrays = arrays_of(data)
    back = data_of(spec, arrays)
    here, there = (
        structural_program(structural_layout(item)).log_density(
            named_point(structural_layout(item), 1)
        )
        for item in (data, back)
    )
    assert here[0] == there[0]
    np.testing.assert_array_equal(here[1], there[1])


def compiled_functions() -> list[Callable[..., None]]:
    """Those of families that the kernel calls by their addresses."""
    modules = {type(family).__module__ for family in FAMILIES.values()}
    found = [getattr(sys.modules[name], "log_densities", None) for name in sorted(modules)]
    return [function for function in found if function is not None]


def test_what_is_compiled_by_itself_uses_no_other_function_of_the_package() -> None:
    """Numba's cache looks at the file of a function only: with another one it could be stale."""
    assert len(compiled_functions()) >= 2
    for function in compiled_functions():
        used = {
            name: function.__globals__[name]
            for name in function.__code__.co_names
            if name in function.__globals__
        }
        assert all(getattr(item, "__name__", "") in ("math", "numpy") for item in used.values())
        assert compiled(function).address == compiled(function).address != 0


def test_the_kernel_is_compiled_from_one_file() -> None:
    compiled_parts = {
        name: part.py_func.__code__.co_filename
        for name, part in vars(kernel).items()
        if hasattr(part, "py_func")
    }
    assert len(compiled_parts) > 20
    assert set(compiled_parts.values()) == {kernel.__file__}


def kinds_in(value: object) -> Iterator[list[str]]:
    """Every list of words in a schema that names kinds of variables."""
    if isinstance(value, dict):
        for item in value.values():
            yield from kinds_in(item)
    elif isinstance(value, list) and "nominal" in value:
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from kinds_in(item)


@pytest.mark.parametrize("schema", ["model-show", "model-diff", "table-check"])
def test_documents_can_name_every_kind(schema: str) -> None:
    content = resources.files("vm2causal.schemas").joinpath(f"{schema}.schema.json").read_text()
    found = list(kinds_in(json.loads(content)))
    assert found
    assert all(words == [kind.value for kind in Kind] for words in found)


def test_every_kind_has_a_family() -> None:
    assert set(FAMILIES) == set(Kind)
