"""Tables in memory → cells: pandas, and whatever offers its columns as Arrow does (polars, …)."""

from __future__ import annotations

from typing import Any, Final, Protocol, runtime_checkable

import pandas as pd

from vm2causal.errors import StudyError
from vm2causal.inputs.tables.cell_text import cell_text, plain_cell
from vm2causal.inputs.tables.choices import Choices
from vm2causal.inputs.tables.raw import Grid, RawTable, table_of

NAME: Final = "table"
"""What messages call a table that is no file."""


@runtime_checkable
class ArrowTable(Protocol):
    """What gives its columns as an Arrow stream: polars, pyarrow, DuckDB and others."""

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """The stream, of the Arrow PyCapsule interface."""


type Frame = pd.DataFrame | ArrowTable
"""A table in memory."""


def frame_table(frame: Frame, choices: Choices | None = None) -> RawTable:
    """Take a table in memory as if it had been read from a file.

    Categories of a column keep their order; the index is passed over, but for levels of it that
    have a name, which are columns.

    Parameters
    ----------
    frame
        Of pandas, or of a package that offers the Arrow PyCapsule interface.
    choices
        What the user decides about the reading.

    Returns
    -------
    RawTable
        Called "table" in messages; rows are counted from 1.

    Raises
    ------
    StudyError
        When it is no table, has no rows, or its columns have no names of their own.

    Examples
    --------
    >>> table = frame_table(pd.DataFrame({"school": ["A", None], "krimp": [1.5, 2.0]}))
    >>> table.rows["school"].isna().tolist(), table.typed["krimp"].tolist()
    ([False, True], [1.5, 2.0])
    """
    held = _as_pandas(frame)
    if not len(held):
        raise StudyError("This table has no rows.", file=NAME, fix="Give one with data.")
    names = [str(name) for name in held.columns]
    columns = [[_cell(value) for value in held.iloc[:, place]] for place in range(len(names))]
    orders = {
        name: {cell_text(level): float(code) for code, level in enumerate(categories)}
        for place, name in enumerate(names)
        if (categories := _categories(held.iloc[:, place])) is not None
    }
    lines = [names, *map(list, zip(*columns, strict=True))]
    return table_of(Grid(lines=lines, orders=orders), NAME, choices)


def _as_pandas(frame: Frame) -> pd.DataFrame:
    if isinstance(frame, pd.DataFrame):
        named = [name for name in frame.index.names if name is not None]
        return frame.reset_index(level=named) if named else frame
    if not isinstance(frame, ArrowTable):
        raise StudyError(
            "Data are a table in memory, the file of a table, or the folder of a study.",
            value=type(frame).__name__,
            fix="Give a DataFrame of pandas or polars, or a path.",
        )
    import pyarrow

    found: pd.DataFrame = pyarrow.table(frame).to_pandas()
    return found


def _categories(column: pd.Series[Any]) -> list[Any] | None:
    """Levels of a column of categories, in their order; None for any other column."""
    if not isinstance(column.dtype, pd.CategoricalDtype):
        return None
    occurring = set(column.dropna())
    return [level for level in column.dtype.categories if level in occurring]


def _cell(value: Any) -> Any:
    if value is None or (pd.api.types.is_scalar(value) and pd.isna(value)):
        return None
    if isinstance(value, pd.Timestamp):
        return value.to_pydatetime()
    return plain_cell(value.item() if hasattr(value, "item") else value)
