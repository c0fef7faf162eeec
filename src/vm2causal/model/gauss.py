"""The normal distribution, and distributions of numbers replaced by three of them.

What smooth functions average to stays.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from vm2causal.model.data.columns import Floats

NODES: Final = 3
"""Numbers that take the place of a distribution."""

NORMAL: Final = ((-np.sqrt(3.0), 1 / 6), (0.0, 2 / 3), (np.sqrt(3.0), 1 / 6))
"""Nodes and weights that do so for a standard normal distribution (Gauss-Hermite)."""

_HALF_LOG_2PI: Final = 0.5 * float(np.log(2 * np.pi))

_LEAST: Final = 1e-12
"""Variance, relative to what there is, below which nothing more is told apart."""


def log_normal(value: Floats, mean: Floats, sd: Floats) -> Floats:
    """Log-density of a normal distribution.

    Examples
    --------
    >>> round(float(log_normal(np.array(2.0), np.array(0.0), np.array(1.0))), 4)
    -2.9189
    """
    return np.asarray(-0.5 * ((value - mean) / sd) ** 2 - np.log(sd) - _HALF_LOG_2PI)


def two_nodes(skewness: Floats) -> list[tuple[Floats, Floats]]:
    """Two numbers with mean 0, variance 1 and a skewness, each with its weight before it.

    The Gauss rule of two nodes: sums over them are exact for polynomials up to degree 3.

    Examples
    --------
    >>> [(round(float(w), 3), round(float(x), 3)) for w, x in two_nodes(np.array(1.5))]
    [(0.2, 2.0), (0.8, -0.5)]
    """
    half = 0.5 * skewness
    root = np.sqrt(1.0 + half**2)
    return [(0.5 * (1.0 - half / root), half + root), (0.5 * (1.0 + half / root), half - root)]


def gauss_nodes(values: Sequence[Floats], weights: Sequence[Floats]) -> list[tuple[Floats, Floats]]:
    """The Gauss rule of a discrete distribution, for every element of arrays at once.

    Sums over the nodes are exact for polynomials up to degree 5, and near enough for inverse
    logits of predictors that spread over a few units.

    Parameters
    ----------
    values, weights
        Of each point of the distribution, arrays of one shape; weights of an element add up to 1.

    Returns
    -------
    list of tuple of ndarray
        The three nodes, each with its weight, of the same shape.

    Source: Golub & Welsch 1969, Mathematics of Computation 23, 221 (nodes from the recurrence of
    the orthogonal polynomials); Gautschi 2004, section 2.2.3 (the recurrence by sums: Stieltjes).

    Examples
    --------
    >>> weights = [np.array([0.75]), np.array([0.25])]
    >>> found = gauss_nodes([np.array([0.0]), np.array([1.0])], weights)
    >>> round(float(sum(weight * node**5 for node, weight in found)[0]), 6)
    0.25
    """
    mean = _average(values, weights)
    centred = [value - mean for value in values]
    spread = _average([one**2 for one in centred], weights)
    scale = np.sqrt(np.where(spread > 0, spread, 1.0))
    x = [one / scale for one in centred]
    # of a standardised variable: first coefficients 0 and 1, then these
    a1 = _average([one**3 for one in x], weights)
    second = [one * (one - a1) - 1.0 for one in x]
    norm = np.maximum(_average([one**2 for one in second], weights), _LEAST)
    a2 = _average([one * other**2 for one, other in zip(x, second, strict=True)], weights) / norm
    roots = _eigenvalues(a1, a2, norm)
    shares = [1 / (1 + root**2 + (root * (root - a1) - 1) ** 2 / norm) for root in roots]
    whole = shares[0] + shares[1] + shares[2]
    width = np.sqrt(spread)
    return [(mean + width * root, share / whole) for root, share in zip(roots, shares, strict=True)]


def _average(values: Sequence[Floats], weights: Sequence[Floats]) -> Floats:
    found = np.zeros(values[0].shape)
    for value, weight in zip(values, weights, strict=True):
        found += weight * value
    return found


def _eigenvalues(a1: Floats, a2: Floats, b2: Floats) -> list[Floats]:
    """Of the matrix with diagonal 0, a1, a2 and squares 1, b2 beside it (Smith 1961, CACM 4)."""
    q = (a1 + a2) / 3
    d0, d1, d2 = -q, a1 - q, a2 - q
    p = np.sqrt((d0**2 + d1**2 + d2**2 + 2 + 2 * b2) / 6)
    half = (d0 * d1 * d2 - d0 * b2 - d2) / (2 * p**3)
    angle = np.arccos(np.clip(half, -1.0, 1.0)) / 3
    return [q + 2 * p * np.cos(angle + 2 * np.pi * k / 3) for k in range(NODES)]
