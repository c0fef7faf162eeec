"""Bayes factors of single coefficients, and how well draws let them be known."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from vm2causal.model.data.columns import Floats

MOST_EVIDENCE: Final = 1e300
"""Bayes factor where the posterior density at 0 vanishes: finite, so that it can be compared."""
REACH: Final = 3.0
"""Standard deviations between 0 and the mean beyond which hardly any draw lies near 0."""
LEAST: Final = 50.0
"""What is said of a Bayes factor beyond that: that it is larger than this."""


@dataclass(frozen=True)
class BayesFactor:
    """A Bayes factor as far as the draws let it be known: one of the two is None.

    Parameters
    ----------
    value
        The ratio.
    at_least
        A bound, where the ratio itself rests on hardly any draws.
    """

    value: float | None
    at_least: float | None


def savage_dickey(draws: Floats, *, mean: float, sd: float) -> float:
    """Bayes factor for an effect against none: prior over posterior density at 0.

    The posterior density is a Gaussian kernel estimate within the draws, and that of the normal
    distribution with their moments beyond them, where a kernel estimate says nothing.

    Parameters
    ----------
    draws
        Of the coefficient.
    mean, sd
        Of its normal prior.

    References
    ----------
    Dickey (1971), Ann. Math. Stat. 42, 204; Wagenmakers et al. (2010), Cogn. Psychol. 60, 158.

    Examples
    --------
    >>> import numpy as np
    >>> draws = np.random.default_rng(0).normal(0.0, 0.5, 4000)
    >>> 0.8 < savage_dickey(draws, mean=0.0, sd=0.5) < 1.25
    True
    """
    inside = draws.min() < 0.0 < draws.max()
    at_zero = _kernel_at_zero(draws) if inside else _normal_at_zero(draws)
    return _ratio(mean, sd, at_zero)


def known_bayes_factor(draws: Floats, *, mean: float, sd: float) -> BayesFactor:
    """The Savage–Dickey ratio, no better than the draws know it.

    Where the posterior mean lies more than :data:`REACH` standard deviations from 0 the density
    at 0 rests on a handful of draws, or on none: the ratio is then only called larger than
    :data:`LEAST`. It is not called that where the normal distribution with the moments of the
    draws, or the kernel estimate, puts it below: a posterior that is much narrower than its prior
    can lie three standard deviations from 0 with a ratio of 4. The smaller of the two is then
    given.

    Parameters
    ----------
    draws
        Of the coefficient, shape (draw,).
    mean, sd
        Of the normal prior of the coefficient; sd above 0.

    Examples
    --------
    >>> import numpy as np
    >>> draws = np.random.default_rng(0).normal(2.0, 0.5, 4000)
    >>> known_bayes_factor(draws, mean=0.0, sd=1.0)
    BayesFactor(value=None, at_least=50.0)
    """
    ratio = savage_dickey(draws, mean=mean, sd=sd)
    if abs(draws.mean()) <= REACH * draws.std(ddof=1):
        return BayesFactor(ratio, None)
    smaller = min(ratio, _ratio(mean, sd, _normal_at_zero(draws)))
    return BayesFactor(None, LEAST) if smaller > LEAST else BayesFactor(smaller, None)


def _normal_at_zero(draws: Floats) -> float:
    return _normal_density(0.0, draws.mean(), draws.std(ddof=1))


def _kernel_at_zero(draws: Floats) -> float:
    """Density at 0 by normal kernels as wide as Scott's rule (1992, equation 6.44) makes them."""
    width = draws.std(ddof=1) * len(draws) ** -0.2
    return float(np.exp(-0.5 * (draws / width) ** 2).mean() / (width * math.sqrt(2 * math.pi)))


def _normal_density(value: float, mean: float, sd: float) -> float:
    return float(math.exp(-0.5 * ((value - mean) / sd) ** 2) / (sd * math.sqrt(2 * math.pi)))


def _ratio(mean: float, sd: float, posterior: float) -> float:
    prior = _normal_density(0.0, mean, sd)
    return min(prior / posterior, MOST_EVIDENCE) if posterior > 0 else MOST_EVIDENCE
