"""Arrows that vary: the coefficient of every level, in an order that says how sure it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import pandas as pd
from matplotlib.figure import Figure

from vm2causal.disclosure import ReleasedTable, released_table
from vm2causal.report.canvas import style
from vm2causal.report.canvas.foot import Foot, draw_foot
from vm2causal.report.canvas.forest import Row, draw_forest
from vm2causal.report.canvas.form import form
from vm2causal.report.canvas.look import Look, draw_estimate
from vm2causal.report.canvas.ticks import number_formatter
from vm2causal.report.documents.records import records
from vm2causal.report.figures.named_figure import NamedFigure, finish_figure
from vm2causal.report.words.effect_rows import rank_text
from vm2causal.report.words.level_labels import (
    cause_label,
    effect_label,
    group_label,
    level_label,
)
from vm2causal.report.words.names import numbered_name
from vm2causal.spec import CausalSpec
from vm2causal.texts import Language, number, text

CLEAR: Final = Look(style.BLUE, "o")
UNCLEAR: Final = Look(style.BLACK, "o", filled=False)
"""Looks of a coefficient whose interval leaves zero out, and of one whose does not."""

_MOST_NAMED: Final = 36
"""Levels beyond which names could not be read on one page, and are left out."""
_HIGHEST: Final = 7.6
"""Inches that the rows without names share."""

Key = tuple[str, str, str, str, str]


def draw_slopes(
    slopes: ReleasedTable, spec: CausalSpec, *, language: Language, synthetic: bool
) -> list[NamedFigure]:
    """Coefficients by level, sorted, one figure per arrow and what it varies by.

    Beside each name stands the interval of its rank: where these overlap the order says nothing.

    Parameters
    ----------
    slopes
        Of :func:`~vm2causal.effects.heterogeneity.slopes_table`, without levels of few persons.
    spec
        The causal model, as read from its file.
    language
        Of the texts: Dutch or English.
    synthetic
        Whether the data were simulated; the figure then says so.
    """
    rows = records(slopes)
    keys = [_key(row) for row in rows]
    figures = []
    for key in dict.fromkeys(keys):
        own = [row for row, other in zip(rows, keys, strict=True) if other == key]
        own.sort(key=lambda row: row["standardised"]["mean"])
        alike = [other for other in dict.fromkeys(keys) if _ends(other) == _ends(key)]
        name = numbered_name(["slopes", *_ends(key)], alike.index(key), len(alike))
        figures.append(_finished(name, own, spec, language, synthetic))
    return figures


def _key(row: Mapping[str, Any]) -> Key:
    contrast, level = row["contrast"] or "", row["effect_level"] or ""
    return row["cause"], row["effect"], row["by"], contrast, level


def _ends(key: Key) -> tuple[str, str, str]:
    return key[:3]


def _finished(
    name: str,
    rows: Sequence[Mapping[str, Any]],
    spec: CausalSpec,
    language: Language,
    synthetic: bool,
) -> NamedFigure:
    first = rows[0]
    ends = {
        "cause": cause_label(first, spec, language),
        "effect": effect_label(first, spec, language),
        "by": group_label(spec, first["by"], language),
    }
    draw = _named if len(rows) <= _MOST_NAMED else _unnamed
    apart = [row for row in rows if _is_clear(row)]
    return finish_figure(
        draw(rows, spec, language),
        name=name,
        title=text("figures.slopes.title", language, **ends),
        alt=text(
            "figures.slopes.alt",
            language,
            **ends,
            levels=number(len(rows), language),
            clear=number(len(apart), language),
            low=_said(rows[0], spec, language),
            high=_said(rows[-1], spec, language),
        ),
        data=released_table(pd.DataFrame(rows)),
        language=language,
        synthetic=synthetic,
    )


def _named(rows: Sequence[Mapping[str, Any]], spec: CausalSpec, language: Language) -> Figure:
    return draw_forest(
        list(_rows(rows, spec, language)),
        axis_label=text("figures.slopes.axis", language),
        headings=[
            text("figures.numbers", language, level=_level(rows, language)),
            text("figures.slopes.rank", language, levels=number(len(rows), language)),
        ],
        legend=_legend(rows, language),
        footnote=text("figures.slopes.note", language),
        language=language,
    )


def _rows(rows: Sequence[Mapping[str, Any]], spec: CausalSpec, language: Language) -> Iterator[Row]:
    for row in rows:
        found = row["standardised"]
        parts = [number(found[part], language, 2) for part in ("mean", "lower", "upper")]
        yield Row(
            level_label(spec, row["by"], str(row["group"]), language),
            found,
            _look(row),
            (f"{parts[0]} ({parts[1]}; {parts[2]})", rank_text(row)),
        )


def _unnamed(rows: Sequence[Mapping[str, Any]], spec: CausalSpec, language: Language) -> Figure:
    """So many that names could not be read: intervals alone, the numbers stand in the table."""
    width, left = min(form().width, 5.2), 0.2
    axis = width - left - 0.2
    footnote = text("figures.slopes.unnamed", language)
    label = text("figures.slopes.axis", language)
    below = Foot.of(label, axis, _legend(rows, language), footnote, width)
    height = below.height + _HIGHEST + 0.1
    with style.figure_style():
        figure = Figure(figsize=(width, height))
        place = (left / width, below.height / height, axis / width, _HIGHEST / height)
        axes = figure.add_axes(place)
        axes.axvline(0, color=style.BLACK, lw=0.8)
        for place_of, row in enumerate(rows):
            draw_estimate(axes, row["standardised"], place_of, _look(row), size=2.5)
        axes.set_ylim(len(rows) - 0.4, -0.6)
        axes.set_yticks([])
        axes.tick_params(axis="x", labelsize=8)
        axes.grid(axis="x", color=style.LIGHT_GREY)
        axes.set_axisbelow(True)
        axes.xaxis.set_major_formatter(number_formatter(axes, language))
        axes.set_xlabel(below.label, fontsize=8)
        draw_foot(figure, below)
    return figure


def _is_clear(row: Mapping[str, Any]) -> bool:
    found = row["standardised"]
    return bool(found["lower"] > 0 or found["upper"] < 0)


def _look(row: Mapping[str, Any]) -> Look:
    return CLEAR if _is_clear(row) else UNCLEAR


def _legend(rows: Sequence[Mapping[str, Any]], language: Language) -> list[tuple[Look, str]]:
    looks = {"clear": CLEAR, "unclear": UNCLEAR}
    seen = [_look(row) for row in rows]
    return [
        (look, text(f"figures.groups.{key}", language))
        for key, look in looks.items()
        if look in seen
    ]


def _level(rows: Sequence[Mapping[str, Any]], language: Language) -> str:
    return number(100 * rows[0]["standardised"]["level"], language)


def _said(row: Mapping[str, Any], spec: CausalSpec, language: Language) -> str:
    label = level_label(spec, row["by"], str(row["group"]), language)
    return f"{label} {number(row['standardised']['mean'], language, 2)}"
