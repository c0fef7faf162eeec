"""How far the data lie from what a fit generates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from vm2causal.checks.replicate.posterior_predictive import FAIL, WARN
from vm2causal.disclosure import ReleasedTable, released_table
from vm2causal.report.canvas import style
from vm2causal.report.canvas.form import form
from vm2causal.report.canvas.look import Look
from vm2causal.report.canvas.text_size import text_size, wrapped, wrapped_to
from vm2causal.report.canvas.ticks import number_formatter
from vm2causal.report.documents.records import records
from vm2causal.report.figures.named_figure import NamedFigure, finish_figure
from vm2causal.spec import CausalSpec
from vm2causal.texts import Language, number, text

_OUTCOME_LOOKS: Final = {
    "ok": Look(style.BLUE, "o", filled=False),
    "warning": Look(style.ORANGE, "s"),
    "failure": Look(style.VERMILLION, "X"),
}


def draw_predictive(
    table: ReleasedTable, spec: CausalSpec, *, language: Language, synthetic: bool
) -> NamedFigure:
    """How far each summary of the data lies from what the fit generates, by variable.

    Parameters
    ----------
    table
        Of :func:`~vm2causal.checks.replicate.posterior_predictive.posterior_predictive`.
    spec
        The causal model, as read from its file.
    language
        Of the texts: Dutch or English.
    synthetic
        Whether the data were simulated; the figure then says so.
    """
    rows = records(table)
    variables = list(dict.fromkeys(row["variable"] for row in rows))
    figure = _distances(rows, variables, spec, language)
    counts = {key: sum(row["verdict"] == key for row in rows) for key in _OUTCOME_LOOKS}
    alt = text(
        "figures.ppc.alt",
        language,
        number=len(rows),
        warnings=counts["warning"],
        failures=counts["failure"],
        items="; ".join(_ppc_alt(rows, name, spec, language) for name in variables),
    )
    return finish_figure(
        figure,
        name="ppc",
        title=text("figures.ppc.title", language),
        alt=alt,
        # what is drawn: observed shares may rest on few pupils
        data=released_table(table.drop(columns=["observed", "mean", "sd"])),
        language=language,
        synthetic=synthetic,
    )


def _distances(
    rows: Sequence[Mapping[str, Any]],
    variables: Sequence[str],
    spec: CausalSpec,
    language: Language,
) -> Figure:
    longest = 18 if form().stacked else 32
    labels = [wrapped(spec.label(name, language), longest) for name in variables]
    left = 0.25 + max(text_size(label, 8)[0] for label in labels)
    width = min(left + 4.4, max(form().width, left + 1.7))
    label = wrapped_to(text("figures.ppc.axis", language), 8, width - left)
    height, foot = 0.36 * len(variables) + 0.1, 0.72 + text_size(label, 8)[1]
    foot += 0.36 if form().stacked else 0.0
    with style.figure_style():
        figure = Figure(figsize=(width, height + foot))
        whole = height + foot
        axes = figure.add_axes(
            (left / width, foot / whole, (width - left - 0.2) / width, height / whole)
        )
        for place, name in enumerate(variables):
            own = [row for row in rows if row["variable"] == name]
            _dots(axes, own, place)
        reach = max(FAIL + 0.6, *(1.08 * abs(_distance(row)) for row in rows))
        axes.set_xlim(-reach, reach)
        axes.axvline(0, color=style.BLACK, lw=0.7, zorder=0.5)
        for bound, line in ((WARN, ":"), (FAIL, "--")):
            for side in (-bound, bound):
                axes.axvline(side, color=style.GREY, lw=0.9, ls=line, zorder=0.5)
        axes.set_ylim(len(variables) - 0.4, -0.6)
        axes.set_yticks(range(len(variables)), labels, fontsize=8)
        axes.tick_params(axis="y", length=0)
        axes.tick_params(axis="x", labelsize=8)
        axes.xaxis.set_major_formatter(number_formatter(axes, language))
        axes.set_xlabel(label, fontsize=8)
        _ppc_legend(figure, language)
    return figure


def _distance(row: Mapping[str, Any]) -> float:
    """Distance in standard deviations; an infinite one stands at the failing edge."""
    found = row["distance"]
    return float(np.nan_to_num(found, posinf=2 * FAIL, neginf=-2 * FAIL))


def _dots(axes: Axes, rows: Sequence[Mapping[str, Any]], place: int) -> None:
    """Summaries of one variable, spread a little so that they do not hide each other."""
    spread = np.linspace(-0.22, 0.22, 5)
    order = np.argsort(np.argsort([_distance(row) for row in rows], kind="stable"))
    for rank, row in zip(order, rows, strict=True):
        look = _OUTCOME_LOOKS[row["verdict"]]
        axes.plot(
            [_distance(row)],
            [place + spread[rank % len(spread)]],
            linestyle="none",
            marker=look.marker,
            markersize=4.0 if look.filled else 3.6,
            markeredgecolor=look.colour,
            markerfacecolor=look.colour if look.filled else "white",
            markeredgewidth=0.8,
        )


def _ppc_legend(figure: Figure, language: Language) -> None:
    handles = [
        Line2D([], [], linestyle="none", marker=look.marker, markeredgecolor=look.colour,
               markerfacecolor=look.colour if look.filled else "white", markersize=4.5)
        for look in _OUTCOME_LOOKS.values()
    ]  # fmt: skip
    bounds = {"warn": number(WARN, language), "fail": number(FAIL, language, 1)}
    words = [text(f"figures.ppc.{key}", language, **bounds) for key in _OUTCOME_LOOKS]
    across = 1 if form().stacked else 3
    figure.legend(handles, words, loc="lower left", ncols=across, frameon=False, fontsize=8,
                  handletextpad=0.3, columnspacing=1.2)  # fmt: skip


def _ppc_alt(
    rows: Sequence[Mapping[str, Any]], name: str, spec: CausalSpec, language: Language
) -> str:
    own = [_distance(row) for row in rows if row["variable"] == name]
    return text(
        "figures.ppc.alt.item",
        language,
        variable=spec.label(name, language),
        number=len(own),
        largest=number(max(own, key=abs), language, 1),
    )
