"""Writing figures: SVG with a text alternative, or PNG; the same bytes on every run."""

from __future__ import annotations

from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Final
from xml.sax.saxutils import escape

from matplotlib.figure import Figure

from vm2causal.errors import OptionError
from vm2causal.report.style import figure_style
from vm2causal.storage import write_atomically
from vm2causal.unseen import visible

_RESOLUTION: Final = 300
"""Dots per inch of a PNG, as printers ask."""


def write_figure(figure: Figure, path: Path, *, title: str, description: str) -> Path:
    """Write a figure, whole or not at all.

    Parameters
    ----------
    figure
        What to write.
    path
        Ends in ``.svg`` or ``.png``.
    title, description
        The text alternative: an SVG carries both as elements that screen readers read out, a PNG
        as metadata.

    Raises
    ------
    OptionError
        When the name ends otherwise.
    OutputError
        When the file cannot be written.
    """
    if path.suffix.lower() == ".svg":
        return write_atomically(path, svg_text(figure, title=title, description=description))
    if path.suffix.lower() == ".png":
        return write_atomically(path, _png_bytes(figure, title, description))
    raise OptionError(
        "A figure is written as SVG or PNG.",
        value=path.name,
        fix="End the name of the file in .svg or .png.",
    )


def svg_text(figure: Figure, *, title: str, description: str) -> str:
    """SVG text of a figure, with its title and description for screen readers."""
    buffer = BytesIO()
    with figure_style():
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    drawn = buffer.getvalue().decode()
    opening = drawn.index(">", drawn.index("<svg")) + 1
    # several figures may stand in one page, so that ids follow from what they label
    mark = sha256(f"{title}{description}".encode()).hexdigest()[:8]
    labels = (
        f'\n <title id="title-{mark}">{escape(title)}</title>'
        f'\n <desc id="description-{mark}">{escape(description)}</desc>'
    )
    names = f"title-{mark} description-{mark}"
    head = drawn[: opening - 1] + f' role="img" aria-labelledby="{names}">'
    return visible(head + labels + drawn[opening:])


def _png_bytes(figure: Figure, title: str, description: str) -> bytes:
    buffer = BytesIO()
    metadata = {"Title": title, "Description": description, "Software": ""}
    with figure_style():
        figure.savefig(buffer, format="png", dpi=_RESOLUTION, metadata=metadata)
    return buffer.getvalue()
