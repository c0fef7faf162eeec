"""Whether chains agree, for all parameters of a posterior at once.

ArviZ answers the same one parameter at a time; with thousands of them that takes longer than
sampling a small model. A test holds both to the same numbers.

References
----------
Vehtari, Gelman, Simpson, Carpenter, Bürkner (2021), Bayesian Analysis 16, 667: rank-normalised
split R-hat (section 3) and effective sample sizes of bulk and tails (section 4). Geyer (1992),
Statistical Science 7, 473: initial monotone sequence.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import xarray as xr
from scipy.fft import irfft, next_fast_len, rfft
from scipy.special import ndtri

from vm2causal.model.data.columns import Floats, Ints

TAIL: Final = 0.89
"""The tails begin at this quantile and at its mirror image, as in ArviZ unless told otherwise."""

_LEAST_DRAWS: Final = 4
_BLOCK: Final = 32
"""Parameters at a time: their draws stay in the cache, and memory flat."""


@dataclass(frozen=True)
class Convergence:
    """How well each parameter was sampled, every array of shape (parameter,).

    Parameters
    ----------
    rhat
        The larger one of the draws and of their distances to the median; NaN with one chain.
    ess_bulk, ess_tail
        Effective draws for the middle, and for the worse one of the tails.
    """

    rhat: Floats
    ess_bulk: Floats
    ess_tail: Floats


def convergence(draws: Floats) -> Convergence:
    """R-hat and effective sample sizes.

    Parameters
    ----------
    draws
        Shape (chain, draw, parameter).

    Returns
    -------
    Convergence
        NaN for a parameter with draws that are not finite, and with fewer than four draws a chain.

    Examples
    --------
    >>> draws = np.random.default_rng(1).normal(size=(4, 500, 2))
    >>> convergence(draws).rhat.round(2).tolist()
    [1.0, 1.0]
    """
    chains, length, parameters = draws.shape
    found = np.full((3, parameters), np.nan)
    finite = np.flatnonzero(np.isfinite(draws).all(axis=(0, 1)))
    if length >= _LEAST_DRAWS:
        for first in range(0, len(finite), _BLOCK):
            block = finite[first : first + _BLOCK]
            found[:, block] = _of_block(np.moveaxis(draws[:, :, block], 2, 0))
    if chains < 2:
        found[0] = np.nan
    return Convergence(*found)


def stacked(posterior: xr.Dataset) -> Floats:
    """All variables side by side, as :func:`convergence` takes them.

    Parameters
    ----------
    posterior
        Dims (chain, draw, …).

    Returns
    -------
    ndarray
        Shape (chain, draw, parameter): variables in their order, each flattened.
    """
    ordered = [
        values.transpose("chain", "draw", ...).to_numpy().astype(np.float64, copy=False)
        for values in posterior.data_vars.values()
    ]
    return np.concatenate([one.reshape(*one.shape[:2], -1) for one in ordered], axis=2)


def _of_block(draws: Floats) -> tuple[Floats, Floats, Floats]:
    """The three quantities of draws of shape (parameter, chain, draw)."""
    halves = _split(draws)
    normal = _normal_scores(halves)
    middle = np.median(halves, axis=(1, 2), keepdims=True)
    folded = _normal_scores(np.abs(halves - middle))
    limits = np.quantile(draws, sorted((TAIL, 1 - TAIL)), axis=(1, 2), keepdims=True)
    low, high = (_effective(_split((draws <= limit).astype(np.float64))) for limit in limits)
    rhat = np.maximum(_scale_reduction(normal), _scale_reduction(folded))
    return rhat, _effective(normal), np.minimum(low, high)


def _split(draws: Floats) -> Floats:
    """Each chain as two of half its length; the middle draw of an odd number is left out."""
    half = draws.shape[2] // 2
    return np.concatenate([draws[:, :, :half], draws[:, :, -half:]], axis=1)


def _normal_scores(values: Floats) -> Floats:
    """Normal quantiles of the ranks over all chains together; equal values share a rank."""
    size = values.shape[1] * values.shape[2]
    flat = values.reshape(len(values), size)
    order = np.argsort(flat, axis=1)
    ordered = np.take_along_axis(flat, order, axis=1)
    quantiles = np.tile(_quantiles(np.arange(1.0, size + 1), size), (len(flat), 1))
    places, ranks = _shared_ranks(ordered)
    quantiles.flat[places] = _quantiles(ranks, size)
    scores = np.empty_like(flat)
    np.put_along_axis(scores, order, quantiles, axis=1)
    return scores.reshape(values.shape)


def _quantiles(ranks: Floats, size: int) -> Floats:
    """Blom's offset of 3/8 (Vehtari et al. 2021, equation 14)."""
    quantiles: Floats = ndtri((ranks - 3 / 8) / (size + 1 / 4))
    return quantiles


