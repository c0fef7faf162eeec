"""Parquet files that fit in memory → cells."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from vm2causal.errors import StudyError
from vm2causal.inputs.records.files import open_records, reading
from vm2causal.inputs.tables.raw import Grid

MOST_CELLS: Final = 20_000_000
"""Most cells of a Parquet table that is read into memory."""


def read_parquet(path: Path) -> Grid:
    """Read the cells of a Parquet file as texts.

    Raises
    ------
    StudyError
        When it is damaged or too large.
    """
    with open_records() as records:
        header = records.add("whole", path)
        most_rows = MOST_CELLS // max(len(header), 1)
        with reading(path):
            found = records.database.execute(f"SELECT * FROM whole LIMIT {most_rows + 1}")
            rows = [["" if cell is None else cell for cell in row] for row in found.fetchall()]
    if len(rows) > most_rows:
        raise StudyError(
            f"A table read into memory has at most {MOST_CELLS:,} cells.",
            file=path.name,
            fix="Take fewer rows; files of pupils may have any size.",
        )
    return Grid(header=list(header), rows=rows, decimal=".")
