"""What the questionnaire of a simulated study misses: whole, or single answers."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import expit, logit

from vm2causal.simulate.generate import FloatArray, stream
from vm2causal.simulate.truth import Nonresponse, Truth


def with_nonresponse(
    columns: Mapping[str, Any], nonresponse: Nonresponse, *, asked: Collection[str], seed: int
) -> pd.DataFrame:
    """Make a table without questionnaires that did not come back and answers not given.

    Parameters
    ----------
    columns
        Complete, as arrays by name; holds the groups that ``nonresponse.shifts`` names.
    asked
        Columns of the questionnaire.
    seed
        Of the random numbers, 0 or more; the same seed gives the same result.
    """
    rows = len(next(iter(columns.values())))
    chance = _chance(columns, nonresponse, rows)
    missing = stream(seed, "questionnaire").random(rows) < chance
    answered = dict(columns)
    for column in asked:
        skipped = stream(seed, "answer", column).random(rows) < nonresponse.item
        answered[column] = _without(columns[column], missing | skipped)
    return pd.DataFrame(answered)


def with_missing_share(
    truth: Truth, *, questionnaire: float | None = None, item: float | None = None
) -> Truth:
    """Make the same truth with other shares of questionnaires or answers missing.

    Parameters
    ----------
    truth
        What is true in the studies.
    questionnaire
        Share of units without any answer, from 0 to below 1; as in the truth where None.
    item
        Share of single answers missing in the others, from 0 to below 1; as in the truth where
        None.
    """
    shares = {"questionnaire": questionnaire, "item": item}
    given = {name: share for name, share in shares.items() if share is not None}
    return truth.model_copy(update={"nonresponse": truth.nonresponse.model_copy(update=given)})


def _without(answers: Any, lost: npt.NDArray[np.bool_]) -> Any:
    left = answers.copy()
    left[lost] = np.nan if isinstance(answers, np.ndarray) else pd.NA
    return left


def _chance(columns: Mapping[str, Any], nonresponse: Nonresponse, rows: int) -> FloatArray:
    if nonresponse.questionnaire == 0:
        return np.zeros(rows)
    eta = np.full(rows, logit(nonresponse.questionnaire))
    for group, shifts in nonresponse.shifts.items():
        for level, shift in shifts.items():
            eta += shift * np.asarray(columns[group] == level, dtype=float)
    return np.asarray(expit(eta))
