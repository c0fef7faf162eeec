"""How the lines, heads and boxes of a causal graph are drawn; the legend uses the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from matplotlib.axes import Axes
from matplotlib.patches import FancyBboxPatch, PathPatch, Polygon
from matplotlib.path import Path

from vm2causal.report.canvas.style import BLACK, BLUE, GREY, LIGHT_GREY, VERMILLION
from vm2causal.report.graph.geometry import Box, Stretch
from vm2causal.spec.words import Evidence

HEAD: Final = 0.11
"""Length of the head of an arrow, in inches."""


SECOND_BORDER: Final = 0.045
"""How far within the first border the second of a double border runs, in inches."""


@dataclass(frozen=True)
class LineStyle:
    """How a line is drawn; ``hatched`` as the thick arrow of the source.

    Parameters
    ----------
    color
        Of the line.
    width
        In points.
    dashes
        Lengths of dash and gap, in widths of the line; empty for an unbroken one.
    hatched
        Whether short strokes cross the line.
    rim
        Points by which a pale line behind it is wider: how far the arrow differs by group.
    order
        Lines of a higher order are drawn above others.
    """

    color: str
    width: float
    dashes: tuple[float, ...] = ()
    hatched: bool = False
    rim: float = 0.0
    order: float = 2.0


LINE_STYLES: Final[Mapping[Evidence | None, LineStyle]] = {
    Evidence.STERK: LineStyle(BLUE, 4.6, hatched=True, order=2.6),
    Evidence.ONDERSTEUND: LineStyle(BLUE, 1.5, order=2.5),
    Evidence.VIA: LineStyle(VERMILLION, 1.5, (5.0, 2.2), order=2.4),
    Evidence.NIET_GEVONDEN: LineStyle(BLACK, 1.5, (1.0, 1.8), order=2.3),
    Evidence.NIET_TOETSBAAR: LineStyle("#9C4577", 1.5, (6.0, 1.8, 1.0, 1.8), order=2.3),
    None: LineStyle("#A2A2A2", 0.9),
}
"""Line of an arrow by its evidence; each differs in more than colour."""

MODERATOR_STYLE: Final = LineStyle("#9C4577", 1.2, (3.0, 1.5), order=1.8)
"""Line from what an arrow depends on to that arrow."""

PLAIN_STYLE: Final = LineStyle(BLACK, 1.2)
"""Line of an arrow where no evidence is shown."""


def draw_stretch(axes: Axes, stretch: Stretch, style: LineStyle) -> None:
    """Draw a piece of an arrow, and the head when the arrow ends there.

    Parameters
    ----------
    axes
        To draw in.
    stretch
        A piece of an arrow.
    style
        Of the line.
    """
    path = _path(stretch)
    _draw_line(axes, path, style)
    if stretch.head:
        _draw_head(axes, stretch, style)


def sign_place(stretch: Stretch) -> tuple[float, float]:
    """Where the sign of an arrow stands: on its line, just before the head.

    Parameters
    ----------
    stretch
        A piece of an arrow.
    """
    (_, start_y), (x, y) = stretch.start, stretch.end
    if stretch.shape == "drop":
        return x + 0.1, y + (-0.13 if y > start_y else 0.13)
    return x + 0.21 * (-1 if _points_right(stretch) else 1), y


def draw_box(axes: Axes, box: Box, *, observed: bool, latent: bool, selected: bool = False) -> None:
    """Draw a box.

    Rounded for what items measure, dashed and grey for what nobody observed, and with a double
    border for what all units in the data have.

    Parameters
    ----------
    axes
        To draw in.
    box
        Place and size.
    observed
        Whether it is drawn as observed.
    latent
        Whether it is measured by items only.
    selected
        Whether the units were selected by it.
    """
    _draw_border(axes, box, observed=observed, latent=latent)
    if selected:
        gap = min(SECOND_BORDER, box.height / 4)
        inner = Box(box.x, box.y, box.width - 2 * gap, box.height - 2 * gap)
        _draw_border(axes, inner, observed=observed, latent=latent)


def _draw_border(axes: Axes, box: Box, *, observed: bool, latent: bool) -> None:
    rounding = 0.16 if latent else 0.03
    shape = FancyBboxPatch(
        (box.left + rounding, box.top + rounding),
        box.width - 2 * rounding,
        box.height - 2 * rounding,
        boxstyle=f"round,pad={rounding},rounding_size={rounding}",
        facecolor="white" if observed else LIGHT_GREY,
        edgecolor=BLACK if observed else GREY,
        linewidth=1.1,
        linestyle="solid" if observed else (0, (4, 2)),
        zorder=4,
    )
    axes.add_patch(shape)


def draw_onto(
    axes: Axes, start: tuple[float, float], end: tuple[float, float], style: LineStyle
) -> None:
    """Draw a line from a box to the middle of an arrow, with a ring where it acts.

    It runs behind boxes, which hide what of it lies under them.

    Parameters
    ----------
    axes
        To draw in.
    start, end
        Its ends, x and y.
    style
        Of the line.
    """
    _draw_line(axes, Path([start, end], [Path.MOVETO, Path.LINETO]), style)
    axes.plot(
        [end[0]], [end[1]], marker="o", markersize=4.5, markerfacecolor="white",
        markeredgecolor=style.color, markeredgewidth=1.2, zorder=3.2,
    )  # fmt: skip


def middle_of(stretch: Stretch) -> tuple[float, float]:
    """The point halfway along a piece of an arrow.

    Parameters
    ----------
    stretch
        A piece of an arrow.
    """
    if stretch.shape == "arc":
        return stretch.end
    return ((stretch.start[0] + stretch.end[0]) / 2, (stretch.start[1] + stretch.end[1]) / 2)


def _draw_line(axes: Axes, path: Path, style: LineStyle) -> None:
    if style.rim > 0:
        axes.add_patch(
            PathPatch(
                path,
                facecolor="none",
                edgecolor=style.color,
                linewidth=style.width + style.rim,
                alpha=0.25,
                capstyle="butt",
                snap=False,
                zorder=style.order - 0.3,
            )
        )
    dashes = (0, style.dashes) if style.dashes else "solid"
    axes.add_patch(
        PathPatch(
            path,
            facecolor="none",
            edgecolor=style.color,
            linewidth=style.width,
            linestyle=dashes,
            capstyle="butt",
            snap=False,
            zorder=style.order,
        )
    )
    if style.hatched:
        axes.add_patch(
            PathPatch(
                path,
                facecolor="none",
                edgecolor="white",
                linewidth=style.width * 0.55,
                linestyle=(0, (0.5, 0.7)),
                capstyle="butt",
                snap=False,
                zorder=style.order + 0.01,
            )
        )


def _draw_head(axes: Axes, stretch: Stretch, style: LineStyle) -> None:
    x, y = stretch.end
    half = 0.05 + style.width * 0.008
    if stretch.shape == "drop":
        back = y - HEAD if stretch.end[1] > stretch.start[1] else y + HEAD
        corners = [(x, y), (x - half, back), (x + half, back)]
    else:
        back = x - HEAD if _points_right(stretch) else x + HEAD
        corners = [(x, y), (back, y - half), (back, y + half)]
    axes.add_patch(
        Polygon(corners, closed=True, color=style.color, linewidth=0, zorder=style.order + 0.02)
    )


def _points_right(stretch: Stretch) -> bool:
    return stretch.shape == "flow" and not stretch.turned


def _path(stretch: Stretch) -> Path:
    start, end = stretch.start, _before_head(stretch)
    if stretch.shape in ("lane", "drop"):
        return Path([start, end], [Path.MOVETO, Path.LINETO])
    leaves, enters = stretch.bends or (start[0], end[0])
    if stretch.shape == "arc":
        middle = leaves + min(0.3 + 0.08 * abs(start[1] - end[1]), 0.62)
    else:
        middle = (leaves + enters) / 2
    curve = [(leaves, start[1]), (middle, start[1]), (middle, end[1]), (enters, end[1])]
    codes = [Path.MOVETO, Path.LINETO, Path.CURVE4, Path.CURVE4, Path.CURVE4, Path.LINETO]
    return Path([start, *curve, end], codes)


def _before_head(stretch: Stretch) -> tuple[float, float]:
    """End of the line, so that it stops inside the head and not at its tip."""
    x, y = stretch.end
    if not stretch.head:
        return x, y
    if stretch.shape == "drop":
        return x, y + (-HEAD / 2 if y > stretch.start[1] else HEAD / 2)
    return x + (-HEAD / 2 if _points_right(stretch) else HEAD / 2), y
