"""The latent projection: what a graph with unobserved nodes says about the observed ones."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

from vm2causal.identify.dag import Dag, closure, members


@dataclass(frozen=True)
class Projection:
    """An acyclic directed mixed graph over the observed nodes, in the bit masks of its Dag.

    Parameters
    ----------
    dag
        The graph it was made from.
    parents, children
        Per node, the observed direct causes and effects: an arrow stands for a directed path
        through unobserved nodes only.
    siblings
        Per node, the nodes with which it shares an unobserved cause (a bidirected edge).
    """

    dag: Dag
    parents: tuple[int, ...]
    children: tuple[int, ...]
    siblings: tuple[int, ...]

    def ancestors(self, nodes: int, within: int) -> int:
        """Ancestors of ``nodes`` (included) in the subgraph of the nodes ``within``."""
        return closure(tuple(held & within for held in self.parents), nodes)

    def districts(self, within: int) -> tuple[int, ...]:
        """C-components of the subgraph of the nodes ``within``: sets joined by bidirected edges."""
        joined = tuple(held & within for held in self.siblings)
        found = []
        rest = within
        while rest:
            found.append(closure(joined, rest & -rest))
            rest &= ~found[-1]
        return tuple(found)

    def district_of(self, nodes: int, within: int) -> int:
        """The c-component around ``nodes`` in the subgraph of the nodes ``within``."""
        return closure(tuple(held & within for held in self.siblings), nodes)


def with_exogenous_unobserved(dag: Dag) -> Dag:
    """A graph with the same latent projection in which no unobserved node has a cause.

    What passed through unobserved nodes becomes an arrow between others; an unobserved node keeps
    its own disturbance, and with it everything observed that it reached. What selected the units in
    the data keeps its causes, since each unit is known to have it.

    References
    ----------
    Evans (2016), Graphs for margins of Bayesian networks, Scandinavian Journal of Statistics 43.
    """
    kept = dag.observed | dag.selected
    onward = tuple(step & ~kept for step in dag.children)
    children = tuple(_reached_after(dag, onward, node, kept) for node in range(len(dag.names)))
    parents = [0] * len(dag.names)
    for node, heard in enumerate(children):
        for child in members(heard):
            parents[child] |= 1 << node
    return replace(dag, parents=tuple(parents), children=children)


@lru_cache(maxsize=32)
def project(dag: Dag) -> Projection:
    """Project a graph onto its observed nodes.

    References
    ----------
    Verma, Pearl (1990), Equivalence and synthesis of causal models, UAI; Tian, Pearl (2002), On
    the testable implications of causal models with hidden variables, UAI.
    """
    hidden = dag.every & ~dag.observed
    onward = [step & hidden for step in dag.children]
    heard = [
        _reached_after(dag, tuple(onward), node, dag.observed) for node in range(len(dag.names))
    ]
    parents, siblings = [0] * len(dag.names), [0] * len(dag.names)
    for node in members(dag.observed):
        for child in members(heard[node]):
            parents[child] |= 1 << node
    for node in members(hidden):
        for one in members(heard[node]):
            siblings[one] |= heard[node] & ~(1 << one)
    children = tuple(
        reached if dag.observed >> node & 1 else 0 for node, reached in enumerate(heard)
    )
    return Projection(dag, tuple(parents), children, tuple(siblings))


def _reached_after(dag: Dag, onward: tuple[int, ...], node: int, kept: int) -> int:
    """Nodes among ``kept`` that ``node`` reaches along paths with nothing else of it between."""
    reached = dag.children[node]
    for hidden in members(closure(onward, onward[node])):
        reached |= dag.children[hidden]
    return reached & kept
