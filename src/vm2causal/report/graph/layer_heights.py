"""At which height the nodes of ordered layers stand, so that arrows run level."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

_SWEEPS: Final = 40


def place_heights(
    layers: Sequence[Sequence[str]],
    links: Sequence[tuple[str, str]],
    extents: Mapping[str, float],
    gaps: Mapping[str, float],
    weights: Mapping[str, float],
) -> dict[str, float]:
    """Height of the middle of each node; larger is lower.

    Each layer in turn is moved as near as it can to the middle of its neighbours, in the order it
    has and with the room it needs (least squares, by pooling adjacent violators).

    Parameters
    ----------
    layers
        Nodes of each layer, from top to bottom.
    links
        Pairs of a node and one in the next layer.
    extents, gaps
        Height of each node, and the room it keeps to either side.
    weights
        How hard each node pulls.
    """
    neighbours: dict[str, list[str]] = {node: [] for layer in layers for node in layer}
    for first, second in links:
        neighbours[first].append(second)
        neighbours[second].append(first)
    heights = {
        node: place for layer in layers for node, place in _stacked(layer, extents, gaps).items()
    }
    order = [*range(len(layers)), *range(len(layers) - 2, 0, -1)]
    for _ in range(_SWEEPS):
        for index in order:
            layer = layers[index]
            centre = sum(heights[node] for node in layer) / len(layer)
            wanted = [_middle(neighbours[node], heights, otherwise=centre) for node in layer]
            moved = _nearest(layer, wanted, extents, gaps, weights)
            heights |= moved
    return heights


def _middle(around: Sequence[str], heights: Mapping[str, float], *, otherwise: float) -> float:
    return sum(heights[other] for other in around) / len(around) if around else otherwise


def _room(upper: str, lower: str, extents: Mapping[str, float], gaps: Mapping[str, float]) -> float:
    return (extents[upper] + extents[lower]) / 2 + max(gaps[upper], gaps[lower])


def _stacked(
    layer: Sequence[str], extents: Mapping[str, float], gaps: Mapping[str, float]
) -> dict[str, float]:
    heights, height = dict[str, float](), 0.0
    for index, node in enumerate(layer):
        height += _room(layer[index - 1], node, extents, gaps) if index else 0.0
        heights[node] = height
    return {node: place - height / 2 for node, place in heights.items()}


def _nearest(
    layer: Sequence[str],
    wanted: Sequence[float],
    extents: Mapping[str, float],
    gaps: Mapping[str, float],
    weights: Mapping[str, float],
) -> dict[str, float]:
    """Heights nearest to those wanted that keep order and room."""
    offsets, offset = list[float](), 0.0
    blocks: list[tuple[float, float, int]] = []  # mean, weight, members
    for index, node in enumerate(layer):
        offset += _room(layer[index - 1], node, extents, gaps) if index else 0.0
        offsets.append(offset)
        block = (wanted[index] - offset, weights[node], 1)
        while blocks and blocks[-1][0] > block[0]:
            mean, weight, members = blocks.pop()
            total = weight + block[1]
            merged = (mean * weight + block[0] * block[1]) / total
            block = (merged, total, members + block[2])
        blocks.append(block)
    bases = [mean for mean, _, members in blocks for _ in range(members)]
    return {node: bases[index] + offsets[index] for index, node in enumerate(layer)}
