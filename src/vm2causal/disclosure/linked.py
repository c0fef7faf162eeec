"""What follows from numbers that are told apart, but are about the same persons.

Each output decides by itself what it protects. A reader has them all: shares of a cohort, shares
of everybody, the share that stays where a sector is left out. So all that is told in a run is
written down as sums of the same unknown whole numbers, and for every small number that is protected
it is asked how small and how large it can still be. Source: Hundepool et al. (2012), *Statistical
Disclosure Control*, chapter 4 (linked tables, audit by integer programs).
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from vm2causal.disclosure.digits import PERSONS_PER_STEP
from vm2causal.disclosure.programs import Program, least
from vm2causal.disclosure.protection import MINIMUM
from vm2causal.errors import TableError

type Sum = Mapping[Hashable, float]
"""Factor by unknown number of persons."""

LEAST_RANGE: Final = PERSONS_PER_STEP
"""How many whole numbers a small one must still seem able to be."""


@dataclass(frozen=True)
class Told:
    """What a reader knows of a sum of unknown numbers of persons.

    Parameters
    ----------
    sums
        What is added up.
    lower, upper
        Between what it lies.
    key
        Of the number that tells it; None where that is public, and cannot be withheld.
    """

    sums: Sum
    lower: float
    upper: float
    key: Hashable | None = None


@dataclass(frozen=True)
class Small:
    """A number of persons that must not be worked out.

    Parameters
    ----------
    sums
        What it is the sum of.
    value
        What it is.
    """

    sums: Sum
    value: int = field(repr=False)


def small_sums(values: Mapping[Hashable, int], asked: Sequence[Sum]) -> list[Small]:
    """Those sums that fewer persons are than the privacy minimum, but some.

    Parameters
    ----------
    values
        Of the unknown numbers, in truth.
    """
    found = [(sums, round(sum(of * values[name] for name, of in sums.items()))) for sums in asked]
    return [Small(sums, value) for sums, value in found if 0 < value < MINIMUM]


def withheld_together(told: Sequence[Told], small: Sequence[Small]) -> frozenset[Hashable]:
    """Which numbers to withhold, so that no small number follows from all the others.

    Of every small number at least :data:`LEAST_RANGE` whole numbers must agree with what is told.
    Where fewer do, the most exact of what is told goes, first of what bears on it itself.

    Returns
    -------
    frozenset
        Keys.

    Raises
    ------
    TableError
        When what cannot be withheld gives a small number away.

    Examples
    --------
    >>> told = [Told({"a": 1, "b": 1}, 40, 40), Told({"b": 1}, 36, 36, key="b")]
    >>> withheld_together(told, [Small({"a": 1}, 4)])
    frozenset({'b'})
    >>> withheld_together([told[0], Told({"b": 1}, 33, 37, key="b")], [Small({"a": 1}, 4)])
    frozenset()
    """
    gone: set[Hashable] = set()
    reader = Reader(told)
    for item in sorted(small, key=lambda one: one.value):
        while reader.possible(item.sums) < LEAST_RANGE:
            bearing = _bearing(reader.told, item)
            if not bearing:
                raise TableError(
                    "What is told of everybody gives the number of a few persons away.",
                    fix="Merge levels, or add pupils.",
                )
            gone.add(bearing[0].key)
            reader = Reader([one for one in told if one.key is None or one.key not in gone])
    return frozenset(gone)


class Reader:
    """Who knows all that is told.

    Parameters
    ----------
    told
        What they know.
    """

    def __init__(self, told: Sequence[Told]) -> None:
        from scipy import sparse

        self.told = told
        names = dict.fromkeys(name for item in told for name in item.sums)
        self._place = {name: number for number, name in enumerate(names)}
        matrix = sparse.lil_array((len(told), len(names)))
        for row, item in enumerate(told):
            for name, of in item.sums.items():
                matrix[row, self._place[name]] = of
        self._matrix = matrix.tocsr()
        self._limits = (
            np.array([item.lower for item in told], dtype=float),
            np.array([item.upper for item in told], dtype=float),
        )

    def possible(self, sums: Sum) -> float:
        """How many whole numbers a sum can be."""
        size = len(self._place)
        if any(name not in self._place for name in sums):
            return np.inf  # nothing is told of a part of it
        cost = np.zeros(size)
        for name, of in sums.items():
            cost[self._place[name]] = of
        ends = [
            least(
                Program(
                    sign * cost, np.zeros(size), np.full(size, np.inf), self._matrix, self._limits
                )
            )
            for sign in (1, -1)
        ]
        return -ends[1] - ends[0] + 1


def _bearing(told: Sequence[Told], small: Small) -> list[Told]:
    """What may be withheld: first what shares an unknown with a small number, then the rest."""
    free = [item for item in told if item.key is not None]
    return sorted(
        free,
        key=lambda item: (
            not set(item.sums) & set(small.sums),
            item.upper - item.lower,
            str(item.key),
        ),
    )
