"""JSON that others may have written, held against its description in ``schemas/``.

The descriptions are the ones by which documents are tested, so that what is written and what is
read have one description. The keywords that they use are checked here, as an import of a validator
would take longer than to read a fit.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from importlib import resources
from typing import Any, Final

_LARGEST: Final = 2**63 - 1
"""No whole number that arrays can hold is larger."""

_KINDS: Final[Mapping[str, tuple[str, Callable[[Any], bool]]]] = {
    "object": ("a mapping", lambda value: isinstance(value, dict)),
    "array": ("a list", lambda value: isinstance(value, list)),
    "string": ("text", lambda value: isinstance(value, str)),
    "boolean": ("true or false", lambda value: isinstance(value, bool)),
    "null": ("null", lambda value: value is None),
    "integer": ("a whole number", lambda value: type(value) is int and abs(value) <= _LARGEST),
    "number": (
        "a finite number",
        lambda value: (
            type(value) in (int, float)
            and (math.isfinite(value) if isinstance(value, float) else abs(value) <= _LARGEST)
        ),
    ),
}
_SAID: Final = frozenset({"$schema", "$id", "title", "description"})
"""Keywords that tell and do not ask."""


class NotAsDescribedError(ValueError):
    """A document holds what its description does not allow.

    Parameters
    ----------
    rule
        What is asked of the place, as one sentence that names it.
    value
        What is there.
    """

    def __init__(self, rule: str, value: object) -> None:
        super().__init__(rule)
        self.rule = rule
        self.value = value


def require_described(document: object, name: str) -> None:
    """Refuse a document that is not as its description says, down to its last value.

    Parameters
    ----------
    document
        What :func:`json.loads` made of it.
    name
        Of the description: ``schemas/<name>.schema.json``.

    Raises
    ------
    NotAsDescribedError
        At the first value that is of another type, absent, unknown or out of its range; numbers
        are finite, whole ones have at most 64 bits, and texts can be written as UTF-8.
    """
    for rule, value in _breaches(document, _description(name), ""):
        raise NotAsDescribedError(rule, value)


@cache
def _description(name: str) -> dict[str, Any]:
    path = resources.files("vm2causal").joinpath(f"schemas/{name}.schema.json")
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


_Breaches = Iterator[tuple[str, object]]


def _breaches(value: Any, asked: Mapping[str, Any], place: str) -> _Breaches:
    # what follows reads a value as its type, so that a wrong type is the only breach of a value
    if "type" in asked and not _of_kind(value, asked["type"]):
        yield f"{_at(place)} is {_kinds(asked['type'])}.", value
        return
    if isinstance(value, str) and not _writable(value):
        yield f"{_at(place)} is text of Unicode.", value
        return
    for keyword, asks in asked.items():
        if keyword not in _SAID and keyword != "type":
            yield from _KEYWORDS[keyword](value, asks, asked, place)


def _of_kind(value: object, kinds: str | list[str]) -> bool:
    return any(_KINDS[kind][1](value) for kind in ([kinds] if isinstance(kinds, str) else kinds))


def _kinds(kinds: str | list[str]) -> str:
    return " or ".join(_KINDS[kind][0] for kind in ([kinds] if isinstance(kinds, str) else kinds))


def _writable(text: str) -> bool:
    return not any("\ud800" <= letter <= "\udfff" for letter in text)


def _at(place: str) -> str:
    return f"'{place}'" if place else "This document"


def _below(place: str, name: str) -> str:
    return f"{place}.{name}" if place else name


def _same(one: object, other: object) -> bool:
    """Equal and of one type: true is not 1."""
    return type(one) is type(other) and one == other


def _properties(value: Any, asks: Any, _: Mapping[str, Any], place: str) -> _Breaches:
    if isinstance(value, dict):
        for name, asked in asks.items():
            if name in value:
                yield from _breaches(value[name], asked, _below(place, name))


def _required(value: Any, asks: Any, _: Mapping[str, Any], place: str) -> _Breaches:
    if isinstance(value, dict):
        for name in asks:
            if name not in value:
                yield f"'{_below(place, name)}' is missing.", None


def _additional(value: Any, asks: Any, asked: Mapping[str, Any], place: str) -> _Breaches:
    if not isinstance(value, dict):
        return
    for name in value.keys() - asked.get("properties", {}).keys():
        if asks is False:
            yield f"{_at(place)} holds nothing but {', '.join(asked['properties'])}.", name
        elif not _writable(name):
            yield f"Names in {_at(place)} are text of Unicode.", name
        else:
            yield from _breaches(value[name], asks, _below(place, name))


def _items(value: Any, asks: Any, _: Mapping[str, Any], place: str) -> _Breaches:
    if isinstance(value, list):
        for number, item in enumerate(value):
            yield from _breaches(item, asks, f"{place}[{number}]")


def _one_of(value: Any, asks: Any, _: Mapping[str, Any], place: str) -> _Breaches:
    # the last form is the fullest, and says best what is wrong
    if not any(next(_breaches(value, form, place), None) is None for form in asks):
        yield from _breaches(value, asks[-1], place)


def _enum(value: Any, asks: Any, _: Mapping[str, Any], place: str) -> _Breaches:
    if not any(_same(value, word) for word in asks):
        words = ", ".join("null" if word is None else str(word) for word in asks)
        yield f"{_at(place)} is one of: {words}.", value


def _const(value: Any, asks: Any, _: Mapping[str, Any], place: str) -> _Breaches:
    if not _same(value, asks):
        yield f"{_at(place)} is '{asks}'.", value


def _minimum(value: Any, asks: Any, _: Mapping[str, Any], place: str) -> _Breaches:
    if value is not None and value < asks:
        yield f"{_at(place)} is at least {asks}.", value


def _maximum(value: Any, asks: Any, _: Mapping[str, Any], place: str) -> _Breaches:
    if value is not None and value > asks:
        yield f"{_at(place)} is at most {asks}.", value


def _min_items(value: Any, asks: Any, _: Mapping[str, Any], place: str) -> _Breaches:
    if isinstance(value, list) and len(value) < asks:
        yield f"{_at(place)} has at least {asks} entries.", value


def _pattern(value: Any, asks: Any, _: Mapping[str, Any], place: str) -> _Breaches:
    if isinstance(value, str) and re.fullmatch(asks, value) is None:
        yield f"{_at(place)} has the form {asks}.", value


_KEYWORDS: Final[Mapping[str, Callable[[Any, Any, Mapping[str, Any], str], _Breaches]]] = {
    "properties": _properties,
    "required": _required,
    "additionalProperties": _additional,
    "items": _items,
    "oneOf": _one_of,
    "enum": _enum,
    "const": _const,
    "minimum": _minimum,
    "maximum": _maximum,
    "minItems": _min_items,
    "pattern": _pattern,
}
"""A description that asks anything else is a fault of ours, and ends in a KeyError."""
