"""What VM2 did to vsv and SK: four methods side by side, on one scale.

``naive_landelijk`` and ``naive_voorgaand`` compare the VM2 pupils with one other group, as the
monitor did, with an interval and with the VM2 pupils taken out of the nation: two independent beta
posteriors (Jeffreys prior; Gelman et al. 2013, Bayesian Data Analysis, 2.4). ``did`` and
``did_clustered`` come from the cohort model.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr
from scipy.special import logit

from vm2causal.effects.intervals import interval
from vm2causal.inputs.published.schema import OUTCOMES
from vm2causal.monitor.careers import cumulative_shares
from vm2causal.monitor.cohort_data import COHORTS, YEARS

Draws = npt.NDArray[np.float64]

METHODS: Final = ("naive_landelijk", "naive_voorgaand", "did", "did_clustered")
"""The four ways of estimating, from the monitor's own to the one with the fewest assumptions."""

ALL_PUPILS: Final = "did_all_pupils"
"""The last of them on all pupils of the sites, in VM2 or outside it."""

DESIGNS: Final = ("did", "did_clustered", ALL_PUPILS)
"""Methods that compare changes, and so lean on parallel trends."""

ORDINARY_YEARS: Final = 4
"""Years from the third of vmbo-bb to an SK along the ordinary route: two of vmbo and two of mbo
level 2 (`vijf-jaar-vm2` 3.3.1). An SK before that is one ahead of time, not one more."""

POOLED: Final = "pooled"
POOLED_TRANCHES: Final = ("T1", "T2")
"""Cohorts in the pooled effect: followed for at least three years, with a sound comparison."""

_OUTSIDE: Final = {"T2": "B1"}
"""Whose ``voorgaand`` are the pupils outside VM2 in the year a tranche started.

Not so for T1: the pupils of 2008 beside T2 are at its own sites, where VM2 had yet to begin. Nor
for B1: the year before it VM2 ran at those sites already, so nothing untouched is left to compare.
"""

_INTERVALS: Final = ("log_odds", "risk_difference", "fewer_pupils")

_NAIVE_DRAWS: Final = 20_000


@dataclass(frozen=True)
class Contrast:
    """Draws of one share with VM2 and of the share it is compared with, shape (sample,).

    Parameters
    ----------
    outcome
        ``vsv`` (left school early) or ``sk`` (startkwalificatie).
    tranche
        ``T1``, ``T2``, ``B1`` or ``B2``.
    year
        Years since the start.
    share, comparison
        Share with VM2 and the share it is compared with, each between 0 and 1.
    starters
        Pupils that started, of whom the share is: a number, or draws of it.
    """

    outcome: str
    tranche: str
    year: int
    share: Draws
    comparison: Draws
    starters: float | Draws

    @property
    def risk_difference(self) -> Draws:
        """Share with VM2 minus the share it is compared with."""
        return self.share - self.comparison

    @property
    def log_odds(self) -> Draws:
        """The same on the log-odds scale."""
        difference: Draws = logit(self.share) - logit(self.comparison)
        return difference


def did_contrasts(posterior: xr.Dataset, data: xr.Dataset) -> list[Contrast]:
    """VM2 as it went against VM2 without its effect, at every published teldatum.

    Parameters
    ----------
    posterior
        Draws of the cohort model, dims (chain, draw, …).
    data
        Of :func:`~vm2causal.monitor.cohort_data.cohort_data`.
    """
    factual = cumulative_shares(posterior, data).sel(group="vm2")
    without = cumulative_shares(posterior, data, with_effect=False).sel(group="vm2")
    contrasts = []
    for outcome, tranche, year in teldata(data):
        here = {"outcome": outcome, "tranche": tranche, "year": year}
        contrasts.append(
            Contrast(
                outcome,
                tranche,
                year,
                factual.sel(here).to_numpy(),
                without.sel(here).to_numpy(),
                float(data["starters"].sel(tranche=tranche)),
            )
        )
    return contrasts


