"""Anyone's tables of counts, read and checked."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from vm2causal.errors import StudyError
from vm2causal.inputs.event_tables.cells import read_counts, read_percentages, read_whole
from vm2causal.inputs.event_tables.rules import check_cells
from vm2causal.inputs.event_tables.schema import (
    COUNT_COLUMNS,
    COUNTS,
    GROUP_COLUMNS,
    GROUPS,
    ONE_TABLE,
    Column,
)
from vm2causal.inputs.tables.frames import Frame, frame_table
from vm2causal.inputs.tables.raw import RawTable
from vm2causal.inputs.tables.reading import FORMATS, read_table
from vm2causal.inputs.tables.remarks import Remark, listed

NO_OUTCOME: Final = "outcome"
"""What the one outcome of a table without a column ``outcome`` is called."""

_ALIKE: Final = 0.7


@dataclass(frozen=True)
class EventTable:
    """Counts by group, period and outcome.

    Parameters
    ----------
    name
        Base name of the file or folder.
    cells
        One row per group, period and outcome, indexed by data row: ``group``, ``time``, ``after``
        (0 where careers are not followed), ``outcome``; ``trials_low`` and ``trials_high``;
        ``events_low`` and ``events_high`` where counts are known, else ``share_low`` and
        ``share_high``, what a printed percentage may stand for; ``clusters`` (NaN where not
        known) and ``treated_from`` (NaN for never).
    notes
        What was done that the user may not expect.
    """

    name: str
    cells: pd.DataFrame
    notes: tuple[Remark, ...] = ()


def read_event_table(source: Path | str | Frame) -> EventTable:
    """Read a table of counts, or a folder with ``counts`` and ``groups``.

    Parameters
    ----------
    source
        A file, a folder or a table in memory, see ``docs/did.md``.

    Raises
    ------
    StudyError
        When it cannot be used; the message names file, row, column, value, rule and mend.
    """
    if not isinstance(source, Path | str):
        counts, groups = frame_table(source), None
    elif Path(source).is_dir():
        counts = _in_folder(Path(source), COUNTS)
        groups = _in_folder(Path(source), GROUPS)
    else:
        counts, groups = read_table(Path(source)), None
    if counts.rows.empty:
        raise StudyError(
            "This table has no rows.", file=counts.name, fix="Give one with data, see its codebook."
        )
    cells, notes = _cells(counts, ONE_TABLE if groups is None else COUNT_COLUMNS)
    if groups is not None:
        notes += _known_columns(groups, GROUP_COLUMNS)
    cells["treated_from"] = _treated_from(counts, groups)
    check_cells(counts, cells, groups)
    label = counts.name if groups is None else Path(str(source)).name
    return EventTable(label, cells, (*counts.notes, *notes))


def _in_folder(folder: Path, name: str) -> RawTable:
    found = [folder / f"{name}{ending}" for ending in FORMATS]
    there = [path for path in found if path.exists()]
    if len(there) > 1:
        raise StudyError(
            f"A folder of tables has one table {name}.",
            file=there[1].name,
            fix=f"Remove it or {there[0].name}.",
        )
    # where there is none the reader says what stands in the folder
    return read_table(there[0] if there else found[0])


def _cells(raw: RawTable, columns: dict[str, Column]) -> tuple[pd.DataFrame, list[Remark]]:
    notes = _known_columns(raw, columns)
    cells = pd.DataFrame(index=raw.rows.index)
    cells["group"] = _texts(raw, "group")
    cells["time"] = read_whole(raw, "time", may_be_empty=False).astype(int)
    has_after = "after" in raw.rows
    cells["after"] = read_whole(raw, "after", may_be_empty=False).astype(int) if has_after else 0
    cells["outcome"] = _texts(raw, "outcome") if "outcome" in raw.rows else NO_OUTCOME
    trials = read_counts(raw, "trials", may_be_empty=False)
    cells["trials_low"], cells["trials_high"] = trials["low"], trials["high"]
    empty = pd.Series(np.nan, index=cells.index)
    events = read_counts(raw, "events", may_be_empty=True) if "events" in raw.rows else None
    for end in ("low", "high"):
        cells[f"events_{end}"] = empty if events is None else events[end]
    cells["share_low"] = cells["share_high"] = empty
    if "percent" in raw.rows:
        notes += _percentages(raw, cells)
    cells["clusters"] = (
        read_whole(raw, "clusters", may_be_empty=True) if "clusters" in raw.rows else empty
    )
    _refuse_without_outcome(raw, cells)
    return cells, notes


def _percentages(raw: RawTable, cells: pd.DataFrame) -> list[Remark]:
    found = read_percentages(raw, "percent")
    shown = found.values.dropna().index
    for row in shown:
        low, high = found.bounds(row)
        if np.isnan(cells["events_low"][row]):
            cells.loc[row, ["share_low", "share_high"]] = low, high
            continue
        least = cells["events_low"][row] / max(cells["trials_high"][row], 1)
        most = cells["events_high"][row] / max(cells["trials_low"][row], 1)
        if least > high + 1e-9 or most < low - 1e-9:
            raise StudyError(
                "A percentage agrees with the events and trials beside it, but for rounding.",
                **raw.place(int(row), "percent"),
                value=str(raw.rows["percent"][row]),
                fix="Mend the one that is wrong, or leave the percentage out.",
            )
    return [Remark("percent_rounded", {"decimals": found.decimals})] if len(shown) else []


def _refuse_without_outcome(raw: RawTable, cells: pd.DataFrame) -> None:
    nothing = cells["events_low"].isna() & cells["share_low"].isna()
    for row in cells.index[nothing]:
        raise StudyError(
            "A row holds events or a percent.",
            **raw.place(int(row), "events" if "events" in raw.rows else "percent"),
            value="",
            fix="Fill in one of them, or leave the row out; a mask is written <5.",
        )


def _known_columns(raw: RawTable, columns: dict[str, Column]) -> list[Remark]:
    """Refuse a table that lacks a column or has one that looks misspelt; name others."""
    there = [str(name) for name in raw.rows.columns]
    for name, column in columns.items():
        if column.required and name not in there:
            raise StudyError(
                f"This table has a column {name}.",
                file=raw.name,
                value=listed(there),
                fix="Name the columns as the codebook of `vm2causal did template` does.",
            )
    if "events" in columns and not {"events", "percent"} & set(there):
        raise StudyError(
            "This table has a column events or percent.",
            file=raw.name,
            value=listed(there),
            fix="Add one: how many had the outcome, or what percentage.",
        )
    others = [name for name in there if name not in columns]
    for name in others:
        near = get_close_matches(name.lower(), columns, n=1, cutoff=_ALIKE)
        if near and near[0] not in there:
            raise StudyError(
                f"This column looks like {near[0]}, which the table does not have.",
                file=raw.name,
                column=name,
                value=name,
                fix=f"Name it {near[0]}, or otherwise, so that it is passed over.",
            )
    return [Remark("not_used", {"columns": listed(others)})] if others else []


def _texts(raw: RawTable, column: str) -> pd.Series[str]:
    raw.refuse_errors(column)
    texts = raw.rows[column]
    for row in texts.index[texts.isna()]:
        raise StudyError(
            "This column has a value in every row.",
            **raw.place(int(row), column),
            value="",
            fix="Fill it in, or leave the row out.",
        )
    return texts.astype(str)


def _treated_from(counts: RawTable, groups: RawTable | None) -> pd.Series[float]:
    """By row of the counts since when its group is treated; NaN where never."""
    if groups is None:
        if "treated_from" not in counts.rows:
            raise StudyError(
                "A single table has a column treated_from.",
                file=counts.name,
                value=listed([str(name) for name in counts.rows.columns]),
                fix="Add it (empty for groups that are never treated), or give a folder with "
                "counts and groups.",
            )
        return read_whole(counts, "treated_from", may_be_empty=True)
    since = read_whole(groups, "treated_from", may_be_empty=True)
    names = _texts(groups, "group")
    for row in names.index[names.duplicated()]:
        raise StudyError(
            "A group stands in one row.", **groups.place(int(row), "group"), value=names[row]
        )
    known = dict(zip(names, since, strict=True))
    found = counts.rows["group"].astype(str)
    for row in found.index[~found.isin(list(known))]:
        raise StudyError(
            f"Every group of the counts stands in {groups.name}.",
            **counts.place(int(row), "group"),
            value=found[row],
            fix="Add it there, with when it is treated or nothing for never.",
        )
    return found.map(known).astype(float)
