"""Named draws → the vector of parameters that the log-density takes."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import xarray as xr

from vm2causal.model.data.columns import Floats
from vm2causal.model.structural_layout import Layout
from vm2causal.model.structural_parameters import Block, zero_sum_basis


def unconstrained_draws(layout: Layout, posterior: xr.Dataset) -> Floats:
    """Undo :func:`~vm2causal.model.sampler.compiled_model.named_draws`.

    Returns
    -------
    ndarray, shape (chain, draw, parameter)
    """
    return unconstrained(
        layout,
        {
            str(name): values.transpose("chain", "draw", ...).to_numpy()
            for name, values in posterior.data_vars.items()
        },
    )


def unconstrained(layout: Layout, parameters: Mapping[str, Floats]) -> Floats:
    """Parameters as the kernel takes them.

    Parameters
    ----------
    parameters
        Each with the dimensions of its block last, and the same others before.

    Returns
    -------
    ndarray, shape (…, parameter)
    """
    blocks = [block for block in layout.blocks if 0 not in block.shape]
    parts = [_vector(block, parameters[block.name]) for block in blocks]
    return np.ascontiguousarray(np.concatenate(parts, axis=-1))


def _vector(block: Block, values: Floats) -> Floats:
    before = values.shape[: values.ndim - len(block.shape)]
    if block.positive:
        values = np.log(values)
    elif block.zero_sum is not None:
        values = values @ zero_sum_basis(values.shape[-1])
    return np.reshape(values, (*before, -1))
