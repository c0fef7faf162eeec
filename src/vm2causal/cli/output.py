"""Printing: one JSON document, or tables for people."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

import typer

from vm2causal.cli.stopping import cleared
from vm2causal.texts import Language, text
from vm2causal.unseen import visible

if TYPE_CHECKING:
    from vm2causal.disclosure import Released

type Why = Literal["published", "model", "simulated", "holder"]

_SHOWN: Final = 5
"""Texts that a message lists."""


def print_json(document: Released) -> None:
    """Print one JSON document on standard output; no NaN or infinity."""
    from vm2causal.report.documents.json_text import to_json

    typer.echo(to_json(document))


def print_exempt(document: Mapping[str, Any], why: Why) -> None:
    """Print one JSON document whose numbers leave as they are.

    Parameters
    ----------
    why
        The reason, one of :class:`~vm2causal.disclosure.Exempt`.
    """
    from vm2causal.disclosure.exemption import Exempt, exempt

    print_json(exempt(document, Exempt(why)))


def say(message: str) -> None:
    """Print a text on standard output; what is not seen in it shows as numbers."""
    typer.echo(visible(message))


def print_table(title: str, columns: Sequence[str], rows: Iterable[Iterable[object]]) -> None:
    """Print a table on standard output, as wide as the terminal allows."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    def shown(cell: object, style: str = "") -> Text:
        # a Text: brackets in a name are no markup
        return Text("" if cell is None else visible(str(cell)), style=style)

    table = Table(title=shown(title, "bold"), title_justify="left", title_style="")
    for column in columns:
        # a name that does not fit is folded: cut off it could be another
        table.add_column(shown(column), overflow="fold")
    for row in rows:
        table.add_row(*map(shown, row))
    Console().print(table)


def announce(message: str) -> None:
    """Say something on standard error, where it disturbs no output and names no folder."""
    print(cleared(message), file=sys.stderr)


def announce_marked(paths: Iterable[Path], lang: Language) -> None:
    """Say which texts in the tables that were written got an apostrophe before them."""
    from vm2causal.report.documents.csv_text import marked_texts

    found = marked_texts(paths)
    if found:
        names = ", ".join(found[:_SHOWN]) + (" …" if len(found) > _SHOWN else "")
        announce(text("common.marked_texts", lang, names=names))
