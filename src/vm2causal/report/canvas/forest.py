"""Forest plots: a row per effect with its interval, words at either side, everything in inches.

What a row needs decides how high it is, and the longest label how wide the figure: nothing is
clipped, whatever the language or the model.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator

from vm2causal.report.canvas import style
from vm2causal.report.canvas.foot import Foot, draw_foot
from vm2causal.report.canvas.form import form
from vm2causal.report.canvas.look import Look, draw_estimate
from vm2causal.report.canvas.text_size import LINE_SPACING, text_size, wrapped, wrapped_to
from vm2causal.report.canvas.ticks import number_formatter
from vm2causal.texts import Language

_POINTS: Final = 8.0
_AXIS: Final = 2.9
_LEAST_AXIS: Final = 1.7
_MARGIN: Final = 0.12
_GAP: Final = 0.18
_LEAST_ROW: Final = 0.2
_STRIP: Final = 0.17
"""Inches: width of the axis and the least of it, rim, room between columns, height of a row of one
line, and of the interval below words."""

_LINES: Final = ((46, 20), (36, 18), (28, 16), (22, 14))
"""Characters after which a label, and a word at the right, go on on a next line: from long to
short, until the axis has room."""

_BOLD: Final = 0.87
"""Of a line's room that the same words in bold may count on."""

_PAPER: Final = {"facecolor": "white", "edgecolor": "none", "pad": 0.6}
"""Behind words on the axis, so that no line runs through them."""


@dataclass(frozen=True)
class Row:
    """One row of a forest.

    Parameters
    ----------
    label
        At the left.
    estimate
        ``mean``, ``lower`` and ``upper`` in the unit of the axis; None for a heading, or where
        there are no numbers.
    look
        Of its estimate; None for a row of words.
    beside
        Words at the right, per column.
    note
        Stands where the estimate would.
    heading
        Whether the row heads those below it.
    rope
        Half-width of the band around 0 that is practically nothing.
    """

    label: str
    estimate: Mapping[str, float] | None = None
    look: Look | None = None
    beside: tuple[str, ...] = ()
    note: str = ""
    heading: bool = False
    rope: float | None = None


def height_of(rows: Sequence[Row]) -> float:
    """Inches that rows need, without axis and legend.

    Parameters
    ----------
    rows
        From top to bottom.
    """
    if form().stacked:
        return sum(_stacked_height(row) for row in rows)
    return sum(_row_height(row) for row in _columns_for(rows, ()).rows)


def draw_forest(
    rows: Sequence[Row],
    *,
    axis_label: str,
    headings: Sequence[str] = (),
    legend: Sequence[tuple[Look, str]] = (),
    footnote: str = "",
    limits: tuple[float, float] | None = None,
    language: Language,
) -> Figure:
    """Draw rows from top to bottom, with words beside them and a legend below.

    As wide as the form asks for where the words allow it
    (:mod:`~vm2causal.report.canvas.form`); in a narrow one words stand above what they name.

    Parameters
    ----------
    rows
        From top to bottom.
    axis_label
        Below the numbers.
    headings
        Of the columns at the right.
    legend
        What each look means.
    footnote
        Below everything, wrapped.
    limits
        Ends of the axis, of :func:`limits_of`; those of the rows where None.
    language
        Of the texts: Dutch or English.
    """
    limits = limits or limits_of(rows)
    if form().stacked:
        return _draw_stacked(rows, axis_label, headings, legend, footnote, limits, language)
    columns = _columns_for(rows, headings)
    width, left, axis = columns.width, columns.left, columns.axis
    heights = [_row_height(row) for row in columns.rows]
    head = _head(columns.headings)
    foot = Foot.of(axis_label, axis + 0.3, legend, footnote, width)
    height = sum(heights) + head + foot.height
    with style.figure_style():
        figure = Figure(figsize=(width, height))
        place = (left / width, foot.height / height, axis / width, sum(heights) / height)
        axes = figure.add_axes(place)
        _prepare(axes, limits, sum(heights), foot.label, language)
        top = 0.0
        for row, high in zip(columns.rows, heights, strict=True):
            _draw_row(axes, row, top + high / 2, columns)
            top += high
        for start, heading in zip(columns.starts, columns.headings, strict=True):
            _beside(axes, -head / 2, start - left - axis, heading, weight="bold")
        draw_foot(figure, foot)
    return figure


