"""Effects in words and numbers of a language: the cells that a terminal and a brief both show."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any, Final

import pandas as pd

from vm2causal.effects.arrow_shapes import MONOTONE, SMOOTH
from vm2causal.effects.heterogeneity import VARIES
from vm2causal.effects.judgement import Note, wrong_signs
from vm2causal.effects.new_levels import NEW_LEVELS, ONE_NEW_LEVEL
from vm2causal.report.words.level_labels import (
    cause_label,
    causes_label,
    contrast_label,
    effect_label,
    group_label,
    level_label,
)
from vm2causal.spec import CausalSpec
from vm2causal.spec.words import Sign
from vm2causal.texts import Language, number, percentage, text

_NEW: Final = {NEW_LEVELS: "effects.new_levels", ONE_NEW_LEVEL: "effects.one_new_level"}

SHARES: Final = frozenset({"count", "binary", "nominal"})
"""Kinds of variables whose response is a probability."""


def arrow_cells(row: Mapping[str, Any], spec: CausalSpec, language: Language) -> dict[str, str]:
    """One row of :func:`~vm2causal.effects.arrows.arrow_table`, by column.

    Parameters
    ----------
    row
        Of a document of effects.
    spec
        The causal model, as read from its file.
    language
        Of the texts: Dutch or English.
    """
    none = text("effects.none", language)
    return {
        "cause": cause_label(row, spec, language),
        "effect": _arrow_effect(row, spec, language),
        "standardised": interval_text(row["standardised"], language),
        "natural": interval_text(
            row["natural"], language, share=has_event(spec, row["effect"]), signed=True
        ),
        "p_direction": (
            none if row["p_direction"] is None else percentage(row["p_direction"], language, 0)
        ),
        "direction": direction_text(row["direction"], language),
        "bayes_factor": bayes_factor_text(
            row["bayes_factor"], language, at_least=row["bayes_factor_at_least"]
        ),
        "literature": text(f"model.evidence.{row['literature'] or 'aanname'}", language),
        "verdict": verdict_text(row, language),
    }


def _arrow_effect(row: Mapping[str, Any], spec: CausalSpec, language: Language) -> str:
    """The effect of an arrow, and what the arrow stands for paths through."""
    effect = effect_label(row, spec, language)
    if not row["through"]:
        return effect
    names = ", ".join(spec.label(name, language) for name in row["through"])
    return text("effects.passing", language, effect=effect, names=names)


def total_cells(row: Mapping[str, Any], spec: CausalSpec, language: Language) -> dict[str, str]:
    """One row of :func:`~vm2causal.effects.totals.totals_table`, by column.

    Parameters
    ----------
    row
        Of a document of effects.
    spec
        The causal model, as read from its file.
    language
        Of the texts: Dutch or English.
    """
    return _effect_ends(row, spec, language) | {
        "kind": text(f"effects.kind.{row['kind']}", language),
        "group": _group(row, spec, language),
        "natural": interval_text(
            row["natural"], language, share=has_event(spec, row["effect"]), signed=True
        ),
        "career": interval_text(row["career"], language, share=True, signed=True),
    }


def mediation_cells(row: Mapping[str, Any], spec: CausalSpec, language: Language) -> dict[str, str]:
    """One row of :func:`~vm2causal.effects.mediation.mediation_table`, by column.

    Parameters
    ----------
    row
        Of a document of effects.
    spec
        The causal model, as read from its file.
    language
        Of the texts: Dutch or English.
    """
    share = has_event(spec, row["effect"])
    return _effect_ends(row, spec, language) | {
        # eight columns are many for a terminal: everybody goes without saying
        **({} if row["by"] is None else {"group": _group(row, spec, language)}),
        "through": through_label(row, spec, language),
        **{
            name: interval_text(row[name], language, share=share, signed=True)
            for name in ("indirect", "direct", "total")
        },
    }


def through_label(row: Mapping[str, Any], spec: CausalSpec, language: Language) -> str:
    """The mediators of a share, and whether they have one each, one together, or none.

    Parameters
    ----------
    row
        Of a document of effects.
    spec
        The causal model, as read from its file.
    language
        Of the texts: Dutch or English.
    """
    names = ", ".join(spec.label(name, language) for name in row["through"])
    if not row.get("identified", row["indirect"] is not None):
        return text("effects.through.unknown", language, names=names)
    if row["inseparable"]:
        return text("effects.through.together", language, names=names)
    return names


def opinion_cells(row: Mapping[str, Any], spec: CausalSpec, language: Language) -> dict[str, str]:
    """One row of :func:`~vm2causal.workflow.second_opinions.with_second_opinions`, by column.

    Parameters
    ----------
    row
        Of a document of effects.
    spec
        The causal model, as read from its file.
    language
        Of the texts: Dutch or English.
    """
    share = has_event(spec, row["effect"])
    adjusted = ", ".join(spec.label(name, language) for name in row["adjusted_for"] or ())
    return _effect_ends(row, spec, language) | {
        "first": interval_text(row["first"], language, share=share, signed=True),
        "second": interval_text(row["second"], language, share=share, signed=True),
        "adjusted_for": adjusted or text("effects.none", language),
        "agreement": _agreement(row, language),
    }


def difference_cells(
    row: Mapping[str, Any], spec: CausalSpec, language: Language
) -> dict[str, str]:
    """One row of :func:`~vm2causal.effects.heterogeneity.differences_table`, by column."""
    none = text("effects.none", language)
    varies = row["kind"] == VARIES
    chance = row["p_apart"] if varies else row["p_positive"]
    return _arrow_ends(row, spec, language) | {
        "by": text(
            f"effects.difference.{row['kind']}",
            language,
            by=moderator_label(row, spec, language),
        ),
        "size": interval_text(row["spread"] if varies else row["per_sd"], language),
        "new_level": none
        if row["new_level"] is None
        else interval_text(row["new_level"], language),
        "chance": percentage(chance, language, 0),
    }


def moderator_label(row: Mapping[str, Any], spec: CausalSpec, language: Language) -> str:
    """What a coefficient differs by, with its contrast where that is one of levels.

    Parameters
    ----------
    row
        Of :func:`~vm2causal.effects.heterogeneity.differences_table`.
    spec
        The causal model, as read from its file.
    language
        Of the texts: Dutch or English.
    """
    label = group_label(spec, row["by"], language)
    if row["by_contrast"] is None:
        return label
    return f"{label} ({contrast_label(spec, row['by'], row['by_contrast'], language)})"


def slope_cells(row: Mapping[str, Any], spec: CausalSpec, language: Language) -> dict[str, str]:
    """One row of :func:`~vm2causal.effects.heterogeneity.slopes_table`, by column."""
    return _arrow_ends(row, spec, language) | {
        "group": _group(row, spec, language),
        "standardised": interval_text(row["standardised"], language),
        "p_positive": percentage(row["p_positive"], language, 0),
        "rank": rank_text(row),
    }


def shape_cells(row: Mapping[str, Any], spec: CausalSpec, language: Language) -> dict[str, str]:
    """One row of :func:`~vm2causal.effects.arrow_shapes.shapes_table`, by column."""
    kind = row["kind"]
    whole = "" if row["of_total"] is None else interval_text(row["of_total"], language, share=True)
    return {
        "cause": cause_label(row, spec, language),
        "effect": effect_label(row, spec, language),
        "place": _place_on_arrow(row, spec, language),
        "standardised": interval_text(row["standardised"], language, signed=True),
        "p_positive": percentage(row["p_positive"], language, 0),
        "of_total": whole if kind == MONOTONE else text("effects.none", language),
    }


def _place_on_arrow(row: Mapping[str, Any], spec: CausalSpec, language: Language) -> str:
    if row["kind"] == MONOTONE:
        ends = (level_label(spec, row["cause"], row[end], language) for end in ("low", "high"))
        return " → ".join(ends)
    if row["kind"] == SMOOTH:
        sign = "+" if row["at"] > 0 else ""
        return text("effects.shape.smooth", language, at=sign + number(row["at"], language, 1))
    group = group_label(spec, row["by"], language)
    return text(f"effects.shape.{row['part']}", language, by=group)


def rank_text(row: Mapping[str, Any]) -> str:
    """From which place to which a level may stand, 1 the smallest.

    Parameters
    ----------
    row
        Of :func:`~vm2causal.effects.heterogeneity.slopes_table`.

    Examples
    --------
    >>> rank_text({"rank_lower": 2, "rank_upper": 5}), rank_text({"rank_lower": 4, "rank_upper": 4})
    ('2–5', '4')
    """
    ends = dict.fromkeys((row["rank_lower"], row["rank_upper"]))
    return "–".join(str(end) for end in ends)


def _arrow_ends(row: Mapping[str, Any], spec: CausalSpec, language: Language) -> dict[str, str]:
    """Cause and effect of a coefficient, each with its level where it has several."""
    return {
        "cause": cause_label(row, spec, language),
        "effect": effect_label(row, spec, language),
    }


def _effect_ends(row: Mapping[str, Any], spec: CausalSpec, language: Language) -> dict[str, str]:
    """Cause, effect and contrast of an intervention."""
    return {
        "cause": causes_label(spec, row["cause"], language),
        "effect": effect_label(row, spec, language),
        "contrast": _contrast(row, spec, language),
    }


def _contrast(row: Mapping[str, Any], spec: CausalSpec, language: Language) -> str:
    return contrast_label(spec, row["cause"], row["contrast"], language)


def _group(row: Mapping[str, Any], spec: CausalSpec, language: Language) -> str:
    if row["by"] is None:
        return text("effects.everybody", language)
    if row["group"] in _NEW:
        group = group_label(spec, row["by"], language)
        return text(_NEW[row["group"]], language, group=group)
    return level_label(spec, row["by"], str(row["group"]), language)


class Agreement(StrEnum):
    """How two opinions on an effect stand to each other."""

    NOT_APART = "not_apart"
    APART = "apart"
    UNUSABLE = "unusable"
    """The regression of the second failed its gate."""
    NONE = "none"
    """There is no second."""


def agreement_of(row: Mapping[str, Any]) -> Agreement:
    """How the opinions of a row stand to each other.

    Parameters
    ----------
    row
        Of a document of effects.
    """
    if row["second"] is None:
        return Agreement.NONE
    if not row["passed"]:
        return Agreement.UNUSABLE
    return Agreement.APART if row["disagrees"] else Agreement.NOT_APART


def _agreement(row: Mapping[str, Any], language: Language) -> str:
    found = agreement_of(row)
    if found is Agreement.NONE:
        return row["reason"] or text("effects.none", language)
    return text(f"effects.second.{found.value}", language)


def verdict_text(row: Mapping[str, Any], language: Language) -> str:
    """The verdict on an arrow, with the reason or the notes that belong to it.

    Parameters
    ----------
    row
        Of a document of effects.
    language
        Of the texts: Dutch or English.
    """
    verdict = text(f"effects.verdict.{row['verdict']}", language)
    if row["untestable"]:
        reason = text(f"effects.untestable.{row['untestable']}", language)
    else:
        reason = "; ".join(text(f"effects.note.{name}", language) for name in row["notes"])
    if not reason:
        return verdict
    return text("effects.verdict.with_reason", language, verdict=verdict, reason=reason)


def notes_explained(rows: Iterable[Mapping[str, Any]], language: Language) -> list[str]:
    """Every note of a table of arrows, a sentence each.

    Parameters
    ----------
    rows
        Of a document of effects.
    language
        Of the texts: Dutch or English.
    """
    seen = {name for row in rows for name in row["notes"]}
    return [text(f"effects.note.{note}.long", language) for note in Note if note in seen]


def wrong_signs_fields(arrows: pd.DataFrame, language: Language) -> dict[str, str]:
    """How many wrong signs are to be expected among how many, in the numbers of a language.

    Parameters
    ----------
    arrows
        Of :func:`~vm2causal.effects.arrows.arrow_table`.
    language
        Of the texts: Dutch or English.
    """
    found = wrong_signs(arrows)
    expected = number(found.expected, language, 2)
    if 0 < found.expected < 0.005:
        expected = text("effects.less_than", language, number=number(0.01, language, 2))
    return {"expected": expected, "named": number(found.named, language)}


def direction_text(sign: str | None, language: Language) -> str:
    """Side of 0 on which a coefficient lies; a dash where that is not clear.

    Parameters
    ----------
    sign
        ``+`` or ``-``; None where no side is expected.
    language
        Of the texts: Dutch or English.
    """
    if sign is None:
        return text("effects.none", language)
    return text(f"effects.direction.{Sign(sign).name.lower()}", language)


def bayes_factor_text(
    value: float | None, language: Language, *, at_least: float | None = None
) -> str:
    """Write a Bayes factor, or the bound that is known of it.

    Parameters
    ----------
    value
        For the arrow against none, above 0; None where only a bound is known.
    language
        Of the texts: Dutch or English.
    at_least
        A lower bound of it; None where the factor is known.

    Examples
    --------
    >>> bayes_factor_text(None, Language.NL, at_least=50), bayes_factor_text(0.44, Language.NL)
    ('> 50', '0,4')
    >>> bayes_factor_text(12.0, Language.EN), bayes_factor_text(1.0, Language.EN)
    ('12', '1.0')
    """
    if at_least is not None:
        return text("effects.at_least", language, number=number(at_least, language))
    if value is None:
        return text("effects.none", language)
    return number(value, language, 1 if value < 10 else 0)


def has_event(spec: CausalSpec, name: str) -> bool:
    """Whether a variable's response is a probability, shown as percentages.

    Parameters
    ----------
    spec
        The causal model, as read from its file.
    name
        Of a variable of the model.
    """
    return spec.variables[name].kind.value in SHARES


def interval_text(
    value: Mapping[str, float] | None,
    language: Language,
    *,
    share: bool = False,
    signed: bool = False,
) -> str:
    """Mean and interval; a share as a percentage, a difference of shares in percentage points.

    Parameters
    ----------
    value
        ``mean``, ``lower`` and ``upper``; None where there is none.
    language
        Of the texts: Dutch or English.
    share
        Whether the numbers are shares, to be written as percentages.
    signed
        Whether a plus is written.

    Examples
    --------
    >>> found = {"mean": -0.019, "lower": -0.034, "upper": -0.008}
    >>> interval_text(found, Language.NL, share=True, signed=True)
    '−1,9 pp (−3,4; −0,8)'
    >>> interval_text(found, Language.EN, share=True)
    '−1.9% (−3.4%; −0.8%)'
    """
    if value is None:
        return text("effects.none", language)
    parts = [value[part] for part in ("mean", "lower", "upper")]
    if share and signed:
        mean, lower, upper = (number(100 * part, language, 1) for part in parts)
        return f"{mean} pp ({lower}; {upper})"
    mean, lower, upper = (
        percentage(part, language, 1) if share else number(part, language, 2) for part in parts
    )
    return f"{mean} ({lower}; {upper})"
