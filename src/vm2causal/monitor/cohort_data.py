"""Published shares arranged for the cohort model: intervals, events and who is still at risk.

A cohort's careers are followed over the years since its start in intervals that end at a
published teldatum. Within an interval a pupil who is at risk first may leave early (vsv), and who
does not may get a startkwalificatie (SK). SK within two years is nowhere published for the first
tranche and rounded to one digit elsewhere, so it is an interval, to be filled in by the model.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pandas as pd
import xarray as xr

from vm2causal.inputs.published.denominators import denominator_ranges, percent_bounds
from vm2causal.inputs.published.reading import PublishedTables
from vm2causal.inputs.published.schema import GROUPS, OUTCOMES, START_YEAR
from vm2causal.monitor.site_variance import icc_lower_bounds

COHORTS: Final = ("T1", "T2", "B1", "B2")
YEARS: Final = (1, 2, 3, 4)
EARLY: Final = 2
"""SK within this many years is one interval: shares are so small that rounding hides them."""

_SITE_GROUPS: Final = ("vm2", "voorgaand")


def cohort_data(
    tables: PublishedTables,
    selection: str,
    *,
    take_out_vm2: bool = True,
    national_values: str = "beside",
) -> xr.Dataset:
    """Arrange the published shares of one selection of pupils.

    Parameters
    ----------
    tables
        The published tables.
    selection
        ``all`` starters, or pupils of experiments ``as_intended``.
    take_out_vm2
        Subtract the VM2 pupils from the national cohorts that contain them.
    national_values
        Where the source prints an earlier national cohort twice: ``beside`` takes the value
        printed beside the tranche, ``other`` the one printed beside the tranche of that year.

    Returns
    -------
    xarray.Dataset
        Dims ``interval`` (an outcome in a tranche up to a teldatum; coordinates ``outcome``,
        ``tranche`` and ``year`` since start), ``group`` and ``tranche``. Shares of the start
        population: ``events`` in the interval and ``risk`` at its start; ``events_per_early`` and
        ``risk_per_early`` are what one unit of the share with an SK within two years adds.
        ``seen`` is 1 where the interval ends at a published teldatum, else 0. ``early_lower``
        and ``early_upper`` bound the early share. ``pupils_lower`` and
        ``pupils_upper`` bound the start population; ``sites`` counts the experiments or, where
        published, school sites; ``starters`` are the VM2 pupils. ``icc_lower``, dim ``outcome``,
        is the least that the published split by status leaves of the intra-class correlation.
    """
    shares = _shares(tables, selection, national_values)
    every_range = denominator_ranges(tables)
    ranges = pd.DataFrame(every_range.xs(selection, level="selection"))
    early = early_bounds(shares)
    if take_out_vm2:
        vm2 = _shares(tables, "all", "beside")
        everyone = pd.DataFrame(every_range.xs(("vm2", "all"), level=("group", "selection")))
        starters = {str(tranche): float(pupils) for tranche, pupils in everyone["lower"].items()}
        shares, early, ranges = _without_vm2(shares, early, ranges, vm2, starters)
    data = arranged(shares, early)
    for end in ("lower", "upper"):
        known = ranges[end].unstack("group").reindex(index=list(COHORTS), columns=list(GROUPS))
        data[f"pupils_{end}"] = (("tranche", "group"), known.fillna(1.0).to_numpy(dtype=float))
    data["sites"] = ("tranche", _sites(tables, selection))
    data["starters"] = data["pupils_lower"].sel(group="vm2", drop=True)
    data["icc_lower"] = ("outcome", icc_lower_bounds(tables, selection))
    data = data.assign_coords(outcome=list(OUTCOMES))
    data.attrs["selection"] = selection
    return data


def _shares(tables: PublishedTables, selection: str, national_values: str) -> xr.Dataset:
    """Cumulative shares, NaN where unpublished: dims (tranche, group, year)."""
    shown = tables.outcomes.query("selection == @selection").copy()
    exact = shown["count"].astype(float) / shown["denominator"].astype(float)
    shown["share"] = exact.fillna(shown["percent"] / 100)
    if national_values == "other":
        shown = _with_other_printing(shown)
    index = pd.MultiIndex.from_product([COHORTS, GROUPS, YEARS], names=["tranche", "group", "year"])
    keys = ["tranche", "group", "years_since_start"]
    columns = {}
    for outcome in ("vsv", "sk"):
        part = shown[shown["outcome"] == outcome].set_index(keys)
        columns[outcome] = part["share"].rename_axis(index.names).reindex(index)
        columns[f"{outcome}_percent"] = part["percent"].rename_axis(index.names).reindex(index)
    return xr.Dataset.from_dataframe(pd.DataFrame(columns)).reindex(
        tranche=list(COHORTS), group=list(GROUPS), year=list(YEARS)
    )


def _with_other_printing(shown: pd.DataFrame) -> pd.DataFrame:
    """Give earlier national cohorts the percentages printed beside the tranche they belong to.

    Only these are printed twice for every year that is used; mixing two counts within a series
    would show up as a hazard.
    """
    keys = ["outcome", "cohort", "years_since_start"]
    own = shown[shown["group"] == "landelijk"].set_index(keys)["percent"]
    swapped = shown.copy()
    earlier = shown.index[shown["group"] == "landelijk_voorgaand"]
    for index in earlier:
        key = tuple(shown.loc[index, keys])
        if key in own.index:
            swapped.loc[index, "percent"] = own[key]
            swapped.loc[index, "share"] = own[key] / 100
    return swapped


def early_bounds(shares: xr.Dataset) -> xr.Dataset:
    """Bounds on the share with an SK within two years.

    Printed shares are known to rounding. Where none is printed but careers are followed that
    early, the share lies between zero and the largest printed for any cohort.

    Parameters
    ----------
    shares
        See :func:`arranged`.

    Returns
    -------
    xarray.Dataset
        ``lower`` and ``upper`` [share of the start population], dims ``(tranche, group)``.
    """
    printed = shares["sk_percent"].sel(year=EARLY, drop=True)
    followed = shares["vsv"].sel(year=EARLY, drop=True).notnull() & shares["sk"].notnull().any(
        "year"
    )
    largest = percent_bounds(float(printed.max()))[1]
    bounds = xr.Dataset({"lower": xr.zeros_like(printed), "upper": followed * largest})
    for tranche in COHORTS:
        for group in GROUPS:
            here = {"tranche": tranche, "group": group}
            if np.isfinite(printed.sel(here)):
                low, high = percent_bounds(float(printed.sel(here)))
                bounds["lower"].loc[here], bounds["upper"].loc[here] = low, high
    return bounds


def _without_vm2(
    shares: xr.Dataset,
    early: xr.Dataset,
    ranges: pd.DataFrame,
    vm2: xr.Dataset,
    starters: Mapping[str, float],
) -> tuple[xr.Dataset, xr.Dataset, pd.DataFrame]:
    """Take the VM2 pupils out of every national cohort that contains them."""
    vm2_early = early_bounds(vm2).sel(group="vm2")
    by_year = {START_YEAR[tranche]: tranche for tranche in COHORTS}
    shares, early, ranges = shares.copy(deep=True), early.copy(deep=True), ranges.copy()
    for tranche, group in ((t, g) for t in COHORTS for g in ("landelijk", "landelijk_voorgaand")):
        member = by_year.get(START_YEAR[tranche] - (group == "landelijk_voorgaand"))
        if member is None or (tranche, group) not in ranges.index:
            continue
        here = {"tranche": tranche, "group": group}
        own = starters[member]
        total = float(np.sqrt(ranges.loc[(tranche, group), ["lower", "upper"]].prod()))
        for outcome in ("vsv", "sk"):
            inside = vm2[outcome].sel(tranche=member, group="vm2")
            rest = (total * shares[outcome].sel(here) - own * inside) / (total - own)
            shares[outcome].loc[here] = rest
        _narrow_early(early, here, vm2_early.sel(tranche=member), own / total)
        ranges.loc[(tranche, group), ["lower", "upper"]] -= own
    return shares, early, ranges


def _narrow_early(bounds: xr.Dataset, here: dict[str, str], own: xr.Dataset, part: float) -> None:
    """Bounds on the early SK share of a national cohort after its VM2 pupils are taken out."""
    if float(bounds["upper"].loc[here]) == 0:  # no SK is published for this tranche at all
        return
    low = (float(bounds["lower"].loc[here]) - part * float(own["upper"])) / (1 - part)
    high = (float(bounds["upper"].loc[here]) - part * float(own["lower"])) / (1 - part)
    bounds["lower"].loc[here], bounds["upper"].loc[here] = max(0.0, low), high


_FOLLOWED: Final = {
    "vsv": {"T1": (1, 2, 3, 4), "T2": (1, 2, 3), "B1": (1, 2), "B2": (1,)},
    "sk": {"T1": (3, 4), "T2": (2, 3), "B1": (2,)},
}
INTERVALS: Final = tuple(
    (outcome, tranche, year)
    for outcome, tranches in _FOLLOWED.items()
    for tranche, years in tranches.items()
    for year in years
)
"""Outcome, tranche and year of every interval that ends at a teldatum of some published table."""


def arranged(shares: xr.Dataset, early: xr.Dataset) -> xr.Dataset:
    """Arrange cumulative shares as events and risk sets of the intervals between teldata.

    Parameters
    ----------
    shares
        ``vsv`` and ``sk`` [share of the start population by a teldatum] and ``vsv_percent`` and
        ``sk_percent`` as printed, NaN where unpublished; dims ``(tranche, group, year)``.
    early
        From :func:`early_bounds`.

    Returns
    -------
    xarray.Dataset
        The part of :func:`cohort_data` that follows from shares.
    """
    names = ("events", "events_per_early", "risk", "risk_per_early")
    filled = [_interval(shares, *interval) for interval in INTERVALS]
    data = xr.Dataset(
        {
            name: (("interval", "group"), np.array([entry[name] for entry in filled]))
            for name in names
        },
        coords={
            "interval": [f"{outcome} {tranche} {year}" for outcome, tranche, year in INTERVALS],
            "group": list(GROUPS),
            "tranche": list(COHORTS),
            "outcome_of": ("interval", [outcome for outcome, _, _ in INTERVALS]),
            "tranche_of": ("interval", [tranche for _, tranche, _ in INTERVALS]),
            "year_of": ("interval", [year for _, _, year in INTERVALS]),
        },
    )
    data["seen"] = ("interval", np.array([float(entry["seen"]) for entry in filled]))
    data["early_lower"], data["early_upper"] = early["lower"], early["upper"]
    return data


def _interval(shares: xr.Dataset, outcome: str, tranche: str, year: int) -> dict[str, Any]:
    """Events and risk set of one interval, arrays over groups; harmless values where unseen."""
    here = shares.sel(tranche=tranche)
    ends = _seen_years(here, outcome)
    if year not in ends:
        ones = np.ones(len(GROUPS))
        return {
            "events": 0.5 * ones,
            "events_per_early": 0 * ones,
            "risk": ones,
            "risk_per_early": 0 * ones,
            "seen": False,
        }
    before = ([0, *ends])[ends.index(year)]
    left, qualified = _left_by(here, before), _qualified_by(here, before)
    if outcome == "vsv":
        events, events_per_early = _left_by(here, year) - left, np.zeros(len(GROUPS))
        risk = 1 - left - qualified[0]
    else:
        now = _qualified_by(here, year)
        events, events_per_early = now[0] - qualified[0], now[1] - qualified[1]
        risk = 1 - _left_by(here, year) - qualified[0]
    return {
        "events": events,
        "events_per_early": events_per_early,
        "risk": risk,
        "risk_per_early": -qualified[1],
        "seen": True,
    }


def _left_by(here: xr.Dataset, year: int) -> Any:
    """Share that left by a teldatum, per group."""
    return np.zeros(len(GROUPS)) if year == 0 else here["vsv"].sel(year=year).to_numpy()


def _qualified_by(here: xr.Dataset, year: int) -> tuple[Any, Any]:
    """Share with an SK by a teldatum, per group: a known part and a multiple of the early share.

    Of the pupils with an SK within two years half are taken to have it after one year; nobody
    publishes this, and the share is at most 0.6 percent.
    """
    none, ones = np.zeros(len(GROUPS)), np.ones(len(GROUPS))
    if year == 0 or not _seen_years(here, "sk"):
        return none, none
    if year <= EARLY:
        return none, 0.5 * ones if year < EARLY else ones
    return here["sk"].sel(year=year).to_numpy(), none


def _seen_years(here: xr.Dataset, outcome: str) -> list[int]:
    return [int(year) for year in here[outcome].sel(group="vm2").dropna("year")["year"]]


def _sites(tables: PublishedTables, selection: str) -> list[float]:
    """Clusters per cohort: school sites where published, else experiments (table 2.1)."""
    status = tables.status.query("table == '2.1-status' and unit == 'count'")
    counts = status.pivot_table(index="tranche", columns="status", values="value", sort=False)
    experiments = counts["totaal"]
    if selection == "as_intended":
        experiments = counts["totaal"] - counts["gestopt"]
    published = tables.sites.set_index("tranche")["value"]
    return [float(min(published.get(t, np.inf), experiments[t])) for t in COHORTS]
