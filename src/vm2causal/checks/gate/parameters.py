"""The parameters of a fit, one row each, with how well they were sampled."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Final

import pandas as pd
import xarray as xr

from vm2causal.checks.gate.convergence import convergence, stacked

_PER_UNIT: Final = "_z"
"""Ending of blocks that hold one value per unit or level of a group."""


def parameter_table(posterior: xr.Dataset) -> pd.DataFrame:
    """Mean, spread and sampling of every parameter that is not a unit's or a group's own.

    Parameters
    ----------
    posterior
        Dims (chain, draw, …).

    Returns
    -------
    pandas.DataFrame
        Columns ``name`` (``block[label]``), ``mean``, ``sd``, ``ess_bulk`` and ``rhat``.
    """
    names = [name for name in posterior.data_vars if not str(name).endswith(_PER_UNIT)]
    kept = posterior[names]
    draws = stacked(kept)
    found = convergence(draws)
    return pd.DataFrame(
        {
            "name": [label for name in names for label in _labels(str(name), kept[name])],
            "mean": draws.mean(axis=(0, 1)),
            "sd": draws.std(axis=(0, 1)),
            "ess_bulk": found.ess_bulk,
            "rhat": found.rhat,
        }
    )


def _labels(name: str, values: xr.DataArray) -> Iterator[str]:
    dims = [dim for dim in values.dims if dim not in ("chain", "draw")]
    for place in product(*(map(str, values[dim].to_numpy()) for dim in dims)):
        yield f"{name}[{', '.join(place)}]"
