"""Intervals of several coefficients that hold together."""

from __future__ import annotations

import numpy as np

from vm2causal.effects.intervals import Interval, interval
from vm2causal.model.data.columns import Floats


def joint_bands(draws: Floats, level: float) -> list[Interval]:
    """Intervals that together hold all coefficients with posterior probability ``level``.

    Distances from the median are measured, on each side, in distances of the quantile of that
    side; the largest over all coefficients is below a critical value in a share ``level`` of the
    draws, and the band is as many distances wide. Of one coefficient it is the equal-tailed
    interval itself. Of several it says what the largest of them may be claimed to be, after all
    were looked at.

    Parameters
    ----------
    draws
        Shape (draw, coefficient).
    level
        Posterior probability, between 0 and 1.

    Returns
    -------
    list of Interval
        One per coefficient: its ``mean`` and ``sd``, and ``lower`` and ``upper`` of the band.

    References
    ----------
    Besag, Green, Higdon & Mengersen (1995), Statistical Science 10, 3, section 6.3; Montiel Olea &
    Plagborg-Møller (2019), Journal of Applied Econometrics 34, 1 (sup-t bands).

    Examples
    --------
    >>> draws = np.random.default_rng(0).normal(size=(20_000, 4))
    >>> [round(band["upper"], 1) for band in joint_bands(draws, 0.95)]
    [2.5, 2.5, 2.5, 2.5]
    """
    alone = [interval(column, level) for column in draws.T]
    if len(alone) == 1:
        return alone
    middle = np.median(draws, axis=0)
    below = middle - [found["lower"] for found in alone]
    above = [found["upper"] for found in alone] - middle
    apart = draws - middle
    sides = np.where(apart > 0, above, below)
    # a coefficient that is the same in every draw lies at no distance from itself
    distances = np.divide(np.abs(apart), sides, out=np.zeros_like(apart), where=sides > 0)
    critical = max(float(np.quantile(distances.max(axis=1), level)), 1.0)
    return [
        {**found, "lower": float(centre - critical * low), "upper": float(centre + critical * high)}
        for found, centre, low, high in zip(alone, middle, below, above, strict=True)
    ]
