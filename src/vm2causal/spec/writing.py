"""A causal model → the text of a model file, one line per variable and per arrow."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from vm2causal.spec.causal_spec import CausalSpec
from vm2causal.spec.objects import MODIFYING, Arrow

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")


def model_to_yaml(spec: CausalSpec) -> str:
    """Text of a model file that reads back as the same model; what has its default is left out.

    Examples
    --------
    >>> from vm2causal.spec.problems import build_model
    >>> document = {"variables": {"a": {}, "b": {}}, "arrows": [{"from": "a", "to": "b"}]}
    >>> print(model_to_yaml(build_model({"name": "m"} | document)), end="")
    schema: vm2causal/model/1
    name: m
    variables:
      a: {}
      b: {}
    arrows:
      - {from: a, to: b}
    """
    content = spec.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    content["variables"] = {
        name: _without_implied(content["variables"].get(name, {})) for name in spec.variables
    }
    content.pop("schema", None)
    nested = content.pop("nested", {})
    if nested:
        content["groups"] = [
            {name: nested[name]} if name in nested else name for name in spec.groups
        ]
    lines = [f"schema: {spec.version}"]
    for key, value in content.items():
        lines += _lines(key, value)
    return "\n".join(lines) + "\n"


def arrow_to_yaml(arrow: Arrow) -> str:
    """An arrow as a line of a model file has it, with its ends and what frees it only.

    Examples
    --------
    >>> arrow_to_yaml(Arrow(cause="x", effect="score", varies="school", note="so it seems"))
    '{from: x, to: score, varies: [school]}'
    """
    content = arrow.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    return _flow({key: content[key] for key in ("from", "to", *MODIFYING) if key in content})


def _without_implied(variable: dict[str, Any]) -> dict[str, Any]:
    """Without ``observed`` where ``selected`` says it."""
    implied = "selected" in variable
    return {key: value for key, value in variable.items() if not (implied and key == "observed")}


def _lines(key: str, value: Any) -> list[str]:
    if isinstance(value, Mapping) and value:
        return [f"{key}:", *(f"  {_flow(name)}: {_flow(item)}" for name, item in value.items())]
    apart = key != "groups" and isinstance(value, list)
    if apart and any(isinstance(item, Mapping) for item in value):
        return [f"{key}:", *(f"  - {_flow(item)}" for item in value)]
    return [f"{key}: {_flow(value)}"]


def _flow(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_flow(key)}: {_flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_flow(item) for item in value) + "]"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value if _is_plain(value) else _quoted(value)
    return repr(value)


def _is_plain(text: str) -> bool:
    """Whether every YAML reader takes the bare word for this very text."""
    other_meaning = {"null", "true", "false", "yes", "no", "on", "off", "y", "n"}
    return _PLAIN.fullmatch(text) is not None and text.lower() not in other_meaning


def _quoted(text: str) -> str:
    escaped = (_escape(character) for character in text)
    return '"' + "".join(escaped) + '"'


def _escape(character: str) -> str:
    if character in '"\\':
        return "\\" + character
    return character if character.isprintable() else f"\\U{ord(character):08x}"
