"""Pictures of models: legible, honest about evidence, the same on every run."""

from __future__ import annotations

import hashlib
import random
import subprocess
import sys
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch

from model_strategies import graphs
from vm2causal.errors import OptionError
from vm2causal.report.canvas.figure_files import svg_text, write_figure
from vm2causal.report.graph.arrow_looks import evidence_looks
from vm2causal.report.graph.content import picture_content
from vm2causal.report.graph.geometry import Box, Line, Stretch
from vm2causal.report.graph.layer_order import order_layers
from vm2causal.report.graph.layering import assign_layers
from vm2causal.report.graph.layout import Layout, lay_out
from vm2causal.report.graph.marks import LINE_STYLES, draw_stretch
from vm2causal.report.graph.picture import draw_model, laid_out, picture_alt_text
from vm2causal.spec import CausalGraph, CausalSpec, Evidence, list_models, read_model
from vm2causal.texts import Language


def _random_graph(nodes: int, share: float, seed: int) -> CausalGraph:
    generator = random.Random(seed)
    names = [f"variabele_{number:02d}" for number in range(nodes)]
    arrows = [pair for pair in combinations(names, 2) if generator.random() < share]
    return CausalGraph.of(arrows, nodes=names, unobserved=names[:2])


PICTURES: dict[str, CausalSpec | CausalGraph] = {
    **{name: read_model(name) for name in list_models()},
    "six nodes": CausalGraph.of(
        [("u", "x"), ("u", "y"), ("x", "m"), ("m", "y"), ("z", "x"), ("z", "y")], unobserved=["u"]
    ),
    "forty nodes": _random_graph(40, 0.05, seed=1),
    "forty nodes, dense": _random_graph(40, 0.12, seed=2),
    "no arrows": CausalGraph.of([], nodes=["a", "b"]),
}


def _overlaps(first: tuple[float, ...], second: tuple[float, ...]) -> bool:
    return (
        min(first[2], second[2]) > max(first[0], second[0]) + 0.5
        and min(first[3], second[3]) > max(first[1], second[1]) + 0.5
    )


def _text_boxes(figure: Figure) -> dict[str, tuple[float, ...]]:
    canvas = figure.canvas
    assert isinstance(canvas, FigureCanvasAgg)
    renderer = canvas.get_renderer()
    found = {}
    for number, item in enumerate(figure.axes[0].texts):
        extent = item.get_window_extent(renderer)
        found[f"{number}: {item.get_text()}"] = (extent.x0, extent.y0, extent.x1, extent.y1)
    return found


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("name", PICTURES)
def test_no_text_overlaps_another_or_leaves_the_figure(name: str, language: Language) -> None:
    figure = draw_model(PICTURES[name], language=language)
    texts = _text_boxes(figure)
    clashes = [pair for pair in combinations(texts, 2) if _overlaps(*(texts[t] for t in pair))]
    assert clashes == []
    width, height = figure.get_size_inches() * figure.dpi
    for box in texts.values():
        assert box[0] >= 0
        assert box[1] >= 0
        assert box[2] <= width
        assert box[3] <= height


def _points(stretch: Stretch) -> np.ndarray:
    """Points along the line that is drawn for a stretch."""
    axes = Figure().add_axes((0, 0, 1, 1))
    draw_stretch(axes, stretch, LINE_STYLES[None])
    path = next(item for item in axes.patches if isinstance(item, PathPatch)).get_path()
    corners, along = np.asarray(path.vertices), np.linspace(0, 1, 100)[:, None]
    if len(corners) == 2:
        return corners[0] + along * (corners[1] - corners[0])
    level = [corners[0] + along * (corners[1] - corners[0])]
    level.append(corners[4] + along * (corners[5] - corners[4]))
    weights = [(1 - along) ** 3, 3 * along * (1 - along) ** 2, 3 * along**2 * (1 - along), along**3]
    curve = sum(weight * corner for weight, corner in zip(weights, corners[1:5], strict=True))
    return np.concatenate([*level, curve])


def _inside(box: Box, points: np.ndarray) -> bool:
    x, y = points[:, 0], points[:, 1]
    within = (x > box.left + 0.02) & (x < box.right - 0.02)
    return bool((within & (y > box.top + 0.02) & (y < box.bottom - 0.02)).any())


def _assert_clear(layout: Layout, arrows: Sequence[tuple[str, str]]) -> None:
    """Boxes apart, every arrow with one head, and none through a box."""
    for first, second in combinations(layout.boxes.values(), 2):
        assert not (
            abs(first.x - second.x) < (first.width + second.width) / 2
            and abs(first.y - second.y) < (first.height + second.height) / 2
        )
    for stretch in layout.stretches:
        points = _points(stretch)
        assert not any(_inside(box, points) for box in layout.boxes.values()), stretch
    heads = [(item.line.cause, item.line.effect) for item in layout.stretches if item.head]
    assert sorted(heads) == sorted(arrows)


@settings(max_examples=40, deadline=None)
@given(graphs(most_nodes=10), st.data())
def test_no_arrow_runs_through_a_box(graph: CausalGraph, data: st.DataObject) -> None:
    """Whatever the steps (arrows back and within a step too), widths and bundles."""
    place = st.none() | st.integers(0, 2)
    steps = {node: step for node in graph.nodes if (step := data.draw(place)) is not None}
    widths = st.sampled_from([0.5, 1.0, 1.6])
    sizes = {node: (data.draw(widths), 0.35) for node in graph.nodes}
    lines = [Line(*pair, data.draw(st.sampled_from(["", "via"]))) for pair in graph.arrows]
    layout = lay_out(assign_layers(graph.arrows, graph.nodes, steps), sizes, lines)
    _assert_clear(layout, graph.arrows)


