"""Of arrows that vary or depend: does it differ, how sure is that, and where."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import pandas as pd

from vm2causal.effects.heterogeneity import VARIES
from vm2causal.report.brief.content.blocks import Block, BulletList, Paragraph, Picture, Section
from vm2causal.report.documents.records import records
from vm2causal.report.words.certainty import certainty_word
from vm2causal.report.words.effect_rows import interval_text, moderator_label, rank_text
from vm2causal.report.words.level_labels import (
    cause_label,
    effect_label,
    group_label,
    level_label,
)
from vm2causal.report.words.sentences import probability
from vm2causal.spec import CausalSpec
from vm2causal.texts import Language, number, text

_MOST_DRAWN: Final = 2
"""Arrows whose coefficients by level are drawn: an annex has sixteen pages at most."""
_MOST_NAMED: Final = 6
"""Levels that a sentence names; of more it counts the rest."""


def differences_section(
    differences: pd.DataFrame,
    slopes: pd.DataFrame,
    *,
    spec: CausalSpec,
    pictures: Sequence[Picture],
    language: Language,
) -> Section | None:
    """A sentence per arrow and what it varies by or depends on; None where there is none.

    Parameters
    ----------
    differences, slopes
        Of :mod:`vm2causal.effects.heterogeneity`, without levels of few persons.
    spec
        The causal model, as read from its file.
    pictures
        Of the coefficients by level.
    language
        Of the texts: Dutch or English.
    """
    # a reader wants to know first what differs most surely
    rows = sorted(records(differences), key=lambda row: -(row["p_apart"] or 0.0))
    levels = records(slopes)
    if not rows:
        return None
    said = [
        _varying(row, [one for one in levels if _same(one, row)], spec, language)
        if row["kind"] == VARIES
        else _depending(row, spec, language)
        for row in rows
    ]
    shown, left = _most_apart(pictures, rows, levels)
    blocks: list[Block] = [
        Paragraph(text("brief.differences.lead", language)),
        BulletList(tuple(said)),
        *shown,
    ]
    if left:
        # each has its file beside the brief, which a reader of it can open
        names = ", ".join(f"{one.name}.svg" for one in left)
        blocks.append(Paragraph(text("brief.differences.beside", language, names=names)))
    return Section("differences", text("brief.section.differences", language), tuple(blocks))


def _most_apart(
    pictures: Sequence[Picture],
    rows: Sequence[Mapping[str, Any]],
    levels: Sequence[Mapping[str, Any]],
) -> tuple[list[Picture], list[Picture]]:
    """The pictures of the arrows that differ most surely, and the others.

    Parameters
    ----------
    pictures
        One per coefficient of ``levels``, in their order; or none.
    rows
        Differences, the surest first.
    """
    drawn = dict.fromkeys(_coefficient(one) for one in levels)
    by_arrow = dict(zip(drawn, pictures, strict=bool(pictures)))
    ordered = [by_arrow[key] for key in map(_coefficient, rows) if key in by_arrow]
    return ordered[:_MOST_DRAWN], ordered[_MOST_DRAWN:]


def _coefficient(row: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(row[name] for name in ("cause", "effect", "contrast", "effect_level", "by"))


def _same(level: Mapping[str, Any], row: Mapping[str, Any]) -> bool:
    return _coefficient(level) == _coefficient(row)


def _arrow(row: Mapping[str, Any], spec: CausalSpec, language: Language) -> str:
    return f"{cause_label(row, spec, language)} → {effect_label(row, spec, language)}"


def _varying(
    row: Mapping[str, Any],
    levels: Sequence[Mapping[str, Any]],
    spec: CausalSpec,
    language: Language,
) -> str:
    said = text(
        "brief.differences.varies",
        language,
        arrow=_arrow(row, spec, language),
        by=group_label(spec, row["by"], language),
        word=certainty_word(row["p_apart"], language),
        p=probability(row["p_apart"], language),
        spread=interval_text(row["spread"], language),
    )
    parts = [said, _where(levels, spec, language)]
    if row["new_level"] is not None:
        new = interval_text(row["new_level"], language)
        parts.append(text("brief.differences.new_level", language, new=new))
    return " ".join(parts)


def _where(levels: Sequence[Mapping[str, Any]], spec: CausalSpec, language: Language) -> str:
    """Levels whose own interval leaves zero out, each with the places that it may have."""
    clear = [
        row
        for row in sorted(levels, key=lambda row: -abs(row["standardised"]["mean"]))
        if row["standardised"]["lower"] > 0 or row["standardised"]["upper"] < 0
    ]
    if not clear:
        return text("brief.differences.nowhere", language)
    names = [
        text(
            # a rank that may be any is no news
            "brief.differences.level"
            if row["rank_upper"] - row["rank_lower"] + 1 < len(levels)
            else "brief.differences.level.any_rank",
            language,
            level=level_label(spec, row["by"], str(row["group"]), language),
            size=interval_text(row["standardised"], language),
            rank=rank_text(row),
            levels=number(len(levels), language),
        )
        for row in clear[:_MOST_NAMED]
    ]
    if len(clear) > _MOST_NAMED:
        left = number(len(clear) - _MOST_NAMED, language)
        names.append(text("brief.weaker.more", language, number=left))
    return text("brief.differences.where", language, names="; ".join(names))


def _depending(row: Mapping[str, Any], spec: CausalSpec, language: Language) -> str:
    chance = max(row["p_positive"], 1 - row["p_positive"])
    return text(
        "brief.differences.depends",
        language,
        arrow=_arrow(row, spec, language),
        by=moderator_label(row, spec, language),
        size=interval_text(row["per_sd"], language),
        word=certainty_word(chance, language),
        p=probability(chance, language),
    )
