"""Typed cells of a workbook, a database or a statistical program → the text a person would type."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, Final

_EXACT: Final = 2**53


@dataclass(frozen=True)
class ErrorCell:
    """A cell that holds nothing to compute with: what is wrong, and the mend."""

    text: str
    rule: str
    fix: str


@dataclass(frozen=True)
class Labelled:
    """A number that carries a label: the answer "eens" and its code 4."""

    text: str
    number: float


def plain_cell(value: object) -> Any:
    """A cell as tables hold it: a text, a number, a date, or an :class:`ErrorCell`.

    Examples
    --------
    >>> plain_cell(Decimal("1.50")), plain_cell([1]).text
    (1.5, '[1]')
    """
    match value:
        case None | str() | int() | float() | date() | time():
            return value
        case Decimal():
            return float(value)
    return ErrorCell(
        str(value),
        f"A cell holds one text, number or date, not a {type(value).__name__}.",
        "Save the table with plain cells.",
    )


def cell_text(value: object) -> str:
    """Text of a plain cell; empty for an absent value.

    Examples
    --------
    >>> [cell_text(value) for value in (3.0, 0.5, None, True)]
    ['3', '0.5', '', 'true']
    """
    match value:
        case None:
            return ""
        case ErrorCell() | Labelled():
            return value.text
        case bool():
            return str(value).lower()
        case float():
            return _float_text(value)
        case datetime():
            return _datetime_text(value)
        case date() | time():
            return value.isoformat()
    return str(value).strip()


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