@dataclass(frozen=True)
class _Columns:
    """Rows as they are broken over lines, and where each column starts, in inches."""

    rows: tuple[Row, ...]
    headings: tuple[str, ...]
    left: float
    axis: float
    starts: tuple[float, ...]
    width: float


def _columns_for(rows: Sequence[Row], headings: Sequence[str]) -> _Columns:
    """The longest lines with which the axis keeps its room; the shortest where none does."""
    room = form().width
    for label_length, beside_length in _LINES:
        shown = tuple(_wrapped(row, label_length, beside_length) for row in rows)
        heads = tuple(wrapped(heading, beside_length) for heading in headings)
        left = _MARGIN + max(_width(row.label, bold=row.heading) for row in shown) + _GAP
        widths = _widths(shown, heads)
        beside = sum(widths) + _GAP * len(widths) + (_MARGIN if widths else 2 * _MARGIN)
        axis = min(_AXIS, room - left - beside)
        if axis >= _LEAST_AXIS:
            break
    axis = max(axis, _LEAST_AXIS)
    starts = tuple(
        left + axis + _GAP + sum(widths[:place]) + _GAP * place for place in range(len(widths))
    )
    return _Columns(shown, heads, left, axis, starts, left + axis + beside)


def _widths(rows: Sequence[Row], headings: Sequence[str]) -> list[float]:
    """Of the columns at the right."""
    return [
        max(
            text_size(heading, _POINTS, bold=True)[0],
            *(text_size(row.beside[place], _POINTS)[0] for row in rows if row.beside),
        )
        if any(row.beside for row in rows)
        else text_size(heading, _POINTS, bold=True)[0]
        for place, heading in enumerate(headings)
    ]


def _head(headings: Sequence[str]) -> float:
    if not headings:
        return 0.08
    return max(text_size(heading, _POINTS)[1] for heading in headings) + 0.14


def _draw_stacked(
    rows: Sequence[Row],
    axis_label: str,
    headings: Sequence[str],
    legend: Sequence[tuple[Look, str]],
    footnote: str,
    limits: tuple[float, float],
    language: Language,
) -> Figure:
    """Words above the interval that they name, which has the whole width."""
    width = form().width
    axis = width - 2 * _MARGIN
    said = wrapped_to(" · ".join(headings), _POINTS, axis)
    head = text_size(said, _POINTS)[1] + 0.1 if said else 0.04
    heights = [_stacked_height(row) for row in rows]
    foot = Foot.of(axis_label, axis, legend, footnote, width)
    height = head + sum(heights) + foot.height
    with style.figure_style():
        figure = Figure(figsize=(width, height))
        place = (_MARGIN / width, foot.height / height, axis / width, sum(heights) / height)
        axes = figure.add_axes(place)
        _prepare(axes, limits, sum(heights), foot.label, language)
        top = 0.0
        for row, high in zip(rows, heights, strict=True):
            _draw_stacked_row(axes, row, top)
            top += high
        _beside(axes, -head / 2, 0.0, said, edge="left")
        draw_foot(figure, foot)
    return figure


def _stacked_words(row: Row) -> str:
    """What stands above an interval: its name, and the words that a wide form sets beside it."""
    words = " · ".join(filter(None, (row.label, *row.beside)))
    room = (form().width - 2 * _MARGIN) * (_BOLD if row.heading else 1.0)
    return wrapped_to(words.replace("\n", " "), _POINTS, room)


def _stacked_height(row: Row) -> float:
    strip = 0.0 if row.heading else _STRIP
    return text_size(_stacked_words(row), _POINTS)[1] + strip + (0.14 if row.heading else 0.06)


