"""Data that no fit can make sense of, found before any sampling."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from vm2causal.errors import StudyError
from vm2causal.model.data.columns import Floats
from vm2causal.model.data.structural_data import StructuralData

AGAINST: Final = -0.2
"""Rank correlation of an item with the rest of its construct below which it runs against it…"""
CERTAIN: Final = 0.01
"""… when a correlation of zero would give one so low with less than this probability."""


def check_answers(data: StructuralData) -> None:
    """Refuse data that say something went wrong when they were entered.

    Parameters
    ----------
    data
        The data as the model takes them, one row per unit.

    Raises
    ------
    StudyError
        When an item runs against the other items of its construct, a count never happened or
        always did, or every outcome has one value.
    """
    for name in data.items:
        _check_items(data, name)
    for name in data.cells:
        _check_events(data, name)
    _check_outcomes(data)


def item_rest_correlations(data: StructuralData, name: str) -> pd.DataFrame:
    """Rank correlation of each item with the mean of the other items.

    Parameters
    ----------
    data
        The data as the model takes them, one row per unit.
    name
        Of a construct with items.

    Returns
    -------
    pandas.DataFrame
        Indexed by item: ``correlation`` (Spearman; NaN where either does not vary), ``p`` (one
        sided, of a correlation this low when there is none) and ``units``, those with both.
    """
    answers = np.where(data.items[name] < 0, np.nan, data.items[name])
    rows = []
    for place in range(answers.shape[1]):
        rest = pd.DataFrame(np.delete(answers, place, axis=1)).mean(axis=1).to_numpy()
        known = ~np.isnan(answers[:, place]) & ~np.isnan(rest)
        rows.append(_spearman(answers[known, place], rest[known]))
    items = pd.Index(data.spec.variables[name].items, name="item")
    return pd.DataFrame(rows, columns=["correlation", "p", "units"], index=items)


def _spearman(first: Floats, second: Floats) -> tuple[float, float, int]:
    from scipy.special import stdtr

    ranks = pd.DataFrame({"first": first, "second": second}).rank()
    number = len(first)
    if number < 4 or (ranks.nunique() < 2).any():
        return np.nan, np.nan, number
    correlation = float(ranks["first"].corr(ranks["second"]))
    bounded = min(max(correlation, -1 + 1e-12), 1 - 1e-12)
    t = bounded * np.sqrt((number - 2) / (1 - bounded**2))
    return correlation, float(stdtr(number - 2, t)), number


def _check_items(data: StructuralData, name: str) -> None:
    found = item_rest_correlations(data, name)
    wrong = found[(found["correlation"] < AGAINST) & (found["p"] < CERTAIN)]
    if not wrong.empty:
        worst = wrong.sort_values("correlation").reset_index().to_dict("records")[0]
        raise StudyError(
            f"This item runs against the other items of '{name}': their rank correlation is "
            f"{worst['correlation']:.2f}.",
            column=worst["item"],
            value=f"{worst['units']} answers",
            fix="Recode it so that a higher answer is more of the construct, or leave it out.",
        )


def _check_events(data: StructuralData, name: str) -> None:
    cells = data.cells[name]
    events, trials = int(cells.events.sum()), int(cells.trials.sum())
    if events in (0, trials):
        never = "never happened" if events == 0 else "always happened"
        raise StudyError(
            f"'{name}' {never}, so nothing can be learnt of what brings it about.",
            column=name,
            value=f"{events} of {trials}",
            fix="Check how it was coded, or take it out of the model.",
        )


def _check_outcomes(data: StructuralData) -> None:
    """Refuse data in which nothing varies that has causes: a fit would be its priors alone."""
    outcomes = [name for name in data.columns if data.spec.parents(name)]
    if not outcomes or data.cells or data.items:
        return
    if not any(data.columns[name].varies for name in outcomes):
        column = data.columns[outcomes[0]]
        known = column.values[~column.missing]
        value = column.levels[int(known[0])] if column.levels else f"{known[0]:g}"
        raise StudyError(
            f"'{outcomes[0]}' has the same value in every row, so nothing can be learnt of what "
            "brings it about.",
            column=data.spec.column(outcomes[0]),
            value=value,
            fix="Check how it was read and coded, or take it out of the model.",
        )
