"""Data arranged for one model, cut down to a smaller model of the same variables."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from vm2causal.errors import StudyError
from vm2causal.model.data.columns import Cells, Column, Ints
from vm2causal.model.data.structural_data import YEAR, StructuralData
from vm2causal.spec import CausalSpec


def restricted(data: StructuralData, spec: CausalSpec) -> StructuralData:
    """Keep what a smaller model uses, and sum pupils over the characteristics it does not use.

    Parameters
    ----------
    data
        Arranged for a larger model.
    spec
        Its variables and groups are among those of ``data``, of the same kinds.

    Raises
    ------
    StudyError
        When the smaller model uses what the data do not hold.
    """
    _require_held(data, spec)
    kept = [name for name in data.patterns.columns if name == YEAR or name in spec.variables]
    pattern_of = _pattern_numbers(data, kept)
    first = np.unique(pattern_of, return_index=True)[1]
    counted = any(name in spec.variables for name in data.cells)
    return replace(
        data,
        spec=spec,
        groups={name: data.groups[name] for name in spec.groups},
        columns={name: item for name, item in data.columns.items() if name in spec.variables},
        items={name: item for name, item in data.items.items() if name in spec.variables},
        cells={
            name: _merged(item, pattern_of)
            for name, item in data.cells.items()
            if name in spec.variables
        },
        patterns=data.patterns.iloc[first][kept].reset_index(drop=True),
        covariates={
            name: _on_patterns(item, first)
            for name, item in data.covariates.items()
            if name in spec.variables
        },
        rows=data.rows if counted else None,
    )


def _require_held(data: StructuralData, spec: CausalSpec) -> None:
    held = {*data.columns, *data.items, *data.cells, *data.covariates}
    wanted = {name for name, variable in spec.variables.items() if variable.observed}
    absent = sorted((wanted - held) | (set(spec.groups) - set(data.groups)))
    if absent:
        raise StudyError(
            "The smaller model uses what the larger one has no data of.",
            value=", ".join(absent),
            fix="Take it out, or arrange the data for the smaller model anew.",
        )


def _pattern_numbers(data: StructuralData, kept: list[str]) -> Ints:
    """For each pattern the number of the one it becomes; a flat table has one, without columns."""
    if len(kept) == len(data.patterns.columns):
        return np.arange(len(data.patterns), dtype=np.int64)
    return np.asarray(data.patterns.groupby(kept, sort=True).ngroup(), dtype=np.int64)


def _on_patterns(column: Column, first: Ints) -> Column:
    return column.of(first)


def _merged(cells: Cells, pattern_of: Ints) -> Cells:
    """Cells of the same unit and new pattern become one, at the place of the first of them."""
    patterns = int(pattern_of.max()) + 1
    numbers = cells.unit * patterns + pattern_of[cells.pattern]
    found, first, place = np.unique(numbers, return_index=True, return_inverse=True)
    order = np.argsort(first)
    events, trials = (
        np.bincount(place, weights=counts, minlength=len(found))[order].astype(np.int64)
        for counts in (cells.events, cells.trials)
    )
    return Cells(found[order] // patterns, found[order] % patterns, events, trials)