def all_pupils_contrasts(posterior: xr.Dataset, data: xr.Dataset) -> list[Contrast]:
    """All pupils of VM2 sites against what they would have shown without VM2.

    Which pupils of a site went into VM2 cannot bend this one: VM2 and the pupils outside it count
    together, by their numbers. Those outside are the ``voorgaand`` of the next cohort, as far as
    its sites are the same; where VM2 touched them too (the same teachers, other classes) that is
    part of the effect.

    Parameters
    ----------
    posterior
        Draws of the cohort model, dims (chain, draw, …).
    data
        Of :func:`~vm2causal.monitor.cohort_data.cohort_data`.

    Returns
    -------
    list of Contrast
        Only of tranches and teldata for which both groups are published: T2 after one year and
        two. Diluted: an effect on VM2 pupils alone shows here by their share of all.
    """
    shares = cumulative_shares(posterior, data)
    without = cumulative_shares(posterior, data, with_effect=False).sel(group="vm2")
    pupils = posterior["pupils"].stack(sample=("chain", "draw"))
    seen = set(teldata(data))
    contrasts = []
    for outcome, tranche, year in teldata(data):
        outside = _OUTSIDE.get(tranche, "")
        if (outcome, outside, year) not in seen:
            continue
        here = {"outcome": outcome, "year": year}
        inside = float(data["starters"].sel(tranche=tranche))
        beside = pupils.sel(tranche=outside, group="voorgaand").to_numpy()
        own = shares.sel(here | {"tranche": tranche, "group": "vm2"}).to_numpy()
        other = shares.sel(here | {"tranche": outside, "group": "voorgaand"}).to_numpy()
        share = (inside * own + beside * other) / (inside + beside)
        expected = without.sel(here | {"tranche": tranche}).to_numpy()
        contrasts.append(Contrast(outcome, tranche, year, share, expected, inside + beside))
    return contrasts


def naive_contrasts(data: xr.Dataset, comparison: str, *, seed: int) -> list[Contrast]:
    """VM2 against one other group at every published teldatum, pupils taken as independent.

    Parameters
    ----------
    data
        Of :func:`~vm2causal.monitor.cohort_data.cohort_data`.
    comparison
        ``landelijk`` or ``voorgaand``.
    seed
        Of the random numbers, 0 or more; the same seed gives the same result.
    """
    random = np.random.default_rng([seed, ("landelijk", "voorgaand").index(comparison)])
    shares = published_shares(data)
    contrasts = []
    for outcome, tranche, year in teldata(data):
        here = {"outcome": outcome, "tranche": tranche, "year": year}
        draws = {
            group: _beta_draws(
                random,
                float(shares.sel(here | {"group": group})),
                *(float(data[f"pupils_{end}"].sel(tranche=tranche, group=group))
                  for end in ("lower", "upper")),
            )
            for group in ("vm2", comparison)
        }  # fmt: skip
        starters = float(data["starters"].sel(tranche=tranche))
        contrasts.append(
            Contrast(outcome, tranche, year, draws["vm2"], draws[comparison], starters)
        )
    return contrasts


def _beta_draws(random: np.random.Generator, share: float, lower: float, upper: float) -> Draws:
    pupils = np.exp(random.uniform(np.log(lower), np.log(upper), _NAIVE_DRAWS))
    return random.beta(pupils * share + 0.5, pupils * (1 - share) + 0.5)


def published_shares(data: xr.Dataset) -> xr.DataArray:
    """Published cumulative shares the cohort data hold, dims (outcome, tranche, group, year).

    Parameters
    ----------
    data
        Of :func:`~vm2causal.monitor.cohort_data.cohort_data`.
    """
    shares = xr.DataArray(
        np.full((len(OUTCOMES), len(COHORTS), data.sizes["group"], len(YEARS)), np.nan),
        dims=("outcome", "tranche", "group", "year"),
        coords={
            "outcome": list(OUTCOMES),
            "tranche": list(COHORTS),
            "group": data["group"].to_numpy(),
            "year": list(YEARS),
        },
    )
    middle = (data["early_lower"] + data["early_upper"]) / 2
    for key in data["interval"].to_numpy():
        cell = data.sel(interval=key)
        if not float(cell["seen"]):
            continue
        outcome, tranche = str(cell["outcome_of"].item()), str(cell["tranche_of"].item())
        year = int(cell["year_of"].item())
        so_far = shares.sel(outcome=outcome, tranche=tranche, year=slice(1, year - 1))
        before = so_far.max("year").fillna(0.0) if so_far.sizes["year"] else 0.0
        early = cell["events_per_early"] * middle.sel(tranche=tranche)
        here = {"outcome": outcome, "tranche": tranche, "year": year}
        shares.loc[here] = (before + cell["events"] + early).to_numpy()
    return shares


def teldata(data: xr.Dataset) -> list[tuple[str, str, int]]:
    """Outcome, tranche and year of every published teldatum, years rising within a cohort.

    Parameters
    ----------
    data
        Of :func:`~vm2causal.monitor.cohort_data.cohort_data`.
    """
    parts = (data[f"{name}_of"].to_numpy() for name in ("outcome", "tranche", "year"))
    seen = data["seen"].to_numpy()
    return [
        (str(outcome), str(tranche), int(year))
        for outcome, tranche, year, here in zip(*parts, seen, strict=True)
        if here
    ]


def last_teldata(data: xr.Dataset) -> list[tuple[str, str, int]]:
    """Outcome, tranche and year of the last published teldatum of every cohort.

    Parameters
    ----------
    data
        Of :func:`~vm2causal.monitor.cohort_data.cohort_data`.
    """
    last = {(outcome, tranche): year for outcome, tranche, year in teldata(data)}
    return [(outcome, tranche, year) for (outcome, tranche), year in last.items()]


