"""Are transforms that depend on one another uniform? Each is tested by itself, and all together.

Of an observation that was left out the transform leans on all others, so that transforms push one
another away: in a regression of 20 rows the test of the whole distribution function, which is made
for independent ranks (:mod:`~vm2causal.checks.gate.rank_uniformity`), all but never fails, right or
wrong. Here every transform has a p-value of its own, and these are combined in a way that their
dependence hardly touches. Two questions are asked: whether each lies where its rank among all
belongs, and whether each is possible by itself, which single outliers and heavy tails are not.

References
----------
Tesso & Vehtari (2026), LOO-PIT predictive model checking, arXiv:2603.02928 (POT-C and PIET-C);
Liu & Xie (2020), Journal of the American Statistical Association 115, 393 (Cauchy combination).
"""

from __future__ import annotations

from typing import Final

import numpy as np
from scipy.special import betainc

from vm2causal.model.data.columns import Floats

_LEAST: Final = 1e-15
"""p-values below are told apart no longer: the Cauchy quantile of 0 is infinite."""


def p_uniform(values: Floats) -> float:
    """Probability that uniform transforms lie as far out as these, however they depend.

    Parameters
    ----------
    values
        Transforms, between 0 and 1.

    Returns
    -------
    float
        Of :func:`p_order` and :func:`p_tails`, combined; 1 without transforms.
    """
    if not len(values):
        return 1.0
    return _combined(np.array([p_order(values), p_tails(values)]))


def p_order(values: Floats) -> float:
    """Whether each transform lies where its rank among all of them belongs (POT-C).

    The k-th smallest of n uniform numbers has a beta(k, n + 1 − k) distribution.

    Parameters
    ----------
    values
        Transforms, between 0 and 1.
    """
    rank = np.arange(1, len(values) + 1)
    below = betainc(rank, rank[::-1], np.sort(values))
    return _combined(2 * np.minimum(below, 1 - below))


def p_tails(values: Floats) -> float:
    """Whether each transform is possible by itself: too near 0 or 1 for as many (PIET-C).

    Parameters
    ----------
    values
        Transforms, between 0 and 1.
    """
    return _combined(2 * np.minimum(values, 1 - values))


def _combined(p_values: Floats) -> float:
    """The Cauchy combination: a mean of quantiles is about as heavy-tailed as one of them.

    p-values above one half count as one half. Else one transform in the very middle would outweigh
    any outlier, as it does in PIET-C as published.
    """
    clipped = np.clip(p_values, _LEAST, 0.5)
    return float(0.5 - np.arctan(np.tan((0.5 - clipped) * np.pi).mean()) / np.pi)
