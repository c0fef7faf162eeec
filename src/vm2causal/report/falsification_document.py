"""The document that ``test`` prints as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from vm2causal.checks.false_alarms import FalseAlarms
from vm2causal.checks.falsification import FALSE_DISCOVERY, Holding, Independences
from vm2causal.checks.falsification_result import Falsification
from vm2causal.checks.permuted_graphs import PermutedGraphs
from vm2causal.checks.rivals import Rivals
from vm2causal.report.attacks_documents import gate
from vm2causal.report.documents import records


def falsification_document(found: Falsification, *, record: Mapping[str, Any]) -> dict[str, Any]:
    """What the data say against a model (``vm2causal test``).

    Parameters
    ----------
    record
        ``run.json`` of the fit.
    """
    independences = found.independences
    return {
        "schema": "vm2causal/test/1",
        **gate(record),
        "independences": independence_rows(independences),
        "failed_tests": dict(independences.failures),
        "summary": {
            **{verdict.value: independences.count(verdict) for verdict in Holding},
            "tested": independences.tested,
            "below_five_percent": independences.below_five_percent,
            "expected_by_chance": independences.expected_by_chance,
            "false_discovery_rate": FALSE_DISCOVERY,
        },
        "permuted_graphs": _permuted(found.permuted),
        "dowhy": None if found.dowhy is None else asdict(found.dowhy),
        "dowhy_silent": found.dowhy_silent,
        "rivals": None if found.rivals is None else _rivals(found.rivals),
        "false_alarms": None if found.false_alarms is None else _alarms(found.false_alarms),
    }


def independence_rows(independences: Independences) -> list[dict[str, Any]]:
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
        "any_violated": alarms.any_violated,
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
