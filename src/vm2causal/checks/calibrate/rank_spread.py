"""Are intervals as wide as errors are large? By the mean squared normal score of ranks.

A posterior that is too narrow puts true values at the ends of its draws too often. The whole
distribution function (:mod:`~vm2causal.checks.gate.rank_uniformity`) finds that late, because it
looks for every departure at once; the mean square of normal scores looks for this one. Its
distribution is exact, under uniform ranks and under any other, so that the power of the test is
known.

Source: Cook, Gelman & Rubin 2006, J. Comput. Graph. Stat. 15, 675, whose statistic this is for
ranks among finitely many draws.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

import numpy as np
from scipy import stats

from vm2causal.model.data.columns import Floats, Ints

STEPS: Final = 100
"""A squared score is counted in hundredths, so that sums of scores fall on a grid."""

_MIDDLES: Final = 4_000
"""Errors over which the probability of each rank is averaged."""


@dataclass(frozen=True)
class Spread:
    """The distribution of the sum of squared scores of so many ranks.

    Parameters
    ----------
    number
        Of ranks.
    top
        Highest rank; ranks run from 0.
    below
        Probability that the sum is at most so many steps, were the ranks uniform.
    """

    number: int
    top: int
    below: Floats = field(repr=False)

    def ratio(self, ranks: Ints) -> float:
        """Size of errors over the size that the posterior claims, by root mean squares.

        Parameters
        ----------
        ranks
            Whole numbers from 0 to ``top``, shape (number,).
        """
        scores = _scores(self.top)
        return float(np.sqrt(scores[ranks].mean() / scores.mean()))

    def p_value(self, ranks: Ints) -> float:
        """Two-sided probability of a sum as far out, were the ranks uniform.

        Parameters
        ----------
        ranks
            Whole numbers from 0 to ``top``, shape (number,).
        """
        place = int(_scores(self.top)[ranks].sum())
        at_most = float(self.below[place])
        at_least = 1.0 - float(self.below[place - 1]) if place else 1.0
        return min(1.0, 2 * max(min(at_most, at_least), 0.0))

    def power(self, coverage: float, *, alpha: float, level: float = 0.95) -> float:
        """Probability of finding intervals that cover less, or more, often than they say.

        Parameters
        ----------
        coverage
            What the central intervals of mass ``level`` really cover, because errors are that much
            larger, or smaller, than the posterior says.
        alpha
            Of the two-sided test.
        level
            Probability that each interval holds, between 0 and 1.

        Examples
        --------
        >>> round(spread(400, 99).power(0.90, alpha=0.05), 2)
        1.0
        """
        wider = stats.norm.ppf((1 + level) / 2) / stats.norm.ppf((1 + coverage) / 2)
        below = np.cumsum(_sum_of(self.number, self.top, _rank_probabilities(wider, self.top)))
        few = np.searchsorted(self.below, alpha / 2, side="right") - 1
        many = np.searchsorted(self.below, 1 - alpha / 2)
        low = float(below[few]) if few >= 0 else 0.0
        # sums of rounded probabilities may pass 1 by their last digit
        return min(max(low + 1.0 - float(below[many]), 0.0), 1.0)


@lru_cache(maxsize=64)
def spread(number: int, top: int) -> Spread:
    """The distribution for so many ranks, exact on the grid of :data:`STEPS`.

    Parameters
    ----------
    number
        Of ranks, at least 1.
    top
        Highest possible rank; ranks run from 0.
    """
    even = np.full(top + 1, 1 / (top + 1))
    return Spread(number, top, np.cumsum(_sum_of(number, top, even)))


@lru_cache(maxsize=8)
def _scores(top: int) -> Ints:
    """Squared normal score of each rank, in steps."""
    middle = (np.arange(top + 1) + 0.5) / (top + 1)
    steps: Ints = np.rint(STEPS * stats.norm.ppf(middle) ** 2).astype(np.int64)
    return steps


def _sum_of(number: int, top: int, probabilities: Floats) -> Floats:
    """Probability of each sum of so many independent scores: a convolution, by Fourier."""
    scores = _scores(top)
    one = np.bincount(scores, weights=probabilities)
    size = int(scores.max()) * number + 1
    transformed = np.fft.rfft(one, 1 << (size - 1).bit_length()) ** number
    found: Floats = np.maximum(np.fft.irfft(transformed)[:size], 0.0)
    return found / found.sum()


def _rank_probabilities(wider: float, top: int) -> Floats:
    """Probability of each rank where errors are ``wider`` times what the posterior says."""
    error = stats.norm.ppf((np.arange(_MIDDLES) + 0.5) / _MIDDLES)
    share = stats.norm.cdf(wider * error)
    found: Floats = stats.binom.pmf(np.arange(top + 1)[:, np.newaxis], top, share).mean(axis=1)
    return found / found.sum()
