"""The sampler's coordinates: another way to name the points of the same model."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from model.density_cases import finite_differences, named_point, random_case
from model.structural_cases import EVERY_KIND, STUDY_SPEC, small_study, table_of_every_kind
from vm2causal.model.coordinates import (
    Rotation,
    model_coordinates,
    rotations,
    sampler_program,
    scalings,
)
from vm2causal.model.program import structural_program
from vm2causal.model.structural_data import study_data, table_data
from vm2causal.model.structural_layout import RICH, Layout, structural_layout
from vm2causal.spec import Arrow, CausalSpec, Variable
from vm2causal.spec.words import Kind


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
    )
    return structural_layout(table_data(spec, table))


LAYOUTS = [
    nested_layout(),
    study_layout(),
    table_layout(),
    *(random_layout(seed) for seed in range(12)),
]


def half_centred(layout: Layout) -> Layout:
    """With other centring of the counts' units than their information asks for."""
    return replace(layout, centring=tuple(0.5 - c for c in layout.centring))


def log_volume(layout: Layout, point: np.ndarray) -> float:
    """Log of how much larger a piece of space is in the model's coordinates."""
    return sum(-0.5 * item.size * point[item.log_sd] for item in scalings(layout))


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.data.spec.name)
def test_the_density_is_that_of_the_model(layout: Layout) -> None:
    for case in (layout, half_centred(layout)):
        program = structural_program(case)
        theirs = sampler_program(case, program)
        for seed in (1, 2):
            point = named_point(case, seed)
            here = program.log_density(model_coordinates(case, point))[0]
            there = theirs.log_density(point)[0]
            assert there == pytest.approx(here + log_volume(case, point), rel=1e-11)


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.data.spec.name)
def test_the_gradient_is_that_of_the_density(layout: Layout) -> None:
    for case in (layout, half_centred(layout)):
        program = sampler_program(case, structural_program(case))
        point = named_point(case)
        numeric = finite_differences(lambda q, p=program: p.log_density(q)[0], point)
        np.testing.assert_allclose(program.log_density(point)[1], numeric, rtol=2e-6, atol=2e-6)


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.data.spec.name)
def test_volumes_change_as_the_density_says(layout: Layout) -> None:
    point = named_point(layout)
    columns = [
        (model_coordinates(layout, point + step) - model_coordinates(layout, point - step)) / 2e-6
        for step in 1e-6 * np.eye(layout.size)
    ]
    _, volume = np.linalg.slogdet(np.array(columns))
    assert volume == pytest.approx(log_volume(layout, point), abs=1e-5)


def test_only_noise_is_moved() -> None:
    layout = study_layout()
    point = named_point(layout)
    moved = model_coordinates(layout, point)
    turned = np.zeros(layout.size, dtype=bool)
    for rotation in rotations(layout):
        turned[places(rotation)] = True
    for scaling in scalings(layout):
        turned[scaling.first : scaling.first + scaling.size] = True
    np.testing.assert_array_equal(moved[~turned], point[~turned])


def places(rotation: Rotation) -> list[int]:
    groups = rotation.group + np.unique(rotation.codes)
    return [*groups, *(rotation.unit + np.arange(len(rotation.codes)))]


def test_what_a_group_and_its_units_add_up_to_hangs_on_one_direction() -> None:
    """Moving along the other one changes no likelihood, so its density stays the prior's."""
    layout = study_layout(missing=0.0)
    program = sampler_program(layout, structural_program(layout))
    point = named_point(layout)
    # an unobserved cause acts elsewhere too
    anchors = {item.unit for item in rotations(layout) if item.group_sd is None}
    alone = next(
        item for item in rotations(layout) if item.split is None and item.group not in anchors
    )
    free = alone.group + int(alone.codes[0])
    values = []
    for value in (-2.0, 0.0, 3.0):
        point[free] = value
        values.append((value, program.log_density(point)[0]))
    for (a, low), (b, high) in pairwise(values):
        assert high - low == pytest.approx((a**2 - b**2) / 2, abs=1e-9)


def test_groups_in_groups_are_turned_against_each_other() -> None:
    layout = nested_layout()
    inner, outer = layout.offsets["class_z"], layout.offsets["school_z"]
    assert [(item.unit, item.group) for item in rotations(layout)] == [
        (inner, outer),
        (inner + 9, outer + 4),
    ]
    for rotation in rotations(layout):
        assert rotation.codes.tolist() == [0, 0, 1, 1, 1, 2, 3, 3, 3]


def test_draws_are_turned_one_by_one_and_left_as_they_were() -> None:
    layout = study_layout()
    draws = np.stack([named_point(layout, seed) for seed in range(6)]).reshape(2, 3, -1)
    before = draws.copy()
    moved = model_coordinates(layout, draws)
    np.testing.assert_array_equal(draws, before)
    np.testing.assert_allclose(moved[1, 2], model_coordinates(layout, draws[1, 2]), rtol=1e-13)


def test_only_levels_that_data_say_much_about_are_scaled() -> None:
    """60 rows in 5 herds: 12 rows a level, each a whole number, or a yes or no worth a quarter."""
    layout = table_layout()
    scaled = {item.first for item in scalings(layout)}
    turned = {first for item in rotations(layout) for first in (item.group, item.unit)}
    levels = {
        (predictor.variable, group): len(set(layout.data.groups[group].codes.tolist()))
        for predictor in layout.predictors
        for group, _ in predictor.groups
    }
    seen = {True: 0, False: 0}
    for predictor in layout.predictors:
        for group, row in predictor.groups:
            size = len(layout.data.groups[group].labels)
            first = layout.offsets[f"{group}_z"] + row * size
            per_level = len(layout.data.units) / levels[predictor.variable, group]
            worth = {Kind.CONTINUOUS: 1.0, Kind.LATENT: 1.0}.get(predictor.kind, 0.25)
            if predictor.kind is Kind.COUNT or first in turned:
                continue
            rich = worth * per_level >= RICH
            assert (first in scaled) == rich
            seen[rich] += 1
    assert min(seen.values()) > 0
