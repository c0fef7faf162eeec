"""Which cells of a table are compared with which, without forbidden comparisons.

A group treated from ``g`` is compared, in period ``t``, with groups that are not treated at ``t``
nor at its base, the last period before ``g`` (Callaway & Sant'Anna 2021, Journal of Econometrics
225, eq. 2.5 with not-yet-treated groups). A group that is treated already is never a comparison:
two-way fixed effects use it so, and can get the sign wrong where effects grow (Goodman-Bacon 2021,
Journal of Econometrics 225).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from vm2causal.inputs.event_tables.reading import EventTable
from vm2causal.inputs.event_tables.rules import events_of
from vm2causal.inputs.rows import row_tuples
from vm2causal.model.data.columns import Floats

SERIES: Final = ["outcome", "after"]
"""What makes a series: an outcome, and how long after the start it is counted."""


@dataclass(frozen=True)
class Design:
    """Cells of a table, and the contrasts that they allow.

    Parameters
    ----------
    cells
        As of :class:`~vm2causal.inputs.event_tables.reading.EventTable`, in its order, indexed
        from 0, with ``trials`` and ``share``: the middle of what they may be.
    targets
        One row per treated group and period that can be compared: ``outcome``, ``after``,
        ``group``, ``cohort`` (first period treated), ``time``, ``base`` (the last period before),
        ``exposure`` (periods since the cohort's start, negative before it), ``cell`` (its row in
        ``cells``), ``trials``; effects where ``exposure`` is 0 or more, else placebos.
    weights
        By method the linear combination of shares that each target is, shape (target, cell).
    left_out
        Treated cells that nothing untreated can be compared with.
    """

    cells: pd.DataFrame
    targets: pd.DataFrame
    weights: dict[str, Floats]
    left_out: pd.DataFrame

    @property
    def effects(self) -> pd.DataFrame:
        """The targets from the start of treatment on."""
        return self.targets[self.targets["exposure"] >= 0]

    @property
    def placebos(self) -> pd.DataFrame:
        """The targets before the base period."""
        return self.targets[self.targets["exposure"] < 0]


METHODS: Final = ("naive", "before_after", "group_time")
"""Treated less comparison; after less before; and the difference of both differences."""


def design_of(table: EventTable, *, without: tuple[str, ...] = ()) -> Design:
    """Find every contrast of a table that needs parallel trends alone.

    Parameters
    ----------
    table
        Counts by group and period.
    without
        Groups that no comparison may use.
    """
    cells = _cells(table)
    rows: list[dict[str, Any]] = []
    left: list[dict[str, Any]] = []
    weights: dict[str, list[Floats]] = {method: [] for method in METHODS}
    for _, part in cells.groupby(SERIES, sort=False):
        for cell in row_tuples(part[part["treated_from"].notna()]):
            found = _compared(cell, part, without)
            if found is None:
                continue
            target, own_base, there = found
            if not len(there):
                if target["exposure"] >= 0:
                    left.append(target)
                continue
            rows.append(target)
            for method, combined in _combined(len(cells), cell.Index, own_base, there).items():
                weights[method].append(combined)
    empty = ["outcome", "after", "group", "cohort", "time", "base", "exposure", "cell", "trials"]
    return Design(
        cells,
        pd.DataFrame(rows, columns=empty),
        {name: np.array(found).reshape(-1, len(cells)) for name, found in weights.items()},
        pd.DataFrame(left, columns=empty),
    )


def _cells(table: EventTable) -> pd.DataFrame:
    cells = table.cells.reset_index(drop=True)
    trials = np.sqrt(cells["trials_low"] * cells["trials_high"])
    counted: pd.Series[float] = (cells["events_low"] + cells["events_high"]) / 2 / trials
    printed = (cells["share_low"] + cells["share_high"]) / 2
    return cells.assign(trials=trials, share=counted.fillna(printed))


def _compared(
    cell: Any, part: pd.DataFrame, without: tuple[str, ...]
) -> tuple[dict[str, Any], int, pd.DataFrame] | None:
    """A target, its base and what it is compared with; None for the base itself."""
    own = part[part["group"] == cell.group]
    earlier = own[own["time"] < cell.treated_from]
    base = int(earlier["time"].max())
    if cell.time == base:
        return None
    others = part[(part["group"] != cell.group) & ~part["group"].isin(without)]
    since = others["treated_from"].fillna(np.inf)
    free = others[since > max(cell.time, base)]
    pairs = _pairs(free, base, int(cell.time))
    target = {
        **{name: getattr(cell, name) for name in (*SERIES, "group", "time", "trials")},
        "cohort": int(cell.treated_from),
        "base": base,
        "exposure": int(cell.time - cell.treated_from),
        "cell": int(cell.Index),
    }
    return target, int(own.index[own["time"] == base][0]), pairs


def _pairs(free: pd.DataFrame, base: int, time: int) -> pd.DataFrame:
    """Groups seen untreated in both periods: rows of ``cells`` ``then`` and ``now``, weights."""
    then = free[free["time"] == base].reset_index().set_index("group")
    now = free[free["time"] == time].reset_index().set_index("group")
    both = then.index.intersection(now.index)
    size = then.loc[both, "trials"]
    return pd.DataFrame(
        {
            "then": then.loc[both, "index"],
            "now": now.loc[both, "index"],
            "weight": size / size.sum(),
        }
    )


def _combined(cells: int, own: int, own_base: int, there: pd.DataFrame) -> dict[str, Floats]:
    """Weights of cells by method; comparison groups weigh by their pupils in the base period."""
    change, level = np.zeros(cells), np.zeros(cells)
    level[there["now"]] = there["weight"]
    change[there["now"]] = there["weight"]
    change[there["then"]] = -there["weight"]
    now, then = np.zeros(cells), np.zeros(cells)
    now[own], then[own_base] = 1.0, 1.0
    return {
        "naive": now - level,
        "before_after": now - then,
        "group_time": now - then - change,
    }


def possible_events(cell: Any, trials: float) -> tuple[float, float]:
    """Least and most events of a cell, were there so many trials.

    Parameters
    ----------
    cell
        A row of ``cells``.
    trials
        A whole number from 1.
    """
    if np.isnan(cell.events_low):
        return events_of(cell.share_low, cell.share_high, trials)
    return cell.events_low, min(cell.events_high, trials)
