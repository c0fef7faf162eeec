"""A picture as part of a page: nothing in it may run, style the page, or share an identifier.

A page that allows no styles but its own ignores the ``style`` of an element, so every property
becomes the attribute of the same name, which SVG knows for all that figures use.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from markupsafe import Markup, escape

from vm2causal.errors import OptionError
from vm2causal.report.brief.content.blocks import Picture

_SVG: Final = "{http://www.w3.org/2000/svg}"
_LINK: Final = "{http://www.w3.org/1999/xlink}href"

_LEFT_OUT: Final = frozenset({"metadata", "script", "style", "foreignObject", "title", "desc"})
"""What can run, reach out, or style what stands outside; the words of a picture are its alt."""

_REFERENCE: Final = re.compile(r"url\(\s*[\"']?#([^\"')]+)[\"']?\s*\)")
_EVERYTHING: Final = re.compile(r"\s*\*\s*\{([^}]*)\}\s*")


def inline_svg(picture: Picture, prefix: str) -> Markup:
    """Write a picture as an element of an HTML page, its alternative text with it.

    Parameters
    ----------
    prefix
        Put before every identifier in the picture; unique in the page.

    Raises
    ------
    OptionError
        When the text is no SVG, holds a rule of style for some elements only, or has no
        alternative text.
    """
    if not picture.alt.strip():
        raise OptionError("A picture needs an alternative text.", value=picture.name)
    try:
        root = ElementTree.fromstring(picture.svg)
    except ElementTree.ParseError as error:
        raise OptionError(f"A picture is no SVG: {error}.", value=picture.name) from error
    if root.tag != f"{_SVG}svg":
        raise OptionError("A picture is no SVG.", value=picture.name)
    said = {"role": "img", "aria-label": picture.alt, "focusable": "false"}
    inherited = dict(_everywhere(root, picture.name))
    return Markup("").join(_written(root, prefix, {**inherited, **said}))


def _everywhere(root: Element, name: str) -> Iterator[tuple[str, str]]:
    """Properties that the picture gives to all its elements, which then inherit them."""
    for style in root.iter(f"{_SVG}style"):
        found = _EVERYTHING.fullmatch(style.text or "")
        if found is None:
            raise OptionError("A picture styles some of its elements by a rule.", value=name)
        yield from _properties(found[1])


def _written(element: Element, prefix: str, more: Mapping[str, str]) -> Iterator[Markup]:
    tag = element.tag.removeprefix(_SVG)
    attributes = {**more, **dict(_attributes(element, prefix))}
    inside = Markup(" ").join(Markup('{}="{}"').format(*pair) for pair in attributes.items())
    yield Markup("<{}{}{}>").format(tag, Markup(" ") if inside else "", inside)
    yield escape((element.text or "").strip())
    for child in element:
        if _kept(child):
            yield from _written(child, prefix, {})
        yield escape((child.tail or "").strip())
    yield Markup("</{}>").format(tag)


def _kept(element: Element) -> bool:
    """Whether an element is drawn; comments have no text as their tag."""
    return (
        isinstance(element.tag, str)
        and element.tag.startswith(_SVG)
        and element.tag.removeprefix(_SVG) not in _LEFT_OUT
    )


def _attributes(element: Element, prefix: str) -> Iterator[tuple[str, str]]:
    for name, value in element.items():
        if name == "id":
            yield name, f"{prefix}-{value}"
        elif name in {"href", _LINK}:
            if value.startswith("#"):
                yield "href", f"#{prefix}-{value[1:]}"
            elif value.startswith("data:image/"):
                yield "href", value
        elif name == "style":
            yield from ((key, _pointed(text, prefix)) for key, text in _properties(value))
        elif not name.startswith(("on", "aria-", "role", "tabindex", "{", "xmlns")):
            yield name, _pointed(value, prefix)


def _pointed(value: str, prefix: str) -> str:
    """References to identifiers, following these to their new names."""
    return _REFERENCE.sub(lambda found: f"url(#{prefix}-{found[1]})", value)


def _properties(style: str) -> Iterator[tuple[str, str]]:
    for part in style.split(";"):
        name, colon, value = part.partition(":")
        if colon:
            yield name.strip(), value.strip()
