"""How large a text will be, before anything is drawn."""

from __future__ import annotations

import textwrap
from functools import cache

import numpy as np
from matplotlib.font_manager import FontProperties
from matplotlib.path import Path
from matplotlib.textpath import TextPath

from vm2causal.report.canvas.style import figure_style

_POINTS_PER_INCH = 72.0
_HINTING = 0.96
"""Room for letters that pixels make wider than their outlines."""
LINE_SPACING = 1.25
"""Distance of two lines of text, in sizes of the type."""


def wrapped(label: str, longest: int) -> str:
    r"""A label over several lines of about ``longest`` characters; long words stay whole.

    Parameters
    ----------
    label
        The text.
    longest
        Most characters of a line, at least 1.

    Examples
    --------
    >>> wrapped("communicatie met ouders en leerlingen", 18)
    'communicatie met\nouders en\nleerlingen'
    """
    lines = textwrap.wrap(label, longest, break_long_words=False, break_on_hyphens=False)
    return "\n".join(lines) or label


def wrapped_to(label: str, points: float, width: float) -> str:
    r"""A label over lines of at most ``width`` inches, as far as its words allow.

    Parameters
    ----------
    label
        The text.
    points
        Size of the type, in points.
    width
        Most that a line may take, in inches.

    Examples
    --------
    >>> wrapped_to("communicatie met ouders", 10.0, 1.2)
    'communicatie\nmet ouders'
    """
    room = _HINTING * width
    lines = label.split("\n")
    shortest = max((len(word) for word in label.split()), default=0)
    longest, found = max(len(line) for line in lines), label
    while longest > shortest and (wide := text_size(found, points)[0]) > room:
        longest = max(shortest, min(longest - 1, int(longest * room / wide) + 1))
        found = "\n".join(wrapped(line, longest) for line in lines)
    return found


@cache
def text_size(label: str, points: float, *, bold: bool = False) -> tuple[float, float]:
    """Width and height of a text of one or more lines, in inches.

    Parameters
    ----------
    label
        The text.
    points
        Size of the type, in points.
    bold
        Whether it is set in bold.
    """
    lines = label.split("\n")
    font = FontProperties(family="DejaVu Sans", weight="bold" if bold else "normal")
    with figure_style():
        widths = [
            ink_width(TextPath((0, 0), line, size=points, prop=font)) if line.strip() else 0.0
            for line in lines
        ]
    height = points * (LINE_SPACING * (len(lines) - 1) + 1.0)
    return max(widths) / _POINTS_PER_INCH, height / _POINTS_PER_INCH


def ink_width(path: Path) -> float:
    """Width of the outlines of letters of a TrueType font, whose curves are all quadratic.

    That of ``path.get_extents()``, which goes through the curves one by one in Python.

    Parameters
    ----------
    path
        Outline of a text.
    """
    assert path.codes is not None
    x = np.asarray(path.vertices)[:, 0]
    control, end = np.flatnonzero(path.codes == Path.CURVE3).reshape(-1, 2).T
    first, middle, last = x[control - 1], x[control], x[end]
    bend = first - 2 * middle + last
    at = np.divide(first - middle, bend, out=np.zeros_like(bend), where=bend != 0)
    turns = (at > 0) & (at < 1)
    at, first, middle, last = (values[turns] for values in (at, first, middle, last))
    turning = (1 - at) ** 2 * first + 2 * at * (1 - at) * middle + at**2 * last
    on_curve = np.isin(path.codes, (Path.MOVETO, Path.LINETO))
    reached = np.concatenate([x[on_curve], x[end], turning])
    return float(np.ptp(reached))
