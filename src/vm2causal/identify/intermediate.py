"""Exposure-induced confounding: what the cause affects confounds a mediator and the effect.

What part runs through such a mediator alone is then no function of any data (Avin, Shpitser and
Pearl 2005: the recanting witness), whatever is measured; the total effect, the effect with the
mediator held fixed and the joint effect through mediator and confounders may be.
"""

from __future__ import annotations

from vm2causal.identify.dag import Dag, closure, members
from vm2causal.identify.id_algorithm import HedgeSets, identify_joint, relevant_nodes
from vm2causal.identify.mediation import mediators_between
from vm2causal.identify.projection import Projection
from vm2causal.identify.question import Question
from vm2causal.identify.result import IntermediateConfounding
from vm2causal.identify.separation import minimal_separators, reaches


def intermediate_confounding(question: Question) -> tuple[IntermediateConfounding, ...]:
    """Every observed mediator with confounders that the cause affects.

    References
    ----------
    Avin, Shpitser, Pearl (2005), Identifiability of path-specific effects, IJCAI.
    VanderWeele, Vansteelandt, Robins (2014), Effect decomposition in the presence of an
    exposure-induced mediator-outcome confounder, Epidemiology 25, 300.
    """
    dag, x, y = question.dag, question.x, question.y
    found = []
    for node in members(mediators_between(dag, x, y)):
        mediator = 1 << node
        confounders = affected_confounders(dag, x, mediator, y)
        if confounders and not is_separable(question.projection, x, mediator, y):
            found.append(
                IntermediateConfounding(
                    dag.names[node],
                    dag.label(confounders),
                    _identifiable(question, x),
                    _identifiable(question, x | mediator),
                )
            )
    return tuple(sorted(found, key=lambda item: item.mediator))


def affected_confounders(dag: Dag, cause: int, mediator: int, effect: int) -> int:
    """What lies between cause and mediator and is joined to the effect in another way as well.

    Joined: no covariates that the cause does not affect separate the two, given the cause and what
    else is observed between cause and mediator, once the mediator affects nothing. None where all
    of the effect runs through the mediator, which is then the total effect.
    """
    if not reaches(dag.children, cause, effect, mediator):
        return 0
    between = dag.descendants(cause) & dag.ancestors(mediator) & ~(cause | mediator | effect)
    earlier = dag.observed & ~(dag.descendants(cause) | effect)
    without_mediated = dag.without_arrows(out_of=mediator)
    found = 0
    for node in members(between):
        one = 1 << node
        always = cause | between & dag.observed & ~one
        apart = minimal_separators(without_mediated, one, effect, earlier, always=always)
        if next(apart, None) is None:
            found |= one
    return found


def is_separable(graph: Projection, cause: int, mediator: int, effect: int) -> bool:
    """Whether the part through one mediator can be told from the rest, given the total effect.

    What leads to the mediator is taken at one value of the cause, what else leads to the effect at
    another. That fails when a variable is needed at both (the recanting witness), or variables of
    one district are (the recanting district).

    References
    ----------
    Shpitser (2013), Counterfactual graphical models for longitudinal mediation analysis with
    unobserved confounding, Cognitive Science 37.
    """
    needed = relevant_nodes(graph, cause, effect)
    through = graph.ancestors(mediator, needed)
    beside = graph.ancestors(effect, needed & ~mediator)
    heard = graph.children[cause.bit_length() - 1] & needed
    affected = closure(tuple(step & needed for step in graph.children), heard)
    if through & beside & affected:
        return False
    return not any(
        district & heard & through and district & heard & beside
        for district in graph.districts(needed)
    )


def _identifiable(question: Question, causes: int) -> bool:
    outcome = identify_joint(question.projection, causes, question.y, question.clock)
    return not isinstance(outcome, HedgeSets)
