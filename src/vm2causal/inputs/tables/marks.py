"""Texts that stand for a missing value."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Final

import pandas as pd

from vm2causal.inputs.tables.choices import Choices
from vm2causal.inputs.tables.remarks import Remark
from vm2causal.inputs.tables.uses import Use

MARKS: Final = frozenset(
    {"NA", "N/A", "n/a", "#N/A", "#N/B", "<NA>", "NaN", "nan", "NAN", "-nan", "NaT", "NULL", "null"}
    | {".", r"\N"}
)
"""What programs write for a missing value, in any column: R, pandas, Excel, SQL, SPSS and SAS, CBS,
MySQL (a backslash and N).

Not ``na`` and ``None``, which are words, and not ``-``, which in tables of CBS is zero.
"""

MARKS_IN_NUMBERS: Final = MARKS | {"na", "None", "none"}
"""The same where only numbers are expected, so that no word is meant."""


def without_marks(
    texts: pd.Series[str], use: Use, choices: Choices
) -> tuple[pd.Series[str], dict[str, int]]:
    """A column without its marks of missing values, and how often each stood there.

    What the user says is missing is; what the model declares as a level, or the user keeps, is
    data.

    Examples
    --------
    >>> from vm2causal.inputs.tables.uses import Role
    >>> texts = pd.Series(["a", "NA", "nan", "na"], dtype="str")
    >>> cleaned, found = without_marks(texts, Use("x", Role.LEVELS), Choices())
    >>> cleaned.tolist(), found
    (['a', nan, nan, 'na'], {'NA': 1, 'nan': 1})
    """
    said = choices.missing_in(use.column) | set(use.missing)
    usual = (MARKS_IN_NUMBERS if use.numeric else MARKS) - set(use.levels)
    marks = said | (usual - choices.kept_in(use.column))
    absent = texts.isin(sorted(marks))
    if not absent.any():
        return texts, {}
    counts = Counter(map(str, texts[absent]))
    return texts.mask(absent), dict(sorted(counts.items()))


def marks_remark(column: str, marks: Mapping[str, int]) -> list[Remark]:
    """Say which marks stood in a column and how often; nothing where there were none."""
    if not marks:
        return []
    shown = ", ".join(f"{mark} ({times}×)" for mark, times in marks.items())
    return [Remark("marks", {"column": column, "marks": shown})]
