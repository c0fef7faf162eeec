"""Draws with the autocorrelation of a sampler, of which mean and spread are known."""

from __future__ import annotations

import numpy as np
from scipy.signal import lfilter

_CORRELATION = 0.5


def correlated_draws(seed: int, *, chains: int, length: int, parameters: int) -> np.ndarray:
    """Standard normal draws of first-order autoregressions, shape (chain, draw, parameter)."""
    rng = np.random.default_rng(seed)
    noise = rng.normal(size=(chains, length, parameters))
    noise[:, 1:] *= np.sqrt(1 - _CORRELATION**2)
    return np.asarray(lfilter([1.0], [1.0, -_CORRELATION], noise, axis=1))
