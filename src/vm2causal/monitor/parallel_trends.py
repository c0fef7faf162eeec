"""How far sites and nation may have moved apart without VM2 before an answer falls.

A difference-in-differences of the published cohorts has one earlier cohort per tranche, so nothing
in it tests parallel trends. The earlier cohorts of T1 (2007) and T2 (2008) were untouched by VM2 at
their sites: how much the gap between sites and nation differs between the two is a movement that no
programme made. It is the yardstick of Rambachan & Roth (2023, Review of Economic Studies 90,
2555-2591; bounds on relative magnitudes): a violation of at most M̄ times the largest
movement before treatment. With one such movement the set of effects is the estimate ± M̄ times it,
and an interval is widened by as much at either end.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pandas as pd

from vm2causal.effects.intervals import interval
from vm2causal.inputs.published.reading import PublishedTables
from vm2causal.inputs.published.schema import OUTCOMES
from vm2causal.monitor.effects import POOLED_TRANCHES, Contrast, Draws, at_last

HOLDS: Final = "holds"
CONDITIONAL: Final = "conditional"
UNDECIDED: Final = "undecided"
"""Verdicts on an answer, see :func:`trend_table`."""

_GROUPS: Final = ["voorgaand", "landelijk_voorgaand"]
_BATCHES: Final = 20
_ERRORS: Final = 3.0
"""An end of an interval this many Monte Carlo standard errors from 0 does not settle a sign."""


def gap_movements(tables: PublishedTables, selection: str) -> pd.DataFrame:
    """Gap between sites and nation before VM2, in the earlier cohorts of T1 and T2.

    As printed, VM2 pupils left in the nation: a few tenths of a point, where they were in it.

    Parameters
    ----------
    tables
        The published tables of the monitor.
    selection
        Of pupils: ``all`` or ``as_intended``.

    Returns
    -------
    pandas.DataFrame
        One row per ``outcome`` and ``years_since_start`` printed for both: ``T1`` and ``T2``, the
        gaps [share], and ``movement``: the second less the first.
    """
    shown = tables.outcomes
    earlier = shown[
        (shown["selection"] == selection)
        & shown["group"].isin(_GROUPS)
        & shown["tranche"].isin(POOLED_TRANCHES)
    ]
    shares = earlier.pivot_table(
        index=["outcome", "years_since_start", "tranche"], columns="group", values="percent"
    )
    gaps = ((shares["voorgaand"] - shares["landelijk_voorgaand"]) / 100).unstack("tranche")
    both = gaps[list(POOLED_TRANCHES)].dropna()
    found = both.assign(movement=both["T2"] - both["T1"]).reset_index()
    found.columns.name = None
    return found


def yardsticks(tables: PublishedTables, selection: str) -> dict[str, float]:
    """Largest movement of the gap by outcome, without its sign [share of starters].

    Parameters
    ----------
    tables
        The published tables of the monitor.
    selection
        Of pupils: ``all`` or ``as_intended``.
    """
    movements = gap_movements(tables, selection)
    largest = movements.assign(size=movements["movement"].abs()).groupby("outcome")["size"].max()
    return {outcome: float(largest[outcome]) for outcome in OUTCOMES}


def trend_table(
    unpooled: list[Contrast],
    pooled: list[Contrast],
    moved: Mapping[str, float],
    *,
    level: float = 0.95,
) -> pd.DataFrame:
    """How large a violation of parallel trends every answer survives.

    Parameters
    ----------
    unpooled, pooled
        Contrasts of fits without and with strength shared between tranches.
    moved
        From :func:`yardsticks`.
    level
        Mass of the intervals.

    Returns
    -------
    pandas.DataFrame
        One row per ``outcome`` and ``tranche`` at its last teldatum (``years_since_start``):
        ``risk_difference``, unpooled; ``sign_lost`` and ``interval_holds_zero``: the violation
        [share of starters] that brings the estimate, and the nearest end of its interval, to 0
        (0 where the interval holds it already); ``moved``; both violations in multiples of it,
        ``mbar_sign_lost`` and ``mbar_interval_holds_zero``; and the ``verdict``: ``holds`` where
        the interval leaves 0 out with and without pooling and at M̄ = 1; ``conditional`` where it
        does so under parallel trends only, and at most that for a borgingscohort, whose earlier
        pupils are those outside VM2; ``undecided`` where the interval holds 0 with pooling or
        without it, or leaves it out by no more than the error of the simulation.
    """
    shared = {(item.outcome, item.tranche): item for item in at_last(pooled)}
    rows = []
    for item in at_last(unpooled):
        draws = item.risk_difference
        lost, zero = abs(float(draws.mean())), distance_from_zero(draws, level)
        by = moved[item.outcome]
        both = (draws, shared[item.outcome, item.tranche].risk_difference)
        settled = settled_by(both, level)
        rows.append(
            {
                "outcome": item.outcome,
                "tranche": item.tranche,
                "years_since_start": item.year,
                "risk_difference": interval(draws, level),
                "sign_lost": lost,
                "interval_holds_zero": zero,
                "moved": by,
                "mbar_sign_lost": lost / by,
                "mbar_interval_holds_zero": zero / by,
                "verdict": verdict(
                    settled, survives=settled >= by and item.tranche in POOLED_TRANCHES
                ),
            }
        )
    return pd.DataFrame(rows)


def distance_from_zero(draws: Draws, level: float) -> float:
    """How far an interval is from 0; 0 where it holds it.

    Parameters
    ----------
    draws
        Of a difference between shares.
    level
        Mass of the interval.
    """
    found = interval(draws, level)
    return max(found["lower"], -found["upper"], 0.0)


def settled_by(both: tuple[Draws, Draws], level: float) -> float:
    """How far both intervals of an answer leave 0 out, beyond the error of the simulation.

    Parameters
    ----------
    both
        Draws of the difference without and with strength shared between cohorts.
    level
        Mass of the intervals.

    Returns
    -------
    float
        The lesser of the two [share]; not above 0 where either does not settle a sign, or they
        differ in it.
    """
    if np.sign(both[0].mean()) != np.sign(both[1].mean()):
        return 0.0
    return min(
        distance_from_zero(draws, level) - _ERRORS * end_error(draws, level) for draws in both
    )


def verdict(settled: float, *, survives: bool) -> str:
    """What an answer is worth: :data:`HOLDS`, :data:`CONDITIONAL` or :data:`UNDECIDED`.

    Parameters
    ----------
    settled
        Of :func:`settled_by`.
    survives
        Whether it would stand were trends to part as far as they did before treatment.
    """
    if settled <= 0:
        return UNDECIDED
    return HOLDS if survives else CONDITIONAL


def end_error(draws: Draws, level: float = 0.95) -> float:
    """Monte Carlo standard error of the end of an interval that is nearest to 0.

    From the ends in twenty batches of consecutive draws (Doss, Flegal, Jones & Neath 2014,
    Electronic Journal of Statistics 8, 2448-2478).

    Parameters
    ----------
    draws
        Of a difference between shares.
    level
        Probability that each interval holds, between 0 and 1.
    """
    tail = (1 - level) / 2
    near: Any = tail if draws.mean() > 0 else 1 - tail
    ends = [np.quantile(part, near) for part in np.array_split(draws, _BATCHES)]
    return float(np.std(ends, ddof=1) / np.sqrt(_BATCHES))
