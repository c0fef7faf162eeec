"""What a sheet of a workbook shows beside its cells: hidden and filtered rows, merged cells."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from vm2causal.inputs.tables.remarks import Remark, listed

_TAG: Final = rb"<(?:\w+:)?%s\b[^>]*>"
_ROW: Final = re.compile(_TAG % rb"row")
_COLUMN: Final = re.compile(_TAG % rb"col")
_MERGED: Final = re.compile(rb'<(?:\w+:)?mergeCell\b[^>]*\bref="([A-Z]+)(\d+):([A-Z]+)(\d+)"')
_FILTER: Final = re.compile(_TAG % rb"autoFilter")
_HIDDEN: Final = re.compile(rb'\bhidden="(?:1|true)"')
_NUMBER: Final = re.compile(rb'\br="(\d+)"')
_MIN: Final = re.compile(rb'\bmin="(\d+)"')


@dataclass(frozen=True)
class SheetFacts:
    """What is to be said of a sheet, and the cells that are merged downwards.

    ``merged`` holds column, first and last row, all from 1.
    """

    notes: tuple[Remark, ...]
    merged: tuple[tuple[int, int, int], ...]


def sheet_facts(xml: bytes) -> SheetFacts:
    """Look for these in the XML of a sheet: a reader that streams cells passes over them.

    Examples
    --------
    >>> facts = sheet_facts(b'<row r="2" hidden="1"></row><mergeCell ref="A1:B3"/>')
    >>> [note.code for note in facts.notes], facts.merged
    (['hidden_rows'], ((1, 1, 3), (2, 1, 3)))
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
        _letter(int(first.group(1)))
        for tag in _COLUMN.findall(xml)
        if _HIDDEN.search(tag) and (first := _MIN.search(tag))
    ]
    if columns:
        notes.append(Remark("hidden_columns", {"columns": listed(columns)}))
    merged = [
        (column, int(top), int(bottom))
        for left, top, right, bottom in _MERGED.findall(xml)
        if int(bottom) > int(top)
        for column in range(_place(left), _place(right) + 1)
    ]
    return SheetFacts(tuple(notes), tuple(merged))


def _letter(place: int) -> str:
    from openpyxl.utils import get_column_letter

    return get_column_letter(place)


def _place(letters: bytes) -> int:
    from openpyxl.utils import column_index_from_string

    return column_index_from_string(letters.decode())
