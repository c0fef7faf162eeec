"""The brief in a browser: reading it on any screen, by keyboard, by ear and on paper."""

from dataclasses import replace
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from pypdf import PdfReader

from brief_examples import HOSTILE, example_brief, hostile_brief
from vm2causal.report.brief.content.blocks import Cell, Column, Section, Table
from vm2causal.report.brief.html.page import render_html
from vm2causal.report.canvas.figure_files import svg_text
from vm2causal.report.graph.picture import draw_model
from vm2causal.spec import CausalSpec, Variable
from vm2causal.spec.objects import Label
from vm2causal.texts import Language, text

_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]
_AXE_OPTIONS = {"runOnly": _RULES, "resultTypes": ["violations", "incomplete"]}


def column(page, number: int) -> list[str]:
    return page.locator(
        f"table[data-sorts] >> nth=1 >> css=tbody tr > :nth-child({number})"
    ).all_inner_texts()


@pytest.mark.parametrize(("language", "width"), [(Language.NL, 1280), (Language.EN, 390)])
def test_no_barrier_is_found(open_page, language: Language, width: int) -> None:
    page = open_page(render_html(example_brief(language)), width=width)
    page.locator("details.settings").evaluate("item => { item.open = true }")
    results = Axe().run(page, options=_AXE_OPTIONS)
    assert results.violations_count == 0, results.generate_report()
    unclear = [item for item in results.response["incomplete"] if item["id"] != "color-contrast"]
    assert [item["id"] for item in unclear] == []


def test_a_page_without_scripts_tells_the_same(open_page, brief_source: str) -> None:
    page = open_page(brief_source, scripts=False)
    assert not page.locator(".panel").is_visible()
    assert page.locator("details.settings table").is_visible()
    assert page.get_by_text(text("panel.table.plain", Language.NL)).is_visible()
    assert page.locator("th button").count() == 0


# 640 px is a window of 1280 px at 200%; 320 px is one at 400% (WCAG 1.4.10).
@pytest.mark.parametrize("width", [320, 390, 640, 1280])
def test_only_tables_and_figures_scroll_sideways(open_page, width: int) -> None:
    page = open_page(render_html(hostile_brief()), width=width)
    page.locator("details.settings").evaluate("item => { item.open = true }")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    sticking_out = page.evaluate(
        """() => [...document.querySelectorAll("main *, header *, footer *")]
            .filter((item) => !item.closest(".scroll, svg, .skip"))
            .filter((item) => item.getBoundingClientRect().right > innerWidth + 1)
            .map((item) => item.outerHTML.slice(0, 80))"""
    )
    assert sticking_out == []


def test_larger_letters_do_not_widen_the_page(open_page, brief_source: str) -> None:
    page = open_page(brief_source)
    page.locator("html").evaluate("item => { item.style.fontSize = '200%' }")
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280


def test_a_hostile_name_is_shown_and_does_nothing(open_page) -> None:
    page = open_page(render_html(hostile_brief()))
    assert page.get_by_role("heading", name=HOSTILE[0]).is_visible()
    assert page.locator("script").count() == 2


def test_a_script_from_elsewhere_is_refused(chromium, brief_source: str) -> None:
    context = chromium.new_context()
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.set_content(
        brief_source.replace("</main>", "<script>document.title = 'x'</script></main>")
    )
    assert page.title() != "x"
    assert any("Content Security Policy" in line for line in said)
    context.close()


def test_the_annex_is_closed_until_a_link_leads_into_it(open_page, brief_source: str) -> None:
    page = open_page(brief_source, closed=True)
    heading = page.locator("details.section h4").first
    assert not heading.is_visible()
    page.locator("nav.contents a").first.click()
    assert heading.is_visible()
    assert page.locator("details.section[open]").count() == 1


@pytest.mark.parametrize("width", [390, 1280])
def test_the_first_finding_is_on_the_first_screen(open_page, brief_source: str, width: int) -> None:
    page = open_page(brief_source, width=width, closed=True)
    box = page.locator("article.finding").first.bounding_box()
    assert box is not None
    assert box["y"] < 844


# -- keyboard -----------------------------------------------------------------------------------


def test_the_first_stop_skips_to_the_content(open_page, brief_source: str) -> None:
    page = open_page(brief_source)
    page.keyboard.press("Tab")
    link = page.locator(":focus")
    assert link.inner_text() == text("brief_page.skip", Language.NL)
    assert page.evaluate("document.activeElement.getBoundingClientRect().top") >= 0
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"


def test_focus_is_seen_wherever_it_goes(open_page, brief_source: str) -> None:
    page = open_page(brief_source)
    seen: list[str] = []
    for _ in range(60):
        page.keyboard.press("Tab")
        name = page.evaluate("document.activeElement.tagName")
        if name == "BODY":
            break
        seen.append(name)
        shown = page.evaluate(
            """() => [document.activeElement, document.activeElement.closest("label")]
                .filter(Boolean).some((item) => getComputedStyle(item).outlineStyle === "solid")"""
        )
        assert shown, page.evaluate("document.activeElement.outerHTML")
    assert {"A", "INPUT", "SELECT", "BUTTON", "SUMMARY", "DIV"} <= set(seen)


