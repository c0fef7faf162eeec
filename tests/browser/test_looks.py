"""How a brief looks: on a desk, on a phone, on paper, in the dark. Screenshots are kept to look at.

They go to the folder that VM2CAUSAL_ARTEFACTS names, else to the test's own.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pypdf import PdfReader

from brief_examples import example_brief
from figure_cases import table_tables
from vm2causal.report.brief.content.blocks import Brief, Picture, Section
from vm2causal.report.brief.html.page import render_html
from vm2causal.report.canvas.form import PHONE, drawn_for
from vm2causal.report.figures.named_figure import in_two_forms, out_of_pyplot
from vm2causal.texts import Language
from vm2causal.workflow.figures import draw_figure


@pytest.fixture(scope="module")
def pictures() -> tuple[Picture, ...]:
    wide = draw_figure("arrows", table_tables(), Language.NL)
    with drawn_for(PHONE):
        narrow = draw_figure("arrows", table_tables(), Language.NL)
    return in_two_forms(wide, out_of_pyplot(narrow))


@pytest.fixture(scope="module")
def source(pictures: tuple[Picture, ...]) -> str:
    brief: Brief = example_brief(Language.NL)
    section = Section("figures", "Hoe sterk is elk verband", pictures)
    return render_html(replace(brief, second=(*brief.second, section)))


@pytest.fixture
def artefacts(tmp_path: Path) -> Path:
    folder = Path(os.environ.get("VM2CAUSAL_ARTEFACTS", tmp_path))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.mark.parametrize(("width", "name"), [(1280, "desktop"), (390, "phone")])
def test_a_figure_has_the_form_of_its_screen(
    open_page, source: str, artefacts: Path, width: int, name: str
) -> None:
    page = open_page(source, width=width)
    page.screenshot(path=artefacts / f"{name}.png", full_page=True)
    forms = page.locator("figure.has-narrow").first.locator("> svg")
    assert [one.is_visible() for one in forms.all()] == [width > 700, width < 700]
    shown = forms.nth(0 if width > 700 else 1)
    box = shown.bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= width, "no part of it is cut off, the zero line included"
    heights = shown.locator("text").evaluate_all(
        "items => items.map((item) => item.getBoundingClientRect().height)"
    )
    assert min(heights) >= 9, "letters can be read without enlarging"


def test_letters_are_text_in_the_font_that_came_along(open_page, source: str) -> None:
    page = open_page(source)
    assert page.evaluate("document.fonts.ready.then(() => document.fonts.size)") >= 1
    loaded = page.evaluate(
        "[...document.fonts].filter((one) => one.status === 'loaded').map((one) => one.family)"
    )
    assert any("DejaVu Sans" in family for family in loaded)
    words = page.locator("figure.has-narrow svg").first.locator("text").all_text_contents()
    assert any("standaardafwijking" in line for line in words)


def test_figures_are_dark_in_the_dark(chromium, source: str, artefacts: Path, tmp_path) -> None:
    path = tmp_path / "brief.html"
    path.write_text(source, encoding="utf-8")
    shades = {}
    for scheme in ("light", "dark"):
        context = chromium.new_context(color_scheme=scheme, viewport={"width": 1280, "height": 900})
        page = context.new_page()
        page.goto(path.as_uri())
        page.screenshot(path=artefacts / f"{scheme}.png")
        figure = artefacts / f"figure-{scheme}.png"
        page.locator("figure.has-narrow").first.screenshot(path=figure)
        shades[scheme] = float(np.median(np.asarray(Image.open(figure).convert("L"))))
        context.close()
    assert shades["light"] > 240
    assert shades["dark"] < 60


def test_on_paper_the_wide_form_is_printed(open_page, source: str, artefacts: Path) -> None:
    page = open_page(source, width=390)
    path = artefacts / "print.pdf"
    page.pdf(path=path, prefer_css_page_size=True)
    said = " ".join(leaf.extract_text() for leaf in PdfReader(path).pages)
    assert said.count("per standaardafwijking van de oorzaak") == 1
