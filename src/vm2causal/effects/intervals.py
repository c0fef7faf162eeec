"""Summaries of draws as every command prints them."""

from __future__ import annotations

from typing import TypedDict

import numpy as np
import numpy.typing as npt


class Interval(TypedDict):
    """Posterior mean and standard deviation with an equal-tailed interval of mass ``level``."""

    mean: float
    sd: float
    lower: float
    upper: float
    level: float


def interval(draws: npt.ArrayLike, level: float = 0.95) -> Interval:
    """Summarise draws.

    Parameters
    ----------
    draws
        Any shape; all draws together.
    level
        Probability mass, between 0 and 1.

    Examples
    --------
    >>> interval([0.0, 1.0, 2.0], level=0.5)
    {'mean': 1.0, 'sd': 1.0, 'lower': 0.5, 'upper': 1.5, 'level': 0.5}
    """
    values = np.asarray(draws, dtype=float).ravel()
    tail = (1 - level) / 2
    lower, upper = np.quantile(values, [tail, 1 - tail])
    return {
        "mean": float(values.mean()),
        "sd": float(values.std(ddof=1)),
        "lower": float(lower),
        "upper": float(upper),
        "level": level,
    }
