"""What no table of counts can hold, and what no difference-in-differences can do without."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pandas as pd

from vm2causal.errors import StudyError
from vm2causal.inputs.rows import row_tuples
from vm2causal.inputs.tables.raw import RawTable

_KEY: Final = ["outcome", "after", "group", "time"]
_ROUNDING: Final = 1e-9


def check_cells(raw: RawTable, cells: pd.DataFrame, groups: RawTable | None) -> None:
    """Refuse the first thing that cannot be.

    Parameters
    ----------
    raw
        Where the cells come from, for messages.
    cells
        Of :class:`~vm2causal.inputs.event_tables.reading.EventTable`.
    groups
        Where it stands when groups are treated, if not in ``raw``.

    Raises
    ------
    StudyError
        With file, row, value, rule and mend.
    """
    _numbers(raw, cells)
    _each_once(raw, cells)
    _one_start(raw, cells)
    _same_starters(raw, cells)
    _never_falling(raw, cells)
    _design(raw, cells, groups)


def _numbers(raw: RawTable, cells: pd.DataFrame) -> None:
    for row in row_tuples(cells):
        if row.trials_low < 1:
            raise StudyError(
                "There is at least one pupil behind a share.",
                **raw.place(row.Index, "trials"),
                value=str(raw.rows["trials"][row.Index]),
                fix="Leave out rows without pupils; write a range, 1-4, where it is masked.",
            )
        if row.events_low > row.trials_high:
            raise StudyError(
                f"Events are among the trials, of which there are {row.trials_high:.0f} here.",
                **raw.place(row.Index, "events"),
                value=str(raw.rows["events"][row.Index]),
                fix="Look whether the two columns are exchanged.",
            )
        if row.after < 0:
            raise StudyError(
                "A period since the start is 0 or more.",
                **raw.place(row.Index, "after"),
                value=row.after,
            )
        _clusters(raw, row)
        _possible(raw, row)


def _clusters(raw: RawTable, row: Any) -> None:
    if np.isnan(row.clusters):
        return
    if row.clusters < 2:
        raise StudyError(
            "How much clusters differ cannot be told of fewer than two.",
            **raw.place(row.Index, "clusters"),
            value=row.clusters,
            fix="Leave it empty where pupils are not in clusters; with one school there is no "
            "telling its fate from the treatment's.",
        )
    if row.clusters > row.trials_high:
        raise StudyError(
            f"There are no more clusters than pupils, {row.trials_high:.0f} here.",
            **raw.place(row.Index, "clusters"),
            value=row.clusters,
        )


def _possible(raw: RawTable, row: Any) -> None:
    """Some whole number of some allowed number of trials gives the percentage."""
    if np.isnan(row.share_low) or row.trials_high - row.trials_low > 1_000:
        return
    for trials in np.arange(row.trials_low, row.trials_high + 1):
        low, high = events_of(row.share_low, row.share_high, float(trials))
        if low <= high:
            return
    raise StudyError(
        f"No whole number of {row.trials_low:.0f} pupils gives this percentage."
        if row.trials_low == row.trials_high
        else "No whole number of any of these numbers of pupils gives this percentage.",
        **raw.place(row.Index, "percent"),
        value=str(raw.rows["percent"][row.Index]),
        fix="Check both against the source.",
    )


def events_of(share_low: float, share_high: float, trials: float) -> tuple[float, float]:
    """Least and most events whose share lies between two; the first is larger where none does.

    Parameters
    ----------
    share_low, share_high
        Between 0 and 1.
    trials
        A whole number from 1.

    Examples
    --------
    >>> events_of(0.1625, 0.1635, 1995.0)
    (325.0, 326.0)
    """
    return (
        float(np.ceil(share_low * trials - _ROUNDING)),
        float(np.floor(share_high * trials + _ROUNDING)),
    )


def _each_once(raw: RawTable, cells: pd.DataFrame) -> None:
    for row in cells.index[cells.duplicated(_KEY)]:
        same = (cells[_KEY] == cells.loc[row, _KEY]).all(axis=1)
        raise StudyError(
            f"A group has one row per period and outcome; this is that of row {same.idxmax()}.",
            **raw.place(int(row), "group"),
            value=cells["group"][row],
            fix="Leave one out, or add a column that tells them apart (outcome, after).",
        )


def _one_start(raw: RawTable, cells: pd.DataFrame) -> None:
    first = cells.groupby("group")["treated_from"].transform(lambda part: part.iloc[0])
    differs = ~(cells["treated_from"].eq(first) | (cells["treated_from"].isna() & first.isna()))
    for row in cells.index[differs]:
        raise StudyError(
            "A group is treated from one period on, the same in all its rows.",
            **raw.place(int(row), "treated_from"),
            value=str(raw.rows["treated_from"][row]),
            fix="Make groups of what was treated at different times; a treatment that ends is no "
            "staggered start.",
        )


def _same_starters(raw: RawTable, cells: pd.DataFrame) -> None:
    """Shares by a count date are of all who started, however long ago that is."""
    for _, part in cells.groupby(["outcome", "group", "time"], sort=False):
        low, high = part["trials_low"].max(), part["trials_high"].min()
        if low > high:
            row = int(str(part["trials_low"].idxmax()))
            raise StudyError(
                "Trials are all who started, the same number however long after.",
                **raw.place(row, "trials"),
                value=str(raw.rows["trials"][row]),
                fix="Give shares of starters, not of those who were left.",
            )


def _never_falling(raw: RawTable, cells: pd.DataFrame) -> None:
    for _, part in cells.groupby(["outcome", "group", "time"], sort=False):
        least = 0.0
        for row in row_tuples(part.sort_values("after")):
            counted = not np.isnan(row.events_low)
            high = row.events_high / row.trials_low if counted else row.share_high
            if high < least - _ROUNDING:
                column = "events" if counted else "percent"
                raise StudyError(
                    f"Shares by a later date are at least as large; before it was at least "
                    f"{100 * least:.1f}%.",
                    **raw.place(row.Index, column),
                    value=str(raw.rows[column][row.Index]),
                    fix="Give all who had the outcome by then, not those of this period alone.",
                )
            least = max(least, row.events_low / row.trials_high if counted else row.share_low)


def _design(raw: RawTable, cells: pd.DataFrame, groups: RawTable | None) -> None:
    where = groups or raw
    if cells["treated_from"].isna().all():
        raise StudyError(
            "Some group is treated.",
            file=where.name,
            column="treated_from",
            value="",
            fix="Write the first period in which it is.",
        )
    first, last = int(cells["time"].min()), int(cells["time"].max())
    own_first = cells.groupby("group")["time"].transform("min")
    for row in cells.index[cells["treated_from"] <= own_first]:
        raise StudyError(
            f"A treated group has a period before its treatment; this one begins in "
            f"{own_first[row]}.",
            **raw.place(int(row), "time"),
            value=f"{cells['group'][row]}, {cells['treated_from'][row]:.0f}",
            fix="Add earlier periods, or leave the group out: it has nothing to differ from.",
        )
    for row in cells.index[cells["treated_from"] > last]:
        raise StudyError(
            f"No period of this table is that late: they are {first} to {last}.",
            **raw.place(int(row), "treated_from" if groups is None else "group"),
            value=f"{cells['treated_from'][row]:.0f}",
            fix="Leave it empty for a group that is not treated within the table.",
        )
    untreated = cells["treated_from"].isna() | (cells["time"] < cells["treated_from"])
    starts = cells["treated_from"].min()
    if not (untreated & (cells["time"] >= starts)).any():
        raise StudyError(
            "Some group is not treated (yet) when another one is.",
            file=raw.name,
            column="group",
            value=", ".join(cells["group"].unique()[:5]),
            fix="Add a group to compare with: never treated, or later.",
        )
