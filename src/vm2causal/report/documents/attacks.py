"""What ``refute`` and ``sensitivity`` print: JSON documents, and sentences on attacks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any, Final

from vm2causal.checks.refute.plan import Attack, refit_label
from vm2causal.checks.refute.power import Found
from vm2causal.checks.refute.refitted_effect import AttackedQuery, NotAttacked, excludes_zero
from vm2causal.checks.refute.refutation import AttackResult, Refutation
from vm2causal.disclosure import Behind, Released, released
from vm2causal.report.documents.records import records
from vm2causal.report.words.level_labels import group_label, level_label
from vm2causal.spec import CausalSpec
from vm2causal.texts import Language, number, percentage, text

_IN_UNITS: Final = frozenset({Found.DIFFERENCE, Found.CONTROL})
"""Faults whose size is in the unit of an effect, as the estimates are."""


def refutation_document(
    refutations: Iterable[Refutation],
    not_attacked: Iterable[NotAttacked],
    *,
    spec: CausalSpec,
    record: Mapping[str, Any],
    language: Language,
    behind: Behind,
) -> Released:
    """Every attack on every effect (``vm2causal refute``).

    Sentences are made of the numbers as they are released.

    Parameters
    ----------
    refutations
        One per effect under attack.
    not_attacked
        Effects that no refit can estimate, with the reason.
    spec
        The causal model, as read from its file.
    record
        ``run.json`` of the fit.
    language
        Of the texts: Dutch or English.
    behind
        How many persons and units stand behind the numbers.
    """
    numbers = released(
        {
            "schema": "vm2causal/refute/1",
            **gate(record),
            "queries": [_refutation(item, language) for item in refutations],
            "not_attacked": not_attacked_of(not_attacked, language),
        },
        behind,
    )
    said = [
        {**query, "attacks": [_said(row, spec, language) for row in query["attacks"]]}
        for query in numbers["queries"]
    ]
    return released({**numbers, "queries": said}, behind)


def gate(record: Mapping[str, Any]) -> dict[str, Any]:
    """Origin of the data, and whether the fit under attack passed its own checks.

    Parameters
    ----------
    record
        ``run.json`` of the fit.
    """
    return {
        "origin": record["origin"],
        "passed": record["diagnostics"]["passed"],
        "failures": record["diagnostics"]["failures"],
    }


def not_attacked_of(items: Iterable[NotAttacked], language: Language) -> list[dict[str, str]]:
    """Effects that were asked about and cannot be attacked, with the reason.

    Parameters
    ----------
    items
        Effects that no refit can estimate, with the reason.
    language
        Of the texts: Dutch or English.
    """
    return [
        {
            "cause": item.cause,
            "effect": item.effect,
            "reason": item.reason.in_language(language),
        }
        for item in items
    ]


def estimator_of(query: AttackedQuery) -> str:
    """What makes the estimate that refits make anew.

    Parameters
    ----------
    query
        The effect under attack, and the regression that estimates it.
    """
    return "structural_model" if query.full else "adjusted_regression"


def query_of(query: AttackedQuery) -> dict[str, Any]:
    """The effect under attack and the model that estimates it.

    Parameters
    ----------
    query
        The effect under attack, and the regression that estimates it.
    """
    return {
        "cause": query.cause,
        "effect": query.effect,
        "contrast": query.contrast,
        "estimator": estimator_of(query),
        "adjusted_for": list(query.given),
        "assumed": list(query.assumed),
    }


def _refutation(item: Refutation, language: Language) -> dict[str, Any]:
    return {
        **query_of(item.query),
        "estimate": item.estimate,
        "structural": item.structural,
        "stands": item.stands,
        "attacks": [_attack(attack, language) for attack in item.attacks],
    }


def _attack(item: AttackResult, language: Language) -> dict[str, Any]:
    judgement = item.judgement
    return {
        "attack": item.attack.value,
        "passed": item.passed,
        "statistic": None if judgement is None else judgement.statistic,
        "value": None if judgement is None else judgement.value,
        "limit": None if judgement is None else judgement.limit,
        "part": None if judgement is None else judgement.part,
        "power": None if item.power is None else asdict(item.power),
        "as_large": item.as_large,
        "rule": text(f"attacks.rule.{item.attack.value}", language),
        "refits": records(item.estimates),
        "failed": [{"refit": name, "reason": reason} for name, reason in item.failed.items()],
    }


def _said(row: Mapping[str, Any], spec: CausalSpec, language: Language) -> dict[str, Any]:
    return {
        **row,
        "sentence": attack_sentence(row, spec, language),
        "could_find": _power_sentence(row["power"], language),
    }


def attack_sentence(row: Mapping[str, Any], spec: CausalSpec, language: Language) -> str:
    """What an attack found, in one sentence: of ``attacks`` in the document, as released.

    Parameters
    ----------
    row
        Of one attack, as the document holds it.
    spec
        The causal model, as read from its file.
    language
        Of the texts: Dutch or English.
    """
    statistic, value, limit = row["statistic"], row["value"], row["limit"]
    if statistic is None:
        return text("attacks.not_judged" if row["failed"] else "attacks.no_material", language)
    if statistic == "null_spread":
        alarms = sum(excludes_zero(refit["effect"]) for refit in row["refits"])
        fields = {
            "value": number(value, language, 2, trim=True),
            "limit": number(limit, language, 2, trim=True),
            "alarms": number(alarms, language),
        }
    elif statistic == "control":
        fields = {
            "value": percentage(1 - value, language, 1),
            "limit": percentage(1 - limit, language, 1),
        }
    else:
        fields = {name: number(row[name], language, 2, trim=True) for name in ("value", "limit")}
    key = f"attacks.found.{statistic}"
    if row["attack"] == Attack.LEVEL_OUT.value and row["part"] is not None:
        key = "attacks.found.worst_level"
        fields["part"] = _left_out_label(row["part"], spec, language)
    return text(key, language, number=len(row["refits"]), **fields)


def _left_out_label(part: str, spec: CausalSpec, language: Language) -> str:
    """The level that a refit labelled ``part`` leaves out, with its group."""
    group = max(
        (name for name in spec.variables if part.startswith(refit_label(name, ""))), key=len
    )
    level = level_label(spec, group, part.removeprefix(refit_label(group, "")), language)
    return f"{group_label(spec, group, language)} ‘{level}’"


def _power_sentence(found: Mapping[str, Any] | None, language: Language) -> str:
    """What an attack could have found, in one sentence; nothing where it was not judged."""
    if found is None:
        return ""
    what, ends = Found(found["what"]), (found["low"], found["high"])
    if what is Found.ALARM_RATE:
        size = percentage(found["low"], language, 0)
    elif ends[0] == ends[1]:
        size = number(ends[0], language, 3 if what in _IN_UNITS else 2, trim=True)
    else:
        low, high = (number(end, language, 3, trim=True) for end in ends)
        size = text("attacks.power.range", language, low=low, high=high)
    chance = percentage(found["probability"], language, 0)
    return text(f"attacks.power.{what.value}", language, size=size, probability=chance)
