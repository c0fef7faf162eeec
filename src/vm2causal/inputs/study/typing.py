"""Texts of a study's file → typed columns, and every cell that breaks a rule of its column."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import pandera.errors
import pandera.pandas as pa

from vm2causal.inputs.rows import row_dicts
from vm2causal.inputs.study.columns import Kind, kind_of, levels_of
from vm2causal.inputs.study.frame import PUPILS
from vm2causal.inputs.study.problems import Problem
from vm2causal.inputs.study.schema import SCHEMAS
from vm2causal.inputs.tables import unseen_cells
from vm2causal.inputs.tables.cell_text import cell_text
from vm2causal.inputs.tables.codes import suspects
from vm2causal.inputs.tables.headers import other_capitals
from vm2causal.inputs.tables.marks import marks_remark, without_marks
from vm2causal.inputs.tables.numerals import parse_numbers
from vm2causal.inputs.tables.raw import RawTable
from vm2causal.inputs.tables.remarks import Remark, listed
from vm2causal.inputs.tables.sidecar import SIDECAR
from vm2causal.inputs.tables.uses import Role, Use

MASK: Final = "<5"
"""A count too small to be given."""

_FORMAT: Final = frozenset(name for schema in SCHEMAS.values() for name in schema.columns)
_NUMERIC: Final = (Kind.CONTINUOUS, Kind.COUNT)
_NUMBER_FIXES: Final = "Write it like 1234.5 or 1234,5; leave the cell empty where it is unknown."


def as_format(table: RawTable, schema: pa.DataFrameSchema) -> RawTable:
    """The table with the names of columns as the format has them, and marks of missing values out.

    Both are said in its notes.
    """
    names = other_capitals(list(table.rows.columns), list(schema.columns), table.name)
    table = table.renamed(names)
    notes = [
        Remark("header_spelling", {"column": column, "wanted": wanted})
        for column, wanted in names.items()
    ]
    rows = table.rows.copy()
    for name, column in schema.columns.items():
        if name in rows:
            numeric = kind_of(column) in _NUMERIC
            use = Use(name, Role.NUMBER if numeric else Role.LEVELS, levels_of(column))
            rows[name], marks = without_marks(rows[name], use, table.choices)
            notes += marks_remark(name, marks)
    return replace(table, rows=rows, notes=(*table.notes, *notes))


def typed_columns(
    table: RawTable, schema: pa.DataFrameSchema, *, masked_value: int | None = None
) -> tuple[pd.DataFrame, list[Problem]]:
    """Give the columns of a file the types of its schema.

    Parameters
    ----------
    table
        The file as texts.
    schema
        What its columns may hold.
    masked_value
        How many pupils ``<5`` counts as; None where masks are not allowed.

    Returns
    -------
    tuple
        The known columns in the order of the schema, indexed by data row, quantities that cannot
        be read or cannot be empty; and the problems found.
    """
    known = [name for name in schema.columns if name in table.rows.columns]
    frame = pd.DataFrame(index=table.rows.index)
    problems = other_columns(table, schema)
    for name in known:
        column, texts = schema.columns[name], table.rows[name]
        if kind_of(column) is Kind.COUNT:
            texts, masked = _unmasked(texts, table.name, masked_value)
            problems += masked
        if kind_of(column) in _NUMERIC:
            frame[name], unread = _numbers(texts, table)
            problems += unread
        else:
            problems += _unseen(texts, table.name)
            frame[name] = _canonical(texts, levels_of(column))
    broken = _rule_breaks(frame, table, schema, known=known)
    for problem in broken:
        if problem.code == "out_of_range":
            # nothing is computed with a quantity that cannot be
            frame.loc[problem.row, problem.column] = np.nan
    return frame, problems + broken


def _unseen(texts: pd.Series[str], file: str) -> list[Problem]:
    return [
        Problem(
            code="unseen_character",
            file=file,
            row=row,
            column=str(texts.name),
            value=str(texts[row]),
            rule=f"{unseen_cells.RULE}: here {sign}.",
            fix=unseen_cells.FIX,
        )
        for row, sign in unseen_cells.unseen_cells(texts).items()
    ]


def suspect_numbers(
    frame: pd.DataFrame, table: RawTable, schema: pa.DataFrameSchema
) -> list[Remark]:
    """Say which numbers of a study may be codes for missing values, and which stand far off.

    Those that the user keeps are neither. Only quantities have outliers: a count may be large.
    """
    found = []
    for column in frame.select_dtypes("float").columns:
        kept = sorted(table.choices.kept_in(column))
        numbers = frame[column][~table.rows[column].isin(kept)]
        apart = suspects(numbers)
        for value in apart.codes:
            rows = [int(row) for row in numbers.index[numbers == value]]
            fields = {"column": column, "value": f"{value:g}", "rows": listed(rows)}
            sidecar = f"{Path(table.name).stem}.{SIDECAR}"
            found.append(Remark("suspect_code", {**fields, "sidecar": sidecar}))
        if kind_of(schema.columns[column]) is Kind.CONTINUOUS:
            found += [_outlier(numbers, value) for value in apart.outliers]
    return found


def _outlier(numbers: pd.Series[float], value: float) -> Remark:
    row = int(numbers.index[numbers == value][0])
    return Remark("outlier", {"column": str(numbers.name), "value": cell_text(value), "row": row})


def masks(texts: pd.Series[str]) -> pd.Series[bool]:
    """Which cells of a column are masks, spaces aside."""
    return texts.str.replace(" ", "").eq(MASK)


def _unmasked(
    texts: pd.Series[str], file: str, masked_value: int | None
) -> tuple[pd.Series[str], list[Problem]]:
    """Replace masks by what they count as, or name each."""
    masked = masks(texts)
    if masked_value is not None:
        return texts.mask(masked, str(masked_value)), []
    problems = [
        Problem(
            code="masked_count",
            file=file,
            row=int(label),
            column=PUPILS,
            value=MASK,
            rule="This count is masked, and study.yaml does not say what a mask counts as.",
            fix="Give the count, or add 'masked_value: 2' (1 to 4) to study.yaml.",
        )
        for label in texts.index[masked]
    ]
    return texts.mask(masked, "1"), problems


def _numbers(texts: pd.Series[str], table: RawTable) -> tuple[pd.Series[float], list[Problem]]:
    name = str(texts.name)
    typed = table.typed.get(name)
    # a mask that was replaced is no longer what the file holds
    written = None if typed is None else typed.where(texts.eq(table.rows[name]))
    found = parse_numbers(texts, decimal=table.choices.decimal_in(name), typed=written)
    return found.values, [
        Problem(
            code="not_a_number",
            file=table.name,
            row=row,
            column=name,
            value=str(texts[row]),
            rule=rule,
            fix=_NUMBER_FIXES,
        )
        for row, rule in found.wrong.items()
    ]


def _canonical(texts: pd.Series[str], levels: tuple[str, ...]) -> pd.Series[str]:
    """Levels that are numbers may be written as such: ``0,5`` and ``3.0`` become 0.5 and 3."""
    spellings = {
        spelling: level
        for level in levels
        for spelling in (level.replace(".", ","), f"{level}.0", f"{level},0")
        if level[0].isdigit()
    }
    return texts.replace(spellings).astype("str")


def other_columns(table: RawTable, schema: pa.DataFrameSchema) -> list[Problem]:
    """Columns that must be there and are not, and columns that the format does not know."""
    absent = [name for name in schema.columns if name not in table.rows]
    required = [name for name in absent if schema.columns[name].required]
    return missing_columns(table.rows, required, file=table.name) + [
        Problem(
            code="extra_column",
            file=table.name,
            column=name,
            rule="This column is not part of the format and was left out.",
            fix=_near(
                name, absent, "Rename it if it is {}.", "Remove it, or leave it for your own use."
            ),
            severity="warning",
        )
        for name in map(str, table.rows)
        if name not in schema.columns
    ]


def missing_columns(texts: pd.DataFrame, wanted: Iterable[str], *, file: str) -> list[Problem]:
    """Columns that must be there and are not."""
    return [
        Problem(
            code="missing_column",
            file=file,
            column=name,
            rule="This column is missing.",
            fix=_near(
                name,
                [str(other) for other in texts if other not in _FORMAT],
                "Rename {} to it.",
                "Add it; the codebook says what it holds.",
            ),
        )
        for name in wanted
        if name not in texts
    ]


def _near(name: str, others: list[str], advice: str, otherwise: str) -> str:
    """Advice that names the column that was probably meant."""
    by_case = {other.lower(): other for other in others}
    close = get_close_matches(name.lower(), by_case, n=1, cutoff=0.7)
    return advice.format(f"'{by_case[close[0]]}'") if close else otherwise


def _rule_breaks(
    frame: pd.DataFrame, table: RawTable, schema: pa.DataFrameSchema, *, known: list[str]
) -> list[Problem]:
    """Every cell that breaks a rule of its column, by column and row."""
    unread = table.rows[known].notna() & frame.isna()
    present = schema.select_columns(known)
    try:
        present.validate(frame, lazy=True)
    except pandera.errors.SchemaErrors as error:
        cases = row_dicts(error.failure_cases)
        problems = [
            _problem(case, table, schema)
            for case in cases
            # a cell that was not read is named already
            if not unread.at[case["index"], case["column"]]
        ]
        order = {name: place for place, name in enumerate(known)}
        return sorted(problems, key=lambda item: (order[str(item.column)], item.row or 0))
    return []


def _problem(case: dict[str, Any], table: RawTable, schema: pa.DataFrameSchema) -> Problem:
    row, column = int(case["index"]), str(case["column"])
    written = table.rows[column][row]
    rule, fix, code = _broken(case, column, schema, str(written))
    return Problem(
        code=code,
        file=table.name,
        row=row,
        column=column,
        value=None if pd.isna(written) else str(written),
        rule=rule,
        fix=fix,
    )


def _broken(
    case: dict[str, Any], column: str, schema: pa.DataFrameSchema, written: str
) -> tuple[str, str, str]:
    """Rule, mend and code of what pandera found."""
    if case["check"] == "not_nullable":
        return "This may not be empty.", "Fill it in.", "empty_cell"
    if case["check"] == "field_uniqueness":
        return (
            "This name stands more than once in its column.",
            "Give each row a name of its own, or remove the repetition.",
            "duplicate",
        )
    levels = levels_of(schema.columns[column])
    if levels:
        close = get_close_matches(written.lower(), levels, n=1)
        meant = f" Did you mean '{close[0]}'?" if close else ""
        return (
            f"This is none of {', '.join(levels)}.",
            f"Write one of them, or leave the cell empty where it is unknown.{meant}"
            if schema.columns[column].nullable
            else f"Write one of them.{meant}",
            "value_not_allowed",
        )
    return f"This is not {case['check']}.", "Correct it, or leave the cell empty.", "out_of_range"
