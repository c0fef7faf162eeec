"""A brief as data for typst: the template ``templates/brief.typ`` reads it and lays it out.

The content travels as JSON in an input of the compiler, not as generated markup. Typst shows a
string that came as data as it is, so nothing in it can be markup, code or a reference, and no list
of characters to escape has to be complete. Pictures travel along as SVG text; no file is named.
"""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import asdict, dataclass
from enum import StrEnum
from functools import singledispatch
from typing import Any, Final

from vm2causal.errors import OptionError
from vm2causal.report.brief.content.blocks import (
    Block,
    Box,
    Brief,
    BulletList,
    Code,
    Definitions,
    Files,
    Finding,
    Paragraph,
    Picture,
    Pictures,
    Section,
    Standing,
    Table,
    WhatIf,
)
from vm2causal.report.brief.content.what_if_section import what_if_section
from vm2causal.report.brief.pdf.table_layout import (
    INSET,
    MARGINS,
    TableLayout,
    broken,
    table_layouts,
)
from vm2causal.texts import Language, text
from vm2causal.unseen import is_unseen

_LONGEST_WORD: Final = 24.0
"""Width beyond which a word may break anywhere, in sizes of the type: that of a finding's text."""

_LONGEST_IN_LINES: Final = 40.0
_LONGEST_TERM: Final = 48.0
"""The same where lines are as wide as the page; a hash among definitions stays whole."""

_LEAST_SCALE: Final = 0.875
"""The letters of a picture are drawn at 8 points, and printed at 7 or more."""

_ROOM: Final = {
    "upright": (595.0 - 2 * MARGINS["x"], 600.0),
    "a4": (842.0 - 2 * MARGINS["x"], 420.0),
    "a3": (1191.0 - 2 * MARGINS["x"], 660.0),
}
"""Width and height that a picture may take, in points, by the page it stands on."""

_SHAPELESS: Final = frozenset({"Cn", "Co"})
"""Unicode categories that no font draws: unassigned, private use."""


class Part(StrEnum):
    """What of a brief a document holds: on paper the annex is one of its own."""

    PAGES = "pages"
    ANNEX = "annex"


def typst_data(brief: Brief, part: Part) -> str:
    """Write a part of a brief as the JSON text that the template reads.

    Texts come out as given, save that a character no font can draw shows as its number, such as
    ``[U+0007]``, and that words too wide for their place may break.

    Raises
    ------
    OptionError
        When a picture says nothing to those who cannot see it.
    """
    language = brief.language
    return json.dumps(
        {
            "language": language.value,
            "title": printable(_title(brief, part)),
            "subtitle": printable(brief.subtitle),
            "synthetic": printable(brief.synthetic),
            "made": printable(brief.made),
            "margins": MARGINS,
            "words": _words(language),
            "part": part.value,
            **_sections(brief, part),
        },
        ensure_ascii=False,
        sort_keys=True,
    )


def _title(brief: Brief, part: Part) -> str:
    if part is Part.PAGES:
        return brief.title
    return text("pdf.annex", brief.language, title=brief.title)


def _sections(brief: Brief, part: Part) -> dict[str, Any]:
    if part is Part.ANNEX:
        place = _Place(brief.language, may_turn=True)
        return {"annex": [_data(section, place) for section in brief.annex]}
    place = _Place(brief.language, may_turn=False)
    return {
        name: [_data(section, place) for section in sections]
        for name, sections in (("first", brief.first), ("second", brief.second))
    }


def printable(words: str) -> str:
    r"""Replace what cannot be drawn by its number, and odd ends of lines by plain ones.

    Examples
    --------
    >>> printable("a\tb\r\nc\x07")
    'a b\nc[U+0007]'
    """
    plain = re.sub("\r\n?|[\u2028\u2029]", "\n", words).replace("\t", " ")
    return "".join(letter if _drawn(letter) else f"[U+{ord(letter):04X}]" for letter in plain)


def _drawn(letter: str) -> bool:
    if letter == "\n":
        return True
    return not is_unseen(letter) and unicodedata.category(letter) not in _SHAPELESS


def _running(words: str, longest: float = _LONGEST_WORD) -> str:
    return broken(printable(words), longest)


def _words(language: Language) -> dict[str, Any]:
    words: dict[str, Any] = {
        name: text(f"pdf.{name}", language) for name in ("author", "contents", "page")
    }
    words["standing"] = {
        standing.value: text(f"pdf.standing.{standing.value}", language) for standing in Standing
    }
    return words


@dataclass(frozen=True)
class _Place:
    """Where a block stands: in what language, and whether its page may be turned on its side."""

    language: Language
    may_turn: bool


