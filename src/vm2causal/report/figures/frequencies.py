"""A natural frequency as a grid of a thousand people (Gigerenzer and Hoffrage 1995).

Shapes say how sure each of them is: none is told by colour alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import floor
from typing import Any, Final

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from vm2causal.disclosure import released_table
from vm2causal.report.canvas import style
from vm2causal.report.canvas.look import Look
from vm2causal.report.canvas.text_size import text_size
from vm2causal.report.figures.named_figure import NamedFigure, finish_figure
from vm2causal.report.words.frequencies import PER, amount, amounts_between, is_clear
from vm2causal.texts import Language, number, text

ACROSS: Final = 40
DOWN: Final = PER // ACROSS
"""People in a row, and rows."""

_STEP: Final = 0.105
"""Inches from one person to the next."""
_POINTS: Final = 9.0


@dataclass(frozen=True)
class Frequency:
    """How many of a thousand, whole people.

    Parameters
    ----------
    direction
        ``fewer`` or ``more``: that of the mean.
    sure
        At least so many, if the interval holds; 0 where it crosses zero.
    mean
        The best estimate.
    most
        At most so many in that direction.
    opposite
        So many the other way, where the interval crosses zero.
    """

    direction: str
    sure: int
    mean: int
    most: int
    opposite: int


def frequency_of(effect: Mapping[str, float]) -> Frequency:
    """Count people out of a thousand.

    Parameters
    ----------
    effect
        ``mean``, ``lower`` and ``upper`` as differences in shares, between −1 and 1.

    Examples
    --------
    >>> frequency_of({"mean": -0.041, "lower": -0.08, "upper": -0.002})
    Frequency(direction='fewer', sure=2, mean=41, most=80, opposite=0)
    >>> frequency_of({"mean": 0.004, "lower": -0.01, "upper": 0.02})
    Frequency(direction='more', sure=0, mean=4, most=20, opposite=10)
    """
    fewer = effect["mean"] < 0
    near, far = ("upper", "lower") if fewer else ("lower", "upper")
    sign = -1.0 if fewer else 1.0
    nearest, farthest = sign * effect[near], sign * effect[far]
    return Frequency(
        "fewer" if fewer else "more",
        _people(max(nearest, 0.0)),
        _people(abs(effect["mean"])),
        _people(max(farthest, 0.0)),
        _people(max(-nearest, 0.0)),
    )


def draw_frequency(
    effect: Mapping[str, float],
    *,
    outcome: str,
    name: str,
    language: Language,
    synthetic: bool,
    disputed: bool = False,
    among: str | None = None,
) -> NamedFigure:
    """Draw "about N of every 1,000 fewer, between L and U" as people.

    Parameters
    ----------
    effect
        ``mean``, ``lower`` and ``upper`` as differences in shares, between −1 and 1.
    outcome
        Whom the share counts, in words, such as "early leavers".
    name
        Of the figure.
    language
        Of the texts: Dutch or English.
    synthetic
        As for :func:`~vm2causal.report.figures.named_figure.finish_figure`.
    disputed
        Whether a second opinion says otherwise; title and text alternative say so.
    among
        Whom there are a thousand of, in words; pupils where None.
    """
    found = frequency_of(effect)
    everyone = among or text("figures.frequency.pupils", language)
    said = {
        "amount": _about(effect, found, language),
        "between": amounts_between(effect, language),
        "outcome": outcome,
        "per": number(PER, language),
        "everyone": everyone,
    }
    title = text(f"figures.frequency.title.{_sureness(effect)}", language, **said)
    alt = text("figures.frequency.alt", language, **said)
    if disputed:
        title, alt = (
            text("figures.frequency.disputed", language, said=words) for words in (title, alt)
        )
    parts = _parts(found, everyone, language)
    figure = _drawn(parts)
    return finish_figure(
        figure,
        name=name,
        title=title,
        alt=alt,
        data=released_table(_table(found, parts), around="frequency"),
        language=language,
        synthetic=synthetic,
    )


def _about(effect: Mapping[str, float], found: Frequency, language: Language) -> str:
    said = amount(effect["mean"], language)
    return text("figures.frequency.about", language, amount=said) if found.mean else said


def _sureness(effect: Mapping[str, float]) -> str:
    """A direction that is not sure is not told as if it were."""
    return "clear" if is_clear(effect) else "unclear"


def _people(share: float) -> int:
    return min(floor(share * PER + 0.5), PER)


@dataclass(frozen=True)
class _Part:
    """People drawn alike: which of the thousand, and what that means."""

    name: str
    first: int
    last: int
    label: str

    @property
    def people(self) -> int:
        return self.last - self.first


_LOOKS: Final = {
    "sure": Look(style.BLUE, "o"),
    "mean": Look(style.BLUE, "o"),
    "most": Look(style.BLUE, "o", filled=False),
    "opposite": Look(style.VERMILLION, "^"),
    "rest": Look(style.GREY, ".", filled=False),
}


def _parts(found: Frequency, everyone: str, language: Language) -> list[_Part]:
    """The thousand cut up; those the other way stand at the other end."""
    sure, mean = min(found.sure, found.mean), found.mean
    most = max(found.most, mean)
    opposite = min(found.opposite, PER - most)
    cuts = {
        "sure": (0, sure),
        "mean": (sure, mean),
        "most": (mean, most),
        "rest": (most, PER - opposite),
        "opposite": (PER - opposite, PER),
    }
    counts = {"sure": sure, "mean": mean, "most": most, "opposite": opposite, "rest": 0}
    other = "more" if found.direction == "fewer" else "fewer"
    parts = []
    for name, (first, last) in cuts.items():
        direction = text(f"brief.word.{other if name == 'opposite' else found.direction}", language)
        label = text(
            f"figures.frequency.{name}",
            language,
            number=number(counts[name], language),
            direction=direction,
            everyone=everyone,
        )
        if last > first:
            parts.append(_Part(name, first, last, label))
    return parts


def _drawn(parts: list[_Part]) -> Figure:
    legend = [0.35 + text_size(part.label, _POINTS)[0] for part in parts]
    width = max(_STEP * ACROSS, *legend) + 0.24
    grid, foot = _STEP * DOWN, 0.2 * len(parts) + 0.1
    height = grid + foot + 0.08
    with style.figure_style():
        figure = Figure(figsize=(width, height))
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set_xlim(0, width)
        axes.set_ylim(0, height)
        axes.set_axis_off()
        for part in parts:
            place = np.arange(part.first, part.last)
            x = 0.12 + _STEP * (place % ACROSS + 0.5)
            y = foot + _STEP * (DOWN - place // ACROSS - 0.5)
            _people_at(axes, x, y, part.name)
        for line, part in enumerate(parts):
            height_of = foot - 0.12 - 0.2 * line
            _people_at(axes, np.array([0.2]), np.array([height_of]), part.name)
            axes.text(0.35, height_of, part.label, va="center", fontsize=_POINTS)
    return figure


def _people_at(axes: Axes, x: Any, y: Any, name: str) -> None:
    """Dots of one part: up to the best estimate but not sure with a hole, beyond it half."""
    look = _LOOKS[name]
    style_of: dict[str, Any] = {"linestyle": "none", "markeredgecolor": look.colour}
    if name == "most":
        axes.plot(x, y, marker="o", markersize=5.2, fillstyle="left", markeredgewidth=0.7,
                  markerfacecolor=look.colour, markerfacecoloralt="white", **style_of)  # fmt: skip
        return
    if name == "rest":
        axes.plot(x, y, marker="o", markersize=4.4, markerfacecolor="white", markeredgewidth=0.5,
                  **style_of)  # fmt: skip
        return
    axes.plot(x, y, marker=look.marker, markersize=5.2, markeredgewidth=0.7,
              markerfacecolor=look.colour, **style_of)  # fmt: skip
    if name == "mean":
        axes.plot(x, y, linestyle="none", marker="o", markersize=1.9, markeredgewidth=0,
                  markerfacecolor="white")  # fmt: skip


def _table(found: Frequency, parts: list[_Part]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "part": [part.name for part in parts],
            "people": [part.people for part in parts],
            "per": PER,
            "direction": found.direction,
            "sure": found.sure,
            "mean": found.mean,
            "most": found.most,
            "opposite": found.opposite,
        }
    )
