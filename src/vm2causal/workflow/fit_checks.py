"""Everything that is checked of a fit before it may be used."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from vm2causal.checks.gate.diagnostics import Diagnostics, diagnose
from vm2causal.checks.gate.gate import (
    EffectGate,
    effect_gates,
    gate_facts,
    group_sizes,
    predictions,
)
from vm2causal.checks.gate.loo_pit import loo_pit
from vm2causal.checks.gate.robust_spread import robust_spreads
from vm2causal.checks.gate.shape_tests import shape_tests
from vm2causal.checks.replicate.posterior_predictive import posterior_predictive
from vm2causal.checks.sensitivity.prior_sensitivity import prior_sensitivity
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
        Of :func:`~vm2causal.checks.gate.diagnostics.diagnose`: whether the posterior was computed
        well. Nothing may be said otherwise.
    posterior_check
        Of :func:`~vm2causal.checks.replicate.posterior_predictive.posterior_predictive`.
    loo_pit
        Of :func:`~vm2causal.checks.gate.loo_pit.loo_pit`.
    prior_sensitivity
        Of :func:`~vm2causal.checks.sensitivity.prior_sensitivity.prior_sensitivity`, of the
        declared total effects.
    predicted
        Of :func:`~vm2causal.checks.gate.gate.predictions`.
    shapes
        Of :func:`~vm2causal.checks.gate.shape_tests.shape_tests`.
    effects
        The judgement on each declared total effect.
    """

    diagnostics: Diagnostics
    posterior_check: pd.DataFrame = field(repr=False)
    loo_pit: pd.DataFrame = field(repr=False)
    prior_sensitivity: pd.DataFrame = field(repr=False)
    predicted: Sequence[Mapping[str, Any]] = field(repr=False)
    shapes: pd.DataFrame = field(repr=False)
    effects: Sequence[EffectGate] = field(repr=False)

    def facts(self) -> dict[str, Any]:
        """As they stand in ``run.json``."""
        return {
            "diagnostics": self.diagnostics.to_dict(),
            "posterior_predictive": row_dicts(self.posterior_check),
            "loo_pit": row_dicts(self.loo_pit),
            "prior_sensitivity": row_dicts(self.prior_sensitivity),
            "gate": gate_facts(self.diagnostics, self.predicted, self.shapes, self.effects),
        }


def check_fit(fit: StructuralFit, *, unanswerable: Collection[Asked]) -> FitChecks:
    """Check a fit.

    Parameters
    ----------
    fit
        A fit of the structural model: layout, data and posterior draws.
    unanswerable
        Declared questions that the data cannot answer.
    """
    forward = Forward(fit.layout, fit.posterior, seed=fit.seed)
    predictive, transforms = posterior_predictive(fit), loo_pit(forward, seed=fit.seed)
    asked = declared_totals(fit, unanswerable)
    prior, shapes = prior_sensitivity(fit, asked), shape_tests(forward)
    predicted = predictions(fit.layout.predictors_of, predictive, transforms)
    judged = effect_gates(
        robust_spreads(forward, asked),
        tests=shapes,
        predicted=predicted,
        prior=prior,
        graph=fit.layout.data.spec.graph.to_networkx(),
        sizes=group_sizes(fit.layout.data),
    )
    return FitChecks(diagnose(fit.tree), predictive, transforms, prior, predicted, shapes, judged)


def declared_totals(
    fit: StructuralFit, unanswerable: Collection[Asked]
) -> dict[Contrast, list[str]]:
    """Total effects that the model asks for, by the contrasts that ``effects`` gives them for.

    Parameters
    ----------
    fit
        A fit of the structural model: layout, data and posterior draws.
    unanswerable
        Declared questions that the data cannot answer; they are left out.
    """
    forward = Forward(fit.layout, fit.posterior, seed=fit.seed)
    found: dict[Contrast, list[str]] = {}
    for query in answerable_queries(forward, unanswerable):
        if query.kind is QueryKind.TOTAL:
            for contrast in default_contrasts(forward, query.cause):
                found.setdefault(contrast, []).append(query.effect)
    return found
