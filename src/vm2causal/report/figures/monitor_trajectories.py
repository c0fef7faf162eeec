"""Shares with an outcome by years since the start: four groups per cohort of the monitor.

Colour is never the only carrier: groups differ in line and marker too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from vm2causal.disclosure import with_origin
from vm2causal.disclosure.exemption import Exempt, exempt_table
from vm2causal.report.canvas import style
from vm2causal.report.canvas.form import form
from vm2causal.report.canvas.text_size import wrapped_to
from vm2causal.report.figures.named_figure import PUBLISHED, NamedFigure
from vm2causal.texts import Language, capitalised, number, percentage, text


@dataclass(frozen=True)
class Mark:
    """Colour, line and marker of a series.

    Parameters
    ----------
    colour
        Of line and marker.
    line
        Matplotlib's line style.
    marker
        Matplotlib's name of the marker.
    """

    colour: str
    line: str
    marker: str


_LEGEND: Final = 0.21
"""Inches of a line of the legend."""

_GROUP_MARKS: Final = {
    "vm2": Mark(style.BLUE, "-", "o"),
    "landelijk": Mark(style.BLACK, "--", "s"),
    "voorgaand": Mark(style.VERMILLION, "-.", "^"),
    "landelijk_voorgaand": Mark(style.GREY, ":", "D"),
}


def draw_trajectories(
    published: xr.DataArray,
    modelled: xr.DataArray,
    *,
    outcome: str,
    selection: str,
    language: Language,
    level: float = 0.95,
) -> NamedFigure:
    """Share with an outcome by years since the start: four groups per cohort.

    Parameters
    ----------
    published
        Points, dims (outcome, tranche, group, year).
    modelled
        Draws behind the bands, dims (outcome, tranche, group, year, sample).
    outcome
        ``vsv`` or ``sk``.
    selection
        Of pupils: ``all`` or ``as_intended``.
    language
        Of the texts: Dutch or English.
    level
        Probability that each interval holds, between 0 and 1.
    """
    shares = published.sel(outcome=outcome)
    tranches = [
        str(tranche)
        for tranche in published["tranche"].to_numpy()
        if bool(shares.sel(tranche=tranche, group="vm2").notnull().any())
    ]
    with style.figure_style():
        widths = [_last_year(shares, tranche) + 4.0 for tranche in tranches]
        figure, axes = _panels(widths)
        for axis, tranche in zip(axes.flat, tranches, strict=True):
            draws = modelled.sel(outcome=outcome, tranche=tranche)
            _trajectory_panel(axis, shares.sel(tranche=tranche), draws, level)
            heading = text(f"tranche.{tranche}", language)
            axis.set_title(heading if form().stacked else heading.replace(" (", "\n("), fontsize=8)
        legend = _LEGEND * (5 if form().stacked else 3) / figure.get_figheight()
        figure.supxlabel(text("figure.years", language), y=legend + 0.005, fontsize=9)
        figure.supylabel(text("figure.share", language), fontsize=9)
        # room below zero, so that a marker at zero is seen whole
        axes[0][0].set_ylim(bottom=-0.03 * float(100 * shares.max()))
        title = text(
            "figure.trajectories.title",
            language,
            outcome=capitalised(text(f"outcome.{outcome}", language)),
            selection=text(f"selection.{selection}", language),
        )
        shown = wrapped_to(title, 10.5, figure.get_figwidth() - 0.2)
        figure.suptitle(shown, x=0.02, ha="left", fontsize=10.5)
        handles, _ = axes[0][0].get_legend_handles_labels()
        handles.append(Line2D([], [], color=style.GREY, marker="|", markersize=11, lw=0))
        labels = [text(f"group.{group}", language) for group in _GROUP_MARKS]
        labels.append(text("figure.model", language, level=number(100 * level, language)))
        across = 1 if form().stacked else 2
        figure.legend(handles, labels, loc="lower left", ncols=across, frameon=False, fontsize=8.5)
        figure.tight_layout(rect=(0, legend + 0.01, 1, 0.99))
    alt = text(
        "alt.trajectories",
        language,
        outcome=text(f"outcome.{outcome}", language),
        selection=text(f"selection.{selection}", language),
        summary="; ".join(_last_values(shares, tranches, language)),
    )
    data = _shown_numbers(shares, modelled.sel(outcome=outcome), tranches, level)
    name = f"trajectories-{outcome}-{selection}"
    return NamedFigure(
        name, figure, title, alt, with_origin(exempt_table(data, Exempt.PUBLISHED), PUBLISHED)
    )


def _panels(widths: list[float]) -> tuple[Figure, Any]:
    """A panel per cohort on one scale: beside one another, or below where that is too narrow."""
    if form().stacked:
        size = (form().width, 1.75 * len(widths) + 1.7)
        return plt.subplots(len(widths), 1, figsize=size, sharey=True, squeeze=False)
    return plt.subplots(
        1, len(widths), figsize=(form().width, 4.4), sharey=True, squeeze=False, width_ratios=widths
    )


def _shown_numbers(
    shares: xr.DataArray, draws: xr.DataArray, tranches: list[str], level: float
) -> pd.DataFrame:
    """Published shares with the interval of the model, where there is a published one."""
    tail = (1 - level) / 2
    # where nothing is published nothing is modelled either
    ends = draws.quantile([tail, 1 - tail], dim="sample", skipna=False)
    parts = {
        "published": shares.reset_coords(drop=True),
        "lower": ends.isel(quantile=0, drop=True),
        "upper": ends.isel(quantile=1, drop=True),
    }
    table = xr.Dataset(parts).sel(tranche=tranches, group=list(_GROUP_MARKS))
    rows = table[list(parts)].to_dataframe()[list(parts)].dropna(subset="published")
    return rows.reset_index().assign(level=level)


def _trajectory_panel(axis: Axes, shares: xr.DataArray, draws: xr.DataArray, level: float) -> None:
    years = shares["year"].to_numpy()
    for offset, (group, mark) in zip((-0.09, -0.03, 0.03, 0.09), _GROUP_MARKS.items(), strict=True):
        values = 100 * shares.sel(group=group).to_numpy()
        seen = np.isfinite(values)
        band = 100 * draws.sel(group=group).to_numpy()[seen]
        lower, upper = np.quantile(band, [(1 - level) / 2, (1 + level) / 2], axis=1)
        x = years[seen] + offset
        axis.vlines(x, lower, upper, color=mark.colour, lw=1.3, alpha=0.8)
        axis.plot(
            x,
            values[seen],
            color=mark.colour,
            linestyle=mark.line,
            marker=mark.marker,
            markersize=4.5,
            lw=1.3,
            label=group,
        )
    last = _last_year(shares.expand_dims("tranche"), str(shares["tranche"].item()))
    axis.set_xlim(0.7, last + 0.3)
    axis.set_xticks(list(range(1, last + 1)))
    axis.grid(axis="y", color=style.LIGHT_GREY)
    axis.set_axisbelow(True)


def _last_year(shares: xr.DataArray, tranche: str) -> int:
    seen = shares.sel(tranche=tranche, group="vm2").dropna("year")
    return int(seen["year"].max())


def _last_values(shares: xr.DataArray, tranches: list[str], language: Language) -> list[str]:
    items = []
    for tranche in tranches:
        here = shares.sel(tranche=tranche)
        year = _last_year(shares, tranche)
        values = {
            group: percentage(float(here.sel(group=group, year=year)), language)
            for group in ("vm2", "landelijk", "voorgaand")
        }
        items.append(
            text(
                "alt.trajectories.item",
                language,
                tranche=text(f"tranche.{tranche}", language),
                year=year,
                **values,
            )
        )
    return items
