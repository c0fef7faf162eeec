"""What a sheet of a workbook shows beside its cells: hidden and filtered rows, merged cells."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final

from vm2causal.inputs.tables.remarks import Remark, listed

MOST_MERGED: Final = 100_000
"""Columns of merged cells that are looked at."""

_TAG: Final = rb"<(?:\w+:)?%s\b[^>]*>"
_ROW: Final = re.compile(_TAG % rb"row")
_COLUMN: Final = re.compile(_TAG % rb"col")
_MERGED: Final = re.compile(rb'<(?:\w+:)?mergeCell\b[^>]*\bref="([A-Z]+)(\d+):([A-Z]+)(\d+)"')
_FILTER: Final = re.compile(_TAG % rb"autoFilter")
_HIDDEN: Final = re.compile(rb'\bhidden="(?:1|true)"')
_NUMBER: Final = re.compile(rb'\br="(\d+)"')
_SPAN: Final = {end: re.compile(rb'\b%s="(\d+)"' % end) for end in (b"min", b"max")}


@dataclass(frozen=True)
class SheetFacts:
    """What is to be said of a sheet, and which cells are empty because they are merged.

    ``merged`` holds a column and the first and last of such rows, all from 1.
    """

    notes: tuple[Remark, ...]
    merged: tuple[tuple[int, int, int], ...]


def sheet_facts(xml: bytes, *, width: int) -> SheetFacts:
    """Look for these in the XML of a sheet: a reader that streams cells passes over them.

    Parameters
    ----------
    width
        Columns of the table; what is hidden beyond them is nothing. A cell merged over all of them
        is a title or a note.

    Examples
    --------
    >>> facts = sheet_facts(b'<row r="2" hidden="1"></row><mergeCell ref="A1:B3"/>', width=4)
    >>> [note.code for note in facts.notes], facts.merged
    (['hidden_rows'], ((1, 2, 3), (2, 1, 3)))
    """
    notes = []
    rows = [
        int(number.group(1))
        for tag in _ROW.findall(xml)
        if _HIDDEN.search(tag) and (number := _NUMBER.search(tag))
    ]
    if rows:
        code = "filtered_rows" if _FILTER.search(xml) else "hidden_rows"
        notes.append(Remark(code, {"rows": listed(rows), "count": len(rows)}))
    columns = [
        _letter(column)
        for tag in _COLUMN.findall(xml)
        if _HIDDEN.search(tag)
        for column in _spanned(tag, width)
    ]
    if columns:
        notes.append(Remark("hidden_columns", {"columns": listed(columns)}))
    merged = (
        empty for found in _MERGED.findall(xml) for empty in _emptied(*_corners(*found), width)
    )
    return SheetFacts(tuple(notes), tuple(islice(merged, MOST_MERGED + 1)))


def _spanned(tag: bytes, width: int) -> range:
    """Columns that a tag is about, as far as the table goes."""
    first, last = (found.group(1) if (found := end.search(tag)) else b"0" for end in _SPAN.values())
    return range(max(int(first), 1), min(int(last), width) + 1)


def _corners(left: bytes, top: bytes, right: bytes, bottom: bytes) -> tuple[int, int, int, int]:
    return _place(left), int(top), _place(right), int(bottom)


def _emptied(
    left: int, top: int, right: int, bottom: int, width: int
) -> Iterator[tuple[int, int, int]]:
    """Rows by column that are empty because the value stands at the top left alone."""
    if bottom > top:
        yield left, top + 1, bottom
    if bottom > top or not (left == 1 and right >= width):
        yield from ((column, top, bottom) for column in range(left + 1, min(right, width) + 1))


def _letter(place: int) -> str:
    from openpyxl.utils import get_column_letter

    return get_column_letter(place)


def _place(letters: bytes) -> int:
    from openpyxl.utils import column_index_from_string

    return column_index_from_string(letters.decode())
