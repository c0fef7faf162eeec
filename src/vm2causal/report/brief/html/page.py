"""The brief as one HTML file that needs nothing else: no network, no fonts, no server.

The page may run the one script and use the one style sheet that came with it, named by their
hashes; whatever else got into it stays text (Content Security Policy, level 3).
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from importlib import resources
from itertools import count
from math import isfinite
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from vm2causal.errors import OptionError
from vm2causal.report.brief.content.blocks import Block, Brief, Cell, Picture, Section, walk
from vm2causal.report.brief.content.panel_data import panel_data
from vm2causal.report.brief.content.what_if_section import what_if_table
from vm2causal.report.brief.html.inline_svg import inline_svg
from vm2causal.report.canvas.fonts import font_faces
from vm2causal.texts import Language, capitalised, number, text
from vm2causal.unseen import visible

_STYLE = ("page.css", "panel.css", "print.css")
_SCRIPT = ("tables.js", "panel.js")
_DEEPEST = 6

_BAND = (
    "font-weight: 700; background: linear-gradient(#ffe08a, #ffe08a) center / 100% 5mm no-repeat"
)


def render_html(brief: Brief) -> str:
    """Lay a brief out as a page.

    Texts are escaped wherever they stand, and controls and marks of direction show as numbers. The
    page is readable without JavaScript; with it tables sort and the panel moves.

    Raises
    ------
    OptionError
        When two sections share an anchor, or a picture cannot be part of a page.
    """
    _require_unique_anchors(brief)
    pictures = [block for block in walk(brief.sections) if isinstance(block, Picture)]
    drawn = [svg for block in pictures for svg in (block.svg, block.narrow)]
    style = _static(_STYLE, "style") + _margins(brief) + Markup(font_faces(drawn))
    script = _static(_SCRIPT, "script")
    environment = Environment(
        loader=PackageLoader("vm2causal.report.brief.html"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(_words(brief.language))
    numbers = count(1)
    page = environment.get_template("brief.html.j2").render(
        brief=brief,
        style=style,
        script=script,
        policy=_policy(style, script),
        next_number=lambda: next(numbers),
        kind_of=_kind_of,
        heading=lambda depth: f"h{min(depth, _DEEPEST)}",
        order=_order,
        draw=_draw,
        draw_narrow=_draw_narrow,
        panel_data=panel_data,
        settings_table=what_if_table,
    )
    return visible(page)


def _require_unique_anchors(brief: Brief) -> None:
    seen = set()
    for block in walk(brief.sections):
        if isinstance(block, Section):
            if block.anchor in seen or not block.anchor or any(map(str.isspace, block.anchor)):
                raise OptionError(
                    "Every section needs an anchor of its own, without spaces.", value=block.anchor
                )
            seen.add(block.anchor)


def _words(language: Language) -> dict[str, Callable[..., Any]]:
    """What a template calls for texts in the language of the brief."""

    def t(key: str, **fields: object) -> str:
        return text(key, language, **fields)

    def around(key: str, **fields: Markup) -> Markup:
        """Fill a text in with elements: the text is escaped, they are not."""
        return Markup(escape(text(key, language))).format(**fields)

    return {
        "t": t,
        "around": around,
        "capitalised": capitalised,
        "whole_percent": lambda share: number(100 * share, language),
    }


def _static(names: tuple[str, ...], element: str) -> Markup:
    """Files of the package as the content of an element, which none of them may end."""
    folder = resources.files("vm2causal.report.brief.html").joinpath("static")
    joined = "\n".join(folder.joinpath(name).read_text(encoding="utf-8") for name in names)
    if f"</{element}" in joined.lower():
        raise ValueError(f"a file would end the element {element} it stands in: {names}")
    return Markup(joined)  # written here, not by a user


def _margins(brief: Brief) -> Markup:
    """What stands around every printed page: the mark above, the origin and the number below."""
    boxes = [
        ("bottom-left", _css_string(brief.made), ""),
        ("bottom-right", 'counter(page) " / " counter(pages)', ""),
    ]
    if brief.synthetic:
        boxes.append(("top-center", _css_string(brief.synthetic), _BAND))
    letters = 'font-family: system-ui, "DejaVu Sans", sans-serif; font-size: 8pt; color: #1b1f24'
    rules = (
        f"@{place} {{ content: {content}; {letters}; {more} }}" for place, content, more in boxes
    )
    return Markup(f"\n@page {{ {' '.join(rules)} }}\n")


def _css_string(words: str) -> str:
    """A string of CSS in which nothing but letters, digits and spaces stands for itself."""
    plain = (
        letter
        if letter == " " or (letter.isascii() and letter.isalnum())
        else f"\\{ord(letter):06x} "
        for letter in words
    )
    return f'"{"".join(plain)}"'


def _policy(style: str, script: str) -> str:
    return "; ".join(
        (
            "default-src 'none'",
            f"style-src {_hash(style)}",
            f"script-src {_hash(script)}",
            "img-src data:",
            "font-src data:",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )


def _hash(content: str) -> str:
    return f"'sha256-{b64encode(sha256(content.encode()).digest()).decode()}'"


def _kind_of(block: Block) -> str:
    return type(block).__name__


def _order(cell: Cell) -> float | None:
    """The number a cell sorts by; infinite and unknown ones sort as if there were none."""
    return cell.order if cell.order is not None and isfinite(cell.order) else None


def _draw(picture: Picture, place: int) -> Markup:
    return inline_svg(picture, f"p{place}")


def _draw_narrow(picture: Picture, place: int) -> Markup:
    return inline_svg(replace(picture, svg=picture.narrow), f"n{place}")
