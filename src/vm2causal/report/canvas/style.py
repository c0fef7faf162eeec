"""Colours and type of every figure: legible in print without colour, and to the colour-blind.

The palette is that of Okabe and Ito (2008, "Color Universal Design").
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import matplotlib as mpl
from cycler import cycler

BLACK: Final = "#000000"
ORANGE: Final = "#E69F00"
SKY_BLUE: Final = "#56B4E9"
GREEN: Final = "#009E73"
YELLOW: Final = "#F0E442"
BLUE: Final = "#0072B2"
VERMILLION: Final = "#D55E00"
PURPLE: Final = "#CC79A7"
GREY: Final = "#6E6E6E"
LIGHT_GREY: Final = "#ECECEC"
PALE: Final = "#DCE6EF"

PALETTE: Final = (BLUE, VERMILLION, GREEN, ORANGE, PURPLE, SKY_BLUE, BLACK)
"""Order in which series take their colour."""


@contextmanager
def figure_style() -> Iterator[None]:
    """Matplotlib settings of the package, for the length of a ``with`` block.

    Texts in SVG are texts, and identifiers in it do not change between runs.
    """
    settings: dict[Any, Any] = {
        "font.family": "DejaVu Sans",
        "font.size": 9.0,
        "axes.prop_cycle": cycler(color=list(PALETTE)),
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.titlelocation": "left",
        "figure.facecolor": "white",
        "savefig.facecolor": "white",
        "svg.fonttype": "none",
        "svg.hashsalt": "vm2causal",
        # a name is a name: its dollars are no formula
        "text.parse_math": False,
    }
    with mpl.rc_context(settings):
        yield
