"""The sampler's coordinates: another way to name the points of the same model."""

from __future__ import annotations

from dataclasses import replace

import arviz as az
import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
import scipy.special
import scipy.stats

from model.density_cases import finite_differences, named_point, parameter_names, random_case
from model.structural_cases import EVERY_KIND, STUDY_SPEC, small_study, table_of_every_kind
from vm2causal.model.data.structural_data import study_data, table_data
from vm2causal.model.sampler.centring import CentringAssembler
from vm2causal.model.sampler.completing import CompletingAssembler
from vm2causal.model.sampler.coordinates import sampler_program, starting_point
from vm2causal.model.sampler.information import gaussian_summaries, usual_terms, usual_weight
from vm2causal.model.sampler.program import structural_program
from vm2causal.model.sampler.tape import Program
from vm2causal.model.structural_fit import fit_structural
from vm2causal.model.structural_layout import Layout, structural_layout
from vm2causal.spec import Arrow, CausalSpec, Variable
from vm2causal.spec.words import Kind

Floats = npt.NDArray[np.float64]


def study_layout(missing: float = 0.15) -> Layout:
    return structural_layout(study_data(STUDY_SPEC, small_study(24, missing=missing)))


def table_layout() -> Layout:
    return structural_layout(table_data(EVERY_KIND, table_of_every_kind(60, missing=0.15)))


def random_layout(seed: int) -> Layout:
    spec, table = random_case(seed, missing=0.2)
    return structural_layout(table_data(spec, table))


def nested_layout() -> Layout:
    """Rows in classes in schools, a count and a number, one class alone in its school."""
    rng = np.random.default_rng(3)
    classes = np.repeat(np.arange(9), 3)
    table = pd.DataFrame(
        {
            "x": rng.normal(size=27),
            "y": rng.normal(size=27),
            "n": rng.binomial(9, 0.4, 27),
            "of": 9,
            "class": [f"c{place}" for place in classes],
            "school": [f"s{place}" for place in np.array([0, 0, 1, 1, 1, 2, 3, 3, 3])[classes]],
        }
    )
    spec = CausalSpec(
        name="nested",
        variables={
            "x": Variable(),
            "y": Variable(),
            "n": Variable(kind="count", trials="of"),
        },
        arrows=[Arrow(cause="x", effect="y"), Arrow(cause="y", effect="n")],
        groups=["class", "school"],
        rows="units",
    )
    return structural_layout(table_data(spec, table))


def scattered_layout() -> Layout:
    """Groups of one row whose labels are not in the order of rows, and groups that cross."""
    rng = np.random.default_rng(5)
    table = pd.DataFrame(
        {
            "x": rng.normal(size=12),
            "n": rng.binomial(9, 0.4, 12),
            "m": pd.Series([None] * 12, dtype=object),
            "of": 9,
            "row": [f"i{place}" for place in range(12)],
            "school": [f"g{place}" for place in rng.permutation(np.repeat(range(4), 3))],
            "sector": [f"s{place}" for place in rng.permutation(np.repeat(range(3), 4))],
        }
    )
    spec = CausalSpec(
        name="scattered",
        variables={
            "x": Variable(),
            "n": Variable(kind="count", trials="of"),
            "m": Variable(kind="count", trials="of"),
            "u": Variable(observed=False, level="school"),
            "v": Variable(observed=False, level="school"),
        },
        arrows=[
            Arrow(cause="x", effect="n"),
            *(Arrow(cause=cause, effect=effect) for cause in "uv" for effect in "xn"),
            Arrow(cause="x", effect="m"),
        ],
        groups=["row", "school", "sector"],
        rows="units",
    )
    return structural_layout(table_data(spec, table))


