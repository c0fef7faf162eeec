"""What stands below the rows of a figure: the label of its axis, a legend, a footnote."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from matplotlib.figure import Figure

from vm2causal.report.canvas import style
from vm2causal.report.canvas.look import Look, draw_estimate
from vm2causal.report.canvas.text_size import text_size, wrapped_to

_POINTS: Final = 8.0
_MARGIN: Final = 0.12


@dataclass(frozen=True)
class _Below:
    """A line below the axis: samples with their meaning, or a text alone."""

    items: tuple[tuple[Look | None, str], ...]


@dataclass(frozen=True)
class Foot:
    """What stands below rows: the axis, its label, the legend and the footnote.

    Parameters
    ----------
    label
        Of the axis, broken over lines.
    lines
        Of the legend and the footnote.
    height
        Of all of it, in inches.
    """

    label: str
    lines: tuple[_Below, ...]
    height: float

    @classmethod
    def of(
        cls,
        axis_label: str,
        room: float,
        legend: Sequence[tuple[Look, str]],
        footnote: str,
        width: float,
    ) -> Foot:
        """Break everything over lines that fit.

        Parameters
        ----------
        axis_label, legend, footnote
            As for :func:`~vm2causal.report.canvas.forest.draw_forest`.
        room
            For the label of the axis, in inches.
        width
            Of the figure, in inches.
        """
        label = wrapped_to(axis_label, _POINTS, room)
        lines = (*_legend_lines(legend, width), *_footnote_lines(footnote, width))
        height = 0.32 + text_size(label, _POINTS)[1] + 0.2 * len(lines) + 0.14
        return cls(label, lines, height)


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


def draw_foot(figure: Figure, foot: Foot) -> None:
    """Draw legend and footnote, in axes of their own in inches.

    Parameters
    ----------
    figure
        To draw in.
    foot
        What stands there.
    """
    lines = foot.lines
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
