"""What careers, checks and left-out sectors of a study tell together of the same pupils."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from vm2causal.disclosure import MINIMUM, share
from vm2causal.disclosure.digits import share_step
from vm2causal.disclosure.linked import Small, Sum, Told, small_sums, withheld_together
from vm2causal.effects.hidden_places import hidden_of
from vm2causal.effects.responses import CAREER_OUTCOMES
from vm2causal.inputs.rows import row_dicts
from vm2causal.model.data.structural_data import YEAR, StructuralData

COHORT: Final = "tranche"
SECTOR: Final = "sector"
_EVENTS, _REST = "events", "rest"
_WHOLE: Final = 1.0
"""Pupils by which a share that was followed through may differ from a plain count."""

type Atom = tuple[str, str, int, int, int]
"""Events or the rest, of a count, in a year, a cohort and a sector."""

type _Sums = dict[Hashable, float]


def career_key(group: str, year: int, position: str) -> Hashable:
    """What a share of careers is called among what is told.

    Parameters
    ----------
    group
        Label of the group.
    year
        Years since the start.
    position
        Where the pupils are, as tables of careers name it.
    """
    return ("career", group, year, position)


def withheld_of(data: StructuralData, careers: pd.DataFrame) -> frozenset[Hashable]:
    """Which shares of careers are withheld because of what all that is told tells together.

    Beside what careers withhold by themselves. Checks and left-out sectors stay: they stand in the
    record of a fit, careers only in figures. Empty of a table, of which no two shares are of parts
    of the same counts.

    Parameters
    ----------
    data
        The data as the model takes them, one row per unit.
    careers
        As they would be shown, of :func:`~vm2causal.effects.trajectories.shown_trajectories`.

    Raises
    ------
    TableError
        When checks and left-out sectors alone give a small number away.
    """
    if data.years is None or not data.of_persons or not data.cells:
        return frozenset()
    told, small = linked(data, careers)
    return withheld_together(told, small)


def linked(data: StructuralData, careers: pd.DataFrame) -> tuple[list[Told], list[Small]]:
    """All that a run tells of numbers of pupils, and the small ones that must not follow.

    Parameters
    ----------
    data
        The data as the model takes them, one row per unit.
    careers
        As they would be shown, of :func:`~vm2causal.effects.trajectories.shown_trajectories`.
    """
    counts = _Counts(data)
    told = [*_starters(counts), *_careers(counts, careers), *_checks(counts), *_left_out(counts)]
    # a share that was followed through may be of no whole pupils: then it is no count
    true = [item for item in told if item.lower <= counts.value(item.sums) <= item.upper]
    return true, small_sums(counts.values, list(_asked(counts)))


@dataclass(frozen=True)
class _Counts:
    """Events and the rest by year, cohort and sector."""

    data: StructuralData
    values: dict[Hashable, int] = field(init=False, repr=False)
    atoms: list[Atom] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        found: dict[Atom, int] = {}
        for name, cells in self.data.cells.items():
            years = self.data.patterns[YEAR].to_numpy()[cells.pattern]
            place = (years, self.codes(COHORT)[cells.unit], self.codes(SECTOR)[cells.unit])
            for year, cohort, sector, events, trials in zip(
                *place, cells.events, cells.trials, strict=True
            ):
                where = (name, int(year), int(cohort), int(sector))
                for part, number in ((_EVENTS, events), (_REST, trials - events)):
                    atom = (part, *where)
                    found[atom] = found.get(atom, 0) + int(number)
        object.__setattr__(self, "values", dict(found))
        object.__setattr__(self, "atoms", list(found))

    def codes(self, group: str) -> npt.NDArray[np.int64]:
        found = self.data.groups.get(group)
        units = len(self.data.units)
        return np.zeros(units, dtype=np.int64) if found is None else found.codes

    @cached_property
    def hidden_sectors(self) -> frozenset[str]:
        return frozenset(label for group, label in hidden_of(self.data) if group == SECTOR)

    def years(self, name: str) -> list[int]:
        return sorted({atom[2] for atom in self.atoms if atom[1] == name})

    def labels(self, group: str) -> Sequence[str | None]:
        found = self.data.groups.get(group)
        return (None,) if found is None else found.labels

    def value(self, sums: Sum) -> float:
        return sum(of * self.values[name] for name, of in sums.items())

    def sums(self, parts: Sequence[str], name: str, **where: int | None) -> _Sums:
        """The atoms of a count, in all years, cohorts and sectors that are not named."""
        wanted = [where.get(axis) for axis in ("year", "cohort", "sector")]
        return {
            atom: 1.0
            for atom in self.atoms
            if atom[0] in parts
            and atom[1] == name
            and all(one is None or one == own for one, own in zip(wanted, atom[2:], strict=True))
        }


def _cohorts(counts: _Counts) -> Mapping[str, int | None]:
    """Code by the label that careers have."""
    labels = counts.labels(COHORT)
    return {"all" if label is None else label: code for code, label in enumerate(labels)}


def _starters(counts: _Counts) -> Iterator[Told]:
    name = CAREER_OUTCOMES[0]
    if name not in counts.data.cells:
        return
    for cohort in _cohorts(counts).values():
        sums = counts.sums((_EVENTS, _REST), name, year=1, cohort=cohort)
        yield Told(sums, counts.value(sums), counts.value(sums))


def _careers(counts: _Counts, shown: pd.DataFrame) -> Iterator[Told]:
    """Shares of careers: of the first year, and of those who qualified by a later one."""
    if not set(CAREER_OUTCOMES) <= set(counts.data.cells):
        return
    codes = _cohorts(counts)
    for row in row_dicts(shown):
        name, year, cohort = row["position"], int(row["year"]), codes[row["group"]]
        if name not in counts.data.cells or np.isnan(row["observed"]):
            continue
        sums: dict[Hashable, float] = {}
        for before in range(1, year + 1):
            sums |= counts.sums((_EVENTS,), name, year=before, cohort=cohort)
        reach = row["starters"] * share_step(row["starters"]) / 2 + _WHOLE
        middle = row["starters"] * share(row["observed"], row["starters"])
        key = career_key(row["group"], year, name)
        yield Told(sums, middle - reach, middle + reach, key)


def _checks(counts: _Counts) -> Iterator[Told]:
    """Shares of events by year, and by year and sector, as predictive checks give them."""
    sectors = counts.labels(SECTOR) if SECTOR in counts.data.groups else ()
    codes: list[int | None] = [None]
    codes += [code for code, label in enumerate(sectors) if label not in counts.hidden_sectors]
    for name in counts.data.cells:
        for year in counts.years(name):
            for code in codes:
                events = counts.sums((_EVENTS,), name, year=year, sector=code)
                rest = counts.sums((_REST,), name, year=year, sector=code)
                if min(counts.value(events), counts.value(rest)) >= MINIMUM:
                    yield from _share(counts, events, rest)


def _share(counts: _Counts, events: Sum, rest: Sum) -> Iterator[Told]:
    trials = counts.value(events) + counts.value(rest)
    told, half = share(counts.value(events) / trials, trials), share_step(trials) / 2
    for bound, ends in ((told - half, (0.0, np.inf)), (told + half, (-np.inf, 0.0))):
        # the number of trials is unknown too
        yield Told({**dict.fromkeys(events, 1 - bound), **dict.fromkeys(rest, -bound)}, *ends)


def _left_out(counts: _Counts) -> Iterator[Told]:
    """Shares of the data that stay where a sector is left out."""
    name, data = CAREER_OUTCOMES[0], counts.data
    if name not in data.cells or SECTOR not in data.groups:
        return
    persons = float(data.persons.sum())
    everybody = counts.sums((_EVENTS, _REST), name, year=1)
    yield Told(everybody, counts.value(everybody), counts.value(everybody))
    for code, label in enumerate(data.groups[SECTOR].labels):
        own = counts.sums((_EVENTS, _REST), name, year=1, sector=code)
        if own and label not in counts.hidden_sectors:
            gone = 1 - share(1 - counts.value(own) / persons, persons)
            reach = persons * share_step(persons) / 2
            yield Told(own, persons * gone - reach, persons * gone + reach)


def _asked(counts: _Counts) -> Iterator[Sum]:
    """Numbers of pupils that must not be worked out where they are small."""
    for name in counts.data.cells:
        years = counts.years(name)
        for year in years:
            for where in _places(counts):
                for parts in ((_EVENTS,), (_REST,)):
                    yield counts.sums(parts, name, year=year, **where)
        for where in _places(counts) if years else ():
            yield counts.sums((_EVENTS, _REST), name, year=years[0], **where)


def _places(counts: _Counts) -> Iterator[dict[str, Any]]:
    yield {}
    for axis, group in (("cohort", COHORT), ("sector", SECTOR)):
        if group in counts.data.groups:
            yield from ({axis: code} for code in range(len(counts.data.groups[group].labels)))