def at_last(contrasts: list[Contrast]) -> list[Contrast]:
    """Of every outcome and tranche the contrast after most years.

    Parameters
    ----------
    contrasts
        Of :func:`~vm2causal.monitor.effects.did_contrasts`.
    """
    last: dict[tuple[str, str], Contrast] = {}
    for item in contrasts:
        key = item.outcome, item.tranche
        if key not in last or item.year > last[key].year:
            last[key] = item
    return list(last.values())


def pooled_years(contrasts: list[Contrast], outcome: str) -> list[int]:
    """Years since the start after which both T1 and T2 were counted.

    Parameters
    ----------
    contrasts
        Of :func:`~vm2causal.monitor.effects.did_contrasts`.
    outcome
        ``vsv`` (left school early) or ``sk`` (startkwalificatie).
    """
    years = [
        {item.year for item in contrasts if (item.outcome, item.tranche) == (outcome, tranche)}
        for tranche in POOLED_TRANCHES
    ]
    return sorted(set.intersection(*years))


def pooled_contrast(contrasts: list[Contrast], outcome: str, year: int) -> dict[str, Draws]:
    """Pupil-weighted mean of the effects in T1 and T2, equally many years after their start.

    The borgingscohorten are left out: their comparison is weaker. Draws of different tranches are
    paired, so that their dependence in a joint fit is kept.

    Parameters
    ----------
    contrasts
        Of :func:`~vm2causal.monitor.effects.did_contrasts`.
    outcome
        ``vsv`` (left school early) or ``sk`` (startkwalificatie).
    year
        One of :func:`pooled_years`.
    """
    mine = [
        contrast
        for contrast in contrasts
        if (contrast.outcome, contrast.year) == (outcome, year)
        and contrast.tranche in POOLED_TRANCHES
    ]
    weights = np.array([contrast.starters for contrast in mine])
    differences = np.array([contrast.risk_difference for contrast in mine])
    odds = np.array([contrast.log_odds for contrast in mine])
    return {
        "risk_difference": weights @ differences / weights.sum(),
        "log_odds": weights @ odds / weights.sum(),
        "fewer_pupils": -(weights @ differences),
    }


def estimate_table(
    contrasts: Mapping[str, list[Contrast]],
    selection: str,
    *,
    moved: Mapping[str, float],
    level: float = 0.95,
) -> pd.DataFrame:
    """Put the methods side by side.

    Parameters
    ----------
    contrasts
        Per method, from :func:`did_contrasts` and :func:`naive_contrasts`.
    selection
        Of pupils: ``all`` or ``as_intended``.
    moved
        By outcome, how much the gap between sites and nation moved without VM2 [share of
        starters], see :func:`~vm2causal.monitor.parallel_trends.yardsticks`.
    level
        Mass of the intervals.

    Returns
    -------
    pandas.DataFrame
        One row per ``selection``, ``outcome``, ``method``, ``tranche`` (``pooled`` last) and
        ``years_since_start``, with the intervals ``log_odds``, ``risk_difference`` [share of
        starters], ``fewer_pupils`` [pupils; negative: more], ``p_beneficial``: the posterior
        probability of less vsv or more SK, and ``p_beneficial_moved``: the same had the gap moved
        once more by as much, against VM2's credit; None for methods that compare no changes.
    """
    rows: list[dict[str, Any]] = []
    for outcome in OUTCOMES:
        for method in (*METHODS, ALL_PUPILS):
            mine = [item for item in contrasts.get(method, []) if item.outcome == outcome]
            parts = [(item.tranche, item.year, _draws_of(item)) for item in mine]
            parts += [
                (POOLED, year, pooled_contrast(mine, outcome, year))
                for year in pooled_years(mine, outcome)
            ]
            for tranche, year, draws in parts:
                place = {
                    "selection": selection,
                    "outcome": outcome,
                    "method": method,
                    "tranche": tranche,
                    "years_since_start": year,
                }
                shift = moved[outcome] if method in DESIGNS else None
                rows.append(place | _summary(outcome, draws, shift, level))
    return pd.DataFrame(rows)


def _draws_of(item: Contrast) -> dict[str, Draws]:
    return {
        "risk_difference": item.risk_difference,
        "log_odds": item.log_odds,
        "fewer_pupils": -item.starters * item.risk_difference,
    }


def _summary(
    outcome: str, draws: dict[str, Draws], shift: float | None, level: float
) -> dict[str, Any]:
    """Intervals and probabilities of benefit; ``shift`` is what a violation takes off it."""
    difference = draws["risk_difference"]
    benefit = -difference if outcome == "vsv" else difference
    return {name: interval(draws[name], level) for name in _INTERVALS} | {
        "p_beneficial": float((benefit > 0).mean()),
        "p_beneficial_moved": None if shift is None else float((benefit > shift).mean()),
    }
