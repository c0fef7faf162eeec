"""Linear programs whose first variables are counts, so whole numbers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from vm2causal.errors import SizeLimitError, TableError

_NODES: Final = 2000
"""Branches of a search for whole numbers; tables of counts rarely need more than one."""

_OPTIMAL, _LIMIT, _INFEASIBLE, _UNBOUNDED, _UNCLEAR = range(5)
"""Statuses of SciPy's ``milp``."""

_NEARLY: Final = 1e-6


@dataclass(frozen=True)
class Program:
    """Minimise ``cost @ x``; ``x`` and ``matrix @ x`` lie between bounds."""

    cost: np.ndarray
    lowest: np.ndarray
    highest: np.ndarray
    matrix: Any
    limits: tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True)
class _Solved:
    """``x`` is None where nothing fits."""

    status: int
    x: np.ndarray | None
    cost: float


def relaxed_solution(program: Program) -> np.ndarray | None:
    """Solve a program in real numbers; None when nothing fits."""
    return _solve(program, whole=0).x


def is_whole(x: np.ndarray) -> bool:
    """Tell whether all numbers are whole, but for rounding."""
    return bool(np.abs(x - np.rint(x)).max(initial=0.0) < _NEARLY)


def whole_solution(program: Program, counts: int, *, gap: float = 0.0) -> np.ndarray | None:
    """Solve a program; the first ``counts`` variables are whole numbers in the answer.

    The corners of most tables are whole by themselves; branching starts where they are not. An
    answer that branching leaves short of the best still satisfies everything asked; ``gap`` says
    how far short, as a share, is near enough to stop.

    Returns
    -------
    numpy.ndarray or None
        None when nothing fits.

    Raises
    ------
    SizeLimitError
        When no whole numbers are found within the limit on branches.
    """
    solved = _solve(program, whole=0)
    if solved.x is not None and not is_whole(solved.x[:counts]):
        solved = _solve(program, whole=counts, gap=gap)
        if solved.x is None and solved.status == _LIMIT:
            raise _too_large()
    if solved.x is None:
        return None
    return np.concatenate([np.rint(solved.x[:counts]), solved.x[counts:]])


def least(program: Program) -> float:
    """Smallest value of ``cost @ x`` over whole numbers; minus infinity when there is none.

    Raises
    ------
    SizeLimitError
        When it is not certain within the limit on branches.
    TableError
        When no whole numbers satisfy the program.
    """
    solved = _solve(program, whole=0)
    if solved.x is not None and not is_whole(solved.x):
        solved = _solve(program, whole=len(program.cost))
    if (
        solved.status in (_UNBOUNDED, _UNCLEAR)
        and _solve(_anything(program), whole=0).x is not None
    ):
        return -np.inf
    if solved.status == _LIMIT:
        raise _too_large()
    if solved.x is None:
        raise TableError("The numbers of this table contradict each other.")
    return float(solved.cost)


def _solve(program: Program, *, whole: int, gap: float = 0.0) -> _Solved:
    """Solve for the variables that no equation of one variable fixes already."""
    from scipy.optimize import Bounds, LinearConstraint, milp

    fixed, values = _fixed(program)
    free = np.flatnonzero(~fixed)
    lower, upper = (limit - program.matrix @ values for limit in program.limits)
    matrix = program.matrix[:, free]
    empty = np.diff(matrix.indptr) == 0
    if (empty & ((lower > _NEARLY) | (upper < -_NEARLY))).any():
        return _Solved(_INFEASIBLE, None, np.inf)
    if len(free) == 0:
        return _Solved(_OPTIMAL, values, program.cost @ values)
    rows = np.flatnonzero(~empty)
    found = milp(
        program.cost[free],
        integrality=(free < whole).astype(int),
        bounds=Bounds(program.lowest[free], program.highest[free]),
        constraints=LinearConstraint(matrix[rows], lower[rows], upper[rows]) if len(rows) else (),
        options={"node_limit": _NODES, "mip_rel_gap": gap},
    )
    if found.x is not None:
        values[free] = found.x
    return _Solved(found.status, None if found.x is None else values, program.cost @ values)


def _fixed(program: Program) -> tuple[np.ndarray, np.ndarray]:
    """Which variables an equation of one variable fixes, and all their values (0 where free)."""
    matrix, (lower, upper) = program.matrix, program.limits
    alone = np.flatnonzero((np.diff(matrix.indptr) == 1) & (lower == upper))
    entry = matrix.indptr[alone]
    column = matrix.indices[entry]
    fixed = np.zeros(matrix.shape[1], dtype=bool)
    values = np.zeros(matrix.shape[1])
    fixed[column] = True
    values[column] = lower[alone] / matrix.data[entry]
    return fixed, values


def _anything(program: Program) -> Program:
    return replace(program, cost=np.zeros(len(program.cost)))


def _too_large() -> SizeLimitError:
    return SizeLimitError(
        f"Protecting this table takes more than {_NODES} branches of a search for whole numbers. "
        "Split it, or merge levels."
    )
