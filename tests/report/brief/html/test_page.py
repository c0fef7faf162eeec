import re
from base64 import b64encode
from collections import Counter
from dataclasses import replace
from hashlib import sha256
from html.parser import HTMLParser
from importlib import resources
from itertools import pairwise

import pytest

from brief_examples import HOSTILE, example_brief, hostile_brief, picture
from vm2causal.errors import OptionError
from vm2causal.report.brief.content.blocks import (
    Brief,
    Cell,
    Column,
    Finding,
    Section,
    Standing,
    Table,
    WhatIf,
    walk,
)
from vm2causal.report.brief.html.inline_svg import inline_svg
from vm2causal.report.brief.html.page import render_html
from vm2causal.texts import Language


class Page(HTMLParser):
    """Elements in order, with their attributes; texts, except those of scripts and styles."""

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.raw: list[tuple[str, dict[str, str | None], str]] = []
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        tag, attributes = self.elements[-1] if self.elements else ("", {})
        if tag in {"script", "style"} and data.strip():
            self.raw.append((tag, attributes, data))
        else:
            self.texts.append(data)

    def all(self, *tags: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.elements if tag in tags]


@pytest.fixture(scope="module", params=list(Language))
def source(request: pytest.FixtureRequest) -> str:
    return render_html(example_brief(request.param))


@pytest.fixture(scope="module")
def page(source: str) -> Page:
    return Page(source)


def only(brief: Brief, *sections: Section) -> Brief:
    return replace(brief, first=sections, second=(), annex=())


# -- nothing gets in ----------------------------------------------------------------------------


def test_names_from_data_stay_text() -> None:
    source = render_html(hostile_brief())
    page = Page(source)
    assert "<script>alert" not in source
    said = "".join(page.texts)
    for name in HOSTILE:
        assert said.count(name) >= 4  # heading, paragraph, table and box
    scripts = [attributes.get("type") for attributes in page.all("script")]
    assert scripts == ["application/json", None]


def test_names_in_the_panel_stay_text() -> None:
    brief = example_brief()
    (block,) = (item for item in walk(brief.second) if isinstance(item, WhatIf))
    name = " ".join(HOSTILE)
    place = replace(block.places[0], label=name)
    first = block.levers[0]
    lever = replace(first, options=(replace(first.options[0], label=name), *first.options[1:]))
    hostile = replace(block, places=(place, *block.places[1:]), levers=(lever, *block.levers[1:]))
    source = render_html(only(brief, Section("a", name, (hostile,))))
    ((_, _, data),) = (raw for raw in Page(source).raw if raw[1].get("type"))
    assert not set("<>&") & set(data)
    assert r"\u003c/script\u003e\u003c!--" in data
    assert len(Page(source).all("script")) == 2


def test_a_picture_brings_nothing_but_shapes() -> None:
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
        ' width="10" onload="alert(1)"><style>*{stroke-linecap: butt}</style>'
        "<script>alert(1)</script><metadata>m</metadata><foreignObject><p>x</p></foreignObject>"
        '<g id="a" style="fill: #ff0000; clip-path: url(#b)" onclick="alert(1)">'
        '<use xlink:href="#b"/><image href="https://example.org/x.png"/>'
        "<text>&lt;script&gt;alert(1)&lt;/script&gt;</text></g></svg>"
    )
    found = inline_svg(replace(picture("x"), svg=svg, alt='"quoted" <b>'), "p1")
    assert found == (
        '<svg stroke-linecap="butt" role="img" aria-label="&#34;quoted&#34; &lt;b&gt;"'
        ' focusable="false" width="10">'
        '<g id="p1-a" fill="#ff0000" clip-path="url(#p1-b)"><use href="#p1-b"></use><image></image>'
        "<text>&lt;script&gt;alert(1)&lt;/script&gt;</text></g></svg>"
    )


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"svg": "<p>no</p>"}, "A picture is no SVG.*'x'"),
        ({"svg": "<svg"}, "A picture is no SVG"),
        ({"alt": " "}, "needs an alternative text.*'x'"),
        (
            {"svg": '<svg xmlns="http://www.w3.org/2000/svg"><style>g{fill:red}</style></svg>'},
            "styles some of its elements",
        ),
    ],
)
def test_a_picture_that_cannot_be_shown_is_named(changed: dict[str, str], message: str) -> None:
    with pytest.raises(OptionError, match=message):
        inline_svg(replace(picture("x"), **changed), "p1")


def test_the_page_runs_its_own_script_only(page: Page) -> None:
    (policy,) = (
        attributes["content"]
        for attributes in page.all("meta")
        if attributes.get("http-equiv") == "Content-Security-Policy"
    )
    assert policy is not None
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    for tag, attributes, content in page.raw:
        if attributes.get("type") != "application/json":
            digest = b64encode(sha256(content.encode()).digest()).decode()
            assert f"{tag}-src 'sha256-{digest}'" in policy
    for _, attributes in page.elements:
        assert "style" not in attributes
        assert not any(name.startswith("on") for name in attributes)


