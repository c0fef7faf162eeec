"""Every criterion by its definition: path by path, subset by subset. Slow, and independent."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain, combinations, pairwise

import networkx as nx
from hypothesis import strategies as st

from vm2causal.spec.graph import CausalGraph

Names = tuple[str, ...]


@st.composite
def causal_graphs(draw: st.DrawFn, most: int = 7) -> CausalGraph:
    """Random acyclic graphs of three to ``most`` nodes, two or more observed."""
    count = draw(st.integers(3, most))
    names = draw(st.permutations([f"v{number}" for number in range(count)]))
    pairs = list(combinations(names, 2))
    chosen = draw(st.lists(st.booleans(), min_size=len(pairs), max_size=len(pairs)))
    hidden = draw(st.sets(st.sampled_from(sorted(names)), max_size=count - 2))
    arrows = [pair for pair, kept in zip(pairs, chosen, strict=True) if kept]
    return CausalGraph.of(arrows, nodes=names, unobserved=hidden)


def subsets(names: list[str]) -> Iterator[frozenset[str]]:
    every = chain.from_iterable(combinations(names, size) for size in range(len(names) + 1))
    return map(frozenset, every)


def minimal(names: list[str], valid: Callable[[frozenset[str]], bool]) -> set[Names]:
    """Inclusion-minimal valid subsets, by trying all."""
    found = [one for one in subsets(names) if valid(one)]
    return {tuple(sorted(one)) for one in found if not any(other < one for other in found)}


def descendants(graph: nx.DiGraph, nodes: set[str]) -> set[str]:
    return set(nodes).union(*(nx.descendants(graph, node) for node in nodes))


class Paths:
    """All paths between two nodes of a graph, and whether conditioning blocks them."""

    def __init__(self, graph: nx.DiGraph, one: str, other: str) -> None:
        self.graph = graph
        below = {node: {node, *nx.descendants(graph, node)} for node in graph}
        self.paths = list(nx.all_simple_paths(graph.to_undirected(), one, other))
        self._turns = [
            [(path[i], self._collides(path, i), below[path[i]]) for i in range(1, len(path) - 1)]
            for path in self.paths
        ]

    def _collides(self, path: list[str], i: int) -> bool:
        return self.graph.has_edge(path[i - 1], path[i]) and self.graph.has_edge(
            path[i + 1], path[i]
        )

    def causal(self, number: int) -> bool:
        path = self.paths[number]
        return all(self.graph.has_edge(*step) for step in pairwise(path))

    def blocked(self, number: int, given: frozenset[str]) -> bool:
        return any(
            not (below & given) if collides else node in given
            for node, collides, below in self._turns[number]
        )

    def separated(self, given: frozenset[str]) -> bool:
        return all(self.blocked(number, given) for number in range(len(self.paths)))


def adjustment_sets(graph: CausalGraph, causes: Names, y: str) -> set[Names]:
    """Minimal sets that meet the adjustment criterion (Shpitser et al. 2010), several causes."""
    directed = graph.to_networkx()
    proper = [
        (paths, number)
        for paths in (Paths(directed, x, y) for x in causes)
        for number in range(len(paths.paths))
        if not {*paths.paths[number][1:]} & {*causes}
    ]
    causal = [(paths, number) for paths, number in proper if paths.causal(number)]
    on_paths = {node for paths, number in causal for node in paths.paths[number][1:]}
    forbidden = descendants(directed, on_paths)
    others = [pair for pair in proper if pair not in causal]

    def valid(given: frozenset[str]) -> bool:
        return not given & forbidden and all(paths.blocked(n, given) for paths, n in others)

    return minimal([node for node in graph.observed if node not in (*causes, y)], valid)


def frontdoor_sets(
    graph: CausalGraph, x: str, y: str, given: frozenset[str] = frozenset()
) -> set[Names]:
    """Minimal sets that meet Pearl's front-door criterion, within strata of ``given``."""

    def valid(mediators: frozenset[str]) -> bool:
        return is_frontdoor(graph, x, y, mediators, given)

    return minimal([v for v in graph.observed if v not in (x, y) and v not in given], valid)


