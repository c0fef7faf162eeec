"""Total effects by group: a forest of the few sectors, a caterpillar of the many schools."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import pandas as pd
from matplotlib.figure import Figure

from vm2causal.disclosure import MINIMUM, ReleasedTable, released_table
from vm2causal.effects.totals import OVERALL
from vm2causal.report.canvas import style
from vm2causal.report.canvas.foot import Foot, draw_foot
from vm2causal.report.canvas.forest import Row, draw_forest
from vm2causal.report.canvas.form import form
from vm2causal.report.canvas.look import Look, draw_estimate
from vm2causal.report.canvas.text_size import text_size
from vm2causal.report.canvas.ticks import number_formatter
from vm2causal.report.documents.records import records
from vm2causal.report.figures.named_figure import NamedFigure, finish_figure
from vm2causal.report.words.effect_rows import has_event
from vm2causal.report.words.gate import not_drawn
from vm2causal.report.words.level_labels import (
    declared_label,
    effect_label,
    group_label,
    level_label,
)
from vm2causal.report.words.names import joined_name, numbered_name
from vm2causal.report.words.patterns import span_of
from vm2causal.spec import CausalSpec
from vm2causal.texts import Language, capitalised, number, text

CLEAR: Final = Look(style.BLUE, "o")
UNCLEAR: Final = Look(style.BLACK, "o", filled=False)
EVERYBODY: Final = Look(style.VERMILLION, "D")
"""Looks of an effect whose interval leaves zero out, of one whose does not, and of all together."""

_HIGHEST: Final = 8.2
"""Height in inches that the rows of a caterpillar share, however many."""
_SMALLEST_TYPE: Final = 7.0
"""Points below which names are left out: what cannot be read is no name."""
_WIDEST_AXIS: Final = 4.7


def draw_by_group(
    totals: ReleasedTable,
    spec: CausalSpec,
    *,
    language: Language,
    synthetic: bool,
    withheld: int,
    notes: Sequence[str] = (),
) -> list[NamedFigure]:
    """Forest of total effects by group, one figure per cause and unit.

    Parameters
    ----------
    totals
        Of :func:`~vm2causal.effects.totals.totals_table`, by one group and overall together, as
        :func:`~vm2causal.checks.gate.licences.as_licensed` gives it: what the checks withhold
        stands without numbers, and is left out where nothing else shares its axis.
    spec
        The causal model, as read from its file.
    language
        Of the texts: Dutch or English.
    synthetic
        Whether the data were simulated; the figure then says so.
    withheld
        Number of groups too small to be shown.
    notes
        Sentences for beneath the figure: what the numbers by group are worth.
    """
    rows = records(totals)
    by = next(row["by"] for row in rows if row["by"])
    foot = " ".join((*_withheld_note(withheld, language), *notes))
    figures = []
    for unit in dict.fromkeys(_unit(row, spec) for row in rows):
        own = [row for row in rows if _unit(row, spec) == unit]
        numbered = [row for row in own if not row["withheld"]]
        if not numbered:
            continue
        name = joined_name("sectors", *(part for part in unit if part))
        title = text(
            "figures.groups.title",
            language,
            cause=spec.label(own[0]["cause"], language),
            group=group_label(spec, by, language),
        )
        figure = draw_forest(
            list(_group_rows(own, by, spec, language)),
            axis_label=_axis_label(numbered[0], spec, language),
            headings=[_heading(numbered[0], spec, language)],
            legend=_legend(numbered, language),
            footnote=foot,
            language=language,
        )
        figures.append(_finished(figure, name, title, own, by, spec, language, synthetic, foot))
    return figures


def draw_caterpillars(
    totals: ReleasedTable,
    spec: CausalSpec,
    *,
    language: Language,
    synthetic: bool,
    withheld: int,
    notes: Sequence[str] = (),
) -> list[NamedFigure]:
    """Total effects by group, sorted, one figure per cause, effect and contrast.

    Parameters
    ----------
    totals, withheld, notes
        As for :func:`draw_by_group`; an effect that the checks withhold has no figure.
    spec
        The causal model, as read from its file.
    language
        Of the texts: Dutch or English.
    synthetic
        Whether the data were simulated; the figure then says so.
    """
    every = records(totals)
    rows = [row for row in every if not row["withheld"]]
    by = next(row["by"] for row in rows if row["by"])
    absent = not_drawn(every, spec, language)
    foot = " ".join((*_withheld_note(withheld, language), *notes, *([absent] if absent else [])))
    figures = []
    keys = [_key(row) for row in rows]
    for key in dict.fromkeys(keys):
        own = [row for row, other in zip(rows, keys, strict=True) if other == key]
        own.sort(key=lambda row: (row["by"] is not None, shown(row)["mean"], row["group"]))
        title = text(
            "figures.schools.title",
            language,
            cause=spec.label(own[0]["cause"], language),
            effect=effect_label(own[0], spec, language),
            contrast=declared_label(spec, own[0]["cause"], own[0]["contrast"], language),
            group=group_label(spec, by, language),
        )
        alike = [other for other in dict.fromkeys(keys) if other[:2] == key[:2]]
        figure = _caterpillar(own, by, spec, language, foot)
        name = numbered_name(["schools", *key[:2]], alike.index(key), len(alike))
        figures.append(_finished(figure, name, title, own, by, spec, language, synthetic, foot))
    return figures


def shown(row: Mapping[str, Any]) -> Mapping[str, float]:
    """The effect a figure shows: of a career the difference at the last teldatum.

    Parameters
    ----------
    row
        Of a table of effects by group.
    """
    found: Mapping[str, float] = row["career"] or row["natural"]
    return found


def _scaled(row: Mapping[str, Any], spec: CausalSpec) -> dict[str, float]:
    """Shares in percentage points."""
    factor = 100.0 if row["career"] or has_event(spec, row["effect"]) else 1.0
    return {part: factor * shown(row)[part] for part in ("mean", "lower", "upper")}


def _unit(row: Mapping[str, Any], spec: CausalSpec) -> tuple[str, str]:
    """What may share an axis: shares of one cause; anything else is alone."""
    same = has_event(spec, row["effect"])
    return (row["cause"], "" if same else row["effect"])


def _key(row: Mapping[str, Any]) -> tuple[str, str, str, str]:
    return (row["cause"], row["effect"], row["effect_level"] or "", row["contrast"])


def _group_rows(
    rows: Sequence[Mapping[str, Any]], by: str, spec: CausalSpec, language: Language
) -> Iterator[Row]:
    for key in dict.fromkeys(_key(row) for row in rows):
        own = [row for row in rows if _key(row) == key]
        contrast = declared_label(spec, key[0], key[3], language)
        heading = f"{effect_label(own[0], spec, language)} ({contrast})"
        yield Row(heading, heading=True)
        if own[0]["withheld"]:
            none = text("effects.none", language)
            yield Row(text("figures.groups.withheld", language), beside=(none,))
            continue
        for row in sorted(own, key=lambda item: item["by"] is None):
            found = _scaled(row, spec)
            numbers = [number(found[part], language, 1) for part in ("mean", "lower", "upper")]
            beside = f"{numbers[0]} ({numbers[1]}; {numbers[2]})"
            yield Row(_name(row, by, spec, language), found, _look(row), (beside,))


def _name(row: Mapping[str, Any], by: str, spec: CausalSpec, language: Language) -> str:
    if row["group"] == OVERALL and row["by"] is None:
        return text("figures.everybody", language)
    return level_label(spec, by, row["group"], language)


def _look(row: Mapping[str, Any]) -> Look:
    if row["by"] is None:
        return EVERYBODY
    found = shown(row)
    return CLEAR if found["lower"] > 0 or found["upper"] < 0 else UNCLEAR


def _legend(rows: Sequence[Mapping[str, Any]], language: Language) -> list[tuple[Look, str]]:
    looks = {"clear": CLEAR, "unclear": UNCLEAR, "everybody": EVERYBODY}
    seen = [_look(row) for row in rows]
    return [
        (look, text(f"figures.groups.{key}", language))
        for key, look in looks.items()
        if look in seen
    ]


def _axis_label(row: Mapping[str, Any], spec: CausalSpec, language: Language) -> str:
    if row["career"]:
        return text("figures.axis.career", language)
    if has_event(spec, row["effect"]):
        return text("figures.axis.share", language)
    return text("figures.axis.mean", language, effect=spec.label(row["effect"], language))


def _heading(row: Mapping[str, Any], spec: CausalSpec, language: Language) -> str:
    share = row["career"] or has_event(spec, row["effect"])
    key = "figures.groups.numbers" if share else "figures.numbers"
    return text(key, language, level=_level(row, language))


def _level(row: Mapping[str, Any], language: Language) -> str:
    return number(100 * shown(row)["level"], language)


def _withheld_note(withheld: int, language: Language) -> Iterator[str]:
    if withheld:
        yield text("effects.withheld", language, minimum=MINIMUM, number=withheld)


def _caterpillar(
    rows: Sequence[Mapping[str, Any]],
    by: str,
    spec: CausalSpec,
    language: Language,
    foot: str,
) -> Figure:
    step = min(0.19, _HIGHEST / len(rows))
    points = min(8.0, 62 * step)
    names = [_name(row, by, spec, language) for row in rows] if points >= _SMALLEST_TYPE else []
    left = 0.25 + max([text_size(name, points)[0] for name in names], default=0.0)
    axis = min(_WIDEST_AXIS, max(form().width - left - 0.2, 1.7))
    width = left + axis + 0.2
    below = Foot.of(
        _axis_label(rows[0], spec, language), axis, _legend(rows, language), foot, width
    )
    height = below.height + step * len(rows) + 0.1
    with style.figure_style():
        figure = Figure(figsize=(width, height))
        place = (left / width, below.height / height, axis / width, step * len(rows) / height)
        axes = figure.add_axes(place)
        axes.axvline(0, color=style.BLACK, lw=0.8)
        axes.axvline(_scaled(rows[0], spec)["mean"], color=style.VERMILLION, lw=0.8, ls="--")
        for number_of, row in enumerate(rows):
            draw_estimate(axes, _scaled(row, spec), number_of, _look(row), size=min(5.0, 30 * step))
        axes.set_ylim(len(rows) - 0.4, -0.6)
        axes.set_yticks(range(len(names)), names, fontsize=points)
        axes.tick_params(axis="y", length=0)
        axes.tick_params(axis="x", labelsize=8)
        axes.grid(axis="x", color=style.LIGHT_GREY)
        axes.set_axisbelow(True)
        axes.xaxis.set_major_formatter(number_formatter(axes, language))
        axes.set_xlabel(below.label, fontsize=8)
        draw_foot(figure, below)
    return figure


def _finished(
    figure: Figure,
    name: str,
    title: str,
    rows: Sequence[Mapping[str, Any]],
    by: str,
    spec: CausalSpec,
    language: Language,
    synthetic: bool,
    foot: str,
) -> NamedFigure:
    numbered = [row for row in rows if not row["withheld"]]
    alt = text(
        "figures.groups.alt",
        language,
        level=_level(numbered[0], language),
        axis=_axis_label(numbered[0], spec, language),
        items="; ".join(_alt_item(row, by, spec, language) for row in numbered),
        withheld=foot,
    )
    return finish_figure(
        figure,
        name=name,
        title=title,
        alt=alt.strip(),
        pattern=_pattern(numbered, by, spec, language, foot),
        data=released_table(pd.DataFrame(rows)),
        language=language,
        synthetic=synthetic,
    )


def _pattern(
    rows: Sequence[Mapping[str, Any]], by: str, spec: CausalSpec, language: Language, foot: str
) -> str:
    """Per effect the number for everybody, and from which group to which it runs."""
    items = []
    for key in dict.fromkeys(_key(row) for row in rows):
        own = [row for row in rows if _key(row) == key]
        groups = [row for row in own if row["by"] is not None]
        named = [(_name(row, by, spec, language), _scaled(row, spec)["mean"]) for row in groups]
        everybody = [_scaled(row, spec)["mean"] for row in own if row["by"] is None]
        items.append(
            text(
                "figures.groups.pattern.item",
                language,
                effect=effect_label(own[0], spec, language),
                everybody=number(everybody[0], language, 1)
                if everybody
                else text("effects.none", language),
                span=span_of(named, language, 1) if named else "",
            ).rstrip(", ")
        )
    axis = _axis_label(rows[0], spec, language)
    said = text(
        "figures.groups.pattern",
        language,
        axis=capitalised(axis),
        items="; ".join(items),
        withheld=foot,
    )
    return said.strip()


def _alt_item(row: Mapping[str, Any], by: str, spec: CausalSpec, language: Language) -> str:
    found = _scaled(row, spec)
    return text(
        "figures.groups.alt.item",
        language,
        effect=effect_label(row, spec, language),
        group=_name(row, by, spec, language),
        **{part: number(found[part], language, 1) for part in ("mean", "lower", "upper")},
    )
