"""Data drawn from the structural model itself, with parameters that are known.

The law is that of the log-density: given the variables without causes, which units miss what, and
the trials of every cell, each variable is drawn from its causes in turn.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import xarray as xr
from scipy.special import expit

from vm2causal.effects.forward import Forward, World
from vm2causal.model.columns import Cells, Column, Floats, Ints
from vm2causal.model.structural_data import StructuralData
from vm2causal.model.structural_layout import Layout
from vm2causal.spec.words import Kind


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
    """
    data = layout.data
    held: list[str] = []
    for name in layout.order:
        column = data.columns.get(name)
        if column is None or column.kind is not Kind.NOMINAL:
            continue
        if name in layout.predictors_of and layout.children(name):
            # its indicators are centred at its own shares, which are known once it is drawn
            world = _forward(layout, data, parameters, seed).world(held=held)
            data = replace(data, columns=_columns(data, world, {name: column}))
            held.append(name)
    forward = _forward(layout, data, parameters, seed)
    world = forward.world(held=held)
    drawn = {name: data.columns[name] for name in layout.predictors_of if name in data.columns}
    data = replace(
        data,
        columns=_columns(data, world, drawn),
        items={name: _answers(forward, world, name) for name in data.items},
        cells={name: _counts(forward, world, name) for name in data.cells},
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


def _columns(data: StructuralData, world: World, drawn: Mapping[str, Column]) -> dict[str, Column]:
    """Every column, the drawn ones from the world; what was missing stays missing."""
    fresh = {}
    for name, column in drawn.items():
        values = (
            column.centre + column.scale * world.values[name][0]
            if column.kind is Kind.CONTINUOUS
            else world.ranks[name][0].astype(np.float64)
        )
        fresh[name] = replace(column, values=np.where(column.missing, np.nan, values))
    return {**data.columns, **fresh}


def _answers(forward: Forward, world: World, name: str) -> Ints:
    answers = forward.data.items[name]
    scales = [scale for scale in forward.layout.scales if scale.variable == name]
    if not scales:
        return answers  # a construct that is left out is no part of the model
    rng = np.random.default_rng([forward.seed, *b"items", *name.encode()])
    theta = world.predictors[name, None][0]
    drawn = np.empty_like(answers)
    for place, scale in enumerate(scales):
        loading: Floats = forward.parameters["loading"][0, scale.loading or 0]
        score = loading * theta + rng.logistic(size=len(theta))
        drawn[:, place] = (score[:, np.newaxis] > forward.cuts(scale)[0]).sum(axis=1)
    return np.where(answers < 0, -1, drawn)


def _counts(forward: Forward, world: World, name: str) -> Cells:
    cells = forward.data.cells[name]
    if (name, None) not in world.predictors:
        return cells
    rng = np.random.default_rng([forward.seed, *b"counts", *name.encode()])
    eta = world.predictors[name, None][0, cells.unit]
    pattern = forward.pattern_part(name)[0, cells.pattern]
    return replace(cells, events=rng.binomial(cells.trials, expit(eta + pattern)).astype(np.int64))
