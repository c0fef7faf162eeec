"""What the data changed: the prior of every coefficient beside its posterior."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from vm2causal.disclosure import ReleasedTable, released_table
from vm2causal.report.canvas import style
from vm2causal.report.canvas.text_size import text_size, wrapped
from vm2causal.report.canvas.ticks import number_formatter
from vm2causal.report.documents.records import records
from vm2causal.report.figures.named_figure import NamedFigure, finish_figure
from vm2causal.report.words.level_labels import level_label
from vm2causal.spec import CausalSpec
from vm2causal.texts import Language, number, text

_MOST_CURVES: Final = 24
"""Coefficients on one page."""
_RIDGE: Final = 0.34
"""Inches from one curve to the next."""
_AXIS: Final = 3.7


def draw_priors(
    densities: ReleasedTable, spec: CausalSpec, *, language: Language, synthetic: bool
) -> list[NamedFigure]:
    """Prior and posterior density of every arrow's coefficient, one figure per page.

    Parameters
    ----------
    densities
        Of :func:`~vm2causal.effects.coefficient_densities.coefficient_densities`.
    spec
        The causal model, as read from its file.
    language
        Of the texts: Dutch or English.
    synthetic
        Whether the data were simulated; the figure then says so.
    """
    keys = ["cause", "effect", "cause_level", "effect_level"]
    curves = [curve for _, curve in densities.groupby(keys, sort=False, dropna=False)]
    pages = [curves[i : i + _MOST_CURVES] for i in range(0, len(curves), _MOST_CURVES)]
    title = text("figures.priors.title", language)
    figures = []
    for place, page in enumerate(pages, start=1):
        names = [_coefficient(curve, spec, language) for curve in page]
        numbered = text("figures.page", language, title=title, page=place, pages=len(pages))
        items = [_prior_alt(name, curve, language) for name, curve in zip(names, page, strict=True)]
        figures.append(
            finish_figure(
                _ridges(page, names, language),
                name="priors" if len(pages) == 1 else f"priors-{place}",
                title=title if len(pages) == 1 else numbered,
                alt=text("figures.priors.alt", language, items="; ".join(items)),
                data=released_table(pd.concat(page, ignore_index=True)),
                language=language,
                synthetic=synthetic,
            )
        )
    return figures


def _coefficient(curve: pd.DataFrame, spec: CausalSpec, language: Language) -> str:
    first = records(curve.head(1))[0]
    ends = []
    for end in ("cause", "effect"):
        label, level = spec.label(first[end], language), first[f"{end}_level"]
        words = level_label(spec, first[end], level, language) if level else ""
        ends.append(f"{label}: {words}" if words else label)
    return f"{ends[0]} → {ends[1]}"


def _ridges(curves: Sequence[pd.DataFrame], names: Sequence[str], language: Language) -> Figure:
    labels = [wrapped(name, 46) for name in names]
    left = 0.25 + max(text_size(label, 7.5)[0] for label in labels)
    height = _RIDGE * len(curves) + 0.2
    width, foot = left + _AXIS + 0.15, 0.8
    with style.figure_style():
        figure = Figure(figsize=(width, height + foot))
        whole = height + foot
        axes = figure.add_axes((left / width, foot / whole, _AXIS / width, height / whole))
        for place, curve in enumerate(curves):
            _ridge(axes, curve, place)
        axes.axvline(0, color=style.BLACK, lw=0.7, zorder=0.5)
        axes.set_ylim(len(curves) - 0.35, -1.0)
        axes.set_yticks(np.arange(len(curves)) - 0.3, labels, fontsize=7.5)
        axes.tick_params(axis="y", length=0)
        axes.tick_params(axis="x", labelsize=8)
        axes.spines["left"].set_visible(False)
        axes.xaxis.set_major_formatter(number_formatter(axes, language))
        axes.set_xlabel(wrapped(text("figures.priors.axis", language), 62), fontsize=8)
        handles = [
            Line2D([], [], color=style.BLACK, linestyle="--", lw=1.0),
            Patch(facecolor=style.SKY_BLUE, edgecolor=style.BLUE),
        ]
        words = [text(f"figures.priors.{part}", language) for part in ("prior", "posterior")]
        figure.legend(handles, words, loc="lower left", ncols=2, frameon=False, fontsize=8)
    return figure


def _ridge(axes: Axes, curve: pd.DataFrame, place: int) -> None:
    """One pair of curves on a common height, that of the higher one."""
    value, prior, posterior = (curve[name].to_numpy() for name in ("value", "prior", "posterior"))
    top = 0.92 / max(prior.max(), posterior.max())
    axes.fill_between(value, place, place - top * posterior, facecolor=style.SKY_BLUE,
                      edgecolor=style.BLUE, alpha=0.75, lw=0.9,
                      zorder=1 + 0.01 * place)  # fmt: skip
    axes.plot(value, place - top * prior, color=style.BLACK, linestyle="--", lw=0.9,
              zorder=1.005 + 0.01 * place)  # fmt: skip
    axes.axhline(place, color=style.LIGHT_GREY, lw=0.7, zorder=0.4)


def _prior_alt(name: str, curve: pd.DataFrame, language: Language) -> str:
    first = records(curve.head(1))[0]
    parts = ("mean", "lower", "upper", "prior_mean", "prior_sd")
    numbers = {part: number(first[part], language, 2) for part in parts}
    return text("figures.priors.alt.item", language, name=name, **numbers)
