"""Typed cells of a workbook → the text a person would type."""

from __future__ import annotations

import math
from datetime import date, datetime, time

from vm2causal.errors import StudyError

_EXACT = 2**53


def cell_text(value: object, *, file: str, row: int, place: int) -> str:
    """Text of a typed cell; empty for an absent value.

    ``row`` and ``place`` say where it stands: data row, and column counted from 1.

    Raises
    ------
    StudyError
        When the cell holds something that is no single value.

    Examples
    --------
    >>> [cell_text(value, file="x", row=1, place=1) for value in (3.0, 0.5, None, True)]
    ['3', '0.5', '', 'true']
    """
    match value:
        case None:
            return ""
        case str():
            return value
        case bool():
            return str(value).lower()
        case int():
            return str(value)
        case float():
            return _float_text(value)
        case datetime():
            return _datetime_text(value)
        case date() | time():
            return value.isoformat()
        case _:
            raise StudyError(
                f"A cell holds one text, number or date, not a {type(value).__name__}.",
                file=file,
                row=row,
                column=column_letter(place),
                fix="Save the table with plain cells.",
            )


def column_letter(place: int) -> str:
    """Letter of a column as spreadsheets show it; ``place`` counts from 1.

    Examples
    --------
    >>> column_letter(1), column_letter(28)
    ('A', 'AB')
    """
    from openpyxl.utils import get_column_letter

    return get_column_letter(place)


def _float_text(value: float) -> str:
    if math.isnan(value):
        return ""
    if value.is_integer() and abs(value) < _EXACT:
        return str(int(value))
    return repr(value)


def _datetime_text(value: datetime) -> str:
    return (value.date() if value.time() == time() else value).isoformat()
