"""The brief on paper: tagged, whole, in order, and nothing in it read as anything but text."""

import os
import re
import shutil
import subprocess
import unicodedata
from collections import Counter
from dataclasses import replace
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.ft2font import FT2Font
from pypdf import PdfReader
from pypdf.generic import ArrayObject, DictionaryObject

from brief_examples import HOSTILE, example_brief, hostile_brief, picture, table
from vm2causal.errors import OptionError, Vm2CausalError
from vm2causal.report.brief.content.blocks import (
    Brief,
    Cell,
    Code,
    Column,
    Definitions,
    Finding,
    Paragraph,
    Picture,
    Section,
    Standing,
    Table,
    walk,
)
from vm2causal.report.brief.pdf.document import render_annex, render_pdf
from vm2causal.report.brief.pdf.table_layout import BREAK, MARGINS
from vm2causal.report.canvas.fonts import font_folder
from vm2causal.texts import Language, text

LANGUAGES = list(Language)


def rendered(brief: Brief) -> bytes:
    """The one part that a small brief has."""
    return render_pdf(brief) if brief.first else render_annex(brief)


def opened(brief: Brief) -> PdfReader:
    return PdfReader(BytesIO(rendered(brief)))


@pytest.fixture(scope="module", params=LANGUAGES, ids=str)
def language(request: pytest.FixtureRequest) -> Language:
    return request.param


@pytest.fixture(scope="module")
def brief(language: Language) -> Brief:
    return example_brief(language)


@pytest.fixture(scope="module", params=["pages", "annex"])
def part(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="module")
def sections(brief: Brief, part: str) -> tuple[Section, ...]:
    """What the document holds."""
    return brief.annex if part == "annex" else (*brief.first, *brief.second)


def title_of(brief: Brief, part: str) -> str:
    before = {Language.NL: "Bijlage: ", Language.EN: "Annex: "}[brief.language]
    return before + brief.title if part == "annex" else brief.title


@pytest.fixture(scope="module")
def written(brief: Brief, part: str) -> bytes:
    return render_annex(brief) if part == "annex" else render_pdf(brief)


@pytest.fixture(scope="module")
def pdf(written: bytes) -> PdfReader:
    return PdfReader(BytesIO(written))


def small(*blocks: Any, hurried: bool = False) -> Brief:
    """A brief of one section."""
    section = Section("only", "Only", blocks)
    parts = ((section,), (), ()) if hurried else ((), (), (section,))
    return Brief(Language.EN, "study", "Small", "", "Synthetic", *parts, "Made by hand")


def tags(pdf: PdfReader) -> list[DictionaryObject]:
    """Every structure element, in reading order."""

    def below(node: Any) -> list[DictionaryObject]:
        node = node.get_object()
        if isinstance(node, ArrayObject):
            return [found for item in node for found in below(item)]
        if not isinstance(node, DictionaryObject) or "/S" not in node:
            return []
        return [node, *(below(node["/K"]) if "/K" in node else [])]

    return below(pdf.trailer["/Root"]["/StructTreeRoot"]["/K"])


def text_of(pdf: PdfReader) -> str:
    return " ".join(page.extract_text() for page in pdf.pages)


def squeezed(words: str) -> str:
    """Without what a line may add or take: white, and places to break."""
    return re.sub(rf"[\s{BREAK}]+", "", words)


def test_the_file_says_that_it_is_accessible(pdf: PdfReader, language: Language) -> None:
    root = pdf.trailer["/Root"]
    assert "<pdfuaid:part>1</pdfuaid:part>" in root["/Metadata"].get_data().decode()
    assert root["/MarkInfo"]["/Marked"].value is True
    assert root["/Lang"] == language.value
    assert root["/ViewerPreferences"]["/DisplayDocTitle"].value is True


