"""What ``refute`` and ``sensitivity`` print: JSON documents, and sentences on attacks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from vm2causal.checks.refitted_effect import AttackedQuery, NotAttacked
from vm2causal.checks.refutation import AttackResult, Refutation
from vm2causal.report.documents import records
from vm2causal.texts import Language, number, percentage, text


def refutation_document(
    refutations: Iterable[Refutation],
    not_attacked: Iterable[NotAttacked],
    *,
    record: Mapping[str, Any],
    language: Language,
) -> dict[str, Any]:
    """Every attack on every effect (``vm2causal refute``)."""
    return {
        "schema": "vm2causal/refute/1",
        **gate(record),
        "queries": [_refutation(item, language) for item in refutations],
        "not_attacked": not_attacked_of(not_attacked, language),
    }


def gate(record: Mapping[str, Any]) -> dict[str, Any]:
    """Origin of the data, and whether the fit under attack passed its own checks."""
    return {
        "origin": record["origin"],
        "passed": record["diagnostics"]["passed"],
        "failures": record["diagnostics"]["failures"],
    }


def not_attacked_of(items: Iterable[NotAttacked], language: Language) -> list[dict[str, str]]:
    """Effects that were asked about and cannot be attacked, with the reason."""
    return [
        {
            "cause": item.cause,
            "effect": item.effect,
            "reason": item.reason.in_language(language),
        }
        for item in items
    ]


def query_of(query: AttackedQuery) -> dict[str, Any]:
    """The effect under attack and the model that estimates it."""
    return {
        "cause": query.cause,
        "effect": query.effect,
        "contrast": query.contrast,
        "model": "full" if query.full else "adjusted",
        "adjusted_for": list(query.given),
        "assumed": list(query.assumed),
    }


def _refutation(item: Refutation, language: Language) -> dict[str, Any]:
    return {
        **query_of(item.query),
        "estimate": item.estimate,
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
        "as_large": item.as_large,
        "rule": text(f"attacks.rule.{item.attack.value}", language),
        "sentence": attack_sentence(item, language),
        "refits": records(item.estimates),
        "failed": [{"refit": name, "reason": reason} for name, reason in item.failed.items()],
    }


def attack_sentence(item: AttackResult, language: Language) -> str:
    """What an attack found, in one sentence."""
    if item.judgement is None:
        key = "attacks.not_judged" if item.failed else "attacks.no_material"
        return text(key, language)
    value, limit = item.judgement.value, item.judgement.limit
    statistic = item.judgement.statistic
    if statistic == "alarms":
        fields = {"value": number(value, language), "limit": number(limit, language)}
    elif statistic == "control":
        fields = {
            "value": percentage(1 - value, language, 1),
            "limit": percentage(1 - limit, language, 1),
        }
    else:
        fields = {"value": number(value, language, 2), "limit": number(limit, language, 2)}
    return text(f"attacks.found.{statistic}", language, number=len(item.estimates), **fields)
