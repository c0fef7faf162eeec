"""The letters of figures, carried along: an SVG has real text, and looks the same everywhere.

Text in a figure can be searched, read aloud and edited; so that it also is as wide as it was
measured, the font travels with it, cut down to letters that are used (WOFF in a ``data:`` URI).
"""

from __future__ import annotations

import io
import re
import string
from base64 import b64encode
from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cache
from html import unescape
from pathlib import Path
from typing import Final

import matplotlib as mpl
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

FAMILY: Final = "DejaVu Sans"
STACK: Final = f"'{FAMILY}', Verdana, sans-serif"
"""What is asked for: the font that travels along, else one about as wide."""

_FILES: Final[Mapping[tuple[bool, bool], str]] = {
    (False, False): "DejaVuSans.ttf",
    (True, False): "DejaVuSans-Bold.ttf",
    (False, True): "DejaVuSans-Oblique.ttf",
    (True, True): "DejaVuSans-BoldOblique.ttf",
}
"""By whether it is bold, and slanted."""

_USUAL: Final = frozenset(
    string.ascii_letters
    + string.digits
    + string.punctuation
    + " "
    + "".join(map(chr, range(0xA1, 0x180)))
    + "–—‘’“”…•←→−≈≠≤≥×✓✗χφσβτ\u0304"
)
"""Letters that every figure gets, so that most share one cut of the font."""

_TEXT: Final = re.compile(r"<text\b(?P<attributes>[^>]*)>(?P<said>[^<]*)</text>")
_BOLD: Final = re.compile(r"font-weight: (?:[6-9]00|bold)")
_SLANTED: Final = re.compile(r"font-style: (?:italic|oblique)")


def font_folder() -> Path:
    """Folder of the fonts that come with matplotlib."""
    return Path(mpl.get_data_path()) / "fonts" / "ttf"


def font_faces(drawn: Iterable[str]) -> str:
    """Rules of CSS that carry the letters of some pictures, each letter once.

    Parameters
    ----------
    drawn
        Texts of SVG, as :func:`~vm2causal.report.canvas.figure_files.svg_text` gives them.

    Returns
    -------
    str
        One ``@font-face`` per weight and slant that occurs; empty where nothing is written.
    """
    letters: dict[tuple[bool, bool], set[str]] = defaultdict(set)
    for found in (match for svg in drawn for match in _TEXT.finditer(svg)):
        look = (bool(_BOLD.search(found["attributes"])), bool(_SLANTED.search(found["attributes"])))
        letters[look] |= set(unescape(found["said"]))
    return "\n".join(_face(look, frozenset(letters[look] - _USUAL)) for look in sorted(letters))


def with_fonts(svg: str) -> str:
    """A picture as a file of its own, its letters with it.

    Parameters
    ----------
    svg
        Text of an SVG with at least one style sheet, as matplotlib writes it.
    """
    faces = font_faces([svg])
    return svg.replace('<style type="text/css">', f'<style type="text/css">{faces}', 1)


@cache
def _face(look: tuple[bool, bool], unusual: frozenset[str]) -> str:
    bold, slanted = look
    options = Options(
        hinting=False,
        layout_features=["kern", "mark", "mkmk", "ccmp"],
        name_IDs=[],
        notdef_outline=True,
        recalc_timestamp=False,
    )
    options.drop_tables += ["FFTM"]
    cut = Subsetter(options)
    cut.populate(unicodes=[ord(letter) for letter in _USUAL | unusual])
    written = io.BytesIO()
    with TTFont(font_folder() / _FILES[look], recalcTimestamp=False, lazy=True) as font:
        cut.subset(font)
        font.flavor = "woff"
        font.save(written)
    return (
        f"@font-face{{font-family:'{FAMILY}';font-weight:{700 if bold else 400};"
        f"font-style:{'italic' if slanted else 'normal'};"
        f"src:url(data:font/woff;base64,{b64encode(written.getvalue()).decode()})}}"
    )
