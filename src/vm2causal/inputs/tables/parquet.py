"""Parquet files that fit in memory → cells."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from vm2causal.errors import StudyError
from vm2causal.inputs.records.files import literal_path, open_records, reading
from vm2causal.inputs.tables.cell_text import plain_cell
from vm2causal.inputs.tables.raw import Grid

MOST_CELLS: Final = 20_000_000
"""Most cells of a Parquet table that is read into memory."""


def read_parquet(path: Path) -> Grid:
    """Read the cells of a Parquet file; its numbers are numbers, NaN is missing.

    Raises
    ------
    StudyError
        When it is damaged or too large.
    """
    with open_records() as records:
        header = records.add("whole", path)
        most_rows = MOST_CELLS // max(len(header), 1)
        with reading(path):
            scan = f"read_parquet({literal_path(path)})"
            found = records.database.execute(f"SELECT * FROM {scan} LIMIT {most_rows + 1}")
            rows = [[plain_cell(cell) for cell in row] for row in found.fetchall()]
    if len(rows) > most_rows:
        raise StudyError(
            f"A table read into memory has at most {MOST_CELLS:,} cells.",
            file=path.name,
            fix="Take fewer rows; files of pupils may have any size.",
        )
    return Grid(lines=[list(header), *rows])
