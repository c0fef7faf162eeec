"""The parameters of a fit, one row each, with how well they were sampled."""

from __future__ import annotations

from itertools import product
from typing import Final

import numpy as np
import pandas as pd
import xarray as xr

_PER_UNIT: Final = "_z"
"""Ending of blocks that hold one value per unit or level of a group."""


def parameter_table(posterior: xr.Dataset) -> pd.DataFrame:
    """Mean, spread and sampling of every parameter that is not a unit's or a group's own.

    Returns
    -------
    pandas.DataFrame
        Columns ``name`` (``block[label]``), ``mean``, ``sd``, ``ess_bulk`` and ``rhat``.
    """
    import arviz as az

    names = [name for name in posterior.data_vars if not str(name).endswith(_PER_UNIT)]
    kept = posterior[names]
    bulk, rhat = az.ess(kept, method="bulk"), az.rhat(kept)
    return pd.concat(
        [_rows(str(name), kept[name], bulk[name], rhat[name]) for name in names], ignore_index=True
    )


def _rows(name: str, values: xr.DataArray, bulk: xr.DataArray, rhat: xr.DataArray) -> pd.DataFrame:
    draws = values.transpose("chain", "draw", ...)
    labels = [map(str, draws[dim].to_numpy()) for dim in draws.dims[2:]]
    return pd.DataFrame(
        {
            "name": [f"{name}[{', '.join(place)}]" for place in product(*labels)],
            "mean": np.ravel(draws.mean(("chain", "draw"))),
            "sd": np.ravel(draws.std(("chain", "draw"))),
            "ess_bulk": np.ravel(bulk),
            "rhat": np.ravel(rhat),
        }
    )
