"""Withholding small counts, and as many others as it takes to keep them from being computed.

A small count is safe when readers can think of another table, of whole numbers, that agrees with
everything they see and in which that count is 1 (0 where zeros are withheld too), and of one in
which it is the minimum. Such tables are looked for with a linear program per count; what has to
change in them besides what is withheld already is withheld too, at the least cost (the incremental
heuristic of Robertson 1993 and Kelly, Golden and Assad 1992, see Hundepool et al. 2012, chapter
4). The tables found are the proof of safety, so nothing rests on the heuristic being optimal.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from vm2causal.disclosure.layout import CELL, KNOWN, Relations
from vm2causal.disclosure.programs import Program, is_whole, relaxed_solution, whole_solution
from vm2causal.errors import TableError

_EFFORT: Final = 20_000
"""About how many numbers the linear programs of a table may hold together; sets how many needs
are met at once, and whether superfluous cells are looked for."""

_ENOUGH: Final = 0.3
"""A search for whole numbers stops at answers that may be this share from the best."""

_ROUNDING: Final = 1e-6


@dataclass(frozen=True)
class Needs:
    """How far below and above its value each number must seem possible.

    Parameters
    ----------
    down, up
        In pupils, per number; 0 where nothing is asked.
    """

    down: np.ndarray
    up: np.ndarray

    def open(self, lowest: np.ndarray, highest: np.ndarray) -> list[tuple[int, int]]:
        """What is not met by tables in which changes run from ``lowest`` to ``highest``.

        Returns
        -------
        list of tuple
            Number and direction (−1 or 1), the largest need first.
        """
        unmet = [(self.down[k], k, -1) for k in np.flatnonzero(-lowest < self.down - _ROUNDING)]
        unmet += [(self.up[k], k, 1) for k in np.flatnonzero(highest < self.up - _ROUNDING)]
        return [(int(k), sign) for _, k, sign in sorted(unmet, key=lambda n: (-n[0], n[1], n[2]))]

    def of(self, target: tuple[int, int]) -> float:
        """Size of one need."""
        number, sign = target
        return float(self.up[number] if sign > 0 else self.down[number])


def withhold(linked: Relations, needs: Needs) -> np.ndarray:
    """Choose which cells to withhold.

    Parameters
    ----------
    linked
        The true numbers and how they hang together.
    needs
        Numbers with a need are withheld if they are cells of the table.

    Returns
    -------
    numpy.ndarray
        Mask over the numbers: the cells to withhold.

    Raises
    ------
    TableError
        When no withholding helps, since what readers know already gives the count away.
    """
    cells = linked.is_kind(CELL)
    primary = cells & ((needs.down > 0) | (needs.up > 0))
    free = cells & ~primary & (linked.values > 0 if (linked.floor > 0).any() else cells)
    search = _Search(linked, _attainable(linked, needs, primary | free))
    hidden, seen = search.protect(primary, free)
    extra = np.flatnonzero(hidden & ~primary)
    if len(extra) * len(linked.values) > _EFFORT:
        return hidden
    for cell in sorted(extra, key=lambda k: (-linked.values[k], k)):
        if not hidden[cell]:
            continue
        without = hidden.copy()
        without[cell] = False
        fewer = search.alternatives(without, seen.without(cells & ~without))
        if not search.needs.open(*fewer.range):
            hidden, seen = primary | (without & fewer.moved), fewer
    return hidden


def _attainable(linked: Relations, needs: Needs, hideable: np.ndarray) -> Needs:
    """Ask for no less than what shown zeros, or additions, leave possible in any case.

    A total of three cells that are not zero is at least 3, whatever is withheld.
    """
    search = _Search(linked, Needs(needs.down, np.zeros_like(needs.up)))
    anything = hideable | linked.is_kind(KNOWN)
    seen = search.alternatives(anything, _Seen(len(anything)))
    down = needs.down.copy()
    for number, sign in search.needs.open(*seen.range):
        down[number] = -search.reach([(number, sign)], anything)[number]
    return Needs(down, needs.up)


class _Seen:
    """Tables found so far, as changes, and between what changes each number runs."""

    def __init__(self, size: int) -> None:
        self.changes: list[np.ndarray] = []
        self.range = (np.zeros(size), np.zeros(size))

    def add(self, change: np.ndarray) -> None:
        lowest, highest = self.range
        self.changes.append(change)
        self.range = (np.minimum(lowest, change), np.maximum(highest, change))

    def without(self, shown: np.ndarray) -> _Seen:
        """Tables that agree with the numbers shown."""
        kept = _Seen(len(shown))
        for change in self.changes:
            if not change[shown].any():
                kept.add(change)
        return kept

    @property
    def moved(self) -> np.ndarray:
        lowest, highest = self.range
        return np.asarray(highest > lowest)


@dataclass(frozen=True)
class _Search:
    """The search for tables that agree with what readers see."""

    linked: Relations
    needs: Needs

    def protect(self, primary: np.ndarray, free: np.ndarray) -> tuple[np.ndarray, _Seen]:
        """``primary`` with the cells of ``free`` that its needs take, and the proof."""
        hidden = primary.copy()
        seen = self.alternatives(primary, _Seen(len(primary)))
        opened = self.needs.open(*seen.range)
        together = max(1, len(opened) * len(self.linked.values) // _EFFORT)
        while opened:
            change = self._meet(opened[:together], hidden, free & ~hidden)
            if change is None and together == 1:
                raise TableError(
                    "A small count cannot be kept from readers who know the totals.",
                    column=str(self.linked.numbers["count"].iloc[opened[0][0]]),
                    fix="Merge levels of the table, or do not show it beside these totals.",
                )
            if change is None:
                together = 1
                continue
            seen.add(change)
            hidden |= free & (change != 0)
            opened = self.needs.open(*seen.range)
        return hidden, seen

    def alternatives(self, hidden: np.ndarray, seen: _Seen) -> _Seen:
        """Add tables to those ``seen`` that meet the needs as far as ``hidden`` allows.

        All needs at once first; while that meets no more of them, half as many at a time, up to
        the first that cannot be met alone.
        """
        opened = self.needs.open(*seen.range)
        together = len(opened)
        while opened and together:
            seen.add(self.reach(opened[:together], hidden))
            left = self.needs.open(*seen.range)
            together = together // 2 if len(left) == len(opened) else 2 * together
            opened = left
        return seen

    def _meet(
        self, targets: list[tuple[int, int]], hidden: np.ndarray, free: np.ndarray
    ) -> np.ndarray | None:
        """Changes that meet all targets, at the least cost in ``free`` cells; None if none do.

        Where halves of pupils would do best, the cells they take are tried with whole ones first.
        """
        relaxed = self._cheapest(targets, hidden, free, whole=False)
        if relaxed is None or is_whole(relaxed):
            return relaxed if relaxed is None else np.rint(relaxed)
        taken = free & (np.abs(relaxed) > _ROUNDING)
        change = self._cheapest(targets, hidden, taken, whole=True)
        return self._cheapest(targets, hidden, free, whole=True) if change is None else change

    def _cheapest(
        self, targets: list[tuple[int, int]], hidden: np.ndarray, free: np.ndarray, *, whole: bool
    ) -> np.ndarray | None:
        from scipy import sparse

        lower, upper = self._room(hidden | free)
        for number, sign in targets:
            need = self.needs.of((number, sign))
            if sign > 0:
                lower[number] = max(lower[number], need)
            else:
                upper[number] = min(upper[number], -need)
        candidates = np.flatnonzero(free)
        seen = sparse.csr_array(
            (np.ones(len(candidates)), (candidates, np.arange(len(candidates)))),
            shape=(len(lower), len(candidates)),
        )
        matrix = sparse.hstack([self.linked.sums, -seen, seen], format="csr")
        fall = -lower[candidates]
        lower[candidates] = upper[candidates] = 0.0
        cost = np.tile(1 + np.log1p(self.linked.values[candidates]), 2)
        largest = np.concatenate([np.full(len(candidates), np.inf), fall])
        return self._change(cost, largest, matrix, (lower, upper), whole=whole, gap=_ENOUGH)

    def reach(self, targets: list[tuple[int, int]], hidden: np.ndarray) -> np.ndarray:
        """Changes within ``hidden`` that come as near to all targets as they can together."""
        from scipy import sparse

        needs = np.array([self.needs.of(target) for target in targets])
        number, sign = np.array(targets).T
        signed = sparse.diags_array(sign.astype(float)) @ self.linked.sums[number]
        lower, upper = self._room(hidden)
        still = sparse.csr_array((len(lower), len(targets)))
        short = -sparse.eye_array(len(targets), format="csr")
        matrix = sparse.vstack(
            [sparse.hstack([self.linked.sums, still]), sparse.hstack([signed, short])], format="csr"
        )
        limits = np.concatenate([lower, np.zeros(len(targets))])
        bounds = (limits, np.concatenate([upper, np.full(len(targets), np.inf)]))
        gap = _ENOUGH if len(targets) > 1 else 0.0
        change = self._change(-1 / needs, needs, matrix, bounds, whole=True, gap=gap)
        return np.zeros(len(lower)) if change is None else change

    def _room(self, hidden: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Between what changes the numbers may run that readers do not see."""
        unseen = hidden | self.linked.is_difference
        lower = np.where(unseen, self.linked.floor - self.linked.values, 0.0)
        return lower, np.where(unseen, np.inf, 0.0)

    def _change(
        self,
        cost: np.ndarray,
        highest: np.ndarray,
        matrix: Any,
        limits: tuple[np.ndarray, np.ndarray],
        *,
        whole: bool,
        gap: float,
    ) -> np.ndarray | None:
        """Solve for changes of the base counts, then further variables; give all changes."""
        base = self.linked.sums.shape[1]
        program = Program(
            cost=np.concatenate([np.zeros(base), cost]),
            lowest=np.concatenate([np.full(base, -np.inf), np.zeros(len(cost))]),
            highest=np.concatenate([np.full(base, np.inf), highest]),
            matrix=matrix,
            limits=limits,
        )
        solution = whole_solution(program, base, gap=gap) if whole else relaxed_solution(program)
        return None if solution is None else self.linked.sums @ solution[:base]
