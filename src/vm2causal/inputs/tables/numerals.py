"""Numbers as people write them: decimal comma or point, separators for thousands.

``1.234`` is one and a bit or more than a thousand, and only the rest of its column can tell: other
columns of a file may come from elsewhere. Where the column does not, the number is refused:
guessing would be wrong by a factor of thousand. What a file holds as a number is that number.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

Floats = npt.NDArray[np.float64]

_INTEGER: Final = re.compile(r"[-+]?\d+(?:[eE][-+]?\d{1,3})?")
_SPACED: Final = re.compile(r"([-+]?\d{1,3}(?:[ \u00a0\u2009\u202f]\d{3})+)((?:[.,]\d+)?)")
_ONE_MARK: Final = re.compile(r"[-+]?\d*([.,])\d+(?:[eE][-+]?\d{1,3})?")
_GROUPED: Final = re.compile(r"[-+]?[1-9]\d{0,2}(?:([.,])\d{3})(?:\1\d{3})*(?:(?!\1)[.,]\d+)?")
_AMBIGUOUS: Final = re.compile(r"[-+]?[1-9]\d{0,2}([.,])\d{3}")

LARGEST: Final = 1e100
"""Numbers beyond it are refused, and columns of which all are below its inverse.

Their squares are no numbers any more. They are marks of missing values of programs (Stata writes
8.99e307) rather than measurements.
"""

OUT_OF_REACH: Final = (
    f"The numbers of a column lie between {1 / LARGEST:g} and {LARGEST:g} in size."
)
NOT_A_NUMBER: Final = "This is not a number."
AMBIGUOUS: Final = "This can be read as a fraction and as thousands."
CONTRADICTS: Final = "This number has another decimal mark than others in its column."


@dataclass(frozen=True)
class Numbers:
    """A column read as numbers.

    Parameters
    ----------
    values
        The numbers; NaN where empty or not read.
    wrong
        By index label what is wrong.
    decimal
        The decimal mark that its texts show or were said to have; None where they show none.
    """

    values: pd.Series[float]
    wrong: Mapping[int, str]
    decimal: str | None = None


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
    texts: pd.Series[str],
    *,
    decimal: str | None = None,
    typed: pd.Series[float] | None = None,
) -> Numbers:
    """Read a column as numbers.

    Parameters
    ----------
    texts
        The column as texts, NA where empty.
    decimal
        Decimal mark where the user says so; found out from the column where not.
    typed
        What the file holds as numbers, with the index of ``texts``: these are taken as they are,
        and do not count as evidence of a mark.

    Examples
    --------
    >>> found = parse_numbers(pd.Series(["1.234,5", "16,5", "1.234", "veel"], dtype="str"))
    >>> found.values.tolist(), found.wrong, found.decimal
    ([1234.5, 16.5, 1234.0, nan], {3: 'This is not a number.'}, ',')
    """
    written = texts if typed is None else texts[typed.isna()]
    shown = _marks(written)
    mark = decimal or (next(iter(shown)) if len(shown) == 1 else None)
    majority = decimal or (
        max(sorted(shown), key=lambda item: shown[item]) if len(shown) > 1 else None
    )
    read = {
        str(text): _number(str(text), mark, majority) for text in set(written.dropna().tolist())
    }
    values = np.full(len(texts), np.nan) if typed is None else typed.to_numpy(np.float64).copy()
    wrong: dict[int, str] = {}
    labels, cells = texts.index.tolist(), texts.tolist()
    for place in np.flatnonzero(texts.notna().to_numpy() & np.isnan(values)):
        values[place], problem = read[str(cells[place])]
        if problem:
            wrong[int(labels[place])] = problem
    for place in np.flatnonzero(np.isinf(values)):
        wrong[int(labels[place])] = NOT_A_NUMBER
    for place in np.flatnonzero(_out_of_reach(np.asarray(values, np.float64))):
        wrong[int(labels[place])] = OUT_OF_REACH
    return Numbers(pd.Series(values, index=texts.index, name=texts.name), wrong, mark)


def _out_of_reach(values: Floats) -> npt.NDArray[np.bool_]:
    sizes = np.where(np.isfinite(values), np.abs(values), 0.0)
    if 0 < sizes.max(initial=0.0) < 1 / LARGEST:
        return sizes > 0
    return sizes > LARGEST


def _marks(values: pd.Series[str]) -> dict[str, int]:
    """How many values show which mark to be the decimal one."""
    counts: dict[str, int] = {}
    for value, times in Counter(values.dropna().tolist()).items():
        mark = _shown_mark(value.replace("\u2212", "-"))
        if mark:
            counts[mark] = counts.get(mark, 0) + times
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
    value = value.replace("\u2212", "-")
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
    plain = re.sub(r"[ \u00a0\u2009\u202f]", "", value).replace(thousands, "").replace(decimal, ".")
    return _finite(plain)


def _finite(plain: str) -> tuple[float, str | None]:
    number = float(plain)
    return (number, None) if math.isfinite(number) else (math.nan, NOT_A_NUMBER)
