"""Publications of cohorts whose effects are known: drawn, counted, and printed as the real ones.

Counts follow from hazards pupil by pupil: binomial for the nation, and for pupils of sites
beta-binomial with the design effect of the intra-class correlation (Kish 1965, Survey Sampling,
5.4), less what VM2 and the earlier pupils of the same sites have in common. They are then printed:
a percentage with one decimal, except where the sources print a count. This is written apart from
the log-density of the cohort model, so that each checks the other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np
import xarray as xr
from scipy.special import expit

from vm2causal.inputs.published.reading import PublishedTables
from vm2causal.inputs.published.schema import GROUPS, OUTCOMES
from vm2causal.monitor.careers import early_share, group_log_odds
from vm2causal.monitor.cohort_data import (
    COHORTS,
    EARLY,
    INTERVALS,
    YEARS,
    arranged,
    cohort_data,
    early_bounds,
)

Hazards = Mapping[tuple[str, int], float]
"""Probability of an outcome in the interval that ends in a year, by (outcome, year)."""
Counts = dict[tuple[str, int], float]
"""Pupils with an outcome by a teldatum, by (outcome, year)."""
Drawn = Callable[[str, int, float], int]
"""Of an outcome, events among so many at risk, each with a probability."""

DIGITS: Final = 1
"""Decimals of a printed percentage."""

_ROUNDING_ERROR: Final = 1e-9
"""Of sums of shares in floating-point numbers."""

_SITE_GROUPS: Final = frozenset({"vm2", "voorgaand"})


def cohort_design(tables: PublishedTables, selection: str = "all") -> xr.Dataset:
    """What simulated publications take from the real one.

    Parameters
    ----------
    tables
        The published tables of the monitor.
    selection
        Of pupils: ``all`` or ``as_intended``.

    Returns
    -------
    xarray.Dataset
        As :func:`~vm2causal.monitor.cohort_data.cohort_data`, with ``counted``, dims
        ``(outcome, tranche, group, year)``: 1 where a count is published beside the percentage.
    """
    design = cohort_data(tables, selection)
    counted = xr.DataArray(
        np.zeros((2, len(COHORTS), len(GROUPS), len(YEARS))),
        dims=("outcome", "tranche", "group", "year"),
        coords={
            "outcome": ["vsv", "sk"],
            "tranche": list(COHORTS),
            "group": list(GROUPS),
            "year": list(YEARS),
        },
    )
    shown = tables.outcomes.query("selection == @selection")
    places = shown.loc[shown["count"].notna(), ["outcome", "tranche", "group", "years_since_start"]]
    for outcome, tranche, group, year in places.itertuples(index=False):
        here = {"outcome": outcome, "tranche": tranche, "group": group, "year": int(year)}
        counted.loc[here] = 1.0
    return design.assign(counted=counted)


def simulated_publication(
    design: xr.Dataset, truth: xr.Dataset, rng: np.random.Generator, *, digits: int = DIGITS
) -> xr.Dataset:
    """Publish cohorts anew.

    Parameters
    ----------
    design
        From :func:`cohort_design`: which teldata are printed and how, sites, and the bounds of
        unpublished start populations.
    truth
        One draw of the parameters, chain and draw of length 1.
    rng
        Source of the random numbers.
    digits
        Decimals of percentages; the share with an SK within two years keeps the one decimal that
        bounds it.

    Returns
    -------
    xarray.Dataset
        As :func:`~vm2causal.monitor.cohort_data.cohort_data`; of the true start populations it
        holds no more than the real publication does.
    """
    shares = _printed(design, _publication(design, truth, rng), digits)
    early = early_bounds(shares)
    # where nothing is printed the bounds are the model's prior, and stay what they are
    printed = shares["sk_percent"].sel(year=EARLY, drop=True).notnull()
    known = xr.Dataset({end: design[f"early_{end}"] for end in ("lower", "upper")})
    data = arranged(shares, early.where(printed, known))
    kept = ("pupils_lower", "pupils_upper", "sites", "starters", "icc_lower")
    return data.assign({name: design[name] for name in kept})


def can_be(data: xr.Dataset) -> bool:
    """Whether the digits leave every interval a count between none and all of those at risk.

    The model takes a printed percentage for exact; where rounding makes a count negative it has
    no density. Publications are judged by what is printed alone, so that leaving some out changes
    no posterior, and ranks stay uniform.

    Parameters
    ----------
    data
        Of :func:`~vm2causal.monitor.cohort_data.cohort_data`.
    """
    for end in ("lower", "upper"):
        early = data[f"early_{end}"].sel(tranche=data["tranche_of"])
        events = data["events"] + data["events_per_early"] * early
        rest = data["risk"] + data["risk_per_early"] * early - events
        fewest = min(float(part.where(data["seen"] == 1).min()) for part in (events, rest))
        if fewest < -_ROUNDING_ERROR:
            return False
    return True


def _publication(
    design: xr.Dataset, truth: xr.Dataset, rng: np.random.Generator
) -> dict[tuple[str, str], tuple[int, Counts]]:
    """Pupils and counts by (tranche, group)."""
    one = truth.isel(chain=0, draw=0, drop=True)
    early_of = truth.stack(sample=("chain", "draw"))
    apart = 1 - float(one["site_correlation"])
    alone = {outcome: apart * float(one["icc"].sel(outcome=outcome)) for outcome in OUTCOMES}
    found = {}
    for group in GROUPS:
        chances = expit(group_log_odds(one, group).to_numpy())
        for tranche in COHORTS:
            hazards = {
                (outcome, year): float(chance)
                for (outcome, of, year), chance in zip(INTERVALS, chances, strict=True)
                if of == tranche
            }
            pupils = round(float(one["pupils"].sel(tranche=tranche, group=group)))
            early = pupils * float(early_share(early_of, design, tranche, group)[0])
            sites = float(design["sites"].sel(tranche=tranche)) if group in _SITE_GROUPS else None
            drawn = _events(rng, alone, sites)
            found[tranche, group] = pupils, followed(hazards, pupils, early, drawn)
    return found


def _events(rng: np.random.Generator, icc: Mapping[str, float], sites: float | None) -> Drawn:
    def drawn(outcome: str, at_risk: int, chance: float) -> int:
        if at_risk < 1:
            return 0
        if sites is not None:
            # the design effect 1 + (m - 1)ρ as the precision a + b of the beta distribution
            per_site = max(at_risk / sites - 1, 0.1)
            precision = max((at_risk - 1) / (per_site * icc[outcome]) - 1, 1.0)
            chance = rng.beta(precision * chance, precision * (1 - chance))
        return int(rng.binomial(at_risk, chance))

    return drawn


def followed(hazards: Hazards, pupils: int, early: float, drawn: Drawn) -> Counts:
    """Follow a cohort through its intervals; within one vsv comes first, then SK.

    Parameters
    ----------
    hazards
        Yearly probability of each event among those still at risk, by (outcome, year).
    pupils
        Starters of the cohort.
    early
        Pupils with an SK within two years, where that is no interval of its own.
    drawn
        Draws the number of events of an outcome among so many at risk.
    """
    counts: Counts = {}
    left = qualified = 0
    for year in YEARS:
        if ("vsv", year) not in hazards:
            continue
        before = _qualified_before(year, hazards, counts, early, left, pupils)
        left += drawn("vsv", pupils - left - round(before), hazards["vsv", year])
        counts["vsv", year] = left
        if ("sk", year) in hazards:
            qualified += drawn("sk", pupils - left - qualified, hazards["sk", year])
            counts["sk", year] = qualified
    return counts


def _qualified_before(
    year: int, hazards: Hazards, counts: Counts, early: float, left: int, pupils: int
) -> float:
    """Pupils who have an SK at the start of a year, as the model counts them."""
    if year == 1 or not any(outcome == "sk" for outcome, _ in hazards):
        return 0.0
    if year < EARLY + 1:
        return 0.5 * (_early_expected(hazards, left, pupils) if ("sk", EARLY) in hazards else early)
    return counts.get(("sk", year - 1), early)


def _early_expected(hazards: Hazards, left: int, pupils: int) -> float:
    """Pupils with an SK after two years, half of whom were not at risk of vsv in the second."""
    leave, qualify = hazards["vsv", EARLY], hazards["sk", EARLY]
    return qualify * (pupils - left) * (1 - leave) / (1 - 0.5 * qualify * leave)


def _printed(
    design: xr.Dataset, publication: Mapping[tuple[str, str], tuple[int, Counts]], digits: int
) -> xr.Dataset:
    """Cumulative shares as printed; NaN where nothing is."""
    empty = xr.full_like(design["counted"], np.nan)
    shares, percents = empty.copy(), empty.copy()
    for (tranche, group), (pupils, counts) in publication.items():
        for (outcome, year), count in counts.items():
            here = {"outcome": outcome, "tranche": tranche, "group": group, "year": year}
            exact = float(design["counted"].sel(here)) == 1
            percent = 100 * count / pupils
            percents.loc[here] = round(percent, DIGITS)
            shares.loc[here] = count / pupils if exact else round(percent, digits) / 100
    return xr.Dataset(
        {
            name: values.sel(outcome=outcome, drop=True)
            for outcome in ("vsv", "sk")
            for name, values in ((outcome, shares), (f"{outcome}_percent", percents))
        }
    )
