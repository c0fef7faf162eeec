"""From what size on a test of an absent arrow would have found it.

In closed form from the posterior of the very test: its standard deviation is what the data at hand
leave open.
"""

from __future__ import annotations

from functools import cache
from typing import Final

import numpy as np

from vm2causal.model.data.columns import Floats

POWER: Final = 0.8
"""Probability with which an arrow of the size that is told is found."""

_FARTHEST: Final = 1e6
"""Noncentrality beyond which no arrow could be."""


def informed(draws: Floats, prior_sd: Floats) -> tuple[Floats, Floats]:
    """How much the data say of each coefficient, at equal values of the others.

    Parameters
    ----------
    draws
        Shape (draw, coefficient), in the units of the priors.
    prior_sd
        Of their independent priors.

    Returns
    -------
    sd : ndarray
        Posterior standard deviation at equal values of the others.
    share : ndarray
        Share of the posterior precision that is the data's; the prior pulls the posterior mean to
        that share of what the data say.
    """
    covariance = np.atleast_2d(np.cov(draws, rowvar=False))
    sd = 1 / np.sqrt(np.diag(np.linalg.inv(covariance)))
    return sd, np.clip(1 - (sd / prior_sd) ** 2, 0.0, 1.0)


def detectable_size(
    sd: float, share: float, *, coefficients: int, alpha: float, power: float = POWER
) -> float | None:
    """Size from which on an arrow is called violated with probability ``power``.

    The tail is that of a chi-square distribution with a degree of freedom per coefficient; the
    posterior mean of a coefficient of size b is normal around ``share`` · b with variance
    ``share`` · ``sd``².

    Parameters
    ----------
    sd, share
        As :func:`informed` gives them; ``sd`` in the units in which the size is wanted.
    coefficients
        Of the arrow, tested together.
    alpha
        Tail below which it is violated.
    power
        Probability of finding the arrow, between 0 and 1.

    Returns
    -------
    float or None
        None where no size would be found, because the prior decides.

    Examples
    --------
    >>> round(detectable_size(0.1, 1.0, coefficients=1, alpha=0.05), 2)  # 1.96 + 0.84
    0.28
    """
    if share <= 0:
        return None
    found = _noncentrality(coefficients, alpha, power, round(share, 4))
    return None if found is None else sd * float(np.sqrt(found / share))


@cache
def _noncentrality(coefficients: int, alpha: float, power: float, share: float) -> float | None:
    from scipy import optimize, stats

    limit = stats.chi2(coefficients).isf(alpha) / max(share, 1e-4)

    def short(size: float) -> float:
        return float(stats.ncx2.sf(limit, coefficients, size)) - power

    if short(_FARTHEST) < 0:
        return None
    return float(optimize.brentq(short, 1e-9, _FARTHEST))
