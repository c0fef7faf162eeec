"""Are ranks uniform? By their whole distribution function at once, without bins.

The test statistic is the smallest pointwise two-sided binomial probability of the empirical
distribution function over all ranks; its distribution under uniformity is simulated, and gives
both the p-value and simultaneous bands (Säilynoja, Bürkner & Vehtari 2022, Stat. Comput. 32, 32).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

import numpy as np
from scipy.special import bdtr, bdtrc

from vm2causal.model.data.columns import Floats, Ints

NULL_SETS: Final = 20_000
"""Sets of uniform ranks from which the null distribution is made, unless told otherwise."""

_CHUNK: Final = 2_000


@dataclass(frozen=True)
class Uniformity:
    """The null distribution for so many ranks.

    Parameters
    ----------
    number
        Of ranks.
    top
        Highest rank; ranks run from 0.
    null
        The statistic of sets of uniform ranks, sorted.
    """

    number: int
    top: int
    null: Floats = field(repr=False)

    def p_value(self, ranks: Ints) -> float:
        """Probability of ranks that lie as far out as these, were they uniform.

        Parameters
        ----------
        ranks
            Whole numbers from 0 to ``top``.
        """
        counts = np.bincount(ranks, minlength=self.top + 1)
        found = _statistic(counts[np.newaxis], *_tails(self.number, self.top))[0]
        below = np.searchsorted(self.null, found * (1 + 1e-12), side="right")
        return float((below + 1) / (len(self.null) + 1))

    def bands(self, mass: float) -> tuple[Floats, Floats]:
        """Between what the whole distribution function lies with this probability.

        Parameters
        ----------
        mass
            Probability that uniform ranks lie within them everywhere, between 0 and 1.

        Returns
        -------
        lower, upper : ndarray, shape (top,)
            At the shares (k + 1) / (top + 1), k = 0 … top − 1.
        """
        from scipy import stats

        pointwise = float(np.quantile(self.null, 1 - mass))
        shares = _shares(self.top)
        lower = stats.binom.ppf(pointwise / 2, self.number, shares)
        upper = stats.binom.ppf(1 - pointwise / 2, self.number, shares)
        return lower / self.number, upper / self.number


@lru_cache(maxsize=8)
def uniformity(number: int, top: int, *, quantities: int = 1, seed: int = 0) -> Uniformity:
    """Simulate the null distribution.

    Parameters
    ----------
    number, top
        See :class:`Uniformity`.
    quantities
        How many p-values will be judged together; more need finer ones.
    seed
        Of the random numbers, 0 or more; the same seed gives the same result.
    """
    rng = np.random.default_rng(seed)
    tails = _tails(number, top)
    sets = max(NULL_SETS, 200 * quantities)
    even = np.full(top + 1, 1 / (top + 1))
    parts = [
        _statistic(rng.multinomial(number, even, size=min(_CHUNK, sets - first)), *tails)
        for first in range(0, sets, _CHUNK)
    ]
    return Uniformity(number, top, np.sort(np.concatenate(parts)))


def distribution(ranks: Ints, top: int) -> Floats:
    """Empirical distribution function at the shares of :meth:`Uniformity.bands`.

    Parameters
    ----------
    ranks
        Whole numbers from 0 to ``top``.
    top
        Highest possible rank.
    """
    counts = np.bincount(ranks, minlength=top + 1)
    return np.asarray(counts.cumsum()[:-1] / max(len(ranks), 1), dtype=np.float64)


def holm(p_values: Floats) -> Floats:
    """Adjust p-values for their number (Holm 1979): below α, the family errs at most α often.

    Parameters
    ----------
    p_values
        Of the family of tests, between 0 and 1.

    Examples
    --------
    >>> holm(np.array([0.01, 0.04, 0.03])).tolist()
    [0.03, 0.06, 0.06]
    """
    order = np.argsort(p_values)
    stepped = p_values[order] * np.arange(len(p_values), 0, -1)
    adjusted = np.empty_like(p_values)
    adjusted[order] = np.minimum(np.maximum.accumulate(stepped), 1.0)
    return adjusted


def _shares(top: int) -> Floats:
    return np.arange(1, top + 1) / (top + 1)


@lru_cache(maxsize=8)
def _tails(number: int, top: int) -> tuple[Floats, Floats]:
    """Probability of at most, and of at least, so many ranks up to k; shape (number + 1, top)."""
    counts = np.arange(number + 1)[:, np.newaxis]
    shares = _shares(top)
    at_least = np.ones((number + 1, top))
    at_least[1:] = bdtrc(counts[:-1], number, shares)
    return bdtr(counts, number, shares), at_least


def _statistic(counts: Ints, at_most: Floats, at_least: Floats) -> Floats:
    reached = counts.cumsum(axis=1)[:, :-1]
    place = np.arange(reached.shape[1])
    smallest = np.minimum(at_most[reached, place], at_least[reached, place]).min(axis=1)
    doubled: Floats = np.minimum(2 * smallest, 1.0)
    return doubled
