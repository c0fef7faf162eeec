"""Which adjustment set a regression uses: the smallest that the data can carry."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from typing import Final

from vm2causal.effects.forward import Forward
from vm2causal.effects.outcome_regression import arrangeable
from vm2causal.effects.responses import CAREER_OUTCOMES, Careers
from vm2causal.identify import Identification, Strategy, identify_effect
from vm2causal.identify.result import Bilingual
from vm2causal.identify.sentences import bilingual
from vm2causal.model.data.structural_data import StructuralData
from vm2causal.model.result_names import TABLE_UNIT
from vm2causal.spec import CausalGraph
from vm2causal.spec.words import QueryKind

_CAREER: Final = " and ".join(CAREER_OUTCOMES)
"""Node for both ends of a career together; no variable can have this name."""


@dataclass(frozen=True)
class Adjustment:
    """What to adjust for, or why nothing will do.

    Parameters
    ----------
    given
        What is adjusted for; None where no set will do.
    held
        Mediators held fixed beside it, for a direct effect.
    outcomes
        What is regressed: the effect, and with it the other end of a career where the same set
        serves both.
    strategy
        What identifies the effect in the graph; None where nothing does.
    reason
        Why there is no set.
    """

    given: tuple[str, ...] | None
    held: tuple[str, ...]
    outcomes: tuple[str, ...]
    strategy: Strategy | None
    reason: Bilingual | None


def choose_adjustment(
    forward: Forward, cause: str, effect: str, *, kind: QueryKind = QueryKind.TOTAL
) -> Adjustment:
    """Choose an inclusion-minimal adjustment set.

    Sets without characteristics of pupils come first, then the smaller, then by name.

    Parameters
    ----------
    forward
        Equations of a fit, with its data and posterior draws.
    cause
        Name of the variable that is intervened on.
    effect
        Name of the variable whose response is asked for.
    kind
        Total, or direct: every observed mediator is then held fixed.
    """
    graph = usable_graph(forward)
    if kind is QueryKind.TOTAL and _has_career(forward, cause, effect):
        found = identify_effect(_with_career(graph), cause, _CAREER)
        sets = [names for names in found.minimal_adjustment_sets if not _ends_in(names)]
        given = smallest_set(forward.data, sets, effect)
        if given is not None:
            return Adjustment(given, (), CAREER_OUTCOMES, found.strategy, None)
    return _chosen(forward, identify_effect(graph, cause, effect, kind=kind), effect)


def usable_graph(forward: Forward, *, held: Collection[str] = ()) -> CausalGraph:
    """The graph of a fit.

    Parameters
    ----------
    forward
        Equations of a fit, with its data and posterior draws.
    held
        Unobserved variables that a comparison holds fixed, as if they were adjusted for.
    """
    graph = forward.data.spec.graph
    hidden = graph.unobserved - set(held)
    return replace(graph, unobserved=hidden)


def smallest_set(
    data: StructuralData,
    sets: Iterable[tuple[str, ...]],
    effect: str,
    *,
    free: Collection[str] = (),
) -> tuple[str, ...] | None:
    """The preferred set of those that can be used; None where none can.

    Parameters
    ----------
    data
        The data as the model takes them, one row per unit.
    sets
        Sets that suffice by the graph, each the names of its variables.
    effect
        Name of the variable whose response is asked for.
    free
        Variables that cost nothing and are left out of the answer.
    """
    kept = [tuple(name for name in names if name not in free) for names in sets]
    usable = [names for names in kept if _usable(data, names, effect)]
    return min(usable, key=lambda names: _preference(data, names)) if usable else None


def _preference(data: StructuralData, names: tuple[str, ...]) -> tuple[int, int, tuple[str, ...]]:
    return (sum(name in data.covariates for name in names), len(names), names)


def _usable(data: StructuralData, names: tuple[str, ...], effect: str) -> bool:
    return len(arrangeable(data, names, effect)) == len(names) and all(
        enters_regressions(data, name) for name in names
    )


def enters_regressions(data: StructuralData, name: str) -> bool:
    """Whether a variable varies by itself; a count in a flat table does so only by its causes.

    Parameters
    ----------
    data
        The data as the model takes them, one row per unit.
    name
        Of a variable of the model.
    """
    return data.unit != TABLE_UNIT or not data.spec.variables[name].kind.counted


def _with_career(graph: CausalGraph) -> CausalGraph:
    ends = [(name, _CAREER) for name in CAREER_OUTCOMES]
    return CausalGraph.of(
        [*graph.arrows, *ends],
        nodes=graph.nodes,
        unobserved=graph.unobserved,
        selected=graph.selected,
    )


def _has_career(forward: Forward, cause: str, effect: str) -> bool:
    possible = effect in CAREER_OUTCOMES and Careers(forward).possible
    return possible and cause not in (*forward.data.covariates, *CAREER_OUTCOMES)


def _ends_in(names: tuple[str, ...]) -> bool:
    return bool(set(names) & set(CAREER_OUTCOMES))


def _chosen(forward: Forward, found: Identification, effect: str) -> Adjustment:
    data, cause = forward.data, found.cause
    held = found.mediators if found.kind is QueryKind.DIRECT else ()
    given = smallest_set(data, found.minimal_adjustment_sets, effect)
    reason = None
    if cause in data.covariates or not _usable(data, (cause, *held), effect):
        reason = bilingual("second_opinion.not_as_data", cause=cause, effect=effect)
    elif not found.minimal_adjustment_sets:
        reason = bilingual("second_opinion.no_set", sentence=found.sentence)
    elif given is None:
        sets = found.minimal_adjustment_sets[0]
        reason = bilingual("second_opinion.set_not_as_data", given=sets, effect=effect)
    return Adjustment(None if reason else given, held, (effect,), found.strategy, reason)
