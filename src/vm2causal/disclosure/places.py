"""Which places may be answered about, when answers can be added and subtracted.

A place is a set of units. Who knows the mean and the number of pupils of some places knows those of
everything that is a linear combination of them. So what is shown is a space: it is grown place by
place, and a place that would bring few pupils into it is hidden.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from vm2causal.disclosure.programs import Program, relaxed_solution, whole_solution

type _Floats = npt.NDArray[np.float64]
type _Mask = npt.NDArray[np.bool_]

_ZERO: Final = 1e-6
"""What eliminating zeros and ones leaves is zero below this."""


def hidden_places(
    members: npt.ArrayLike, pupils: npt.ArrayLike, cost: npt.ArrayLike, *, minimum: float
) -> _Mask:
    """Small places, and those from which a small set of units follows.

    A set of units is small when it has pupils, but fewer than ``minimum``. No small set, place or
    not, is a linear combination of everybody and the places that are not hidden; and each place
    that is hidden would, shown beside them, give such a set away.

    Parameters
    ----------
    members
        Which units a place holds, shape (place, unit).
    pupils
        Of each unit.
    cost
        Of hiding each place; it chooses between sets of places to hide, and only roughly.

    Returns
    -------
    numpy.ndarray
        Mask over the places; one without pupils hides nothing and is not hidden.

    Examples
    --------
    Four units in two schools, and each by itself. The third has two pupils.

    >>> members = [[1, 1, 0, 0], [0, 0, 1, 1], [1, 0, 0, 0], [0, 0, 0, 1]]
    >>> hidden_places(members, [20, 20, 2, 20], [2, 2, 1, 1], minimum=10).tolist()
    [False, False, False, True]
    """
    numbers = np.asarray(pupils, dtype=np.float64)
    lived = numbers > 0
    held = np.asarray(members, dtype=np.float64)[:, lived]
    numbers, least = numbers[lived], minimum - _ZERO
    size = held @ numbers
    hidden = (size > 0) & (size < least)
    if not (numbers < least).any():
        return hidden  # what is made of large units is large
    if numbers.sum() < least:
        return size > 0
    asked = np.flatnonzero(size >= least)
    price = np.asarray(cost, dtype=np.float64)
    changed = np.zeros(len(held), dtype=bool)
    changed[asked] = _cheapest_cover(held[asked], price[asked], _small_sets(held[hidden], numbers))
    known = _Known(numbers, least)
    known.add(np.ones(len(numbers)))
    for place in sorted(asked, key=lambda k: (changed[k], -price[k], -size[k], k)):
        hidden[place] = not known.add(held[place])
    return hidden


def _small_sets(places: _Floats, pupils: _Floats) -> _Floats:
    """Distinct small places, the smallest first."""
    distinct = np.unique(places, axis=0)
    return distinct[np.argsort(distinct @ pupils, kind="stable")]


def _cheapest_cover(places: _Floats, cost: _Floats, small: _Floats) -> _Mask:
    """Places to hide so that no small set follows alone from the others and from everybody.

    As long as other values of the units agree with all that is shown and differ for a small set,
    that set does not follow. Per set such a change is looked for with a linear program, at the
    least cost in places that it changes too; a place costs once.
    """
    changes: list[_Floats] = []
    gone = np.zeros(len(places), dtype=bool)
    for one in small:
        if any(abs(change @ one) > _ZERO for change in changes):
            continue
        change = _change(places, np.where(gone, 0.0, cost), one)
        changes.append(change)
        gone |= np.abs(places @ change) > _ZERO
    return gone


def _change(places: _Floats, cost: _Floats, one: _Floats) -> _Floats:
    """Change of the units' values that keeps everybody's, and moves one set by 1."""
    from scipy import sparse

    paid = np.flatnonzero(cost)
    units, beside = places.shape[1], sparse.eye_array(len(paid))
    seen = sparse.csr_array(places[paid])
    fixed = sparse.csr_array(np.vstack([np.ones(units), one]))
    still = sparse.csr_array((2, len(paid)))
    program = Program(
        cost=np.concatenate([np.zeros(units), cost[paid]]),
        lowest=np.concatenate([np.full(units, -np.inf), np.zeros(len(paid))]),
        highest=np.full(units + len(paid), np.inf),
        matrix=sparse.vstack(
            [
                sparse.hstack([seen, -beside]),
                sparse.hstack([-seen, -beside]),
                sparse.hstack([fixed, still]),
            ],
            format="csr",
        ),
        limits=(
            np.concatenate([np.full(2 * len(paid), -np.inf), [0.0, 1.0]]),
            np.concatenate([np.zeros(2 * len(paid)), [0.0, 1.0]]),
        ),
    )
    found = relaxed_solution(program)
    if found is None:
        raise AssertionError("a small set that is not everybody can always change")
    return found[:units]


class _Known:
    """What follows from the places shown: a space, as a fully reduced basis.

    Large units are eliminated first. So the rows that begin at a small unit hold small units only,
    and every set of small units in the space is made of them.
    """

    def __init__(self, pupils: _Floats, least: float) -> None:
        self.pupils = pupils
        self.least = least
        self.small = pupils < least
        self.rows = np.zeros((0, len(pupils)))
        self.pivots = np.zeros(0, dtype=np.int64)

    def add(self, place: _Floats) -> bool:
        """Show a place, unless a small set would follow; tell whether it is shown."""
        rest = place - place[self.pivots] @ self.rows
        if np.abs(rest).max() < _ZERO:
            return True
        large = np.where(self.small, 0.0, np.abs(rest))
        only_small = bool(large.max() < _ZERO)
        pivot = int(np.argmax(np.abs(rest) if only_small else large))
        row = rest / rest[pivot]
        rows = np.vstack([self.rows - np.outer(self.rows[:, pivot], row), row])
        pivots = np.append(self.pivots, pivot)
        if only_small and self._gives_away(rows[self.small[pivots]], pivots[self.small[pivots]]):
            return False
        self.rows, self.pivots = rows, pivots
        return True

    def _gives_away(self, rows: _Floats, pivots: npt.NDArray[np.int64]) -> bool:
        """Whether a small set follows from rows of small units.

        In a reduced basis a set is the sum of the rows at whose pivots it has units, so only zeros
        and ones are to be chosen: at the pivots, and what they make of the other units.
        """
        from scipy import sparse

        others = np.setdiff1d(np.flatnonzero(np.abs(rows).max(axis=0) > _ZERO), pivots)
        made = np.hstack([rows[:, others].T, -np.eye(len(others))])
        pupils = self.pupils[np.concatenate([pivots, others])]
        some = np.repeat([1.0, 0.0], [len(pivots), len(others)])
        nothing = np.zeros(len(others))
        program = Program(
            cost=pupils,
            lowest=np.zeros(len(pupils)),
            highest=np.ones(len(pupils)),
            matrix=sparse.csr_array(np.vstack([made, pupils, some])),
            limits=(
                np.concatenate([nothing, [0.0, 1.0]]),
                np.concatenate([nothing, [self.least, np.inf]]),
            ),
        )
        return whole_solution(program, len(pupils)) is not None
