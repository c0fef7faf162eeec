"""Do priors decide? The posterior when priors, or the likelihood, count for a little more or less.

Scaled are the priors of the arrows, which are what a researcher chooses (neutral or from evidence);
scaled all at once with hundreds of others, the noise of their sum would drown them.

Source: Kallioinen et al. 2024, Detecting and diagnosing prior and likelihood sensitivity with
power-scaling, Statistics and Computing 34, 57.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
import pandas as pd
import xarray as xr
from scipy.special import xlogy

from vm2causal.checks.gate.pareto_smoothing import smoothed_weights
from vm2causal.model.data.columns import Floats
from vm2causal.model.sampler.program import structural_program
from vm2causal.model.sampler.unconstrained import unconstrained_draws
from vm2causal.model.structural_layout import Layout

THRESHOLD: Final = 0.05
"""Sensitivity from which a posterior counts as moved (Kallioinen et al. 2024, section 3.2)."""
MOST_DRAWS: Final = 2_000
FEWEST_DRAWS: Final = 25
"""Below these the tail of the weights cannot be smoothed."""
_STEP: Final = 0.01
"""By how much a power is taken from 1 either way, as in ArviZ and priorsense."""
_SCALED: Final = frozenset({"weight", "product", "hidden_anchor", "hidden_weight"})


class Flag(StrEnum):
    """What power-scaling says of a quantity."""

    NONE = "none"
    CONFLICT = "prior_data_conflict"
    """Prior and likelihood both pull."""
    PRIOR = "prior_dominates"
    """The prior pulls and the likelihood hardly does."""


@dataclass(frozen=True)
class LogDensities:
    """Log prior of the arrows, and the rest of the log-density, shape (chain, draw).

    Parameters
    ----------
    prior, likelihood
        Shape (chain, draw).
    """

    prior: Floats
    likelihood: Floats


def thinned(posterior: xr.Dataset) -> xr.Dataset:
    """Every so many draws of each chain, so that there are enough and not more.

    Parameters
    ----------
    posterior
        Draws, dims (chain, draw, …).
    """
    step = max(1, posterior.sizes["chain"] * posterior.sizes["draw"] // MOST_DRAWS)
    return posterior.isel(draw=slice(None, None, step))


def scales_anything(layout: Layout, posterior: xr.Dataset) -> bool:
    """Whether there are priors to scale, and draws enough to weigh anew.

    Parameters
    ----------
    layout
        Parameters of the model, and where each enters.
    posterior
        Draws, dims (chain, draw, …).
    """
    draws = posterior.sizes["chain"] * posterior.sizes["draw"]
    return bool(_scaled_rows(layout).any()) and draws >= FEWEST_DRAWS


def log_densities(layout: Layout, posterior: xr.Dataset) -> LogDensities:
    """Split the log-density of every draw into the priors of the arrows and the rest.

    Parameters
    ----------
    layout
        Parameters of the model, and where each enters.
    posterior
        Draws, dims (chain, draw, …).
    """
    program = structural_program(layout)
    points = unconstrained_draws(layout, posterior)
    top = _scaled_rows(layout)
    mean = np.concatenate([block.mean.ravel() for block in layout.blocks])[top]
    sd = np.concatenate([block.sd.ravel() for block in layout.blocks])[top]
    scaled = (points[..., top] - mean) / sd
    prior = (-0.5 * scaled**2 - np.log(sd) - 0.5 * np.log(2 * np.pi)).sum(axis=-1)
    total = np.array([[program.log_density(point)[0] for point in chain] for chain in points])
    return LogDensities(prior, total - prior)


def _scaled_rows(layout: Layout) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Parameters that are arrows."""
    return np.concatenate(
        [np.full(int(np.prod(block.shape)), block.name in _SCALED) for block in layout.blocks]
    )


def power_scaling(
    layout: Layout, posterior: xr.Dataset, quantities: Mapping[str, Floats]
) -> pd.DataFrame:
    """Sensitivity of quantities to their priors and to the likelihood.

    Parameters
    ----------
    layout
        Parameters of the model, and where each enters.
    posterior
        Few enough draws: see :func:`thinned`.
    quantities
        By name its draws, shape (chain, draw).

    Returns
    -------
    pandas.DataFrame
        ``quantity``, ``prior``, ``likelihood`` (cumulative Jensen-Shannon distance per doubling
        of its weight), ``flag``.
    """
    densities = log_densities(layout, posterior)
    weights = [_scaled_weights(part) for part in (densities.prior, densities.likelihood)]
    rows = []
    for name, draws in quantities.items():
        prior, likelihood = (_sensitivity(draws.ravel(), pair) for pair in weights)
        flag = flag_of(prior, likelihood).value
        rows.append({"quantity": name, "prior": prior, "likelihood": likelihood, "flag": flag})
    return pd.DataFrame(rows, columns=["quantity", "prior", "likelihood", "flag"])


def _scaled_weights(log_density: Floats) -> Floats:
    """Weights of draws where a part of the density counts for less and for more; two rows."""
    powers = np.array([[-_STEP], [_STEP]])
    weights, _ = smoothed_weights(powers * log_density.ravel())
    return weights


def _sensitivity(draws: Floats, weights: Floats) -> float:
    """How far the distribution of draws moves per doubling of the power (section 2.3)."""
    less, more = (max(_moved(draws, row), _moved(-draws, row)) for row in weights)
    return float((less / -math.log2(1 - _STEP) + more / math.log2(1 + _STEP)) / 2)


def _moved(draws: Floats, weights: Floats) -> float:
    """Cumulative Jensen–Shannon distance of draws and weighted draws (equations 6 and 7)."""
    order = np.argsort(draws)
    gaps = np.diff(draws[order])
    before = np.arange(1, len(draws)) / len(draws)
    after = weights[order].cumsum()[:-1]
    between = np.log2((before + after) / 2)
    areas = before @ gaps, after @ gaps
    apart = [
        gaps @ xlogy(one, one) / math.log(2) - gaps @ (one * between) for one in (before, after)
    ]
    change = (areas[1] - areas[0]) / (2 * math.log(2))
    total = max(apart[0] + change, 0.0) + max(apart[1] - change, 0.0)
    return math.sqrt(total / sum(areas)) if sum(areas) > 0 else 0.0


def flag_of(prior: float, likelihood: float) -> Flag:
    """What two sensitivities say together.

    Parameters
    ----------
    prior, likelihood
        Sensitivities of one quantity, 0 or more.

    Examples
    --------
    >>> flag_of(0.2, 0.3).value, flag_of(0.2, 0.01).value, flag_of(0.01, 0.3).value
    ('prior_data_conflict', 'prior_dominates', 'none')
    """
    if prior < THRESHOLD:
        return Flag.NONE
    return Flag.CONFLICT if likelihood >= THRESHOLD else Flag.PRIOR
