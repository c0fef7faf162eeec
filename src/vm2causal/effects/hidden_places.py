"""Which places of a fit may not be answered about."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final
from weakref import WeakKeyDictionary

import numpy as np

from vm2causal.disclosure import MINIMUM, hidden_places
from vm2causal.effects.forward import Forward
from vm2causal.model.data.columns import Floats
from vm2causal.model.data.structural_data import StructuralData

UNIT: Final = ""
"""Group that a unit is a place of by itself; no group of a model has this name."""

_LEVELS_FIRST: Final = 10
"""Cost ratio: hiding a level of a group costs ten times hiding a unit with as many pupils, since
levels stand in every table."""


_DECIDED: Final[WeakKeyDictionary[Forward, frozenset[tuple[str, str]]]] = WeakKeyDictionary()
"""What was decided of a fit: every table asks for it, and it takes integer programs."""


def hidden_in(forward: Forward) -> frozenset[tuple[str, str]]:
    """Places of few pupils, and those that give some away by adding and subtracting.

    Decided once, for the levels of all groups and the units together, so that no two tables or
    answers of a fit give away together what each of them hides.

    Parameters
    ----------
    forward
        Equations of a fit, with its data and posterior draws.

    Returns
    -------
    frozenset of tuple
        Group and label; :data:`UNIT` and label for units. None of a table whose rows are no
        persons. The rows of any other table are all hidden, and are not named here.
    """
    if forward not in _DECIDED:
        _DECIDED[forward] = hidden_of(forward.data)
    return _DECIDED[forward]


def hidden_of(data: StructuralData) -> frozenset[tuple[str, str]]:
    """The same, decided anew: of data that are not fitted yet.

    Parameters
    ----------
    data
        The data as the model takes them, one row per unit.
    """
    if not data.of_persons:
        return frozenset()
    found = list(_places(data))
    places = [place for place, _ in found]
    held = np.array([members for _, members in found]).reshape(len(found), len(data.units))
    atoms, persons = _alike(held, data.persons)
    size = atoms @ persons
    level = np.array([group != UNIT for group, _ in places], dtype=bool)
    cost = (1 + np.log1p(size)) * np.where(level, _LEVELS_FIRST, 1)
    hidden = hidden_places(atoms, persons, cost, minimum=MINIMUM)
    return frozenset(place for place, gone in zip(places, hidden, strict=True) if gone)


def _alike(held: Floats, persons: Floats) -> tuple[Floats, Floats]:
    """Units that are in the same places taken together: no place tells them apart.

    Of a table, whose rows are no places, that leaves as many as there are combinations of levels.
    """
    atoms, which = np.unique(held, axis=1, return_inverse=True)
    return atoms, np.bincount(which.ravel(), persons, atoms.shape[1])


def hidden_levels(forward: Forward, group: str) -> frozenset[str]:
    """The levels of one group among :func:`hidden_in`.

    Parameters
    ----------
    forward
        Equations of a fit, with its data and posterior draws.
    group
        Name of a group of the model.
    """
    return frozenset(label for name, label in hidden_in(forward) if name == group)


def _places(data: StructuralData) -> Iterator[tuple[tuple[str, str], Floats]]:
    """Every place, and 1 for the units it holds; a row of a table is a person, and no place."""
    for name, grouping in data.groups.items():
        for code, label in enumerate(grouping.labels):
            yield (name, label), (grouping.codes == code).astype(np.float64)
    if data.years is None:
        return
    for unit, own in zip(data.units, np.eye(len(data.units)), strict=True):
        yield (UNIT, unit), own
