"""A causal graph: named nodes, arrows between them, and which nodes nobody observed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import networkx as nx


@dataclass(frozen=True)
class CausalGraph:
    """A directed acyclic graph, some of whose nodes are unobserved.

    Nodes and arrows are kept sorted, so that equal graphs are equal objects whatever the order in
    which they were written, and every algorithm on them answers the same in every process.

    Parameters
    ----------
    nodes
        Names, sorted.
    arrows
        Pairs (cause, effect), sorted; every name stands in ``nodes``.
    unobserved
        The nodes without data.

    Examples
    --------
    >>> graph = CausalGraph.of([("u", "x"), ("u", "y"), ("x", "y")], unobserved=["u"])
    >>> graph.observed
    ('x', 'y')
    """

    nodes: tuple[str, ...]
    arrows: tuple[tuple[str, str], ...]
    unobserved: frozenset[str] = frozenset()

    @classmethod
    def of(
        cls,
        arrows: Iterable[tuple[str, str]],
        *,
        nodes: Iterable[str] = (),
        unobserved: Iterable[str] = (),
    ) -> CausalGraph:
        """Make a graph from arrows and any further nodes."""
        pairs = tuple(sorted(set(arrows)))
        names = {name for pair in pairs for name in pair} | set(nodes) | set(unobserved)
        return cls(tuple(sorted(names)), pairs, frozenset(unobserved))

    @property
    def observed(self) -> tuple[str, ...]:
        """Nodes with data, sorted."""
        return tuple(name for name in self.nodes if name not in self.unobserved)

    def to_networkx(self) -> nx.DiGraph[str]:
        """The same graph as a networkx ``DiGraph``, nodes and arrows in sorted order."""
        graph: nx.DiGraph[str] = nx.DiGraph()
        graph.add_nodes_from(self.nodes)
        graph.add_edges_from(self.arrows)
        return graph
