"""Whether a fitted cohort model predicts the shares it was fitted to."""

from __future__ import annotations

import numpy as np
import xarray as xr
from scipy.special import expit

from vm2causal.effects.careers import early_share, group_log_odds


def share_predicted(
    posterior: xr.Dataset, data: xr.Dataset, *, clustered: bool, seed: int, thin: int = 4
) -> float:
    """Share of observed cells that lie within their 95% posterior predictive interval.

    New pupils are drawn, and where clustering was modelled new sites, at each kept draw.

    Parameters
    ----------
    thin
        Keep one draw in so many.
    """
    random = np.random.default_rng(seed)
    sample = posterior.isel(draw=slice(None, None, thin)).stack(sample=("chain", "draw"))
    cells = [data.sel(interval=key) for key in data["interval"].to_numpy()]
    within = [
        _within(random, sample, cell, str(group), data, clustered)
        for cell in cells
        if float(cell["seen"])
        for group in data["group"].to_numpy()
    ]
    return float(np.mean(within))


def _within(
    random: np.random.Generator,
    sample: xr.Dataset,
    cell: xr.Dataset,
    group: str,
    data: xr.Dataset,
    clustered: bool,
) -> bool:
    here = {"tranche": str(cell["tranche_of"].item()), "group": group}
    log_odds = group_log_odds(sample, group).sel(interval=cell["interval"].item())
    hazard = expit(log_odds.to_numpy())
    early = early_share(sample, data, here["tranche"], group)
    risk = (
        float(cell["risk"].sel(group=group))
        + float(cell["risk_per_early"].sel(group=group)) * early
    )
    events = (
        float(cell["events"].sel(group=group))
        + float(cell["events_per_early"].sel(group=group)) * early
    )
    at_risk = np.maximum(1, np.round(sample["pupils"].sel(here).to_numpy() * risk)).astype(int)
    if clustered and group in {"vm2", "voorgaand"}:
        per_site = at_risk / float(data["sites"].sel(tranche=here["tranche"]))
        icc = sample["icc"].to_numpy()
        precision = np.maximum((at_risk - 1) / (np.maximum(per_site - 1, 0.1) * icc) - 1, 1.0)
        hazard = random.beta(precision * hazard, precision * (1 - hazard))
    predicted = random.binomial(at_risk, hazard) / at_risk
    observed = float(np.mean(events / risk))
    low, high = np.quantile(predicted, [0.025, 0.975])
    # a share of a few pupils sits between two counts
    slack = 0.5 / float(at_risk.min())
    return bool(low - slack <= observed <= high + slack)
