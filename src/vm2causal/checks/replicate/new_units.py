"""A fitted model applied to units it has not seen, and data that it would generate."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import xarray as xr

from vm2causal.checks.refute.changed_data import units_of
from vm2causal.checks.replicate.redrawn import redrawn
from vm2causal.effects.forward import Forward
from vm2causal.model.data.columns import Floats, Grouping
from vm2causal.model.data.structural_data import StructuralData
from vm2causal.model.result_names import held_as
from vm2causal.model.structural_layout import Layout
from vm2causal.model.structural_parameters import Block


def some_units(data: StructuralData, kept: npt.NDArray[np.bool_]) -> StructuralData:
    """Keep some units, and all levels of all groups.

    Of a group nobody is left of, a model fitted to them knows only how much such groups differ.

    Parameters
    ----------
    data
        The data as the model takes them, one row per unit.
    kept
        Whether each unit stays, shape (unit,).
    """
    groups = {
        name: Grouping(grouping.labels, grouping.codes[kept])
        for name, grouping in data.groups.items()
    }
    return replace(units_of(data, kept), groups=groups)


def forward_for(
    layout: Layout,
    posterior: xr.Dataset,
    data: StructuralData,
    *,
    seed: int,
    copies: int = 1,
    new_groups: bool = False,
) -> Forward:
    """Make a posterior ready to be run on new units, whose own effects and scores are drawn anew.

    Parameters
    ----------
    layout, posterior
        Of the fit.
    data
        New units; the levels of their groups are those of the fit.
    seed
        Of the random numbers, 0 or more; the same seed gives the same result.
    copies
        How often each draw is used, each time with other new units.
    new_groups
        Draw the effects of groups anew too, as if the units were in other groups.
    """
    stacked = posterior.stack(sample=("chain", "draw"), create_index=False)
    samples = np.tile(np.arange(stacked.sizes["sample"]), copies)
    rng = np.random.default_rng(seed)
    found: dict[str, tuple[tuple[str, ...], Floats]] = {}
    for block in layout.blocks:
        if 0 in block.shape or block.name == "imputed_z":
            continue  # missing causes are drawn as the model is run
        values = stacked[block.name].transpose("sample", ...).to_numpy()[samples]
        if _is_new(block, data, new_groups):
            values = rng.standard_normal((*values.shape[:-1], _width(block, data)))
        dims = tuple(f"{block.name}.{place}" for place in range(values.ndim - 1))
        found[block.name] = (("chain", "draw", *dims), values[np.newaxis])
    moved = replace(layout, data=data, imputed={})
    return Forward(moved, xr.Dataset(found), draws=len(samples), seed=seed)


def _is_new(block: Block, data: StructuralData, new_groups: bool) -> bool:
    groups = {held_as(name) for name in data.groups if name not in data.spec.variables}
    new = {data.unit} | (groups if new_groups else set())
    return block.name.endswith("_z") and bool(new & set(block.dims))


def _width(block: Block, data: StructuralData) -> int:
    return len(data.units) if data.unit in block.dims else block.shape[-1]


def replicated(forward: Forward, draw: int, *, seed: int) -> StructuralData:
    """Draw data as the fitted model makes them, for the same design and in other units and groups.

    Variables without causes keep their values, and what was missing stays so; how many pupils are
    at risk in each year stays too.

    Parameters
    ----------
    forward
        Equations of a fit, with its data and posterior draws.
    draw
        Which draw of the posterior is the truth.
    seed
        Of the random numbers, 0 or more; the same seed gives the same result.
    """
    data = forward.data
    truth = xr.Dataset(
        {
            name: (
                ("chain", "draw", *(f"{name}.{k}" for k in range(values.ndim - 1))),
                values[[[draw]]],
            )
            for name, values in forward.parameters.items()
        }
    )
    model = forward_for(forward.layout, truth, data, seed=seed, new_groups=True)
    world = model.world()
    rng = np.random.default_rng([seed, 1])
    made = [name for name in model.layout.predictors_of if name in data.columns]
    return redrawn(model, world, made, lambda name: rng)
