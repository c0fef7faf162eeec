"""Importance sampling whose largest weights are smoothed, for many targets at once.

ArviZ does the same one target at a time; a test holds both to the same numbers.

References
----------
Vehtari, Simpson, Gelman, Yao, Gabry (2024), Journal of Machine Learning Research 25, 72: Pareto
smoothed importance sampling, and the threshold for k. Zhang, Stephens (2009), Technometrics 51,
316: the fit of the generalised Pareto distribution.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from scipy.special import logsumexp

from vm2causal.model.data.columns import Floats, Ints

_PRIOR_DRAWS: Final = 10
"""Draws that the prior of k, which is centred at one half, counts for."""
_PRIOR_SCALE: Final = 3
_GRID: Final = 30
_FEWEST_TAIL: Final = 5
"""Largest ratios that a tail can be fitted to."""


def good_k(draws: int) -> float:
    """Shape up to which so many draws give reliable averages, at most 0.7.

    Parameters
    ----------
    draws
        How many, more than 1.

    Examples
    --------
    >>> round(good_k(1_000), 2), good_k(100_000)
    (0.67, 0.7)
    """
    return float(min(1 - 1 / np.log10(draws), 0.7))


def smoothed_weights(log_ratios: Floats) -> tuple[Floats, Floats]:
    """Weights of draws for targets whose density differs from theirs by a known ratio.

    Parameters
    ----------
    log_ratios
        Log of target over sampled density, up to a constant, shape (target, draw).

    Returns
    -------
    weights : ndarray, shape (target, draw)
        They add up to 1 for each target.
    k : ndarray, shape (target,)
        Shape of the tail of the ratios; beyond :func:`good_k` averages are unreliable. Minus
        infinity where the largest ratios are equal; infinity with fewer than 25 draws, too few to
        smooth.
    """
    number, draws = log_ratios.shape
    tail = int(3 * draws**0.5) if draws > 225 else draws // 5
    if tail < _FEWEST_TAIL:
        mass = logsumexp(log_ratios, axis=1, keepdims=True)
        return np.exp(log_ratios - mass), np.full(number, np.inf)
    shifted = log_ratios - log_ratios.max(axis=1, keepdims=True)
    order = np.argsort(shifted, axis=1)
    top = order[:, -tail:]
    largest = np.take_along_axis(shifted, top, axis=1)
    cutoff = np.exp(np.take_along_axis(shifted, order[:, [-tail - 1]], axis=1))
    flat = np.ptp(largest, axis=1) < np.finfo(np.float64).eps
    k, sigma = np.full(number, -np.inf), np.ones(number)
    k[~flat], sigma[~flat] = _fitted(np.exp(largest[~flat]) - cutoff[~flat])
    smooth = np.isfinite(k)
    quantiles = _quantiles(tail, k[smooth], sigma[smooth])
    # no weight above the largest one there was
    largest[smooth] = np.minimum(np.log(cutoff[smooth] + quantiles), 0.0)
    np.put_along_axis(shifted, top, largest, axis=1)
    return np.exp(shifted - logsumexp(shifted, axis=1, keepdims=True)), k


def _quantiles(tail: int, k: Floats, sigma: Floats) -> Floats:
    """Quantiles of generalised Pareto distributions, shape (target, tail)."""
    shares = (np.arange(tail) + 0.5) / tail
    logs = -np.log1p(-shares)
    shape = np.where(np.abs(k) < 1e-12, 1e-12, k)[:, np.newaxis]
    found: Floats = sigma[:, np.newaxis] * np.expm1(shape * logs) / shape
    return found


def _fitted(excess: Floats) -> tuple[Floats, Floats]:
    """Shape and scale of the generalised Pareto distributions behind sorted rows.

    Shape is infinite where rows hold too many equal values to tell.
    """
    number, length = excess.shape
    grid = _GRID + int(length**0.5)
    quartile = excess[:, int(length / 4 + 0.5) - 1]
    usable = quartile > excess[:, 0]
    k, sigma = np.full(number, np.inf), np.full(number, np.nan)
    rows = excess[usable]
    places = 1 - np.sqrt(grid / (np.arange(1, grid + 1) - 0.5))
    b = places / (_PRIOR_SCALE * quartile[usable, np.newaxis]) + 1 / rows[:, [-1]]
    shapes = np.stack([np.log1p(-b[:, [j]] * rows).mean(axis=1) for j in range(grid)], axis=1)
    likelihood = length * (np.log(-b / shapes) - shapes - 1)
    mass = np.exp(likelihood - logsumexp(likelihood, axis=1, keepdims=True))
    mass = np.where(mass >= 10 * np.finfo(np.float64).eps, mass, 0.0)
    b_mean = (b * mass).sum(axis=1) / mass.sum(axis=1)
    found = np.log1p(-b_mean[:, np.newaxis] * rows).mean(axis=1)
    sigma[usable] = -found / b_mean
    k[usable] = (length * found + _PRIOR_DRAWS * 0.5) / (length + _PRIOR_DRAWS)
    return k, sigma


def batches(number: int, size: int) -> list[Ints]:
    """Places 0 … number − 1 in lots of a size, so that memory stays flat.

    Parameters
    ----------
    number
        How many places, 0 or more.
    size
        Of a lot, at least 1.

    Examples
    --------
    >>> [lot.tolist() for lot in batches(5, 2)]
    [[0, 1], [2, 3], [4]]
    """
    return [np.arange(first, min(first + size, number)) for first in range(0, number, size)]
