"""The order that a file gives to levels by their codes, and what of it is no order."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from shlex import quote
from typing import Final

import pandas as pd

from vm2causal.errors import StudyError
from vm2causal.inputs.tables.codes import suspects
from vm2causal.inputs.tables.marks import without_marks
from vm2causal.inputs.tables.raw import RawTable
from vm2causal.inputs.tables.remarks import listed
from vm2causal.inputs.tables.uses import Role, Use

_NO_ANSWER: Final = re.compile(
    r"(?:weet (?:ik |het )?niet|geen (?:mening|antwoord|idee)|n\.?v\.?t\.?|niet van toepassing"
    r"|onbekend|weigert|geweigerd|overig|anders|ontbreekt|do(?:n'?t| not) know|no answer"
    r"|no opinion|not applicable|n/?a|refused?|unknown|missing|other)\b.*",
    re.IGNORECASE,
)


def file_orders(raw: RawTable, uses: Iterable[Use]) -> dict[str, Mapping[str, float]]:
    """Levels and codes of the columns that a model uses, without those that stand for missing.

    Parameters
    ----------
    uses
        Columns with the levels that the model itself declares.

    Raises
    ------
    StudyError
        When the codes of a scale would make an answer of what is none: a label such as "weet
        niet", or a code far from the others.
    """
    found: dict[str, Mapping[str, float]] = {}
    for use in uses:
        if use.column in raw.orders:
            texts, _ = without_marks(raw.rows[use.column], use, raw.choices)
            left = set(texts.dropna())
            order = {key: code for key, code in raw.orders[use.column].items() if key in left}
            if use.role is Role.SCALE and not use.levels:
                _refuse_no_answers(raw, use, texts, order)
            found[use.column] = order
    return found


def _refuse_no_answers(
    raw: RawTable, use: Use, texts: pd.Series[str], order: Mapping[str, float]
) -> None:
    codes = texts.map(order, na_action="ignore").astype("float64")
    apart = suspects(codes, levels=True).codes
    for text, code in order.items():
        if text in raw.choices.kept_in(use.column):
            continue
        if code in apart or _NO_ANSWER.fullmatch(text):
            rows = [int(str(row)) for row in texts.index[texts.eq(text)]]
            option = quote(f"{use.column}={text}")
            raise StudyError(
                f"This is no answer on a scale, and its code {code:g} would make it one.",
                **raw.place(rows[0], use.column),
                value=text,
                fix=f"Rows {listed(rows)}: say that it is missing with --missing {option}, or that "
                f"it is an answer with --keep {option}.",
            )
