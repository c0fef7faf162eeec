"""Specification curve: every estimate from low to high, and below it the choices it rests on."""

from __future__ import annotations

from typing import Final

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from vm2causal.disclosure import with_origin
from vm2causal.disclosure.exemption import Exempt, exempt_table
from vm2causal.monitor.specification_curve import CHOICES
from vm2causal.report.canvas import style
from vm2causal.report.figures.named_figure import PUBLISHED, NamedFigure
from vm2causal.report.words.sentences import after_years
from vm2causal.texts import Language, capitalised, number, text

_HORIZON: Final = "horizon"
_ROWS: Final = (
    _HORIZON,
    *(name for name in CHOICES if name not in {"tranche", "years_since_start"}),
)


def draw_curve(curve: pd.DataFrame, *, outcome: str, language: Language) -> NamedFigure:
    """Draw all specifications of one outcome whose fits passed the gate.

    Parameters
    ----------
    curve
        From :func:`~vm2causal.workflow.monitor_curve.monitor_curve`.
    outcome
        ``vsv`` or ``sk``.
    language
        Of the texts: Dutch or English.
    """
    shown = curve[(curve["outcome"] == outcome) & curve["passed"]].sort_values(
        "estimate", ignore_index=True
    )
    labels = pd.DataFrame({name: _labels(shown, name, language) for name in _ROWS})
    title = text(
        "figure.curve.title", language, outcome=capitalised(text(f"outcome.{outcome}", language)),
        number=len(shown),
    )  # fmt: skip
    with style.figure_style():
        figure, (top, bottom) = plt.subplots(
            2, 1, figsize=(7.6, 7.4), sharex=True, height_ratios=(1, 1.15)
        )
        _estimates(top, shown, language)
        _choices(bottom, labels, language)
        figure.suptitle(title, x=0.02, ha="left", fontsize=10.5)
        figure.tight_layout(rect=(0, 0, 1, 0.99))
    better = shown["estimate"] < 0 if outcome == "vsv" else shown["estimate"] > 0
    alt = text(
        "alt.curve",
        language,
        number=len(shown),
        outcome=text(f"outcome.{outcome}", language),
        least=number(100 * shown["estimate"].min(), language, 1),
        most=number(100 * shown["estimate"].max(), language, 1),
        better=int(better.sum()),
        clear=int((better & shown["excludes_zero"]).sum()),
    )
    return NamedFigure(
        f"specification-curve-{outcome}",
        figure,
        title,
        alt,
        with_origin(exempt_table(shown, Exempt.PUBLISHED), PUBLISHED),
    )


def _labels(shown: pd.DataFrame, name: str, language: Language) -> list[str]:
    if name == _HORIZON:
        pairs = zip(shown["tranche"], shown["years_since_start"], strict=True)
        return [f"{tranche}, {after_years(year, language)}" for tranche, year in pairs]
    if name == "selection":
        return [text(f"selection.{value}", language) for value in shown[name]]
    values = shown[name].astype(int) if name == "mbar" else shown[name]
    return [text(f"curve.{name}.{value}", language) for value in values]


def _estimates(axis: Axes, shown: pd.DataFrame, language: Language) -> None:
    places = np.arange(len(shown))
    clear = shown["excludes_zero"].to_numpy()
    for chosen, colour in ((clear, style.BLUE), (~clear, style.GREY)):
        rows = shown[chosen]
        ends = 100 * rows["lower"], 100 * rows["upper"]
        axis.vlines(places[chosen], *ends, color=colour, lw=0.7, alpha=0.55)
        axis.plot(
            places[chosen],
            100 * rows["estimate"],
            ls="none",
            marker="o" if colour == style.BLUE else "x",
            ms=2.2,
            color=colour,
            label=text(f"figure.curve.{'clear' if colour == style.BLUE else 'unclear'}", language),
        )
    axis.axhline(0, color=style.BLACK, lw=0.8)
    axis.yaxis.set_major_locator(MaxNLocator(integer=True))
    axis.set_ylabel(capitalised(text("figure.curve.axis", language)), fontsize=8.5)
    axis.legend(frameon=False, fontsize=8, loc="best")


def _choices(axis: Axes, labels: pd.DataFrame, language: Language) -> None:
    ticks: list[tuple[float, str]] = []
    height = 0.0
    for name in _ROWS:
        for value in sorted(set(labels[name])):
            places = np.flatnonzero(labels[name] == value)
            axis.vlines(places, -height - 0.38, -height + 0.38, color=style.BLACK, lw=0.6)
            ticks.append((-height, value))
            height += 1
        height += 0.5
    axis.set_yticks([place for place, _ in ticks], [label for _, label in ticks], fontsize=7.5)
    axis.tick_params(axis="both", length=0)
    axis.set_xticks([])
    axis.set_xlabel(text("figure.curve.order", language), fontsize=8.5)
    axis.set_ylim(-height, 0.8)
