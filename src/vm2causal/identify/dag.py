"""A causal graph as bit masks, with the two relations everything else here is made of.

A set of nodes is one integer, one bit per node, so that union, intersection and difference are
``|``, ``&`` and ``& ~``. Nodes are numbered in a topological order, ties by name: the numbering,
and with it every answer, depends on the graph alone and not on hashing or on the order of arrows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

import networkx as nx

from vm2causal.errors import QueryError
from vm2causal.spec.graph import CausalGraph, find_cycle


def members(mask: int) -> Iterator[int]:
    """Numbers of the nodes in a set, ascending.

    Examples
    --------
    >>> list(members(0b1010))
    [1, 3]
    """
    while mask:
        lowest = mask & -mask
        yield lowest.bit_length() - 1
        mask ^= lowest


def closure(neighbours: tuple[int, ...], start: int) -> int:
    """All nodes that can be reached from ``start`` (which is included) along ``neighbours``."""
    reached = frontier = start
    while frontier:
        step = 0
        for node in members(frontier):
            step |= neighbours[node]
        frontier = step & ~reached
        reached |= step
    return reached


@dataclass(frozen=True)
class Dag:
    """A directed acyclic graph in bit masks.

    Parameters
    ----------
    names
        Names of the nodes, in topological order.
    parents, children
        Per node, the set of its direct causes and of its direct effects.
    observed
        The set of nodes with data.
    selected
        The set of nodes that all data were selected by; none of them is in ``observed``.
    """

    names: tuple[str, ...]
    parents: tuple[int, ...]
    children: tuple[int, ...]
    observed: int
    selected: int = 0

    @property
    def every(self) -> int:
        """The set of all nodes."""
        return (1 << len(self.names)) - 1

    @property
    def size(self) -> int:
        """How many nodes and arrows there are."""
        return len(self.names) + sum(held.bit_count() for held in self.parents)

    def mask(self, names: Iterable[str]) -> int:
        """The set with these names."""
        chosen = set(names)
        return sum(1 << node for node, name in enumerate(self.names) if name in chosen)

    def label(self, mask: int) -> tuple[str, ...]:
        """Names of a set, in alphabetical order."""
        return tuple(sorted(self.names[node] for node in members(mask)))

    def ancestors(self, nodes: int) -> int:
        """Ancestors of ``nodes``, themselves included."""
        return closure(self.parents, nodes)

    def descendants(self, nodes: int) -> int:
        """Descendants of ``nodes``, themselves included."""
        return closure(self.children, nodes)

    def without_arrows(self, *, out_of: int = -1, into: int = -1) -> Dag:
        """The graph without the arrows that leave ``out_of`` and enter ``into`` (default: all)."""
        numbered = range(len(self.names))
        return replace(
            self,
            parents=tuple(
                held & ~out_of if into >> node & 1 else held
                for node, held in zip(numbered, self.parents, strict=True)
            ),
            children=tuple(
                held & ~into if out_of >> node & 1 else held
                for node, held in zip(numbered, self.children, strict=True)
            ),
        )

    def connected(self, start: int, given: int) -> int:
        """Nodes d-connected to ``start`` given ``given``; ``start`` is included.

        The Bayes ball (Shachter 1998): a path may go on through a node outside ``given``, and turn
        at a collider only when the collider has a descendant in ``given``.
        """
        opened = self.ancestors(given)
        seen_from_child, seen_from_parent = 0, 0
        from_child, from_parent = start & ~given, 0
        while from_child or from_parent:
            seen_from_child |= from_child
            seen_from_parent |= from_parent
            up = down = 0
            for node in members(from_child):
                up |= self.parents[node]
                down |= self.children[node]
            for node in members(from_parent & ~given):
                down |= self.children[node]
            for node in members(from_parent & opened):
                up |= self.parents[node]
            from_child = up & ~seen_from_child & ~given
            from_parent = down & ~seen_from_parent
        return (seen_from_child | seen_from_parent) & ~given

    def separated(self, one: int, other: int, given: int) -> bool:
        """Whether ``given`` d-separates two disjoint sets."""
        return not self.connected(one, given) & other


@lru_cache(maxsize=32)
def dag_of(graph: CausalGraph) -> Dag:
    """Number the nodes of a causal graph and store its arrows as bit masks.

    Parameters
    ----------
    graph
        The causal graph, with its latent and selected variables.

    Raises
    ------
    QueryError
        When the arrows form a cycle.

    Examples
    --------
    >>> dag_of(CausalGraph.of([("b", "a"), ("c", "a")])).names
    ('b', 'c', 'a')
    """
    directed = graph.to_networkx()
    if not nx.is_directed_acyclic_graph(directed):
        raise QueryError(
            "The arrows form a cycle, so no variable in it comes before its own effects.",
            value=" → ".join(find_cycle(graph)),
            fix="Drop or turn one of these arrows.",
        )
    names = tuple(nx.lexicographical_topological_sort(directed))
    number = {name: node for node, name in enumerate(names)}
    return Dag(
        names,
        parents=tuple(sum(1 << number[p] for p in directed.predecessors(name)) for name in names),
        children=tuple(sum(1 << number[c] for c in directed.successors(name)) for name in names),
        observed=sum(1 << number[name] for name in graph.observed),
        selected=sum(1 << number[name] for name in sorted(graph.selected)),
    )
