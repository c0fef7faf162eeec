"""Pupil records, of any size, as counts of pupils with the same course; no row is loaded.

Cost after this step depends on how many different courses there are, not on how many pupils.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from vm2causal.inputs.records.files import cleaned, open_records, quoted, reading
from vm2causal.inputs.study.frame import PUPILS
from vm2causal.inputs.study.pupil_checks import pupil_problems

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["collapse_pupils", "pupil_problems"]


def collapse_pupils(path: Path, *, keys: Sequence[str]) -> pd.DataFrame:
    """Count the pupils of a file by the distinct combinations of some columns.

    Parameters
    ----------
    path
        CSV (comma, semicolon or tab; UTF-8 or cp1252) or Parquet, one row per pupil.
    keys
        Columns to count by; values count as texts without spaces around them.

    Returns
    -------
    pandas.DataFrame
        The keys as text (NA for empty), sorted, and ``leerlingen``, an int of at least 1.

    Raises
    ------
    StudyError
        When the file cannot be read or lacks one of the columns.
    SizeLimitError
        When there are too many combinations for memory and disk together.
    """
    names = [quoted(key) for key in keys]
    columns = ", ".join(names)
    tidy = ", ".join(f"{cleaned(name)} AS {name}" for name in names)
    order = ", ".join(f"{name} NULLS LAST" for name in names)
    # spaces are taken off the combinations, not off millions of rows; some then coincide
    query = f"""
        SELECT {columns}, sum(n)::BIGINT AS {PUPILS} FROM (
            SELECT {tidy}, n FROM (
                SELECT {columns}, count(*) AS n FROM pupils GROUP BY {columns}))
        GROUP BY {columns} ORDER BY {order}
    """
    with open_records() as records:
        records.add("pupils", path, required=keys)
        with reading(path):
            counts = records.database.execute(query).df()
    return counts.astype(dict.fromkeys(keys, "str") | {PUPILS: "int64"})
