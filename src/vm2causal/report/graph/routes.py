"""The points between which the arrows of a laid-out graph run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from vm2causal.report.graph.geometry import Box, Line, Stretch

_FAR: Final = 1e3
"""A height beyond every box: arcs leave a box above or below all that runs to the right."""

_LEVEL: Final = 0.26
"""Length before a head, in inches, where its arrow runs level: there the sign stands."""


@dataclass(frozen=True)
class Link:
    """A step of a line from one column to the next; ``head`` where an arrow ends.

    Parameters
    ----------
    left, right
        Nodes, or corners of a long arrow, in neighbouring columns.
    line
        The arrow it is part of.
    head
        Whether the arrow ends here.
    turned
        Whether the arrow runs from right to left.
    """

    left: str
    right: str
    line: Line
    head: bool
    turned: bool = False


class Router:
    """Gives every link the points it runs between."""

    def __init__(
        self,
        boxes: Mapping[str, Box],
        lanes: Mapping[str, tuple[float, tuple[float, float]]],
        links: Sequence[Link],
        beside: Sequence[Line],
        columns: Sequence[Sequence[str]],
        sides: Sequence[tuple[float, float]],
    ) -> None:
        self.boxes = boxes
        self.lanes = lanes
        self.links = links
        place = {
            node: (index, row)
            for index, column in enumerate(columns)
            for row, node in enumerate(column)
        }
        self.sides = {node: sides[index] for node, (index, _) in place.items()}
        self.drops = [
            line for line in beside if abs(place[line.cause][1] - place[line.effect][1]) == 1
        ]
        self.arcs = [line for line in beside if line not in self.drops]
        self.ports = self._ports()

    def stretches(self) -> list[Stretch]:
        """Every piece of every arrow."""
        found = [
            Stretch((sides[0], height), (sides[1], height), "lane", self._line_in(lane), False)
            for lane, (height, sides) in self.lanes.items()
        ]
        for number, link in enumerate(self.links):
            start, end = self.ports["out", number], self.ports["in", number]
            bends = (
                self.sides[link.left][1] + (_LEVEL if link.head and link.turned else 0.0),
                self.sides[link.right][0] - (_LEVEL if link.head and not link.turned else 0.0),
            )
            if link.turned:
                start, end, bends = end, start, (bends[1], bends[0])
            found.append(Stretch(start, end, "flow", link.line, link.head, link.turned, bends))
        for number, line in enumerate(self.arcs):
            ends = self.ports["arc from", number], self.ports["arc to", number]
            edge = self.sides[line.cause][1]
            found.append(Stretch(*ends, "arc", line, True, bends=(edge, edge)))
        return found + [self._drop(line) for line in self.drops]

    def _line_in(self, lane: str) -> Line:
        return next(link.line for link in self.links if link.right == lane)

    def _drop(self, line: Line) -> Stretch:
        cause, effect = self.boxes[line.cause], self.boxes[line.effect]
        below = effect.y > cause.y
        start = (cause.x, cause.bottom if below else cause.top)
        end = (effect.x, effect.top if below else effect.bottom)
        return Stretch(start, end, "drop", line, True)

    def _ports(self) -> dict[tuple[str, int], tuple[float, float]]:
        """Where each link meets its two ends, spread over the side of a box."""
        wanted = self._wanted_ports()
        ports: dict[tuple[str, int], tuple[float, float]] = {}
        for (node, side), ends in wanted.items():
            if node in self.lanes:
                height, sides = self.lanes[node]
                ports |= {key: (sides[side == "out"], height) for _, key in ends}
                continue
            box = self.boxes[node]
            x = box.right if side == "out" else box.left
            for place, (_, key) in enumerate(sorted(ends)):
                share = (place + 1) / (len(ends) + 1)
                ports[key] = (x, box.top + share * box.height)
        return ports

    def _wanted_ports(self) -> dict[tuple[str, str], list[tuple[float, tuple[str, int]]]]:
        """What meets each side of each node, with the height it comes from or goes to."""
        wanted: dict[tuple[str, str], list[tuple[float, tuple[str, int]]]] = {}
        for number, link in enumerate(self.links):
            leaving = (self._height(link.right), ("out", number))
            arriving = (self._height(link.left), ("in", number))
            wanted.setdefault((link.left, "out"), []).append(leaving)
            wanted.setdefault((link.right, "in"), []).append(arriving)
        for number, line in enumerate(self.arcs):
            ends = (("arc from", line.cause, line.effect), ("arc to", line.effect, line.cause))
            for key, node, other in ends:
                beyond = _FAR if self._height(other) > self._height(node) else -_FAR
                leaving = (beyond + self._height(other), (key, number))
                wanted.setdefault((node, "out"), []).append(leaving)
        return wanted

    def _height(self, node: str) -> float:
        return self.lanes[node][0] if node in self.lanes else self.boxes[node].y