def test_title_and_author_stand_in_the_metadata(pdf: PdfReader, brief: Brief, part: str) -> None:
    assert pdf.metadata is not None
    assert pdf.metadata.title == f"{title_of(brief, part)} ({brief.synthetic})"
    assert pdf.metadata.author == "vm2causal"


def test_equal_briefs_give_equal_bytes(written: bytes, brief: Brief, part: str) -> None:
    again = render_annex(replace(brief)) if part == "annex" else render_pdf(replace(brief))
    assert again == written
    assert b"/CreationDate" not in written


def test_every_picture_says_what_it_shows(pdf: PdfReader, sections: tuple[Section, ...]) -> None:
    pictures = [block for block in walk(sections) if isinstance(block, Picture)]
    assert pictures
    figures = [tag for tag in tags(pdf) if tag["/S"] == "/Figure"]
    assert Counter(tag["/Alt"] for tag in figures) == Counter(item.alt for item in pictures)


@pytest.mark.parametrize("alt", ["", " \n"])
def test_a_picture_without_words_is_refused(alt: str) -> None:
    mute = replace(picture("mute"), alt=alt)
    with pytest.raises(OptionError, match=r"says in words what it shows. Got: 'mute'. Give it"):
        rendered(small(mute))


def test_a_picture_that_is_none_is_refused_with_the_reason() -> None:
    with pytest.raises(Vm2CausalError, match="cannot be made into a PDF: failed to parse SVG"):
        rendered(small(replace(picture("broken"), svg="<svg")))


def test_tables_are_tagged_with_their_heads(pdf: PdfReader, part: str) -> None:
    kinds = Counter(tag["/S"] for tag in tags(pdf))
    columns, rows = {"pages": (5, 7), "annex": (4, 5)}[part]  # of the panel, of the schools
    assert kinds["/Table"] == kinds["/THead"] == 1
    assert kinds["/TH"] == columns
    assert kinds["/TD"] == rows * columns


def test_headings_are_in_order(pdf: PdfReader) -> None:
    kinds = [tag["/S"] for tag in tags(pdf)]
    levels = [int(kind[2:]) for kind in kinds if re.fullmatch(r"/H\d", kind)]
    assert levels[0] == 1
    assert all(lower - higher <= 1 for higher, lower in pairwise(levels))
    assert {1, 2, 3} <= set(levels) <= {1, 2, 3, 4}
    assert levels.count(1) == 1, "the title, and nothing else, is the first heading"


def test_bookmarks_and_contents_follow_the_sections(
    pdf: PdfReader, sections: tuple[Section, ...], part: str
) -> None:
    bookmarks = [item for item in pdf.outline if not isinstance(item, list)]
    assert [item.title for item in bookmarks] == [section.title for section in sections]
    for item in bookmarks:
        page = pdf.get_destination_page_number(item)
        assert page is not None
        assert item.title in pdf.pages[page].extract_text()
    links = [tag for tag in tags(pdf) if tag["/S"] == "/Link"]
    assert len(links) == (len(sections) + 1 if part == "annex" else 0)


def test_text_comes_in_reading_order(pdf: PdfReader, sections: tuple[Section, ...]) -> None:
    words = squeezed(text_of(pdf))
    places = []
    for block in walk(sections):
        shown = {
            Paragraph: lambda block: block.text,
            Finding: lambda block: block.sentences[0],
            Code: lambda block: block.text,
            Table: lambda block: block.note,
            Definitions: lambda block: block.pairs[-1][1],
        }.get(type(block))
        if shown is not None:
            places.append(words.index(squeezed(shown(block)), places[-1] if places else 0))
    assert len(places) >= 4


def test_every_page_carries_mark_number_and_making(pdf: PdfReader, brief: Brief) -> None:
    word = {Language.NL: "bladzijde", Language.EN: "page"}[brief.language]
    for place, page in enumerate(pdf.pages, start=1):
        words = page.extract_text()
        assert brief.synthetic in words
        assert brief.made in words
        assert f"{word} {place} / {len(pdf.pages)}" in words


