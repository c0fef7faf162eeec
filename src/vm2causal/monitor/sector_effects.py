"""Stopping of experiments by sector: probabilities and who stops more often than whom."""

from __future__ import annotations

import pandas as pd
import xarray as xr

from vm2causal.effects.intervals import interval

OTHERS = "others"


def stop_table(posterior: xr.Dataset, counts: xr.Dataset, *, level: float = 0.95) -> pd.DataFrame:
    """Probability that an experiment stopped, by tranche and sector, with the counts beside it.

    Parameters
    ----------
    posterior
        Draws of the cohort model, dims (chain, draw, …).
    counts
        Of :func:`~vm2causal.monitor.sector_model.sector_counts`.
    level
        Probability that each interval holds, between 0 and 1.
    """
    rows = []
    for tranche in posterior["tranche"].to_numpy():
        for sector in posterior["sector"].to_numpy():
            here = {"tranche": tranche, "sector": sector}
            rows.append(
                {
                    "tranche": str(tranche),
                    "sector": str(sector),
                    "stopped": int(counts["stopped"].sel(here)),
                    "started": int(counts["started"].sel(here)),
                    "probability": interval(posterior["probability"].sel(here), level),
                }
            )
    return pd.DataFrame(rows)


def stop_contrasts(posterior: xr.Dataset) -> pd.DataFrame:
    """Posterior probability that one sector's experiments stop more often than another's.

    Probabilities are averaged over the tranches; ``others`` is the mean of all other sectors.

    Parameters
    ----------
    posterior
        Draws of the cohort model, dims (chain, draw, …).
    """
    mean = posterior["probability"].mean("tranche")
    sectors = [str(sector) for sector in posterior["sector"].to_numpy()]
    rows = []
    for sector in sectors:
        rest = [other for other in sectors if other != sector]
        for versus in (OTHERS, *rest):
            compared = mean.sel(sector=rest if versus == OTHERS else [versus]).mean("sector")
            higher = float((mean.sel(sector=sector) > compared).mean())
            rows.append({"sector": sector, "versus": versus, "p_higher": higher})
    return pd.DataFrame(rows)
