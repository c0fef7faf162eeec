"""The same fit with other names for its units and groups, put in the order of those names.

Data get their pseudonyms before anything is drawn: what is drawn hangs on the order of units and
levels, so an order of names would confirm a guess at them. Where names may be shown they are put
back afterwards, and the draws are the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import xarray as xr

from vm2causal.errors import StudyError
from vm2causal.model.data.columns import (
    Cells,
    Column,
    Grouping,
    Ints,
)
from vm2causal.model.data.structural_data import StructuralData
from vm2causal.model.result_names import BLOCKS, held_as
from vm2causal.model.structural_fit import StructuralFit
from vm2causal.model.structural_layout import Layout, structural_layout

Names = Mapping[str, Mapping[str, str]]
"""By group or main unit: new name per old name."""


def with_names(fit: StructuralFit, names: Names) -> StructuralFit:
    """Rename the levels of groups, and the units, of a fit.

    Parameters
    ----------
    names
        By group, or by the name of the main unit; what is not in it keeps its names.

    Raises
    ------
    StudyError
        When a variable of the model has these names as its levels.
    """
    require_renamable(fit.layout.data, names)
    data = renamed_data(fit.layout.data, names)
    layout = structural_layout(data, priors=fit.priors)
    posterior = _renamed_draws(fit.posterior, fit.layout, layout, names)
    kept = {"posterior": posterior, "sample_stats": fit.tree["sample_stats"].to_dataset()}
    tree = xr.DataTree.from_dict(kept)
    tree.attrs.update(fit.tree.attrs)
    return replace(fit, layout=layout, tree=tree)


def require_renamable(data: StructuralData, names: Names) -> None:
    """Refuse a model whose results would show the names that are to be replaced.

    Raises
    ------
    StudyError
        When a variable of the model has these names as its levels.
    """
    for column in names:
        if not renamable(data, column):
            raise StudyError(
                f"The model has '{column}' as a variable, so its results name every {column}.",
                column=column,
                fix="Make it a group only, or allow names with --name-schools.",
            )


def renamable(data: StructuralData, name: str) -> bool:
    """Whether no variable of the model has the names of a group, or of the units, as its levels."""
    variables = data.spec.variables.items()
    return all(data.spec.column(variable) != name for variable, item in variables if item.observed)


def renamed_data(data: StructuralData, names: Names) -> StructuralData:
    """Rename and reorder units, and the levels of groups; see :func:`with_names`."""
    units = _renamed(data.units, names.get(data.unit, {}))
    order = np.argsort(np.array(units)) if data.unit in names else np.arange(len(units))
    place = np.argsort(order)
    return replace(
        data,
        units=tuple(units[unit] for unit in order),
        groups={
            name: _renamed_group(grouping, names.get(name), order)
            for name, grouping in data.groups.items()
        },
        columns={name: _ordered(column, order) for name, column in data.columns.items()},
        items={name: answers[order] for name, answers in data.items.items()},
        cells={name: _moved(cells, place) for name, cells in data.cells.items()},
        weights=data.weights[order],
        years=None if data.years is None else data.years[order],
    )


def _renamed(labels: tuple[str, ...], names: Mapping[str, str]) -> list[str]:
    return [names.get(label, label) for label in labels]


def _renamed_group(grouping: Grouping, names: Mapping[str, str] | None, order: Ints) -> Grouping:
    if names is None:
        return Grouping(grouping.labels, grouping.codes[order])
    labels = _renamed(grouping.labels, names)
    ranked = np.argsort(np.array(labels))
    place = np.argsort(ranked)
    return Grouping(tuple(labels[rank] for rank in ranked), place[grouping.codes[order]])


def _ordered(column: Column, order: Ints) -> Column:
    return column.of(order)


def _moved(cells: Cells, place: Ints) -> Cells:
    """Cells of the moved units, sorted again: the order of cells would tell the old one."""
    unit = place[cells.unit]
    order = np.lexsort((cells.pattern, unit))
    return Cells(unit[order], cells.pattern[order], cells.events[order], cells.trials[order])


def _renamed_draws(posterior: xr.Dataset, old: Layout, new: Layout, names: Names) -> xr.Dataset:
    labels: dict[str, Mapping[str, str]] = {BLOCKS["imputed_z"]: _imputed_names(old, names)}
    labels |= {held_as(name): dealt for name, dealt in names.items() if name in old.data.groups}
    labels |= {name: dealt for name, dealt in names.items() if name == old.data.unit}
    for dim in labels.keys() & posterior.sizes.keys():
        renamed = _renamed(tuple(map(str, posterior[dim].to_numpy())), labels[dim])
        posterior = posterior.assign_coords({dim: renamed})
    wanted = {
        dim: list(found)
        for block in new.blocks
        for dim, found in block.dims.items()
        if dim in labels and dim in posterior.sizes
    }
    return posterior.sel(wanted)


def _imputed_names(layout: Layout, names: Names) -> dict[str, str]:
    old = layout.data.units
    new = _renamed(old, names.get(layout.data.unit, {}))
    return {
        f"{name}[{old[unit]}]": f"{name}[{new[unit]}]"
        for name, units in layout.imputed.items()
        for unit in units
    }
