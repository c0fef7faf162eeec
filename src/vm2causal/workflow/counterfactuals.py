"""A counterfactual of a row that whoever asks holds, with what must be said of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from vm2causal.disclosure import model_result
from vm2causal.effects.contrasts import Contrast, chosen_contrast
from vm2causal.effects.counterfactual import Counterfactual, counterfactual
from vm2causal.errors import QueryError
from vm2causal.inputs.rows import row_dicts
from vm2causal.model.data.columns import Column, ranks_of
from vm2causal.texts import Language, text
from vm2causal.workflow.answer_lines import what_if_lines
from vm2causal.workflow.effects import FitOnDisk

_DIGITS: Final = 2
"""Of a probability."""

_NOTHING: Final = 1e-9
"""Relative spread below which a number stayed as it was in every draw."""


@dataclass(frozen=True)
class Told:
    """The answer.

    Parameters
    ----------
    found
        What became of the unit.
    table
        The same with the digits that its uncertainty makes meaningful.
    unit
        Label of the row in the fit.
    changes
        What was done.
    """

    found: Counterfactual
    table: pd.DataFrame
    unit: str
    changes: tuple[Contrast, ...]


def counterfactual_of(
    opened: FitOnDisk, row: pd.DataFrame, changes: Mapping[str, str], *, level: float
) -> Told:
    """What a row of the table would have been under changes, its own noise kept.

    Parameters
    ----------
    opened
        A fit as :func:`~vm2causal.workflow.effects.open_fit` reads it.
    row
        One row of the table that was fitted, with every column that the model uses: whoever asks
        holds it already.
    changes
        Each ``cause=value``, made together.
    level
        Mass of the intervals.

    Raises
    ------
    QueryError
        When it is no row of the fit, the posterior was not computed well, or there is no answer.
    """
    forward = opened.forward
    if forward.data.years is not None:
        raise QueryError(
            "A counterfactual is of one row of a table; of a study there is what_if.",
            value=forward.data.unit,
            fix="Ask, for example, fit.what_if(x=1, at='school 07').",
        )
    unit = matching_unit(opened, row)
    chosen = tuple(
        contrast
        for cause, value in changes.items()
        for contrast in chosen_contrast(forward, cause, value, None)
    )
    do = {change.cause: change.high for change in chosen}
    found = counterfactual(forward, unit, do, level=level)
    rows = [_rounded(item) for item in row_dicts(found.table)]
    table = pd.DataFrame(rows).assign(level=level)
    return Told(found, table, forward.data.units[unit], chosen)


def told_lines(opened: FitOnDisk, told: Told, language: Language) -> Iterator[str]:
    """What goes with a counterfactual."""
    spec = opened.forward.data.spec
    yield text("api.counterfactual.model", language)
    for key, names in (("levels", told.found.coupled), ("untold", told.found.untold)):
        if names:
            labels = ", ".join(spec.label(name, language) for name in names)
            yield text(f"api.counterfactual.{key}", language, names=labels)
    if opened.forward.data.of_persons:
        yield text("api.counterfactual.person", language)
    causes = tuple(change.cause for change in told.changes)
    outcomes = list(dict.fromkeys(told.table["effect"]))
    outside = (change for change in told.changes if change.outside)
    yield from what_if_lines(opened, causes, outcomes, outside, language)


def matching_unit(opened: FitOnDisk, row: pd.DataFrame) -> int:
    """Place of the unit whose values are those of a row.

    Rows that are the same in everything the model uses have the same counterfactual but for the
    noise of what is unobserved: of several the first stands for all.

    Raises
    ------
    QueryError
        When there is more or less than one row, it lacks a column, no unit has its values, or
        several have that may differ in answers to items or in counts.
    """
    if len(row) != 1:
        raise QueryError(
            "A counterfactual is of one row.", value=f"{len(row)} rows", fix="Take df.iloc[[3]]."
        )
    data = opened.forward.data
    alike = np.ones(len(data.units), dtype=bool)
    for name, column in data.columns.items():
        alike &= _having(column, _cell(row, data.spec.column(name)))
    for name, group in data.groups.items():
        if name not in data.columns:
            cell = _cell(row, data.spec.column(name) if name in data.spec.variables else name)
            # a level of a nested group is called "school / class"
            own = [label.split(" / ")[-1] for label in group.labels]
            same = np.array(ranks_of(cell, tuple(dict.fromkeys(own)))[0], dtype=np.int64)
            places = [list(dict.fromkeys(own)).index(label) for label in own]
            alike &= np.array(places, dtype=np.int64)[group.codes] == same
    if not alike.any():
        raise QueryError(
            "No row of the fit has these values.",
            value=f"row {row.index[0]}",
            fix="Give a row of the table that was fitted, as it was fitted.",
        )
    if alike.sum() > 1 and (data.items or data.cells):
        raise QueryError(
            "Several rows of the fit have these values, and may differ in answers or counts.",
            value=f"row {row.index[0]}",
            fix="Ask about another row.",
        )
    return int(alike.argmax())


def _cell(row: pd.DataFrame, column: str) -> pd.Series[str]:
    if column not in row:
        raise QueryError(
            "The row lacks a column that the model uses.",
            value=column,
            fix="Give the row with every column of the table that was fitted.",
        )
    found: pd.Series[str] = row[column]
    return found


def _having(column: Column, cell: pd.Series[str]) -> npt.NDArray[np.bool_]:
    """Which units have the value of a cell; what is missing equals what is missing."""
    if cell.isna().all():
        return column.missing
    if column.numeric:
        value = float(pd.to_numeric(cell, errors="coerce").iloc[0])
        return np.isclose(column.values, value, rtol=1e-12, atol=0.0)
    same: npt.NDArray[np.bool_] = column.values == ranks_of(cell, column.levels)[0]
    return same


def _rounded(row: dict[str, Any]) -> dict[str, Any]:
    """A row with the digits that are worth telling; the value as observed stays."""
    if row["scale"] == "probability":
        return row | {part: round(row[part], _DIGITS) for part in ("mean", "sd", "lower", "upper")}
    moved = row["sd"] > _NOTHING * max(1.0, abs(row["mean"]))
    return model_result(row) if moved else row
