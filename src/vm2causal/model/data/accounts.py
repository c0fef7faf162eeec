"""How many units each variable of a model has data on, and what becomes of the others."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from vm2causal.model.data.structural_data import StructuralData


@dataclass(frozen=True)
class Account:
    """The units of one variable.

    Parameters
    ----------
    variable
        Its name.
    rows
        Units of the data: rows of a table, experiments of a study.
    used
        Those with a value (a count: with trials; a construct: with an answer to any item).
    missing
        The others.
    imputed
        Those of the missing for which the model puts every possible value in place, because the
        variable is a cause there. The rest of the missing tell nothing about this variable.
    """

    variable: str
    rows: int
    used: int
    missing: int
    imputed: int

    def to_dict(self) -> dict[str, Any]:
        """The account as JSON holds it."""
        return asdict(self)


def accounts(data: StructuralData) -> tuple[Account, ...]:
    """An account of every variable with data on units, in the order of the model.

    Variables of pupils have none: what is unknown of pupils is counted by itself.
    """
    rows = len(data.units)
    found = []
    for name in data.spec.variables:
        used = _used(data, name)
        if used is not None:
            kind = data.spec.variables[name].kind
            cause = kind.measured or _is_cause(data, name)
            filled = not kind.counted and cause
            found.append(Account(name, rows, used, rows - used, rows - used if filled else 0))
    return tuple(found)


def _used(data: StructuralData, name: str) -> int | None:
    if name in data.columns:
        return int(data.seen(name).sum())
    if name in data.items:
        return int((data.items[name] >= 0).any(axis=1).sum())
    if name in data.cells:
        return len(np.unique(data.cells[name].unit[data.cells[name].trials > 0]))
    return None


def _is_cause(data: StructuralData, name: str) -> bool:
    return any(arrow.cause == name for arrow in data.spec.arrows)
