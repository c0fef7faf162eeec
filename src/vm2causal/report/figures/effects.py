"""Figures of a structural fit: every arrow, effects by group, what an effect runs through."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import pandas as pd

from vm2causal.disclosure import ReleasedTable, released_table
from vm2causal.effects.verdict import Verdict, rope_width
from vm2causal.model.families import Link, family_of
from vm2causal.report.canvas import style
from vm2causal.report.canvas.forest import Row, draw_forest, height_of, limits_of
from vm2causal.report.canvas.look import Look
from vm2causal.report.documents.records import records
from vm2causal.report.figures.named_figure import NamedFigure, finish_figure
from vm2causal.report.words.effect_rows import verdict_text
from vm2causal.report.words.level_labels import cause_label, effect_label
from vm2causal.report.words.patterns import counted_verdicts, strongest
from vm2causal.spec import CausalSpec
from vm2causal.texts import Language, number, text

VERDICT_LOOKS: Final[Mapping[Verdict, Look]] = {
    Verdict.ONDERSTEUND: Look(style.BLUE, "o"),
    Verdict.EEN_EFFECT: Look(style.GREEN, "^"),
    Verdict.TEGENGESPROKEN: Look(style.VERMILLION, "X"),
    Verdict.GEEN_AANWIJZING: Look(style.BLACK, "s", filled=False),
    Verdict.ONBESLIST: Look(style.BLACK, "o", filled=False),
    Verdict.NIET_TOETSBAAR: Look(style.GREY, "D", filled=False, line=":"),
}
"""Look of an estimate by the verdict on its arrow."""

_HIGHEST: Final = 7.9
"""Inches of rows on one page, below its heading."""


def draw_arrows(
    arrows: ReleasedTable,
    spec: CausalSpec,
    *,
    language: Language,
    synthetic: bool,
    groups: bool = True,
) -> list[NamedFigure]:
    """Forest of arrows per standard deviation, with verdict and literature in words.

    Parameters
    ----------
    arrows
        Of :func:`~vm2causal.effects.arrows.arrow_table`.
    spec
        The causal model, as read from its file.
    language
        Of the texts: Dutch or English.
    synthetic
        Whether the data were simulated; the figure then says so.
    groups
        Whether to show arrows from groups too, such as schools: many contrasts of what is mostly
        adjusted for.

    Returns
    -------
    list of NamedFigure
        One, or where the arrows need more than a page one per page, by effect; none where there
        is nothing to show.
    """
    rows = [row for row in records(arrows) if groups or row["cause"] not in spec.groups]
    if not rows:
        return []
    pages = _pages(rows, spec, language)
    limits = limits_of(list(_arrow_rows(rows, spec, language)))
    return [
        _arrows_page(page, place, len(pages), limits, spec, language, synthetic)
        for place, page in enumerate(pages, start=1)
    ]


def _pages(
    rows: Sequence[Mapping[str, Any]], spec: CausalSpec, language: Language
) -> list[list[Mapping[str, Any]]]:
    """Rows by effect, in the order in which effects appear; an effect stays whole if it can."""
    ends = [(row["effect"], row["effect_level"]) for row in rows]
    effects = list(dict.fromkeys(effect for effect, _ in ends))
    keys = sorted(dict.fromkeys(ends), key=lambda key: effects.index(key[0]))
    pages: list[list[Mapping[str, Any]]] = [[]]
    for key in keys:
        own = [row for row, other in zip(rows, ends, strict=True) if other == key]
        if pages[-1] and not _fits([*pages[-1], *own], spec, language):
            pages.append([])
        for row in own:
            if pages[-1] and not _fits([*pages[-1], row], spec, language):
                pages.append([])
            pages[-1].append(row)
    return pages


def _fits(rows: Sequence[Mapping[str, Any]], spec: CausalSpec, language: Language) -> bool:
    return height_of(list(_arrow_rows(rows, spec, language))) <= _HIGHEST


def _arrows_page(
    rows: Sequence[Mapping[str, Any]],
    place: int,
    pages: int,
    limits: tuple[float, float],
    spec: CausalSpec,
    language: Language,
    synthetic: bool,
) -> NamedFigure:
    seen = [found for found in Verdict if any(row["verdict"] == found for row in rows)]
    figure = draw_forest(
        list(_arrow_rows(rows, spec, language)),
        axis_label=text("figures.arrows.axis", language),
        headings=[text(f"effects.column.{name}", language) for name in ("verdict", "literature")],
        legend=[
            (VERDICT_LOOKS[found], text(f"effects.verdict.{found}", language)) for found in seen
        ],
        footnote=text("figures.arrows.rope", language, level=_level(rows, language)),
        limits=limits,
        language=language,
    )
    title = text("figures.arrows.title", language)
    if pages > 1:
        title = text("figures.page", language, title=title, page=place, pages=pages)
    alt = text(
        "figures.arrows.alt",
        language,
        number=len(rows),
        level=_level(rows, language),
        items="; ".join(_arrow_alt(row, spec, language) for row in rows),
    )
    return finish_figure(
        figure,
        name="arrows" if pages == 1 else f"arrows-{place}",
        title=title,
        alt=alt,
        pattern=text(
            "figures.arrows.pattern",
            language,
            number=len(rows),
            counts=counted_verdicts(rows, language),
            strongest=strongest(rows, spec, language),
        ),
        data=released_table(pd.DataFrame(rows)),
        language=language,
        synthetic=synthetic,
    )


def _arrow_rows(
    rows: Sequence[Mapping[str, Any]], spec: CausalSpec, language: Language
) -> Iterator[Row]:
    headed = None
    for row in rows:
        effect = effect_label(row, spec, language)
        if effect != headed:
            yield Row(text("figures.on", language, effect=effect), heading=True)
            headed = effect
        logit = family_of(spec.variables[row["effect"]].kind).link is Link.LOGIT
        yield Row(
            cause_label(row, spec, language),
            row["standardised"],
            VERDICT_LOOKS[Verdict(row["verdict"])],
            (
                text(f"effects.verdict.{row['verdict']}", language),
                text(_literature(row), language),
            ),
            note=_reason(row, language),
            rope=rope_width(logit),
        )


def _literature(row: Mapping[str, Any]) -> str:
    found = row["literature"]
    return f"model.evidence.{found}" if found else "figures.assumption"


def _level(rows: Sequence[Mapping[str, Any]], language: Language) -> str:
    """Mass of the intervals in per cent; that of the first, or a dash where there is none."""
    found = [row["standardised"]["level"] for row in rows if row["standardised"]]
    return number(100 * found[0], language) if found else text("effects.none", language)


def _reason(row: Mapping[str, Any], language: Language) -> str:
    """Why there are no numbers; where there are, the text alternative tells it."""
    if row["standardised"] is not None or not row["untestable"]:
        return ""
    return text(f"effects.untestable.{row['untestable']}", language)


def _arrow_alt(row: Mapping[str, Any], spec: CausalSpec, language: Language) -> str:
    found = row["standardised"]
    said = {
        "cause": cause_label(row, spec, language),
        "effect": effect_label(row, spec, language),
        "verdict": verdict_text(row, language),
    }
    if found is None:
        return text("figures.arrows.alt.without", language, **said)
    numbers = {part: number(found[part], language, 2) for part in ("mean", "lower", "upper")}
    return text("figures.arrows.alt.item", language, **said, **numbers)
