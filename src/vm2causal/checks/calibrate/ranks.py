"""Ranks of true values among posterior draws."""

from __future__ import annotations

from typing import Final

import numpy as np
import xarray as xr

from vm2causal.model.data.columns import Floats

RANK_DRAWS: Final = 99
"""Draws, evenly spread over the chains, among which a true value is ranked: ranks 0 … 99."""


def thinned(posterior: xr.Dataset) -> xr.Dataset:
    """Evenly spread draws of a posterior as one chain of :data:`RANK_DRAWS`.

    Parameters
    ----------
    posterior
        Dims (chain, draw, …), with at least :data:`RANK_DRAWS` draws in all.
    """
    stacked = posterior.stack(all=("chain", "draw"), create_index=False)
    number = stacked.sizes["all"]
    places = np.linspace(0, number - 1, RANK_DRAWS).round().astype(int)
    chosen = stacked.isel(all=places).drop_vars(["chain", "draw"], errors="ignore")
    return chosen.rename(all="draw").expand_dims("chain").transpose("chain", "draw", ...)


def rank_among(true: float, draws: Floats, rng: np.random.Generator) -> int:
    """How many draws lie below a true value; among ties at random.

    Parameters
    ----------
    true
        The value that the data were made with.
    draws
        Of the posterior, shape (draw,).
    rng
        Source of the random numbers.

    Examples
    --------
    >>> rank_among(0.5, np.array([0.1, 0.9, 0.2]), np.random.default_rng(0))
    2
    """
    return int((draws < true).sum() + rng.integers(0, int((draws == true).sum()) + 1))