# -- tables -------------------------------------------------------------------------------------


def test_a_table_sorts_up_down_and_back(open_page, brief_source: str) -> None:
    page = open_page(brief_source)
    asis = column(page, 1)
    assert asis == ["Zwolle", "appel", "School É", "Éénhoorn", "Onbekend"]
    head = page.get_by_role("columnheader", name="School", exact=True)
    head.get_by_role("button").press("Enter")
    assert head.get_attribute("aria-sort") == "ascending"
    assert column(page, 1) == ["appel", "Éénhoorn", "Onbekend", "School É", "Zwolle"]
    head.get_by_role("button").press("Space")
    assert head.get_attribute("aria-sort") == "descending"
    assert column(page, 1) == ["Zwolle", "School É", "Onbekend", "Éénhoorn", "appel"]
    head.get_by_role("button").click()
    assert head.get_attribute("aria-sort") is None
    assert column(page, 1) == asis


def test_numbers_sort_as_numbers_and_unknown_ones_last(open_page, brief_source: str) -> None:
    page = open_page(brief_source)
    button = page.get_by_role("button", name="Verschil in procentpunten")
    button.click()
    assert column(page, 2) == ["−12,0", "−4,1", "0,5", "3,2", "–"]
    button.click()
    assert column(page, 2) == ["3,2", "0,5", "−4,1", "−12,0", "–"]


def test_equal_cells_keep_their_order(open_page, brief_source: str) -> None:
    page = open_page(brief_source)
    page.get_by_role("button", name="Leerlingen", exact=True).click()
    assert column(page, 3) == ["7", "43", "91", "1250", "–"]
    page.get_by_role("button", name="Oordeel").click()
    assert page.locator("th[aria-sort]").count() == 1
    assert column(page, 1) == ["Onbekend", "Zwolle", "appel", "School É", "Éénhoorn"]


# -- paper --------------------------------------------------------------------------------------


def test_every_printed_page_bears_the_mark(open_page, tmp_path: Path) -> None:
    language = Language.EN
    page = open_page(render_html(example_brief(language)))
    path = tmp_path / "brief.pdf"
    page.pdf(path=path, prefer_css_page_size=True)
    brief = example_brief(language)
    said = [leaf.extract_text() for leaf in PdfReader(path).pages]
    assert len(said) >= 3
    for leaf in said:
        assert brief.synthetic.lower() in leaf.lower()
        assert brief.made in leaf
    everything = " ".join(" ".join(said).split())
    assert text("whatif_table.now", language) in everything  # the table prints, though closed
    assert "://" not in everything


def test_the_head_of_a_long_table_stands_on_each_of_its_pages(open_page, tmp_path: Path) -> None:
    rows = tuple((Cell(f"school {k}"), Cell(str(k), k)) for k in range(150))
    columns = (Column("Naam van de school"), Column("Leerlingen", numeric=True))
    table = Table("long", "Alle scholen", columns, rows)
    brief = replace(
        example_brief(), first=(Section("s", "Scholen", (table,)),), second=(), annex=()
    )
    page = open_page(render_html(brief))
    path = tmp_path / "brief.pdf"
    page.pdf(path=path, prefer_css_page_size=True)
    leaves = [leaf.extract_text() for leaf in PdfReader(path).pages]
    with_rows = [leaf for leaf in leaves if "school 1" in leaf]
    assert len(with_rows) >= 2
    assert all("Naam van de school" in leaf for leaf in with_rows)


def test_no_finding_is_broken_over_pages(open_page, tmp_path: Path) -> None:
    brief = example_brief()
    page = open_page(render_html(brief))
    path = tmp_path / "brief.pdf"
    page.pdf(path=path, prefer_css_page_size=True)
    leaves = [" ".join(leaf.extract_text().split()) for leaf in PdfReader(path).pages]
    for title, licence in (
        ("Meer samenwerking, minder uitval", "als de pijlen van het model kloppen"),
        ("Scholen met meer begeleiding", "Het kan ook aan iets anders liggen"),
        ("Pedagogiek", "Niet toetsbaar met deze gegevens"),
    ):
        assert [title in leaf for leaf in leaves] == [licence in leaf for leaf in leaves]


def test_a_hostile_name_in_a_figure_stays_text(open_page) -> None:
    label = "".join(HOSTILE)
    spec = CausalSpec(name="m", variables={"a": Variable(label=Label(nl=label, en=label))})
    svg = svg_text(draw_model(spec, language=Language.EN), title=label, description=f"--> {label}")
    page = open_page(f"<!DOCTYPE html><title>m</title><main>{svg[svg.index('<svg') :]}</main>")
    assert page.locator("script, style[onload], foreignObject").count() == 0
    assert page.locator("svg > title").text_content() == label