def answered_layout() -> Layout:
    """Answers of every kind in many schools."""
    rng = np.random.default_rng(8)
    table = pd.DataFrame(
        {
            "x": rng.normal(size=48),
            "yes": rng.choice(["no", "yes"], 48),
            "grade": rng.choice(["low", "mid", "high"], 48),
            "plan": rng.choice(["none", "some", "full"], 48),
            "y": rng.normal(size=48),
            "school": [f"s{place}" for place in np.arange(48) % 16],
            "sector": [f"k{place}" for place in np.arange(48) % 3],
        }
    )
    levels = {
        "yes": ("no", "yes"),
        "grade": ("low", "mid", "high"),
        "plan": ("none", "some", "full"),
    }
    kinds = {"yes": "binary", "grade": "ordinal", "plan": "nominal"}
    variables = {name: Variable(kind=kinds[name], levels=levels[name]) for name in kinds}
    effects = (*kinds, "y")
    spec = CausalSpec(
        name="answered",
        variables={"x": Variable(), "y": Variable(), **variables},
        arrows=[Arrow(cause="x", effect=effect) for effect in effects],
        groups=["school", "sector"],
    )
    return structural_layout(table_data(spec, table))


LAYOUTS = [
    answered_layout(),
    nested_layout(),
    scattered_layout(),
    study_layout(),
    table_layout(),
    *(random_layout(seed) for seed in range(16)),
]


def log_volume(program: Program, point: Floats) -> float:
    """Log of how much larger a piece of space is in the model's coordinates."""
    columns = [
        (program.parameters(point + step) - program.parameters(point - step)) / 2e-5
        for step in 1e-5 * np.eye(program.size)
    ]
    sign, volume = np.linalg.slogdet(np.array(columns))
    assert sign > 0
    return float(volume)


def years_determinant(layout: Layout) -> float:
    """Log-determinant of years as mean and differences: log of all weights over the largest."""
    moving = CentringAssembler(layout)
    information = [
        moving._information_of_years(item) for item in layout.predictors if item.kind is Kind.COUNT
    ]
    return sum(
        float(np.log(of_years.sum() / of_years.max())) for of_years in information if of_years.any()
    )


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.data.spec.name)
def test_the_density_is_that_of_the_model(layout: Layout) -> None:
    """But for the determinant of the years, which is a constant; 0 in tables."""
    model, program = structural_program(layout), sampler_program(layout)
    constant = years_determinant(layout)
    assert (constant > 0) == (len(layout.data.patterns) > 1)
    for seed in (1, 2, 3):
        point = named_point(layout, seed)
        here = model.log_density(program.parameters(point))[0]
        there = program.log_density(point)[0]
        volume = log_volume(program, point) - constant
        assert there == pytest.approx(here + volume, abs=2e-6)


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.data.spec.name)
def test_the_gradient_is_that_of_the_density(layout: Layout) -> None:
    program = sampler_program(layout)
    point = named_point(layout)
    numeric = finite_differences(lambda q: program.log_density(q)[0], point)
    np.testing.assert_allclose(program.log_density(point)[1], numeric, rtol=2e-6, atol=2e-6)


@pytest.mark.parametrize("layout", LAYOUTS[:4], ids=lambda layout: layout.data.spec.name)
def test_what_is_moved_is_put_back(layout: Layout) -> None:
    """On the way back noise and cuts stand again where they stood; intercepts may not."""
    program, point = sampler_program(layout), named_point(layout)
    _, _, slots = program.run(point)
    back = slots[: program.size]
    noise = places(layout, "_z[")
    np.testing.assert_allclose(back[noise], point[noise], atol=1e-10)
    moved = program.parameters(point)
    assert np.abs(moved - point)[noise].max() > 0.05


def curvature(program: Program, point: Floats) -> Floats:
    """Minus the second derivatives of the log-density."""
    steps = 1e-5 * np.eye(program.size)
    rows = [
        (program.log_density(point - step)[1] - program.log_density(point + step)[1]) / 2e-5
        for step in steps
    ]
    return np.array(rows)


def places(layout: Layout, *parts: str) -> list[int]:
    """Parameters in whose names all parts occur."""
    names = parameter_names(layout)
    return [k for k, name in enumerate(names) if all(part in name for part in parts)]


def test_noise_around_normal_data_is_standard_normal_and_independent() -> None:
    """A number in classes in schools: a normal likelihood, for which the place is exact."""
    layout = nested_layout()
    found = curvature(sampler_program(layout), named_point(layout))
    noise = places(layout, "class_z", "'y'") + places(layout, "school_z", "'y'")
    assert len(noise) == 9 + 4
    np.testing.assert_allclose(found[np.ix_(noise, noise)], np.eye(13), atol=1e-6)
    others = places(layout, "weight", "x -> y") + places(layout, "intercept", "'y'")
    assert len(others) == 2
    np.testing.assert_allclose(found[np.ix_(noise, others)], 0.0, atol=1e-6)


