"""Writing figures: SVG or PDF with a text alternative, or PNG; the same bytes on every run."""

from __future__ import annotations

import re
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any, Final
from xml.sax.saxutils import escape

from matplotlib.figure import Figure

from vm2causal.errors import OptionError
from vm2causal.report.canvas.fonts import FAMILY, STACK, font_folder, with_fonts
from vm2causal.report.canvas.style import figure_style
from vm2causal.storage import write_atomically
from vm2causal.unseen import visible

_HALF_PIXEL: Final = 0.375
"""In points: a pixel of a page is three quarters of one."""
_REACH_OF_A_MARK: Final = 12.0
"""Points from its middle within which a mark is drawn."""
_MARK: Final = re.compile(r"<use [^>]*>")
_TEXT: Final = re.compile(r"<text [^>]*>")
_TURNED: Final = re.compile(r'transform="(?P<turn>[^"]*)"')
_UPRIGHT: Final = re.compile(r' transform="rotate\(-0 [^"]*\)"')
_PLACE: Final = re.compile(r'\b(?P<axis>[xy])="(?P<number>-?\d+\.?\d*)"')
_PATH: Final = re.compile(r'<path [^>]*?\bd="(?P<steps>[^"]*)"[^>]*>')
_DECIMAL: Final = re.compile(r"-?\d+\.?\d*(?:e-?\d+)?")

_PAGE_OF_ONE: Final = """
#set document(title: sys.inputs.title, date: none)
#set page(width: %s, height: %s, margin: 0pt)
#image(bytes(sys.inputs.drawn), format: "svg", width: %s, alt: sys.inputs.alt)
"""

_RESOLUTION: Final = 300
"""Dots per inch of a PNG, as printers ask."""


def write_figure(figure: Figure, path: Path, *, title: str, description: str) -> Path:
    """Write a figure, whole or not at all.

    Parameters
    ----------
    figure
        What to write.
    path
        Ends in ``.svg``, ``.png`` or ``.pdf``.
    title, description
        The text alternative: an SVG carries both as elements that screen readers read out, a PNG
        as metadata, a PDF as its title and the alternative of its picture (PDF/UA-1).

    Raises
    ------
    OptionError
        When the name ends otherwise.
    OutputError
        When the file cannot be written.
    """
    if path.suffix.lower() == ".svg":
        drawn = svg_text(figure, title=title, description=description)
        return write_atomically(path, with_fonts(drawn))
    if path.suffix.lower() == ".png":
        return write_atomically(path, _png_bytes(figure, title, description))
    if path.suffix.lower() == ".pdf":
        return write_atomically(path, _pdf_bytes(figure, title, description))
    raise OptionError(
        "A figure is written as SVG, PNG or PDF.",
        value=path.name,
        fix="End the name of the file in .svg, .png or .pdf.",
    )


def _pdf_bytes(figure: Figure, title: str, description: str) -> bytes:
    """The SVG on a page of its size, with its places at half pixels and the text alternative."""
    import typst

    compiler: Any = typst  # its types do not say that text may be given as bytes
    width, height = figure.get_size_inches()
    drawn = svg_text(figure, title=title, description=description)
    source = _PAGE_OF_ONE % (f"{width:.4f}in", f"{height:.4f}in", f"{width:.4f}in")
    found: bytes = compiler.compile(
        source.encode(),
        font_paths=[str(font_folder())],
        ignore_system_fonts=True,
        sys_inputs={"drawn": drawn, "title": title, "alt": description},
        pdf_standards=["ua-1"],
    )
    return found


def svg_text(figure: Figure, *, title: str, description: str) -> str:
    """SVG text of a figure, with its title and description for screen readers.

    Its letters are text in a font that it asks for and does not carry;
    :func:`~vm2causal.report.canvas.fonts.with_fonts` puts that in.

    Parameters
    ----------
    figure
        A figure of matplotlib.
    title
        Of the picture, for those who hear it.
    description
        What the picture shows, in words.
    """
    buffer = BytesIO()
    with figure_style():
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    drawn = _in_half_pixels(buffer.getvalue().decode())
    opening = drawn.index(">", drawn.index("<svg")) + 1
    # several figures may stand in one page, so that ids follow from what they label
    mark = sha256(f"{title}{description}".encode()).hexdigest()[:8]
    labels = (
        f'\n <title id="title-{mark}">{escape(title)}</title>'
        f'\n <desc id="description-{mark}">{escape(description)}</desc>'
    )
    names = f"title-{mark} description-{mark}"
    said = f' font-family="{STACK}" role="img" aria-labelledby="{names}">'
    head = drawn[: opening - 1] + said
    return visible(head + labels + drawn[opening:])


def _in_half_pixels(drawn: str) -> str:
    """Put marks, lines and words at half pixels: more digits of a place are digits of a number.

    Marks have the same shape wherever they stand, and keep theirs.
    """
    placed = _MARK.sub(lambda tag: _PLACE.sub(_place, tag[0]), drawn)
    return _PATH.sub(_path, _TEXT.sub(_words, placed))


def _words(found: re.Match[str]) -> str:
    """The opening tag of a text; its font is that of the whole picture."""
    tag = _UPRIGHT.sub("", found[0]).replace(f"; font-family: '{FAMILY}'", "")
    placed = _PLACE.sub(_place, tag)
    return _TURNED.sub(
        lambda turn: turn[0].replace(turn["turn"], _DECIMAL.sub(_rounded, turn["turn"])), placed
    )


def _rounded(number: re.Match[str]) -> str:
    return _half_pixel(number[0])


def _place(found: re.Match[str]) -> str:
    return f'{found["axis"]}="{_half_pixel(found["number"])}"'


def _path(found: re.Match[str]) -> str:
    tag = found[0]
    reach = max((abs(float(number)) for number in _DECIMAL.findall(found["steps"])), default=0.0)
    if reach <= _REACH_OF_A_MARK:
        return tag
    steps = _DECIMAL.sub(_rounded, found["steps"])
    return tag.replace(found["steps"], steps)


def _half_pixel(written: str) -> str:
    return f"{round(float(written) / _HALF_PIXEL) * _HALF_PIXEL:g}"


def _png_bytes(figure: Figure, title: str, description: str) -> bytes:
    buffer = BytesIO()
    metadata = {"Title": title, "Description": description, "Software": ""}
    with figure_style():
        figure.savefig(buffer, format="png", dpi=_RESOLUTION, metadata=metadata)
    return buffer.getvalue()
