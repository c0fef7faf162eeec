"""The answers of the monitor under every combination of choices that could as well be made.

Source: Simonsohn, Simmons & Nelson 2020, Nature Human Behaviour 4, 1208-1214 (specification curve);
Steegen et al. 2016, Perspectives on Psychological Science 11, 702-712 (multiverse analysis).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import pandas as pd
import xarray as xr

from vm2causal.effects.intervals import interval
from vm2causal.monitor.careers import cumulative_shares
from vm2causal.monitor.effects import POOLED_TRANCHES, Draws, did_contrasts, teldata

SCALES: Final = ("hazards", "points")
"""Trends parallel on the log-odds of yearly hazards, or in percentage points of the starters."""

MBARS: Final = (0.0, 1.0)
"""Trends parallel, or the gap moved once more as far as it did without VM2."""

LEAST_YEARS: Final = 3
"""Horizons of the curve: before the third year hardly anybody has qualified."""

CHOICES: Final = (
    "scale", "pooling", "icc", "printing", "mbar", "selection", "tranche", "years_since_start",
)  # fmt: skip
"""Columns that say which specification a row is of."""


def specification_rows(
    posterior: xr.Dataset,
    data: xr.Dataset,
    moved: Mapping[str, float],
    made: Mapping[str, Any],
    *,
    level: float = 0.95,
) -> list[dict[str, Any]]:
    """What one fit answers on both scales, with parallel trends and without.

    Parameters
    ----------
    posterior
        Of the cohort model.
    data
        Of :func:`~vm2causal.monitor.cohort_data.cohort_data`.
    moved
        By outcome, from :func:`~vm2causal.monitor.parallel_trends.yardsticks`.
    made
        The choices behind the fit: ``pooling``, ``icc``, ``printing``, ``selection``.
    level
        Probability that each interval holds, between 0 and 1.

    Returns
    -------
    list of dict
        ``outcome``, the columns of :data:`CHOICES`, ``estimate`` and the ends ``lower`` and
        ``upper`` of its interval [share of starters], widened by M̄ × ``moved`` at either end; and
        ``excludes_zero``.
    """
    rows: list[dict[str, Any]] = []
    on_hazards = {
        (item.outcome, item.tranche, item.year): item.risk_difference
        for item in did_contrasts(posterior, data)
    }
    shares = cumulative_shares(posterior, data)
    for place in teldata(data):
        outcome, tranche, year = place
        if tranche not in POOLED_TRANCHES or year < LEAST_YEARS:
            continue
        here = shares.sel(outcome=outcome, tranche=tranche, year=year)
        draws = {"hazards": on_hazards[place], "points": in_points(here)}
        for scale in SCALES:
            for mbar in MBARS:
                where = {"tranche": tranche, "years_since_start": year}
                choices = dict(made) | where | {"scale": scale, "mbar": mbar}
                chosen = {name: choices[name] for name in CHOICES}
                shift = mbar * moved[outcome]
                rows.append({"outcome": outcome} | chosen | _widened(draws[scale], shift, level))
    return rows


def in_points(shares: xr.DataArray) -> Draws:
    """Difference of differences of shares, (VM2 − nation) − (sites − nation a year earlier).

    Parameters
    ----------
    shares
        Dims ``(group, sample)``.
    """
    own, nation, before, nation_before = (
        shares.sel(group=group).to_numpy()
        for group in ("vm2", "landelijk", "voorgaand", "landelijk_voorgaand")
    )
    difference: Draws = (own - nation) - (before - nation_before)
    return difference


def _widened(draws: Draws, shift: float, level: float) -> dict[str, Any]:
    found = interval(draws, level)
    lower, upper = found["lower"] - shift, found["upper"] + shift
    return {
        "estimate": found["mean"],
        "lower": lower,
        "upper": upper,
        "excludes_zero": bool(lower > 0 or upper < 0),
    }


def curve_summary(curve: pd.DataFrame) -> pd.DataFrame:
    """How many specifications say what, by outcome, horizon, pupils and trend.

    Parameters
    ----------
    curve
        One row per specification, of :func:`~vm2causal.workflow.monitor_curve.monitor_curve`.

    Returns
    -------
    pandas.DataFrame
        Columns ``outcome``, ``selection``, ``tranche``, ``years_since_start``, ``mbar``; ``number``
        of specifications whose fit passed its gate, ``better`` of them with an estimate in favour
        of VM2, ``clear`` with an interval on that side of 0, and the ``smallest`` and ``largest``
        benefit [share of starters; negative: harm].
    """
    usable = curve[curve["passed"]]
    sign = usable["outcome"].map({"vsv": -1.0, "sk": 1.0})
    benefit = sign * usable["estimate"]
    table = usable.assign(
        benefit=benefit, better=benefit > 0, clear=usable["excludes_zero"] & (benefit > 0)
    )
    keys = ["outcome", "selection", "tranche", "years_since_start", "mbar"]
    found = table.groupby(keys, sort=False).agg(
        number=("benefit", "size"),
        better=("better", "sum"),
        clear=("clear", "sum"),
        smallest=("benefit", "min"),
        largest=("benefit", "max"),
    )
    return found.reset_index().sort_values(["outcome", *keys[1:]], ignore_index=True)
