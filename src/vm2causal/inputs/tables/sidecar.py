"""The file beside a table that says how the table is to be read.

It is called ``scholen.table.yaml`` for ``scholen.csv``, else ``table.yaml`` for every table in its
folder.
"""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any, Final

from vm2causal.errors import ModelFileError, StudyError
from vm2causal.inputs.tables.choices import (
    EVERYWHERE,
    SCHEMA,
    Choices,
    decimal_mark,
    delimiter_mark,
    row_number,
    skipped_rows,
)
from vm2causal.spec.files import Wanted, read_text
from vm2causal.spec.places import Places
from vm2causal.spec.rules import suggestion
from vm2causal.spec.yaml_tree import Tree, parse_yaml

SIDECAR: Final = "table.yaml"
"""Name of the sidecar of every table in a folder that has none of its own."""


def sidecar_of(path: Path) -> Path | None:
    """The file that says how a table is to be read; None where there is none."""
    own = path.with_name(f"{path.stem}.{SIDECAR}")
    shared = path.with_name(SIDECAR)
    return own if own.is_file() else shared if shared.is_file() else None


_WANTED: Final = Wanted(
    "sidecar", "See docs/tables.md.", f"Begin it with 'schema: {SCHEMA}'; see docs/tables.md."
)
_KEYS: Final = ("schema", *(item.name for item in fields(Choices) if item.name != "skip_empty"))


def read_sidecar(path: Path) -> Choices:
    """Read the choices of a sidecar.

    Raises
    ------
    StudyError
        When it is not YAML, or holds a key or a value that means nothing; with the line.
    """
    try:
        tree, places = parse_yaml(read_text(path, path.name, _WANTED), path.name)
    except ModelFileError as error:
        raise StudyError(
            error.rule, file=path.name, line=error.line, value=error.value, fix=error.fix
        ) from error
    return choices_of(tree, places)


def choices_of(tree: Tree, places: Places) -> Choices:
    """Choices of the plain contents of a sidecar.

    Raises
    ------
    StudyError
        When a key or a value means nothing.
    """
    if not isinstance(tree, dict) or tree.get("schema") != SCHEMA:
        raise StudyError(
            "This is no sidecar of a table.",
            file=places.file,
            line=1,
            fix=f"Begin it with 'schema: {SCHEMA}'.",
        )
    made: dict[str, Any] = {}
    for key, value in tree.items():
        if key not in _KEYS:
            raise StudyError(
                "This key is not known here.",
                file=places.file,
                line=places.line((key,)),
                value=key,
                fix=suggestion(key, _KEYS, otherwise=f"Known are {', '.join(_KEYS)}."),
            )
        if key != "schema":
            try:
                made |= _choice(key, value)
            except StudyError as error:
                raise StudyError(
                    error.rule,
                    file=places.file,
                    line=places.line((key,)),
                    column=key,
                    value=error.value,
                    fix=error.fix,
                ) from error
    return Choices(**made)


def _choice(key: str, value: Tree) -> dict[str, Any]:
    """One choice as :class:`Choices` takes it."""
    match key:
        case "skip_rows":
            return skipped_rows(_texts(value))
        case "header_row":
            return {key: row_number(_text(value))}
        case "delimiter":
            return {key: delimiter_mark(_text(value))}
        case "decimal":
            return {key: {name: decimal_mark(_text(item)) for name, item in _by_column(value)}}
        case "missing" | "keep":
            return {key: {name: tuple(_texts(item)) for name, item in _by_column(value)}}
        case "fill_down":
            return {key: tuple(_texts(value))}
    return {key: _text(value)}


def _by_column(value: Tree) -> list[tuple[str, Tree]]:
    """A choice for every column, or one per column; ``*`` stands for all others."""
    if isinstance(value, dict):
        return [(EVERYWHERE if name == "*" else name, item) for name, item in value.items()]
    return [(EVERYWHERE, value)]


def _texts(value: Tree) -> list[str]:
    return [_text(item) for item in (value if isinstance(value, list) else [value])]


def _text(value: Tree) -> str:
    if isinstance(value, str):
        return value
    raise StudyError(
        "A text is expected here.", value=str(value), fix="Put it in quotes if it is one."
    )