def _draw_stacked_row(axes: Axes, row: Row, top: float) -> None:
    words = _stacked_words(row)
    high = text_size(words, _POINTS)[1]
    above = 0.08 if row.heading else 0.02
    axes.annotate(
        words,
        (0.0, top + above + high / 2),
        xycoords=("axes fraction", "data"),
        ha="left",
        va="center",
        fontsize=_POINTS,
        fontweight="bold" if row.heading else "normal",
        linespacing=LINE_SPACING,
        annotation_clip=False,
        bbox=_PAPER,
    )
    _draw_found(axes, row, top + above + high + _STRIP / 2)


def _wrapped(row: Row, label_length: int, beside_length: int) -> Row:
    longest = label_length + 12 if row.heading else label_length
    return replace(
        row,
        label=wrapped(row.label, longest),
        beside=tuple(wrapped(item, beside_length) for item in row.beside),
        note=wrapped(row.note, 30) if row.note else "",
    )


def _width(label: str, *, bold: bool = False) -> float:
    # a heading may run on over the axis, on which its row draws nothing
    found = text_size(label, _POINTS, bold=bold)[0]
    return min(found, 2.4) if bold else found


def _row_height(row: Row) -> float:
    lines = max(len(item.split("\n")) for item in (row.label, row.note, *row.beside))
    needed = _POINTS / 72 * (LINE_SPACING * (lines - 1) + 1) + 0.07
    return max(needed, _LEAST_ROW) + (0.08 if row.heading else 0.0)


def _prepare(
    axes: Axes, limits: tuple[float, float], height: float, label: str, language: Language
) -> None:
    axes.set_ylim(height, 0)
    axes.set_xlim(*limits)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.axvline(0, color=style.BLACK, lw=0.8, zorder=1.5)
    axes.grid(axis="x", color=style.LIGHT_GREY)
    axes.set_axisbelow(True)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=5, steps=[1, 2, 2.5, 5, 10]))
    axes.xaxis.set_major_formatter(number_formatter(axes, language))
    axes.tick_params(labelsize=_POINTS)
    axes.set_xlabel(label, fontsize=_POINTS, linespacing=LINE_SPACING)


def limits_of(rows: Sequence[Row]) -> tuple[float, float]:
    """Ends of an axis that holds every interval and zero, with some room.

    Parameters
    ----------
    rows
        Of one figure, or of all that share the axis.
    """
    ends = [0.0]
    for row in rows:
        if row.estimate is not None:
            ends += [row.estimate["lower"], row.estimate["upper"], row.estimate["mean"]]
    low, high = min(ends), max(ends)
    room = 0.06 * (high - low) or 0.1
    return low - room, high + room


def _draw_row(axes: Axes, row: Row, y: float, columns: _Columns) -> None:
    left, edge = columns.left, columns.left + columns.axis
    _beside(axes, y, _MARGIN - left, row.label, weight="bold" if row.heading else "normal",
            edge="left")  # fmt: skip
    for start, word in zip(columns.starts, row.beside, strict=bool(row.beside)):
        _beside(axes, y, start - edge, word)
    _draw_found(axes, row, y)


def _draw_found(axes: Axes, row: Row, y: float) -> None:
    """What a row found: its interval, the band of what is nothing, or why there is neither."""
    if row.rope is not None and row.estimate is not None:
        band = Rectangle((-row.rope, y - 0.08), 2 * row.rope, 0.16, color=style.PALE, zorder=1.2)
        axes.add_patch(band)
    if row.note:
        middle = sum(axes.get_xlim()) / 2
        axes.text(middle, y, row.note, ha="center", va="center", fontsize=_POINTS - 1, bbox=_PAPER,
                  style="italic", color=style.GREY, linespacing=LINE_SPACING)  # fmt: skip
    if row.estimate is not None and row.look is not None:
        draw_estimate(axes, row.estimate, y, row.look)


def _beside(
    axes: Axes, y: float, inches: float, label: str, *, weight: str = "normal", edge: str = "right"
) -> None:
    """Write at a distance from a side of the axes."""
    axes.annotate(
        label,
        (1.0 if edge == "right" else 0.0, y),
        xycoords=("axes fraction", "data"),
        xytext=(72 * inches, 0),
        textcoords="offset points",
        ha="left",
        va="center",
        fontsize=_POINTS,
        fontweight=weight,
        linespacing=LINE_SPACING,
        annotation_clip=False,
    )
