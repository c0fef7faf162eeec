"""Figures of the monitor: trajectories, four methods by tranche, sectors.

Colour is never the only carrier: groups differ in line and marker too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from vm2causal.effects.monitor import METHODS
from vm2causal.inputs.rows import row_dicts
from vm2causal.report import style
from vm2causal.report.figure_files import write_figure
from vm2causal.texts import Language, capitalised, number, percentage, text


@dataclass(frozen=True)
class NamedFigure:
    """A figure with its file name (without suffix), title and text alternative."""

    name: str
    figure: Figure
    title: str
    alt: str


@dataclass(frozen=True)
class _Mark:
    colour: str
    line: str
    marker: str


_GROUP_MARKS: Final = {
    "vm2": _Mark(style.BLUE, "-", "o"),
    "landelijk": _Mark(style.BLACK, "--", "s"),
    "voorgaand": _Mark(style.VERMILLION, "-.", "^"),
    "landelijk_voorgaand": _Mark(style.GREY, ":", "D"),
}
_METHOD_MARKS: Final = {
    "naive_landelijk": _Mark(style.GREY, "-", "s"),
    "naive_voorgaand": _Mark(style.VERMILLION, "-", "^"),
    "did": _Mark(style.SKY_BLUE, "-", "D"),
    "did_clustered": _Mark(style.BLUE, "-", "o"),
}
_TRANCHE_MARKS: Final = {"T1": _Mark(style.BLUE, "-", "o"), "T2": _Mark(style.VERMILLION, "-", "s")}


def save_figures(figures: list[NamedFigure], folder: Path) -> list[Path]:
    """Write every figure as SVG and PNG, each whole or not at all."""
    paths = []
    for item in figures:
        for suffix in ("svg", "png"):
            path = folder / f"{item.name}.{suffix}"
            paths.append(write_figure(item.figure, path, title=item.title, description=item.alt))
        plt.close(item.figure)
    return paths


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
    """
    shares = published.sel(outcome=outcome)
    tranches = [
        str(tranche)
        for tranche in published["tranche"].to_numpy()
        if bool(shares.sel(tranche=tranche, group="vm2").notnull().any())
    ]
    with style.figure_style():
        widths = [_last_year(shares, tranche) + 0.6 for tranche in tranches]
        figure, axes = plt.subplots(
            1,
            len(tranches),
            figsize=(max(6.4, 0.72 * sum(widths) + 0.7), 4.4),
            sharey=True,
            squeeze=False,
            width_ratios=widths,
        )
        for axis, tranche in zip(axes[0], tranches, strict=True):
            draws = modelled.sel(outcome=outcome, tranche=tranche)
            _trajectory_panel(axis, shares.sel(tranche=tranche), draws, level)
            axis.set_title(text(f"tranche.{tranche}", language).replace(" (", "\n("), fontsize=9)
        figure.supxlabel(text("figure.years", language), y=0.185, fontsize=9)
        axes[0][0].set_ylabel(text("figure.share", language))
        # room below zero, so that a marker at zero is seen whole
        axes[0][0].set_ylim(bottom=-0.03 * float(100 * shares.max()))
        title = text(
            "figure.trajectories.title",
            language,
            outcome=capitalised(text(f"outcome.{outcome}", language)),
            selection=text(f"selection.{selection}", language),
        )
        figure.suptitle(title, x=0.02, ha="left", fontsize=11)
        handles, _ = axes[0][0].get_legend_handles_labels()
        handles.append(Line2D([], [], color=style.GREY, marker="|", markersize=11, lw=0))
        labels = [text(f"group.{group}", language) for group in _GROUP_MARKS]
        labels.append(text("figure.model", language, level=number(100 * level, language)))
        figure.legend(handles, labels, loc="lower left", ncols=2, frameon=False, fontsize=8.5)
        figure.tight_layout(rect=(0, 0.165, 1, 0.99))
    alt = text(
        "alt.trajectories",
        language,
        outcome=text(f"outcome.{outcome}", language),
        selection=text(f"selection.{selection}", language),
        summary="; ".join(_last_values(shares, tranches, language)),
    )
    return NamedFigure(f"trajectories-{outcome}-{selection}", figure, title, alt)


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


