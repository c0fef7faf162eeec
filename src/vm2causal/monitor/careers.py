"""From yearly hazards to the share of a cohort that has left or qualified by each teldatum."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr
from scipy.special import expit

from vm2causal.effects.intervals import interval
from vm2causal.inputs.published.schema import GROUPS, OUTCOMES
from vm2causal.monitor.cohort_data import COHORTS, EARLY, INTERVALS, YEARS

Draws = npt.NDArray[np.float64]


def cumulative_shares(
    posterior: xr.Dataset, data: xr.Dataset, *, with_effect: bool = True
) -> xr.DataArray:
    """Share of the start population with vsv or SK by each teldatum, per group and draw.

    Parameters
    ----------
    posterior
        Of the cohort model, dims (chain, draw, …).
    data
        What it was fitted to.
    with_effect
        False: what VM2 pupils would have shown without the effect on either outcome.

    Returns
    -------
    xarray.DataArray
        Dims ``(outcome, tranche, group, year, sample)``; NaN where no teldatum is published.
    """
    stacked = posterior.stack(sample=("chain", "draw"))
    samples = stacked.sizes["sample"]
    shape = (len(OUTCOMES), len(COHORTS), len(GROUPS), len(YEARS), samples)
    shares = xr.DataArray(
        np.full(shape, np.nan),
        dims=("outcome", "tranche", "group", "year", "sample"),
        coords={
            "outcome": list(OUTCOMES),
            "tranche": list(COHORTS),
            "group": list(GROUPS),
            "year": list(YEARS),
        },
    )
    seen = {key for key, value in zip(INTERVALS, data["seen"].to_numpy(), strict=True) if value}
    for group in GROUPS:
        hazards = _hazards(stacked, group, with_effect)
        for tranche in COHORTS:
            early = early_share(stacked, data, tranche, group)
            career = _career(hazards, seen, tranche, early)
            for (outcome, year), values in career.items():
                shares.loc[
                    {"outcome": outcome, "tranche": tranche, "group": group, "year": year}
                ] = values
    return shares


def group_log_odds(posterior: xr.Dataset, group: str, *, with_effect: bool = True) -> xr.DataArray:
    """Log-odds of the hazards of one group, with the posterior's own sample dims.

    Parameters
    ----------
    posterior
        Draws of the cohort model, dims (chain, draw, …).
    group
        ``vm2``, ``landelijk``, ``voorgaand`` or ``landelijk_voorgaand``.
    with_effect
        Whether the effect of VM2 is in.
    """
    log_odds = posterior["baseline"]
    if group in {"vm2", "landelijk"}:
        log_odds = log_odds + posterior["calendar"]
    if group in {"vm2", "voorgaand"}:
        log_odds = log_odds + posterior["site"]
    if group == "vm2" and with_effect:
        log_odds = log_odds + posterior["effect"]
    return log_odds


def hazard_effects(posterior: xr.Dataset, data: xr.Dataset, *, level: float = 0.95) -> pd.DataFrame:
    """Effect on the hazard of each interval: on those who until then neither left nor qualified.

    Parameters
    ----------
    posterior
        Draws of the cohort model, dims (chain, draw, …).
    data
        Of :func:`~vm2causal.monitor.cohort_data.cohort_data`.
    level
        Probability that each interval holds, between 0 and 1.

    Returns
    -------
    pandas.DataFrame
        One row per ``outcome``, ``tranche`` and ``years_since_start`` at the end of the interval,
        with the interval ``log_odds``, of the odds of the hazard with VM2 against without.
    """
    return pd.DataFrame(
        [
            {
                "outcome": outcome,
                "tranche": tranche,
                "years_since_start": year,
                "log_odds": interval(posterior["effect"].isel(interval=place), level),
            }
            for place, (outcome, tranche, year) in enumerate(INTERVALS)
            if data["seen"].to_numpy()[place]
        ]
    )


def early_share(posterior: xr.Dataset, data: xr.Dataset, tranche: str, group: str) -> Draws:
    """Draws of the share with an SK within two years, shape (sample,).

    Parameters
    ----------
    posterior
        Draws of the cohort model, dims (chain, draw, …).
    data
        Of :func:`~vm2causal.monitor.cohort_data.cohort_data`.
    tranche
        ``T1``, ``T2``, ``B1`` or ``B2``.
    group
        ``vm2``, ``landelijk``, ``voorgaand`` or ``landelijk_voorgaand``.
    """
    here = {"tranche": tranche, "group": group}
    lower, upper = float(data["early_lower"].sel(here)), float(data["early_upper"].sel(here))
    position: Draws = posterior["early_position"].sel(here).to_numpy()
    return lower + position * (upper - lower)


def _hazards(
    stacked: xr.Dataset, group: str, with_effect: bool
) -> dict[tuple[str, str, int], Draws]:
    log_odds = group_log_odds(stacked, group, with_effect=with_effect)
    values = expit(log_odds.transpose("interval", "sample").to_numpy())
    return dict(zip(INTERVALS, values, strict=True))


def _career(
    hazards: dict[tuple[str, str, int], Draws],
    seen: set[tuple[str, str, int]],
    tranche: str,
    early: Draws,
) -> dict[tuple[str, int], Draws]:
    """Cumulative shares of one tranche; vsv comes first within an interval, then SK."""
    left, qualified = np.zeros_like(early), np.zeros_like(early)
    career: dict[tuple[str, int], Draws] = {}
    ends = [year for outcome, t, year in INTERVALS if (outcome, t) == ("vsv", tranche)]
    for year in ends:
        if ("vsv", tranche, year) not in seen:
            continue
        before = qualified
        if career and year == EARLY:
            before = _half_of_early(hazards, seen, tranche, left, early)
        elif career and ("sk", year - 1) not in career:
            before = early
        left = left + (1 - left - before) * hazards["vsv", tranche, year]
        career["vsv", year] = left
        if ("sk", tranche, year) in seen:
            qualified = qualified + (1 - left - qualified) * hazards["sk", tranche, year]
            career["sk", year] = qualified
    return career


def _half_of_early(
    hazards: dict[tuple[str, str, int], Draws],
    seen: set[tuple[str, str, int]],
    tranche: str,
    left: Draws,
    early: Draws,
) -> Draws:
    """Share with an SK after one year: half of those who have it after two."""
    if ("sk", tranche, EARLY) not in seen:
        return 0.5 * early
    leave, qualify = hazards["vsv", tranche, EARLY], hazards["sk", tranche, EARLY]
    both = qualify * (1 - left) * (1 - leave) / (1 - 0.5 * qualify * leave)
    return 0.5 * both
