"""SPSS (.sav) and Stata (.dta) files → cells with their labels, through pyreadstat."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from vm2causal.errors import StudyError
from vm2causal.inputs.tables.cell_text import Labelled, cell_text, plain_cell
from vm2causal.inputs.tables.raw import Grid
from vm2causal.inputs.tables.remarks import Remark


def read_labelled(path: Path) -> Grid:
    """Read a file of SPSS or Stata.

    A value with a label reads as that label where a level is wanted, and as its number where a
    number is; the levels keep the order of their codes. What the file defines as missing (SPSS:
    user-defined missing values; Stata: ``.`` and ``.a`` to ``.z``) is missing, and that is said.

    Raises
    ------
    StudyError
        When it is damaged or no such file.
    """
    import pyreadstat

    read = pyreadstat.read_sav if path.suffix.lower() == ".sav" else pyreadstat.read_dta
    try:
        frame, meta = read(str(path))
        _, defined = read(str(path), metadataonly=True, user_missing=True)
    except (pyreadstat.ReadstatError, UnicodeDecodeError, ValueError) as error:
        raise StudyError(
            f"This is not a file of its kind, or it is damaged: {error}.",
            file=path.name,
            fix="Open it in its program and save it again, or save it as CSV UTF-8.",
        ) from error
    columns, orders = [], {}
    for name in frame.columns:
        words = _words(meta.variable_value_labels.get(name, {}))
        columns.append([_cell(value, words) for value in frame[name]])
        if words:
            orders[str(name)] = _order(columns[-1])
    lines = [list(map(str, frame.columns)), *map(list, zip(*columns, strict=True))]
    labels = {name: label for name, label in meta.column_names_to_labels.items() if label}
    return Grid(
        lines=lines,
        encoding=meta.file_encoding,
        orders=orders,
        labels=labels,
        notes=tuple(_missing_notes(defined)),
    )


def _words(labels: Mapping[Any, str]) -> dict[Any, str]:
    """Label of each code; one that stands for two codes gets its code beside it."""
    texts = {code: str(label).strip() or cell_text(code) for code, label in labels.items()}
    times = Counter(texts.values())
    return {
        code: label if times[label] == 1 else f"{label} ({cell_text(code)})"
        for code, label in texts.items()
    }


def _cell(value: Any, words: Mapping[Any, str]) -> Any:
    if value is None or value is pd.NaT or (isinstance(value, float) and pd.isna(value)):
        return None
    item = value.item() if hasattr(value, "item") else value
    if isinstance(value, pd.Timestamp):
        item = value.to_pydatetime()
    if item not in words:
        return plain_cell(item)
    return Labelled(words[item], float(item)) if isinstance(item, int | float) else words[item]


def _order(cells: list[Any]) -> dict[str, float]:
    """Levels that occur with their codes, in the order of these."""
    codes: dict[str, float] = {}
    for cell in cells:
        if isinstance(cell, Labelled):
            codes[cell.text] = cell.number
        elif isinstance(cell, int | float):
            codes[cell_text(cell)] = float(cell)
    return dict(sorted(codes.items(), key=lambda item: item[1]))


def _missing_notes(meta: Any) -> list[Remark]:
    ranges: Mapping[str, list[Mapping[str, Any]]] = meta.missing_ranges or {}
    users: Mapping[str, list[Any]] = meta.missing_user_values or {}
    found = {name: [_range(item) for item in items] for name, items in ranges.items()}
    found |= {name: [f".{item}" for item in items] for name, items in users.items()}
    return [
        Remark("defined_missing", {"column": name, "marks": ", ".join(marks)})
        for name, marks in found.items()
        if marks
    ]


def _range(item: Mapping[str, Any]) -> str:
    low, high = cell_text(item["lo"]), cell_text(item["hi"])
    return low if low == high else f"{low}–{high}"
