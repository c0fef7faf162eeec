"""What careers, checks and left-out sectors tell together of the same pupils."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np
import numpy.typing as npt
import pytest

from attack import small
from vm2causal.disclosure.linked import LEAST_RANGE, Reader, Small, Sum, Told, withheld_together
from vm2causal.effects.linked_counts import linked, withheld_of
from vm2causal.errors import TableError
from vm2causal.model.data.structural_data import YEAR, StructuralData
from vm2causal.workflow.fit_tables import FitTables

EVERYBODY = Told({"T1": 1, "T2": 1}, 40, 40)


def test_a_small_one_that_follows_from_two_outputs_costs_one_of_them() -> None:
    """Each by itself shows numbers that are large enough: all in a check, T2 in careers."""
    careers = Told({"T2": 1}, 36, 36, key="careers")
    assert Reader([EVERYBODY, careers]).possible({"T1": 1}) == 1
    assert withheld_together([EVERYBODY, careers], [Small({"T1": 1}, 4)]) == {"careers"}


@pytest.mark.parametrize(("reach", "withheld"), [(0.5, True), (1.5, True), (2.0, False)])
def test_what_is_told_in_steps_leaves_enough_to_choose_from(reach: float, withheld: bool) -> None:
    careers = Told({"T2": 1}, 35 - reach, 35 + reach, key="careers")
    possible = Reader([EVERYBODY, careers]).possible({"T1": 1})
    assert possible == 2 * int(reach) + 1
    assert (possible < LEAST_RANGE) == withheld
    found = withheld_together([EVERYBODY, careers], [Small({"T1": 1}, 5)])
    assert found == ({"careers"} if withheld else set())


def test_what_cannot_be_withheld_is_refused() -> None:
    told = [EVERYBODY, Told({"T2": 1}, 36, 36)]
    with pytest.raises(TableError, match="gives the number of a few persons away"):
        withheld_together(told, [Small({"T1": 1}, 4)])


def test_a_share_of_unknown_many_bounds_its_events() -> None:
    """Between 20 and 25 per cent of 38 to 42: from 8 to 10."""
    told = [
        Told({"events": 1, "rest": 1}, 38, 42),
        Told({"events": 0.8, "rest": -0.2}, 0, float("inf")),
        Told({"events": 0.75, "rest": -0.25}, float("-inf"), 0),
    ]
    assert Reader(told).possible({"events": 1}) == 3


def test_nothing_small_follows_from_a_whole_study() -> None:
    opened = small.study_opened()
    careers = FitTables(opened).trajectories
    told, few = linked(opened.forward.data, careers)
    assert len(few) > 5
    assert len(told) > 20
    reader = Reader(told)
    assert all(reader.possible(item.sums) >= LEAST_RANGE for item in few)
    assert not withheld_of(opened.forward.data, careers)
    assert not any(item.sums == one.sums for item in told for one in few)


def test_plain_counts_in_the_place_of_steps_would_name_who_left() -> None:
    """The attack finds what steps keep: early leavers of the first cohort are 3."""
    data = small.study_opened().forward.data
    told, few = linked(data, FitTables(small.study_opened()).trajectories)
    early = next(one for one in few if one.value == small.FEW_LEFT and _is_early(one.sums))
    plain = [
        Told(sums, number, number)
        for cohorts in ((0, 1), (1,))
        for sums in (_leavers(data, cohorts),)
        for number in (_number(data, cohorts),)
    ]
    assert Reader([*told, *plain]).possible(early.sums) == 1
    assert Reader(told).possible(early.sums) >= LEAST_RANGE


def _is_early(sums: Sum) -> bool:
    """Events of vsv in the first year of the first cohort, whatever the sector."""
    atoms = [atom for atom in sums if isinstance(atom, tuple)]
    return {atom[:4] for atom in atoms} == {("events", "vsv", 1, 0)} and len(atoms) > 1


def _cells(data: StructuralData, cohorts: Sequence[int]) -> npt.NDArray[np.bool_]:
    cells = data.cells["vsv"]
    first = data.patterns[YEAR].to_numpy()[cells.pattern] == 1
    return np.asarray(first & np.isin(data.groups["tranche"].codes[cells.unit], cohorts))


def _leavers(data: StructuralData, cohorts: Sequence[int]) -> dict[Hashable, float]:
    cells = data.cells["vsv"]
    unit = cells.unit[_cells(data, cohorts)]
    places = zip(data.groups["tranche"].codes[unit], data.groups["sector"].codes[unit], strict=True)
    return {("events", "vsv", 1, int(cohort), int(sector)): 1.0 for cohort, sector in places}


def _number(data: StructuralData, cohorts: Sequence[int]) -> int:
    return int(data.cells["vsv"].events[_cells(data, cohorts)].sum())
