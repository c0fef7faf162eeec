"""Which of the independences that a model implies these data can test, and by which equation."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from vm2causal.effects.about_few import about_few
from vm2causal.effects.adjustment_choice import enters_regressions
from vm2causal.effects.forward import Forward
from vm2causal.effects.outcome_regression import arrangeable
from vm2causal.identify.independences import Independence, implied_independences
from vm2causal.model.data.structural_data import StructuralData
from vm2causal.model.structural_layout import causal_order


class Untested(StrEnum):
    """Why an independence was not tested."""

    COMPOSITION = "composition"
    """One of the pair describes pupils, the other no count of pupils: their link is who is
    admitted, which the model has no equation for."""
    NOT_ARRANGEABLE = "not_arrangeable"
    """What is conditioned on cannot stand in an equation of either."""
    NO_VARIATION = "no_variation"
    NO_OVERLAP = "no_overlap"
    FEW = "few"
    """It would be told of few persons."""
    PRIOR_ONLY = "prior_only"
    NOT_CONVERGED = "not_converged"
    FAILED = "failed"


@dataclass(frozen=True)
class PlannedTest:
    """An implied independence and the arrow whose absence states it.

    Parameters
    ----------
    cause, effect
        The absent arrow, along the causal order wherever data can stand so.
    given
        Direct causes of the effect beside it.
    untested
        Why it is not tested; None where it is.
    """

    cause: str
    effect: str
    given: tuple[str, ...]
    untested: Untested | None = None

    @property
    def name(self) -> str:
        """Unique among the tests of a model."""
        return f"{self.cause}->{self.effect}"


def plan_tests(forward: Forward) -> tuple[PlannedTest, ...]:
    """Plan a test of every independence that the model of a fit implies, one per pair.

    Parameters
    ----------
    forward
        Equations of a fit, with its data and posterior draws.
    """
    data = forward.data
    order = causal_order(data.spec)
    few = about_few(data)
    return tuple(
        _planned(data, order, item, few)
        for item in implied_independences(data.spec.graph).statements
    )


def _planned(
    data: StructuralData, order: tuple[str, ...], stated: Independence, few: frozenset[str]
) -> PlannedTest:
    earlier, later = sorted((stated.x, stated.y), key=order.index)
    if {earlier, later} & few:
        return PlannedTest(earlier, later, stated.given, Untested.FEW)
    if _composition(data, (earlier, later)):
        return PlannedTest(earlier, later, stated.given, Untested.COMPOSITION)
    for cause, effect in ((earlier, later), (later, earlier)):
        if _stands(data, (cause, *stated.given), effect):
            return PlannedTest(cause, effect, stated.given)
    return PlannedTest(earlier, later, stated.given, Untested.NOT_ARRANGEABLE)


def _composition(data: StructuralData, pair: tuple[str, str]) -> bool:
    pupils = [name for name in pair if name in data.covariates]
    return bool(pupils) and not any(name in data.cells for name in pair)


def _stands(data: StructuralData, regressors: Iterable[str], effect: str) -> bool:
    names = tuple(regressors)
    return (
        effect not in data.covariates
        and arrangeable(data, names, effect) == names
        and all(enters_regressions(data, name) for name in names)
    )
