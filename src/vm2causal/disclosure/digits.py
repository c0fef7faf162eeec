"""How many digits of a number may leave: what it means, and no more.

Who has a number in full can often undo how it was made: a share in full is a ratio of whole
numbers, and the ratio of two of them may be a third. Digits beyond the uncertainty of a result say
nothing about the world and much about the pupils, so they stay inside.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

DIGITS: Final = 2
"""Significant digits of a posterior standard deviation, and of a statistic of a check."""

PERSONS_PER_STEP: Final = 5
"""Persons that a step of a rounded share is worth, at least: as in rounding counts to base 5
(Hundepool et al. 2012, *Statistical Disclosure Control*, section 5.4)."""

_STEPS: Final = (1, 2, 5)
_FINEST: Final = -6
"""No step of a share is finer than a millionth."""


def significant(value: float, digits: int = DIGITS) -> float:
    """Round to significant digits; what is not finite, and zero, stay.

    Examples
    --------
    >>> significant(0.012345), significant(-98765.0), significant(0.0996), significant(math.inf)
    (0.012, -99000.0, 0.1, inf)
    """
    if not math.isfinite(value) or value == 0:
        return value
    return float(f"{value:.{digits - 1}e}")


def probability(value: float) -> float:
    """A probability to two digits of itself or, above one half, of its complement.

    Examples
    --------
    >>> probability(0.99873), probability(0.12345), probability(1.0)
    (0.9987, 0.12, 1.0)
    """
    if not 0.5 < value < 1:
        return significant(value)
    rest = significant(1 - value)
    return round(1 - rest, _decimals(rest))


def by_error(value: float, error: float) -> float:
    """Round to the two significant digits of a standard error or deviation.

    The digits are those of the error once it is rounded itself, so that rounding again changes
    nothing.

    Examples
    --------
    >>> by_error(0.123456, 0.0345678), by_error(0.123456, 0.0996), by_error(1234.5, 321.0)
    (0.123, 0.12, 1230.0)
    """
    if not math.isfinite(value) or not math.isfinite(error) or error <= 0:
        return significant(value)
    # adding 0 takes the sign off what rounds to zero
    return round(value, _decimals(significant(error))) + 0.0


def _decimals(rounded: float) -> int:
    """Place of the second significant digit, as :func:`round` counts places."""
    return DIGITS - 1 - math.floor(math.log10(abs(rounded)) + 1e-9)


def model_result(found: Mapping[str, Any]) -> dict[str, Any]:
    """A summary of a posterior, each number to two significant digits of its standard deviation.

    Parameters
    ----------
    found
        ``mean``, ``lower``, ``upper`` and, where known, ``sd``; without it a quarter of the
        interval stands in. Anything else stays.

    Examples
    --------
    >>> model_result({"mean": -0.412345, "sd": 0.12345, "lower": -0.65, "upper": -0.171717,
    ...     "level": 0.95})
    {'mean': -0.41, 'sd': 0.12, 'lower': -0.65, 'upper': -0.17, 'level': 0.95}
    """
    spread = found.get("sd")
    if spread is None:
        spread = (float(found["upper"]) - float(found["lower"])) / 4
    rounded = {
        name: by_error(float(found[name]), float(spread)) for name in ("mean", "lower", "upper")
    }
    if "sd" in found:
        rounded["sd"] = significant(float(spread))
    return {**found, **rounded}


def share_step(persons: float) -> float:
    """The step to which a share of so many persons is rounded: 1, 2 or 5 times a power of ten.

    Examples
    --------
    >>> share_step(381), share_step(5000), share_step(60)
    (0.02, 0.001, 0.1)
    """
    least = PERSONS_PER_STEP / max(persons, PERSONS_PER_STEP)
    return next(
        step * 10.0**power
        for power in range(_FINEST, 1)
        for step in _STEPS
        if step * 10.0**power >= least * (1 - 1e-9)
    )


def share(value: float, persons: float) -> float:
    """A share of persons, as its denominator permits: to a step worth five persons or more.

    Examples
    --------
    >>> share(37 / 381, 381), share(1234 / 5000, 5000)
    (0.1, 0.247)
    """
    if not math.isfinite(value):
        return value
    step = share_step(persons)
    return round(round(value / step) * step, 9)
