"""Careers that cannot be, or hardly: checked on cells of counts, by row."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

import pandas as pd

from vm2causal.inputs.study.frame import PUPILS, TELDATUM, teldatum_columns
from vm2causal.inputs.study.problems import Problem

FIRST_SK_YEAR = 2
"""Year after the start before which a startkwalificatie is not expected: it takes mbo level 2."""


def count_problems(
    counts: pd.DataFrame, *, file: str, tranche_of: Mapping[str, str], teldata: Mapping[str, int]
) -> list[Problem]:
    """Find rows of a counts table that contradict the experiments, the calendar or each other.

    Parameters
    ----------
    counts
        Cells with their positions, indexed by data row.
    file
        Base name of the file.
    tranche_of
        Tranche by experiment.
    teldata
        Number of count dates by tranche.

    Returns
    -------
    list of Problem
        By rule, then by row.
    """
    unknown = counts["experiment"].notna() & ~counts["experiment"].isin(list(tranche_of))
    last = counts["experiment"].map(tranche_of).map(teldata)
    return [
        *_unknown_experiments(counts, unknown, file, tranche_of),
        *_repeated(counts, file),
        *_impossible(counts, last, file),
        *_early_qualifications(counts, file),
    ]


def _unknown_experiments(
    counts: pd.DataFrame, unknown: pd.Series[bool], file: str, known: Collection[str]
) -> list[Problem]:
    by_case = {name.lower(): name for name in known}
    return [
        Problem(
            code="unknown_experiment",
            file=file,
            row=row,
            column="experiment",
            value=name,
            rule="This experiment does not stand in the table of experiments.",
            fix=f"Write '{by_case[name.lower()]}'."
            if name.lower() in by_case
            else "Add it there, or correct the name.",
        )
        for row, name in _cells(counts["experiment"][unknown])
    ]


def _repeated(counts: pd.DataFrame, file: str) -> list[Problem]:
    keys = [name for name in counts.columns if name != PUPILS]
    rows = counts.index.to_series()
    first = rows.groupby([counts[name] for name in keys], dropna=False, sort=False).transform(
        "first"
    )
    return [
        Problem(
            code="duplicate",
            file=file,
            row=row,
            rule=f"The same pupils stand in row {first[row]}: all cells but the count agree.",
            fix="Add the two counts and keep one row, or correct one of them.",
        )
        for row in map(int, counts.index[counts.duplicated(keys)])
    ]


def _impossible(counts: pd.DataFrame, last: pd.Series[Any], file: str) -> list[Problem]:
    problems: list[Problem] = []
    columns = teldatum_columns(counts)
    before: pd.Series[str] | None = None
    for column in columns:
        now, year = counts[column], int(column.removeprefix(TELDATUM))
        beyond = now.notna() & (last < year)
        if before is not None:
            lost = (before == "sk") & now.notna() & (now != "sk")
            gap = before.isna() & now.notna() & ~beyond
            problems += _career_problems(now[lost], file, "sk_lost", *_SK_LOST)
            problems += _career_problems(now[gap], file, "career_gap", *_GAP)
        problems += _career_problems(now[beyond], file, "after_last_teldatum", *_BEYOND)
        before = now
    return problems


_SK_LOST = (
    "A startkwalificatie is kept, and the teldatum before says sk.",
    "Correct this position or the one before.",
)
_GAP = (
    "This position follows an empty one.",
    "Fill in the teldatum before; positions may be empty only after the last one known.",
)
_BEYOND = (
    "This tranche has no such teldatum in study.yaml.",
    "Empty the cell, or add the teldatum to the tranche.",
)


def _career_problems(
    cells: pd.Series[str], file: str, code: str, rule: str, fix: str
) -> list[Problem]:
    return [
        Problem(
            code=code, file=file, row=row, column=str(cells.name), value=value, rule=rule, fix=fix
        )
        for row, value in _cells(cells)
    ]


def _early_qualifications(counts: pd.DataFrame, file: str) -> list[Problem]:
    early = [
        column
        for column in teldatum_columns(counts)
        if int(column.removeprefix(TELDATUM)) < FIRST_SK_YEAR
    ]
    return [
        early_qualification(file, column, row=row, value=value)
        for column in early
        for row, value in _cells(counts[column][counts[column] == "sk"])
    ]


def early_qualification(
    file: str, column: str, *, row: int | None = None, value: str | None = None
) -> Problem:
    """Warn that pupils had a startkwalificatie sooner than it can be earned."""
    return Problem(
        code="early_sk",
        file=file,
        row=row,
        column=column,
        value=value,
        rule="A startkwalificatie within a year of the start is hardly possible.",
        fix="Check what was counted as sk.",
        severity="warning",
    )


def _cells(values: pd.Series[str]) -> Iterable[tuple[int, str]]:
    return ((int(str(label)), str(value)) for label, value in values.items())
