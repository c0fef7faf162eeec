"""Released numbers in the rows and columns of a CSV file."""

from __future__ import annotations

from typing import Any

import pandas as pd

from vm2causal.disclosure.release import ReleasedTable


def with_origin(numbers: ReleasedTable, origin: str) -> ReleasedTable:
    """Numbers with where they come from beside each, so that no copy of them can lose it."""
    return ReleasedTable(numbers.assign(origin=origin))


def flattened(table: ReleasedTable) -> ReleasedTable:
    """A table for CSV: every interval spread over columns ``<name>_mean``, ``_sd`` and so on.

    Several words in one cell are parted by semicolons.
    """
    rows = table.to_dict("records")
    spread = {name for row in rows for name, value in row.items() if isinstance(value, dict)}
    return ReleasedTable(
        pd.DataFrame(
            [
                {
                    column: item
                    for name, value in row.items()
                    for column, item in _parts(str(name), value, name in spread).items()
                }
                for row in rows
            ]
        )
    )


def _parts(name: str, value: Any, is_interval: bool) -> dict[str, Any]:
    """Columns of one cell; an interval that is missing has none."""
    if isinstance(value, tuple):
        return {name: "; ".join(str(item) for item in value)}
    if not is_interval:
        return {name: value}
    return {f"{name}_{part}": number for part, number in value.items()} if value else {}
