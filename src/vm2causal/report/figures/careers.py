"""Where pupils are by teldatum: what was counted against what the posterior follows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil
from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from vm2causal.disclosure import ReleasedTable
from vm2causal.effects.trajectories import EVERYBODY
from vm2causal.report.canvas import style
from vm2causal.report.canvas.form import form
from vm2causal.report.canvas.look import Look
from vm2causal.report.canvas.text_size import wrapped
from vm2causal.report.documents.records import records
from vm2causal.report.figures.named_figure import NamedFigure, finish_figure
from vm2causal.report.words.level_labels import level_label
from vm2causal.spec import CausalSpec
from vm2causal.texts import Language, number, percentage, text

POSITION_LOOKS: Final[Mapping[str, Look]] = {
    "vm2": Look(style.GREEN, "D", line=":"),
    "sk": Look(style.BLUE, "o", line="-"),
    "vsv": Look(style.VERMILLION, "^", line="--"),
}
"""Look of each position; line and marker tell them apart without colour."""

_MOST_PER_ROW: Final = 3


def draw_careers(
    trajectories: ReleasedTable,
    spec: CausalSpec,
    *,
    by: str | None,
    language: Language,
    synthetic: bool,
) -> NamedFigure:
    """Shares of the starters in VM2, with SK and early left, by years since the start.

    Parameters
    ----------
    trajectories
        Of :func:`~vm2causal.effects.trajectories.shown_trajectories`.
    spec
        The causal model, as read from its file.
    by
        The group that was asked for.
    language
        Of the texts: Dutch or English.
    synthetic
        Whether the data were simulated; the figure then says so.
    """
    rows = records(trajectories)
    groups = list(dict.fromkeys(row["group"] for row in rows))
    names = {group: _name(group, by, spec, language) for group in groups}
    with style.figure_style():
        figure = _panels(rows, groups, names, language)
        handles, labels = _handles(rows, language)
        figure.legend(
            handles,
            labels,
            loc="outside lower left",
            ncols=1 if form().stacked else 2,
            frameon=False,
            fontsize=8,
        )
    alt = text(
        "figures.careers.alt",
        language,
        level=number(100 * rows[0]["level"], language),
        items="; ".join(_alt_item(row, names[row["group"]], language) for row in rows),
    )
    return finish_figure(
        figure,
        name="trajectories",
        title=text("figures.careers.title", language),
        alt=alt,
        pattern=_pattern(rows, names, language),
        data=trajectories,
        language=language,
        synthetic=synthetic,
    )


def _pattern(
    rows: Sequence[Mapping[str, Any]], names: Mapping[str, str], language: Language
) -> str:
    """Per group and position the first and the last share."""
    items = []
    for group, position in dict.fromkeys((row["group"], row["position"]) for row in rows):
        own = [row for row in rows if (row["group"], row["position"]) == (group, position)]
        own.sort(key=lambda row: row["year"])
        first, last = (percentage(row["mean"], language, 0) for row in (own[0], own[-1]))
        items.append(
            text(
                "figures.careers.pattern.item",
                language,
                group=names[group],
                position=text(f"figures.position.{position}", language),
                first=first,
                last=last,
            )
        )
    return text("figures.careers.pattern", language, items="; ".join(items))


def _name(group: str, by: str | None, spec: CausalSpec, language: Language) -> str:
    if by is None or group == EVERYBODY:
        return text("figures.everybody", language)
    return level_label(spec, by, group, language)


def _panels(
    rows: Sequence[Mapping[str, Any]],
    groups: Sequence[str],
    names: Mapping[str, str],
    language: Language,
) -> Figure:
    across = 1 if form().stacked else min(len(groups), _MOST_PER_ROW)
    down = ceil(len(groups) / across)
    width = form().width if form().stacked else min(form().width, max(5.2, 0.5 + 2.9 * across))
    figure = Figure(figsize=(width, 0.9 + 2.9 * down), layout="constrained")
    axes = figure.subplots(down, across, sharey=True, squeeze=False)
    for place, panel in enumerate(axes.flat):
        if place >= len(groups):
            panel.set_axis_off()
            continue
        own = [row for row in rows if row["group"] == groups[place]]
        _panel(panel, own, language)
        heading = text(
            "figures.careers.panel",
            language,
            group=names[groups[place]],
            starters=number(own[0]["starters"], language),
        )
        panel.set_xlabel(text("figure.years", language))
        panel.set_title(wrapped(heading, 34 if across > 1 or form().stacked else 60), fontsize=9)
    axes[0][0].margins(y=0.07)
    axes[0][0].set_ylim(bottom=min(0.0, axes[0][0].get_ylim()[0]))
    figure.supylabel(text("figure.share", language), fontsize=9)
    return figure


def _panel(panel: Axes, rows: Sequence[Mapping[str, Any]], language: Language) -> None:
    for position, look in POSITION_LOOKS.items():
        own = [row for row in rows if row["position"] == position]
        if not own:
            continue
        years = [row["year"] for row in own]
        lower, mean, upper, seen = (
            np.array([np.nan if row[part] is None else 100 * row[part] for row in own])
            for part in ("lower", "mean", "upper", "observed")
        )
        panel.fill_between(years, lower, upper, color=look.colour, alpha=0.22, lw=0)
        panel.plot(years, mean, color=look.colour, linestyle=look.line, lw=1.4)
        panel.vlines(years, lower, upper, color=look.colour, lw=1.0)
        panel.plot(years, seen, linestyle="none", marker=look.marker, markersize=5.5,
                   markerfacecolor="white", markeredgecolor=look.colour)  # fmt: skip
    panel.set_xticks(sorted({row["year"] for row in rows}))
    panel.margins(x=0.12)
    panel.grid(axis="y", color=style.LIGHT_GREY)
    panel.set_axisbelow(True)
    panel.yaxis.set_major_formatter(lambda value, place: number(value, language))


def _handles(
    rows: Sequence[Mapping[str, Any]], language: Language
) -> tuple[list[Line2D | Patch], list[str]]:
    handles: list[Line2D | Patch] = []
    labels = []
    there = {row["position"] for row in rows}
    for position, look in POSITION_LOOKS.items():
        if position in there:
            line = Line2D([], [], color=look.colour, linestyle=look.line, marker=look.marker,
                          markerfacecolor="white")  # fmt: skip
            handles.append(line)
            labels.append(text(f"figures.position.{position}", language))
    level = number(100 * rows[0]["level"], language)
    handles.append(Line2D([], [], color=style.GREY, linestyle="none", marker="o",
                          markerfacecolor="white"))  # fmt: skip
    hidden = any(row["observed"] is None for row in rows)
    counted = "figures.careers.counted_some" if hidden else "figures.careers.counted"
    labels.append(text(counted, language))
    handles.append(Patch(color=style.GREY, alpha=0.3, lw=0))
    labels.append(text("figures.careers.model", language, level=level))
    return handles, labels


def _alt_item(row: Mapping[str, Any], group: str, language: Language) -> str:
    seen = row["observed"]
    return text(
        "figures.careers.alt.item",
        language,
        group=group,
        year=row["year"],
        position=text(f"figures.position.{row['position']}", language),
        observed=text("effects.none", language) if seen is None else percentage(seen, language),
        **{part: percentage(row[part], language) for part in ("mean", "lower", "upper")},
    )
