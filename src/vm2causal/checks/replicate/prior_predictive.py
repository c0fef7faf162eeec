"""What the priors alone would generate, beside the data: looked at before a fit.

A prior that finds the data hardly possible, or that expects hardly anything else, says more than
it should.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd
import xarray as xr

from vm2causal.checks.replicate.predictive import draws_for, summaries, table_of
from vm2causal.effects.forward import Forward
from vm2causal.model.data.columns import Floats
from vm2causal.model.sampler.compiled_model import named_draws
from vm2causal.model.structural_layout import Layout

WIDE: Final = 0.99
"""Mass of the prior range outside which the data are flagged."""
SHOWN: Final = 0.90
"""Mass of the range that is shown."""


def prior_draws(layout: Layout, *, draws: int, seed: int) -> xr.Dataset:
    """Draw parameters from their priors, named as a posterior, dims (chain, draw, …).

    Parameters
    ----------
    layout
        Parameters of the model, and where each enters.
    draws
        How many, at least 1.
    seed
        Of the random numbers, 0 or more; the same seed gives the same result.
    """
    rng = np.random.default_rng(seed)
    mean = np.concatenate([block.mean.ravel() for block in layout.blocks])
    sd = np.concatenate([block.sd.ravel() for block in layout.blocks])
    half = np.concatenate([np.full(block.mean.size, block.half_normal) for block in layout.blocks])
    standard = rng.standard_normal((1, draws, layout.size))
    unconstrained = mean + sd * standard
    # parameters are logarithms of these
    unconstrained[..., half] = np.log(sd[half] * np.abs(standard[..., half]))
    return named_draws(layout, unconstrained)


def prior_predictive(layout: Layout, *, seed: int) -> pd.DataFrame:
    """Sum up what the priors generate, by variable.

    Variables without causes keep their data; the others are drawn from their causes in turn.

    Parameters
    ----------
    layout
        Parameters of the model, and where each enters.
    seed
        Of the random numbers, 0 or more; the same seed gives the same result.

    Returns
    -------
    pandas.DataFrame
        Per share, mean or sd of :mod:`~vm2causal.checks.replicate.predictive`: ``observed``,
        ``lower`` and ``upper`` (5% and 95% of the prior draws), and ``outside``: whether the data
        lie outside the middle 99% of them.
    """
    draws = draws_for(len(layout.data.units))
    forward = Forward(layout, prior_draws(layout, draws=draws, seed=seed), draws=draws, seed=seed)
    found = summaries(forward, forward.world(), by_sector=False, seed=seed)
    table = table_of(found)
    replicated = [summary.replicated for summary in found]
    observed = table["observed"].to_numpy()
    lowest, highest = _range(replicated, WIDE)
    lower, upper = _range(replicated, SHOWN)
    outside = (observed < lowest) | (observed > highest)
    return table.assign(lower=lower, upper=upper, outside=outside)


def _range(replicated: list[Floats], mass: float) -> tuple[Floats, Floats]:
    tail = (1 - mass) / 2
    ends = [np.quantile(values, [tail, 1 - tail]) for values in replicated]
    low, high = np.array(ends).reshape(-1, 2).T
    return low, high
