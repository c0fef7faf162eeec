"""Shares with and without as bars from zero, so that a difference is seen beside its baseline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from vm2causal.disclosure import ReleasedTable
from vm2causal.report.canvas import style
from vm2causal.report.canvas.text_size import LINE_SPACING, text_size, wrapped_to
from vm2causal.report.figures.named_figure import NamedFigure, finish_figure
from vm2causal.report.words.frequencies import PER, people_in
from vm2causal.texts import Language, number, text

WIDTH: Final = 3.25
"""Inches: half a column of print, and the whole of a phone."""

_POINTS: Final = 8.0
_MARGIN: Final = 0.1
_BAR: Final = 0.15
STEP: Final = 0.21
_GAP: Final = 0.12
_NUMBER: Final = 0.42
"""Inches: rim, height of a bar, from one bar to the next, between rows, room for a number."""


@dataclass(frozen=True)
class LevelRow:
    """One comparison: what it is of, and the share at each side.

    Parameters
    ----------
    labels
        Of the two bars, in the order of ``shares``.
    shares
        Intervals between 0 and 1: first without (or low), then with (or high).
    """

    label: str
    labels: tuple[str, str]
    shares: tuple[Mapping[str, float], Mapping[str, float]]


def draw_levels(
    rows: Sequence[LevelRow],
    *,
    name: str,
    title: str,
    data: ReleasedTable,
    language: Language,
    synthetic: bool,
    published: bool = False,
    longest: float | None = None,
) -> NamedFigure:
    """Two bars per row, with the interval of each and its number of people out of a thousand.

    Parameters
    ----------
    data
        The numbers behind it, as they may be released.
    synthetic, published
        As for :func:`~vm2causal.report.figures.named_figure.finish_figure`.
    longest
        Share that the longest bar of all pictures on this scale stands for; of these rows if None.
    """
    items = "; ".join(
        text(
            "figures.levels.alt.item",
            language,
            row=row.label.replace("\n", ", "),
            without_label=row.labels[0],
            without=people_in(row.shares[0]["mean"], language),
            with_label=row.labels[1],
            with_high=people_in(row.shares[1]["mean"], language),
        )
        for row in rows
    )
    return finish_figure(
        _drawn(rows, longest or longest_of(rows), language),
        name=name,
        title=title,
        alt=text("figures.levels.alt", language, per=number(PER, language), items=items),
        data=data,
        language=language,
        synthetic=synthetic,
        published=published,
    )


def level_numbers(rows: Sequence[LevelRow]) -> pd.DataFrame:
    """What :func:`draw_levels` draws, a row per bar."""
    return pd.DataFrame(
        [
            {"row": row.label.replace("\n", ", "), "side": label, "share": share}
            for row in rows
            for label, share in zip(row.labels, row.shares, strict=True)
        ]
    ).rename(columns={"share": "natural"})


def longest_of(rows: Sequence[LevelRow]) -> float:
    """The largest share that rows reach, their intervals included."""
    return max(share["upper"] for row in rows for share in row.shares)


def _drawn(rows: Sequence[LevelRow], longest: float, language: Language) -> Figure:
    wrapped = [wrapped_to(row.label, _POINTS, WIDTH - 2 * _MARGIN) for row in rows]
    left = _MARGIN + max(text_size(label, _POINTS)[0] for row in rows for label in row.labels) + 0.1
    scale = (WIDTH - left - _NUMBER - _MARGIN) / longest
    heads = [text_size(label, _POINTS)[1] + 0.06 for label in wrapped]
    note = text("figures.levels.interval", language, level=_level(rows, language))
    height = sum(heads) + len(rows) * (2 * STEP + _GAP) + 0.24
    with style.figure_style():
        figure = Figure(figsize=(WIDTH, height))
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set_xlim(0, WIDTH)
        axes.set_ylim(height, 0)
        axes.set_axis_off()
        top = 0.0
        for row, label, head in zip(rows, wrapped, heads, strict=True):
            _write(axes, _MARGIN, top + head / 2, label, weight="bold")
            top += head
            for side, (words, share) in enumerate(zip(row.labels, row.shares, strict=True)):
                draw_bar(axes, left, top + STEP / 2, share, scale, words, side, language)
                top += STEP
            top += _GAP
        _write(axes, _MARGIN, height - 0.12, note, color=style.GREY)
    return figure


def _level(rows: Sequence[LevelRow], language: Language) -> str:
    return number(100 * rows[0].shares[0]["level"], language)


def draw_bar(
    axes: Axes,
    left: float,
    y: float,
    share: Mapping[str, float],
    scale: float,
    words: str,
    side: int,
    language: Language,
    *,
    points: float = _POINTS,
) -> None:
    """One bar of a share, in axes whose units are inches and whose height runs downwards.

    The first ``side`` is hatched and grey, the second full and blue.

    Parameters
    ----------
    left, y
        Where the bar starts, and its middle.
    scale
        Inches of a share of 1.
    words
        At the left of the bar.
    """
    looks: tuple[dict[str, Any], dict[str, Any]] = (
        {"facecolor": "white", "edgecolor": style.GREY, "hatch": "////"},
        {"facecolor": style.BLUE, "edgecolor": style.BLUE},
    )
    _write(axes, left - 0.08, y, words, ha="right", fontsize=points)
    axes.barh(y, scale * share["mean"], _BAR, left=left, linewidth=0.8, **looks[side])
    lower, upper = (left + scale * share[end] for end in ("lower", "upper"))
    axes.hlines(y, lower, upper, color=style.BLACK, lw=1.1)
    said = people_in(share["mean"], language)
    _write(axes, upper + 0.04, y, said, weight="bold", fontsize=points)


def _write(axes: Axes, x: float, y: float, words: str, **options: Any) -> None:
    options = {"fontsize": _POINTS, "linespacing": LINE_SPACING} | options
    axes.text(x, y, words, va="center", **options)
