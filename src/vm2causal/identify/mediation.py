"""Direct and mediated effects, with every mediator considered at once.

The mediators are all observed variables on directed paths from cause to effect, and nothing less:
with a part of them "direct" would mean something else. The controlled direct effect holds them
fixed by intervention; the natural indirect effect lets the cause work through them alone.
"""

from __future__ import annotations

from dataclasses import dataclass

from vm2causal.identify.adjustment import causal_nodes
from vm2causal.identify.dag import Dag
from vm2causal.identify.expression import Expression, Replaced, product, sum_out
from vm2causal.identify.id_algorithm import HedgeSets, district_factors, relevant_nodes
from vm2causal.identify.limits import Clock, Listing
from vm2causal.identify.minimality import minimal_sets
from vm2causal.identify.projection import Projection


@dataclass(frozen=True)
class RecantingDistrict:
    """A district, in bit masks, that hears the cause along mediated and unmediated arrows both."""

    district: int


def mediators_between(dag: Dag, cause: int, effect: int) -> int:
    """All observed variables on directed paths from cause to effect."""
    return causal_nodes(dag, cause, effect) & dag.observed & ~effect


def has_direct_effect(graph: Projection, cause: int, effect: int) -> bool:
    """Whether a directed path leads from cause to effect outside every observed mediator."""
    return bool(graph.children[cause.bit_length() - 1] & effect)


def natural_effect_sets(dag: Dag, cause: int, mediators: int, effect: int, clock: Clock) -> Listing:
    """All inclusion-minimal covariate sets that license the mediation formula.

    W does when no member of it is affected by the cause, W blocks every back-door path from the
    cause to mediators and effect, and W with the cause blocks every back-door path from the
    mediators to the effect. Within the ancestors of all three, where the minimal sets lie, both
    separations are vertex separations in fixed moral graphs, so the property is monotone there.

    References
    ----------
    Pearl (2001), Direct and indirect effects, UAI; Pearl (2014), Interpretation
    and identification of causal mediation, Psychological Methods 19 (its
    first set of sufficient conditions).
    """
    without_effects = dag.without_arrows(out_of=cause)
    without_mediated = dag.without_arrows(out_of=mediators)

    def licenses(covariates: int) -> bool:
        return without_effects.separated(
            cause, mediators | effect, covariates
        ) and without_mediated.separated(mediators, effect, covariates | cause)

    universe = dag.ancestors(cause | mediators | effect) & dag.observed
    universe &= ~(dag.descendants(cause) | effect)
    return minimal_sets(licenses, universe, clock.search(dag.size))


def identify_natural(
    graph: Projection, cause: int, effect: int, other_value: str, clock: Clock
) -> Expression | HedgeSets | RecantingDistrict:
    """P(Y(x, M(x*))) as an expression, or what makes it unidentifiable.

    The districts of the effect's ancestors that hear the cause directly are evaluated at x for the
    arrow into the effect and at x* for arrows into mediators. The formula exists exactly when
    P(y | do(x)) does and no district needs both values (the recanting district, which covers the
    recanting witness: a variable affected by the cause that confounds mediator and effect).

    Parameters
    ----------
    graph
        The latent projection.
    cause, effect
        The two ends.
    other_value
        Symbol of the value x* that the mediators hear.
    clock
        Limits of this question.

    References
    ----------
    Shpitser (2013), Counterfactual graphical models for longitudinal mediation analysis with
    unobserved confounding, Cognitive Science 37 (the recanting district criterion).
    Avin, Shpitser, Pearl (2005), Identifiability of path-specific effects, IJCAI (the recanting
    witness).
    """
    parts = district_factors(graph, cause, effect, clock)
    if isinstance(parts, HedgeSets):
        return parts
    direct, mediated = _heard_from(graph, cause, effect)
    factors: list[Expression] = []
    for part in reversed(parts):
        if part.district & direct and part.district & mediated:
            return RecantingDistrict(part.district)
        heard = part.district & mediated
        name = graph.dag.names[cause.bit_length() - 1]
        factors.append(Replaced(part.factor, name, other_value) if heard else part.factor)
    needed = relevant_nodes(graph, cause, effect)
    return sum_out(graph.dag.label(needed & ~effect), product(factors))


def is_apart(graph: Projection, cause: int, through: int, effect: int) -> bool:
    """Whether the effect through some mediators can be told from what passes them by.

    That is E[Y(x, M(x*))] for a set M of mediators, where P(y | do(x)) is identified: what M hears
    is evaluated at x*, what the effect hears past M at x. No variable may be needed at both (a
    recanting witness: it is affected by the cause and confounds M and the effect), and no district
    may hold variables of either side.

    Parameters
    ----------
    graph
        The latent projection.
    cause, effect
        The two ends.
    through
        The mediators M.

    References
    ----------
    Avin, Shpitser, Pearl (2005), Identifiability of path-specific effects, IJCAI; Shpitser (2013),
    Cognitive Science 37.
    """
    others = graph.dag.observed & ~cause
    responding = graph.dag.descendants(cause) & others
    heard = graph.ancestors(through, others) & responding
    past = graph.ancestors(effect, others & ~through) & responding
    if heard & past:
        return False
    relevant = graph.ancestors(effect, others)
    return not any(part & heard and part & past for part in graph.districts(relevant))


def _heard_from(graph: Projection, cause: int, effect: int) -> tuple[int, int]:
    """What hears the cause directly: the effect, and the mediators."""
    heard = graph.children[cause.bit_length() - 1] & relevant_nodes(graph, cause, effect)
    return heard & effect, heard & ~effect
