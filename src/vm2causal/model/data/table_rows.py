"""What a row of a table stands for: one unit, or as many persons as its counts are out of.

A row with 89 admitted out of 108 women who applied to one department is 108 persons: the department
is a property of each of them, and its equation is about each of them. A row with 2 sick animals out
of 14 of a herd is one herd: what else is known of it is known once. The numbers look the same, so
somebody must say which it is wherever it matters.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, NoReturn

import networkx as nx
import numpy as np
import numpy.typing as npt
import pandas as pd

from vm2causal.errors import StudyError
from vm2causal.model.data.columns import Floats, Ints
from vm2causal.spec import CausalSpec
from vm2causal.spec.words import Rows

MOST_PERSONS: Final = 20_000
"""Persons that the rows of a table may stand for; each gets a row of its own."""


def rows_of(spec: CausalSpec, table: pd.DataFrame) -> Rows:
    """What the rows of a table stand for: as declared, else units where both come to the same.

    Parameters
    ----------
    table
        Columns of events and trials as numbers.

    Raises
    ------
    StudyError
        When nothing is declared and it matters: a row has a count out of more than one, and a
        property whose equation, or whose missing value, would be that of one unit or those of many
        persons.
    """
    if spec.rows is not None:
        return spec.rows
    counts = counts_of(spec)
    several = next((name for name in counts if (trials_of(spec, table, name) > 1).any()), None)
    own = next((name for name in spec.variables if _is_modelled(spec, table, name)), None)
    if several is not None and own is not None:
        _refuse_to_guess(spec, table, several, own)
    return Rows.UNITS


def counts_of(spec: CausalSpec) -> list[str]:
    """Counts of a model that have data."""
    return [name for name, item in spec.variables.items() if item.observed and item.kind.counted]


def trials_of(spec: CausalSpec, table: pd.DataFrame, name: str) -> Floats:
    """Out of how many a count is, per row; NaN where that is unknown."""
    trials = pd.to_numeric(table[str(spec.variables[name].trials)], errors="coerce")
    return trials.to_numpy(np.float64, na_value=np.nan)


@dataclass(frozen=True)
class TableRows:
    """The rows of a table as they are fitted.

    Parameters
    ----------
    table
        One row per unit or person.
    labels
        Of each: the number of its row, with its own in that row where that stands for several.
    number
        Place of each person among those of its row, from 0; None where rows are units.
    """

    table: pd.DataFrame = field(repr=False)
    labels: tuple[str, ...] = field(repr=False)
    number: Ints | None = field(default=None, repr=False)

    def counted(self, events: Floats, trials: Floats) -> tuple[Floats, Floats]:
        """Events and trials of each: of y events out of n the first y persons have one."""
        if self.number is None:
            return events, trials
        return (self.number < events).astype(np.float64), np.ones(len(events))


def units_apart(table: pd.DataFrame, labels: Sequence[str]) -> TableRows:
    """The rows of a table, each a unit."""
    return TableRows(table, tuple(labels))


def persons_apart(spec: CausalSpec, table: pd.DataFrame, labels: Sequence[str]) -> TableRows:
    """One row per person of a table whose rows stand for persons who are alike.

    Everything of a row holds for each of its persons, so the likelihood, every average and every
    check are those of the persons.

    Raises
    ------
    StudyError
        When it is not known how many persons a row stands for, what happened to each of them, or
        when they are too many.
    """
    counts = counts_of(spec)
    if not counts:
        return units_apart(table, labels)
    persons = _persons(spec, table, counts)
    _require_known_persons(spec, counts)
    row = np.repeat(np.arange(len(table)), persons)
    number = np.arange(len(row)) - np.repeat(np.cumsum(persons) - persons, persons)
    places = zip(row.tolist(), number.tolist(), strict=True)
    names = tuple(
        labels[place] if persons[place] == 1 else f"{labels[place]}.{one + 1}"
        for place, one in places
    )
    return TableRows(table.iloc[row].reset_index(drop=True), names, number)


def _is_modelled(spec: CausalSpec, table: pd.DataFrame, name: str) -> bool:
    """Whether a property of the row, no count, has causes or values that are summed out."""
    item = spec.variables[name]
    if not item.observed or item.kind.counted:
        return False
    if item.kind.measured or spec.parents(name):
        return True
    acts = any(cause == name for cause, _ in spec.graph.arrows)
    return acts and bool(table[spec.column(name)].isna().any())


def _refuse_to_guess(spec: CausalSpec, table: pd.DataFrame, count: str, own: str) -> NoReturn:
    trials = trials_of(spec, table, count)
    row = int(np.nanargmax(trials))
    raise StudyError(
        f"A row has '{count}' out of more than one, and '{own}' is modelled too. Is the row that "
        f"many persons, each with a '{own}', or one unit that has one? Effects can differ in sign "
        "between the two.",
        row=row + 1,
        column=str(spec.variables[count].trials),
        value=f"{trials[row]:g}",
        fix="Say so in the model file or with --rows: 'rows: persons' (each row weighs as many "
        "times in every equation), or 'rows: units' (once; averages of effects on a count still "
        "weigh by its trials).",
    )


def _persons(spec: CausalSpec, table: pd.DataFrame, counts: list[str]) -> Ints:
    """How many persons each row stands for, by all its counts."""
    first = trials_of(spec, table, counts[0])
    column = str(spec.variables[counts[0]].trials)
    for name in counts:
        own = trials_of(spec, table, name)
        _hold(~np.isnan(own), table, spec, name, "How many persons a row stands for must be known.")
        whole = (own >= 0) & (own == np.floor(own))
        _hold(whole, table, spec, name, "A row stands for a whole number of persons.")
        _hold(
            own == first,
            table,
            spec,
            name,
            f"Rows stand for persons, and '{column}' says otherwise of how many.",
        )
    if first.sum() > MOST_PERSONS:
        raise StudyError(
            f"The rows of this table stand for {first.sum():,.0f} persons, and at most "
            f"{MOST_PERSONS:,} are fitted one by one.",
            column=column,
            fix="Make it a study (vm2causal study template), whose counts of pupils may be of any "
            "size, or fit a part of the table.",
        )
    return first.astype(np.int64)


def _hold(
    holds: npt.NDArray[np.bool_], table: pd.DataFrame, spec: CausalSpec, name: str, rule: str
) -> None:
    if not holds.all():
        row, column = int((~holds).argmax()), str(spec.variables[name].trials)
        raise StudyError(
            rule,
            row=row + 1,
            column=column,
            value=table[column].iloc[row],
            fix="Correct it, or declare 'rows: units' in the model file.",
        )


def _require_known_persons(spec: CausalSpec, counts: list[str]) -> None:
    """Of each person everything must follow from the row: of two outcomes not who had both."""
    for name in counts:
        effects = [effect for cause, effect in spec.graph.arrows if cause == name]
        if effects:
            _refuse_joint(f"'{name}' acts on '{effects[0]}'", f"{name} -> {effects[0]}", name)
    graph = spec.graph.to_networkx()
    for name, item in spec.variables.items():
        group = item.level is not None and str(item.level) in spec.groups
        shared = sorted(set(nx.DiGraph.successors(graph, name)) & set(counts))
        if not item.observed and not group and len(shared) > 1:
            _refuse_joint(f"'{name}' acts on {shared[0]} and {shared[1]}", name, shared[0])


def _refuse_joint(why: str, value: str, count: str) -> NoReturn:
    raise StudyError(
        f"Rows stand for persons, and {why}: then it must be known of each person whether "
        f"'{count}' holds, and a row only says of how many.",
        value=value,
        fix=f"Give every person a row and declare '{count}' binary, or take the arrow out.",
    )
