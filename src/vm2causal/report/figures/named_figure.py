"""A figure with its name, title, text alternative and numbers; finished, written and embedded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Final

import matplotlib.pyplot as plt
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from vm2causal.disclosure import ReleasedTable, flattened, with_origin
from vm2causal.errors import OptionError
from vm2causal.inputs.study.frame import Origin
from vm2causal.report.brief.content.blocks import Picture
from vm2causal.report.canvas import style
from vm2causal.report.canvas.figure_files import svg_text, write_figure
from vm2causal.report.canvas.fonts import with_fonts
from vm2causal.report.canvas.form import form
from vm2causal.report.canvas.text_size import LINE_SPACING, text_size, wrapped_to
from vm2causal.report.documents.csv_text import csv_text
from vm2causal.storage import write_atomically
from vm2causal.texts import Language, number, text

FORMATS: Final = ("svg", "png", "csv")
"""What a figure is written as; the last holds its numbers."""

PUBLISHED: Final = "published"
"""Origin of numbers from the reports of the monitor; others have one of a study's."""

TITLE_POINTS: Final = 10.5
_MARK_POINTS: Final = 9.0
_MARGIN: Final = 0.1
_MARK_ROOM: Final = 0.12
"""Room around title and mark, and for the frame of the mark, in inches."""
_MARK_BOX: Final = {"boxstyle": "square,pad=0.25", "facecolor": "white", "edgecolor": style.BLACK}


@dataclass(frozen=True)
class NamedFigure:
    """A figure that can be written and described.

    Parameters
    ----------
    name
        Of its files, without suffix.
    figure
        The drawing itself.
    title, alt
        What it is, and what it shows in words and numbers.
    pattern
        What its numbers have in common, in a sentence or two; where they stand in a table beside
        it, that is what is read aloud. Empty where ``alt`` is as short.
    data
        The tidy numbers behind it, one row per thing drawn; ``origin`` is ``synthetic``, ``real``
        or ``published`` in what is made of data.
    """

    name: str
    figure: Figure = field(repr=False)
    title: str
    alt: str = field(repr=False)
    data: ReleasedTable = field(repr=False)
    pattern: str = ""

    @cached_property
    def svg(self) -> str:
        """As text; drawn once for its file and the page it stands in."""
        return svg_text(self.figure, title=self.title, description=self.alt)


def finish_figure(
    figure: Figure,
    *,
    name: str,
    title: str,
    alt: str,
    data: ReleasedTable,
    language: Language,
    synthetic: bool,
    published: bool = False,
    pattern: str = "",
    title_points: float = TITLE_POINTS,
) -> NamedFigure:
    """Set the title above a figure and, where its input is synthetic, say so in words.

    Without a title where the form asks for none; the mark of made-up data stays.

    The figure grows by what stands above it; what is drawn in it keeps its size.

    Parameters
    ----------
    figure
        Without a title, laid out by hand or by the constrained layout.
    name
        Of the figure and its files.
    title
        Above the drawing.
    alt
        What it shows, in words and numbers, for those who cannot see it.
    data
        The numbers that are drawn, as they may be shown.
    language
        Of the texts: Dutch or English.
    synthetic
        Whether the pupils behind it do not exist.
    published
        Whether the numbers behind it are those of the published monitor.
    pattern
        What its numbers have in common, where ``alt`` tells them one by one.
    title_points
        Size of the letters of the title.
    """
    width = float(figure.get_size_inches()[0])
    mark = text("figures.synthetic", language)
    lines = [(mark, _MARK_POINTS)] if synthetic else []
    if form().titled:
        lines.append((wrapped_to(title, title_points, width - 2 * _MARGIN), title_points))
    if lines:
        heights = [_height(label, points) for label, points in lines]
        heights[0] += _MARK_ROOM if synthetic else 0.0
        _grow(figure, sum(heights) + 2 * _MARGIN)
        with style.figure_style():
            _write_head(figure, lines, heights, marked=synthetic)
    told, short = (f"{mark}. {one}" if one and synthetic else one for one in (alt, pattern))
    origin = Origin.SYNTHETIC.value if synthetic else Origin.REAL.value
    numbers = with_origin(flattened(data), PUBLISHED if published else origin)
    return NamedFigure(name, figure, title, told, numbers, short)


def save_figures(
    figures: Sequence[NamedFigure], folder: Path, *, formats: Sequence[str] = FORMATS
) -> list[Path]:
    """Write every figure in every format, each file whole or not at all.

    Parameters
    ----------
    figures
        To be written.
    folder
        Where they go.
    formats
        Some of ``svg``, ``png`` and ``csv``.

    Raises
    ------
    OptionError
        When a format is none of these.
    OutputError
        When a file cannot be written.
    """
    paths = []
    for item in figures:
        for suffix in formats:
            path = folder / f"{item.name}.{suffix}"
            if suffix == "csv":
                paths.append(write_atomically(path, csv_text(item.data)))
            elif suffix == "svg":
                paths.append(write_atomically(path, with_fonts(item.svg)))
            else:
                paths.append(
                    write_figure(item.figure, path, title=item.title, description=item.alt)
                )
        plt.close(item.figure)
    return paths


