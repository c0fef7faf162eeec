"""A causal model as a picture: layered by its steps, arrows drawn by their evidence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from vm2causal.report.canvas.style import BLACK, GREY, figure_style
from vm2causal.report.canvas.text_size import LINE_SPACING, text_size, wrapped
from vm2causal.report.graph.arrow_looks import ArrowLooks, evidence_looks
from vm2causal.report.graph.content import PictureContent, picture_alt_text, picture_content
from vm2causal.report.graph.geometry import Box, Line, Stretch
from vm2causal.report.graph.layering import assign_layers
from vm2causal.report.graph.layout import Layout, lay_out
from vm2causal.report.graph.marks import (
    MODERATOR_STYLE,
    LineStyle,
    draw_box,
    draw_onto,
    draw_stretch,
    middle_of,
    sign_place,
)
from vm2causal.spec.causal_spec import CausalSpec
from vm2causal.spec.graph import CausalGraph
from vm2causal.texts import Language, text

__all__ = ["draw_content", "draw_model", "picture_alt_text"]

_LABEL_POINTS: Final = 9.5
_HEADING_POINTS: Final = 10.0
_TITLE_POINTS: Final = 13.0
_LEGEND_POINTS: Final = 9.0
_MARGIN: Final = 0.3
_PADDING: Final = (0.13, 0.1)
_SAMPLE: Final = 0.5
"""Length of a line in the legend; all lengths in inches, type in points."""


@dataclass(frozen=True)
class _Entry:
    """One entry of the legend: a line, a box (style None), or a text alone (empty sample)."""

    label: str
    style: LineStyle | None = None
    box: bool = False
    selected: bool = False

    @property
    def width(self) -> float:
        sample = _SAMPLE + 0.1 if self.style or self.box else 0.0
        return sample + text_size(self.label, _LEGEND_POINTS)[0] + 0.25


def draw_model(
    spec_or_graph: CausalSpec | CausalGraph, *, language: Language, evidence: bool = True
) -> Figure:
    """Draw a causal model.

    Causes stand left and outcomes right, in the columns of the model's steps when it has them.
    The line of an arrow shows its evidence, the sign before its head the expected direction;
    grey dashed boxes are unobserved, rounded boxes are measured by items, a double border marks
    what all units in the data have. No arrow runs through
    a box. The figure grows with the graph.

    Parameters
    ----------
    spec_or_graph
        A model, or a bare graph.
    language
        Language of every text.
    evidence
        False draws all arrows alike.

    Returns
    -------
    matplotlib.figure.Figure
        To be written with ``vm2causal.report.canvas.figure_files.write_figure``; its text
        alternative comes from ``picture_alt_text``.

    Examples
    --------
    >>> graph = CausalGraph.of([("u", "x"), ("u", "y"), ("x", "y")], unobserved=["u"])
    >>> figure = draw_model(graph, language=Language.EN)
    >>> sorted(item.get_text() for item in figure.axes[0].texts)
    ['u', 'unobserved', 'x', 'y']
    """
    content = picture_content(spec_or_graph, language=language, evidence=evidence)
    return draw_content(content, evidence_looks(content, language), language)


def draw_content(content: PictureContent, looks: ArrowLooks, language: Language) -> Figure:
    """Draw what a picture shows, its arrows as ``looks`` says.

    Parameters
    ----------
    content
        What the picture shows, in words.
    looks
        How each arrow is drawn.
    language
        Of the texts: Dutch or English.
    """
    layout = laid_out(content, looks)
    with figure_style():
        return _drawn(content, layout, looks, language)


def laid_out(content: PictureContent, looks: ArrowLooks) -> Layout:
    """Where everything of a picture stands, in inches.

    Parameters
    ----------
    content
        What the picture shows, in words.
    looks
        How each arrow is drawn.
    """
    place = {step: index for index, step in enumerate(content.steps)}
    steps = {
        name: place[node.step] for name, node in content.nodes.items() if node.step is not None
    }
    pairs = [(arrow.cause, arrow.effect) for arrow in content.arrows]
    layers = assign_layers(pairs, list(content.nodes), steps)
    lines = [
        Line(arrow.cause, arrow.effect, looks.bundles[arrow.cause, arrow.effect])
        for arrow in content.arrows
    ]
    return lay_out(layers, {name: _box_size(content, name) for name in content.nodes}, lines)


def _box_size(content: PictureContent, name: str) -> tuple[float, float]:
    width, height = text_size(_box_label(content, name), _LABEL_POINTS)
    return max(width + 2 * _PADDING[0], 0.5), height + 2 * _PADDING[1]


def _box_label(content: PictureContent, name: str) -> str:
    return wrapped(content.nodes[name].label, 19)


def _drawn(
    content: PictureContent, layout: Layout, looks: ArrowLooks, language: Language
) -> Figure:
    headings = _headings(content, layout)
    entries = _entries(content, looks, language)
    right = max(side[1] for side in layout.columns)
    bottom = max(box.bottom for box in layout.boxes.values())
    bottom = max([bottom, *(stretch.end[1] for stretch in layout.stretches)])
    top = min([0.0, *(stretch.end[1] for stretch in layout.stretches)])
    title_width, title_height = text_size(content.title, _TITLE_POINTS, bold=True)
    legend_width = max((entry.width for entry in entries), default=0.0)
    width = max(right, title_width, legend_width, min(sum(item.width for item in entries), 5.6))
    rows = _rows(entries, width)
    above = (title_height + 0.3 if content.title else 0.0) + _heading_height(headings)
    below = 0.3 + 0.26 * len(rows)
    size = (width + 2 * _MARGIN, bottom - top + above + below + 2 * _MARGIN)
    axes = _canvas(size, origin=(-_MARGIN - (width - right) / 2, top - above - _MARGIN))
    if content.title:
        left, upper = -(width - right) / 2, top - above + title_height / 2
        _write(axes, left, upper, content.title, _TITLE_POINTS, weight="bold", ha="left")
    _draw_headings(axes, headings, layout, top, bottom)
    _draw_arrows(axes, looks, layout)
    _draw_moderators(axes, looks, layout)
    _draw_boxes(axes, content, layout)
    _draw_legend(axes, rows, -(width - right) / 2, bottom + 0.45)
    figure = axes.get_figure()
    assert isinstance(figure, Figure)
    return figure


def _canvas(size: tuple[float, float], origin: tuple[float, float]) -> Axes:
    """Axes in inches over a whole figure, y downwards."""
    figure = Figure(figsize=size)
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_xlim(origin[0], origin[0] + size[0])
    axes.set_ylim(origin[1] + size[1], origin[1])
    axes.set_axis_off()
    return axes


def _headings(content: PictureContent, layout: Layout) -> dict[int, str]:
    """Heading of each column that is a step of the model."""
    headings: dict[int, str] = {}
    for name, node in content.nodes.items():
        if node.step is not None:
            middle = layout.boxes[name].x
            column = next(i for i, side in enumerate(layout.columns) if side[0] < middle < side[1])
            room = layout.columns[column][1] - layout.columns[column][0]
            longest = max(10, int(room * 11))
            headings[column] = wrapped(content.steps[node.step], longest)
    return headings


def _heading_height(headings: dict[int, str]) -> float:
    heights = [text_size(item, _HEADING_POINTS, bold=True)[1] for item in headings.values()]
    return max(heights) + 0.4 if heights else 0.0


def _draw_headings(
    axes: Axes, headings: dict[int, str], layout: Layout, top: float, bottom: float
) -> None:
    height = _heading_height(headings)
    for column, heading in headings.items():
        left, right = layout.columns[column]
        band = Rectangle(
            (left - 0.12, top - height + 0.06),
            right - left + 0.24,
            bottom - top + height + 0.1,
            facecolor="#F5F7FA",
            edgecolor="none",
            zorder=0,
        )
        axes.add_patch(band)
        _write(
            axes,
            (left + right) / 2,
            top - height / 2,
            heading,
            _HEADING_POINTS,
            weight="bold",
        )


def _draw_arrows(axes: Axes, looks: ArrowLooks, layout: Layout) -> None:
    for stretch in layout.stretches:
        draw_stretch(axes, stretch, looks.styles[stretch.line.bundle])
        mark = looks.marks.get((stretch.line.cause, stretch.line.effect))
        if stretch.head and mark is not None:
            x, y = sign_place(stretch)
            patch = {"facecolor": "white", "edgecolor": "none", "boxstyle": "circle,pad=0.05"}
            _write(axes, x, y, mark, 7.5, weight="bold", zorder=3.5, bbox=patch)


def _draw_moderators(axes: Axes, looks: ArrowLooks, layout: Layout) -> None:
    """An arrow into an arrow: from the box of what it depends on to the arrow's longest piece."""
    for name, pair in looks.moderators:
        own = [item for item in layout.stretches if (item.line.cause, item.line.effect) == pair]
        box = layout.boxes.get(name)
        if box is None or not own:
            continue
        longest = max(own, key=lambda item: abs(item.end[0] - item.start[0]))
        draw_onto(axes, (box.x, box.y), middle_of(longest), MODERATOR_STYLE)


