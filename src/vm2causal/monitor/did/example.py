"""The published VM2 tables in the form that anyone's tables have: the shipped example."""

from __future__ import annotations

from typing import Final

import pandas as pd

from vm2causal.inputs.published.denominators import denominator_ranges
from vm2causal.inputs.published.reading import PublishedTables
from vm2causal.inputs.published.schema import START_YEAR
from vm2causal.inputs.rows import row_tuples
from vm2causal.monitor.cohort_data import cohort_data

NATION: Final = "landelijk"
_SITE_GROUPS: Final = ("vm2", "voorgaand")


def example_tables(tables: PublishedTables) -> dict[str, pd.DataFrame]:
    """Counts and groups of all VM2 starters, as printed.

    Sites of a tranche are a group, treated from the tranche's year on: its earlier period holds the
    pupils of one year before. The nation is never treated; a cohort of it that is printed beside
    two tranches is taken as printed beside that of its own year. VM2 pupils are left in it.

    Parameters
    ----------
    tables
        The published tables of the monitor.

    Returns
    -------
    dict
        ``counts`` and ``groups``, columns as in the codebook, all as texts.
    """
    sites = cohort_data(tables, "all")["sites"].to_series()
    ranges = denominator_ranges(tables).xs("all", level="selection")
    shown = (
        tables.outcomes.rename(columns={"count": "count_"})
        .query("selection == 'all'")
        .sort_values("group", kind="stable")
    )
    rows: dict[tuple[str, int, int, str], dict[str, str]] = {}
    for row in row_tuples(shown):
        own = row.group in _SITE_GROUPS
        group = f"VM2-scholen {row.tranche}" if own else NATION
        key = (group, int(row.cohort), int(row.years_since_start), str(row.outcome))
        size = ranges.loc[(row.tranche, row.group)]
        trials = dict.fromkeys(f"{size[end]:.0f}" for end in ("lower", "upper"))
        counted = not pd.isna(row.count_)
        rows.setdefault(
            key,
            {
                "events": f"{row.count_:.0f}" if counted else "",
                "percent": "" if counted else f"{row.percent:.1f}",
                "trials": "-".join(trials),
                "clusters": f"{sites[row.tranche]:.0f}" if own else "",
            },
        )
    index = ["group", "time", "after", "outcome"]
    counts = pd.DataFrame(
        [dict(zip(index, map(str, key), strict=True)) | cell for key, cell in sorted(rows.items())]
    )
    since = {f"VM2-scholen {tranche}": str(year) for tranche, year in START_YEAR.items()}
    groups = [(name, since.get(name, "")) for name in dict.fromkeys(counts["group"])]
    return {"counts": counts, "groups": pd.DataFrame(groups, columns=["group", "treated_from"])}
