"""What an effect runs through: total, direct and indirect effects with their intervals."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import pandas as pd

from vm2causal.disclosure import ReleasedTable, released_table
from vm2causal.report.canvas import style
from vm2causal.report.canvas.forest import Row, draw_forest
from vm2causal.report.canvas.look import Look
from vm2causal.report.documents.records import records
from vm2causal.report.figures.named_figure import NamedFigure, finish_figure
from vm2causal.report.words.effect_rows import has_event, through_label
from vm2causal.report.words.gate import not_drawn
from vm2causal.report.words.level_labels import declared_label
from vm2causal.report.words.names import numbered_name
from vm2causal.spec import CausalSpec
from vm2causal.texts import Language, number, text

TOTAL: Final = Look(style.BLACK, "D")
INDIRECT: Final = Look(style.BLUE, "o")
DIRECT: Final = Look(style.VERMILLION, "s", filled=False)
"""Looks of the parts of an effect."""


def draw_mediation(
    mediation: ReleasedTable, spec: CausalSpec, *, language: Language, synthetic: bool
) -> list[NamedFigure]:
    """Total effect, and per path what runs through it and what is left; a figure per effect.

    Parameters
    ----------
    mediation
        Of :func:`~vm2causal.effects.mediation.mediation_table`, as
        :func:`~vm2causal.checks.gate.licences.as_licensed` gives it: what the checks withhold has
        no figure.
    spec
        The causal model, as read from its file.
    language
        Of the texts: Dutch or English.
    synthetic
        Whether the data were simulated; the figure then says so.
    """
    every = records(mediation)
    rows = [row for row in every if not row["withheld"]]
    note = f"{text('figures.mediation.note', language)} {not_drawn(every, spec, language)}".strip()
    keys = [(row["cause"], row["effect"], row["contrast"]) for row in rows]
    figures = []
    for key in dict.fromkeys(keys):
        own = [row for row, other in zip(rows, keys, strict=True) if other == key]
        alike = [other for other in dict.fromkeys(keys) if other[:2] == key[:2]]
        name = numbered_name(["mediation", *key[:2]], alike.index(key), len(alike))
        figures.append(_figure(name, key, own, note, spec, language, synthetic))
    return figures


def _figure(
    name: str,
    key: tuple[str, str, str],
    rows: Sequence[Mapping[str, Any]],
    note: str,
    spec: CausalSpec,
    language: Language,
    synthetic: bool,
) -> NamedFigure:
    cause, effect, contrast = key
    share = has_event(spec, effect)
    figure = draw_forest(
        list(_rows(rows, spec, language)),
        axis_label=text("figures.axis.share", language)
        if share
        else text("figures.axis.mean", language, effect=spec.label(effect, language)),
        headings=[
            text(
                "figures.groups.numbers" if share else "figures.numbers",
                language,
                level=_level(rows, language),
            )
        ],
        legend=[
            (look, text(f"effects.column.{part}", language))
            for part, look in (("total", TOTAL), ("indirect", INDIRECT), ("direct", DIRECT))
        ],
        footnote=note,
        language=language,
    )
    title = text(
        "figures.mediation.title",
        language,
        cause=spec.label(cause, language),
        effect=spec.label(effect, language),
        contrast=declared_label(spec, cause, contrast, language),
    )
    return finish_figure(
        figure,
        name=name,
        title=title,
        alt=_alt(rows, spec, language),
        data=released_table(
            pd.DataFrame(rows).assign(through=[through_label(row, spec, language) for row in rows])
        ),
        language=language,
        synthetic=synthetic,
    )


def _rows(rows: Sequence[Mapping[str, Any]], spec: CausalSpec, language: Language) -> Iterator[Row]:
    total = _scaled(rows[0], "total", spec)
    yield Row(text("effects.column.total", language), total, TOTAL, (_said(total, language),))
    for row in rows:
        yield Row(_via(row, spec, language), heading=True)
        for part, look in (("indirect", INDIRECT), ("direct", DIRECT)):
            if row[part] is None:
                continue
            found = _scaled(row, part, spec)
            label = text(f"figures.mediation.{part}", language)
            yield Row(label, found, look, (_said(found, language),))


def _scaled(row: Mapping[str, Any], part: str, spec: CausalSpec) -> dict[str, float]:
    factor = 100.0 if has_event(spec, row["effect"]) else 1.0
    return {name: factor * row[part][name] for name in ("mean", "lower", "upper")}


def _said(found: Mapping[str, float], language: Language) -> str:
    mean, lower, upper = (number(found[name], language, 2) for name in ("mean", "lower", "upper"))
    return f"{mean} ({lower}; {upper})"


def _level(rows: Sequence[Mapping[str, Any]], language: Language) -> str:
    return number(100 * rows[0]["total"]["level"], language)


def _via(row: Mapping[str, Any], spec: CausalSpec, language: Language) -> str:
    return text("figures.mediation.via", language, through=through_label(row, spec, language))


def _alt(rows: Sequence[Mapping[str, Any]], spec: CausalSpec, language: Language) -> str:
    items = [_alt_item(row, spec, language) for row in rows]
    total = _said(_scaled(rows[0], "total", spec), language)
    return text(
        "figures.mediation.alt",
        language,
        total=total,
        level=_level(rows, language),
        items="; ".join(items),
    )


def _alt_item(row: Mapping[str, Any], spec: CausalSpec, language: Language) -> str:
    through = through_label(row, spec, language)
    if row["indirect"] is None:
        return through
    return text(
        "figures.mediation.alt.item",
        language,
        through=through,
        indirect=_said(_scaled(row, "indirect", spec), language),
        direct=_said(_scaled(row, "direct", spec), language),
    )
