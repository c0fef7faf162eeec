"""The density of a standard deviation that may be 0, by its logarithm."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from vm2causal.model.data.columns import Floats


def constant(scale: Floats) -> Floats:
    """What of the log-density does not hang on the standard deviation, per parameter."""
    found: Floats = 0.5 * np.log(2.0 / np.pi) - np.log(scale)
    return found


def log_densities(
    n: int,
    seen: Any,
    eta: Any,
    shared: Any,
    weights: Any,
    value: Any,
    to_eta: Any,
    to_shared: Any,
) -> None:
    """See :data:`vm2causal.model.sampler.rowwise.SIGNATURE`; ``seen`` are the scales.

    Half-normal, with the volume of the logarithm and without :func:`constant`.
    """
    for k in range(n):
        square = math.exp(2.0 * eta[k]) / (seen[k] * seen[k])
        value[k] = eta[k] - 0.5 * square
        to_eta[k] = 1.0 - square