def test_real_data_carry_no_mark() -> None:
    real = opened(replace(small(Paragraph("All real.")), synthetic=""))
    assert real.metadata.title == "Annex: Small"
    assert "Synthetic" not in text_of(real)


def test_no_page_is_turned_for_the_hurried() -> None:
    pages = opened(small(wide_table(30, rows=2), hurried=True)).pages
    assert all(page.mediabox.width < page.mediabox.height for page in pages)


def test_the_first_pages_are_two_however_full(brief: Brief) -> None:
    gist = brief.first[0]
    finding = gist.blocks[2]
    assert isinstance(finding, Finding)
    wordy = replace(finding, sentences=finding.sentences * 3, licence=finding.licence * 2)
    gist = replace(gist, blocks=(*gist.blocks, wordy, finding))
    pdf = PdfReader(BytesIO(render_pdf(replace(brief, first=(gist,)))))
    assert [brief.second[0].title in page.extract_text() for page in pdf.pages] == [False, True]


def test_letters_stay_at_seven_points(pdf: PdfReader) -> None:
    """Of all text but that within pictures, which are drawn at 7.5 points or more."""
    sizes: list[float] = []

    def seen(words: str, cm: Any, tm: Any, font: Any, size: float) -> None:
        if words.strip():
            sizes.append(size * abs(tm[3] * cm[3]))

    for page in pdf.pages:
        page.extract_text(visitor_text=seen)
    assert len(sizes) > 20
    assert min(sizes) >= 7.0


def test_a_withheld_finding_says_so(brief: Brief, language: Language) -> None:
    words = text_of(opened(brief))
    said = {Language.NL: "Geen uitspraak", Language.EN: "No claim"}
    assert words.count(said[language]) == 1


@pytest.mark.parametrize("standing", list(Standing), ids=str)
def test_every_standing_is_told_on_paper(standing: Standing) -> None:
    said = text(f"pdf.standing.{standing.value}", Language.EN)
    finding = Finding("A finding", ("It is so.",), "A licence.", standing)
    assert squeezed(said) in squeezed(text_of(opened(small(finding, hurried=True))))


@pytest.mark.parametrize("name", HOSTILE)
def test_names_from_data_show_as_they_are(name: str) -> None:
    blocks = (table(school=name), Paragraph(name), Section("s", name, ()), Code(name))
    brief = replace(small(*blocks, hurried=True), title=name, synthetic=name, made=name)
    pdf = opened(brief)
    assert squeezed(text_of(pdf)).count(squeezed(name)) == 7
    assert pdf.metadata.title == f"{name} ({name})"


def test_a_hostile_brief_is_laid_out_whole() -> None:
    annex = PdfReader(BytesIO(render_annex(hostile_brief())))
    assert squeezed(" ".join(HOSTILE)) in squeezed(text_of(annex))


def test_what_cannot_be_drawn_shows_its_number() -> None:
    words = text_of(opened(small(Paragraph("a\x00b\x1bc\ufeffd\ue000e\ud800f"))))
    assert "a[U+0000]b[U+001B]c[U+FEFF]d[U+E000]e[U+D800]f" in words


DEJAVU = FT2Font(font_folder() / "DejaVuSans.ttf").get_charmap()


def comes_back_alone(letter: str) -> bool:
    """Letters, numbers and signs that no neighbour changes, and that are their own normal form."""
    return (
        ord(letter) in DEJAVU
        and unicodedata.category(letter)[0] in "LNPS"
        and unicodedata.bidirectional(letter) not in {"R", "AL", "AN"}
        # signs of scripts that are set from the right, such as U+0606, turn their neighbours around
        and not 0x0590 <= ord(letter) < 0x0900
        and unicodedata.is_normalized("NFKC", letter)
    )


LETTERS = sorted(filter(comes_back_alone, map(chr, range(0x2500))))
"""Latin, Greek, Cyrillic and the like; punctuation, arrows, mathematics."""