def seeming(layout: Layout, name: str, q: Floats) -> dict[int, tuple[float, float, Floats]]:
    """Mean and variance of what missing levels add to a count's units, and all they may add.

    By hand from the completions at a point of the model's parameters: those that the rest of the
    model finds probable, times how probable each makes the working response of the unit.
    """
    assembler = CompletingAssembler(layout)
    slots = assembler.program().run(q)[2]
    (predictor,) = layout.predictors_of[name]
    (summary,) = gaussian_summaries(layout, predictor)
    cells, unit_of = layout.data.cells[name], layout.data.cells[name].unit
    sd, noise = np.exp(q[places(layout, "unit_sd", name)[0]]), q[places(layout, "unit_z", name)]
    around = np.exp(q[places(layout, "school_sd", name)[0]])
    school = q[places(layout, "school_z", name)][layout.data.groups["school"].codes]
    rows: dict[int, list[int]] = {}
    for row, item in enumerate(assembler.completions):
        if name in item.affected:
            rows.setdefault(item.unit, []).append(row)
    found = {}
    for unit, members in rows.items():
        added = slots[[assembler.noise_shifts[name][row] for row in members]]
        own = scipy.stats.norm.logpdf(sd * noise[unit], added, sd)
        weight = summary.weight[unit]
        base = slots[assembler.eta[name, None] + unit] - sd * noise[unit] - around * school[unit]
        patterns = slots[assembler.patterns[name] + cells.pattern[unit_of == unit]]
        pull = summary.pull[unit] - summary.cells[unit_of == unit] @ patterns - weight * base
        of_data = scipy.stats.norm.logpdf(
            pull / weight, added, np.sqrt(sd**2 + around**2 + 1 / weight)
        )
        chance = scipy.special.softmax(
            slots[[assembler.targets + r for r in members]] - own + of_data
        )
        mean = chance @ added
        found[unit] = float(mean), float(chance @ (added - mean) ** 2), added
    return found


def test_noise_makes_up_for_the_level_that_a_unit_seems_to_have() -> None:
    """It is moved by what the missing levels seem to add, and spread by a share of its variance."""
    layout = study_layout()
    program, point = sampler_program(layout), named_point(layout)
    there = program.parameters(point)
    expected = seeming(layout, "binding", there)
    assert len(expected) > 3
    sd = np.exp(there[places(layout, "unit_sd", "binding")[0]])
    weight = CentringAssembler(layout).summaries[layout.predictors_of["binding"][0]][0].weight
    for unit, (_, variance, added) in expected.items():
        place = places(layout, "unit_z", "binding")[unit]
        step = np.eye(program.size)[place]
        moved = (program.parameters(point + step) - there)[place]
        precision = 1.0 / (1.0 + 0.2 * variance / sd**2)
        assert moved == pytest.approx((precision + sd**2 * weight[unit]) ** -0.5)
        assert np.ptp(added) > 0.05


def test_with_a_small_standard_deviation_noise_stands_at_one_level() -> None:
    """There it is hardly anything else, and data of many pupils tell which level it is."""
    layout = many_pupils(study_layout(), 1_000)
    program, point = sampler_program(layout), named_point(layout)
    point[places(layout, "unit_sd", "binding")] = np.log(1e-3)
    point[places(layout, "school_sd", "binding")] = np.log(1e-3)
    there = program.parameters(point)
    sd = np.exp(there[places(layout, "unit_sd", "binding")[0]])
    noise = sd * there[places(layout, "unit_z", "binding")]
    for unit, (mean, variance, added) in seeming(layout, "binding", there).items():
        assert np.sqrt(variance) < 0.01 < np.ptp(added)
        assert np.abs(added - mean).min() < 0.01
        assert np.abs(added - noise[unit]).min() < 5 * sd