def _shared_ranks(ordered: Floats) -> tuple[Ints, Floats]:
    """Places of equal values in rows that are in order, and the mean of their ranks.

    Draws are rarely equal, a few by rounding: only those are handled, all rows at once.
    """
    size = ordered.shape[1]
    row, column = np.nonzero(ordered[:, 1:] == ordered[:, :-1])
    equal_to_next = row * size + column
    first = equal_to_next[np.diff(equal_to_next, prepend=-2) > 1]
    last = equal_to_next[np.diff(equal_to_next, append=ordered.size + 1) > 1] + 1
    lengths = last - first + 1
    within = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    means = (first % size + last % size) / 2 + 1
    return np.repeat(first, lengths) + within, np.repeat(means, lengths)


def _scale_reduction(halves: Floats) -> Floats:
    """R-hat: spread of all chains together over that within chains; NaN without any spread."""
    length = halves.shape[2]
    within = halves.var(axis=2, ddof=1).mean(axis=1)
    between = length * halves.mean(axis=2).var(axis=1, ddof=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        reduction: Floats = np.sqrt((between / within + length - 1) / length)
    return reduction


def _effective(halves: Floats) -> Floats:
    """Draws over the time in which they forget; all of them where they do not vary."""
    chains, length = halves.shape[1:]
    total = chains * length
    covariance = _autocovariance(halves)
    within = covariance[:, [0]] * length / (length - 1)
    spread = covariance[:, [0]] + halves.mean(axis=2).var(axis=1, ddof=1)[:, np.newaxis]
    with np.errstate(divide="ignore", invalid="ignore"):
        correlation = 1 - (within - covariance) / spread
    correlation[:, 0] = 1.0
    time = np.maximum(_forgetting_time(correlation), 1 / np.log10(total))
    constant = np.ptp(halves, axis=(1, 2)) < np.finfo(np.float64).resolution
    return np.where(constant, float(total), total / time)


def _autocovariance(halves: Floats) -> Floats:
    """Mean over the chains of the autocovariance at every lag, shape (parameter, lag)."""
    length = halves.shape[2]
    size = next_fast_len(2 * length, real=True)
    waves = rfft(halves - halves.mean(axis=2, keepdims=True), n=size, axis=2)
    power = (waves.real**2 + waves.imag**2).mean(axis=1)
    covariance: Floats = irfft(power, n=size, axis=1)[:, :length] / length
    return covariance


def _forgetting_time(correlation: Floats) -> Floats:
    """Sum of the autocorrelations until noise takes over, shape (parameter,).

    Sums of neighbouring pairs are positive and fall in theory; they are added up to the first that
    is not positive, each no larger than the one before, and half of the next even lag is added.
    """
    length = correlation.shape[1]
    last = max(0, -(-(length - 4) // 2))
    even = correlation[:, 0 : 2 * last + 1 : 2]
    pairs = even + correlation[:, 1 : 2 * last + 2 : 2]
    ended = pairs <= 0
    ended[:, last] = True
    end = ended.argmax(axis=1)
    counted = np.arange(last + 1) < end[:, np.newaxis]
    falling = np.minimum.accumulate(pairs, axis=1)
    rows = np.arange(len(pairs))
    rest = even[rows, end]
    rest = np.where((rest > 0) | (pairs[rows, end] >= 0), rest, 0.0)
    time: Floats = -1 + 2 * np.where(counted, falling, 0.0).sum(axis=1) + rest
    return time
