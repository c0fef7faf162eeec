"""Second opinions: each effect as the model has it beside the same by one regression."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from vm2causal.checks.gate.licences import Effect, is_withheld
from vm2causal.disclosure import MINIMUM
from vm2causal.effects.second_opinion import DISAGREEMENT
from vm2causal.report.brief.content.blocks import (
    Block,
    BulletList,
    Cell,
    Paragraph,
    Section,
    Table,
    Tone,
)
from vm2causal.report.brief.content.table_cells import (
    Row,
    ends_in_words,
    estimate_text,
    in_labels,
    numeral,
    sorted_by,
    table_of,
)
from vm2causal.report.words.effect_rows import Agreement, agreement_of
from vm2causal.report.words.level_labels import declared_label, effect_label
from vm2causal.spec import CausalSpec
from vm2causal.texts import Language, number, text

Comparison = tuple[str, str, str, str | None]
"""Cause, effect, contrast and level of the effect: what a headline is about."""

_COLUMNS: Final = ("pair", "kind", "adjusted_for", "first", "second", "distance", "agreement")


def disagreements(
    document: Mapping[str, Any] | None,
) -> dict[Comparison, Mapping[str, Any]]:
    """Second opinions on total effects that are apart from the first, by what they are on.

    Parameters
    ----------
    document
        Of :func:`~vm2causal.workflow.second_opinions.second_opinions_document`; None where nobody
        asked for second opinions.
    """
    rows = document["opinions"] if document is not None else ()
    return {
        comparison(row): row
        for row in rows
        if row["kind"] == "total" and agreement_of(row) is Agreement.APART
    }


def comparison(row: Mapping[str, Any]) -> Comparison:
    """What an effect is on."""
    return (row["cause"], row["effect"], row["contrast"], row["effect_level"])


def opinions_section(
    document: Mapping[str, Any] | None,
    *,
    spec: CausalSpec,
    fit: str,
    withheld: Collection[Effect],
    language: Language,
) -> Section:
    """Every effect twice; where nobody asked for that, how to.

    Parameters
    ----------
    withheld
        Total effects that get no number: neither opinion on them is shown, since a second average
        over what is not one number is as little one.
    fit
        Path of the fit as its user knows it, for the command.
    """
    limit = number(DISAGREEMENT, language)
    blocks: list[Block] = [Paragraph(text("brief.second.lead", language, limit=limit))]
    if document is None:
        blocks.append(Paragraph(_how_to(fit, language)))
    elif document["opinions"]:
        blocks.append(Paragraph(_summary(document["opinions"], language)))
        blocks.append(_table(document["opinions"], withheld, spec, language))
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
    found = [agreement_of(row) for row in rows]
    counts = {item.value: number(found.count(item), language) for item in Agreement}
    return text("brief.second.summary", language, asked=number(len(rows), language), **counts)


def _table(
    rows: Sequence[Mapping[str, Any]],
    withheld: Collection[Effect],
    spec: CausalSpec,
    language: Language,
) -> Table:
    followed = frozenset(
        row["effect"] for row in rows if row["first_career"] or row["second_career"]
    )
    return table_of(
        "second-opinions",
        text("brief.second.table", language),
        {name: text(f"brief.second.column.{name}", language) for name in _COLUMNS},
        [_row(row, followed, withheld, spec, language) for row in rows],
        numeric=("first", "second", "distance"),
        note=_note(rows, followed, language),
    )


def _note(rows: Sequence[Mapping[str, Any]], followed: Collection[str], language: Language) -> str:
    level = number(100 * rows[0]["first"]["level"], language)
    said = [text("brief.second.note", language, level=level)]
    if any(_has_careers(row) for row in rows):
        said.append(text("brief.second.note.career", language))
    if any(_is_yearly(row, followed) for row in rows):
        said.append(text("brief.second.note.yearly", language))
    return " ".join(said)


def _has_careers(row: Mapping[str, Any]) -> bool:
    """Whether both opinions follow pupils to their last count date; else neither is shown to."""
    return row["first_career"] is not None and row["second_career"] is not None


def _is_yearly(row: Mapping[str, Any], followed: Collection[str]) -> bool:
    """Whether a row is on one year of an effect that other rows, or one side of it, follow on."""
    return row["effect"] in followed and not _has_careers(row)


def _row(
    row: Mapping[str, Any],
    followed: Collection[str],
    withheld: Collection[Effect],
    spec: CausalSpec,
    language: Language,
) -> Row:
    """One comparison; ``followed`` are the effects that some opinion follows to the end."""
    verdict = agreement_of(row)
    hidden = is_withheld(row, withheld)
    usable = verdict in (Agreement.NOT_APART, Agreement.APART) and not hidden
    none = Cell(text("brief.word.withheld", language))
    pair = _pair(row, spec, language)
    yearly = _is_yearly(row, followed)
    return {
        "pair": text("brief.second.yearly", language, pair=pair) if yearly else pair,
        "kind": text(f"effects.kind.{row['kind']}", language),
        "adjusted_for": _adjusted_for(row, spec, language),
        "first": none if hidden else _estimate(row, "first", spec, language),
        "second": (
            none
            if hidden or verdict is Agreement.UNUSABLE
            else _estimate(row, "second", spec, language)
        ),
        "distance": numeral(row["distance"] if usable else None, language, 1),
        "agreement": _agreement(row, verdict, language),
    }


def _pair(row: Mapping[str, Any], spec: CausalSpec, language: Language) -> str:
    cause, effect = spec.label(row["cause"], language), effect_label(row, spec, language)
    return f"{cause} → {effect}: {declared_label(spec, row['cause'], row['contrast'], language)}"


def _adjusted_for(row: Mapping[str, Any], spec: CausalSpec, language: Language) -> str:
    """The adjustment set, and of a direct effect the mediators that it holds fixed."""
    if row["adjusted_for"] is None:
        return text("effects.none", language)
    names = [*row["adjusted_for"], *row["held"]]
    labels = [spec.label(name, language) for name in names]
    return ", ".join(labels) or text("brief.second.nothing", language)


def _estimate(row: Mapping[str, Any], name: str, spec: CausalSpec, language: Language) -> Cell:
    """An effect on the scale of the other side: of careers where both have one."""
    found = row[f"{name}_career" if _has_careers(row) else name]
    if found is None:
        return Cell(text("effects.none", language))
    return sorted_by(estimate_text(found, row["effect"], spec, language), found)


def _agreement(row: Mapping[str, Any], verdict: Agreement, language: Language) -> str:
    """In the words of the terminal; here with what failed, and reasons below the table."""
    if verdict is Agreement.NONE:
        return text("brief.second.none", language)
    if verdict is Agreement.UNUSABLE:
        failures = ", ".join(text(f"brief.gate.{name}", language) for name in row["failures"])
        return text("brief.second.unusable", language, failures=failures)
    return text(f"effects.second.{verdict.value}", language)


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
