"""Where the boxes of a causal graph stand and how its arrows run between them.

Arrows that pass a column run through a lane of their own there, between the boxes; arrows of one
cause and one style share a lane. So no arrow runs through a box.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from vm2causal.report.graph.geometry import Box, Line, Stretch
from vm2causal.report.graph.layer_heights import place_heights
from vm2causal.report.graph.layer_order import order_layers
from vm2causal.report.graph.routes import Link, Router

BOX_GAP: Final = 0.26
LANE_GAP: Final = 0.13
COLUMN_GAP: Final = 0.95
WIDEST_COLUMN_GAP: Final = 2.1
PORT: Final = 0.15
"""Distances in inches; a port is the room of one arrow at the side of a box."""


@dataclass(frozen=True)
class Layout:
    """Boxes by name, the stretches of all arrows, and the sides of each column.

    Parameters
    ----------
    boxes
        By node.
    stretches
        Pieces of arrows between the boxes.
    columns
        Left and right edge of each column of boxes, in inches.
    """

    boxes: Mapping[str, Box]
    stretches: tuple[Stretch, ...]
    columns: tuple[tuple[float, float], ...]


def lay_out(
    layers: Mapping[str, int],
    sizes: Mapping[str, tuple[float, float]],
    lines: Sequence[Line],
) -> Layout:
    """Lay a graph out in columns.

    Parameters
    ----------
    layers
        Column of each node, from 0.
    sizes
        Width and height of each box in inches; a box grows when many arrows meet it.
    lines
        The arrows.

    Returns
    -------
    Layout
        In inches, the smallest x and y at 0.
    """
    beside = [line for line in lines if layers[line.cause] == layers[line.effect]]
    links, lanes = _links(layers, lines)
    columns = _columns(layers, lanes)
    pairs = [(link.left, link.right) for link in links]
    columns = order_layers(columns, pairs, [(line.cause, line.effect) for line in beside])
    heights = _extents(sizes, lanes, links, beside)
    centres = place_heights(
        columns,
        pairs,
        heights,
        {node: LANE_GAP if node in lanes else BOX_GAP for node in heights},
        _pulls(heights, lanes, pairs),
    )
    sides = _sides(columns, sizes, links)
    top = min(centres[node] - heights[node] / 2 for node in sizes)
    boxes = {
        node: Box(sum(sides[layers[node]]) / 2, centres[node] - top, width, heights[node])
        for node, (width, _) in sizes.items()
    }
    lane_at = {node: (centres[node] - top, sides[column]) for node, column in lanes.items()}
    stretches = Router(boxes, lane_at, links, beside, columns, sides).stretches()
    return Layout(boxes, tuple(stretches), tuple(sides))


def _links(layers: Mapping[str, int], lines: Sequence[Line]) -> tuple[list[Link], dict[str, int]]:
    """Lines cut at every column they pass, and the column of each lane."""
    links: dict[tuple[str, str, str, bool], Link] = {}
    lanes: dict[str, int] = {}
    for line in lines:
        first, last = layers[line.cause], layers[line.effect]
        if first == last:
            continue
        turned = first > last
        start, end = (line.effect, line.cause) if turned else (line.cause, line.effect)
        owner = f"{line.effect}<{line.cause}" if turned else f"{line.cause}>{line.bundle}"
        before = start
        for column in range(min(first, last) + 1, max(first, last) + 1):
            goes_on = column < max(first, last)
            after = f"lane:{owner}:{column}" if goes_on else end
            if goes_on:
                lanes[after] = column
            head = before == start if turned else not goes_on
            link = Link(before, after, line, head, turned)
            links.setdefault((before, after, line.bundle, turned), link)
            before = after
    return list(links.values()), lanes


def _columns(layers: Mapping[str, int], lanes: Mapping[str, int]) -> list[list[str]]:
    columns: list[list[str]] = [[] for _ in range(max(layers.values()) + 1)]
    for node, column in (*layers.items(), *lanes.items()):
        columns[column].append(node)
    return columns


def _extents(
    sizes: Mapping[str, tuple[float, float]],
    lanes: Mapping[str, int],
    links: Sequence[Link],
    beside: Sequence[Line],
) -> dict[str, float]:
    """Heights: of a box what its text needs or its arrows, whichever is more."""
    incoming, outgoing = dict.fromkeys(sizes, 0), dict.fromkeys(sizes, 0)
    for link in links:
        if link.left in sizes:
            outgoing[link.left] += 1
        if link.right in sizes:
            incoming[link.right] += 1
    for line in beside:
        outgoing[line.cause] += 1
        outgoing[line.effect] += 1
    needed = {node: PORT * (max(incoming[node], outgoing[node]) + 1) for node in sizes}
    boxes = {node: max(height, needed[node]) for node, (_, height) in sizes.items()}
    return boxes | dict.fromkeys(lanes, 0.04)


def _pulls(
    nodes: Iterable[str], lanes: Mapping[str, int], pairs: Sequence[tuple[str, str]]
) -> dict[str, float]:
    """How hard each node pulls: lanes to run straight, nodes without links hardly at all."""
    linked = {node for pair in pairs for node in pair}
    return {node: 3.0 if node in lanes else 1.0 if node in linked else 0.02 for node in nodes}


def _sides(
    columns: Sequence[Sequence[str]],
    sizes: Mapping[str, tuple[float, float]],
    links: Sequence[Link],
) -> list[tuple[float, float]]:
    """Left and right side of each column; the more arrows between two, the wider apart."""
    column_of = {node: index for index, column in enumerate(columns) for node in column}
    between = [0] * len(columns)
    for link in links:
        between[column_of[link.left]] += 1
    sides, left = [], 0.0
    for index, column in enumerate(columns):
        width = max((sizes[node][0] for node in column if node in sizes), default=0.2)
        sides.append((left, left + width))
        left += width + min(COLUMN_GAP + 0.035 * between[index], WIDEST_COLUMN_GAP)
    return sides
