"""Second opinions: each effect as the model has it beside the same by one regression."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from vm2causal.disclosure import MINIMUM
from vm2causal.effects.second_opinion import DISAGREEMENT
from vm2causal.report.brief.blocks import Block, BulletList, Cell, Paragraph, Section, Table, Tone
from vm2causal.report.brief.table_cells import (
    Row,
    ends_in_words,
    estimate_text,
    in_labels,
    numeral,
    sorted_by,
    table_of,
)
from vm2causal.report.level_labels import contrast_label, effect_label
from vm2causal.spec import CausalSpec
from vm2causal.texts import Language, number, text

Comparison = tuple[str, str, str, str | None]
"""Cause, effect, contrast and level of the effect: what a headline is about."""

_COLUMNS: Final = ("pair", "kind", "adjusted_for", "first", "second", "distance", "agreement")


def disagreements(
    document: Mapping[str, Any] | None,
) -> dict[Comparison, Mapping[str, Any]]:
    """Second opinions on total effects that do not agree, by what they are on.

    Parameters
    ----------
    document
        Of :func:`~vm2causal.workflow.second_opinions.second_opinions_document`; None where nobody
        asked for second opinions.
    """
    rows = document["opinions"] if document is not None else ()
    return {
        comparison(row): row for row in rows if row["kind"] == "total" and _verdict(row) == "apart"
    }


def comparison(row: Mapping[str, Any]) -> Comparison:
    """What an effect is on."""
    return (row["cause"], row["effect"], row["contrast"], row["effect_level"])


def opinions_section(
    document: Mapping[str, Any] | None, *, spec: CausalSpec, fit: str, language: Language
) -> Section:
    """Every effect twice; where nobody asked for that, how to.

    Parameters
    ----------
    fit
        Path of the fit as its user knows it, for the command.
    """
    limit = number(DISAGREEMENT, language)
    blocks: list[Block] = [Paragraph(text("brief.second.lead", language, limit=limit))]
    if document is None:
        blocks.append(Paragraph(_how_to(fit, language)))
    elif document["opinions"]:
        blocks.append(Paragraph(_summary(document["opinions"], language)))
        blocks.append(_table(document["opinions"], spec, language))
        blocks += _reasons(document["opinions"], spec, language)
    if document is not None and document["withheld"]:
        shown = number(document["withheld"], language)
        said = text("effects.withheld", language, minimum=MINIMUM, number=shown)
        blocks.append(Paragraph(said, Tone.ASIDE))
    return Section("second", text("brief.section.second", language), tuple(blocks))


def _how_to(fit: str, language: Language) -> str:
    return text(
        "brief.attacks.not_done",
        language,
        name=text("brief.second.name", language),
        command=f"vm2causal effects {fit} --second-opinion",
    )


def _summary(rows: Sequence[Mapping[str, Any]], language: Language) -> str:
    found = [_verdict(row) for row in rows]
    counts = {
        name: number(found.count(name), language)
        for name in ("agrees", "apart", "unusable", "none")
    }
    return text("brief.second.summary", language, asked=number(len(rows), language), **counts)


def _table(rows: Sequence[Mapping[str, Any]], spec: CausalSpec, language: Language) -> Table:
    level = number(100 * rows[0]["first"]["level"], language)
    return table_of(
        "second-opinions",
        text("brief.second.table", language),
        {name: text(f"brief.second.column.{name}", language) for name in _COLUMNS},
        [_row(row, spec, language) for row in rows],
        numeric=("first", "second", "distance"),
        note=text("brief.second.note", language, level=level),
    )


def _row(row: Mapping[str, Any], spec: CausalSpec, language: Language) -> Row:
    verdict = _verdict(row)
    usable = verdict in ("agrees", "apart")
    return {
        "pair": _pair(row, spec, language),
        "kind": text(f"effects.kind.{row['kind']}", language),
        "adjusted_for": _adjusted_for(row, spec, language),
        "first": _estimate(row, "first", spec, language),
        "second": (
            Cell(text("brief.word.withheld", language))
            if verdict == "unusable"
            else _estimate(row, "second", spec, language)
        ),
        "distance": numeral(row["distance"] if usable else None, language, 1),
        "agreement": _agreement(row, verdict, language),
    }


def _pair(row: Mapping[str, Any], spec: CausalSpec, language: Language) -> str:
    cause, effect = spec.label(row["cause"], language), effect_label(row, spec, language)
    return f"{cause} → {effect}: {contrast_label(spec, row['cause'], row['contrast'], language)}"


def _adjusted_for(row: Mapping[str, Any], spec: CausalSpec, language: Language) -> str:
    """The adjustment set, and of a direct effect the mediators that it holds fixed."""
    if row["adjusted_for"] is None:
        return text("effects.none", language)
    names = [*row["adjusted_for"], *row["held"]]
    labels = [spec.label(name, language) for name in names]
    return ", ".join(labels) or text("brief.second.nothing", language)


def _estimate(row: Mapping[str, Any], name: str, spec: CausalSpec, language: Language) -> Cell:
    """An effect on the scale of the other tables: of a career that at its last count date."""
    found = row[f"{name}_career"] or (None if row["first_career"] else row[name])
    if found is None:
        return Cell(text("effects.none", language))
    return sorted_by(estimate_text(found, row["effect"], spec, language), found)


def _verdict(row: Mapping[str, Any]) -> str:
    """``none`` without a second opinion, ``unusable`` where its regression failed its gate."""
    if row["second"] is None:
        return "none"
    if not row["passed"]:
        return "unusable"
    return "apart" if row["disagrees"] else "agrees"


def _agreement(row: Mapping[str, Any], verdict: str, language: Language) -> str:
    failures = ", ".join(text(f"brief.gate.{name}", language) for name in row["failures"])
    return text(f"brief.second.{verdict}", language, failures=failures)


def _reasons(
    rows: Sequence[Mapping[str, Any]], spec: CausalSpec, language: Language
) -> list[BulletList]:
    """Why there is no second opinion; whole sentences, too long for a cell."""
    said = [
        text(
            "brief.second.reason",
            language,
            kind=text(f"effects.kind.{row['kind']}", language),
            **ends_in_words(row, spec, language),
            reason=in_labels(row["reason"], spec, language),
        )
        for row in rows
        if row["reason"]
    ]
    # a cause with several contrasts has one reason
    return [BulletList(tuple(dict.fromkeys(said)))] if said else []
