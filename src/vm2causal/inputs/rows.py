"""Rows of a frame for code that goes through them one by one.

pandas cannot know the types of a row's fields; these two say so once, for everybody.
"""

from __future__ import annotations

from typing import Any, cast

import pandas as pd


def row_tuples(table: pd.DataFrame) -> list[Any]:
    """Rows as named tuples; ``Index`` holds the label of the row."""
    return list(table.itertuples())


def row_dicts(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as dictionaries by column."""
    return cast(list[dict[str, Any]], table.to_dict("records"))
