"""How an estimate is drawn: its interval and its mark."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from matplotlib.axes import Axes


@dataclass(frozen=True)
class Look:
    """How an estimate is drawn; looks differ in shape and filling, not by colour alone.

    Parameters
    ----------
    colour
        Of lines and markers.
    marker
        Matplotlib's name of the marker at the estimate.
    filled
        Whether the marker is filled.
    line
        Of the interval.
    """

    colour: str
    marker: str
    filled: bool = True
    line: Literal["-", "--", ":"] = "-"


def draw_estimate(
    axes: Axes, estimate: Mapping[str, float], y: float, look: Look, *, size: float = 5.5
) -> None:
    """An interval with its mean, in the unit of the axis.

    Parameters
    ----------
    axes
        To draw in.
    estimate
        ``mean``, ``lower`` and ``upper``, in the units of the axis.
    y
        Height of the row, in units of the axis.
    look
        Of marker and line.
    size
        Of the marker, in points.
    """
    axes.hlines(y, estimate["lower"], estimate["upper"], color=look.colour, lw=1.4,
                linestyle=look.line, zorder=2.5)  # fmt: skip
    axes.plot(
        [estimate["mean"]],
        [y],
        linestyle="none",
        marker=look.marker,
        markersize=size,
        markeredgecolor=look.colour,
        markerfacecolor=look.colour if look.filled else "white",
        markeredgewidth=1.1,
        zorder=3,
    )
