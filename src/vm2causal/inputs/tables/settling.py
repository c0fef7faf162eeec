"""The columns of a table as a model needs them, and the record of every decision taken for that.

What a decision could get wrong by a factor, a level or a row is refused, with the mend; what is
harmless is done and said. Either way the user can decide otherwise, in a sidecar or by options.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from shlex import quote
from typing import Any, Final

import numpy as np
import pandas as pd

from vm2causal.errors import StudyError
from vm2causal.inputs.tables.cell_text import cell_text
from vm2causal.inputs.tables.codes import suspects
from vm2causal.inputs.tables.doubtful_levels import level_remarks, refuse_doubtful
from vm2causal.inputs.tables.marks import marks_remark, without_marks
from vm2causal.inputs.tables.numerals import AMBIGUOUS, NOT_A_NUMBER, parse_numbers
from vm2causal.inputs.tables.raw import RawTable
from vm2causal.inputs.tables.remarks import Remark, listed
from vm2causal.inputs.tables.spelling import one_spelling, respelled, spelling_remarks
from vm2causal.inputs.tables.strays import (
    empty_rows,
    headers_again,
    looks_merged,
    notes_below,
    same_rows,
    total_rows,
)
from vm2causal.inputs.tables.unseen_cells import refuse_unseen
from vm2causal.inputs.tables.uses import Role, Use

_SHOWN: Final = 5


@dataclass(frozen=True)
class ColumnRecord:
    """How one column was read.

    Parameters
    ----------
    decimal
        Decimal mark of its texts; None where they show none.
    missing
        How often each mark of a missing value stood there.
    spellings
        Other spellings by level.
    """

    column: str
    role: Role
    decimal: str | None = None
    missing: Mapping[str, int] = field(default_factory=dict)
    spellings: Mapping[str, list[str]] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """The record as JSON holds it."""
        return {
            "column": self.column,
            "role": self.role.value,
            "decimal": self.decimal,
            "missing": dict(self.missing),
            "spellings": dict(self.spellings),
        }


@dataclass(frozen=True)
class SettledTable:
    """The columns a model uses, settled; indexed by data row.

    ``frame`` holds floats where numbers are wanted, else texts in one spelling per level.
    """

    frame: pd.DataFrame = field(repr=False)
    columns: tuple[ColumnRecord, ...]
    remarks: tuple[Remark, ...]

    @property
    def outlying(self) -> tuple[int, ...]:
        """Rows in which a number occurs once and stands far from all others of its column."""
        rows = {int(item.fields["row"]) for item in self.remarks if item.code == "outlier"}
        return tuple(sorted(rows))


def settled(raw: RawTable, uses: Sequence[Use]) -> SettledTable:
    """Settle the columns that a model uses.

    Parameters
    ----------
    raw
        The table as it was read, with the choices of its user.
    uses
        Columns that are there, each once.

    Raises
    ------
    StudyError
        When a number is ambiguous or none, a value may be a code for a missing one, a level is
        not declared, or rows are no units; with file, row, value and mend.
    """
    _refuse_rows(raw, headers_again(raw.rows), "The column names stand here again")
    rows, typed = _filled_down(raw, uses)
    remarks: list[Remark] = []
    columns, records = {}, []
    for use in uses:
        texts, marks = without_marks(rows[use.column], use, raw.choices)
        raw.refuse_errors(use.column, texts.index[texts.notna()])
        column, record = _column(raw, use, texts, typed.get(use.column), marks)
        columns[use.column] = column
        records.append(record)
    frame = rows.assign(**columns)
    left_out = _left_out(raw, rows, frame, uses)
    frame = frame.drop(index=left_out)
    if left_out:
        remarks.append(Remark("empty_units", {"rows": listed(left_out)}))
    if repeated := same_rows(raw.rows.loc[frame.index]):
        remarks.append(Remark("same_rows", {"rows": listed(repeated)}))
    for use, record in zip(uses, records, strict=True):
        remarks += _remarks(record)
        if not use.numeric and not use.levels:
            remarks += level_remarks(use.column, frame[use.column].dropna().unique())
        if use.role is not Role.GROUP or not use.levels:
            remarks += suspected(raw, use, frame[use.column])
    return SettledTable(frame, tuple(records), tuple(remarks))


def _filled_down(
    raw: RawTable, uses: Sequence[Use]
) -> tuple[pd.DataFrame, dict[str, pd.Series[float]]]:
    """The table with merged cells filled down where the user says so, else refused."""
    rows, typed = raw.rows, dict(raw.typed)
    for column in raw.choices.fill_down:
        if column not in rows:
            raise StudyError(
                "This column was to be filled down and is not there.",
                file=raw.name,
                column=column,
                value=", ".join(map(str, list(rows.columns)[:12])),
                fix="Write its name as in the header.",
            )
        # the row that each value comes from, so that its text and its number stay together
        origin = rows.index.to_series().where(rows[column].notna()).ffill()
        rows = rows.assign(**{column: rows[column].ffill()})
        if column in typed:
            typed[column] = origin.map(typed[column])
    for use in uses:
        _refuse_merged(raw, use, rows[use.column])
    return rows, typed


def _refuse_merged(raw: RawTable, use: Use, texts: pd.Series[str]) -> None:
    if use.column in raw.choices.fill_down or "" in raw.choices.kept_in(use.column):
        return
    empty = sorted(row for row in raw.merged.get(use.column, ()) if row in texts.index)
    if empty:
        rule = "Cells of this column are merged, and hold their value at the top left only."
    elif looks_merged(texts, use.role):
        rule = "This looks like merged cells: a value in the first row of each block only."
        empty = [int(row) for row in texts.index[texts.isna()]]
    else:
        return
    raise StudyError(
        f"{rule} Empty rows: {listed(empty)}.",
        **raw.place(empty[0], use.column),
        fix=f"Fill the value down with --fill-down {quote(use.column)} where they are merged "
        f"downwards, or fill it in in the table; --keep {quote(f'{use.column}=')} leaves these "
        "rows empty.",
    )


def _column(
    raw: RawTable,
    use: Use,
    texts: pd.Series[str],
    typed: pd.Series[float] | None,
    marks: Mapping[str, int],
) -> tuple[pd.Series[Any], ColumnRecord]:
    known = None if typed is None else typed.where(texts.notna())
    if use.numeric:
        found = parse_numbers(texts, decimal=raw.choices.decimal_in(use.column), typed=known)
        if found.wrong:
            _refuse_numbers(raw, use, texts, found.wrong)
        return found.values, ColumnRecord(use.column, use.role, found.decimal, marks)
    if use.role is Role.SCALE and not use.levels:
        texts = _answers(raw, use, texts, known)
    refuse_unseen(raw, use.column, texts)
    levels = use.levels or tuple(raw.orders.get(use.column, ()))
    chosen = one_spelling(texts.dropna(), levels)
    column = texts.map(chosen, na_action="ignore")
    if use.levels and known is not None:
        # a labelled value may be declared by its code
        codes = known.map(cell_text, na_action="ignore")
        column = column.where(column.isin(use.levels) | ~codes.isin(use.levels), codes)
    if use.levels:
        _refuse_other_levels(raw, use, column)
    refuse_doubtful(raw, use, column)
    record = ColumnRecord(use.column, use.role, None, marks, respelled(chosen))
    return column.astype("str"), record


def _answers(
    raw: RawTable, use: Use, texts: pd.Series[str], typed: pd.Series[float] | None
) -> pd.Series[str]:
    """Answers that are numbers, in one spelling per number; other texts as they stand.

    Where no order is declared that of numbers is the only one known, so each is read as one.
    """
    found = parse_numbers(texts, decimal=raw.choices.decimal_in(use.column), typed=typed)
    unclear = {row: rule for row, rule in found.wrong.items() if rule != NOT_A_NUMBER}
    if unclear:
        _refuse_numbers(raw, use, texts, unclear)
    return texts.mask(found.values.notna(), found.values.map(cell_text))


def _refuse_numbers(
    raw: RawTable, use: Use, texts: pd.Series[str], wrong: Mapping[int, str]
) -> None:
    row, rule = next(iter(wrong.items()))
    alike = [f"'{texts[label]}'" for label, other in wrong.items() if other == rule]
    if rule == AMBIGUOUS:
        fix = (
            f"Say which with --decimal '{use.column}=,' or --decimal '{use.column}=.'; or write "
            f"these {len(alike)} without a mark for thousands: {', '.join(alike[:_SHOWN])}."
        )
    else:
        fix = (
            "Correct it, give the variable another kind in the model file, or say that it is "
            f"missing with --missing {quote(f'{use.column}={texts[row]}')}."
        )
    raise StudyError(rule, **raw.place(row, use.column), value=texts[row], fix=fix)


def _refuse_other_levels(raw: RawTable, use: Use, column: pd.Series[str]) -> None:
    wrong = column.notna() & ~column.isin(use.levels)
    if wrong.any():
        row = int(str(column.index[wrong][0]))
        raise StudyError(
            f"This is none of {', '.join(use.levels)}.",
            **raw.place(row, use.column),
            value=column[row],
            fix="Correct the value, or the levels in the model file, or say that it is missing "
            f"with --missing {quote(f'{use.column}={column[row]}')}.",
        )


def _left_out(
    raw: RawTable, rows: pd.DataFrame, frame: pd.DataFrame, uses: Sequence[Use]
) -> list[int]:
    """Rows empty in every variable, if the user says so; else refused, as notes and totals are."""
    kept = sorted(raw.choices.kept_in(""))
    candidates = rows[~rows.isin(kept).any(axis=1)] if kept else rows
    variables = [use.column for use in uses if use.role is not Role.GROUP]
    empty = empty_rows(frame.loc[candidates.index], variables)
    body = candidates.drop(index=empty)
    below = notes_below(body)
    _refuse_rows(raw, below, "These rows hold a note below the table")
    numeric = [use.column for use in uses if use.numeric]
    totals = total_rows(body, frame.loc[body.index, numeric], uses)
    _refuse_rows(raw, totals, "These rows are totals or means of others")
    if raw.choices.skip_empty:
        return empty
    what = "These rows are empty in every variable of the model"
    _refuse_rows(raw, empty, what, more=" or 'empty'")
    return []


def _refuse_rows(raw: RawTable, found: Sequence[int], what: str, *, more: str = "") -> None:
    if found:
        text = raw.rows.loc[found[0]].dropna()
        raise StudyError(
            f"{what}: {listed(list(found))}.",
            **raw.place(found[0]),
            value=text.iloc[0],
            fix=f"Leave them out with --skip-rows {_ranges(found)}{more}; or say --keep with a "
            "text of such a row if it is a unit like the others.",
        )


def _ranges(rows: Iterable[int]) -> str:
    """Row numbers as ``--skip-rows`` takes them.

    Examples
    --------
    >>> _ranges([3, 4, 5, 9])
    '3-5,9'
    """
    parts: list[list[int]] = []
    for row in rows:
        if parts and row == parts[-1][-1] + 1:
            parts[-1].append(row)
        else:
            parts.append([row])
    return ",".join(f"{part[0]}-{part[-1]}" if len(part) > 1 else str(part[0]) for part in parts)


def _remarks(record: ColumnRecord) -> list[Remark]:
    return [
        *marks_remark(record.column, record.missing),
        *spelling_remarks(record.column, record.spellings),
    ]


def suspected(raw: RawTable, use: Use, column: pd.Series[Any]) -> list[Remark]:
    """Refuse codes for missing values that nobody named, and say which values stand far off.

    Raises
    ------
    StudyError
        With the first such code and its rows.
    """
    numbers = column if use.numeric else _level_numbers(use, column)
    if numbers is None:
        return []
    kept = raw.choices.kept_in(use.column)
    data = numbers[~numbers.map(cell_text).isin(sorted(kept))]
    found = suspects(data, levels=not use.numeric)
    if found.codes:
        value = found.codes[0]
        rows = [int(row) for row in numbers.index[numbers == value]]
        text = cell_text(value)
        option = quote(f"{use.column}={text}")
        others = numbers[numbers.notna() & ~numbers.isin(found.codes)]
        raise StudyError(
            f"This value stands apart from all others ({cell_text(float(others.min()))} to "
            f"{cell_text(float(others.max()))}) and may be a code for a missing one; rows "
            f"{listed(rows)}.",
            **raw.place(rows[0], use.column),
            value=text,
            fix=f"Say that it is missing with --missing {option}, or 'missing: [{text}]' in the "
            f"model file or a sidecar; or that it is data with --keep {option}.",
        )
    return [
        Remark(
            "outlier",
            {
                "column": use.column,
                "value": cell_text(value),
                "row": int(numbers.index[numbers == value][0]),
            },
        )
        for value in (found.outliers if use.numeric else ())
    ]


def _level_numbers(use: Use, column: pd.Series[str]) -> pd.Series[float] | None:
    """Levels that are numbers, where they are not declared; None where one is a word."""
    if use.levels:
        return None
    numbers = pd.to_numeric(column, errors="coerce")
    words = column.notna() & ~np.isfinite(numbers)
    return None if words.any() else numbers.astype(np.float64)
