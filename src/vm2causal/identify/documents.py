"""Answers as one JSON document, described by ``schemas/identify.schema.json``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from vm2causal.identify.independences import ImpliedIndependences
from vm2causal.identify.result import Bilingual, Identification
from vm2causal.texts import Language

SCHEMA = "vm2causal/identify/1"


def identification_document(
    answers: Iterable[Identification],
    independences: ImpliedIndependences,
    language: Language,
    *,
    skipped: Iterable[tuple[str, str]] = (),
) -> dict[str, Any]:
    """Put answers and implied independences into one document.

    Parameters
    ----------
    answers
        What was identified, in the order in which it was asked.
    independences
        What the graph implies.
    language
        Language of ``engine_note``; sentences and assumptions are given in both.
    skipped
        Arrows that were not asked about, since one of their ends is unobserved.
    """
    return {
        "schema": SCHEMA,
        "queries": [_query(found, language) for found in answers],
        "skipped": [{"cause": cause, "effect": effect} for cause, effect in skipped],
        "independences": [
            {"x": item.x, "y": item.y, "given": list(item.given)}
            for item in independences.statements
        ],
        "independence_basis": independences.basis.value,
        "independences_complete": independences.complete,
        "independences_selected": list(independences.selected),
    }


def _query(found: Identification, language: Language) -> dict[str, Any]:
    note = found.engine_note
    return {
        "cause": found.cause,
        "also": list(found.also),
        "effect": found.effect,
        "kind": found.kind.value,
        "has_effect": found.has_effect,
        "identifiable": found.identifiable,
        "strategy": found.strategy.value if found.strategy else None,
        "minimal_adjustment_sets": [list(one) for one in found.minimal_adjustment_sets],
        "frontdoor_sets": [list(one) for one in found.frontdoor_sets],
        "conditional_frontdoor_sets": [
            {"mediators": list(pair.mediators), "given": list(pair.given)}
            for pair in found.conditional_frontdoor_sets
        ],
        "instruments": [
            {"instrument": item.instrument, "given": list(item.given)} for item in found.instruments
        ],
        "mediators": list(found.mediators),
        "estimand": found.estimand,
        "any_value_of": list(found.any_value_of),
        "hedge": _hedge(found),
        "recanting_district": list(found.recanting_district),
        "selection": _selection(found),
        "intermediate_confounding": [
            {
                "mediator": item.mediator,
                "confounders": list(item.confounders),
                "total": item.total,
                "controlled_direct": item.controlled_direct,
            }
            for item in found.intermediate
        ],
        "sentence": _both(found.sentence),
        "assumptions": [_both(item) for item in found.assumptions],
        "notes": [_both(item) for item in found.notes],
        "complete": found.complete,
        "engine_note": note.in_language(language) if note else None,
    }


def _hedge(found: Identification) -> dict[str, list[str]] | None:
    if found.hedge is None:
        return None
    return {"forest": list(found.hedge.forest), "root": list(found.hedge.root)}


def _selection(found: Identification) -> dict[str, Any] | None:
    selection = found.selection
    if selection is None:
        return None
    return {
        "by": list(selection.by),
        "population": selection.population.value if selection.population else None,
        "ignorable": selection.ignorable,
        "whole": [
            {"given": list(pair.given), "external": list(pair.external)} for pair in selection.whole
        ],
        "among_selected": [list(one) for one in selection.among_selected],
    }


def _both(words: Bilingual) -> dict[str, str]:
    return {"nl": words.nl, "en": words.en}