def test_standard_deviations_are_bent_at_a_knee() -> None:
    """Above it the sampler sees them, below it their logarithms; of few levels it is never bent."""
    layout = answered_layout()
    knees = CentringAssembler(layout).knees()
    program = sampler_program(layout)
    assert set(knees) == set(places(layout, "school_sd"))
    assert places(layout, "sector_sd")
    (place,) = places(layout, "school_sd", "'y'")
    knee = knees[place]
    point = np.zeros(program.size)

    def log_sd(x: float) -> float:
        point[place] = x
        return float(program.parameters(point)[place])

    assert log_sd(np.log(knee) - 9.0) == pytest.approx(np.log(knee) - 9.0, abs=1e-4)
    assert np.exp(log_sd(np.log(knee) + 30.0)) == pytest.approx(30.0 * knee)
    assert np.exp(log_sd(np.log(knee))) == pytest.approx(np.log(2.0) * knee)


@pytest.mark.parametrize(("units", "weight"), [(40, 0.5), (200, 0.5), (40, 2.0)])
def test_the_knee_is_what_data_can_just_tell_from_nothing(units: int, weight: float) -> None:
    """The root of the error of the square of a standard deviation that is in fact 0."""
    rng = np.random.default_rng(units)
    away = rng.normal(0.0, weight**-0.5, (20_000, units))
    # a normal likelihood's best square, allowed to be negative
    square = (away**2).mean(axis=1) - 1.0 / weight
    error = square.std()
    information = np.full(units, weight)
    assert (2.0 / (information @ information)) ** 0.25 == pytest.approx(np.sqrt(error), rel=0.02)


def test_coefficients_of_answers_grow_with_the_noise_of_groups() -> None:
    """By how much answers vary more, those of a logistic model by π² / 3; those of a number not."""
    layout = answered_layout()
    program = sampler_program(layout)
    small, large = np.full(program.size, 0.7), np.full(program.size, 0.7)
    sds = places(layout, "school_sd")
    small[sds], large[sds] = -5.0, 2.0
    before, after = program.parameters(small), program.parameters(large)
    for name in ("yes", "grade", "plan", "y"):
        (of_sd,) = places(layout, "school_sd", f"'{name}'")
        growth = np.sqrt(1.0 + 0.4 * np.exp(2.0 * after[of_sd])) if name != "y" else 1.0
        grown = [
            place
            for block, space in (("weight[", " "), ("intercept[", "'"), ("cut[", "'"))
            for end in ("'", "[")
            for place in places(layout, block, f"{space}{name}{end}")
        ]
        for place in grown:
            assert after[place] / before[place] == pytest.approx(growth, rel=1e-3)
        for place in places(layout, "gap[", f"'{name}:"):
            assert after[place] - before[place] == pytest.approx(np.log(growth), abs=1e-3)
        assert len(grown) == {"yes": 2, "grade": 2, "plan": 4, "y": 2}[name]


def many_pupils(layout: Layout, factor: int) -> Layout:
    """The same shares among more pupils."""
    cells = {
        name: replace(item, events=item.events * factor, trials=item.trials * factor)
        for name, item in layout.data.cells.items()
    }
    return replace(layout, data=replace(layout.data, cells=cells))


def test_well_measured_units_stay_where_they_are_when_a_coefficient_moves() -> None:
    layout = many_pupils(study_layout(0.0), 100_000)
    program = sampler_program(layout)
    (weight,) = places(layout, "weight", "versnelling -> binding")
    point = starting_point(layout, program)
    beside = point.copy()
    beside[weight] += 0.5
    one, other = program.parameters(point), program.parameters(beside)
    unit, school = places(layout, "unit_z", "binding"), places(layout, "school_z", "binding")
    sds = [np.exp(one[places(layout, f"{level}_sd", "binding")]) for level in ("unit", "school")]
    moved = other - one
    noise = sds[0] * moved[unit] + sds[1] * moved[school][layout.data.groups["school"].codes]
    # it makes up for what the coefficient adds
    cause = layout.data.columns["versnelling"].standardised
    np.testing.assert_allclose(noise, -0.5 * cause, atol=2e-3)


