"""Printing: one JSON document, or tables for people."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from typing import Any

import typer


def print_json(document: dict[str, Any]) -> None:
    """Print one JSON document on standard output; numbers unrounded, no NaN or infinity."""
    typer.echo(to_json(document))


def to_json(document: dict[str, Any]) -> str:
    """JSON text of a document; what is not finite becomes ``null``."""
    return json.dumps(_finite(document), ensure_ascii=False, indent=2, allow_nan=False)


def print_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a table on standard output, as wide as the terminal allows."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(title=title, title_justify="left", title_style="bold")
    for column in columns:
        table.add_column(column)
    for row in rows:
        table.add_row(*(Text("" if cell is None else str(cell)) for cell in row))
    Console().print(table)


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
