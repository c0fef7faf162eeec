"""What stands for the data in a record must not tell whose pseudonym is whose."""

from dataclasses import replace

import numpy as np
import pytest

from model.structural_cases import EVERY_KIND, STUDY_SPEC, small_study, table_of_every_kind
from vm2causal.model.data.columns import Grouping
from vm2causal.model.data.structural_data import StructuralData, study_data, table_data
from vm2causal.model.pseudonyms.renaming import renamed_data
from vm2causal.model.pseudonyms.source_hash import source_hash

HIDDEN = ("school", "experiment")


@pytest.fixture(scope="module")
def data() -> StructuralData:
    return study_data(STUDY_SPEC, small_study(missing=0.2))


def pseudonymous(data: StructuralData, seed: int = 1) -> StructuralData:
    """Under other names, and in another order, for each seed."""
    rng = np.random.default_rng(seed)
    labels = {"school": data.groups["school"].labels, "experiment": data.units}
    return renamed_data(
        data,
        {
            name: {
                label: f"{name} {number:02d}"
                for label, number in zip(found, rng.permutation(len(found)), strict=True)
            }
            for name, found in labels.items()
        },
    )


def test_it_is_that_of_the_fit_with_its_pseudonyms(data: StructuralData) -> None:
    """So it says no more than the fit itself: no guess at the names can be confirmed by it."""
    other = pseudonymous(data)
    assert other.units != data.units
    assert source_hash(other, hidden=HIDDEN) == source_hash(data, hidden=HIDDEN)
    assert source_hash(pseudonymous(other, 2), hidden=HIDDEN) == source_hash(data, hidden=HIDDEN)


def test_names_that_are_shown_are_part_of_it(data: StructuralData) -> None:
    assert source_hash(pseudonymous(data), hidden=()) != source_hash(data, hidden=())
    moved = replace(data, units=tuple(f"other {unit}" for unit in data.units))
    assert source_hash(moved, hidden=HIDDEN) == source_hash(data, hidden=HIDDEN)
    assert source_hash(moved, hidden=["school"]) != source_hash(data, hidden=["school"])


def swapped_schools(data: StructuralData) -> StructuralData:
    """Two experiments change schools: every school is as large as it was."""
    codes = data.groups["school"].codes.copy()
    first, second = 0, int(np.flatnonzero(codes != codes[0])[0])
    codes[[first, second]] = codes[[second, first]]
    return replace(
        data, groups={**data.groups, "school": Grouping(data.groups["school"].labels, codes)}
    )


def one_more_event(data: StructuralData) -> StructuralData:
    cells = data.cells["vsv"]
    events = cells.events.copy()
    events[np.flatnonzero(events < cells.trials)[0]] += 1
    return replace(data, cells={**data.cells, "vsv": replace(cells, events=events)})


def another_answer(data: StructuralData) -> StructuralData:
    answers = data.items["samenwerking"].copy()
    answers[0, 0] = 4 if answers[0, 0] != 4 else 3
    return replace(data, items={**data.items, "samenwerking": answers})


def another_level(data: StructuralData) -> StructuralData:
    grouping = data.groups["sector"]
    labels = ("another", *grouping.labels[1:])
    return replace(data, groups={**data.groups, "sector": replace(grouping, labels=labels)})


@pytest.mark.parametrize("change", [swapped_schools, one_more_event, another_answer, another_level])
def test_every_other_change_changes_it(data: StructuralData, change) -> None:
    changed = source_hash(change(data), hidden=HIDDEN)
    assert changed != source_hash(data, hidden=HIDDEN)
    assert changed == source_hash(pseudonymous(change(data)), hidden=HIDDEN)


def test_rows_of_a_table_keep_their_order() -> None:
    table = table_of_every_kind(40)
    data = table_data(EVERY_KIND, table)
    again = table_data(EVERY_KIND, table.iloc[::-1])
    assert source_hash(data, hidden=()) == source_hash(table_data(EVERY_KIND, table), hidden=())
    assert source_hash(data, hidden=()) != source_hash(again, hidden=())
