"""A causal graph: named nodes, arrows between them, and which nodes nobody observed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import networkx as nx

from vm2causal.errors import OptionError


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
    selected
        Nodes that all data were selected by: only units that have each of them are in the data.
        They are among ``unobserved``, since nothing in the data varies with them.

    Examples
    --------
    >>> graph = CausalGraph.of([("u", "x"), ("u", "y"), ("x", "y")], unobserved=["u"])
    >>> graph.observed
    ('x', 'y')
    """

    nodes: tuple[str, ...]
    arrows: tuple[tuple[str, str], ...]
    unobserved: frozenset[str] = frozenset()
    selected: frozenset[str] = frozenset()

    @classmethod
    def of(
        cls,
        arrows: Iterable[tuple[str, str]] | str,
        *,
        nodes: Iterable[str] = (),
        unobserved: Iterable[str] = (),
        selected: Iterable[str] = (),
    ) -> CausalGraph:
        """Make a graph from arrows and any further nodes.

        Parameters
        ----------
        arrows
            Pairs (cause, effect); or a text of them, as :func:`vm2causal.spec.model_text` reads it.
        nodes, unobserved, selected
            Further nodes.

        Raises
        ------
        ModelFileError
            When a text is not understood.
        OptionError
            When an arrow is no pair of names.

        Examples
        --------
        >>> CausalGraph.of("dag { x -> y }").arrows
        (('x', 'y'),)
        """
        if isinstance(arrows, str):
            return cls._of_text(arrows).joined(nodes, unobserved, selected)
        pairs = tuple(sorted(_pair(arrow) for arrow in set(arrows)))
        chosen = frozenset(selected)
        hidden = frozenset(unobserved) | chosen
        names = {name for pair in pairs for name in pair} | set(nodes) | hidden
        return cls(tuple(sorted(names)), pairs, hidden, chosen)

    @classmethod
    def _of_text(cls, text: str) -> CausalGraph:
        # a text is read as a model, which is made of this
        from vm2causal.spec.model_text import model_of_text

        return model_of_text(text).graph

    def joined(
        self, nodes: Iterable[str], unobserved: Iterable[str], selected: Iterable[str]
    ) -> CausalGraph:
        """The same graph with further nodes, unobserved and selected ones."""
        return CausalGraph.of(
            self.arrows,
            nodes=(*self.nodes, *nodes),
            unobserved=(*self.unobserved, *unobserved),
            selected=(*self.selected, *selected),
        )

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


def _pair(arrow: object) -> tuple[str, str]:
    """An arrow; letters of a text are no names."""
    match arrow:
        case (str(cause), str(effect)) if not isinstance(arrow, str):
            return (cause, effect)
    raise OptionError(
        "An arrow is a pair of names: cause and effect.",
        value=arrow,
        fix="Write, for example, ('x', 'y'); or the whole graph as one text, 'x -> y; y -> z'.",
    )


def find_cycle(graph: CausalGraph) -> tuple[str, ...]:
    """A shortest cycle through the first name (in sorted order) that lies on one.

    Returns
    -------
    tuple of str
        The names along the cycle, the first repeated at the end; empty when there is none.

    Examples
    --------
    >>> find_cycle(CausalGraph.of([("b", "c"), ("c", "b"), ("a", "b")]))
    ('b', 'c', 'b')
    """
    whole = graph.to_networkx()
    knots = [knot for knot in nx.strongly_connected_components(whole) if len(knot) > 1]
    if not knots:
        return ()
    knot = min(knots, key=min)
    start = min(knot)
    inside = whole.subgraph(knot)
    before = {node: parent for parent, node in nx.bfs_edges(inside, start, sort_neighbors=sorted)}
    paths = (_path_to(node, before) for node in sorted(inside.predecessors(start)))
    return (*min(paths, key=len), start)


def _path_to(node: str, before: dict[str, str]) -> tuple[str, ...]:
    path = [node]
    while path[-1] in before:
        path.append(before[path[-1]])
    return tuple(reversed(path))
