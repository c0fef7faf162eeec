"""Figures of the monitor: four methods by tranche, and sectors.

Colour is never the only carrier: methods and tranches differ in marker too.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from vm2causal.disclosure import flattened, with_origin
from vm2causal.disclosure.exemption import Exempt, exempt_table
from vm2causal.inputs.rows import row_dicts
from vm2causal.monitor.cohort_data import COHORTS
from vm2causal.monitor.effects import METHODS, POOLED, POOLED_TRANCHES
from vm2causal.report.canvas import style
from vm2causal.report.canvas.form import form
from vm2causal.report.canvas.text_size import wrapped_to
from vm2causal.report.figures.monitor_trajectories import Mark, draw_trajectories
from vm2causal.report.figures.named_figure import PUBLISHED, NamedFigure, save_figures
from vm2causal.report.words.patterns import span_of
from vm2causal.report.words.sentences import after_years
from vm2causal.texts import Language, number, percentage, text

__all__ = ["NamedFigure", "draw_methods", "draw_sectors", "draw_trajectories", "save_figures"]


_METHOD_MARKS: Final = {
    "naive_landelijk": Mark(style.GREY, "-", "s"),
    "naive_voorgaand": Mark(style.VERMILLION, "-", "^"),
    "did": Mark(style.SKY_BLUE, "-", "D"),
    "did_clustered": Mark(style.BLUE, "-", "o"),
}
_TRANCHE_MARKS: Final = {"T1": Mark(style.BLUE, "-", "o"), "T2": Mark(style.VERMILLION, "-", "s")}


def draw_methods(
    estimates: pd.DataFrame, *, outcome: str, selection: str, language: Language
) -> NamedFigure:
    """Forest plot: the four methods by cohort, as differences in percentage points.

    Every cohort after the most years it was followed, and tranches 1 and 2 also after the last year
    they were both, alone and together.

    Parameters
    ----------
    estimates
        From :func:`~vm2causal.monitor.effects.estimate_table`.
    outcome
        ``vsv`` or ``sk``.
    selection
        Of pupils: ``all`` or ``as_intended``.
    language
        Of the texts: Dutch or English.
    """
    chosen = estimates[(estimates["outcome"] == outcome) & (estimates["selection"] == selection)]
    chosen = chosen[chosen["method"].isin(METHODS)]
    chosen = _headline_years(chosen)
    cohorts = list(dict.fromkeys(zip(chosen["tranche"], chosen["years_since_start"], strict=True)))
    with style.figure_style():
        figure, axis = plt.subplots(figsize=(form().width, 0.92 * len(cohorts) + 1.9))
        for position, (tranche, years) in enumerate(cohorts):
            here = (chosen["tranche"] == tranche) & (chosen["years_since_start"] == years)
            for place, method in enumerate(METHODS):
                row = chosen[here & (chosen["method"] == method)]
                difference = row["risk_difference"].iloc[0]
                height = -position + 0.27 - 0.18 * place
                label = text(f"method.{method}", language) if position == 0 else None
                _interval_mark(axis, difference, height, _METHOD_MARKS[method], label)
        axis.axvline(0, color=style.BLACK, lw=0.8)
        axis.xaxis.set_major_formatter(lambda value, place: f"{value:g}".replace("-", "−"))
        axis.xaxis.set_major_locator(MaxNLocator(integer=True))
        for edge in range(1, len(cohorts)):
            axis.axhline(0.5 - edge, color=style.LIGHT_GREY, lw=1)
        axis.set_yticks([-position for position in range(len(cohorts))])
        axis.set_yticklabels(
            [
                f"{text(f'tranche.{tranche}', language).split(' (')[0]}\n"
                f"{after_years(years, language)}"
                for tranche, years in cohorts
            ]
        )
        axis.set_ylim(-len(cohorts) + 0.5, 0.5)
        axis.tick_params(axis="y", length=0)
        words = [text(f"figure.forest.{key}", language) for key in ("less", "axis", "more")]
        axis.set_xlabel(wrapped_to("    ".join(words), 9.0, form().width - 1.3))
        title = text(
            "figure.forest.title",
            language,
            outcome=text(f"outcome.{outcome}", language),
            selection=text(f"selection.{selection}", language),
        )
        _frame(figure, title, legend=2)
    return NamedFigure(
        f"methods-{outcome}-{selection}",
        figure,
        title,
        _methods_alt(chosen, outcome, selection, language),
        with_origin(flattened(exempt_table(chosen, Exempt.PUBLISHED)), PUBLISHED),
        _methods_pattern(chosen, outcome, selection, language),
    )


def _frame(figure: Figure, title: str, *, legend: int) -> None:
    """Title above and legend below, of so many lines where two entries share one."""
    stacked = form().stacked
    shown = wrapped_to(title, 10.5, figure.get_figwidth() - 0.2)
    figure.suptitle(shown, x=0.02, ha="left", fontsize=10.5)
    across = 1 if stacked else 2
    figure.legend(loc="lower left", ncols=across, frameon=False, fontsize=8.5)
    room = 0.12 + 0.22 * legend * (2 if stacked else 1)
    figure.tight_layout(rect=(0, room / figure.get_figheight(), 0.99, 0.99))


def _headline_years(chosen: pd.DataFrame) -> pd.DataFrame:
    """Rows after the last year of each cohort, and of T1 and T2 after their last common one."""
    years = chosen["years_since_start"]
    last = years == chosen.groupby("tranche")["years_since_start"].transform("max")
    common = years[chosen["tranche"] == POOLED].max()
    kept = chosen[last | (chosen["tranche"].isin(POOLED_TRANCHES) & (years == common))]
    order = {tranche: place for place, tranche in enumerate((*COHORTS, POOLED))}
    places = kept["tranche"].map(order)
    ordered: pd.DataFrame = kept.assign(place=places).sort_values(
        ["place", "years_since_start"], kind="stable"
    )
    return ordered.drop(columns="place")


def _interval_mark(
    axis: Axes, found: Mapping[str, float], height: float, mark: Mark, label: str | None
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
            years=after_years(row["years_since_start"], language),
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


def _methods_pattern(chosen: pd.DataFrame, outcome: str, selection: str, language: Language) -> str:
    """Per method from which cohort to which its difference runs."""
    items = [
        text(
            "alt.forest.pattern.item",
            language,
            method=text(f"method.{method}", language),
            span=span_of(
                [
                    (
                        f"{text(f'tranche.{row["tranche"]}', language).partition(' (')[0]}, "
                        f"{after_years(row['years_since_start'], language)}",
                        100 * row["risk_difference"]["mean"],
                    )
                    for row in row_dicts(chosen[chosen["method"] == method])
                ],
                language,
                1,
            ),
        )
        for method in METHODS
    ]
    return text(
        "alt.forest.pattern",
        language,
        outcome=text(f"outcome.{outcome}", language),
        selection=text(f"selection.{selection}", language),
        items="; ".join(items),
    )


def draw_sectors(stop: pd.DataFrame, *, language: Language) -> NamedFigure:
    """Probability that an experiment stopped, by sector and tranche, with the counts beside it.

    Parameters
    ----------
    stop
        Of :func:`~vm2causal.monitor.sector_effects.stop_table`.
    language
        Of the texts: Dutch or English.
    """
    sectors = list(
        stop.assign(mean=[item["mean"] for item in stop["probability"]])
        .groupby("sector", sort=False)["mean"]
        .mean()
        .sort_values(ascending=False)
        .index
    )
    with style.figure_style():
        figure, axis = plt.subplots(figsize=(form().width, 3.9))
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
        _frame(figure, title, legend=1)
    alt = _sectors_alt(stop, language)
    numbers = with_origin(flattened(exempt_table(stop, Exempt.PUBLISHED)), PUBLISHED)
    return NamedFigure("sectors", figure, title, alt, numbers)


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
