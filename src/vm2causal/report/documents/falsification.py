"""The document that ``test`` prints as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final

import numpy as np

from vm2causal.checks.falsify.detectable import POWER
from vm2causal.checks.falsify.false_alarms import FalseAlarms
from vm2causal.checks.falsify.falsification import FALSE_DISCOVERY, Holding, Independences
from vm2causal.checks.falsify.permuted_graphs import PermutedGraphs
from vm2causal.checks.falsify.result import Falsification
from vm2causal.checks.falsify.rivals import Rivals
from vm2causal.disclosure import Behind, Released, released
from vm2causal.report.documents.attacks import gate
from vm2causal.report.documents.records import records
from vm2causal.texts import Language, number, percentage, text

_SIZES: Final = ("smallest", "median", "largest")


def falsification_document(
    found: Falsification, *, record: Mapping[str, Any], behind: Behind
) -> Released:
    """What the data say against a model (``vm2causal test``).

    Parameters
    ----------
    found
        Of :func:`~vm2causal.workflow.falsification.falsify_fit`.
    record
        ``run.json`` of the fit.
    behind
        How many persons and units stand behind the numbers.
    """
    independences = found.independences
    document = {
        "schema": "vm2causal/test/1",
        **gate(record),
        "independences": _independence_rows(independences),
        "failed_tests": dict(independences.failures),
        "summary": {
            **{verdict.value: independences.count(verdict) for verdict in Holding},
            "tested": independences.tested,
            "below_five_percent": independences.below_five_percent,
            "expected_by_chance": independences.expected_by_chance,
            "false_discovery_rate": FALSE_DISCOVERY,
            "undecided_detectable": _undecided_detectable(independences),
        },
        "permuted_graphs": _permuted(found.permuted),
        "dowhy": None if found.dowhy is None else asdict(found.dowhy),
        "dowhy_silent": found.dowhy_silent,
        "rivals": None if found.rivals is None else _rivals(found.rivals),
        "false_alarms": None if found.false_alarms is None else _alarms(found.false_alarms),
    }
    return released(document, behind)


def _undecided_detectable(independences: Independences) -> dict[str, float] | None:
    """From what size on what is undecided would have been found; None where nothing is."""
    sizes = independences.detectable(Holding.UNDECIDED)
    if not sizes:
        return None
    return {
        "smallest": sizes[0],
        "median": float(np.median(sizes)),
        "largest": sizes[-1],
        "probability": POWER,
    }


def detectable_sentences(sizes: Mapping[str, float] | None, language: Language) -> list[str]:
    """What tests could have found, and what no test of this kind can.

    Parameters
    ----------
    sizes
        As ``summary`` of the document holds it.
    language
        Of the texts: Dutch or English.
    """
    found = []
    if sizes is not None:
        shown = {name: number(sizes[name], language, 2, trim=True) for name in _SIZES}
        chance = percentage(sizes["probability"], language, 0)
        found.append(text("falsification.detectable", language, probability=chance, **shown))
    return [*found, text("falsification.limits", language)]


def _independence_rows(independences: Independences) -> list[dict[str, Any]]:
    """One mapping per independence, in the order of the plan."""
    lists = ["given", "coefficients"]
    plain = records(independences.table.drop(columns=lists))
    held = independences.table[lists].to_dict("records")
    return [
        {**numbers, **{str(name): value for name, value in own.items()}}
        for numbers, own in zip(plain, held, strict=True)
    ]


def _permuted(permuted: PermutedGraphs) -> dict[str, Any]:
    return {
        "tests": permuted.tests,
        "violations": permuted.violations,
        "permutations": len(permuted.shares),
        "mean_share": float(permuted.shares.mean()) if len(permuted.shares) else None,
        "share": permuted.share,
        "p_value": permuted.p_value,
        "equivalent": permuted.equivalent,
        "informative": permuted.informative,
    }


def _alarms(alarms: FalseAlarms) -> dict[str, Any]:
    return {
        "replications": alarms.replications,
        "per_test": alarms.per_test,
        "per_test_error": alarms.per_test_error,
        "any_violated": alarms.any_violated,
        "any_violated_at_most": alarms.any_violated_at_most,
        "data_sets": records(alarms.table),
    }


def _rivals(rivals: Rivals) -> dict[str, Any]:
    return {
        "scored": list(rivals.scored),
        "not_scored": list(rivals.not_scored),
        "loo_reliable": rivals.loo_reliable,
        "loo": records(rivals.loo),
        "folds": rivals.folds,
        "kfold": records(rivals.kfold),
        "best": rivals.best,
    }
