"""Which column of a picture each node of a graph stands in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import networkx as nx


def assign_layers(
    arrows: Sequence[tuple[str, str]],
    nodes: Sequence[str],
    steps: Mapping[str, int],
) -> dict[str, int]:
    """Column of each node, counting from 0 on the left.

    Nodes of one step share a column. Any other node stands right of its causes, or just left of
    its first effect when it has no causes, in a column between the steps.

    Parameters
    ----------
    arrows
        Pairs (cause, effect) without a cycle.
    nodes
        Every node.
    steps
        Place of its step, for the nodes that have one.

    Examples
    --------
    >>> assign_layers([("x", "y"), ("y", "z"), ("u", "z")], ["x", "y", "z", "u"], {})
    {'x': 0, 'y': 1, 'z': 2, 'u': 1}
    """
    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_nodes_from(nodes)
    graph.add_edges_from(arrows)
    layers: dict[str, float] = dict(steps)
    order = [node for node in nx.lexicographical_topological_sort(graph) if node not in steps]
    between = 1 / (len(order) + 1)
    for node in order:
        causes = [layers[cause] for cause in graph.predecessors(node)]
        layers[node] = max(causes) + between if causes else 0.0
    for node in order:
        effects = [layers[effect] for effect in graph.successors(node)]
        if effects and not graph.in_degree(node):
            layers[node] = min(effects) - between
    used = sorted({round(layer, 9) for layer in layers.values()})
    return {node: used.index(round(layers[node], 9)) for node in nodes}
