from dataclasses import replace
from math import prod

import numpy as np
import pandas as pd
import pytest

from model.density_cases import (
    enumerated_density,
    kernel_density,
    random_case,
    shifts_noise_by_products,
)
from model.structural_cases import EVERY_KIND, STUDY_SPEC, small_study, table_of_every_kind
from vm2causal.errors import StudyError
from vm2causal.model.data.structural_data import study_data, table_data
from vm2causal.model.missing.completions import completions, marginalised_units
from vm2causal.model.structural_layout import Layout, structural_layout
from vm2causal.spec import CausalSpec
from vm2causal.spec.objects import Arrow, Variable


def chain(arrows: list[tuple[str, str]], **columns: list[object]) -> Layout:
    """Binary variables."""
    spec = CausalSpec(
        name="chain",
        variables={name: Variable(kind="binary", levels=("0", "1")) for name in columns},
        arrows=[Arrow(cause=cause, effect=effect) for cause, effect in arrows],
    )
    return structural_layout(table_data(spec, pd.DataFrame(columns)))


def configurations(layout: Layout) -> int:
    return prod(
        len(column.levels) ** int(column.missing.sum())
        for name, column in layout.data.columns.items()
        if column.levels and layout.children(name)
    )


def test_the_sum_over_completions_is_that_over_all_whole_data() -> None:
    """Of random models, those with something to sum and not too much to list."""
    compared = 0
    for seed in range(100):
        spec, table = random_case(seed, missing=0.12)
        layout = structural_layout(table_data(spec, table))
        if 1 < configurations(layout) <= 100 and not shifts_noise_by_products(layout):
            expected = pytest.approx(enumerated_density(layout), rel=1e-12)
            assert kernel_density(layout) == expected, seed
            compared += 1
    assert compared > 20


def test_a_study_with_missing_levels_is_a_sum_too() -> None:
    """One experiment: its counts have no effect of their own, and many cells."""
    study = small_study(1)
    study = replace(study, experiments=study.experiments.assign(versnelling=None))
    layout = structural_layout(study_data(STUDY_SPEC, study))
    assert len(layout.data.cells["binding"].unit) > 1
    assert configurations(layout) == 3
    assert kernel_density(layout) == pytest.approx(enumerated_density(layout), rel=1e-12)


def test_nothing_missing_has_no_completions() -> None:
    assert completions(structural_layout(table_data(EVERY_KIND, table_of_every_kind()))) == ()


def test_what_nothing_depends_on_is_not_completed() -> None:
    assert completions(chain([("a", "b")], a=[0, 1], b=[None, 1])) == ()


def test_a_missing_cause_touches_itself_and_what_it_acts_on() -> None:
    found = completions(chain([("z", "a"), ("a", "b")], z=[0, 1], a=[None, 1], b=[0, 1]))
    assert [item.levels for item in found] == [{"a": 0}, {"a": 1}]
    assert {item.affected for item in found} == {("a", "b")}
    assert {item.log_weight for item in found} == {0.0}


def test_a_missing_variable_without_causes_has_the_shares_of_the_known() -> None:
    found = completions(chain([("a", "b")], a=[None, 1, 1, 0], b=[0, 1, 0, 1]))
    np.testing.assert_allclose(np.exp([item.log_weight for item in found]), [1.5 / 4, 2.5 / 4])


def test_missing_variables_that_meet_are_completed_together_and_others_apart() -> None:
    meet = chain([("a", "c"), ("b", "c")], a=[None, 1], b=[None, 0], c=[1, 0])
    assert [item.block for item in completions(meet)] == [0, 0, 0, 0]
    apart = chain([("a", "c"), ("b", "d")], a=[None, 1], b=[None, 0], c=[1, 0], d=[0, 1])
    assert [item.block for item in completions(apart)] == [0, 0, 1, 1]
    unseen = chain([("a", "c"), ("b", "c")], a=[None, 1], b=[None, 0], c=[None, 0])
    assert [item.block for item in completions(unseen)] == [0, 0, 1, 1]


def test_what_a_missing_cause_does_passes_through_a_count_without_noise() -> None:
    spec = CausalSpec(
        name="through",
        variables={
            "a": Variable(kind="binary", levels=("0", "1")),
            "n": Variable(kind="count", trials="of"),
            "b": Variable(kind="binary", levels=("0", "1")),
        },
        arrows=[Arrow(cause="a", effect="n"), Arrow(cause="n", effect="b")],
        rows="units",
    )
    table = pd.DataFrame({"a": [None, 1, 0], "n": [1, 2, 0], "of": [2, 2, 2], "b": [0, 1, 1]})
    layout = structural_layout(table_data(spec, table))
    assert {item.affected for item in completions(layout)} == {("n", "b")}
    assert kernel_density(layout) == pytest.approx(enumerated_density(layout), rel=1e-12)


def test_units_by_variable() -> None:
    layout = chain([("a", "b")], a=[0, None, 1], b=[0, 1, 1])
    units = marginalised_units(layout, completions(layout))
    assert {name: list(members) for name, members in units.items()} == {"a": [], "b": [1]}


def test_too_much_missing_at_once_is_refused() -> None:
    names = [f"x{k}" for k in range(9)]
    columns = {name: [None, 0, 1] for name in names}
    with pytest.raises(
        StudyError,
        match=r"row 1, column x0, .*x8: This row misses 9 variables at once that hang together: "
        r"512 combinations, and 324 are summed at most\. Fill in some of them",
    ):
        completions(chain([(name, "y") for name in names], **columns, y=[0, 1, 1]))
