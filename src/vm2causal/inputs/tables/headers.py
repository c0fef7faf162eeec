"""Where the column names of a table stand, and what is wrong with them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

from vm2causal.errors import StudyError
from vm2causal.inputs.tables.cell_text import cell_text
from vm2causal.inputs.tables.spelling import level_key
from vm2causal.unseen import is_unseen

_NUMBER: Final = re.compile(r"[-+]?[\d.,]*\d[\d.,]*")
_LOOKED_AT: Final = 60
"""Rows in which a header is looked for."""


def header_place(lines: Sequence[Sequence[Any]], chosen: int | None, name: str) -> int:
    """Row of the column names, from 0: the one that was chosen, else the first that holds anything.

    Raises
    ------
    StudyError
        When the first rows look like notes above the table, with the row that looks like the
        header; or the chosen row is not there.
    """
    if chosen is not None:
        if chosen > len(lines):
            raise StudyError(
                f"The header was to stand in row {chosen}, and the file has {len(lines)} rows.",
                file=name,
                value=chosen,
                fix="Count rows from 1, as a spreadsheet does.",
            )
        return chosen - 1
    filled = [[bool(cell_text(cell)) for cell in line] for line in lines[:_LOOKED_AT]]
    first = next((place for place, line in enumerate(filled) if any(line)), None)
    if first is None:
        return next((place for place, line in enumerate(lines) if any(map(cell_text, line))), 0)
    width = _usual_width(filled)
    if 2 * sum(filled[first]) <= width and width > 1:
        _refuse_notes(lines, width, first, name)
    return first


def _usual_width(filled: list[list[bool]]) -> int:
    """Cells up to the last filled one, in most rows; the wider where two are as common."""
    widths = [
        max(place for place, cell in enumerate(line, start=1) if cell)
        for line in filled
        if any(line)
    ]
    counts = Counter(widths)
    return max(counts, key=lambda width: (counts[width], width))


def _refuse_notes(lines: Sequence[Sequence[Any]], width: int, first: int, name: str) -> None:
    """Refuse a first row with few cells when one below it could be the header."""
    for place, line in enumerate(lines[first + 1 : _LOOKED_AT], start=first + 1):
        texts = [cell_text(cell) for cell in line]
        names = texts[:width]
        if (
            len(names) == width
            and all(names)
            and not any(texts[width:])
            and len(set(names)) == width
            and not any(_NUMBER.fullmatch(text) for text in names)
        ):
            raise StudyError(
                f"The header seems to stand in row {place + 1}, below notes.",
                file=name,
                value=next(text for text in map(cell_text, lines[first]) if text),
                fix=f"Say so with --header-row {place + 1}, or 'header_row: {place + 1}' in a "
                "sidecar; or remove the notes.",
            )


def refuse_header(header: Sequence[str], name: str) -> None:
    """Refuse column names that are absent, numbers, blank or repeated.

    Raises
    ------
    StudyError
        With the first rule that is broken.
    """
    if not any(header):
        raise StudyError(
            "This table has no header.", file=name, fix="Put the column names in the first row."
        )
    if all(_NUMBER.fullmatch(cell) for cell in header):
        raise StudyError(
            "The first row holds numbers where column names are expected.",
            file=name,
            value=header[0],
            fix="Put the column names in the first row.",
        )
    if "" in header:
        raise StudyError(
            f"Column {list(header).index('') + 1} has no name.",
            file=name,
            fix="Name it or remove it; split header cells that are merged over several columns.",
        )
    repeated = [column for column, times in Counter(header).items() if times > 1]
    if repeated:
        raise StudyError(
            "This column name stands twice.",
            file=name,
            column=repeated[0],
            fix="Rename or remove one of the two.",
        )


def other_capitals(columns: Sequence[str], wanted: Sequence[str], name: str) -> dict[str, str]:
    """Columns that are wanted under another spelling: the same but for what hardly shows.

    That is capitals, spaces and characters that nobody sees, such as a second byte order mark.

    Raises
    ------
    StudyError
        When several columns of the file ``name`` can be meant.

    Examples
    --------
    >>> other_capitals(["Sector", "x"], ["sector", "x"], "t.csv")
    {'Sector': 'sector'}
    """
    absent = [name for name in dict.fromkeys(wanted) if name not in columns]
    spare = [column for column in columns if column not in set(wanted)]
    found = {}
    for column in absent:
        alike = [other for other in spare if level_key(_seen(other)) == level_key(column)]
        if len(alike) > 1:
            raise StudyError(
                f"Several columns may be the '{column}' that is asked for.",
                file=name,
                value=", ".join(alike),
                fix=f"Call one of them '{column}', and the other something else.",
            )
        if alike and alike[0] not in found:
            found[alike[0]] = column
    return found


def _seen(name: str) -> str:
    """A name without characters that are not seen; line breaks stand for spaces."""
    return "".join(sign for sign in name if sign.isspace() or not is_unseen(sign))