def draw_methods(
    estimates: pd.DataFrame, *, outcome: str, selection: str, language: Language
) -> NamedFigure:
    """Forest plot: the four methods by tranche, as differences in percentage points.

    Parameters
    ----------
    estimates
        From :func:`~vm2causal.effects.monitor.estimate_table`.
    """
    chosen = estimates[(estimates["outcome"] == outcome) & (estimates["selection"] == selection)]
    tranches = list(dict.fromkeys(chosen["tranche"]))
    with style.figure_style():
        figure, axis = plt.subplots(figsize=(7.2, 0.92 * len(tranches) + 1.9))
        for position, tranche in enumerate(tranches):
            for place, method in enumerate(METHODS):
                row = chosen[(chosen["tranche"] == tranche) & (chosen["method"] == method)]
                difference = row["risk_difference"].iloc[0]
                height = -position + 0.27 - 0.18 * place
                label = text(f"method.{method}", language) if position == 0 else None
                _interval_mark(axis, difference, height, _METHOD_MARKS[method], label)
        axis.axvline(0, color=style.BLACK, lw=0.8)
        axis.xaxis.set_major_formatter(lambda value, place: f"{value:g}".replace("-", "−"))
        axis.xaxis.set_major_locator(MaxNLocator(integer=True))
        for edge in range(1, len(tranches)):
            axis.axhline(0.5 - edge, color=style.LIGHT_GREY, lw=1)
        axis.set_yticks([-position for position in range(len(tranches))])
        axis.set_yticklabels(
            [text(f"tranche.{tranche}", language).replace(" (", "\n(") for tranche in tranches]
        )
        axis.set_ylim(-len(tranches) + 0.5, 0.5)
        axis.tick_params(axis="y", length=0)
        axis.set_xlabel(
            f"{text('figure.forest.less', language)}    {text('figure.forest.axis', language)}"
            f"    {text('figure.forest.more', language)}"
        )
        title = text(
            "figure.forest.title",
            language,
            outcome=text(f"outcome.{outcome}", language),
            selection=text(f"selection.{selection}", language),
        )
        figure.suptitle(title, x=0.02, ha="left", fontsize=10.5)
        figure.legend(loc="lower left", ncols=2, frameon=False, fontsize=8.5)
        figure.tight_layout(rect=(0, 0.62 / figure.get_figheight(), 1, 0.99))
    return NamedFigure(
        f"methods-{outcome}-{selection}",
        figure,
        title,
        _methods_alt(chosen, outcome, selection, language),
    )


def _interval_mark(
    axis: Axes, found: Mapping[str, float], height: float, mark: _Mark, label: str | None
) -> None:
    axis.hlines(height, 100 * found["lower"], 100 * found["upper"], color=mark.colour, lw=1.6)
    axis.plot(
        100 * found["mean"],
        height,
        linestyle="none",
        color=mark.colour,
        marker=mark.marker,
        markersize=5.5,
        label=label,
    )


def _methods_alt(chosen: pd.DataFrame, outcome: str, selection: str, language: Language) -> str:
    items = [
        text(
            "alt.forest.item",
            language,
            tranche=text(f"tranche.{row['tranche']}", language),
            method=text(f"method.{row['method']}", language),
            **_points(row["risk_difference"], language),
        )
        for row in row_dicts(chosen)
    ]
    level = chosen["risk_difference"].iloc[0]["level"]
    return text(
        "alt.forest",
        language,
        level=number(100 * level, language),
        outcome=text(f"outcome.{outcome}", language),
        selection=text(f"selection.{selection}", language),
        summary="; ".join(items),
    )


def draw_sectors(stop: pd.DataFrame, *, language: Language) -> NamedFigure:
    """Probability that an experiment stopped, by sector and tranche, with the counts beside it."""
    sectors = list(
        stop.assign(mean=[item["mean"] for item in stop["probability"]])
        .groupby("sector", sort=False)["mean"]
        .mean()
        .sort_values(ascending=False)
        .index
    )
    with style.figure_style():
        figure, axis = plt.subplots(figsize=(7.2, 3.9))
        for row in row_dicts(stop):
            shift = 0.16 if row["tranche"] == "T1" else -0.16
            height = -sectors.index(row["sector"]) + shift
            first = row["sector"] == sectors[0]
            label = text(f"tranche.{row['tranche']}", language) if first else None
            _interval_mark(axis, row["probability"], height, _TRANCHE_MARKS[row["tranche"]], label)
            counted = text(
                "figure.counted", language, **{k: row[k] for k in ("stopped", "started")}
            )
            axis.text(101.5, height, counted, va="center", fontsize=8, clip_on=False)
        axis.set_yticks([-position for position in range(len(sectors))])
        axis.set_yticklabels([text(f"sector.{sector}", language) for sector in sectors])
        axis.tick_params(axis="y", length=0)
        axis.set_xlim(0, 100)
        axis.set_xlabel(text("figure.sectors.axis", language))
        axis.grid(axis="x", color=style.LIGHT_GREY)
        axis.set_axisbelow(True)
        title = text("figure.sectors.title", language)
        figure.suptitle(title, x=0.02, ha="left", fontsize=11)
        figure.legend(loc="lower left", ncols=2, frameon=False, fontsize=8.5)
        figure.tight_layout(rect=(0, 0.08, 0.99, 0.99))
    return NamedFigure("sectors", figure, title, _sectors_alt(stop, language))


def _sectors_alt(stop: pd.DataFrame, language: Language) -> str:
    items = [
        text(
            "alt.sectors.item",
            language,
            sector=text(f"sector.{row['sector']}", language),
            tranche=text(f"tranche.{row['tranche']}", language),
            mean=percentage(row["probability"]["mean"], language, 0),
            lower=percentage(row["probability"]["lower"], language, 0),
            upper=percentage(row["probability"]["upper"], language, 0),
        )
        for row in row_dicts(stop)
    ]
    level = stop["probability"].iloc[0]["level"]
    return text(
        "alt.sectors", language, level=number(100 * level, language), summary="; ".join(items)
    )


def _points(found: Mapping[str, Any], language: Language) -> dict[str, str]:
    return {key: number(100 * found[key], language, 1) for key in ("mean", "lower", "upper")}
