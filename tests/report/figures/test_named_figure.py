"""Finishing, writing and embedding figures."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pandas as pd
import pytest
from matplotlib.figure import Figure
from PIL import Image

from figure_cases import texts_of, unreadable
from vm2causal.errors import OptionError
from vm2causal.report.figures import named_figure
from vm2causal.report.figures.named_figure import (
    PUBLISHED,
    NamedFigure,
    chosen_formats,
    finish_figure,
    picture_of,
    save_figures,
)
from vm2causal.texts import Language

DATA = pd.DataFrame(
    {"what": ["a", "b"], "effect": [{"mean": 0.1, "lower": -1 / 3}, None], "number": [1, 2]}
)


def figure_of(
    *,
    synthetic: bool = True,
    published: bool = False,
    title: str = "Een titel",
    layout: str | None = None,
) -> NamedFigure:
    figure = Figure(figsize=(4.0, 2.0), layout=layout)
    axes = figure.subplots() if layout else figure.add_axes((0.25, 0.25, 0.5, 0.5))
    axes.plot([0, 1], [0, 1])
    return finish_figure(
        figure,
        name="a-ç",
        title=title,
        alt="Een lijn van 0 naar 1.",
        data=DATA,
        language=Language.NL,
        synthetic=synthetic,
        published=published,
    )


def test_a_head_leaves_what_is_drawn_at_its_size() -> None:
    marked, plain = (figure_of(synthetic=synthetic).figure for synthetic in (True, False))
    assert 2.0 < plain.get_figheight() < marked.get_figheight()
    for figure in (marked, plain):
        width, height = figure.get_size_inches()
        left, bottom, wide, high = figure.axes[0].get_position().bounds
        inches = (left * width, bottom * height, wide * width, high * height)
        assert inches == pytest.approx((1.0, 0.5, 2.0, 1.0))


@pytest.mark.parametrize("layout", [None, "constrained"])
def test_a_long_title_is_wrapped_above_the_drawing(layout: str | None) -> None:
    title = "Waarlangs samenwerking werkt op voortijdig schoolverlaten " * 3
    figure = figure_of(title=title.strip(), layout=layout).figure
    assert unreadable(figure) == []
    assert "Synthetische gegevens" in texts_of(figure)


def test_what_is_synthetic_is_said_to_those_who_cannot_see_it() -> None:
    assert figure_of().alt == "Synthetische gegevens. Een lijn van 0 naar 1."
    assert figure_of(synthetic=False).alt == "Een lijn van 0 naar 1."


def test_a_figure_is_written_in_three_formats(tmp_path: Path) -> None:
    drawn = figure_of()
    paths = save_figures([drawn], tmp_path)
    assert [path.name for path in paths] == ["a-ç.svg", "a-ç.png", "a-ç.csv"]
    root = ElementTree.fromstring(paths[0].read_bytes())
    assert root.find("{http://www.w3.org/2000/svg}desc").text == drawn.alt
    with Image.open(paths[1]) as image:
        assert image.info["dpi"] == pytest.approx((300, 300), abs=0.1)
        assert image.info["Description"] == drawn.alt
        assert image.width == round(300 * drawn.figure.get_figwidth())
    table = pd.read_csv(paths[2])
    assert list(table.columns) == ["what", "effect_mean", "effect_lower", "number", "origin"]
    # numbers are rounded before a figure is drawn, so that it and its table say the same
    assert table["effect_lower"][0] == pytest.approx(-1 / 3)
    assert table["effect_mean"].isna().tolist() == [False, True]


def test_numbers_say_where_they_come_from() -> None:
    assert set(figure_of().data["origin"]) == {"synthetic"}
    assert set(figure_of(synthetic=False).data["origin"]) == {"real"}
    assert set(figure_of(synthetic=False, published=True).data["origin"]) == {PUBLISHED}


def test_only_the_formats_that_were_asked_for(tmp_path: Path) -> None:
    (path,) = save_figures([figure_of()], tmp_path, formats=("csv",))
    assert path.suffix == ".csv"
    assert chosen_formats("SVG, png,svg") == ("svg", "png")
    with pytest.raises(OptionError, match=r"Got: 'pdf'. Some of: svg, png, csv."):
        chosen_formats("svg,pdf")


def test_a_figure_is_drawn_once_for_its_file_and_its_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn, times = figure_of(), list[object]()
    draw = named_figure.svg_text

    def counted(figure: Figure, **described: str) -> str:
        times.append(figure)
        return draw(figure, **described)

    monkeypatch.setattr(named_figure, "svg_text", counted)
    path, _, _ = save_figures([drawn], tmp_path)
    written = path.read_text()
    assert "data:font/woff;base64," in written
    without = re.sub(r"@font-face\{[^}]*\}\n?", "", written)
    assert without.endswith(picture_of(drawn).svg)
    assert times == [drawn.figure]


def test_a_picture_is_the_svg_alone() -> None:
    drawn = figure_of()
    picture = picture_of(drawn, "Bijschrift")
    assert picture.svg.startswith("<svg")
    assert (picture.name, picture.title, picture.alt) == (drawn.name, drawn.title, drawn.alt)
    assert picture.caption == "Bijschrift"
    assert ElementTree.fromstring(picture.svg).attrib["role"] == "img"
