"""Forest plots: a row per effect with its interval, words at either side, everything in inches.

What a row needs decides how high it is, and the longest label how wide the figure: nothing is
clipped, whatever the language or the model.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator

from vm2causal.report.canvas import style
from vm2causal.report.canvas.text_size import LINE_SPACING, text_size, wrapped, wrapped_to
from vm2causal.report.canvas.ticks import number_formatter
from vm2causal.texts import Language

_POINTS: Final = 8.0
_AXIS: Final = 2.9
_MARGIN: Final = 0.12
_GAP: Final = 0.18
_LEAST_ROW: Final = 0.2
"""Inches: width of the axis, rim, room between columns, height of a row of one line."""

LABEL_LENGTH: Final = 46
BESIDE_LENGTH: Final = 20
"""Characters after which a label, and a word at the right, go on on a next line."""


@dataclass(frozen=True)
class Look:
    """How an estimate is drawn; looks differ in shape and filling, not by colour alone.

    Parameters
    ----------
    colour
        Of lines and markers.
    marker
        Matplotlib's name of the marker at the estimate.
    filled
        Whether the marker is filled.
    line
        Of the interval.
    """

    colour: str
    marker: str
    filled: bool = True
    line: Literal["-", "--", ":"] = "-"


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
    return sum(_row_height(_wrapped(row)) for row in rows)


def draw_forest(
    rows: Sequence[Row],
    *,
    axis_label: str,
    headings: Sequence[str] = (),
    legend: Sequence[tuple[Look, str]] = (),
    footnote: str = "",
    language: Language,
) -> Figure:
    """Draw rows from top to bottom, with words beside them and a legend below.

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
    language
        Of the texts: Dutch or English.
    """
    rows = [_wrapped(row) for row in rows]
    left = _MARGIN + max(_width(row.label, bold=row.heading) for row in rows) + _GAP
    columns = _columns(rows, headings, left + _AXIS + _GAP)
    width = columns[-1] if columns else left + _AXIS + 2 * _MARGIN
    heights = [_row_height(row) for row in rows]
    below = [*_legend_lines(legend, width), *_footnote_lines(footnote, width)]
    head = 0.26 if headings else 0.08
    label = wrapped_to(axis_label, _POINTS, _AXIS + 0.3)
    foot = 0.32 + text_size(label, _POINTS)[1] + 0.2 * len(below) + 0.14
    height = sum(heights) + head + foot
    with style.figure_style():
        figure = Figure(figsize=(width, height))
        axes = figure.add_axes((left / width, foot / height, _AXIS / width, sum(heights) / height))
        _prepare(axes, rows, sum(heights), label, language)
        top = 0.0
        for row, high in zip(rows, heights, strict=True):
            _draw_row(axes, row, top + high / 2, left, columns)
            top += high
        for place, heading in enumerate(headings):
            _beside(axes, -0.13, columns[place] - left - _AXIS, heading, weight="bold")
        _draw_below(figure, below)
    return figure


def _wrapped(row: Row) -> Row:
    longest = LABEL_LENGTH + 12 if row.heading else LABEL_LENGTH
    beside = tuple(wrapped(item, BESIDE_LENGTH) for item in row.beside)
    return Row(
        wrapped(row.label, longest),
        row.estimate,
        row.look,
        beside,
        wrapped(row.note, 30) if row.note else "",
        row.heading,
        row.rope,
    )


def _width(label: str, *, bold: bool = False) -> float:
    # a heading may run on over the axis, on which its row draws nothing
    found = text_size(label, _POINTS, bold=bold)[0]
    return min(found, 2.4) if bold else found


def _columns(rows: Sequence[Row], headings: Sequence[str], start: float) -> list[float]:
    """Left side of every column at the right, and the right side of the last."""
    sides = [start] if headings else []
    for place, heading in enumerate(headings):
        words = [row.beside[place] for row in rows if row.beside]
        widest = max([text_size(item, _POINTS)[0] for item in words], default=0.0)
        widest = max(widest, text_size(heading, _POINTS, bold=True)[0])
        last = place == len(headings) - 1
        sides.append(sides[-1] + widest + (_MARGIN if last else _GAP))
    return sides


def _row_height(row: Row) -> float:
    lines = max(len(item.split("\n")) for item in (row.label, row.note, *row.beside))
    needed = _POINTS / 72 * (LINE_SPACING * (lines - 1) + 1) + 0.07
    return max(needed, _LEAST_ROW) + (0.08 if row.heading else 0.0)


def _prepare(
    axes: Axes, rows: Sequence[Row], height: float, label: str, language: Language
) -> None:
    axes.set_ylim(height, 0)
    axes.set_xlim(*_reach(rows))
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.axvline(0, color=style.BLACK, lw=0.8, zorder=1.5)
    axes.grid(axis="x", color=style.LIGHT_GREY)
    axes.set_axisbelow(True)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=5, steps=[1, 2, 2.5, 5, 10]))
    axes.xaxis.set_major_formatter(number_formatter(axes, language))
    axes.tick_params(labelsize=_POINTS)
    axes.set_xlabel(label, fontsize=_POINTS, linespacing=LINE_SPACING)


def _reach(rows: Sequence[Row]) -> tuple[float, float]:
    """Limits that hold every interval and zero, with some room."""
    ends = [0.0]
    for row in rows:
        if row.estimate is not None:
            ends += [row.estimate["lower"], row.estimate["upper"], row.estimate["mean"]]
    low, high = min(ends), max(ends)
    room = 0.06 * (high - low) or 0.1
    return low - room, high + room


def _draw_row(axes: Axes, row: Row, y: float, left: float, columns: Sequence[float]) -> None:
    _beside(axes, y, _MARGIN - left, row.label, weight="bold" if row.heading else "normal",
            edge="left")  # fmt: skip
    for place, word in enumerate(row.beside):
        _beside(axes, y, columns[place] - left - _AXIS, word)
    if row.rope is not None and row.estimate is not None:
        band = Rectangle((-row.rope, y - 0.08), 2 * row.rope, 0.16, color=style.PALE, zorder=1.2)
        axes.add_patch(band)
    if row.note:
        middle = sum(axes.get_xlim()) / 2
        axes.text(middle, y, row.note, ha="center", va="center", fontsize=_POINTS - 1,
                  style="italic", color=style.GREY, linespacing=LINE_SPACING,
                  bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.0})  # fmt: skip
    if row.estimate is not None and row.look is not None:
        draw_estimate(axes, row.estimate, y, row.look)


def draw_estimate(
    axes: Axes, estimate: Mapping[str, float], y: float, look: Look, *, size: float = 5.5
) -> None:
    """An interval with its mean, in the unit of the axis.

    Parameters
    ----------
    axes
        To draw in.
    estimate
        ``mean``, ``lower`` and ``upper``, in the units of the axis.
    y
        Height of the row, in units of the axis.
    look
        Of marker and line.
    size
        Of the marker, in points.
    """
    axes.hlines(y, estimate["lower"], estimate["upper"], color=look.colour, lw=1.4,
                linestyle=look.line, zorder=2.5)  # fmt: skip
    axes.plot(
        [estimate["mean"]],
        [y],
        linestyle="none",
        marker=look.marker,
        markersize=size,
        markeredgecolor=look.colour,
        markerfacecolor=look.colour if look.filled else "white",
        markeredgewidth=1.1,
        zorder=3,
    )


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


@dataclass(frozen=True)
class _Below:
    """A line below the axis: samples with their meaning, or a text alone."""

    items: tuple[tuple[Look | None, str], ...]


def _legend_lines(legend: Sequence[tuple[Look, str]], width: float) -> list[_Below]:
    lines: list[list[tuple[Look | None, str]]] = []
    room = 0.0
    for look, label in legend:
        wide = _sample_width(look, label)
        if not lines or wide > room:
            lines.append([])
            room = width - 2 * _MARGIN
        lines[-1].append((look, label))
        room -= wide
    return [_Below(tuple(line)) for line in lines]


def _footnote_lines(footnote: str, width: float) -> list[_Below]:
    if not footnote:
        return []
    fitting = wrapped_to(footnote, _POINTS, width - 2 * _MARGIN)
    return [_Below(((None, line),)) for line in fitting.split("\n")]


def _sample_width(look: Look | None, label: str) -> float:
    return text_size(label, _POINTS)[0] + (0.62 if look else 0.0)


def _draw_below(figure: Figure, lines: Sequence[_Below]) -> None:
    """Legend and footnote, in axes of their own in inches."""
    if not lines:
        return
    width, height = figure.get_size_inches()
    high = 0.2 * len(lines) + 0.06
    axes = figure.add_axes((0, 0.04 / height, 1, high / height))
    axes.set_xlim(0, width)
    axes.set_ylim(high, 0)
    axes.set_axis_off()
    for place, line in enumerate(lines):
        x, y = _MARGIN, 0.12 + 0.2 * place
        for look, label in line.items:
            if look is not None:
                ends: dict[str, Any] = {"mean": x + 0.2, "lower": x + 0.02, "upper": x + 0.38}
                draw_estimate(axes, ends, y, look)
            start = x + (0.45 if look else 0.0)
            axes.text(start, y, label, ha="left", va="center", fontsize=_POINTS, color=style.GREY)
            x += _sample_width(look, label)
