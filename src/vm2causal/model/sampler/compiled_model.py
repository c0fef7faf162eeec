"""A program of the kernel as a log-density for the sampler, and its draws named."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
import xarray as xr

from vm2causal.model.data.columns import Floats
from vm2causal.model.sampler.densities import Density, sampled_model
from vm2causal.model.structural_layout import Layout
from vm2causal.model.structural_parameters import Block, zero_sum_basis

if TYPE_CHECKING:
    from vm2causal.model.sampler.tape import Program

_JITTER: Final = 0.3
"""Half-width of the uniform jitter of where chains start; noise is drawn from its prior."""


def compiled_program(layout: Layout, program: Program) -> Any:
    """Wrap a program in the sampler's coordinates as nutpie's compiled model.

    Its draws are parameters of the model itself.
    """
    from vm2causal.model.sampler.kernel import log_density_pointer, model_parameters_pointer

    return sampled_model(
        Density(
            log_density_pointer,
            model_parameters_pointer,
            program.packed(),
            program.size,
            _starts(layout, program),
        )
    )


def named_draws(layout: Layout, draws: Floats) -> xr.Dataset:
    """Draws of the unconstrained parameters → variables as the ``pm.Model`` names them.

    Parameters
    ----------
    draws
        Shape (chain, draw, parameter).

    Returns
    -------
    xarray.Dataset
        Positive parameters exponentiated, zero-sum ones in all their levels; dims
        (chain, draw, …) as in the layout.
    """
    named: dict[str, tuple[tuple[str, ...], Floats]] = {}
    coords: dict[str, npt.NDArray[Any]] = {}
    for block in layout.blocks:
        size = int(np.prod(block.shape))
        if not size:
            continue
        start = layout.offsets[block.name]
        values = draws[:, :, start : start + size].reshape(*draws.shape[:2], *block.shape)
        dims, values = _constrained(block, values)
        named[block.name] = (("chain", "draw", *dims), values)
        coords |= {name: np.array(labels) for name, labels in _labels(block).items()}
    chains, number = np.arange(draws.shape[0]), np.arange(draws.shape[1])
    return xr.Dataset(named, coords | {"chain": chains, "draw": number})


def _constrained(block: Block, values: Floats) -> tuple[tuple[str, ...], Floats]:
    dims = tuple(block.dims)
    if block.positive:
        return dims, np.exp(values)
    if block.zero_sum is not None:
        basis = zero_sum_basis(values.shape[-1] + 1)
        return (dims[0], block.zero_sum[0]), values @ basis.T
    return dims, values


def _labels(block: Block) -> Mapping[str, tuple[str, ...]]:
    if block.zero_sum is None:
        return block.dims
    first, *_ = block.dims
    return {first: block.dims[first], block.zero_sum[0]: block.zero_sum[1]}


def _starts(layout: Layout, program: Program) -> Callable[[Any], Floats]:
    from vm2causal.model.sampler.coordinates import starting_point

    point = starting_point(layout, program)
    noise = np.concatenate(
        [np.full(np.prod(block.shape), block.name.endswith("_z")) for block in layout.blocks]
    )

    def start(seed: Any = None) -> Floats:
        rng = np.random.default_rng(seed)
        jitter = rng.uniform(-_JITTER, _JITTER, len(point))
        return point + np.where(noise, rng.standard_normal(len(point)), jitter)

    return start
