"""Which levels of variables few persons have, and which changes only few persons would undergo."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
import numpy.typing as npt

from vm2causal.disclosure import hidden_groups, small_count
from vm2causal.effects.contrasts import Contrast
from vm2causal.effects.forward import Forward
from vm2causal.model.data.columns import Cells, Column, Floats
from vm2causal.model.data.structural_data import StructuralData

type _Mask = npt.NDArray[np.bool_]


def small_levels(data: StructuralData) -> frozenset[tuple[str, str]]:
    """Variables and those levels of them that fewer persons have than the privacy minimum.

    Counted are the persons who enter numbers about a level: of a variable of units those of the
    units that have it, of a variable of pupils the starters who have it. Groups of the model are
    left to :func:`~vm2causal.effects.hidden_places.hidden_in`. Nothing of a table whose rows are no
    persons.

    Parameters
    ----------
    data
        The data as the model takes them, one row per unit.
    """
    return frozenset(_small(data))


def persons_by_level(data: StructuralData, name: str) -> dict[str, float]:
    """Persons per level of a variable that has levels; empty for any other.

    Parameters
    ----------
    data
        The data as the model takes them, one row per unit.
    name
        Of a variable of the model.
    """
    found = _levelled(data, name)
    if found is None:
        return {}
    column, weights = found
    known = ~column.missing & (weights > 0)
    ranks = column.values[known].astype(np.int64)
    persons = np.bincount(ranks, weights[known], len(column.levels))
    return dict(zip(column.levels, persons.tolist(), strict=True))


def numbers_of_few(data: StructuralData) -> frozenset[str]:
    """Numbers that all persons share but few, such as 0 and 1 for a characteristic of three.

    The mean and the standard deviation of such a number, in which contrasts and effects are given,
    tell how few they are. None of a table whose rows are no persons.

    Parameters
    ----------
    data
        The data as the model takes them, one row per unit.
    """
    if not data.of_persons:
        return frozenset()
    by_pattern = _persons_by_pattern(data)
    weighed = (
        *((name, column, data.persons) for name, column in data.columns.items()),
        *((name, column, by_pattern) for name, column in data.covariates.items()),
    )
    return frozenset(
        name
        for name, column, weights in weighed
        if not column.levels and _differ_from_most(column, weights)
    )


def _differ_from_most(column: Column, weights: Floats) -> bool:
    known = ~column.missing & (weights > 0)
    _, which = np.unique(column.values[known], return_inverse=True)
    persons = np.bincount(which.ravel(), weights[known])
    return bool(persons.size) and small_count(float(persons.sum() - persons.max()))


def is_told_by(forward: Forward, change: Contrast, members: _Mask) -> bool:
    """Whether a change made in some units says how many of a few persons there are.

    What a change does to a place is what it does to those it changes, times their share of the
    place: who knows both knows their number. So neither they, nor those who have the value already,
    nor those of another value whom the rest leaves over, may be few; here, and among everybody
    else, who is everybody less here.

    Parameters
    ----------
    forward
        Equations of a fit, with its data and posterior draws.
    change
        What is set to what.
    members
        Units of the place.
    """
    if not forward.data.of_persons:
        return False
    value = change.high_text if change.cause in _with_levels(forward.data) else str(change.high)
    return any(
        hidden_groups(part).get(value, False) or _tells(part, value)
        for part in (_by_value(forward, change.cause, side) for side in (members, ~members))
    )


def _tells(persons: dict[str, float], value: str) -> bool:
    """Whether those of one value, or all others together, are few."""
    own = persons.get(value, 0.0)
    return small_count(own) or small_count(sum(persons.values()) - own)


def _by_value(forward: Forward, cause: str, members: _Mask) -> dict[str, float]:
    """Persons in some units by what the cause is there; empty where it has no few values."""
    data = forward.data
    column = data.columns.get(cause)
    if column is None:
        return {}
    known = members & ~column.missing & (data.persons > 0)
    values = column.values[known]
    if column.levels:
        labels = [column.levels[int(rank)] for rank in values]
    elif len(np.unique(column.values[~column.missing])) <= _FEW_VALUES:
        labels = [str(float(value)) for value in values]
    else:
        return {}
    found: dict[str, float] = {}
    for label, number in zip(labels, data.persons[known].tolist(), strict=True):
        found[label] = found.get(label, 0.0) + number
    return found


_FEW_VALUES: Final = 12
"""A number of so few values sorts persons as levels do."""


def _small(data: StructuralData) -> Iterator[tuple[str, str]]:
    if not data.of_persons:
        return
    for name in _with_levels(data):
        if name in data.groups:
            continue
        for label, persons in persons_by_level(data, name).items():
            if small_count(persons):
                yield (name, label)


def _with_levels(data: StructuralData) -> list[str]:
    columns = {**data.columns, **data.covariates}
    return [name for name, column in columns.items() if column.levels]


def _levelled(data: StructuralData, name: str) -> tuple[Column, Floats] | None:
    """A variable with levels, and the persons of each of its values."""
    column = data.column(name)
    if column is None or not column.levels:
        return None
    if name in data.columns:
        return column, data.persons
    return column, _persons_by_pattern(data)


def _persons_by_pattern(data: StructuralData) -> Floats:
    """Starters of each kind of pupils, by the count that has most of them."""
    counted = [_first_trials(data, cells) for cells in data.cells.values()]
    found: Floats = np.max([np.zeros(len(data.patterns)), *counted], axis=0)
    return found


def _first_trials(data: StructuralData, cells: Cells) -> Floats:
    first = data.first_year(cells)
    return np.bincount(cells.pattern[first], cells.trials[first], len(data.patterns))
