"""Numbers as people write them: decimal comma or point, separators for thousands.

``1.234`` is one and a bit or more than a thousand, and only the rest of the column or the file can
tell. Where neither does, the number is refused: guessing would be wrong by a factor of thousand.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Final

import numpy as np
import pandas as pd

_INTEGER: Final = re.compile(r"[-+]?\d+(?:[eE][-+]?\d{1,3})?")
_SPACED: Final = re.compile(r"([-+]?\d{1,3}(?:[ \u00a0\u202f]\d{3})+)((?:[.,]\d+)?)")
_ONE_MARK: Final = re.compile(r"[-+]?\d*([.,])\d+(?:[eE][-+]?\d{1,3})?")
_GROUPED: Final = re.compile(r"[-+]?[1-9]\d{0,2}(?:([.,])\d{3})(?:\1\d{3})*(?:(?!\1)[.,]\d+)?")
_AMBIGUOUS: Final = re.compile(r"[-+]?[1-9]\d{0,2}([.,])\d{3}")

NOT_A_NUMBER: Final = "This is not a number."
AMBIGUOUS: Final = "This can be read as a fraction and as thousands."
CONTRADICTS: Final = "This number has another decimal mark than others in its column."


def decimal_marks(table: pd.DataFrame) -> set[str]:
    """Decimal marks that the numbers of a table show.

    Examples
    --------
    >>> decimal_marks(pd.DataFrame({"a": ["16,5", "x"], "b": ["1.234", "3"]}, dtype="str"))
    {','}
    """
    return {mark for name in table.columns for mark in _marks(table[name])}


def number_text(value: float) -> str:
    """Shortest text that reads back as this very number, whatever stands around it.

    Examples
    --------
    >>> number_text(16.0), number_text(16.5), number_text(1.234)
    ('16', '16.5', '1.2340')
    """
    text = str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    return f"{text}0" if _AMBIGUOUS.fullmatch(text) else text


def parse_numbers(
    values: pd.Series[str], *, decimal: str | None = None
) -> tuple[pd.Series[float], Mapping[int, str]]:
    """Read a column of texts as numbers.

    Parameters
    ----------
    values
        Texts, NA where empty.
    decimal
        Decimal mark of the rest of the file, used where the column does not settle it.

    Returns
    -------
    tuple
        The numbers (NaN where empty or not read), and by index label what is wrong.

    Examples
    --------
    >>> numbers, wrong = parse_numbers(pd.Series(["1.234,5", "16,5", "1.234", "veel"], dtype="str"))
    >>> numbers.tolist(), wrong
    ([1234.5, 16.5, 1234.0, nan], {3: 'This is not a number.'})
    """
    shown = _marks(values)
    mark = next(iter(shown)) if len(shown) == 1 else None if shown else decimal
    numbers = np.full(len(values), np.nan)
    wrong: dict[int, str] = {}
    majority = None if len(shown) < 2 else max(sorted(shown), key=lambda item: shown[item])
    for place, (label, value) in enumerate(values.items()):
        if pd.isna(value):
            continue
        number, problem = _number(str(value), mark, majority)
        if problem:
            wrong[int(str(label))] = problem
        else:
            numbers[place] = number
    return pd.Series(numbers, index=values.index, name=values.name), wrong


def _marks(values: pd.Series[str]) -> dict[str, int]:
    """How many values show which mark to be the decimal one."""
    counts: dict[str, int] = {}
    for value, times in values.value_counts().items():
        mark = _shown_mark(str(value))
        if mark:
            counts[mark] = counts.get(mark, 0) + int(times)
    return counts


def _shown_mark(value: str) -> str | None:
    """Decimal mark that this number alone shows; None when it shows none."""
    if _AMBIGUOUS.fullmatch(value):
        return None
    single = _ONE_MARK.fullmatch(value)
    if single:
        return single.group(1)
    spaced = _SPACED.fullmatch(value)
    if spaced:
        return spaced.group(2)[:1] or None
    grouped = _GROUPED.fullmatch(value)
    if grouped:
        return {".": ",", ",": "."}[grouped.group(1)]
    return None


def _number(value: str, mark: str | None, majority: str | None) -> tuple[float, str | None]:
    """The number, or what is wrong with it."""
    shown = _shown_mark(value)
    if majority and shown and shown != majority:
        return math.nan, CONTRADICTS
    if _INTEGER.fullmatch(value):
        return _finite(value)
    if shown is None and _AMBIGUOUS.fullmatch(value):
        shown = mark
        if shown is None:
            return math.nan, AMBIGUOUS
    if shown is None and not _SPACED.fullmatch(value):
        return math.nan, NOT_A_NUMBER
    decimal = shown or "."
    thousands = {".": ",", ",": "."}[decimal]
    plain = re.sub(r"[ \u00a0\u202f]", "", value).replace(thousands, "").replace(decimal, ".")
    return _finite(plain)


def _finite(plain: str) -> tuple[float, str | None]:
    number = float(plain)
    return (number, None) if math.isfinite(number) else (math.nan, NOT_A_NUMBER)
