"""Cells of a table of counts: numbers, masks, ranges, and percentages with their rounding."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Final

import pandas as pd

from vm2causal.errors import StudyError
from vm2causal.inputs.tables.numerals import parse_numbers
from vm2causal.inputs.tables.raw import RawTable

_MASK: Final = re.compile(r"([<≤])\s*(\d{1,9})")
_RANGE: Final = re.compile(r"(\d{1,9})\s*(?:-|–|\.\.)\s*(\d{1,9})")
_DECIMALS: Final = re.compile(r"[.,](\d+)\s*%?$")
_MOST: Final = 10.0**15
"""Below it every whole number is exactly a floating-point one, and fits an integer."""
_WHOLE: Final = "This is a whole number of at most 15 digits."
_COUNT: Final = (
    "A count is a whole number from 0 of at most 15 digits, a mask such as <5 or a range such as "
    "120-140."
)


@dataclass(frozen=True)
class Percentages:
    """A column of percentages.

    Parameters
    ----------
    values
        Percentages; NaN where empty.
    decimals
        Digits behind the mark to which all of them are taken to be rounded: the most that any
        shows.
    """

    values: pd.Series[float]
    decimals: int

    def bounds(self, row: int) -> tuple[float, float]:
        """Smallest and largest share that rounds to the percentage of a row.

        Parameters
        ----------
        row
            Data row.
        """
        half = 0.5 * 10.0**-self.decimals
        value = float(self.values[row])
        return max(0.0, value - half) / 100, min(100.0, value + half) / 100


def read_whole(raw: RawTable, column: str, *, may_be_empty: bool) -> pd.Series[float]:
    """A column of whole numbers; NaN where empty.

    Parameters
    ----------
    raw
        The table.
    column
        Of the table.
    may_be_empty
        Whether a cell may be.

    Raises
    ------
    StudyError
        With the first cell that holds none.
    """
    texts = raw.rows[column]
    values = _numbers(raw, column, texts)
    for row in texts.index:
        if pd.isna(texts[row]):
            if not may_be_empty:
                raise _empty(raw, row, column)
        elif not _whole(float(values[row])):
            raise StudyError(_WHOLE, **raw.place(row, column), value=str(texts[row]))
    return values


def read_counts(raw: RawTable, column: str, *, may_be_empty: bool) -> pd.DataFrame:
    """Least and most that a cell of counts may stand for: columns ``low`` and ``high``.

    Parameters
    ----------
    raw
        The table.
    column
        Of the table.
    may_be_empty
        Whether a cell may be; NaN then.

    Raises
    ------
    StudyError
        With the first cell that holds no count.
    """
    texts = raw.rows[column]
    special = texts.map(_interval, na_action="ignore")
    plain = texts.where(~special.map(lambda item: isinstance(item, tuple)))
    values = _numbers(raw, column, plain)
    found = []
    for row in texts.index:
        if isinstance(special[row], tuple):
            low, high = special[row]
        elif pd.isna(texts[row]):
            if not may_be_empty:
                raise _empty(raw, row, column)
            low = high = math.nan
        else:
            low = high = float(values[row])
            if low < 0 or not _whole(low):
                raise StudyError(_COUNT, **raw.place(row, column), value=str(texts[row]))
        if low > high:
            raise StudyError(
                "A range goes from its smaller to its larger number.",
                **raw.place(row, column),
                value=str(texts[row]),
            )
        found.append((low, high))
    return pd.DataFrame(found, columns=["low", "high"], index=texts.index)


def read_percentages(raw: RawTable, column: str) -> Percentages:
    """A column of printed percentages; a sign ``%`` behind them is no more than that.

    Parameters
    ----------
    raw
        The table.
    column
        Of the table.

    Raises
    ------
    StudyError
        With the first cell that is no number from 0 to 100.
    """
    written = raw.rows[column]
    texts = written.str.replace(r"\s*%$", "", regex=True)
    values = _numbers(raw, column, texts)
    for row in values.index[values.notna() & ~values.between(0, 100)]:
        raise StudyError(
            "A percentage lies between 0 and 100.",
            **raw.place(int(row), column),
            value=str(written[row]),
            fix="Write 16.3 for 16.3%, and what is counted twice once.",
        )
    shown = [_DECIMALS.search(str(item)) for item in texts.dropna()]
    return Percentages(values, max((len(found.group(1)) for found in shown if found), default=0))


def _whole(value: float) -> bool:
    return value.is_integer() and abs(value) < _MOST


def _interval(text: str) -> tuple[float, float] | None:
    masked = _MASK.fullmatch(text)
    if masked:
        most = int(masked.group(2)) - (masked.group(1) == "<")
        return (0.0, float(most)) if most >= 0 else None
    between = _RANGE.fullmatch(text)
    return (float(between.group(1)), float(between.group(2))) if between else None


def _numbers(raw: RawTable, column: str, texts: pd.Series[str]) -> pd.Series[float]:
    raw.refuse_errors(column)
    typed = raw.typed.get(column)
    if typed is not None:
        typed = typed.where(texts.notna())
    found = parse_numbers(texts, decimal=raw.choices.decimal_in(column), typed=typed)
    for row in sorted(found.wrong):
        raise StudyError(
            found.wrong[row], **raw.place(row, column), value=str(raw.rows[column][row])
        )
    return found.values


def _empty(raw: RawTable, row: int, column: str) -> StudyError:
    return StudyError(
        "This column has a value in every row.",
        **raw.place(int(row), column),
        value="",
        fix="Fill it in, or leave the row out.",
    )