@settings(max_examples=20, deadline=None)
@given(st.lists(st.text(st.sampled_from(LETTERS), min_size=1), min_size=1, max_size=12))
def test_any_text_comes_out_as_it_went_in(texts: list[str]) -> None:
    rows = tuple((Cell(item), Cell("=")) for item in texts)
    shown = Table("t", "", (Column("#head"), Column("=")), rows)
    words = squeezed(text_of(opened(small(shown, Paragraph("|".join(texts))))))
    assert squeezed("|".join(texts)) in words
    assert squeezed("".join(f"{item}=" for item in texts)) in words


def needs(program: str) -> None:
    if shutil.which(program) is None:
        assert os.environ.get("CI") != "true", f"{program} is missing (package poppler-utils)"
        pytest.skip(f"{program} is not installed (package poppler-utils)")


def test_letters_no_font_draws_stay_text(tmp_path: Path) -> None:
    needs("pdftotext")
    file = tmp_path / "brief.pdf"
    file.write_bytes(rendered(small(Paragraph("漢字 กขค"))))
    done = subprocess.run(["pdftotext", str(file), "-"], capture_output=True, check=True)
    assert "漢字 กขค" in done.stdout.decode()


def wide_table(columns: int, rows: int = 40) -> Table:
    interval = Cell("−0.31 (−0.52 to −0.11)")
    return Table(
        f"wide-{columns}",
        "Wide",
        (Column("Arrow"), *[Column("Standardised", numeric=True)] * columns),
        ((Cell("zigzag → early leaving"), *[interval] * columns),) * rows,
    )


@pytest.mark.parametrize(
    ("block", "turned", "copies"),
    [
        (wide_table(3), False, 40),
        (wide_table(9), True, 40),
        (wide_table(30), True, 160),
        (Paragraph("w" * 400), False, 0),
        (Code("f" * 400), False, 0),
        (Definitions((("sum", "f" * 400),)), False, 0),
        (table(school="W" * 90), False, 0),
        (
            replace(picture("large"), svg=picture("s").svg.replace('="300pt"', '="3000pt"')),
            True,
            0,
        ),
    ],
    ids=["table", "turned table", "split table", "word", "code", "sum", "cell", "picture"],
)
def test_nothing_runs_off_the_page(block: Any, turned: bool, copies: int) -> None:
    needs("pdftotext")
    done = subprocess.run(
        ["pdftotext", "-bbox", "-", "-"],
        input=rendered(small(block)),
        capture_output=True,
        check=True,
    )
    pages = re.findall(
        r'<page width="(.+?)" height="(.+?)">(.*?)</page>', done.stdout.decode(), re.S
    )
    assert any(float(width) > float(height) for width, height, _ in pages) is turned
    assert done.stdout.decode().count(">zigzag<") == copies
    for width, height, words in pages:
        boxes = re.findall(r'xMin="(.+?)" yMin=".+?" xMax="(.+?)" yMax="(.+?)"', words)
        assert boxes
        assert min(float(left) for left, _, _ in boxes) >= MARGINS["x"] - 1
        assert max(float(right) for _, right, _ in boxes) <= float(width) - MARGINS["x"] + 3
        assert max(float(foot) for _, _, foot in boxes) <= float(height) - 20


def test_a_long_table_repeats_its_head() -> None:
    pdf = opened(small(wide_table(3, rows=80)))
    heads = [page.extract_text().count("Standardised") for page in pdf.pages]
    assert len(heads) == 2
    assert heads == [3, 3]


def test_pages_can_be_drawn(written: bytes, pdf: PdfReader, tmp_path: Path) -> None:
    needs("pdftoppm")
    done = subprocess.run(
        ["pdftoppm", "-r", "20", "-png", "-", str(tmp_path / "page")],
        input=written,
        capture_output=True,
        check=True,
    )
    assert done.stderr == b""
    assert len(list(tmp_path.iterdir())) == len(pdf.pages)
