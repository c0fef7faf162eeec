"""Data drawn anew from a world of a fitted model, where there were data."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace

import numpy as np

from vm2causal.effects.forward import Forward, World
from vm2causal.model.data.columns import Cells, Column, Ints
from vm2causal.model.data.structural_data import StructuralData


def redrawn(
    forward: Forward,
    world: World,
    columns: Collection[str],
    stream: Callable[[str], np.random.Generator],
) -> StructuralData:
    """Draw data from the first draw of a posterior.

    What was missing stays missing, and trials stay.

    Parameters
    ----------
    forward
        Equations of a fit, with its data and posterior draws.
    world
        Values of every variable per draw and unit, as observed or under an intervention.
    columns
        Which columns to take from the world; others keep their data.
    stream
        Random numbers of a variable with items or cells.
    """
    data = forward.data
    return replace(
        data,
        columns={
            **data.columns,
            **{name: drawn_column(forward, world, name) for name in columns},
        },
        items={name: _answers(forward, world, name, stream(name)) for name in data.items},
        cells={name: _cells(forward, world, name, stream(name)) for name in data.cells},
    )


def drawn_column(forward: Forward, world: World, name: str) -> Column:
    """A column as it is in a world; what was missing stays missing.

    Parameters
    ----------
    forward
        Equations of a fit, with its data and posterior draws.
    world
        Values of every variable per draw and unit, as observed or under an intervention.
    name
        Of a variable with a column in the data.
    """
    column = forward.data.columns[name]
    values = (
        column.centre + column.scale * world.values[name][0]
        if column.numeric
        else world.ranks[name][0].astype(np.float64)
    )
    return replace(column, values=np.where(column.missing, np.nan, values))


def _answers(forward: Forward, world: World, name: str, rng: np.random.Generator) -> Ints:
    answers = forward.data.items[name].copy()
    items = list(forward.data.spec.variables[name].items)
    for part in forward.layout.family(name).observed(forward, name, world):
        drawn = part.given(part.rows).draw(rng)[0]
        answers[part.unit, items.index(str(part.item))] = drawn.astype(np.int64)
    return answers


def _cells(forward: Forward, world: World, name: str, rng: np.random.Generator) -> Cells:
    cells = forward.data.cells[name]
    if (name, None) not in world.predictors:
        return cells
    (part,) = forward.layout.family(name).observed(forward, name, world)
    return replace(cells, events=part.given(part.rows).draw(rng)[0].astype(np.int64))
