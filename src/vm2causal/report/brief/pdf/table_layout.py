"""How wide the columns of a printed table are, and how large its type, before it is laid out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Final, NamedTuple

from matplotlib.ft2font import FT2Font, LoadFlags

from vm2causal.report.brief.content.blocks import Table
from vm2causal.report.canvas.fonts import font_folder

BODY_SIZE: Final = 9.5
"""Points of running text; the type of a table is a part of it."""

MARGINS: Final = {"x": 56.0, "y": 64.0}
"""Points left white at the sides, and at the top and the foot, of every page."""

INSET: Final = 1.0
"""White at both sides of a cell together, in sizes of the type."""

BREAK: Final = "\u200b"
"""Where a line may end although nothing shows it."""

_A4: Final = (595.0, 841.0)

_EASY: Final = 9.0
"""A column of text is not made narrower than this, in sizes of the type."""

_LONG: Final = 18.0
"""A word wider than this may be cut for the sake of its column."""

_STAND_IN: Final = 1.2
"""Width of a letter that DejaVu Sans lacks, in sizes of the type."""


class _Form(NamedTuple):
    """A way to set a table: its type, as a part of running text, the page, and the numbers."""

    size: float
    landscape: bool
    intervals_wrap: bool


_FORMS: Final = (
    _Form(0.88, False, False),
    _Form(0.8, False, False),
    _Form(0.88, False, True),
    _Form(0.8, False, True),
    _Form(0.76, False, True),
    _Form(0.84, True, True),
    _Form(0.74, True, True),
)
"""In order of preference."""


@dataclass(frozen=True)
class TableLayout:
    """Sizes of a table.

    Parameters
    ----------
    size
        Type, as a part of that of running text.
    landscape
        Whether the table needs a page turned on its side.
    widths
        Of each column, insets included, in sizes of the table's type.
    """

    size: float
    landscape: bool
    widths: tuple[float, ...]


def table_layouts(table: Table, *, may_turn: bool = True) -> tuple[tuple[Table, TableLayout], ...]:
    """Find the largest type, upright if possible, in which no column is too narrow.

    Words stay whole, unless very long; numbers stay on one line, at most their interval goes to
    the next. A table with too many columns for any page becomes several, each with the first
    column.

    Parameters
    ----------
    may_turn
        Whether a page may be turned on its side for the table.

    Examples
    --------
    >>> from vm2causal.report.brief.content.blocks import Cell, Column
    >>> def shares(count):
    ...     columns = (Column("school"), *[Column("a share", numeric=True)] * count)
    ...     return Table("t", "", columns, ((Cell("A"), *[Cell("12.5 (10.1 to 14.9)")] * count),))
    >>> for count in (3, 10, 40):
    ...     parts = table_layouts(shares(count))
    ...     print([(len(part.columns), layout.landscape) for part, layout in parts])
    [(4, False)]
    [(11, True)]
    [(11, True), (11, True), (11, True), (11, True)]
    """
    columns = [_column_widths(table, place) for place in range(len(table.columns))]
    for form in _FORMS:
        if form.landscape and not may_turn:
            continue
        room = _room(form)
        least = [column.least(form) for column in columns]
        if sum(least) <= room:
            widths = _shared_out(least, columns, room)
            return ((table, TableLayout(form.size, form.landscape, widths)),)
    if len(columns) > 2:
        return tuple(
            found for part in _halves(table) for found in table_layouts(part, may_turn=may_turn)
        )
    part = room / sum(least)
    narrowed = tuple(part * width for width in least)
    return ((table, TableLayout(form.size, form.landscape, narrowed)),)


def broken(words: str, width: float, *, bold: bool = False) -> str:
    """Let words wider than ``width`` (in sizes of the type) break anywhere.

    Examples
    --------
    >>> broken("an abc", 1.5).replace(BREAK, "|")
    'an a|b|c'
    """
    pieces = re.split(r"(\s)", words)
    return "".join(
        BREAK.join(piece) if text_width(piece, bold=bold) > width else piece for piece in pieces
    )


def text_width(words: str, *, bold: bool = False) -> float:
    """Width of a text on one line, in sizes of its type (DejaVu Sans)."""
    return sum(_advance(letter, bold) for letter in words)


@dataclass(frozen=True)
class _ColumnWidths:
    """Widths of a column, insets included, from the narrowest to that where nothing wraps."""

    intervals_apart: float
    tight: float
    cells_whole: float
    all_whole: float

    def least(self, form: _Form) -> float:
        return self.intervals_apart if form.intervals_wrap else self.tight


def _column_widths(table: Table, place: int) -> _ColumnWidths:
    column = table.columns[place]
    cells = [row[place].text for row in table.rows]
    longest = max((text_width(cell) for cell in cells), default=0.0)
    if column.numeric:
        wrapped, whole = _widest(piece for cell in cells for piece in _with_interval(cell)), longest
    else:
        wrapped = whole = max(_longest_word(cells), min(longest, _EASY))
    head, head_word = text_width(column.title, bold=True), _longest_word([column.title], bold=True)
    return _ColumnWidths(
        intervals_apart=max(head_word, wrapped) + INSET,
        tight=max(head_word, whole) + INSET,
        cells_whole=max(head_word, longest) + INSET,
        all_whole=max(head, longest) + INSET,
    )


def _with_interval(cell: str) -> list[str]:
    """Split a number from what stands in brackets, which stays on one line.

    >>> _with_interval("−4.1 (−8.0 to −0.2)")
    ['−4.1', '(−8.0 to −0.2)']
    """
    return re.findall(r"\([^()]*\)|\S+", cell)


def _longest_word(texts: Iterable[str], *, bold: bool = False) -> float:
    words = _widest((word for item in texts for word in item.split()), bold=bold)
    return min(words, _LONG)


def _widest(pieces: Iterable[str], *, bold: bool = False) -> float:
    return max((text_width(piece, bold=bold) for piece in pieces), default=0.0)


def _room(form: _Form) -> float:
    return (_A4[form.landscape] - 2 * MARGINS["x"]) / (form.size * BODY_SIZE)


def _shared_out(
    least: Sequence[float], columns: Sequence[_ColumnWidths], room: float
) -> tuple[float, ...]:
    """Give what room is left to columns that wrap, by what they lack; to cells before heads."""
    widths = list(least)
    for wished in (
        [column.tight for column in columns],
        [column.cells_whole for column in columns],
        [column.all_whole for column in columns],
    ):
        lacking = sum(wished) - sum(widths)
        part = min(1.0, (room - sum(widths)) / lacking) if lacking > 0 else 0.0
        widths = [now + part * (wish - now) for now, wish in zip(widths, wished, strict=True)]
    return tuple(widths)


def _halves(table: Table) -> tuple[Table, Table]:
    """The left and the right columns, each beside the first; the note stays with the last."""
    cut = (len(table.columns) + 1) // 2
    left = replace(
        table,
        columns=table.columns[:cut],
        rows=tuple(row[:cut] for row in table.rows),
        note="",
    )
    right = replace(
        table,
        columns=(table.columns[0], *table.columns[cut:]),
        rows=tuple((row[0], *row[cut:]) for row in table.rows),
    )
    return left, right


@cache
def _advance(letter: str, bold: bool) -> float:
    font = _font(bold)
    index = font.get_char_index(ord(letter))
    if index == 0:  # the font that stands in draws a box
        return _STAND_IN
    return font.load_glyph(index, flags=LoadFlags.NO_SCALE).horiAdvance / font.units_per_EM


@cache
def _font(bold: bool) -> FT2Font:
    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    return FT2Font(font_folder() / name)
