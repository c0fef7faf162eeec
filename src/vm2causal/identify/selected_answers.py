"""Answers where the data hold selected units only: in which population, and by which adjustment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from vm2causal.identify import formulas
from vm2causal.identify.mediation import has_direct_effect
from vm2causal.identify.question import Question
from vm2causal.identify.result import (
    AdjustmentPair,
    Findings,
    Population,
    Selection,
    Strategy,
)
from vm2causal.identify.selection import (
    before,
    is_ignorable,
    selected_population_sets,
    whole_population_pairs,
)
from vm2causal.identify.separation import reaches
from vm2causal.spec.words import QueryKind

_Unselected = Callable[[Question, QueryKind], Findings]
"""Answers a question to a graph without selection."""


def answer_among_selected(question: Question, kind: QueryKind, unselected: _Unselected) -> Findings:
    """Answer a question to a graph with selected nodes.

    Parameters
    ----------
    question, kind
        What is asked.
    unselected
        Answers where no unit was selected. It answers where selection may be forgotten, and says
        what else is in the way where no adjustment helps.
    """
    dag = question.dag
    if is_ignorable(dag, question.x | question.y):
        earlier = replace(question, dag=before(dag, question.x | question.y))
        found = unselected(earlier, kind)
        population = None if found.strategy is None else Population.WHOLE
        selection = Selection(dag.label(dag.selected), population, ignorable=True)
        return replace(found, selection=selection)
    found = _mediated(question) if kind is QueryKind.MEDIATED else _adjusted(question, kind)
    return found if found.strategy is not None else _explained(question, found, unselected)


def _adjusted(question: Question, kind: QueryKind) -> Findings:
    """A total or direct effect by adjustment, for all if the selected tell it, else for these."""
    dag, x, y = question.dag, question.x, question.y
    held = question.mediators if kind is QueryKind.DIRECT else 0
    pairs, complete = whole_population_pairs(dag, x | held, y, question.clock)
    among = question.clock.collect(selected_population_sets(dag, x | held, y))
    whole = sorted(
        (AdjustmentPair(dag.label(given), dag.label(external)) for given, external in pairs),
        key=lambda pair: (len(pair.external), len(pair.given), pair.external, pair.given),
    )
    alone = tuple(pair.given for pair in whole if not pair.external)
    sets = alone or question.sets(among.sets)
    population = Population.WHOLE if alone else Population.SELECTED if sets else None
    if kind is QueryKind.DIRECT:
        has_effect = has_direct_effect(question.projection, x, y)
    else:
        has_effect = reaches(dag.children, x, y, 0)
    found = Findings(
        cause=question.cause,
        also=question.also,
        effect=question.effect,
        kind=kind,
        has_effect=has_effect,
        minimal_adjustment_sets=sets,
        mediators=dag.label(question.mediators),
        complete=complete and among.complete,
        selection=Selection(
            dag.label(dag.selected), population, False, tuple(whole), question.sets(among.sets)
        ),
    )
    return _chosen(found)


def _chosen(found: Findings) -> Findings:
    """Strategy and estimand; without a path the effect is zero for everybody."""
    selection = found.selection
    assert selection is not None
    held = found.mediators if found.kind is QueryKind.DIRECT else ()
    if not found.has_effect:
        return replace(
            found,
            identifiable=True,
            strategy=Strategy.NONE_NEEDED,
            estimand=formulas.no_direct_estimand(found.cause, found.effect, (*found.also, *held)),
            selection=replace(selection, population=Population.WHOLE),
        )
    if selection.population is None:
        return found
    given = found.minimal_adjustment_sets[0]
    return replace(
        found,
        identifiable=True,
        strategy=Strategy.BACKDOOR if given else Strategy.NONE_NEEDED,
        estimand=formulas.selected_estimand(
            (*found.causes, *held), found.effect, given, selection.by, selection.population
        ),
        conditioned_on=given,
    )


def _mediated(question: Question) -> Findings:
    """Nothing is claimed of a mediated effect, unless there is none."""
    dag, through = question.dag, question.mediators
    found = Findings(
        cause=question.cause,
        effect=question.effect,
        kind=QueryKind.MEDIATED,
        has_effect=bool(through),
        minimal_adjustment_sets=(),
        mediators=dag.label(through),
        selection=Selection(dag.label(dag.selected), None),
    )
    if through:
        return found
    return replace(
        found,
        identifiable=True,
        strategy=Strategy.NONE_NEEDED,
        estimand=formulas.no_natural_estimand(question.cause, question.effect),
        selection=Selection(dag.label(dag.selected), Population.WHOLE),
    )


def _explained(question: Question, found: Findings, unselected: _Unselected) -> Findings:
    """What is in the way of an effect even where no unit would be selected, if anything is."""
    plain = unselected(replace(question, dag=replace(question.dag, selected=0)), found.kind)
    return replace(found, hedge=plain.hedge, recanting_district=plain.recanting_district)
