"""Shares with and without VM2, and how far the share with an SK can still rise."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import pandas as pd

from vm2causal.effects.intervals import interval
from vm2causal.inputs.published.reading import PublishedTables
from vm2causal.inputs.rows import row_dicts
from vm2causal.monitor.effects import POOLED_TRANCHES, Contrast

_STILL_THERE: Final = ("vm2", "overig_onderwijs")
"""Positions of pupils who may yet qualify: in VM2, and elsewhere in education without an SK."""

LEVEL_COLUMNS: Final = ("outcome", "tranche", "years_since_start", "with_vm2", "without_vm2")


def level_table(contrasts: list[Contrast], *, level: float = 0.95) -> pd.DataFrame:
    """Shares with VM2, and as they would have been without its effect, at every teldatum.

    Parameters
    ----------
    contrasts
        Of :func:`~vm2causal.monitor.effects.did_contrasts`.
    level
        Mass of the intervals.

    Returns
    -------
    pandas.DataFrame
        One row per ``outcome``, ``tranche`` and ``years_since_start``, with the intervals
        ``with_vm2`` and ``without_vm2`` [share of starters]. The difference of their means is the
        mean of the risk difference.
    """
    rows: list[dict[str, Any]] = [
        {
            "outcome": item.outcome,
            "tranche": item.tranche,
            "years_since_start": item.year,
            "with_vm2": interval(item.share, level),
            "without_vm2": interval(item.comparison, level),
        }
        for item in contrasts
    ]
    return pd.DataFrame(rows, columns=list(LEVEL_COLUMNS))


def qualification_bounds(tables: PublishedTables) -> pd.DataFrame:
    """Least and largest final share with an SK of T1 and T2, whatever those still there will do.

    Bounds without assumptions (Manski 1990, American Economic Review 80, 319-323): none of the
    pupils still in education without an SK obtains one, or all of them do. Nobody loses an SK; who
    had left and returns may still obtain one, above the upper bound.

    Returns
    -------
    pandas.DataFrame
        One row per ``tranche`` and ``group`` (``vm2``, ``landelijk`` with the VM2 pupils of the
        same tranche taken out): ``starters``, ``qualified`` and ``enrolled`` [pupils], and
        ``lower`` and ``upper`` [share of starters]. From tables 3.1 and 3.2 of `vijf-jaar-vm2`
        (positions on 1-10-2012: after four years for T1, three for T2).
    """
    positions = tables.positions
    counts = positions[(positions["unit"] == "count")]
    values = {
        (row["tranche"], row["group"], row["position"]): float(row["value"])
        for row in row_dicts(counts)
    }
    rows = []
    for tranche in POOLED_TRANCHES:
        vm2 = _positions(values, tranche, "vm2")
        everybody = _positions(values, tranche, "landelijk")
        # the nation holds the VM2 pupils themselves
        others = {name: everybody[name] - vm2[name] for name in vm2}
        for group, found in (("vm2", vm2), ("landelijk", others)):
            lower = found["qualified"] / found["starters"]
            upper = lower + found["enrolled"] / found["starters"]
            rows.append(
                {"tranche": tranche, "group": group, **found, "lower": lower, "upper": upper}
            )
    return pd.DataFrame(rows)


def _positions(
    values: Mapping[tuple[str, str, str], float], tranche: str, group: str
) -> dict[str, float]:
    """Pupils of a group who started, have an SK, and are still there."""
    still = (values.get((tranche, group, position), 0.0) for position in _STILL_THERE)
    return {
        "starters": values[tranche, group, "totaal"],
        "qualified": values[tranche, group, "sk"],
        "enrolled": sum(still),
    }