def _draw_boxes(axes: Axes, content: PictureContent, layout: Layout) -> None:
    for name, box in layout.boxes.items():
        node = content.nodes[name]
        draw_box(axes, box, observed=node.observed, latent=node.latent, selected=node.selected)
        style = "normal" if node.observed else "italic"
        color = BLACK if node.observed else "#4A4A4A"
        label = _box_label(content, name)
        _write(axes, box.x, box.y, label, _LABEL_POINTS, style=style, color=color)


def _entries(content: PictureContent, looks: ArrowLooks, language: Language) -> list[_Entry]:
    entries = [_Entry(label, style) for label, style in looks.legend]
    if any(not node.observed for node in content.nodes.values()):
        entries.append(_Entry(text("model.picture.unobserved", language), box=True))
    if any(node.selected for node in content.nodes.values()):
        entries.append(_Entry(text("model.picture.selected", language), box=True, selected=True))
    if any(arrow.sign for arrow in content.arrows):
        entries.append(_Entry(text("model.picture.signs", language)))
    return entries


def _rows(entries: list[_Entry], width: float) -> list[list[_Entry]]:
    rows: list[list[_Entry]] = []
    for entry in entries:
        if rows and sum(item.width for item in rows[-1]) + entry.width <= width:
            rows[-1].append(entry)
        else:
            rows.append([entry])
    return rows


