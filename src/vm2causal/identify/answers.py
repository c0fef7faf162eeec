"""Total, direct and mediated effects: which strategy identifies each, and what else the graph says.

The strategies are tried from the simplest to the most general; the ID algorithm decides whether
the effect is identifiable at all, so the answer is complete whichever strategy is named.
"""

from __future__ import annotations

from dataclasses import replace

from vm2causal.identify import formulas
from vm2causal.identify.adjustment import minimal_adjustment_sets
from vm2causal.identify.expression import Expression
from vm2causal.identify.frontdoor import minimal_frontdoor_sets
from vm2causal.identify.id_algorithm import HedgeSets, identify_joint
from vm2causal.identify.intermediate import intermediate_confounding
from vm2causal.identify.limits import Listing
from vm2causal.identify.mediation import (
    RecantingDistrict,
    has_direct_effect,
    identify_natural,
    natural_effect_sets,
)
from vm2causal.identify.question import Question
from vm2causal.identify.result import Findings, Hedge
from vm2causal.identify.selected_answers import answer_among_selected
from vm2causal.identify.separation import reaches
from vm2causal.identify.strategies import choose_direct, choose_mediated, choose_total
from vm2causal.spec.words import QueryKind


def answer(question: Question, kind: QueryKind) -> Findings:
    """Answer one question about one kind of effect, among selected units where these are all."""
    if not question.dag.selected:
        return _unselected(question, kind)
    return answer_among_selected(question, kind, _unselected)


def _unselected(question: Question, kind: QueryKind) -> Findings:
    match kind:
        case QueryKind.TOTAL:
            return _joint(question) if question.also else _total(question)
        case QueryKind.DIRECT:
            return _direct(question)
        case QueryKind.MEDIATED:
            return _mediated(question)


def _total(question: Question) -> Findings:
    dag, x, y, clock = question.dag, question.x, question.y, question.clock
    adjustment = clock.collect(minimal_adjustment_sets(dag, x, y))
    frontdoor = minimal_frontdoor_sets(dag, x, y, clock)
    conditional, conditional_complete = question.conditional_frontdoor_sets()
    has_effect = reaches(dag.children, x, y, 0)
    instruments, instruments_complete = question.instruments(has_effect=has_effect)
    named = adjustment.sets or frontdoor.sets or conditional
    joint = None if named else identify_joint(question.projection, x, y, clock)
    blank = Findings(
        cause=question.cause,
        effect=question.effect,
        kind=QueryKind.TOTAL,
        has_effect=has_effect,
        minimal_adjustment_sets=question.sets(adjustment.sets),
        frontdoor_sets=question.sets(frontdoor.sets),
        conditional_frontdoor_sets=conditional,
        instruments=instruments,
        mediators=dag.label(question.mediators),
        complete=adjustment.complete
        and frontdoor.complete
        and conditional_complete
        and instruments_complete,
    )
    return choose_total(_judged(question, blank, joint), _formula(joint))


def _joint(question: Question) -> Findings:
    """The effect of several causes set together.

    The adjustment criterion and the ID algorithm are stated for sets of causes, so the answer on
    identifiability is complete; front-door sets and instruments are for one cause.
    """
    dag, x, y, clock = question.dag, question.x, question.y, question.clock
    adjustment = clock.collect(minimal_adjustment_sets(dag, x, y))
    joint = None if adjustment.sets else identify_joint(question.projection, x, y, clock)
    blank = Findings(
        cause=question.cause,
        also=question.also,
        effect=question.effect,
        kind=QueryKind.TOTAL,
        has_effect=reaches(dag.children, x, y, 0),
        minimal_adjustment_sets=question.sets(adjustment.sets),
        mediators=dag.label(question.mediators),
        complete=adjustment.complete,
    )
    return choose_total(_judged(question, blank, joint), _formula(joint))


def _direct(question: Question) -> Findings:
    dag, x, y = question.dag, question.x, question.y
    held = x | question.mediators
    adjustment = question.clock.collect(minimal_adjustment_sets(dag, held, y))
    has_effect = has_direct_effect(question.projection, x, y)
    instruments, instruments_complete = question.instruments(has_effect=has_effect, direct=True)
    named = adjustment.sets
    joint = None if named else identify_joint(question.projection, held, y, question.clock)
    blank = Findings(
        cause=question.cause,
        effect=question.effect,
        kind=QueryKind.DIRECT,
        has_effect=has_effect,
        minimal_adjustment_sets=question.sets(adjustment.sets),
        instruments=instruments,
        mediators=dag.label(question.mediators),
        complete=adjustment.complete and instruments_complete,
    )
    return choose_direct(_judged(question, blank, joint), _formula(joint))


def _mediated(question: Question) -> Findings:
    dag, x, y, through = question.dag, question.x, question.y, question.mediators
    sets = natural_effect_sets(dag, x, through, y, question.clock) if through else Listing(())
    natural = None if sets.sets else _natural(question)
    blank = Findings(
        cause=question.cause,
        effect=question.effect,
        kind=QueryKind.MEDIATED,
        has_effect=bool(through),
        minimal_adjustment_sets=question.sets(sets.sets),
        mediators=dag.label(through),
        complete=sets.complete,
        intermediate=intermediate_confounding(question),
    )
    return choose_mediated(_judged(question, blank, natural), _formula(natural))


def _natural(question: Question) -> Expression | HedgeSets | RecantingDistrict:
    starred = formulas.other_value(question.cause)
    return identify_natural(question.projection, question.x, question.y, starred, question.clock)


_Outcome = Expression | HedgeSets | RecantingDistrict | None
"""What the general algorithm found; ``None`` where a simpler strategy spared it the question."""


def _judged(question: Question, blank: Findings, outcome: _Outcome) -> Findings:
    """Add whether the effect is identifiable and what blocks it; no effect is zero, so known."""
    if not blank.has_effect:
        return replace(blank, identifiable=True)
    label = question.dag.label
    match outcome:
        case HedgeSets(forest, root):
            return replace(blank, hedge=Hedge(label(forest), label(root)))
        case RecantingDistrict(district):
            return replace(blank, recanting_district=label(district))
        case _:
            return replace(blank, identifiable=True)


def _formula(outcome: _Outcome) -> Expression | None:
    return None if isinstance(outcome, HedgeSets | RecantingDistrict) else outcome
