"""What the user decides about the reading of a table, in a sidecar file or by options."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, Final

from vm2causal.errors import StudyError

SCHEMA: Final = "vm2causal/table/1"
"""Version of the sidecar, its first line."""

EVERYWHERE: Final = ""
"""Stands for every column where a choice may be of one."""

EMPTY_ROWS: Final = "empty"
"""In ``skip_rows``: the rows that are empty in every variable of the model."""

DECIMALS: Final = (",", ".")

_DIGITS: Final = 7


@dataclass(frozen=True)
class Choices:
    r"""How a table is to be read, as far as its user says so; what is not said is found out.

    Parameters
    ----------
    encoding
        Of a text file, as Python names it: ``utf-8``, ``cp1252``, ``mac_roman``.
    delimiter
        Between the cells of a text file: ``,``, ``;``, ``|`` or a tab (written ``tab``).
    sheet
        Name of the sheet of a workbook.
    header_row
        Row with the column names, from 1, as a spreadsheet counts it.
    skip_rows
        Data rows that are left out, counted as messages count them: from 1, the header not
        counted.
    skip_empty
        Leave out rows that hold nothing of the model.
    decimal
        Decimal mark by column; under ``""`` that of all other columns.
    missing
        By column the texts that stand for a missing value; under ``""`` in every column.
    keep
        The same for texts and numbers that are data, however much they look like a mark of
        missing values.
    fill_down
        Columns in which an empty cell means what the cell above it says.
    """

    encoding: str | None = None
    delimiter: str | None = None
    sheet: str | None = None
    header_row: int | None = None
    skip_rows: tuple[int, ...] = ()
    skip_empty: bool = False
    decimal: Mapping[str, str] = field(default_factory=dict)
    missing: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    keep: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    fill_down: tuple[str, ...] = ()

    def decimal_in(self, column: str) -> str | None:
        """Decimal mark of a column; None where nobody said so."""
        return self.decimal.get(column, self.decimal.get(EVERYWHERE))

    def missing_in(self, column: str) -> frozenset[str]:
        """Texts that stand for a missing value in a column."""
        return frozenset((*self.missing.get(EVERYWHERE, ()), *self.missing.get(column, ())))

    def kept_in(self, column: str) -> frozenset[str]:
        """Texts that are data in a column."""
        return frozenset((*self.keep.get(EVERYWHERE, ()), *self.keep.get(column, ())))

    def overruled_by(self, other: Choices) -> Choices:
        """These choices, with those of ``other`` in their place wherever it makes any."""
        made = {
            item.name: getattr(other, item.name)
            for item in fields(other)
            if getattr(other, item.name) not in (None, (), {}, False)
        }
        return replace(self, **made)

    def to_dict(self) -> dict[str, Any]:
        """The choices that were made, as a sidecar holds them."""
        content: dict[str, Any] = {"schema": SCHEMA}
        for name in ("encoding", "delimiter", "sheet", "header_row"):
            value = getattr(self, name)
            if value is not None:
                content[name] = "tab" if value == "\t" else value
        rows = [*map(str, self.skip_rows), *([EMPTY_ROWS] if self.skip_empty else [])]
        if rows:
            content["skip_rows"] = rows
        for name in ("decimal", "missing", "keep"):
            given = getattr(self, name)
            if given:
                content[name] = {key or "*": _plain(value) for key, value in given.items()}
        if self.fill_down:
            content["fill_down"] = list(self.fill_down)
        return content


def _plain(value: str | tuple[str, ...]) -> str | list[str]:
    return value if isinstance(value, str) else list(value)


def decimal_mark(text: str) -> str:
    """A decimal mark, checked.

    Raises
    ------
    StudyError
        When it is neither comma nor point.
    """
    if text not in DECIMALS:
        raise StudyError(
            "A decimal mark is a comma or a point.", value=text, fix="Write ',' or '.'."
        )
    return text


def delimiter_mark(text: str) -> str:
    r"""A delimiter, checked; ``tab`` is one.

    Raises
    ------
    StudyError
        When it is not one character that may stand between cells.
    """
    mark = "\t" if text in ("tab", "\\t") else text
    if len(mark) != 1 or mark.isalnum() or mark in "\"'\n\r .":
        raise StudyError(
            "A delimiter is one sign between cells.", value=text, fix="Write ',', ';', '|' or tab."
        )
    return mark


def row_number(text: str) -> int:
    """A row, from 1.

    Raises
    ------
    StudyError
        When it is not a whole number from 1.
    """
    if not (text.isascii() and text.isdigit() and len(text) <= _DIGITS and int(text)):
        raise StudyError(
            "A row is a whole number from 1.", value=text, fix="Write 4, for instance."
        )
    return int(text)


def skipped_rows(items: list[str]) -> dict[str, Any]:
    """Rows that are left out: numbers, ranges like ``3-5``, or ``empty``.

    Raises
    ------
    StudyError
        When it is none of these.

    Examples
    --------
    >>> skipped_rows(["3-5", "9", "empty"])
    {'skip_rows': (3, 4, 5, 9), 'skip_empty': True}
    """
    rows: list[int] = []
    for item in items:
        if item != EMPTY_ROWS:
            first, _, last = item.partition("-")
            start = row_number(first)
            rows += range(start, (row_number(last) if last else start) + 1)
    return {"skip_rows": tuple(rows), "skip_empty": EMPTY_ROWS in items}
