"""Everything that is checked of a fit before it may be used."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd

from vm2causal.checks import loo_pit, posterior_predictive
from vm2causal.checks.diagnostics import Diagnostics, diagnose
from vm2causal.checks.prior_sensitivity import prior_sensitivity
from vm2causal.effects.contrasts import Contrast, default_contrasts
from vm2causal.effects.forward import Forward
from vm2causal.inputs.rows import row_dicts
from vm2causal.model.structural_fit import StructuralFit
from vm2causal.spec.words import QueryKind
from vm2causal.workflow.questions import Asked, answerable_queries


@dataclass(frozen=True)
class FitChecks:
    """The checks of a fit.

    Parameters
    ----------
    diagnostics
        The gate: convergence, and whether the two checks of the data below failed.
    posterior_check
        Of :func:`~vm2causal.checks.posterior_predictive.posterior_predictive`.
    loo_pit
        Of :func:`~vm2causal.checks.loo_pit.loo_pit`.
    prior_sensitivity
        Of :func:`~vm2causal.checks.prior_sensitivity.prior_sensitivity`, of the declared total
        effects. No part of the gate: it tells of each effect by itself.
    """

    diagnostics: Diagnostics
    posterior_check: pd.DataFrame = field(repr=False)
    loo_pit: pd.DataFrame = field(repr=False)
    prior_sensitivity: pd.DataFrame = field(repr=False)

    def facts(self) -> dict[str, Any]:
        """As they stand in ``run.json``."""
        return {
            "diagnostics": self.diagnostics.to_dict(),
            "posterior_predictive": row_dicts(self.posterior_check),
            "loo_pit": row_dicts(self.loo_pit),
            "prior_sensitivity": row_dicts(self.prior_sensitivity),
        }


def check_fit(fit: StructuralFit, *, unanswerable: Collection[Asked]) -> FitChecks:
    """Check a fit.

    Parameters
    ----------
    unanswerable
        Declared questions that the data cannot answer.
    """
    predictive = posterior_predictive.posterior_predictive(fit)
    forward = Forward(fit.layout, fit.posterior, seed=fit.seed)
    transforms = loo_pit.loo_pit(forward, seed=fit.seed)
    failures = [
        name
        for name, table in (
            (posterior_predictive.FAILURE, predictive),
            (loo_pit.FAILURE, transforms),
        )
        if (table["verdict"] == "failure").any()
    ]
    found = diagnose(fit.tree)
    return FitChecks(
        replace(found, failures=(*found.failures, *failures)),
        predictive,
        transforms,
        prior_sensitivity(fit, declared_totals(fit, unanswerable)),
    )


def declared_totals(
    fit: StructuralFit, unanswerable: Collection[Asked]
) -> dict[Contrast, list[str]]:
    """Total effects that the model asks for, by the contrasts that ``effects`` gives them for."""
    forward = Forward(fit.layout, fit.posterior, seed=fit.seed)
    found: dict[Contrast, list[str]] = {}
    for query in answerable_queries(forward, unanswerable):
        if query.kind is QueryKind.TOTAL:
            for contrast in default_contrasts(forward, query.cause):
                found.setdefault(contrast, []).append(query.effect)
    return found
