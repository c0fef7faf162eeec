"""Rows of a table as records of a document, whose values are plain."""

from __future__ import annotations

from typing import Any

import pandas as pd

from vm2causal.inputs.rows import row_dicts


def records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows of a table as plain values; what is missing becomes ``None``.

    Parameters
    ----------
    table
        Any table.
    """
    return [{str(key): plain(value) for key, value in row.items()} for row in row_dicts(table)]


def plain(value: Any) -> Any:
    """A value JSON can hold: numpy scalars as Python's, missing as ``None``.

    Parameters
    ----------
    value
        Of a cell.
    """
    if isinstance(value, dict):
        return value
    if isinstance(value, tuple):
        return list(value)
    if pd.isna(value):
        return None
    return value.item() if hasattr(value, "item") else value
