"""The effect on pupils of experiments that ran, had the others done nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import pandas as pd
import xarray as xr

from vm2causal.effects.intervals import interval
from vm2causal.monitor.cohort_data import COHORTS
from vm2causal.monitor.effects import Contrast, last_teldata

EXCLUSION_SHIFTS: Final = (-0.02, -0.01, 0.0, 0.01, 0.02)
"""Effects of a stopped experiment on its own pupils that the complier effect is shown for."""


def complier_table(
    contrasts: list[Contrast], realised: Mapping[str, float], *, level: float = 0.95
) -> pd.DataFrame:
    """Effect on pupils whose experiment ran as intended, had stopped ones no effect.

    The effect on all starters is spread over the share whose experiment was realised
    (Angrist, Imbens & Rubin 1996, JASA 91, proposition 1). The exclusion restriction is bent by
    letting stopped experiments change their own pupils' share by ``exclusion_shift``.

    Parameters
    ----------
    contrasts
        Of all starters, one per outcome and tranche.
    realised
        Share of starters in experiments as intended, by tranche.
    level
        Probability that each interval holds, between 0 and 1.

    Returns
    -------
    pandas.DataFrame
        Columns ``outcome``, ``tranche``, ``years_since_start``, ``share_realised``,
        ``exclusion_shift`` [share] and the interval ``risk_difference``.
    """
    rows = [
        {
            "outcome": item.outcome,
            "tranche": item.tranche,
            "years_since_start": item.year,
            "share_realised": realised[item.tranche],
            "exclusion_shift": shift,
            "risk_difference": interval(
                (item.risk_difference - (1 - realised[item.tranche]) * shift)
                / realised[item.tranche],
                level,
            ),
        }
        for item in contrasts
        if item.tranche in realised
        for shift in EXCLUSION_SHIFTS
    ]
    return pd.DataFrame(rows)


def share_realised(everyone: xr.Dataset, as_intended: xr.Dataset) -> dict[str, float]:
    """Share of starters in experiments that ran as intended, where published.

    Parameters
    ----------
    everyone, as_intended
        Cohort data of all experiments, and of those that ran as intended.
    """
    tranches = {tranche for _, tranche, _ in last_teldata(as_intended)}
    return {
        tranche: float(as_intended["starters"].sel(tranche=tranche))
        / float(everyone["starters"].sel(tranche=tranche))
        for tranche in COHORTS
        if tranche in tranches
    }
