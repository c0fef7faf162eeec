"""Tail of a sum of squares: Σ λ z², with z independent standard normals.

Sums of squared scores have this distribution, with eigenvalues of their covariance for λ.

References
----------
Kuonen (1999), Biometrika 86, 929: saddlepoint approximation, equations 1 and 2.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from scipy.special import chdtrc, ndtr

from vm2causal.model.data.columns import Floats

_NEAR: Final = 1e-4
"""Relative distance to the mean within which the saddlepoint formula divides by nearly nothing."""
_EDGE: Final = 1e-10
POWER: Final = 0.8
"""Power at which a test counts as able to find something (Cohen 1988, section 1.4)."""


def tail(value: float, weights: Floats) -> float:
    """Probability that Σ λ z² exceeds a value.

    Parameters
    ----------
    value
        Not negative.
    weights
        λ, of which those far below the largest are left out.

    Returns
    -------
    float
        1 where no weight is positive: nothing can be exceeded by chance.

    Examples
    --------
    >>> round(tail(3.84146, np.array([1.0])), 4), round(tail(11.0705, np.ones(5)), 4)
    (0.05, 0.05)
    """
    kept = weights[weights > _EDGE * weights.max(initial=0.0)]
    if not len(kept):
        return 1.0
    mean = float(kept.sum())
    if np.allclose(kept, kept[0]):
        return float(chdtrc(len(kept), value / kept[0]))
    if abs(value - mean) < _NEAR * mean:
        return _by_moments(value, kept)
    return _saddlepoint(value, kept)


def _by_moments(value: float, weights: Floats) -> float:
    """A scaled χ² with the same mean and variance (Satterthwaite 1946)."""
    first, second = float(weights.sum()), float((weights**2).sum())
    return float(chdtrc(first**2 / second, value * first / second))


def _saddlepoint(value: float, weights: Floats) -> float:
    from scipy.optimize import brentq

    scaled = weights / weights.max()
    aim = max(value / float(weights.max()), _EDGE)

    def slope(point: float) -> float:
        return float((scaled / (1 - 2 * point * scaled)).sum()) - aim

    highest = 0.5 * (1 - _EDGE)
    lowest = -0.5 * len(scaled) / aim - 1.0
    point = brentq(slope, lowest, highest)
    generating = -0.5 * float(np.log1p(-2 * point * scaled).sum())
    curvature = 2 * float((scaled**2 / (1 - 2 * point * scaled) ** 2).sum())
    root = float(np.sign(point) * np.sqrt(max(2 * (point * aim - generating), 0.0)))
    return float(ndtr(-root - np.log(point * np.sqrt(curvature) / root) / root))


def least_found(weights: Floats, level: float) -> float:
    """The smallest spread of effects that a sum of squared scores finds with probability .8.

    With effects of variance τ² the weights λ become λ + τ² λ².

    Parameters
    ----------
    weights
        λ without such effects.
    level
        Of the test.

    Returns
    -------
    float
        τ; infinite where the test can find nothing.

    Examples
    --------
    >>> round(least_found(np.full(1000, 4.0), 0.05), 2)
    0.17
    """
    from scipy.optimize import brentq

    kept = weights[weights > _EDGE * weights.max(initial=0.0)]
    if not len(kept):
        return float("inf")
    limit = brentq(lambda x: tail(x, kept) - level, _EDGE, _above(kept, level))

    def missed(tau: float) -> float:
        return tail(limit, kept + tau**2 * kept**2) - POWER

    top = 1.0 / np.sqrt(float(kept.max()))
    while missed(top) < 0:
        top *= 4.0
    return float(brentq(missed, 0.0, top, xtol=1e-6 * top))


def _above(weights: Floats, level: float) -> float:
    """A value beyond the critical one."""
    value = 2 * float(weights.sum())
    while tail(value, weights) > level:
        value *= 2.0
    return value