def test_the_page_reaches_nowhere(source: str, page: Page) -> None:
    assert "://" not in source
    assert not re.search(r"@import|url\((?!#)", source)
    for _, attributes in page.elements:
        # beside a place in the page only files that the brief wrote next to it
        assert re.match(r"#|tables/[\w-]+\.csv$", attributes.get("href") or "#")
        assert "src" not in attributes


# -- the page hangs together --------------------------------------------------------------------


def test_identifiers_are_unique_and_found(page: Page) -> None:
    ids = Counter(attributes["id"] for _, attributes in page.elements if "id" in attributes)
    assert ids.most_common(1)[0][1] == 1
    for _, attributes in page.elements:
        for name in ("for", "aria-labelledby", "aria-describedby"):
            assert all(key in ids for key in (attributes.get(name) or "").split())
        if (attributes.get("href") or "").startswith("#"):
            assert str(attributes["href"])[1:] in ids
        for value in attributes.values():
            assert all(key in ids for key in re.findall(r"url\(#([^)]+)\)", value or ""))


def test_headings_are_in_order(page: Page) -> None:
    levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_every_picture_says_what_it_shows(page: Page) -> None:
    drawn = page.all("svg")
    assert len(drawn) == 3 + 2  # the pictures of the brief, those of the panel
    assert all(item["role"] == "img" and len(str(item["aria-label"])) > 20 for item in drawn)


def test_the_language_and_the_mark(page: Page) -> None:
    language = page.all("html")[0]["lang"]
    mark = {"nl": "Synthetische gegevens", "en": "Synthetic data"}[str(language)]
    assert page.texts.count(mark) >= 1
    assert page.all("body")[0]["class"] == "synthetic"
    plain = render_html(example_brief(synthetic=False))
    assert not Page(plain).all("aside")
    assert "@top-center" not in plain


def test_words_on_paper_cannot_end_the_style_they_stand_in() -> None:
    mark = 'é";} </style><script> \\ "'
    source = render_html(replace(example_brief(), synthetic=mark))
    assert Page(source).all("script")[0]["type"] == "application/json"
    written = re.search(r'@top-center \{ content: "([^"]*)";', source)
    assert written is not None
    letters = re.sub(r"\\([0-9a-f]{6}) ", lambda found: chr(int(found[1], 16)), written[1])
    assert letters == mark


def test_a_withheld_finding_says_so_in_words(source: str) -> None:
    withheld = source[source.index('class="finding withheld"') :]
    assert re.match(r"[^§]{0,200}(Geen uitspraak|No claim)", withheld, re.DOTALL)


def test_a_disputed_finding_says_so_in_words() -> None:
    finding = Finding("A finding", ("It is so.",), "A licence.", Standing.DISPUTED)
    source = render_html(only(example_brief(Language.EN), Section("only", "Only", (finding,))))
    found = source[source.index('class="finding disputed"') :]
    assert re.match(r"[^§]{0,200}Disputed: a second estimate says otherwise", found, re.DOTALL)


def test_every_text_of_the_brief_is_on_the_page(source: str) -> None:
    said = re.sub(r"\s+", " ", "".join(Page(source).texts))
    brief = example_brief(Language(Page(source).all("html")[0]["lang"]))
    for section in walk(brief.sections):
        if isinstance(section, Section):
            assert section.title in said
        if isinstance(section, Table):
            cells = [cell.text for row in section.rows for cell in row]
            assert all(text in said for text in (section.caption, section.note, *cells))
    for text in (brief.title, brief.subtitle, brief.made):
        assert text in said


def test_cells_keep_the_number_they_sort_by() -> None:
    rows = tuple((Cell(str(k)), Cell("x", order)) for k, order in enumerate((-1.5, float("nan"))))
    table = Table("t", "caption", (Column("a"), Column("b", numeric=True)), rows)
    page = Page(render_html(only(example_brief(), Section("s", "title", (table,)))))
    assert [cell.get("data-order") for cell in page.all("td")] == ["-1.5", None]


def test_deep_sections_stay_headings() -> None:
    section = Section("deepest", "deep", ())
    for depth in range(6):
        section = Section(f"s{depth}", f"title {depth}", (section,))
    page = Page(render_html(only(example_brief(), section)))
    tags = [tag for tag, _ in page.elements if re.fullmatch(r"h\d", tag)]
    assert tags == ["h1", "h2", "h3", "h4", "h5", "h6", "h6", "h6"]


@pytest.mark.parametrize("anchor", ["a", "", "a b"])
def test_anchors_must_be_usable(anchor: str) -> None:
    brief = only(example_brief(), Section("a", "first", ()), Section(anchor, "second", ()))
    with pytest.raises(OptionError, match="anchor of its own"):
        render_html(brief)


def test_the_same_brief_is_the_same_page() -> None:
    assert render_html(example_brief()) == render_html(example_brief())


def test_the_package_holds_what_a_page_needs() -> None:
    folder = resources.files("vm2causal.report.brief.html")
    names = {item.name for part in ("static", "templates") for item in (folder / part).iterdir()}
    assert {"page.css", "panel.css", "print.css", "tables.js", "panel.js"} <= names
    assert {"brief.html.j2", "blocks.html.j2", "panel.html.j2"} <= names
