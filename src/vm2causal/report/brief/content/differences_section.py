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
    rows, levels = records(differences), records(slopes)
    if not rows:
        return None
    said = [
        _varying(row, [one for one in levels if _same(one, row)], spec, language)
        if row["kind"] == VARIES
        else _depending(row, spec, language)
        for row in rows
    ]
    blocks: list[Block] = [
        Paragraph(text("brief.differences.lead", language)),
        BulletList(tuple(said)),
        *pictures,
    ]
    return Section("differences", text("brief.section.differences", language), tuple(blocks))


def _same(level: Mapping[str, Any], row: Mapping[str, Any]) -> bool:
    return all(
        level[name] == row[name] for name in ("cause", "effect", "contrast", "effect_level", "by")
    )


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
            "brief.differences.level",
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
