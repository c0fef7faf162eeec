"""What lies within what: variables that describe a group, groups that lie across one another."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from vm2causal.errors import StudyError
from vm2causal.model.data.columns import Column, Floats, constant_within
from vm2causal.model.result_names import TABLE_UNIT
from vm2causal.spec.words import Level

if TYPE_CHECKING:
    from vm2causal.model.data.structural_data import StructuralData


def one_value_each(data: StructuralData) -> StructuralData:
    """The data with every variable that describes a group known in all rows of it.

    A value that one row of a level has and another lacks is that of the level.

    Parameters
    ----------
    data
        As it was read.

    Raises
    ------
    StudyError
        When a variable that describes a group has two values in one level of it, or has causes and
        no value there.
    """
    own = {name: data.group_of(name) for name in data.columns}
    filled = {name: _filled(data, name, group) for name, group in own.items() if group is not None}
    return replace(data, columns={**data.columns, **filled})


REPEATED: Final = 10
"""Rows beyond the first of each level from which equal values are no coincidence."""


def require_levels(data: StructuralData) -> None:
    """What describes a group in a table is declared to, and has a column.

    Parameters
    ----------
    data
        Of a table.

    Raises
    ------
    StudyError
        When a construct or a count is declared to describe a group of several rows, or a variable
        with causes has one value in every level of a group and the model does not say why.
    """
    for name in data.columns:
        silent = data.spec.variables[name].level is None and data.spec.parents(name)
        group = _repeated_in(data, name) if silent else None
        if group is not None:
            raise StudyError(
                f"Every '{group}' has one value of '{name}', in all its rows: as many observations "
                f"as there are levels of '{group}', not as there are rows.",
                column=data.spec.column(name),
                value=group,
                fix=f"Declare 'level: {group}' for '{name}', or 'level: {Level.LEERLING}' if each "
                "row was observed by itself.",
            )
    for name in (*data.items, *data.cells):
        group = data.group_described(name)
        if group is not None:
            kind = data.spec.variables[name].kind.value
            raise StudyError(
                f"'{name}' describes a '{group}' and is {kind}, so it has one set of answers or "
                f"counts per '{group}', and this table has several rows of each.",
                value=name,
                fix="Make one column of it, or remove 'level' from it.",
            )


def _repeated_in(data: StructuralData, name: str) -> str | None:
    """A group in whose levels a variable does not vary, too often for chance."""
    column = data.columns[name]
    known = ~column.missing
    for group, grouping in data.groups.items():
        if group in data.spec.variables or not column.varies:
            continue
        codes = grouping.codes[known]
        again = len(codes) - len(np.unique(codes))
        if again >= REPEATED and constant_within(column.values[known], codes):
            return group
    return None


def _filled(data: StructuralData, name: str, group: str) -> Column:
    column, grouping = data.columns[name], data.groups[group]
    known = np.flatnonzero(~column.missing)
    first = np.full(len(grouping.labels), -1)
    first[grouping.codes[known][::-1]] = known[::-1]
    own = first[grouping.codes]
    other = known[column.values[known] != column.values[own[known]]]
    if len(other):
        row, before = int(other[0]), int(own[other[0]])
        raise StudyError(
            f"'{name}' describes a '{group}', so all rows of one have the same value; "
            f"'{grouping.labels[grouping.codes[row]]}' has two, in rows {data.units[before]} and "
            f"{data.units[row]}.",
            row=row + 1,
            column=data.spec.column(name),
            value=f"{_text(column, before)} and {_text(column, row)}",
            fix=f"Correct them, or remove 'level: {group}' from '{name}'.",
        )
    if (own < 0).any() and data.spec.parents(name):
        row = int((own < 0).argmax())
        raise StudyError(
            f"'{name}' describes a '{group}' and has causes, and no row of "
            f"'{grouping.labels[grouping.codes[row]]}' has a value of it.",
            row=row + 1,
            column=data.spec.column(name),
            fix="Fill it in, or leave those rows out.",
        )
    values: Floats = np.where(own < 0, np.nan, column.values[own])
    return replace(column, values=values)


def _text(column: Column, unit: int) -> str:
    value = column.values[unit]
    return column.levels[int(value)] if column.levels else f"{value:g}"


def require_constant_causes(data: StructuralData, effect: str, causes: tuple[str, ...]) -> None:
    """What acts on a variable that describes a group is one value in each level of it, too.

    Parameters
    ----------
    data
        The data as the model takes them, one row per unit.
    effect
        Name of the variable.
    causes
        Its observed causes.

    Raises
    ------
    StudyError
        When a cause differs within a level.
    """
    group = data.group_of(effect)
    if group is None:
        return
    for cause in causes:
        if not data.constant_for(cause, effect):
            column = data.spec.column(cause)
            raise StudyError(
                f"'{effect}' describes a '{group}', and its cause '{cause}' differs within one.",
                value=f"{cause} -> {effect}",
                fix=f"Make a column with the mean of '{column}' per '{group}', declare that "
                f"'level: {group}', and draw the arrow from it.",
            )


def crossed_groups(data: StructuralData) -> Iterator[tuple[str, str]]:
    """Groups of a table that lie across one another, the one with more levels first.

    Parameters
    ----------
    data
        The data as the model takes them, one row per unit.
    """
    names = [name for name in data.groups if name not in data.spec.variables]
    names.sort(key=lambda name: -len(data.groups[name].labels))
    for place, inner in enumerate(names):
        for outer in names[place + 1 :]:
            codes = [data.groups[name].codes for name in (inner, outer)]
            crossed = not (constant_within(codes[1], codes[0]) or constant_within(*codes))
            if data.unit == TABLE_UNIT and crossed:
                yield inner, outer
