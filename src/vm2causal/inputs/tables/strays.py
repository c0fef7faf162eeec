"""Rows of a table that are no units: notes below it, totals, and what merged cells leave empty."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np
import pandas as pd

from vm2causal.inputs.tables.uses import Role, Use

_TOTAL: Final = re.compile(
    r"(?:(?:sub|eind)?totaal|(?:sub|grand )?total|som|sum|gemiddelde|average|mean)"
    r"(?:[ :(].*)?",
    re.IGNORECASE,
)
_ALL: Final = re.compile(
    r"(?:alle|all|totale|overall|geheel|gezamenlijk|samen|landelijk)\b.*", re.IGNORECASE
)
"""What a first or last row may be called that sums up the others."""

_NUMERIC: Final = r"[-+\u2212]?[.,]?\d"
_FEWEST_SUMMED: Final = 4
_FEWEST_EMPTY: Final = 4


def empty_rows(frame: pd.DataFrame, columns: Sequence[str]) -> list[int]:
    """Rows that hold nothing in any of these columns."""
    return _labels(frame.index[frame[list(columns)].isna().all(axis=1)])


def headers_again(rows: pd.DataFrame) -> list[int]:
    """Rows that hold the column names once more, as files put below each other do."""
    again = pd.Series(True, index=rows.index)
    for column in rows.columns:
        again &= rows[column].eq(str(column)) | rows[column].isna()
    return _labels(rows.index[again & rows.notna().any(axis=1)])


def same_rows(rows: pd.DataFrame) -> list[int]:
    """Rows that repeat a row above them in every column of a table whose rows have a key.

    That is a column, or a number with many digits, in which no two other rows are the same.
    """
    again = rows.duplicated()
    once = rows[~again]
    if not again.any() or rows.shape[1] < 2:
        return []
    keyed = any(once[column].notna().all() and once[column].is_unique for column in rows.columns)
    return _labels(rows.index[again]) if keyed else []


def notes_below(rows: pd.DataFrame) -> list[int]:
    """Last rows that hold one text alone, in the first column of three or more."""
    if rows.shape[1] < 3:
        return []
    first = rows.iloc[:, 0]
    # a number alone is a unit of which nothing else is known
    alone = rows.notna().sum(axis=1).eq(1) & first.notna() & ~first.str.match(_NUMERIC, na=False)
    trailing = alone[::-1].cumprod()[::-1].astype(bool)
    return [] if trailing.all() else _labels(rows.index[trailing])


def total_rows(rows: pd.DataFrame, numbers: pd.DataFrame, uses: Iterable[Use]) -> list[int]:
    """Rows that are called a total or a mean, or a last row that is the sum of all others.

    Parameters
    ----------
    rows
        The table as texts; names are looked for in its first column and in the columns used.
    numbers
        The columns that the model uses as numbers.
    """
    named = {str(rows.columns[0]): frozenset[str]()}
    named |= {use.column: frozenset(use.levels) for use in uses if not use.numeric}
    found = pd.Series(False, index=rows.index)
    for column, levels in named.items():
        texts = rows[column]
        total = texts.map(lambda text: bool(_TOTAL.fullmatch(str(text))), na_action="ignore")
        found |= total.eq(True) & ~texts.isin(sorted(levels))
        found |= _called_all(texts) & ~texts.isin(sorted(levels))
    if not found.any() and _sums_up(numbers):
        return _labels(numbers.index[-1:])
    return _labels(rows.index[found])


def _called_all(texts: pd.Series[str]) -> pd.Series[bool]:
    """The first or last row, where it alone is called after all others: ``alle sectoren``."""
    ends = texts.index.isin(texts.index[[0, -1]]) if len(texts) else False
    named = texts.map(lambda text: bool(_ALL.fullmatch(str(text))), na_action="ignore").eq(True)
    return named & ends & ~texts.duplicated(keep=False)


def _sums_up(numbers: pd.DataFrame) -> bool:
    """Whether the last row is the sum of the others in every column, of two or more."""
    if numbers.shape[1] < 2 or len(numbers) <= _FEWEST_SUMMED:
        return False
    above, last = numbers.iloc[:-1].sum().to_numpy(), numbers.iloc[-1].to_numpy(np.float64)
    return bool(np.all(last != 0) and np.allclose(above, last, rtol=1e-9, atol=0))


def looks_merged(texts: pd.Series[str], role: Role) -> bool:
    """Whether a column of levels is filled in the first row of each block only.

    Then the first row is filled, most are not, and no level stands twice.
    """
    if role not in (Role.LEVELS, Role.GROUP) or texts.empty or pd.isna(texts.iloc[0]):
        return False
    known = texts.dropna()
    empty = len(texts) - len(known)
    return len(known) >= 2 and known.is_unique and empty >= max(_FEWEST_EMPTY, len(known))


def _labels(index: pd.Index[int]) -> list[int]:
    return [int(label) for label in index]
