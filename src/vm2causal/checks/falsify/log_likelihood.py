"""Pointwise log-likelihood of a structural model: per variable, unit and draw."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

import numpy as np
import numpy.typing as npt
import xarray as xr
from scipy.sparse import csr_array

from vm2causal.effects.forward import Forward
from vm2causal.model.data.columns import Floats
from vm2causal.model.data.structural_data import StructuralData

_LOT: Final = 2_000_000
"""Densities computed at a time, so that memory stays flat whatever the number of cells."""


def pointwise_log_likelihood(forward: Forward, names: Collection[str] | None = None) -> xr.Dataset:
    """Log-likelihood per variable and unit.

    It is conditional: on the unit's observed causes, on its construct scores and propensities, and
    on the effects of its groups, all of the same draw. A missing cause has a value drawn from its
    own equation. Numbers are on the standardised scale. Counts are a sequence of pupils, without
    binomial coefficient, so that models that sort pupils otherwise compare.

    Parameters
    ----------
    forward
        A posterior ready to be run.
    names
        Of these variables, all of which must have an equation; by default all that have.

    Returns
    -------
    xarray.Dataset
        Per variable, dims ``(sample, unit)``, samples chain by chain; 0 where nothing was observed.
    """
    data = forward.data
    chosen = forward.layout.predictors_of if names is None else names
    return xr.Dataset(
        {name: (("sample", data.unit), _one(forward, name)) for name in chosen},
        coords={data.unit: list(data.units)},
    )


def seen(data: StructuralData, name: str) -> npt.NDArray[np.bool_]:
    """Units on which a variable was observed, at least in part.

    Parameters
    ----------
    data
        The data as the model takes them, one row per unit.
    name
        Of a variable of the model.
    """
    if name in data.items:
        return (data.items[name] >= 0).any(axis=1)
    if name in data.cells:
        return np.bincount(data.cells[name].unit, minlength=len(data.units)) > 0
    return data.seen(name)


def _one(forward: Forward, name: str) -> Floats:
    found, units = np.zeros(forward.shape), len(forward.data.units)
    step = max(1, _LOT // forward.draws)
    for part in forward.layout.family(name).observed(forward, name, forward.observed):
        for first in range(0, len(part.unit), step):
            rows = part.rows[first : first + step]
            density = part.given(rows).log_density(part.seen[rows])
            places = np.arange(len(rows)), part.unit[rows]
            found += density @ csr_array((np.ones(len(rows)), places), (len(rows), units))
    return found