def test_unmeasured_units_do_not_follow() -> None:
    layout = study_layout(0.0)
    bare = replace(
        layout,
        data=replace(
            layout.data,
            cells={
                name: replace(cells, events=0 * cells.events, trials=0 * cells.trials)
                for name, cells in layout.data.cells.items()
            },
        ),
    )
    program = sampler_program(bare)
    point = named_point(bare)
    noise = [*places(bare, "unit_z"), *places(bare, "school_z", "binding")]
    np.testing.assert_array_equal(program.parameters(point)[noise], point[noise])


def test_an_anchored_cause_and_the_rest_are_turned() -> None:
    """What they add up to hangs on one of the two coordinates, and so does all that data see."""
    layout = study_layout(0.0)
    program = sampler_program(layout)
    point = named_point(layout)
    (anchor,) = places(layout, "hidden_anchor")
    name = parameter_names(layout)[anchor].split(" -> ")[1].rstrip("]'\"")
    cause = next(iter(layout.hidden))
    hidden = places(layout, f"{cause}_z")
    rest = places(layout, "school_z", f"'{name}'")
    moved = point.copy()
    moved[hidden] += np.linspace(-2, 2, len(hidden))
    sums = []
    for q in (point, moved):
        found = program.parameters(q)
        a, sign = np.exp(found[anchor]), layout.hidden_signs[0]
        sums.append(sign * np.tanh(a) * found[hidden] + found[rest] / np.cosh(a))
    np.testing.assert_allclose(*sums, atol=1e-12)
    assert np.abs(program.parameters(point) - program.parameters(moved))[rest].min() > 0.01


def test_chains_start_where_shares_are_those_of_the_data() -> None:
    for layout in (study_layout(), table_layout(), nested_layout()):
        program = sampler_program(layout)
        found = program.parameters(starting_point(layout, program))
        for place, value in usual_terms(layout).items():
            assert found[place] == pytest.approx(value, abs=0.02)
        sds = places(layout, "_sd[")
        prior = np.concatenate([block.mean.ravel() for block in layout.blocks])
        np.testing.assert_allclose(found[sds], prior[sds], atol=0.1)


def test_where_chains_start_in_a_table() -> None:
    """Log-odds from the table itself, of a yes that is declared the reference too."""
    table = table_of_every_kind(60)
    table["open"] = np.repeat(["yes", "no"], [15, 45])
    table["grade"] = np.repeat(["low", "mid", "high"], [30, 15, 15])
    variables = {
        name: variable.model_copy(update={"reference": "yes"} if name == "open" else {})
        for name, variable in EVERY_KIND.variables.items()
    }
    spec = EVERY_KIND.model_copy(update={"variables": variables})
    layout = structural_layout(table_data(spec, table))
    wanted = usual_terms(layout)
    (intercept,) = places(layout, "intercept", "'open'")
    assert wanted[intercept] == pytest.approx(np.log(15.5 / 45.5))
    (cut,) = places(layout, "cut", "'grade'")
    assert wanted[cut] == pytest.approx(np.log(30.5 / 31.0))
    (plan,) = places(layout, "intercept", "plan[full]")
    counts = table["plan"].value_counts()
    assert wanted[plan] == pytest.approx(np.log((counts["full"] + 0.5) / (counts["none"] + 0.5)))


def test_only_levels_that_data_say_much_about_are_scaled() -> None:
    """Rows per level times what a row says: a number 1.5 or so, a rank at most a third."""
    scaled = {}
    for rows in (20, 60):
        layout = structural_layout(table_data(EVERY_KIND, table_of_every_kind(rows)))
        firsts = {item.first for item in CentringAssembler(layout).scalings()}
        start, width = layout.offsets["area_z"], layout.block("area_z").shape[1]
        labels = [label for group, label in layout.pooled if group == "area"]
        scaled[rows] = {label: start + row * width in firsts for row, label in enumerate(labels)}
    assert scaled[60] == {"size": True, "grade": True}
    assert scaled[20] == {"size": True, "grade": False}


