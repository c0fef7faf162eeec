"""Cells as they stand in a file → a table of texts and numbers with checked column names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from vm2causal.errors import StudyError
from vm2causal.inputs.tables.cell_text import ErrorCell, Labelled, cell_text
from vm2causal.inputs.tables.choices import Choices
from vm2causal.inputs.tables.headers import header_place, refuse_header
from vm2causal.inputs.tables.remarks import Remark, listed


@dataclass(frozen=True)
class Grid:
    """Cells of a file, not looked at yet; an empty cell is None or an empty text.

    Parameters
    ----------
    lines
        Every row of the file, the header and what stands above it included.
    numbers
        Line of the file at which each row starts, where rows are not simply counted.
    orders
        By column the levels that the file defines, with their codes and in the order of these.
    labels
        By column what the file says it holds.
    """

    lines: list[list[Any]]
    delimiter: str | None = None
    encoding: str | None = None
    sheet: str | None = None
    numbers: Sequence[int] | None = None
    orders: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[Remark, ...] = ()
    merged: tuple[tuple[int, int, int], ...] = ()
    """Cells empty because they are merged: column, and first and last such row, all from 1."""
    ragged: bool = False
    """Whether rows end at their last cell, so that short ones are whole."""


@dataclass(frozen=True)
class RawTable:
    """A table as it was read: nothing interpreted.

    Parameters
    ----------
    name
        Base name of the file, and the sheet where a workbook has several.
    rows
        Texts without surrounding spaces, NA where empty. Indexed by data row: from 1, the header
        not counted, empty rows counted and left out.
    typed
        By column the numbers that the file holds as numbers (workbooks, Parquet, SPSS, Stata);
        NaN where a cell holds none. Texts among them are in ``rows`` alone.
    header_row
        Row with the column names, as a spreadsheet counts it.
    lines
        Line of the file by data row.
    delimiter
        Of a delimited file with more than one column.
    encoding
        Of a text file.
    choices
        What the user decided about the reading.
    sheet
        Of a workbook.
    orders, labels
        Of :class:`Grid`.
    sidecar
        Name of the file that held these decisions, as far as they stood in one.
    notes
        What was done that the user may not expect.
    merged
        Data rows that are empty because a merged cell reaches into them, by column.
    errors
        Cells that hold nothing to compute with, by column and data row; refused where the column
        is used, see :meth:`refuse_errors`.
    """

    name: str
    rows: pd.DataFrame = field(repr=False)
    typed: Mapping[str, pd.Series[float]] = field(default_factory=dict, repr=False)
    header_row: int = 1
    lines: Mapping[int, int] = field(default_factory=dict, repr=False)
    delimiter: str | None = None
    encoding: str | None = None
    sheet: str | None = None
    choices: Choices = field(default_factory=Choices)
    sidecar: str | None = None
    orders: Mapping[str, Mapping[str, float]] = field(default_factory=dict, repr=False)
    labels: Mapping[str, str] = field(default_factory=dict, repr=False)
    notes: tuple[Remark, ...] = ()
    merged: Mapping[str, tuple[int, ...]] = field(default_factory=dict, repr=False)
    errors: Mapping[str, Mapping[int, ErrorCell]] = field(default_factory=dict, repr=False)

    def place(self, row: int | None, column: str | None = None) -> dict[str, Any]:
        """Where something stands, as errors take it; the line where it is not the next to the row.

        Examples
        --------
        >>> RawTable("t.csv", pd.DataFrame(), lines={3: 7}).place(3, "x")
        {'file': 't.csv', 'line': 7, 'row': 3, 'column': 'x'}
        """
        line = None if row is None else self.lines.get(row)
        told = line if row is not None and line != row + 1 else None
        return {"file": self.name, "line": told, "row": row, "column": column}

    def refuse_errors(self, column: str, rows: Iterable[int] | None = None) -> None:
        """Refuse an error in a cell of a column that is used, such as #DIV/0!.

        Parameters
        ----------
        rows
            Data rows that count; all where None.

        Raises
        ------
        StudyError
            With the first of them.
        """
        wrong = self.errors.get(column, {})
        for row in wrong if rows is None else sorted(set(rows) & set(wrong)):
            cell = wrong[row]
            raise StudyError(cell.rule, **self.place(row, column), value=cell.text, fix=cell.fix)

    def renamed(self, names: Mapping[str, str]) -> RawTable:
        """The same table with other names of columns."""
        return replace(
            self,
            rows=self.rows.rename(columns=dict(names)),
            typed={names.get(key, key): item for key, item in self.typed.items()},
            orders={names.get(key, key): item for key, item in self.orders.items()},
            labels={names.get(key, key): item for key, item in self.labels.items()},
            merged={names.get(key, key): item for key, item in self.merged.items()},
            errors={names.get(key, key): item for key, item in self.errors.items()},
        )


def table_of(grid: Grid, name: str, choices: Choices | None = None) -> RawTable:
    """Make a table of the cells of a file.

    Raises
    ------
    StudyError
        When column names are absent, blank or repeated, or a row is longer or shorter than the
        header.
    """
    choices = choices or Choices()
    at = header_place(grid.lines, choices.header_row, name)
    header = [_text(cell) for cell in grid.lines[at]] if grid.lines else []
    body = _without_skipped(grid.lines[at + 1 :], choices.skip_rows, name)
    if grid.ragged:
        body = [_fitted(row, len(header)) for row in body]
    width, dropped = _used_width(header, body)
    header = header[:width]
    refuse_header(header, name)
    body = _even_rows([row[:width] for row in body] if dropped else body, width, name)
    index = range(1, len(body) + 1)
    texts = pd.DataFrame(
        [[_text(cell) for cell in row] for row in body], columns=header, index=index, dtype="str"
    )
    rows = texts.mask(texts == "")
    filled = rows.notna().any(axis=1)
    notes = [*grid.notes]
    if dropped:
        notes.append(Remark("empty_columns"))
    empty = [row for row in rows.index[~filled] if row not in choices.skip_rows]
    if empty:
        notes.append(Remark("empty_rows", {"count": len(empty)}))
    if choices.skip_rows:
        notes.append(Remark("skipped_rows", {"rows": listed(sorted(choices.skip_rows))}))
    if at:
        notes.append(Remark("header_row", {"row": at + 1}))
    numbers = grid.numbers or range(1, len(grid.lines) + 1)
    return RawTable(
        name=name,
        rows=rows[filled],
        typed={key: item[filled] for key, item in _typed(body, header, index).items()},
        header_row=at + 1,
        lines=dict(zip(index, numbers[at + 1 :], strict=True)),
        delimiter=grid.delimiter,
        encoding=grid.encoding,
        sheet=grid.sheet,
        choices=choices,
        orders=grid.orders,
        labels=grid.labels,
        notes=tuple(notes),
        merged=_merged_rows(grid, header, at),
        errors=_errors(body, header, index),
    )


def _text(cell: Any) -> str:
    return cell.strip() if isinstance(cell, str) else cell_text(cell)


def _number(cell: Any) -> float:
    """The number that a cell holds as a number; NaN for texts, dates and truth values."""
    value = cell.number if isinstance(cell, Labelled) else cell
    if isinstance(value, bool) or not isinstance(value, int | float):
        return np.nan
    return float(value)


def _typed(
    body: list[list[Any]], header: list[str], index: Sequence[int]
) -> dict[str, pd.Series[float]]:
    found = {}
    for place, column in enumerate(header):
        numbers = np.array([_number(row[place]) for row in body])
        if not np.isnan(numbers).all():
            found[column] = pd.Series(numbers, index=list(index), name=column)
    return found


def _merged_rows(grid: Grid, header: list[str], at: int) -> dict[str, tuple[int, ...]]:
    found: dict[str, list[int]] = {}
    for column, first, last in grid.merged:
        # rows of the sheet, of which the header is number at + 1; a cell may reach far below them
        rows = range(max(first, at + 2), min(last, len(grid.lines)) + 1)
        if column <= len(header) and rows:
            found.setdefault(header[column - 1], []).extend(row - at - 1 for row in rows)
    return {column: tuple(rows) for column, rows in found.items()}


def _used_width(header: list[str], body: list[list[Any]]) -> tuple[int, bool]:
    """Columns up to the last that holds anything, where rows are even: spreadsheets leave more."""
    used = max((number for number, cell in enumerate(header, start=1) if cell), default=0)
    width = len(header)
    if used in (0, width) or any(len(row) not in (0, width) for row in body):
        return width, False
    if any(_text(cell) for row in body for cell in row[used:]):
        return width, False
    return used, True


def _without_skipped(body: list[list[Any]], rows: Sequence[int], name: str) -> list[list[Any]]:
    """Rows with those emptied that are to be left out."""
    beyond = [row for row in rows if row > len(body)]
    if beyond:
        raise StudyError(
            f"This row was to be left out, and the table has {len(body)}.",
            file=name,
            row=beyond[0],
            fix="Count data rows from 1, the header not counted.",
        )
    left_out = set(rows)
    return [[] if number in left_out else row for number, row in enumerate(body, start=1)]


def _fitted(row: list[Any], width: int) -> list[Any]:
    """A row of a sheet as long as the header; what is filled beyond it stays, to be refused."""
    if any(_text(cell) for cell in row[width:]):
        return row
    return [*row[:width], *[""] * (width - len(row))]


def _even_rows(body: list[list[Any]], width: int, name: str) -> list[list[Any]]:
    """Rows as long as the header; empty ones are filled up, others of another length refused."""
    even = []
    for number, row in enumerate(body, start=1):
        if len(row) == width:
            even.append(row)
        elif any(_text(cell) for cell in row):
            raise _uneven(row, width, name, number)
        else:
            even.append([""] * width)
    return even


def _uneven(row: list[Any], width: int, name: str, number: int) -> StudyError:
    return StudyError(
        f"This row has {len(row)} fields where the header has {width}.",
        file=name,
        row=number,
        fix="Put a cell that holds the delimiter in double quotes, or fill in the row; a note "
        f"below the table is left out with --skip-rows {number}.",
    )


def _errors(
    body: list[list[Any]], header: list[str], index: Sequence[int]
) -> dict[str, dict[int, ErrorCell]]:
    """Cells that hold an error, by column and data row."""
    found: dict[str, dict[int, ErrorCell]] = {}
    for number, row in zip(index, body, strict=True):
        for column, cell in zip(header, row, strict=True):
            if isinstance(cell, ErrorCell):
                found.setdefault(column, {})[number] = cell
    return found
