"""An empty set of tables of counts to fill in, with its codebook."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pandas as pd

from vm2causal.inputs.event_tables.schema import (
    COUNT_COLUMNS,
    COUNTS,
    GROUP_COLUMNS,
    GROUPS,
    Column,
)
from vm2causal.inputs.study.template import CODEBOOK_FILE, CODEBOOK_PAGE, refuse_filled
from vm2causal.storage import write_atomically
from vm2causal.texts import Language, text

_TABLES: Final = {COUNTS: COUNT_COLUMNS, GROUPS: GROUP_COLUMNS}


def write_event_template(folder: Path | str, *, language: Language) -> list[Path]:
    """Write a folder of tables of counts with everything but the data.

    Parameters
    ----------
    folder
        A new or empty folder.
    language
        Of the codebook.

    Returns
    -------
    list of Path
        Headers of both tables, and the codebook as a table and as a page.

    Raises
    ------
    OutputError
        When the folder holds anything, or cannot be written.
    """
    folder = Path(folder)
    refuse_filled(folder)
    codebook = event_codebook(language)
    files = {
        **{f"{name}.csv": ",".join(columns) + "\n" for name, columns in _TABLES.items()},
        CODEBOOK_FILE: codebook.to_csv(index=False, lineterminator="\n"),
        CODEBOOK_PAGE: _page(language),
    }
    return [write_atomically(folder / name, content) for name, content in files.items()]


def event_codebook(language: Language) -> pd.DataFrame:
    """One row per column of either table: ``file``, ``column``, ``required``, and its meaning.

    Parameters
    ----------
    language
        Of the meaning.
    """
    return pd.DataFrame(
        [
            {
                "file": f"{table}.csv",
                "column": name,
                "required": column.required,
                "may_be_empty": column.may_be_empty,
                "meaning": text(f"did.column.{name}", language),
            }
            for table, columns in _TABLES.items()
            for name, column in columns.items()
        ]
    )


def _page(language: Language) -> str:
    lines = [f"# {text('did.codebook.title', language)}", ""]
    lines += [text("did.codebook.intro", language), ""]
    for table, columns in _TABLES.items():
        lines += [f"## {table}.csv", ""]
        lines += [_line(name, column, language) for name, column in columns.items()]
        lines.append("")
    return "\n".join(lines)


def _line(name: str, column: Column, language: Language) -> str:
    state = "required" if column.required else "optional"
    return f"- `{name}` ({text(f'did.codebook.{state}', language)}): " + text(
        f"did.column.{name}", language
    )
