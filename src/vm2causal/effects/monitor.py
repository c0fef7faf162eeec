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

from vm2causal.effects.careers import cumulative_shares
from vm2causal.effects.intervals import interval
from vm2causal.inputs.published.schema import OUTCOMES
from vm2causal.model.cohort_data import COHORTS, YEARS

Draws = npt.NDArray[np.float64]

METHODS: Final = ("naive_landelijk", "naive_voorgaand", "did", "did_clustered")
"""The four ways of estimating, from the monitor's own to the one with the fewest assumptions."""

POOLED: Final = "pooled"
POOLED_TRANCHES: Final = ("T1", "T2")
"""Cohorts in the pooled effect: followed for at least three years, with a sound comparison."""

EXCLUSION_SHIFTS: Final = (-0.02, -0.01, 0.0, 0.01, 0.02)
"""Effects of a stopped experiment on its own pupils that the complier effect is shown for."""

_NAIVE_DRAWS: Final = 20_000


@dataclass(frozen=True)
class Contrast:
    """Draws of one share with VM2 and of the share it is compared with, shape (sample,).

    ``starters`` is the number of VM2 pupils that started.
    """

    outcome: str
    tranche: str
    share: Draws
    comparison: Draws
    starters: float

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
    """VM2 as it went against VM2 without its effect, at the last published teldatum."""
    factual = cumulative_shares(posterior, data).sel(group="vm2")
    without = cumulative_shares(posterior, data, with_effect=False).sel(group="vm2")
    contrasts = []
    for outcome, tranche, year in last_teldata(data):
        here = {"outcome": outcome, "tranche": tranche, "year": year}
        contrasts.append(
            Contrast(
                outcome,
                tranche,
                factual.sel(here).to_numpy(),
                without.sel(here).to_numpy(),
                float(data["starters"].sel(tranche=tranche)),
            )
        )
    return contrasts


def naive_contrasts(data: xr.Dataset, comparison: str, *, seed: int) -> list[Contrast]:
    """VM2 against one other group at the last published teldatum, pupils taken as independent.

    Parameters
    ----------
    comparison
        ``landelijk`` or ``voorgaand``.
    """
    random = np.random.default_rng([seed, ("landelijk", "voorgaand").index(comparison)])
    shares = published_shares(data)
    contrasts = []
    for outcome, tranche, year in last_teldata(data):
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
        contrasts.append(Contrast(outcome, tranche, draws["vm2"], draws[comparison], starters))
    return contrasts


def _beta_draws(random: np.random.Generator, share: float, lower: float, upper: float) -> Draws:
    pupils = np.exp(random.uniform(np.log(lower), np.log(upper), _NAIVE_DRAWS))
    return random.beta(pupils * share + 0.5, pupils * (1 - share) + 0.5)


def published_shares(data: xr.Dataset) -> xr.DataArray:
    """Published cumulative shares the cohort data hold, dims (outcome, tranche, group, year)."""
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


def last_teldata(data: xr.Dataset) -> list[tuple[str, str, int]]:
    """Outcome, tranche and year of the last published teldatum of every cohort."""
    last: dict[tuple[str, str], int] = {}
    for key in data["interval"].to_numpy():
        cell = data.sel(interval=key)
        if float(cell["seen"]):
            where = (str(cell["outcome_of"].item()), str(cell["tranche_of"].item()))
            last[where] = max(last.get(where, 0), int(cell["year_of"].item()))
    return [(outcome, tranche, year) for (outcome, tranche), year in last.items()]


def pooled_contrast(contrasts: list[Contrast], outcome: str) -> dict[str, Draws]:
    """Pupil-weighted mean of the effects in T1 and T2, each at its own last teldatum.

    The borgingscohorten are left out: they were followed for one or two years, in which nobody
    qualifies, and their comparison is weaker. Draws of different tranches are paired, so that
    their dependence in a joint fit is kept.
    """
    mine = [
        contrast
        for contrast in contrasts
        if contrast.outcome == outcome and contrast.tranche in POOLED_TRANCHES
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
    contrasts: Mapping[str, list[Contrast]], selection: str, *, level: float = 0.95
) -> pd.DataFrame:
    """Put the methods side by side.

    Parameters
    ----------
    contrasts
        Per method, from :func:`did_contrasts` and :func:`naive_contrasts`.
    level
        Mass of the intervals.

    Returns
    -------
    pandas.DataFrame
        One row per ``selection``, ``outcome``, ``method`` and ``tranche`` (``pooled`` last), with
        the intervals ``log_odds``, ``risk_difference`` [share of starters], ``fewer_pupils``
        [pupils; negative: more] and ``p_beneficial``: the posterior probability of less vsv or
        more SK.
    """
    rows: list[dict[str, Any]] = []
    for outcome in OUTCOMES:
        for method in METHODS:
            mine = [item for item in contrasts.get(method, []) if item.outcome == outcome]
            for item in mine:
                draws = {
                    "risk_difference": item.risk_difference,
                    "log_odds": item.log_odds,
                    "fewer_pupils": -item.starters * item.risk_difference,
                }
                rows.append(_row(selection, outcome, method, item.tranche, draws, level))
            if len(mine) > 1:
                draws = pooled_contrast(mine, outcome)
                rows.append(_row(selection, outcome, method, POOLED, draws, level))
    return pd.DataFrame(rows)


def _row(
    selection: str,
    outcome: str,
    method: str,
    tranche: str,
    draws: dict[str, Draws],
    level: float,
) -> dict[str, Any]:
    beneficial = draws["risk_difference"] < 0 if outcome == "vsv" else draws["risk_difference"] > 0
    return {
        "selection": selection,
        "outcome": outcome,
        "method": method,
        "tranche": tranche,
        "log_odds": interval(draws["log_odds"], level),
        "risk_difference": interval(draws["risk_difference"], level),
        "fewer_pupils": interval(draws["fewer_pupils"], level),
        "p_beneficial": float(beneficial.mean()),
    }


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
        Of all starters.
    realised
        Share of starters in experiments as intended, by tranche.

    Returns
    -------
    pandas.DataFrame
        Columns ``outcome``, ``tranche``, ``share_realised``, ``exclusion_shift`` [share] and the
        interval ``risk_difference``.
    """
    rows = [
        {
            "outcome": item.outcome,
            "tranche": item.tranche,
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
    """Share of starters in experiments that ran as intended, where published."""
    tranches = {tranche for _, tranche, _ in last_teldata(as_intended)}
    return {
        tranche: float(as_intended["starters"].sel(tranche=tranche))
        / float(everyone["starters"].sel(tranche=tranche))
        for tranche in COHORTS
        if tranche in tranches
    }
