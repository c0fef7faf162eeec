"""Named draws → the vector of parameters that the log-density takes."""

from __future__ import annotations

import numpy as np
import xarray as xr

from vm2causal.model.columns import Floats
from vm2causal.model.structural_layout import Layout
from vm2causal.model.structural_parameters import Block, zero_sum_basis


def unconstrained_draws(layout: Layout, posterior: xr.Dataset) -> Floats:
    """Undo :func:`~vm2causal.model.native.named_draws`.

    Returns
    -------
    ndarray, shape (chain, draw, parameter)
    """
    sizes = posterior.sizes["chain"], posterior.sizes["draw"]
    parts = [_vector(block, posterior, sizes) for block in layout.blocks if 0 not in block.shape]
    return np.concatenate([*parts, np.zeros((*sizes, 0))], axis=2)


def _vector(block: Block, posterior: xr.Dataset, sizes: tuple[int, int]) -> Floats:
    values = posterior[block.name].transpose("chain", "draw", ...).to_numpy()
    if block.positive:
        values = np.log(values)
    elif block.dims and list(block.dims)[-1].endswith("_contrast"):
        values = values @ zero_sum_basis(values.shape[-1])
    return np.reshape(values, (*sizes, -1))
