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
    from rich.box import Box

    from vm2causal.disclosure import Released

type Why = Literal["published", "model", "simulated", "holder"]

_NUMBERS: Final = ("", *"0123456789−–<>")
"""What a cell with a number begins with, or one that is empty or stands for none."""

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
    from rich import box

    _print(title, columns, rows, box.HEAVY_HEAD)


def print_columns(title: str, columns: Sequence[str], rows: Iterable[Iterable[object]]) -> None:
    """Print a table without lines, which leaves 80 columns for what is in it."""
    _print(title, columns, rows, None)


def _print(
    title: str, columns: Sequence[str], rows: Iterable[Iterable[object]], lines: Box | None
) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    def shown(cell: object, style: str = "") -> Text:
        # a Text: brackets in a name are no markup
        return Text("" if cell is None else visible(str(cell)), style=style)

    cells = [[shown(cell) for cell in row] for row in rows]
    texts = [[column, *(row[place].plain for row in cells)] for place, column in enumerate(columns)]
    console = Console()
    # a file or pipe has no edge: no word is broken there
    edge = console.width if console.is_terminal else None
    widths = _widths(texts, console.width, edge)
    if None not in widths:
        console.width = max(console.width, sum(filter(None, widths)) + _beside(widths))
    table = Table(title=shown(title, "bold"), title_justify="left", title_style="", box=lines)
    for column, width in zip(columns, widths, strict=True):
        # a name that does not fit is folded: cut off it could be another
        table.add_column(shown(column), overflow="fold", width=width)
    for row in cells:
        table.add_row(*row)
    console.print(table)


def _widths(texts: Sequence[Sequence[str]], usual: int, edge: int | None) -> list[int | None]:
    """How wide each column is: no word broken, and numbers on one line where there is room.

    Parameters
    ----------
    texts
        Of each column its heading and cells.
    usual
        What the table is to fit.
    edge
        What it has to fit; None where nothing has to. Where words have no room, every column is
        as wide as it comes out (None).
    """
    from rich.cells import cell_len

    room = usual - _beside(texts)
    full = [max(map(cell_len, column), default=1) for column in texts]
    words = [max((cell_len(word) for cell in column for word in cell.split()), default=1)
             for column in texts]  # fmt: skip
    least = [
        whole if _of_numbers(column) else word
        for column, whole, word in zip(texts, full, words, strict=True)
    ]
    if sum(least) > room:
        least = words
    if edge is not None and sum(least) + _beside(texts) > edge:
        return [None] * len(texts)
    spare, wanted = room - sum(least), sum(full) - sum(least)
    if spare >= wanted:
        return [*full]
    shares = max(spare, 0) / wanted
    return [low + int((high - low) * shares) for low, high in zip(least, full, strict=True)]


def _beside(columns: Sequence[object]) -> int:
    """What borders and the room between columns take."""
    return 3 * len(columns) + 1


def _of_numbers(column: Sequence[str]) -> bool:
    return all(text[:1] in _NUMBERS for text in column[1:])


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
