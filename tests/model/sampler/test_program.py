from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from model.density_cases import (
    PymcDensity,
    constant_between,
    finite_differences,
    named_point,
    random_case,
)
from model.structural_cases import (
    EVERY_KIND,
    OTHER_NAMES,
    STUDY_SPEC,
    by_other_names,
    small_study,
    table_of_every_kind,
)
from vm2causal.inputs.study.files import read_study
from vm2causal.model.data.structural_data import study_data, table_data
from vm2causal.model.sampler.program import structural_program
from vm2causal.model.structural_layout import Layout, structural_layout
from vm2causal.spec import Arrow, CausalSpec, Variable, read_model

DEMO = Path(__file__).parents[3] / "data" / "demo"


def random_layout(seed: int, *, missing: float) -> Layout:
    spec, table = random_case(seed, missing=missing)
    return structural_layout(table_data(spec, table))


def table_layout(missing: float) -> Layout:
    return structural_layout(table_data(EVERY_KIND, table_of_every_kind(missing=missing)))


def study_layout(missing: float, experiments: int = 24) -> Layout:
    return structural_layout(study_data(STUDY_SPEC, small_study(experiments, missing=missing)))


def own_level_layout() -> Layout:
    """Schools with a number, a grade and a plan of their own; pupils with a score."""
    rng = np.random.default_rng(4)
    of = np.arange(30) % 6
    spec = CausalSpec(
        name="own-level",
        variables={
            "size": Variable(level="school"),
            "grade": Variable(kind="ordinal", levels=("a", "b", "c"), level="school"),
            "plan": Variable(kind="nominal", level="school"),
            "score": Variable(),
            "quality": Variable(observed=False, level="school"),
        },
        arrows=[
            Arrow(cause="size", effect="grade"),
            Arrow(cause="size", effect="plan"),
            Arrow(cause="grade", effect="score", shape="monotone"),
            Arrow(cause="plan", effect="score"),
            Arrow(cause="quality", effect="grade"),
            Arrow(cause="quality", effect="score"),
        ],
        groups=["school", "region"],
    )
    table = pd.DataFrame(
        {
            "size": rng.normal(size=6)[of],
            "grade": np.array(list("abcabc"))[of],
            "plan": np.array(list("pqrrqp"))[of],
            "score": rng.normal(size=30),
            "school": [f"s{k}" for k in of],
            "region": [f"r{k % 3}" for k in of],
        }
    )
    return structural_layout(table_data(spec, table))


def one_experiment() -> Layout:
    study = small_study(1)
    frame = study.experiments.assign(versnelling=None)
    return structural_layout(study_data(STUDY_SPEC, replace(study, experiments=frame)))


def shipped_layout(name: str) -> Layout:
    return structural_layout(study_data(read_model(name), read_study(DEMO)))


def assert_same_density(layout: Layout, *, mode: str | None = "FAST_COMPILE") -> None:
    """Kernel and PyMC, at three points, gradients and all; only known constants apart."""
    program, pymc = structural_program(layout), PymcDensity(layout, mode=mode)
    for seed, sd in ((1, 0.2), (2, 0.5), (3, 1.0)):
        point = named_point(layout, seed, sd=sd)
        value, gradient = program.log_density(point)
        expected, slope = pymc(point)
        assert value + constant_between(layout) == pytest.approx(expected, rel=1e-11)
        np.testing.assert_allclose(gradient, slope, rtol=1e-9, atol=1e-9)


# -- the gradient is that of the density ------------------------------------------------------


@pytest.mark.parametrize("seed", range(40))
def test_gradient_of_random_models(seed: int) -> None:
    layout = random_layout(seed, missing=0.2)
    assert_gradient(layout)


@pytest.mark.parametrize("missing", [0.0, 0.15])
def test_gradient_of_every_kind(missing: float) -> None:
    assert_gradient(table_layout(missing))
    assert_gradient(study_layout(missing))


def assert_gradient(layout: Layout) -> None:
    program = structural_program(layout)
    point = named_point(layout)
    numeric = finite_differences(lambda q: program.log_density(q)[0], point)
    np.testing.assert_allclose(program.log_density(point)[1], numeric, rtol=2e-6, atol=2e-6)


def test_a_density_has_no_memory() -> None:
    program = structural_program(table_layout(0.15))
    point = named_point(table_layout(0.15))
    first = program.log_density(point)
    program.log_density(point + 1.0)
    again = program.log_density(point)
    assert first[0] == again[0]
    np.testing.assert_array_equal(first[1], again[1])


# -- the density is that of the pm.Model ------------------------------------------------------


def test_density_of_every_kind() -> None:
    """Under names that a fit has for itself: the numbers are those of any other names."""
    table = table_of_every_kind(missing=0.15).rename(columns=OTHER_NAMES)
    layout = structural_layout(table_data(by_other_names(EVERY_KIND, OTHER_NAMES), table))
    assert layout.size == table_layout(0.15).size
    assert_same_density(layout)


def test_density_of_a_study() -> None:
    assert_same_density(study_layout(0.3))


def test_density_of_variables_that_describe_a_group() -> None:
    assert_same_density(own_level_layout())
    assert_gradient(own_level_layout())


@pytest.mark.slow
def test_density_of_one_experiment() -> None:
    """Counts without an effect of their own, and what is missing acts on all their cells."""
    assert_same_density(one_experiment())


@pytest.mark.parametrize(("seed", "missing"), [(2, 0.2), (18, 0.2), (3, 0.0)])
def test_density_of_a_random_model(seed: int, missing: float) -> None:
    """Missing causes: of counts that are causes, of monotone arrows; then curves and splits."""
    assert_same_density(random_layout(seed, missing=missing))


@pytest.mark.slow
@pytest.mark.parametrize("layout", [lambda: table_layout(0.0), lambda: study_layout(0.0)])
def test_density_without_anything_missing(layout: object) -> None:
    assert_same_density(layout())


@pytest.mark.slow
@pytest.mark.parametrize("name", ["onderzoeksmodel-2012", "onderzoeksmodel-2011"])
def test_density_of_the_shipped_models(name: str) -> None:
    # PyTensor's quick mode adds no more than 32 terms, and there are more causes than that
    assert_same_density(shipped_layout(name), mode=None)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [7, *range(100, 120)])
def test_density_of_more_random_models(seed: int) -> None:
    assert_same_density(random_layout(seed, missing=0.2))


# -- patterns ---------------------------------------------------------------------------------


def test_years_of_patterns() -> None:
    layout = study_layout(0.0)
    years = layout.data.patterns["jaar"]
    np.testing.assert_array_equal(layout.data.pattern_years, years - years.min())
    np.testing.assert_array_equal(table_layout(0.0).data.pattern_years, [0])
