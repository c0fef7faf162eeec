"""One question on VM2, small: the shares with and without, and below them the four methods."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from vm2causal.disclosure.exemption import Exempt, exempt_table
from vm2causal.monitor.effects import METHODS
from vm2causal.report.canvas import style
from vm2causal.report.canvas.look import Look, draw_estimate
from vm2causal.report.canvas.text_size import LINE_SPACING, text_size
from vm2causal.report.canvas.ticks import number_formatter
from vm2causal.report.figures.levels import STEP, draw_bar
from vm2causal.report.figures.named_figure import NamedFigure, finish_figure
from vm2causal.report.words.frequencies import PER, people_in
from vm2causal.texts import Language, number, text

WIDTH: Final = 2.15
"""Inches: a third of a printed page, and on a phone the whole width, enlarged."""

_POINTS: Final = 7.5
_TITLE_POINTS: Final = 8.0
_MARGIN: Final = 0.06
_NUMBER: Final = 0.32
_ROW: Final = 0.145
_LOOKS: Final = {
    "naive_landelijk": Look(style.GREY, "s"),
    "naive_voorgaand": Look(style.VERMILLION, "^"),
    "did": Look(style.BLUE, "D", filled=False),
    "did_clustered": Look(style.BLUE, "o"),
}


@dataclass(frozen=True)
class Comparison:
    """What is drawn of one outcome of one cohort after its years.

    Parameters
    ----------
    name
        Of the picture.
    title
        The outcome, the cohort and the years, on lines of their own.
    without, with_vm2
        Shares, as intervals.
    methods
        Differences by method, as intervals.
    """

    name: str
    title: str
    without: Mapping[str, float] = field(repr=False)
    with_vm2: Mapping[str, float] = field(repr=False)
    methods: Mapping[str, Mapping[str, float]] = field(repr=False)


def draw_comparisons(comparisons: Sequence[Comparison], *, language: Language) -> list[NamedFigure]:
    """A picture per comparison, all on the same scales, so that they can stand side by side."""
    longest = max(item.without["upper"] for item in comparisons)
    longest = max(longest, *(item.with_vm2["upper"] for item in comparisons))
    ends = [0.0] + [
        100 * found[end]
        for item in comparisons
        for found in item.methods.values()
        for end in ("lower", "upper")
    ]
    room = 0.05 * (max(ends) - min(ends))
    limits = (min(ends) - room, max(ends) + room)
    return [_finished(item, longest, limits, language) for item in comparisons]


def _finished(
    item: Comparison, longest: float, limits: tuple[float, float], language: Language
) -> NamedFigure:
    alt = text(
        "figures.comparison.alt",
        language,
        title=item.title.replace("\n", ", "),
        per=number(PER, language),
        without=people_in(item.without["mean"], language),
        with_vm2=people_in(item.with_vm2["mean"], language),
        first=number(100 * item.methods[METHODS[0]]["mean"], language, 1),
        last=number(100 * item.methods[METHODS[-1]]["mean"], language, 1),
    )
    rows = [{"what": "without_vm2", "share": item.without}, {"what": "with_vm2",
            "share": item.with_vm2}]  # fmt: skip
    rows += [{"what": name, "share": found} for name, found in item.methods.items()]
    return finish_figure(
        _drawn(item, longest, limits, language),
        name=item.name,
        title=item.title,
        alt=alt,
        data=exempt_table(pd.DataFrame(rows), Exempt.PUBLISHED),
        language=language,
        synthetic=False,
        published=True,
        title_points=_TITLE_POINTS,
    )


def _drawn(
    item: Comparison, longest: float, limits: tuple[float, float], language: Language
) -> Figure:
    sides = {
        text("figures.levels.without", language): item.without,
        text("figures.levels.with", language): item.with_vm2,
    }
    words = {method: text(f"method.short.{method}", language) for method in METHODS}
    labels = (*sides, *words.values())
    left = _MARGIN + max(text_size(label, _POINTS)[0] for label in labels) + 0.08
    bars, methods = 2 * STEP, len(METHODS) * _ROW
    head = 0.18
    foot = 0.4
    height = head + bars + 0.06 + head + methods + foot
    scale = (WIDTH - left - _NUMBER - _MARGIN) / longest
    with style.figure_style():
        figure = Figure(figsize=(WIDTH, height))
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set_xlim(0, WIDTH)
        axes.set_ylim(height, 0)
        axes.set_axis_off()
        per = text("figures.comparison.per", language, per=number(PER, language))
        _write(axes, head / 2, per)
        for side, (label, share) in enumerate(sides.items()):
            middle = head + STEP * (side + 0.5)
            draw_bar(axes, left, middle, share, scale, label, side, language, points=_POINTS)
        _write(axes, head + bars + 0.06 + head / 2, text("figures.comparison.methods", language))
        inner = figure.add_axes(
            (left / WIDTH, foot / height, 1 - (left + _MARGIN) / WIDTH, methods / height)
        )
        _draw_methods(inner, item.methods, words, limits, language)
    return figure


def _write(axes: Axes, y: float, words: str) -> None:
    axes.text(_MARGIN, y, words, va="center", fontsize=_POINTS, color=style.GREY)


def _draw_methods(
    axes: Axes,
    methods: Mapping[str, Mapping[str, float]],
    words: Mapping[str, str],
    limits: tuple[float, float],
    language: Language,
) -> None:
    axes.set_ylim(len(METHODS), 0)
    axes.set_xlim(*limits)
    axes.spines["left"].set_visible(False)
    axes.axvline(0, color=style.BLACK, lw=0.8)
    axes.set_yticks([place + 0.5 for place in range(len(METHODS))])
    axes.set_yticklabels(list(words.values()), fontsize=_POINTS)
    axes.tick_params(axis="y", length=0, pad=4)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=4, integer=True))
    axes.xaxis.set_major_formatter(number_formatter(axes, language))
    axes.tick_params(axis="x", labelsize=_POINTS, pad=1.5)
    label: Any = text("figures.four.axis", language)
    axes.set_xlabel(label, fontsize=_POINTS, linespacing=LINE_SPACING, labelpad=1.5)
    for place, method in enumerate(METHODS):
        points = {end: 100 * methods[method][end] for end in ("mean", "lower", "upper")}
        draw_estimate(axes, points, place + 0.5, _LOOKS[method], size=4.0)
