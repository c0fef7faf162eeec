"""Separation in a graph with unobserved nodes, and all minimal sets that bring it about."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from vm2causal.identify.dag import Dag, closure, dag_of, members
from vm2causal.spec.graph import CausalGraph


def is_separated(graph: CausalGraph, one: str, other: str, given: Iterable[str] = ()) -> bool:
    """Whether ``given`` d-separates two variables.

    Parameters
    ----------
    graph
        The causal graph; its unobserved nodes may be named too.
    one, other
        Two different variables outside ``given``.
    given
        The variables conditioned on.

    References
    ----------
    Pearl (1988), Probabilistic Reasoning in Intelligent Systems, section 3.3.1.

    Examples
    --------
    >>> collider = CausalGraph.of([("a", "c"), ("b", "c")])
    >>> is_separated(collider, "a", "b"), is_separated(collider, "a", "b", ["c"])
    (True, False)
    """
    dag = dag_of(graph)
    return dag.separated(dag.mask([one]), dag.mask([other]), dag.mask(given))


def minimal_separators(
    dag: Dag, one: int, other: int, allowed: int, always: int = 0
) -> Iterator[int]:
    """All inclusion-minimal Z within ``allowed`` such that Z and ``always`` separate two sets.

    A minimal separator lies within the ancestors of what it separates, and there separation is
    plain vertex separation in the moral graph (van der Zander, Liśkiewicz and Textor
    2019). Nodes that may not be used are taken out of the moral graph by joining their
    neighbours. The vertex separators are then listed with polynomial delay, each once
    (Takata 2010): the search holds a connected set around ``one``, and branches on which
    neighbour of it joins.

    Yields
    ------
    int
        A minimal separator without ``always``; the first is the one nearest to ``one``.

    References
    ----------
    Van der Zander, Liśkiewicz, Textor (2019), Separators and adjustment sets in causal graphs,
    Artificial Intelligence 270.
    Takata (2010), Space-optimal, backtracking algorithms to list the minimal vertex separators of
    a graph, Discrete Applied Mathematics 158.
    """
    fixed = one | other | always
    moral = _moral_graph(dag, one, other, always)
    _join_around(moral, dag.ancestors(fixed) & ~(fixed | allowed))
    graph = _Terminals(tuple(moral), source=1 << len(dag.names), sink=2 << len(dag.names))
    pending = [(graph.source, 0)]
    while pending:
        inside, outside = pending.pop()
        step = graph.nearest(inside)
        if step is None or step[0] & outside:
            continue
        grown, separator = step
        yield separator
        free = list(members(separator & ~outside))
        for position in reversed(range(len(free))):
            kept_out = sum(1 << node for node in free[:position])
            pending.append((grown | 1 << free[position], outside | kept_out))


@dataclass(frozen=True)
class _Terminals:
    """An undirected graph with two nodes to be separated."""

    neighbours: tuple[int, ...]
    source: int
    sink: int

    def nearest(self, inside: int) -> tuple[int, int] | None:
        """The minimal separator nearest to a connected set, with the source's side of it."""
        border = self._border(inside)
        if border & self.sink:
            return None
        separator = self._border(self._component(self.sink, border))
        return self._component(self.source, separator), separator

    def _border(self, nodes: int) -> int:
        reached = 0
        for node in members(nodes):
            reached |= self.neighbours[node]
        return reached & ~nodes

    def _component(self, start: int, removed: int) -> int:
        reached = frontier = start
        while frontier:
            step = 0
            for node in members(frontier):
                step |= self.neighbours[node]
            frontier = step & ~reached & ~removed
            reached |= frontier
        return reached


def _moral_graph(dag: Dag, one: int, other: int, always: int) -> list[int]:
    """Moral graph of the ancestors, ``one`` and ``other`` each drawn together into one node."""
    source, sink = 1 << len(dag.names), 2 << len(dag.names)
    moral = [0] * (len(dag.names) + 2)
    for node in members(dag.ancestors(one | other | always)):
        family = dag.parents[node] | 1 << node
        drawn = family & ~(one | other | always)
        drawn |= (source if family & one else 0) | (sink if family & other else 0)
        for relative in members(drawn):
            moral[relative] |= drawn & ~(1 << relative)
    return moral


def _join_around(neighbours: list[int], removed: int) -> None:
    """Take nodes out of an undirected graph, joining what surrounds each connected part of them."""
    within = tuple(held & removed for held in neighbours)
    rest = removed
    while rest:
        part = closure(within, rest & -rest)
        rest &= ~part
        around = 0
        for node in members(part):
            around |= neighbours[node]
            neighbours[node] = 0
        around &= ~removed
        for neighbour in members(around):
            joined = neighbours[neighbour] | around
            neighbours[neighbour] = joined & ~(removed | 1 << neighbour)


def reaches(neighbours: tuple[int, ...], start: int, target: int, avoiding: int) -> bool:
    """Whether a directed path leads from ``start`` to ``target`` outside ``avoiding``."""
    open_nodes = tuple(step & ~avoiding for step in neighbours)
    return bool(closure(open_nodes, start) & target)
