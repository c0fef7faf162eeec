"""Cells that name something and hold what nobody sees."""

from __future__ import annotations

import pandas as pd

from vm2causal.errors import StudyError
from vm2causal.inputs.tables.raw import RawTable
from vm2causal.unseen import first_unseen

RULE = "A name holds no controls and no marks of direction"
FIX = "Type the name again, or remove the character, which is not seen."


def unseen_cells(texts: pd.Series[str]) -> dict[int, str]:
    """Rows of a column whose text holds a character that is not seen, and which.

    Examples
    --------
    >>> unseen_cells(pd.Series(["a", "a\u200b"], index=[1, 2]))
    {2: 'U+200B'}
    """
    found = {text: first_unseen(text) for text in map(str, texts.dropna().unique())}
    hidden = {text: sign for text, sign in found.items() if sign}
    return {int(str(row)): hidden[text] for row, text in texts.items() if text in hidden}


def refuse_unseen(raw: RawTable, column: str, texts: pd.Series[str]) -> None:
    """Refuse a column of names in which a character is not seen: two names could look alike.

    Raises
    ------
    StudyError
        With the first such row.
    """
    for row, sign in unseen_cells(texts).items():
        raise StudyError(
            f"{RULE}: here {sign}.", **raw.place(row, column), value=texts[row], fix=FIX
        )
