"""What ``sensitivity`` prints as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from vm2causal.checks.refute.refitted_effect import NotAttacked
from vm2causal.checks.sensitivity.confounding_answer import Confounding
from vm2causal.disclosure import Behind, Released, released
from vm2causal.report.documents.attacks import gate, not_attacked_of, query_of
from vm2causal.report.documents.records import records
from vm2causal.texts import Language

if TYPE_CHECKING:
    from vm2causal.checks.sensitivity.sensitivity import Sensitivity


def sensitivity_document(
    found: Sensitivity,
    not_attacked: Sequence[NotAttacked],
    *,
    record: Mapping[str, Any],
    language: Language,
    behind: Behind,
) -> Released:
    """Everything that was varied (``vm2causal sensitivity``).

    Parameters
    ----------
    found
        Of :func:`~vm2causal.checks.sensitivity.sensitivity.analyse_sensitivity`.
    not_attacked
        Effects that no refit can estimate, with the reason.
    record
        ``run.json`` of the fit.
    language
        Of the texts: Dutch or English.
    behind
        How many persons and units stand behind the numbers.
    """
    document = {
        "schema": "vm2causal/sensitivity/1",
        **gate(record),
        **confounding_shown(found),
        "front_door": records(found.front_door),
        "priors": records(found.priors),
        "missing": records(found.missing),
        "missing_shares": dict(found.missing_shares),
        "not_attacked": not_attacked_of([*not_attacked, *found.not_asked], language),
        "failed": [{"refit": name, "reason": reason} for name, reason in found.failed.items()],
    }
    return released(document, behind)


def confounding_shown(found: Sensitivity) -> Released:
    """What is said of unmeasured confounding, effect by effect: ``confounding``.

    Parameters
    ----------
    found
        Of :func:`~vm2causal.checks.sensitivity.sensitivity.analyse_sensitivity`.
    """
    return released({"confounding": [_confounding(item) for item in found.confounding]})


def _confounding(item: Confounding) -> dict[str, Any]:
    return {
        **query_of(item.query),
        "estimate": item.estimate,
        "noise": item.noise,
        "tipping_interval": item.tipping_interval,
        "tipping_mean": item.tipping_mean,
        "e_value": {
            "risk_ratio": item.e_value.risk_ratio,
            "approximate": item.e_value.approximate,
            "estimate": item.e_value.estimate,
            "limit": item.e_value.limit,
        },
        "benchmarks": records(item.benchmarks),
        "refit": item.refit,
        "curve": records(item.curve),
    }
