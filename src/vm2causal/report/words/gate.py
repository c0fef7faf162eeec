"""What the gate says of an effect or a prediction, in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import pandas as pd

from vm2causal.checks.gate.gate import Distribution, Licence
from vm2causal.checks.gate.state import State
from vm2causal.report.words.arrow_mends import arrow_mends
from vm2causal.report.words.level_labels import causes_label, contrast_label, group_label
from vm2causal.spec import CausalSpec
from vm2causal.spec.words import QueryKind
from vm2causal.texts import Language, number, text

EffectRow = Mapping[str, Any]
"""An effect of ``gate.effects`` in ``run.json``."""

_MOST_NAMED: Final = 3
"""Tests that are spelled out in a sentence; the rest are counted."""


def shape_in_words(test: Mapping[str, Any], spec: CausalSpec, language: Language) -> str:
    """What a failed test found, without a full stop.

    Parameters
    ----------
    test
        Of a shape test, as ``gate.tests`` in ``run.json`` holds it.
    spec
        The causal model, as read from its file.
    language
        Of the texts: Dutch or English.
    """
    return text(f"gate.shape.{test['shape']}", language, **_parts(test, spec, language))


def unjudged_in_words(test: Mapping[str, Any], spec: CausalSpec, language: Language) -> str:
    """What could not be tested, and why.

    Parameters
    ----------
    test
        Of a shape test, as ``gate.tests`` in ``run.json`` holds it.
    spec
        The causal model, as read from its file.
    language
        Of the texts: Dutch or English.
    """
    question = text(f"gate.question.{test['shape']}", language, **_parts(test, spec, language))
    return f"{question} ({text(f'gate.reason.{test["reason"]}', language)})"


def withheld_lines(gates: Sequence[EffectRow], spec: CausalSpec, language: Language) -> list[str]:
    """One line per effect that gets no number, with the reason.

    Parameters
    ----------
    gates
        ``gate.effects`` in ``run.json``.
    spec
        The causal model, as read from its file.
    language
        Of the texts: Dutch or English.
    """
    return effect_lines(
        [row for row in gates if withheld_reason(row, spec, language)], spec, language
    )


def table_note(
    table: pd.DataFrame, gates: Sequence[EffectRow], spec: CausalSpec, language: Language
) -> str:
    """What beneath a table of effects says of checks: dashes explained, and what has none.

    Parameters
    ----------
    table
        Of effects, as :func:`~vm2causal.checks.gate.licences.as_licensed` gives it.
    gates
        ``gate.effects`` in ``run.json``.
    spec
        The causal model, as read from its file.
    language
        Of the texts: Dutch or English.
    """
    lines = withheld_lines(gates, spec, language)
    said = [text("gate.withheld.table", language, lines=" ".join(lines))] if lines else []
    return " ".join([*said, *unchecked_lines(table, language)])


def unchecked_lines(table: pd.DataFrame, language: Language) -> list[str]:
    """What was not checked of direct effects and shares of mediators, if there are any.

    Parameters
    ----------
    table
        Of effects, as :func:`~vm2causal.checks.gate.licences.as_licensed` gives it.
    language
        Of the texts: Dutch or English.
    """
    direct = "kind" in table and QueryKind.DIRECT.value in set(table["kind"])
    return [text("gate.parts", language)] if direct or "through" in table else []


def not_drawn(rows: Sequence[Mapping[str, Any]], spec: CausalSpec, language: Language) -> str:
    """Which effects have no figure of their own, of rows that the checks left with numbers or not.

    Empty where all have one.

    Parameters
    ----------
    rows
        Of effects.
    spec
        The causal model, as read from its file.
    language
        Of the texts: Dutch or English.
    """
    names = effects_named([row for row in rows if row["withheld"]], spec, language)
    return text("gate.withheld.figures", language, names=names) if names else ""


def effects_named(rows: Iterable[Mapping[str, Any]], spec: CausalSpec, language: Language) -> str:
    """Causes and effects of rows, each pair once.

    Parameters
    ----------
    rows
        Of effects.
    spec
        The causal model, as read from its file.
    language
        Of the texts: Dutch or English.
    """
    ends = (
        f"{causes_label(spec, row['cause'], language)} → {spec.label(row['effect'], language)}"
        for row in rows
    )
    return "; ".join(dict.fromkeys(ends))


def _parts(test: Mapping[str, Any], spec: CausalSpec, language: Language) -> dict[str, str]:
    by = test["by"]
    return {
        "arrow": f"{spec.label(test['cause'], language)} → {spec.label(test['effect'], language)}",
        "by": "" if by is None else group_label(spec, by, language),
    }


def listed(found: Iterable[str], language: Language) -> str:
    """A few of them, without repeats, and how many more.

    Parameters
    ----------
    found
        Words to be joined.
    language
        Of the texts: Dutch or English.
    """
    once = list(dict.fromkeys(found))
    shown = once[:_MOST_NAMED]
    if len(once) > _MOST_NAMED:
        more = number(len(once) - _MOST_NAMED, language)
        shown.append(text("gate.more", language, number=more))
    return "; ".join(shown)


def _named(row: EffectRow, state: str, spec: CausalSpec, language: Language) -> str:
    """A few tests of an effect in words: those that ``failed``, or are ``unjudged``."""
    say = shape_in_words if state == "failed" else unjudged_in_words
    return listed((say(item, spec, language) for item in row[state]), language)


def withheld_reason(row: EffectRow, spec: CausalSpec, language: Language) -> str | None:
    """Why an effect has no number; None where it has one.

    Parameters
    ----------
    row
        Of ``gate.effects`` in ``run.json``.
    spec
        The causal model, as read from its file.
    language
        Of the texts: Dutch or English.
    """
    if row["licence"] != Licence.WITHHELD.value:
        return None
    if not row["failed"]:
        return text("brief.withheld.prior", language)
    return text("gate.withheld", language, what=_named(row, "failed", spec, language))


def effect_sentences(row: EffectRow, spec: CausalSpec, language: Language) -> list[str]:
    """What goes with the number of an effect: how far it leans on what the data do not support.

    Parameters
    ----------
    row
        Of ``gate.effects`` in ``run.json``.
    spec
        The causal model, as read from its file.
    language
        Of the texts: Dutch or English.
    """
    said = []
    if row["failed"]:
        what = _named(row, "failed", spec, language)
        said.append(text("gate.varies", language, what=what))
    if row["distribution"] != Distribution.FITS.value:
        names = listed((spec.label(name, language) for name in row["misfits"]), language)
        factor = number(row["factor"], language, 2)
        key = f"gate.distribution.{row['distribution']}"
        said.append(text(key, language, names=names, factor=factor))
    if row["unjudged"]:
        what = _named(row, "unjudged", spec, language)
        said.append(text("gate.unjudged", language, what=what))
    if row["prior"] == State.UNJUDGED.value and row["kind"] == QueryKind.TOTAL.value:
        said.append(text("gate.prior_unjudged", language))
    return said


def doubtful_outcomes(predictions: Sequence[Mapping[str, Any]], state: State) -> tuple[str, ...]:
    """Variables whose predictions came out in a state.

    Parameters
    ----------
    predictions
        ``gate.predictions`` in ``run.json``.
    state
        Only variables with this state.
    """
    return tuple(row["variable"] for row in predictions if row["state"] == state.value)


def prediction_lines(
    predictions: Sequence[Mapping[str, Any]], spec: CausalSpec, language: Language
) -> list[str]:
    """Which variables have no predictions, and of which that could not be judged.

    Parameters
    ----------
    predictions
        ``gate.predictions`` in ``run.json``.
    spec
        The causal model, as read from its file.
    language
        Of the texts: Dutch or English.
    """
    return [
        text(
            f"gate.predictions.{state.value}",
            language,
            names=", ".join(spec.label(name, language) for name in names),
        )
        for state in (State.FAILED, State.UNJUDGED)
        if (names := doubtful_outcomes(predictions, state))
    ]


def gate_lines(gate: Mapping[str, Any], spec: CausalSpec, language: Language) -> list[str]:
    """The gate of a fit that was computed well: first predictions, then each effect in doubt.

    Parameters
    ----------
    gate
        ``gate`` in ``run.json``.
    spec
        The causal model, as read from its file.
    language
        Of the texts: Dutch or English.
    """
    predicted, effects = gate["predictions"], gate["effects"]
    lines = prediction_lines(predicted, spec, language)
    if not lines:
        count = number(len(predicted), language)
        lines.append(text("gate.predictions.passed", language, number=count))
    if effects:
        passed = sum(row["state"] == State.PASSED.value for row in effects)
        counts = {"passed": number(passed, language), "total": number(len(effects), language)}
        lines.append(text("gate.effects.passed", language, **counts))
    lines += effect_lines(effects, spec, language)
    mends = arrow_mends((test for row in effects for test in row["failed"]), spec)
    if mends:
        lines.append(text("gate.mend", language, lines="\n  - ".join(("", *mends))))
    return lines


def _which(row: EffectRow, spec: CausalSpec, language: Language) -> str:
    """Contrast of an effect, and which part of it where it is not the whole."""
    contrast = contrast_label(spec, row["cause"], row["contrast"], language)
    if row["through"]:
        names = ", ".join(spec.label(name, language) for name in row["through"])
        return f"{contrast}; {text(f'gate.part.{row["kind"]}', language, names=names)}"
    if row["kind"] == QueryKind.DIRECT.value:
        return f"{contrast}; {text('effects.kind.direct', language)}"
    return contrast


def effect_lines(effects: Sequence[EffectRow], spec: CausalSpec, language: Language) -> list[str]:
    """One line per effect of which the checks have something to say.

    Parameters
    ----------
    effects
        ``gate.effects`` in ``run.json``.
    spec
        The causal model, as read from its file.
    language
        Of the texts: Dutch or English.
    """
    lines = []
    for row in effects:
        if row["through"] and row["distribution"] != Distribution.TURNS.value:
            continue  # a share goes with its total, and has a line of its own where it alone turns
        reason = withheld_reason(row, spec, language)
        said = [reason] if reason else effect_sentences(row, spec, language)
        if said:
            lines.append(
                text(
                    "gate.effect",
                    language,
                    cause=causes_label(spec, row["cause"], language),
                    effect=spec.label(row["effect"], language),
                    contrast=_which(row, spec, language),
                    said=" ".join(said),
                )
            )
    return lines