@singledispatch
def _data(block: Block, place: _Place) -> dict[str, Any]:
    """One block as the template knows it; a kind without a layout is a mistake of ours."""
    raise NotImplementedError(f"no layout for {type(block).__name__}")


@_data.register
def _(block: Paragraph, place: _Place) -> dict[str, Any]:
    return {
        "kind": "paragraph",
        "text": _running(block.text, _LONGEST_IN_LINES),
        "tone": block.tone.value,
    }


@_data.register
def _(block: BulletList, place: _Place) -> dict[str, Any]:
    return {"kind": "list", "items": [_running(item, _LONGEST_IN_LINES) for item in block.items]}


@_data.register
def _(block: Definitions, place: _Place) -> dict[str, Any]:
    pairs = [
        {"term": _running(term), "meaning": _running(meaning, _LONGEST_TERM)}
        for term, meaning in block.pairs
    ]
    return {"kind": "definitions", "pairs": pairs}


@_data.register
def _(block: Code, place: _Place) -> dict[str, Any]:
    return {"kind": "code", "text": printable(block.text)}


@_data.register
def _(block: Box, place: _Place) -> dict[str, Any]:
    return {
        "kind": "box",
        "alert": block.alert.value,
        "title": _running(block.title),
        "text": _running(block.text),
    }


@_data.register
def _(block: Table, place: _Place) -> dict[str, Any]:
    parts = table_layouts(block, may_turn=place.may_turn)
    shown = [
        _table(part, layout, number=(number, len(parts)))
        for number, (part, layout) in enumerate(parts, start=1)
    ]
    return {"kind": "tables", "parts": shown}


def _table(table: Table, layout: TableLayout, *, number: tuple[int, int]) -> dict[str, Any]:
    room = [width - INSET for width in layout.widths]
    caption = table.caption if number[1] == 1 else f"{table.caption} ({number[0]} / {number[1]})"
    return {
        "caption": _running(caption),
        "note": _running(table.note),
        **asdict(layout),
        "numeric": [column.numeric for column in table.columns],
        "columns": [
            broken(printable(column.title), width, bold=True)
            for column, width in zip(table.columns, room, strict=True)
        ],
        "rows": [
            [broken(printable(cell.text), width) for cell, width in zip(row, room, strict=True)]
            for row in table.rows
        ],
    }


@_data.register
def _(block: Picture, place: _Place) -> dict[str, Any]:
    if not block.alt.strip():
        raise OptionError(
            "A picture in a brief says in words what it shows.",
            value=block.name,
            fix="Give it a text in `alt`.",
        )
    return {
        "kind": "picture",
        "svg": block.svg,
        "title": _running(block.title),
        "alt": printable(block.alt),
        "caption": _running(block.caption),
        "page": _page_of(block.svg) if place.may_turn else "upright",
    }


@_data.register
def _(block: Pictures, place: _Place) -> dict[str, Any]:
    return {"kind": "pictures", "items": [_data(item, place) for item in block.items]}


@_data.register
def _(block: Files, place: _Place) -> dict[str, Any]:
    items = [{"label": _running(label), "path": path} for label, path in block.items]
    return {"kind": "files", "items": items}


def _page_of(svg: str) -> str:
    """The smallest page on which the letters of a picture can be read.

    >>> _page_of('<svg width="400pt" height="90pt">')
    'upright'
    >>> _page_of('<svg width="900pt" height="300pt">')
    'a3'
    """
    width, height = _natural_size(svg)
    fitting = (
        page
        for page, (wide, high) in _ROOM.items()
        if _LEAST_SCALE * width <= wide and _LEAST_SCALE * height <= high
    )
    return next(fitting, "a3")


def _natural_size(svg: str) -> tuple[float, float]:
    """Width and height of a picture at its own size, in points; 0 where it has none."""
    opening = re.search("<svg[^>]*>", svg)
    found = [
        opening and re.search(rf'\b{side}="([\d.]+)pt"', opening[0]) for side in ("width", "height")
    ]
    width, height = (float(match[1]) if match else 0.0 for match in found)
    return width, height


@_data.register
def _(block: Finding, place: _Place) -> dict[str, Any]:
    return {
        "kind": "finding",
        "title": _running(block.title),
        "sentences": [_running(sentence) for sentence in block.sentences],
        "certainty": _running(block.certainty),
        "licence": _running(block.licence),
        "standing": block.standing.value,
    }


@_data.register
def _(block: Section, place: _Place) -> dict[str, Any]:
    return {
        "kind": "section",
        "title": _running(block.title),
        "blocks": [_data(item, place) for item in block.blocks],
    }


@_data.register
def _(block: WhatIf, place: _Place) -> dict[str, Any]:
    return _data(what_if_section(block, place.language), place)