def is_frontdoor(
    graph: CausalGraph, x: str, y: str, mediators: frozenset[str], given: frozenset[str]
) -> bool:
    directed = graph.to_networkx()
    for path in nx.all_simple_paths(directed, x, y):
        if not mediators & set(path):
            return False
    no_effects = directed.copy()
    no_effects.remove_edges_from(list(directed.out_edges(x)))
    if any(not Paths(no_effects, x, m).separated(given) for m in mediators):
        return False
    no_effects = directed.copy()
    no_effects.remove_edges_from(list(directed.out_edges(mediators)))
    return all(Paths(no_effects, m, y).separated(given | {x}) for m in mediators)


def instruments(
    graph: CausalGraph, x: str, y: str, *, ancestral: bool, direct: bool = False
) -> set[tuple[str, Names]]:
    """Conditional instruments for an effect there is; ``ancestral``: minimal separators only."""
    directed = without_unobserved_mediators(graph) if direct else graph.to_networkx()
    on_paths = {node for path in nx.all_simple_paths(directed, x, y) for node in path[1:]}
    if not (directed.has_edge(x, y) if direct else on_paths):
        return set()
    on_paths = {y} if direct else on_paths
    forbidden = descendants(directed, on_paths | {y})
    reduced = directed.copy()
    reduced.remove_edges_from([(x, node) for node in on_paths if directed.has_edge(x, node)])
    found = set()
    for z in graph.observed:
        if z in (x, y):
            continue
        to_effect, to_cause = Paths(reduced, z, y), Paths(directed, z, x)
        free = [v for v in graph.observed if v not in forbidden | {x, y, z}]
        if ancestral:
            candidates = minimal(free, to_effect.separated)
        else:
            candidates = {tuple(s) for s in subsets(free) if to_effect.separated(s)}
        found |= {(z, w) for w in candidates if not to_cause.separated(frozenset(w))}
    return found


def without_unobserved_mediators(graph: CausalGraph) -> nx.DiGraph:
    """The graph with an arrow for every path through unobserved nodes, which keep no causes."""
    directed = graph.to_networkx()
    arrows = [
        (path[0], path[-1])
        for one in graph.nodes
        for other in graph.observed
        if one != other
        for path in nx.all_simple_paths(directed, one, other)
        if {*path[1:-1]} <= graph.unobserved
    ]
    drawn = nx.DiGraph(arrows)
    drawn.add_nodes_from(graph.nodes)
    return drawn


def separators(graph: CausalGraph, x: str, y: str) -> set[Names]:
    """Minimal observed sets that separate two variables."""
    paths = Paths(graph.to_networkx(), x, y)
    return minimal([v for v in graph.observed if v not in (x, y)], paths.separated)


def natural_effect_sets(graph: CausalGraph, x: str, y: str) -> set[Names]:
    """Minimal sets that license the mediation formula (Pearl 2014, first set of conditions)."""
    directed = graph.to_networkx()
    through = mediators(graph, x, y)
    no_effects, no_mediated = directed.copy(), directed.copy()
    no_effects.remove_edges_from(list(directed.out_edges(x)))
    no_mediated.remove_edges_from(list(directed.out_edges(through)))
    from_cause = [Paths(no_effects, x, node) for node in [*through, y]]
    to_effect = [Paths(no_mediated, node, y) for node in through]

    def valid(given: frozenset[str]) -> bool:
        return all(paths.separated(given) for paths in from_cause) and all(
            paths.separated(given | {x}) for paths in to_effect
        )

    affected = descendants(directed, {x}) | {y}
    return minimal([v for v in graph.observed if v not in affected], valid)


def mediators(graph: CausalGraph, x: str, y: str) -> Names:
    inner = {v for path in nx.all_simple_paths(graph.to_networkx(), x, y) for v in path[1:-1]}
    return tuple(sorted(inner & set(graph.observed)))
