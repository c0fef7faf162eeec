"""E-values: how strong an unmeasured confounder must be to explain an effect away.

Source: VanderWeele, Ding 2017, Sensitivity analysis in observational research: introducing the
E-value, Annals of Internal Medicine 167, 268.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, sqrt
from typing import Final

import numpy as np

from vm2causal.effects.intervals import Interval, interval
from vm2causal.model.data.columns import Floats

PER_SD: Final = 0.91
"""Log risk ratio per standard deviation of a continuous outcome (the same, table 2)."""


@dataclass(frozen=True)
class EValue:
    """Risk ratio of an effect, and what it takes to explain it away.

    Parameters
    ----------
    risk_ratio
        Of the two sides of the contrast.
    approximate
        Whether the ratio is read from a standardised difference.
    estimate, limit
        E-values of the mean and of the limit nearest 1; 1 where the interval holds 1.
    """

    risk_ratio: Interval
    approximate: bool
    estimate: float
    limit: float


def e_value(risk_ratio: float) -> float:
    """E-value of a risk ratio: RR + √(RR (RR − 1)) with RR turned above 1.

    Parameters
    ----------
    risk_ratio
        Above 0.

    Examples
    --------
    >>> round(e_value(3.9), 2), round(e_value(1 / 3.9), 2), e_value(1.0)
    (7.26, 7.26, 1.0)
    """
    ratio = max(risk_ratio, 1 / risk_ratio)
    return ratio + sqrt(ratio * (ratio - 1))


def e_value_of(found: Interval) -> tuple[float, float]:
    """E-values of a risk ratio and of the limit of its interval nearest 1.

    Parameters
    ----------
    found
        Mean and interval of a risk ratio, all above 0.

    Examples
    --------
    >>> breastfeeding = Interval(mean=3.9, sd=1.0, lower=1.8, upper=8.7, level=0.95)
    >>> [round(value, 1) for value in e_value_of(breastfeeding)]
    [7.3, 3.0]
    """
    nearest = found["lower"] if found["mean"] > 1 else found["upper"]
    crossed = found["lower"] <= 1 <= found["upper"]
    return e_value(found["mean"]), 1.0 if crossed else e_value(nearest)


def ratio_of_probabilities(high: Floats, low: Floats) -> EValue:
    """E-value from draws of the probabilities on both sides of a contrast.

    Parameters
    ----------
    high, low
        Draws of the probability on either side, between 0 and 1.
    """
    found = interval(high / low)
    return EValue(found, False, *e_value_of(found))


def ratio_of_difference(difference: Floats, sd: float) -> EValue:
    """E-value from draws of a difference in means, and the standard deviation of the outcome.

    Parameters
    ----------
    difference
        Draws, in the units of the outcome.
    sd
        Standard deviation of the outcome, above 0.
    """
    found = interval(np.exp(PER_SD * difference / sd))
    found["mean"] = exp(PER_SD * float(difference.mean()) / sd)
    return EValue(found, True, *e_value_of(found))
