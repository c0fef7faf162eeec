"""Data of a structural model as one table of numbers, a row per unit: coarse, and quick to test."""

from __future__ import annotations

import numpy as np
import pandas as pd

from vm2causal.model.data.columns import Cells, Floats, Ints
from vm2causal.model.data.structural_data import YEAR, StructuralData


def unit_table(data: StructuralData) -> pd.DataFrame:
    """Put every variable with data in a column; NaN where missing.

    A construct is the mean of its answers, a count the log of observed over expected events (half
    added to both; expected by year over all units, so that careers of different length compare), a
    characteristic of pupils its mean over the starters. Levels are ranks; those of a nominal
    variable have no order, see :func:`indicators`. What these summaries measure with error is not
    adjusted for in full: a test on them is a coarse one.

    Parameters
    ----------
    data
        The data as the model takes them, one row per unit.

    Returns
    -------
    pandas.DataFrame
        Index: the units; columns: variables.
    """
    columns: dict[str, Floats] = {name: item.values for name, item in data.columns.items()}
    columns |= {name: _means(answers) for name, answers in data.items.items()}
    columns |= {name: _ratio(data, cells) for name, cells in data.cells.items()}
    for name, column in data.covariates.items():
        if not column.kind.unordered:
            columns[name] = _composition(data, column.values)
    return pd.DataFrame(columns, index=list(data.units))


def indicators(data: StructuralData, name: str, values: pd.Series[float]) -> Floats:
    """Columns that stand for a variable: ranks, or per level of a nominal one whether it is there.

    Parameters
    ----------
    data
        The data as the model takes them, one row per unit.
    name
        Of a variable of the model.
    values
        Of that variable, a number per unit.

    Returns
    -------
    ndarray, shape (unit, column)
        Ranks between 0 and 1; anything where missing.
    """
    column = data.columns.get(name)
    if column is None or not column.kind.unordered:
        order: Floats = np.asarray(values.rank(pct=True), dtype=np.float64)
        return order[:, np.newaxis]
    present = np.unique(values.dropna())
    here: Floats = (values.to_numpy()[:, np.newaxis] == present[1:]).astype(np.float64)
    return here


def _means(answers: Ints) -> Floats:
    known = answers >= 0
    number = known.sum(axis=1)
    total = np.where(known, answers, 0).sum(axis=1)
    return np.where(number > 0, total / np.maximum(number, 1), np.nan)


def _ratio(data: StructuralData, cells: Cells) -> Floats:
    units = len(data.units)
    years = (
        data.patterns[YEAR].to_numpy()[cells.pattern]
        if YEAR in data.patterns
        else np.zeros(len(cells.unit), dtype=np.int64)
    )
    place = np.unique(years, return_inverse=True)[1]
    rate = np.bincount(place, weights=cells.events) / np.maximum(
        np.bincount(place, weights=cells.trials), 1
    )
    trials = np.bincount(cells.unit, weights=cells.trials, minlength=units)
    events = np.bincount(cells.unit, weights=cells.events, minlength=units)
    expected = np.bincount(cells.unit, weights=cells.trials * rate[place], minlength=units)
    return np.where(trials > 0, np.log((events + 0.5) / (expected + 0.5)), np.nan)


def _composition(data: StructuralData, values: Floats) -> Floats:
    """Mean over the starters, from the count with the most trials."""
    cells = max(data.cells.values(), key=lambda item: int(item.trials.sum()))
    first = np.ones(len(cells.unit), dtype=bool)
    if YEAR in data.patterns:
        years = data.patterns[YEAR].to_numpy()
        first = years[cells.pattern] == years.min()
    unit, trials = cells.unit[first], cells.trials[first]
    number = np.bincount(unit, weights=trials, minlength=len(data.units))
    total = np.bincount(
        unit, weights=trials * values[cells.pattern[first]], minlength=len(data.units)
    )
    return np.where(number > 0, total / np.maximum(number, 1), np.nan)
