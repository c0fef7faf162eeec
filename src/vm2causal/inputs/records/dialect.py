"""Which sign stands between the cells of a text file."""

from __future__ import annotations

import csv
from collections import Counter
from io import StringIO
from itertools import islice
from typing import Final

from vm2causal.errors import StudyError

DELIMITERS: Final = (",", ";", "\t", "|")
"""What may stand between two cells."""

SAMPLE: Final = 65_536
"""Characters at the start of a file that are looked at."""

_ROWS: Final = 50


def delimiter_of(text: str, name: str) -> str | None:
    r"""The delimiter that splits the first rows most evenly; None for a single column.

    Rows count as even when they are as wide as most: notes above or below a table are not.

    Parameters
    ----------
    text
        Start of the file, of which the first 65,536 characters and 50 rows are looked at.
    name
        What the user calls the file, for messages.

    Raises
    ------
    StudyError
        When two delimiters do equally well.

    Examples
    --------
    >>> delimiter_of("Bron: DUO\n\nx;y\n1,5;2\n2,5;3\n", "t.csv")
    ';'
    """
    scores = {mark: _evenness(text[:SAMPLE], mark) for mark in DELIMITERS}
    possible = {mark: score for mark, score in scores.items() if score[1] > 1}
    if not possible:
        return None
    best = max(possible.values())
    found = [mark for mark, score in possible.items() if score == best]
    if len(found) > 1:
        raise StudyError(
            "The delimiter of this file is not clear.",
            file=name,
            value=" or ".join(found),
            fix="Put names that hold a delimiter in double quotes, or say --delimiter.",
        )
    return found[0]


def _evenness(sample: str, delimiter: str) -> tuple[float, int]:
    """Share of rows as wide as most, and that width."""
    reader = csv.reader(StringIO(sample, newline=""), delimiter=delimiter)
    try:
        widths = [len(record) for record in islice(reader, _ROWS) if record]
    except csv.Error:
        # a quote that is not closed is named when the whole file is read
        return 0.0, 2 if delimiter in sample else 1
    split = Counter(width for width in widths if width > 1)
    if not split:
        return 0.0, 1
    width = max(split, key=lambda item: (split[item], item))
    return split[width] / len(widths), width
