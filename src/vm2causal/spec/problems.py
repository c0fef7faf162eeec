"""What pydantic finds wrong with a document → an error that names place, value, rule and mend."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from vm2causal.errors import ModelFileError
from vm2causal.spec.causal_spec import CausalSpec
from vm2causal.spec.objects import (
    Arrow,
    ArrowPrior,
    Document,
    Label,
    Part,
    Prior,
    Query,
    SelectionNode,
    Source,
    Variable,
)
from vm2causal.spec.places import NOWHERE, Places
from vm2causal.spec.rules import suggestion
from vm2causal.spec.words import EVIDENCE_ALIASES

_PARTS: Final[Mapping[str, type[Part]]] = {
    "variables": Variable,
    "arrows": Arrow,
    "queries": Query,
    "priors": ArrowPrior,
    "selections": SelectionNode,
    "documents": Document,
    "prior": Prior,
    "source": Source,
    **dict.fromkeys(
        ("label", "definition", "note", "unit", "title", "description", "steps"), Label
    ),
    **dict.fromkeys(("level_labels", "item_labels"), Label),
}
"""Which part of a model stands under a key; the last such key of a path decides."""

_RULES: Final[Mapping[str, tuple[str, str]]] = {
    "bool_parsing": ("Expected true or false.", "Write true or false."),
    "bool_type": ("Expected true or false.", "Write true or false."),
    "float_parsing": ("Expected a number.", "Write it with a decimal point, such as 0.3."),
    "float_type": ("Expected a number.", "Write it with a decimal point, such as 0.3."),
    "finite_number": ("Expected a finite number.", "Write it with a decimal point, such as 0.3."),
    "greater_than": ("A standard deviation must be larger than zero.", "Give a positive number."),
    "string_type": ("Expected one text.", "Write one word or a quoted text."),
    "string_too_short": ("This cannot be empty.", "Fill it in, or remove it."),
    "tuple_type": ("Expected a list.", "Write [first, second], or one '- …' per line."),
    "list_type": ("Expected a list.", "Write [first, second], or one '- …' per line."),
    "model_type": ("Expected a mapping.", "Write {key: value}, or 'key: value' lines."),
    "mapping_type": ("Expected a mapping.", "Write {key: value}, or 'key: value' lines."),
    "dict_type": ("Expected a mapping.", "Write {key: value}, or 'key: value' lines."),
    "too_short": ("A model has at least one variable.", "Declare one under 'variables'."),
}


def build_model(document: object, places: Places = NOWHERE) -> CausalSpec:
    """Make a model of a document of mappings, lists and texts.

    Parameters
    ----------
    document
        As a model file holds it, with the keys of the file.
    places
        Where its parts stand, for messages.

    Raises
    ------
    ModelFileError
        When it is not a model.

    Examples
    --------
    >>> build_model({"name": "m", "variables": {"x": {}}}).name
    'm'
    """
    try:
        return CausalSpec.model_validate(document, context=places)
    except ValidationError as error:
        found = error.errors(include_url=False)
        raise _translated(min(found, key=lambda item: _order(item, places)), places) from error


def _order(problem: ErrorDetails, places: Places) -> int:
    return places.line(problem["loc"]) or 0


def _translated(problem: ErrorDetails, places: Places) -> ModelFileError:
    path, kind = problem["loc"], problem["type"]
    rule, fix = _rule_and_fix(problem)
    value: dict[str, Any] = {} if kind == "missing" else {"value": _shown(problem)}
    return ModelFileError(rule, file=places.file, line=places.line(path), fix=fix, **value)


def _shown(problem: ErrorDetails) -> object:
    if problem["type"] == "extra_forbidden":
        return str(problem["loc"][-1])
    received = problem["input"]
    if isinstance(received, Mapping):
        return f"a mapping with {', '.join(map(str, received)) or 'nothing in it'}"
    return "nothing" if received is None else received


def _rule_and_fix(problem: ErrorDetails) -> tuple[str, str]:
    path, kind = problem["loc"], problem["type"]
    last = str(path[-1]) if path else ""
    if kind == "extra_forbidden":
        known = _known_keys(path[:-1])
        return "This key is not known here.", suggestion(
            last, known, otherwise=f"Known keys: {', '.join(known)}."
        )
    if kind in ("tuple_type", "model_type") and "source" in path[-2:]:
        return (
            "Expected a source, or a list of sources.",
            "Write {document: …}, with section, table, figure or page where known.",
        )
    if kind == "missing":
        return f"The key '{last}' is missing.", f"Add '{last}: …'."
    if kind in ("enum", "literal_error"):
        allowed = re.findall(r"'([^']*)'", problem["ctx"]["expected"])
        choices = f"Choose one of: {', '.join(allowed)}."
        word = str(problem["input"])
        aliases = EVIDENCE_ALIASES if last == "evidence" else ()
        near = suggestion(word, [*allowed, *aliases], otherwise="")
        return f"'{last}' does not know this word.", f"{near} {choices}".strip()
    if kind == "value_error":
        return str(problem["ctx"]["error"]), "Write plain text."
    return _RULES.get(kind, (f"{problem['msg']}.", "See docs/model-files.md."))


def _known_keys(path: tuple[str | int, ...]) -> list[str]:
    """Keys of the part that stands at a path."""
    part: type[Part] = CausalSpec
    for step in path:
        if isinstance(step, str):
            part = _PARTS.get(step, part)
    return [field.alias or name for name, field in part.model_fields.items()]
