"""Conditional independences that the graph implies and data can contradict."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from vm2causal.identify.dag import Dag, dag_of, members
from vm2causal.identify.limits import Clock, Limits, Listing
from vm2causal.identify.separation import minimal_separators
from vm2causal.spec.graph import CausalGraph


class IndependenceBasis(StrEnum):
    """Which of the implied independences a list holds."""

    PAIRWISE_MARKOV = "pairwise_markov"
    """No unobserved variable: each pair without an arrow, given the direct causes of the later.
    Every other implied independence follows from these in a compositional graphoid."""
    MISSING_EDGES = "missing_edges"
    """Unobserved variables or selected units: for each pair that some observed set separates, the
    minimal set nearest to the later one. Tests every missing edge once; what else is implied need
    not follow."""
    ALL_MINIMAL = "all_minimal"
    """For each pair, every inclusion-minimal separating set."""


@dataclass(frozen=True, order=True)
class Independence:
    """``x`` and ``y`` are independent given ``given``."""

    x: str
    y: str
    given: tuple[str, ...]


@dataclass(frozen=True)
class ImpliedIndependences:
    """A list of implied independences, what kind of list it is, and whether it is whole.

    With ``selected``, they are independences among the units that have these nodes.
    """

    statements: tuple[Independence, ...]
    basis: IndependenceBasis
    complete: bool = True
    selected: tuple[str, ...] = ()


def implied_independences(
    graph: CausalGraph, *, every: bool = False, limits: Limits | Clock | None = None
) -> ImpliedIndependences:
    """Conditional independences among the observed variables that the graph implies.

    Parameters
    ----------
    graph
        The causal graph.
    every
        Give every inclusion-minimal separating set of every pair, not one per pair.
    limits
        Longest list per pair, and seconds for all pairs together; a clock that runs already is
        shared.

    Raises
    ------
    QueryError
        When the graph has a cycle.
    SizeLimitError
        When the limit on seconds is passed.

    Notes
    -----
    Where the graph has ``selected`` nodes, every statement is about the selected units: these
    nodes are conditioned on beside ``given``.

    Constraints of the Verma kind, which are no conditional independences, are not listed.

    References
    ----------
    Pearl (1988), Probabilistic Reasoning in Intelligent Systems, section 3.3; Sadeghi, Lauritzen
    (2014), Markov properties for mixed graphs, Bernoulli 20 (pairwise and global properties agree
    in compositional graphoids).
    Van der Zander, Liśkiewicz, Textor (2019), Artificial Intelligence 270 (minimal separators).

    Examples
    --------
    >>> chain = CausalGraph.of([("a", "b"), ("b", "c")])
    >>> implied_independences(chain).statements
    (Independence(x='a', y='c', given=('b',)),)
    """
    dag = dag_of(graph)
    clock = (limits or Limits()).start()
    basis = _basis(dag, every)
    found: list[Independence] = []
    complete = True
    for one, other in _pairs(dag):
        listing = _separators(dag, one, other, basis, clock)
        complete &= listing.complete
        x, y = sorted((dag.names[one], dag.names[other]))
        found += [Independence(x, y, dag.label(given)) for given in listing.sets]
    ordered = sorted(found, key=lambda item: (item.x, item.y, len(item.given), item.given))
    return ImpliedIndependences(tuple(ordered), basis, complete, dag.label(dag.selected))


def _basis(dag: Dag, every: bool) -> IndependenceBasis:
    if every:
        return IndependenceBasis.ALL_MINIMAL
    if dag.observed == dag.every:
        return IndependenceBasis.PAIRWISE_MARKOV
    return IndependenceBasis.MISSING_EDGES


def _pairs(dag: Dag) -> Iterator[tuple[int, int]]:
    """Pairs of observed nodes without an arrow between them, the later one second."""
    for other in members(dag.observed):
        for one in members(dag.observed & ~dag.parents[other] & ((1 << other) - 1)):
            yield one, other


def _separators(dag: Dag, one: int, other: int, basis: IndependenceBasis, clock: Clock) -> Listing:
    if basis is IndependenceBasis.PAIRWISE_MARKOV:
        return Listing((dag.parents[other],))
    found = minimal_separators(dag, 1 << other, 1 << one, dag.observed, always=dag.selected)
    if basis is IndependenceBasis.ALL_MINIMAL:
        return clock.collect(found)
    clock.check()
    nearest = next(found, None)
    return Listing(() if nearest is None else (nearest,))
