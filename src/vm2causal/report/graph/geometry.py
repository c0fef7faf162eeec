"""Boxes, and the pieces of arrows between them, in inches with y downwards."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Line:
    """An arrow to lay out; those of equal ``bundle`` and cause may share a lane.

    Parameters
    ----------
    cause
        Name of the variable that is intervened on.
    effect
        Name of the variable whose response is asked for.
    bundle
        Name of the lines that run together with it.
    """

    cause: str
    effect: str
    bundle: str = ""


@dataclass(frozen=True)
class Box:
    """A box: its middle, width and height in inches, y downwards.

    Parameters
    ----------
    x, y
        Of its centre, in inches, y downwards.
    width, height
        In inches.
    """

    x: float
    y: float
    width: float
    height: float

    @property
    def left(self) -> float:
        """Its left side."""
        return self.x - self.width / 2

    @property
    def right(self) -> float:
        """Its right side."""
        return self.x + self.width / 2

    @property
    def top(self) -> float:
        """Its upper side."""
        return self.y - self.height / 2

    @property
    def bottom(self) -> float:
        """Its lower side."""
        return self.y + self.height / 2


@dataclass(frozen=True)
class Stretch:
    """A piece of an arrow between two points.

    Parameters
    ----------
    start, end
        Its ends, x and y.
    shape
        ``"flow"`` (level at both ends), ``"lane"`` (straight), ``"arc"`` (out to the right and
        back) or ``"drop"`` (straight down or up).
    line
        The arrow of which it is a piece; pieces that arrows share have one of them.
    head
        Whether the head of the arrow is at its end.
    turned
        Whether it runs from right to left.
    bends
        Where it leaves the column of its start and enters that of its end; it is level up to the
        first and from the second, so that it keeps clear of wider boxes of the same columns.
    """

    start: tuple[float, float]
    end: tuple[float, float]
    shape: str
    line: Line
    head: bool
    turned: bool = False
    bends: tuple[float, float] | None = None
