import dataclasses

import numpy as np
import pandas as pd
import pytest

from model.structural_cases import EVERY_KIND, STUDY_SPEC, small_study, table_of_every_kind
from vm2causal.errors import StudyError
from vm2causal.model.data.restricted import restricted
from vm2causal.model.data.structural_data import (
    StructuralData,
    study_data,
    table_data,
)
from vm2causal.spec import CausalSpec


def part_of(spec: CausalSpec, names: set[str], groups: tuple[str, ...]) -> CausalSpec:
    return CausalSpec(
        name="part",
        variables={name: item for name, item in spec.variables.items() if name in names},
        arrows=[arrow for arrow in spec.arrows if set(arrow.key) <= names],
        groups=groups,
        rows=spec.rows,
    )


def assert_same(found: object, expected: object) -> None:
    """Equal, field by field and to the last bit."""
    assert type(found) is type(expected)
    if dataclasses.is_dataclass(expected):
        for field in dataclasses.fields(expected):
            assert_same(getattr(found, field.name), getattr(expected, field.name))
    elif isinstance(expected, dict):
        assert found.keys() == expected.keys()
        for name in expected:
            assert_same(found[name], expected[name])
    elif isinstance(expected, np.ndarray):
        np.testing.assert_array_equal(found, expected)
    elif isinstance(expected, pd.DataFrame):
        pd.testing.assert_frame_equal(found, expected)
    else:
        assert found == expected


STUDY_PARTS = [
    ({"samenwerking", "binding", "sector"}, ("school", "sector")),
    ({"binding", "vsv"}, ("school", "tranche")),
    ({"binding", "vsv", "lwoo"}, ()),
    (set(STUDY_SPEC.variables), STUDY_SPEC.groups),
]


@pytest.mark.parametrize(("names", "groups"), STUDY_PARTS)
def test_a_part_of_a_study_is_what_the_smaller_model_would_have_got(
    names: set[str], groups: tuple[str, ...]
) -> None:
    study, small = small_study(), part_of(STUDY_SPEC, names, groups)
    assert_same(restricted(study_data(STUDY_SPEC, study), small), study_data(small, study))


def test_the_same_of_a_table() -> None:
    table = table_of_every_kind(missing=0.1)
    small = part_of(EVERY_KIND, {"area", "plan", "trust", "cases"}, ("area",))
    assert_same(restricted(table_data(EVERY_KIND, table), small), table_data(small, table))


def test_pupils_are_summed_and_none_is_lost() -> None:
    whole: StructuralData = study_data(STUDY_SPEC, small_study())
    part = restricted(whole, part_of(STUDY_SPEC, {"vsv", "binding"}, ()))
    assert len(part.cells["vsv"].trials) < len(whole.cells["vsv"].trials)
    for name in ("vsv", "binding"):
        assert part.cells[name].trials.sum() == whole.cells[name].trials.sum()
        assert part.cells[name].events.sum() == whole.cells[name].events.sum()


def test_what_the_data_do_not_hold_is_refused() -> None:
    small = restricted(study_data(STUDY_SPEC, small_study()), part_of(STUDY_SPEC, {"vsv"}, ()))
    with pytest.raises(
        StudyError, match=r"uses what the larger one has no data of\. Got: 'binding, school'\."
    ):
        restricted(small, part_of(STUDY_SPEC, {"vsv", "binding"}, ("school",)))
