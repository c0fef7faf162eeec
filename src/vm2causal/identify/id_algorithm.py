"""The ID algorithm: the effect of an intervention as a formula, or the hedge that forbids one.

Write Q[T] for the distribution of T when everything outside T is intervened on. P(y | do(x)) is
the product of Q[D] over the districts D of the ancestors of y that are left when x is cut away,
summed over all but y; and Q[D] follows from the observed distribution exactly when a shrinking
sequence of ancestral sets and districts leads to D.
"""

from __future__ import annotations

from dataclasses import dataclass

from vm2causal.identify.dag import members
from vm2causal.identify.expression import Expression, Probability, product, ratio, sum_out
from vm2causal.identify.limits import Clock, Search
from vm2causal.identify.projection import Projection


@dataclass(frozen=True)
class HedgeSets:
    """Two nested districts, in bit masks, that make an effect unidentifiable.

    ``forest`` (F) holds the cause, ``root`` (F′) does not; both are connected by bidirected edges,
    and all of F lies within the ancestors of F′ in F.
    """

    forest: int
    root: int


@dataclass(frozen=True)
class DistrictFactor:
    """A district that matters for the effect, and its Q[district] as an expression."""

    district: int
    factor: Expression


def relevant_nodes(graph: Projection, causes: int, effect: int) -> int:
    """Ancestors of the effect that are left when ``causes`` is cut away."""
    return graph.ancestors(effect, graph.dag.observed & ~causes)


def district_factors(
    graph: Projection, causes: int, effect: int, clock: Clock
) -> tuple[DistrictFactor, ...] | HedgeSets:
    """Express every district factor of P(effect | do(causes)), or find a hedge.

    Sound and complete: the factors exist unless a hedge does.

    References
    ----------
    Tian, Pearl (2002), A general identification condition for causal effects, AAAI; Tian (2002),
    Studies in causal reasoning and learning, PhD thesis UCLA (algorithm Identify).
    Shpitser, Pearl (2006), Identification of joint interventional distributions in recursive
    semi-Markovian causal models, AAAI, theorem 4 (the hedge criterion).
    Huang, Valtorta (2006), Pearl's calculus of intervention is complete, UAI.
    """
    everything = graph.ancestors(effect, graph.dag.observed)
    needed = relevant_nodes(graph, causes, effect)
    factors: list[DistrictFactor] = []
    for district in graph.districts(needed):
        around = graph.district_of(district, everything)
        observed = _factor_of(graph, around, everything, clock)
        factor = _identify(graph, district, around, observed)
        if isinstance(factor, HedgeSets):
            return factor
        factors.append(DistrictFactor(district, factor))
    return tuple(factors)


def identify_joint(
    graph: Projection, causes: int, effect: int, clock: Clock
) -> Expression | HedgeSets:
    """P(effect | do(causes)) as an expression, or the hedge that blocks it."""
    factors = district_factors(graph, causes, effect, clock)
    if isinstance(factors, HedgeSets):
        return factors
    needed = relevant_nodes(graph, causes, effect)
    body = product(part.factor for part in reversed(factors))
    return sum_out(graph.dag.label(needed & ~effect), body)


def _factor_of(graph: Projection, district: int, everything: int, clock: Clock) -> Expression:
    """Q[district] from the observed distribution: one conditional probability per member."""
    factors = []
    search = clock.search(graph.dag.size)
    for node in members(district):
        clock.check()
        before = everything & ((2 << node) - 1)
        given = _parents_of_district(graph, node, before)
        factors.append(_conditional(graph, node, given, search))
    return product(reversed(factors))


def _parents_of_district(graph: Projection, node: int, before: int) -> int:
    """What a node depends on, given all that precede it: its district so far, and its parents."""
    district = graph.district_of(1 << node, before)
    given = district
    for member in members(district):
        given |= graph.parents[member]
    return given & ~(1 << node)


def _conditional(graph: Projection, node: int, given: int, search: Search) -> Expression:
    """P(node | given), without the conditions that make no difference, as far as it may look."""
    neighbours = graph.parents[node] | graph.siblings[node]
    for condition in members(given & ~neighbours):
        if not search.may_test():
            break
        rest = given & ~(1 << condition)
        if graph.dag.separated(1 << node, 1 << condition, rest):
            given = rest
    label = graph.dag.label
    return Probability(frozenset(label(1 << node)), frozenset(label(given)))


def _identify(
    graph: Projection, target: int, around: int, known: Expression
) -> Expression | HedgeSets:
    """Q[target] from ``known`` = Q[around], or the hedge met on the way."""
    while True:
        ancestral = graph.ancestors(target, around)
        marginal = sum_out(graph.dag.label(around & ~ancestral), known)
        if ancestral == target:
            return marginal
        if ancestral == around:
            return HedgeSets(forest=around, root=target)
        around = graph.district_of(target, ancestral)
        known = _district_within(graph, around, ancestral, marginal)


def _district_within(
    graph: Projection, district: int, ancestral: int, known: Expression
) -> Expression:
    """Q[district] from ``known`` = Q[ancestral], one conditional factor per member."""
    if district == ancestral:
        return known
    factors = []
    for node in members(district):
        later = graph.dag.label(ancestral & ~((2 << node) - 1))
        factors.append(ratio(graph.dag.names[node], sum_out(later, known)))
    return product(reversed(factors))
