"""In which order the nodes of a layer stand, so that few arrows cross.

The barycentre heuristic of Sugiyama, Tagawa and Toda (1981), followed by exchanges of neighbours
as long as they take crossings away (Gansner et al. 1993, section 3).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Final

_SWEEPS: Final = 24
_MOST_FOR_EXCHANGES: Final = 400
"""Links above which exchanges, whose cost is quadratic, are left out."""

Layers = list[list[str]]
Link = tuple[str, str]


def order_layers(layers: Layers, links: Sequence[Link], beside: Sequence[Link] = ()) -> Layers:
    """Order each layer so that few links cross.

    Parameters
    ----------
    layers
        Nodes of each layer.
    links
        Pairs of a node and one in the next layer.
    beside
        Pairs within one layer, which are drawn towards each other.

    Returns
    -------
    list of list of str
        The same layers, ordered; the same for the same input.

    Examples
    --------
    >>> order_layers([["a", "b"], ["c", "d"]], [("a", "d"), ("b", "c")])
    [['a', 'b'], ['d', 'c']]
    """
    neighbours = _neighbours([*links, *beside])
    current = [list(layer) for layer in layers]
    best, fewest = current, _crossings(current, links)
    for sweep in range(_SWEEPS):
        current = _swept(current, neighbours, forward=sweep % 2 == 0)
        if len(links) <= _MOST_FOR_EXCHANGES:
            current = _exchanged(current, links)
        count = _crossings(current, links)
        if count < fewest:
            best, fewest = [list(layer) for layer in current], count
    return best


def _neighbours(pairs: Iterable[Link]) -> dict[str, list[str]]:
    neighbours: dict[str, list[str]] = {}
    for first, second in pairs:
        neighbours.setdefault(first, []).append(second)
        neighbours.setdefault(second, []).append(first)
    return neighbours


def _swept(layers: Layers, neighbours: dict[str, list[str]], *, forward: bool) -> Layers:
    places = {
        node: (place + 0.5) / len(layer) for layer in layers for place, node in enumerate(layer)
    }
    result = list(layers)
    indices = range(len(layers)) if forward else range(len(layers) - 1, -1, -1)
    for index in indices:
        own = set(layers[index])
        fixed = set(result[index - 1]) if forward and index else set()
        if not forward and index + 1 < len(layers):
            fixed = set(result[index + 1])
        centres = {}
        for node in result[index]:
            around = [places[other] for other in neighbours.get(node, ()) if other in fixed | own]
            centres[node] = sum(around) / len(around) if around else places[node]
        ordered = sorted(result[index], key=lambda node: (centres[node], places[node]))
        result[index] = ordered
        places |= {node: (place + 0.5) / len(ordered) for place, node in enumerate(ordered)}
    return result


def _exchanged(layers: Layers, links: Sequence[Link]) -> Layers:
    """Swap neighbours within a layer while that takes crossings away."""
    neighbours = _neighbours(links)
    layers = [list(layer) for layer in layers]
    improved, rounds = True, 0
    while improved and rounds < 8:
        improved, rounds = False, rounds + 1
        places = {node: place for layer in layers for place, node in enumerate(layer)}
        layer_of = {node: index for index, layer in enumerate(layers) for node in layer}
        for index, layer in enumerate(layers):
            for place in range(len(layer) - 1):
                upper, lower = layer[place], layer[place + 1]
                gain = 0
                for side in (index - 1, index + 1):
                    above = [places[n] for n in neighbours.get(upper, ()) if layer_of[n] == side]
                    below = [places[n] for n in neighbours.get(lower, ()) if layer_of[n] == side]
                    gain += sum(first > second for first in above for second in below)
                    gain -= sum(first < second for first in above for second in below)
                if gain > 0:
                    layer[place], layer[place + 1] = lower, upper
                    places[upper], places[lower] = place + 1, place
                    improved = True
    return layers


def _crossings(layers: Layers, links: Sequence[Link]) -> int:
    places = {node: place for layer in layers for place, node in enumerate(layer)}
    layer_of = {node: index for index, layer in enumerate(layers) for node in layer}
    total = 0
    for left, _ in pairwise(range(len(layers))):
        ends = sorted(
            (places[first], places[second]) for first, second in links if layer_of[first] == left
        )
        total += _inversions([second for _, second in ends])
    return total


def _inversions(values: Sequence[int]) -> int:
    """Number of pairs in the wrong order, by a binary indexed tree."""
    tree, total = [0] * (max(values, default=0) + 2), 0
    for seen, value in enumerate(values):
        index, not_above = value + 1, 0
        while index > 0:
            not_above += tree[index]
            index -= index & -index
        total += seen - not_above
        index = value + 1
        while index < len(tree):
            tree[index] += 1
            index += index & -index
    return total
