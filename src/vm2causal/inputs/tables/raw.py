"""Cells as they stand in a file → a table of texts with checked column names."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import pandas as pd

from vm2causal.errors import StudyError
from vm2causal.inputs.tables.numerals import decimal_marks

_NUMBER: Final = re.compile(r"[-+]?[\d.,]*\d[\d.,]*")


@dataclass(frozen=True)
class Grid:
    """Cells of a file, not looked at yet; an empty cell is an empty text.

    ``header`` holds the first row with anything in it, ``rows`` all rows below it. ``decimal`` is
    the decimal mark where the kind of file settles it.
    """

    header: list[str]
    rows: list[list[str]]
    delimiter: str | None = None
    encoding: str | None = None
    decimal: str | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class RawTable:
    """A table as it was read: texts, nothing interpreted.

    Parameters
    ----------
    name
        Base name of the file.
    rows
        Texts without surrounding spaces, NA where empty. Indexed by data row as a spreadsheet
        shows it: from 1, the header not counted, empty rows counted and left out.
    delimiter
        Of a delimited file with more than one column.
    encoding
        Of a text file.
    decimal
        ``","`` or ``"."`` where the file shows which; None when it does not, or shows both.
    notes
        What was done that the user may not expect, as sentences.
    """

    name: str
    rows: pd.DataFrame = field(repr=False)
    delimiter: str | None = None
    encoding: str | None = None
    decimal: str | None = None
    notes: tuple[str, ...] = ()


def table_of(grid: Grid, name: str) -> RawTable:
    """Make a table of texts of the cells of a file.

    Raises
    ------
    StudyError
        When column names are absent, blank or repeated, or a row is longer or shorter than the
        header.
    """
    grid, dropped = _without_empty_tail(grid)
    header = [cell.strip() for cell in grid.header]
    _check_header(header, name)
    _check_widths(grid.rows, len(header), name)
    cells = pd.DataFrame(
        grid.rows, columns=header, index=range(1, len(grid.rows) + 1), dtype="str"
    ).apply(lambda column: column.str.strip())
    rows = cells.mask(cells == "")
    filled = rows.notna().any(axis=1)
    notes = [*grid.notes]
    if dropped:
        notes.append("Empty columns without a name, at the end of the table, were left out.")
    if not filled.all():
        notes.append(f"Empty rows were left out: {int((~filled).sum())}.")
    rows = rows[filled]
    return RawTable(
        name=name,
        rows=rows,
        delimiter=grid.delimiter,
        encoding=grid.encoding,
        decimal=_settled(decimal_marks(rows), grid.decimal),
        notes=tuple(notes),
    )


def _settled(shown: set[str], by_format: str | None) -> str | None:
    """The one decimal mark there is evidence for; none when the evidence disagrees."""
    marks = shown | ({by_format} if by_format else set())
    return marks.pop() if len(marks) == 1 else None


def _without_empty_tail(grid: Grid) -> tuple[Grid, int]:
    """Take away columns at the end that hold nothing at all: spreadsheets leave them behind."""
    width = len(grid.header)
    used = max(
        (number for number, cell in enumerate(grid.header, start=1) if cell.strip()), default=0
    )
    if used in (0, width) or any(len(row) not in (0, width) for row in grid.rows):
        return grid, 0
    if any(cell.strip() for row in grid.rows for cell in row[used:]):
        return grid, 0
    rows = [row[:used] for row in grid.rows]
    return replace(grid, header=grid.header[:used], rows=rows), width - used


def _check_header(header: Sequence[str], name: str) -> None:
    if not any(header):
        raise StudyError(
            "This table has no header.", file=name, fix="Put the column names in the first row."
        )
    if all(_NUMBER.fullmatch(cell) for cell in header):
        raise StudyError(
            "The first row holds numbers where column names are expected.",
            file=name,
            value=header[0],
            fix="Put the column names in the first row.",
        )
    if "" in header:
        raise StudyError(
            f"Column {header.index('') + 1} has no name.",
            file=name,
            fix="Name it or remove it; split header cells that are merged over several columns.",
        )
    repeated = [column for column, times in Counter(header).items() if times > 1]
    if repeated:
        raise StudyError(
            "This column name stands twice.",
            file=name,
            column=repeated[0],
            fix="Rename or remove one of the two.",
        )


def _check_widths(rows: list[list[str]], width: int, name: str) -> None:
    """Refuse rows of another length; empty ones are filled up."""
    for number, row in enumerate(rows, start=1):
        if not any(cell.strip() for cell in row):
            row[:] = [""] * width
        elif len(row) != width:
            raise StudyError(
                f"This row has {len(row)} fields where the header has {width}.",
                file=name,
                row=number,
                fix="Put a cell that holds the delimiter in double quotes, or fill in the row.",
            )