def _draw_legend(axes: Axes, rows: list[list[_Entry]], left: float, top: float) -> None:
    for number, row in enumerate(rows):
        x, y = left, top + 0.26 * number
        for entry in row:
            start = x
            if entry.style is not None:
                line = Stretch((x, y), (x + _SAMPLE, y), "flow", Line("", ""), True)
                draw_stretch(axes, line, entry.style)
            if entry.box:
                sample = Box(x + 0.2, y, 0.4, 0.17)
                chosen = entry.selected
                draw_box(axes, sample, observed=chosen, latent=False, selected=chosen)
            if entry.style is not None or entry.box:
                start = x + _SAMPLE + 0.1
            _write(axes, start, y, entry.label, _LEGEND_POINTS, ha="left", color=GREY)
            x += entry.width


def _write(axes: Axes, x: float, y: float, label: str, points: float, **style: object) -> None:
    """Write a text around a point; a single line by its letters, whatever hangs below them."""
    single = "\n" not in label
    settings: dict[str, object] = {"ha": "center", "va": "baseline" if single else "center"}
    settings |= {"zorder": 5} | style
    lowered = y + (0.33 * points / 72 if single else 0.0)
    # matplotlib types each keyword of a text; these are gathered from several callers
    axes.text(x, lowered, label, fontsize=points, linespacing=LINE_SPACING, **settings)  # type: ignore[arg-type]