@pytest.mark.parametrize("sizes", [(10, 10, 10), (300, 300, 300), (450, 447, 3)])
def test_slopes_are_scaled_by_what_data_say_of_a_level(sizes: tuple[int, ...]) -> None:
    """The geometric mean over levels: a few rows in one of them keep all from being held as known.

    A number of usual residual precision 2.25 says that much of its slope per squared deviation of
    the cause.
    """
    spec = CausalSpec(
        name="slopes",
        variables={"x": Variable(), "y": Variable()},
        arrows=(Arrow(cause="x", effect="y", varies="area"),),
        groups=("area",),
    )
    rng, rows = np.random.default_rng(1), sum(sizes)
    table = pd.DataFrame({"x": rng.normal(size=rows), "y": rng.normal(size=rows)})
    table["area"] = np.repeat(["a", "b", "c"], sizes)
    data = table_data(spec, table)
    layout = structural_layout(data)
    assembler = CentringAssembler(layout)
    (scaling,) = (
        item for item in assembler.scalings() if item.first == layout.offsets["area_slope_z"]
    )
    squares = np.bincount(data.groups["area"].codes, data.columns["x"].standardised ** 2)
    (summary,) = gaussian_summaries(layout, layout.predictors[0])
    usual = float(scaling.information or 0.0) / float(np.exp(np.log(squares).mean()))
    assert usual == pytest.approx(usual_weight((summary,))[0])
    assert scaling.log_sd == layout.offsets["area_slope_sd"]


@pytest.mark.mcmc
@pytest.mark.parametrize("truth", ["line", "wave"])
def test_a_curve_is_sampled_well_whatever_its_shape(truth: str) -> None:
    """Noise scaled half-way diverged where the truth is a line, and crept where it is a wave."""
    rng = np.random.default_rng(1)
    x = rng.uniform(-3, 3, 2_000)
    middle = {"line": 0.5 * x, "wave": np.sin(2 * x)}[truth]
    table = pd.DataFrame({"x": x, "y": middle + 0.3 * rng.normal(size=len(x))})
    spec = CausalSpec(
        name="curve",
        variables={"x": Variable(), "y": Variable()},
        arrows=(Arrow(cause="x", effect="y", shape="smooth"),),
    )
    fit = fit_structural(table_data(spec, table), seed=1)
    assert int(fit.tree["sample_stats"]["diverging"].sum()) == 0
    spread = fit.posterior["arrow_curve_sd"].values[:, :, 0]
    assert float(az.ess(spread)) > 2_000


def test_groups_that_cross_are_scaled_where_rich() -> None:
    layout = many_pupils(scattered_layout(), 1_000)
    firsts = {item.first for item in CentringAssembler(layout).scalings()}
    # of the two that cross the finer is moved as noise, in the count around the rows
    start = layout.offsets["sector_z"]
    rows = {name: dict(layout.predictors_of[name][0].groups)["sector"] for name in ("x", "n", "m")}
    assert firsts == {start + 3 * rows["x"], start + 3 * rows["n"]}


def test_years_keep_their_differences_when_their_mean_moves() -> None:
    layout = study_layout(0.0)
    program = sampler_program(layout)
    point = named_point(layout)
    years = places(layout, "intercept", "binding")
    moved = []
    for place in years:
        beside = point.copy()
        beside[place] += 1.0
        moved.append((program.parameters(beside) - program.parameters(point))[years])
    means = [row for row in moved if np.allclose(row, 1.0)]
    assert len(means) == 1
    assert np.linalg.matrix_rank(np.array(moved)) == len(years)


@pytest.mark.parametrize("there", [["none", "some"], ["some", "full"], ["full"]])
def test_levels_that_do_not_occur(there: list[str]) -> None:
    """Of the plan of a table one level or two; of its grades and answers the lowest only."""
    table = table_of_every_kind(60)
    table["plan"] = np.resize(there, 60)
    table["grade"], table["t1"] = "low", "1"
    layout = structural_layout(table_data(EVERY_KIND, table))
    program = sampler_program(layout)
    point = starting_point(layout, program)
    assert np.isfinite(point).all()
    value, gradient = program.log_density(point)
    assert np.isfinite(value)
    numeric = finite_differences(lambda q: program.log_density(q)[0], point)
    np.testing.assert_allclose(gradient, numeric, rtol=2e-6, atol=2e-6)
