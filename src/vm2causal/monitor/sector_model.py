"""How often experiments stopped, by sector and tranche, partially pooled."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import xarray as xr

from vm2causal.inputs.published.reading import PublishedTables
from vm2causal.inputs.published.schema import SECTORS

SECTOR_TRANCHES: Final = ("T1", "T2")
"""Tranches whose status is published by sector (`vijf-jaar-vm2`, table 2.3)."""


def sector_counts(tables: PublishedTables) -> xr.Dataset:
    """Started and stopped experiments, dims (tranche, sector), from table 2.3.

    Parameters
    ----------
    tables
        The published tables of the monitor.
    """
    counts = tables.status.query("table == '2.3-sector' and unit == 'count'")
    wide = counts.pivot_table(index=["tranche", "sector"], columns="status", values="value")
    index = [(tranche, sector) for tranche in SECTOR_TRANCHES for sector in SECTORS]
    wide = wide.reindex(index).fillna(0.0)
    shape = (len(SECTOR_TRANCHES), len(SECTORS))
    return xr.Dataset(
        {
            "stopped": (("tranche", "sector"), wide["gestopt"].to_numpy().reshape(shape)),
            "started": (("tranche", "sector"), wide["totaal"].to_numpy().reshape(shape)),
        },
        coords={"tranche": list(SECTOR_TRANCHES), "sector": list(SECTORS)},
    )


def sector_model(counts: xr.Dataset) -> Any:
    """Build the hierarchical binomial model of stopping.

    ``logit P(stopped) = tranche + sector + tranche × sector``, the sector contrasts summing to
    zero and the interaction shrunk to zero as far as the counts allow.

    Parameters
    ----------
    counts
        Of :func:`sector_counts`.

    Returns
    -------
    pymc.Model
        ``probability`` has dims (tranche, sector).
    """
    import pymc as pm
    import pytensor.tensor as pt

    coords = {"tranche": list(SECTOR_TRANCHES), "sector": list(SECTORS)}
    with pm.Model(coords=coords) as model:
        tranche = pm.Normal("tranche_log_odds", -0.7, 1.0, dims="tranche")
        # scales bounded away from zero: ten cells cannot rule zero out, and it is a funnel
        sector_sd = pm.LogNormal("sector_sd", np.log(0.5), 0.5)
        sector_raw = pm.ZeroSumNormal("sector_raw", 1.0, dims="sector")
        sector = pm.Deterministic("sector_log_odds", sector_sd * sector_raw, dims="sector")
        both_sd = pm.LogNormal("interaction_sd", np.log(0.2), 0.5)
        both_raw = pm.Normal("interaction_raw", 0.0, 1.0, dims=("tranche", "sector"))
        log_odds = tranche[:, None] + sector[None, :] + both_sd * both_raw
        pm.Deterministic("probability", pt.sigmoid(log_odds), dims=("tranche", "sector"))
        pm.Binomial(
            "stopped",
            n=np.asarray(counts["started"], dtype=int),
            logit_p=log_odds,
            observed=np.asarray(counts["stopped"], dtype=int),
            dims=("tranche", "sector"),
        )
    return model
