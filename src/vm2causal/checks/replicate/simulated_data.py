"""Data drawn from the structural model itself, with parameters that are known.

The law is that of the log-density: given the variables without causes, which units miss what, and
the trials of every cell, each variable is drawn from its causes in turn.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import xarray as xr

from vm2causal.checks.replicate.redrawn import drawn_column, redrawn
from vm2causal.effects.forward import Forward
from vm2causal.model.data.columns import Column
from vm2causal.model.data.structural_data import StructuralData
from vm2causal.model.structural_layout import Layout


@dataclass(frozen=True)
class Simulated:
    """Data and what they were drawn with.

    Parameters
    ----------
    layout
        That of the template, with the simulated data in place of its own. What a layout takes from
        data (which constructs are fitted, how effects are centred, scales) stays the template's:
        it is part of the model that is calibrated.
    parameters
        One draw, dims (chain, draw, …), named as a posterior.
    """

    layout: Layout
    parameters: xr.Dataset = field(repr=False)


def completed(data: StructuralData, *, seed: int) -> StructuralData:
    """Fill in what is missing of variables without causes, from their known values.

    The model is calibrated given these variables, so they must be known.

    Parameters
    ----------
    data
        The data as the model takes them, one row per unit.
    seed
        Of the random numbers, 0 or more; the same seed gives the same result.
    """
    rng = np.random.default_rng(seed)
    columns = {
        name: column if data.spec.parents(name) else _filled(column, rng)
        for name, column in data.columns.items()
    }
    return replace(data, columns=columns)


def simulated(layout: Layout, parameters: xr.Dataset, *, seed: int) -> Simulated:
    """Draw data from the model.

    Parameters
    ----------
    layout
        Of a template: its units, groups, variables without causes, trials and missing answers.
    parameters
        One draw, dims (chain, draw, …).
    seed
        Of the random numbers, 0 or more; the same seed gives the same result.
    """
    data = layout.data
    held: list[str] = []
    for name in layout.order:
        column = data.columns.get(name)
        if column is None or not column.kind.unordered:
            continue
        if name in layout.predictors_of and layout.children(name):
            # its indicators are centred at its own shares, which are known once it is drawn
            forward = _forward(layout, data, parameters, seed)
            drawn = drawn_column(forward, forward.world(held=held), name)
            data = replace(data, columns={**data.columns, name: drawn})
            held.append(name)
    forward = _forward(layout, data, parameters, seed)
    data = redrawn(
        forward,
        forward.world(held=held),
        [name for name in layout.predictors_of if name in data.columns],
        lambda name: np.random.default_rng([seed, *b"redrawn", *name.encode()]),
    )
    return Simulated(replace(layout, data=data), parameters)


def _forward(layout: Layout, data: StructuralData, parameters: xr.Dataset, seed: int) -> Forward:
    return Forward(replace(layout, data=data), parameters, draws=1, seed=seed)


def _filled(column: Column, rng: np.random.Generator) -> Column:
    known = column.values[~column.missing]
    if not column.missing.any() or not len(known):
        return column
    drawn = rng.choice(known, len(column.values))
    return replace(column, values=np.where(column.missing, drawn, column.values))