@pytest.mark.parametrize("name", list_models())
def test_no_arrow_of_a_shipped_model_runs_through_a_box(name: str) -> None:
    spec = read_model(name)
    content = picture_content(spec, language=Language.NL)
    layout = laid_out(content, evidence_looks(content, Language.NL))
    _assert_clear(layout, spec.graph.arrows)


def test_steps_are_columns_and_common_causes_stand_between() -> None:
    spec = read_model("onderzoeksmodel-2012")
    place = {step: number for number, step in enumerate(spec.steps)}
    steps = {key: place[item.step] for key, item in spec.variables.items() if item.step}
    layers = assign_layers(spec.graph.arrows, list(spec.variables), steps)
    columns = {
        step: {layers[key] for key, item in spec.variables.items() if item.step == step}
        for step in spec.steps
    }
    assert columns == {"voorwaarden": {1}, "programma": {2}, "binding": {4}, "uitkomst": {5}}
    assert {layers[key] for key in ("sector", "tranche", "krimp", "schoolkwaliteit")} == {0}
    assert {layers[key] for key in ("geslacht", "leeftijd", "lwoo")} == {3}


def test_crossings_that_can_be_avoided_are_avoided() -> None:
    left = [f"a{number}" for number in range(6)]
    right = [f"b{number}" for number in reversed(range(6))]
    ordered = order_layers([left, right], [(f"a{n}", f"b{n}") for n in range(6)])
    assert [name[1] for name in ordered[0]] == [name[1] for name in ordered[1]]


def test_a_figure_grows_with_its_graph() -> None:
    small = draw_model(PICTURES["six nodes"], language=Language.EN).get_size_inches()
    large = draw_model(PICTURES["forty nodes"], language=Language.EN).get_size_inches()
    assert (large > 1.5 * small).all()


def test_every_kind_of_evidence_has_a_line_of_its_own_without_colour() -> None:
    assert set(LINE_STYLES) == {*Evidence, None}
    looks = {(style.width, style.dashes, style.hatched) for style in LINE_STYLES.values()}
    assert len(looks) == len(LINE_STYLES)
    assert LINE_STYLES[Evidence.STERK].hatched
    assert LINE_STYLES[Evidence.NIET_GEVONDEN].dashes[0] == 1


def test_the_legend_names_what_is_shown_and_no_more() -> None:
    earlier, later = (
        {item.get_text() for item in draw_model(PICTURES[name], language=Language.NL).axes[0].texts}
        for name in ("onderzoeksmodel-2011", "onderzoeksmodel-2012")
    )
    assert {"niet gevonden", "sterkste steun", "niet waargenomen", "Uitkomst"} <= later
    assert "ondersteund" in earlier
    assert "niet gevonden" not in earlier
    plain = draw_model(PICTURES["onderzoeksmodel-2012"], language=Language.NL, evidence=False)
    assert "niet gevonden" not in {item.get_text() for item in plain.axes[0].texts}


@pytest.mark.parametrize("language", list(Language))
def test_the_text_alternative_lists_every_arrow(language: Language) -> None:
    spec = read_model("onderzoeksmodel-2012")
    told = picture_alt_text(spec, language=language)
    assert told.count("→") == len(spec.arrows)
    for arrow in spec.arrows:
        cause, effect = (spec.label(name, language) for name in arrow.key)
        assert f"{cause} → {effect}" in told
    plain = picture_alt_text(spec, language=language, evidence=False)
    assert plain.count("→") == len(spec.arrows)


def test_an_svg_carries_its_text_alternative() -> None:
    graph = PICTURES["six nodes"]
    figure = draw_model(graph, language=Language.EN)
    drawn = svg_text(
        figure, title="A & B", description=picture_alt_text(graph, language=Language.EN)
    )
    root = ElementTree.fromstring(drawn)
    space = "{http://www.w3.org/2000/svg}"
    assert root.attrib["role"] == "img"
    assert root.findtext(f"{space}title") == "A & B"
    assert "Unobserved: u." in (root.findtext(f"{space}desc") or "")
    assert "dc:date" not in drawn


def test_figures_are_written_whole_as_svg_or_png(tmp_path: Path) -> None:
    figure = draw_model(PICTURES["six nodes"], language=Language.EN)
    svg = write_figure(figure, tmp_path / "new" / "a.svg", title="t", description="d")
    png = write_figure(figure, tmp_path / "a.png", title="t", description="d")
    assert svg.read_text().startswith("<?xml")
    assert png.read_bytes().startswith(b"\x89PNG")
    with pytest.raises(OptionError, match=r"as SVG, PNG or PDF.* Got: 'a.gif'"):
        write_figure(figure, tmp_path / "a.gif", title="t", description="d")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.png", "new"]


def test_a_picture_is_the_same_in_every_process() -> None:
    code = (
        "import hashlib; from vm2causal.spec import read_model;"
        "from vm2causal.texts import Language;"
        "from vm2causal.report.graph.picture import draw_model;"
        "from vm2causal.report.canvas.figure_files import svg_text;"
        "figure = draw_model(read_model('onderzoeksmodel-2012'), language=Language.NL);"
        "print(hashlib.sha256(svg_text(figure, title='t', description='d').encode()).hexdigest())"
    )
    figure = draw_model(read_model("onderzoeksmodel-2012"), language=Language.NL)
    here = hashlib.sha256(svg_text(figure, title="t", description="d").encode()).hexdigest()
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONHASHSEED": "7", "PATH": ""},
    )
    assert done.stdout.strip() == here
