"""Tables of results as CSV, in which a name stays a name when a spreadsheet opens it.

A spreadsheet computes a cell that begins with ``=``, ``+``, ``-`` or ``@``, whatever its quotes. A
level or school called ``=HYPERLINK(…)`` would run there, and ``-2+3`` become another level. Such a
text gets an apostrophe before it, which spreadsheets know as the mark of a text.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import pandas as pd

from vm2causal.disclosure import ReleasedTable
from vm2causal.unseen import visible

MARK: Final = "'"
"""What a text gets before it that a spreadsheet would compute."""

_FORMULA: Final = re.compile(r"(^|[;\t\r\n])(?=[=+\-@＝＋－＠][^;\t\r\n])")
"""Where a formula could begin: in a cell, and where a spreadsheet with another separator cuts it.
A sign by itself is none."""

_NUMBER: Final = re.compile(r"-\d+(?:\.\d+)?(?:e[+-]?\d+)?", re.IGNORECASE)
"""The same number to every reader."""

_MARKED: Final = re.compile(r"(?:^|;)'[=+\-@＝＋－＠]")


def csv_text(table: ReleasedTable) -> str:
    r"""Text of a table of results, for a CSV file.

    Parameters
    ----------
    table
        Numbers are written in full; texts and column names that a spreadsheet would compute get an
        apostrophe before them, and what is not seen in them shows as its number.

    Examples
    --------
    >>> from vm2causal.disclosure import released_table
    >>> found = pd.DataFrame({"level": ["=1+1", "-0.5", "a"], "mean": [-1.0, 0.5, 1.0]})
    >>> print(csv_text(released_table(found)))
    level,mean
    '=1+1,-1.0
    -0.5,0.5
    a,1.0
    <BLANKLINE>
    """
    kept = table.apply(lambda column: column.map(as_text) if _holds_texts(column) else column)
    kept.columns = pd.Index([as_text(name) for name in table.columns])
    return str(kept.to_csv(index=False, lineterminator="\n"))


def as_text(value: Any) -> Any:
    """A text as a cell that stays a text; anything else as it is.

    Parameters
    ----------
    value
        Of a cell.

    Examples
    --------
    >>> [as_text(one) for one in ("=1+1", "a;=1+1", "-", "-2", "-2+3", -2)]
    ["'=1+1", "a;'=1+1", '-', '-2', "'-2+3", -2]
    """
    if not isinstance(value, str) or _NUMBER.fullmatch(value):
        return value
    return _FORMULA.sub(rf"\g<1>{MARK}", visible(value, allowed="\n"))


def marked_texts(paths: Iterable[Path]) -> list[str]:
    """Texts in CSV files that have the apostrophe before them, each once, sorted.

    Parameters
    ----------
    paths
        CSV files that were written.
    """
    found = set()
    for path in paths:
        if path.suffix == ".csv":
            with path.open(encoding="utf-8", newline="") as stream:
                rows = csv.reader(stream)
                found |= {cell for row in rows for cell in row if _MARKED.search(cell)}
    return sorted(found)


def _holds_texts(column: pd.Series[Any]) -> bool:
    return not pd.api.types.is_numeric_dtype(column)