def out_of_pyplot(figures: Sequence[NamedFigure]) -> tuple[NamedFigure, ...]:
    """The same figures, which pyplot no longer shows by itself beside what shows them.

    Parameters
    ----------
    figures
        Just drawn.
    """
    for item in figures:
        plt.close(item.figure)
    return tuple(figures)


def chosen_formats(written: str) -> tuple[str, ...]:
    """Formats from a list with commas.

    Parameters
    ----------
    written
        As on the command line, formats with commas between them.

    Raises
    ------
    OptionError
        When one of them is unknown, or there is none.

    Examples
    --------
    >>> chosen_formats("csv, svg")
    ('csv', 'svg')
    """
    found = tuple(dict.fromkeys(item.strip().lower() for item in written.split(",")))
    unknown = [item for item in found if item not in FORMATS]
    if unknown:
        raise OptionError(
            "A figure is written in other formats than this.",
            value=", ".join(unknown),
            fix=f"Some of: {', '.join(FORMATS)}.",
        )
    return found


def picture_of(
    figure: NamedFigure, caption: str = "", *, narrow: NamedFigure | None = None
) -> Picture:
    """A figure as a block of a brief: its SVG from the opening tag on.

    Parameters
    ----------
    figure
        To stand in a brief.
    caption
        Beneath it; empty where the title says enough.
    narrow
        The same for a phone; None where it is narrow enough, or cannot be.
    """
    return Picture(
        figure.name,
        _element(figure),
        figure.title,
        figure.pattern or figure.alt,
        caption,
        f"figures/{figure.name}.csv",
        "" if narrow is None else _element(narrow),
    )


def in_two_forms(
    figures: Sequence[NamedFigure], narrow: Sequence[NamedFigure]
) -> tuple[Picture, ...]:
    """Figures as blocks of a brief, each with its form for a phone where that is narrower.

    Parameters
    ----------
    figures
        As a page shows them.
    narrow
        Drawn for a phone, of the same names; what is no narrower there has one form.
    """
    by_name = {item.name: item for item in narrow}
    return tuple(
        picture_of(item, narrow=other if other is not None and _is_narrower(other, item) else None)
        for item in figures
        for other in (by_name.get(item.name),)
    )


def other_widths(figures: Sequence[NamedFigure], width: float, language: Language) -> list[str]:
    """What to say of figures that could not be made as wide as was asked.

    Parameters
    ----------
    figures
        Drawn for a width.
    width
        That was asked for, in inches.
    language
        Of the texts: Dutch or English.
    """
    sizes = {item.name: float(item.figure.get_size_inches()[0]) for item in figures}
    return [
        text(
            "figures.other_width",
            language,
            name=name,
            wide=number(25.4 * wide, language),
            asked=number(25.4 * width, language),
        )
        for name, wide in sizes.items()
        if wide > 1.02 * width
    ]


def _is_narrower(narrow: NamedFigure, wide: NamedFigure) -> bool:
    first, second = (float(item.figure.get_size_inches()[0]) for item in (narrow, wide))
    return first < 0.9 * second


def _element(figure: NamedFigure) -> str:
    return figure.svg[figure.svg.index("<svg") :]


def _height(label: str, points: float) -> float:
    return text_size(label, points)[1] + 0.25 * points / 72 + _MARGIN / 2


def _grow(figure: Figure, room: float) -> None:
    """Make a figure higher and leave the new part, at its top, empty."""
    width, height = figure.get_size_inches()
    kept = height / (height + room)
    figure.set_size_inches(width, height + room)
    engine = figure.get_layout_engine()
    if isinstance(engine, ConstrainedLayoutEngine):
        engine.set(rect=(0, 0, 1, kept))
        return
    for axes in figure.axes:
        left, bottom, wide, high = axes.get_position().bounds
        axes.set_position((left, bottom * kept, wide, high * kept))


def _write_head(
    figure: Figure, lines: list[tuple[str, float]], heights: list[float], *, marked: bool
) -> None:
    width, height = figure.get_size_inches()
    top = height - _MARGIN
    for place, ((label, points), high) in enumerate(zip(lines, heights, strict=True)):
        is_mark = marked and place == 0
        inset = _MARK_ROOM / 2 if is_mark else 0.0
        figure.text(
            (_MARGIN + inset) / width,
            (top - inset) / height,
            label,
            fontsize=points,
            fontweight="bold" if is_mark else "normal",
            linespacing=LINE_SPACING,
            ha="left",
            va="top",
            bbox=dict(_MARK_BOX) if is_mark else None,
        )
        top -= high
