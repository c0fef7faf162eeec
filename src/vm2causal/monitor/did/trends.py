"""Parallel trends of any table, weighed: what earlier periods say, and how far trends may part.

Placebo effects, of periods before the treatment, are differences-in-differences like any other. How
they move from one period to the next is what trends did without treatment: a violation of at most
M̄ times the largest such movement, in every period, bounds the effect (relative magnitudes,
Rambachan & Roth 2023, Review of Economic Studies 90, 2555-2591, 2.4.1). Here the bounds are
computed in every draw of the shares, so the interval has both what is not known of movements before
and of effects. A movement measured with noise is larger than it was: bounds err to the wide side.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from scipy import stats

from vm2causal.effects.intervals import interval
from vm2causal.inputs.event_tables.reading import EventTable
from vm2causal.inputs.rows import row_dicts, row_tuples
from vm2causal.model.data.columns import Floats
from vm2causal.monitor.did.design import SERIES, Design, design_of
from vm2causal.monitor.did.effects import steps_since_base
from vm2causal.monitor.did.group_time import linear_estimates, share_draws
from vm2causal.monitor.did.weighting import BY_COHORT, CELL, OVERALL, Weighting, aggregates
from vm2causal.monitor.parallel_trends import distance_from_zero, settled_by, verdict

MBARS: Final = (0.5, 1.0, 2.0)
"""Multiples of the largest earlier movement for which bounds are reported."""

EQUIVALENCE: Final = 0.05
"""Size of the equivalence test of placebo effects."""


@dataclass(frozen=True)
class Movements:
    """Movements of the gap between treated and comparison groups before treatment.

    Parameters
    ----------
    of
        By target the rows of ``weights`` that are its group's own movements, or where its group has
        none those of all groups of its series; none where no group has any.
    weights
        Linear combinations of shares, shape (movement, cell).
    """

    of: list[list[int]]
    weights: Floats


def movements(design: Design) -> Movements:
    """Find every movement before treatment, from one period to the next, per unit of time.

    Parameters
    ----------
    design
        What is compared with what.
    """
    rows: list[Floats] = []
    keys: list[tuple[Any, ...]] = []
    placebos = design.placebos
    for key, part in placebos.groupby([*SERIES, "group"], sort=False):
        ordered = part.sort_values("time")
        path = [design.weights["group_time"][place] for place in ordered.index]
        path.append(np.zeros(len(design.cells)))
        times = [*ordered["time"], int(ordered["base"].iloc[0])]
        for place, span in enumerate(np.diff(times)):
            rows.append((path[place + 1] - path[place]) / span)
            keys.append(key if isinstance(key, tuple) else (key,))
    of = []
    for target in row_tuples(design.effects):
        own = [
            k for k, key in enumerate(keys) if key == (target.outcome, target.after, target.group)
        ]
        series = [k for k, key in enumerate(keys) if key[:2] == (target.outcome, target.after)]
        of.append(own or series)
    return Movements(of, np.array(rows).reshape(-1, len(design.cells)))


def _largest(found: Movements, values: Floats) -> Floats:
    """Largest movement by target without its sign, of values of shape (draw, movement)."""
    sizes = np.abs(values)
    return np.column_stack([sizes[:, own].max(axis=1) for own in found.of])


def trend_table(
    design: Design,
    weighting: Weighting,
    unpooled: Floats,
    pooled: Floats,
    *,
    icc: float,
    seed: int,
    level: float = 0.95,
) -> pd.DataFrame:
    """How large a violation of parallel trends every answer survives.

    Parameters
    ----------
    design
        What is compared with what.
    weighting
        How groups and periods count together.
    unpooled, pooled
        Draws of risk differences of both fits, shape (draw, target).
    icc
        Intra-class correlation where clusters are known.
    seed
        Of the draws of shares.
    level
        Mass of the intervals.

    Returns
    -------
    pandas.DataFrame
        The form of :func:`vm2causal.monitor.parallel_trends.trend_table`, a row for all treated
        groups and periods together and for each cohort: ``risk_difference``, unpooled;
        ``sign_lost`` and ``interval_holds_zero`` [share]; ``moved``: how far trends parted were
        each period's violation the largest movement before [share]; both violations in multiples
        of it, ``mbar_sign_lost`` and ``mbar_interval_holds_zero``; and the ``verdict``: an answer
        holds where the interval of :func:`bound_table` at M̄ = 1 leaves 0 out too, which counts
        with what chance did to that movement. ``moved`` and what follows from it are None without
        two earlier periods: then no answer holds.
    """
    found = movements(design)
    share = design.cells["share"].to_numpy(float)
    cells = share_draws(design.cells, icc, seed=seed)
    own = (design.targets["exposure"] >= 0).to_numpy()
    effects = cells @ design.weights["group_time"][own].T
    rows, weights = aggregates(design.effects, weighting)
    moves = (found.weights @ share)[np.newaxis]
    result = []
    for place, weight in zip(row_dicts(rows), weights, strict=True):
        if place["about"] not in (OVERALL, BY_COHORT):
            continue
        draws = (unpooled @ weight, pooled @ weight)
        allowance = _allowance(design, found, moves, weight)
        moved = None if allowance is None else float(allowance[0])
        settled = settled_by(draws, level)
        bounded = _allowance(design, found, cells @ found.weights.T, weight)
        lost, zero = abs(float(draws[0].mean())), distance_from_zero(draws[0], level)
        result.append(
            {
                **{name: place[name] for name in (*SERIES, "about", "cohort", "trials")},
                "risk_difference": interval(draws[0], level),
                "sign_lost": lost,
                "interval_holds_zero": zero,
                "moved": moved,
                "mbar_sign_lost": None if not moved else lost / moved,
                "mbar_interval_holds_zero": None if not moved else zero / moved,
                "verdict": verdict(settled, survives=_survives(effects @ weight, bounded, level)),
            }
        )
    return pd.DataFrame(result, dtype=object)


def _survives(effect: Floats, allowance: Floats | None, level: float) -> bool:
    """Whether the interval of the bounds at M̄ = 1 leaves 0 out."""
    if allowance is None:
        return False
    ends = _ends((effect - allowance, effect + allowance), (1 - level) / 2)
    return ends["interval_lower"] > 0 or ends["interval_upper"] < 0


def _allowance(design: Design, found: Movements, values: Floats, weight: Floats) -> Floats | None:
    """Violation at M̄ = 1 of an effect of several targets, by draw; None without movements."""
    used = np.flatnonzero(weight)
    if any(not found.of[k] for k in used):
        return None
    own = Movements([found.of[k] for k in used], found.weights)
    steps = steps_since_base(design.effects)[used]
    return np.asarray(_largest(own, values) @ (steps * weight[used]))


def bound_table(
    design: Design, weighting: Weighting, icc: float, *, seed: int, level: float = 0.95
) -> pd.DataFrame:
    """Bounds on effects were trends to part as they did before, and along a line.

    Parameters
    ----------
    design
        What is compared with what.
    weighting
        How groups and periods count together.
    icc
        Intra-class correlation where clusters are known.
    seed
        Of the draws of shares.
    level
        Mass of the intervals.

    Returns
    -------
    pandas.DataFrame
        A row per series, overall and by group and period, and ``mbar``, of :data:`MBARS`:
        ``lower`` and ``upper``, means of the ends of what the effect may be, ``interval_lower`` and
        ``interval_upper``, which hold both ends each with half of what ``level`` leaves; and with
        ``mbar`` None the same of a trend that goes on along the line of the last movement
        (smoothness with M = 0). Empty without two earlier periods.
    """
    found = movements(design)
    rows, weights = aggregates(design.effects, weighting)
    draws = share_draws(design.cells, icc, seed=seed)
    own = (design.targets["exposure"] >= 0).to_numpy()
    effects = draws @ design.weights["group_time"][own].T
    moves = draws @ found.weights.T
    tail = (1 - level) / 2
    result = []
    for place, weight in zip(row_dicts(rows), weights, strict=True):
        allowance = _allowance(design, found, moves, weight)
        if place["about"] not in (OVERALL, CELL) or allowance is None:
            continue
        label = {
            name: place[name] for name in (*SERIES, "about", "group", "cohort", "time", "exposure")
        }
        middle = effects @ weight
        for mbar in MBARS:
            ends = (middle - mbar * allowance, middle + mbar * allowance)
            result.append({**label, "mbar": mbar, **_ends(ends, tail)})
        line = _line(design, found, moves, weight)
        if line is not None:
            ends = (middle - line, middle - line)
            result.append({**label, "mbar": None, **_ends(ends, tail)})
    columns = [*SERIES, "about", "group", "cohort", "time", "exposure", "mbar"]
    return pd.DataFrame(
        result,
        columns=[*columns, "lower", "upper", "interval_lower", "interval_upper"],
        dtype=object,
    )


def _ends(ends: tuple[Floats, Floats], tail: float) -> dict[str, float]:
    return {
        "lower": float(ends[0].mean()),
        "upper": float(ends[1].mean()),
        "interval_lower": float(np.quantile(ends[0], tail)),
        "interval_upper": float(np.quantile(ends[1], 1 - tail)),
    }


def _line(design: Design, found: Movements, moves: Floats, weight: Floats) -> Floats | None:
    """Violation were the last movement to go on, by draw; None where a group has none itself."""
    placed = list(design.placebos.groupby([*SERIES, "group"], sort=False).size().items())
    ends = dict(zip([key for key, _ in placed], np.cumsum([n for _, n in placed]) - 1, strict=True))
    total = np.zeros(len(moves))
    steps = steps_since_base(design.effects)
    for k in np.flatnonzero(weight):
        target = design.effects.iloc[k]
        last = ends.get((target["outcome"], target["after"], target["group"]))
        if last is None:
            return None
        total += weight[k] * steps[k] * moves[:, last]
    return total


def placebo_table(design: Design, icc: float, *, level: float = 0.95) -> pd.DataFrame:
    """Effects of periods before the treatment, which should be none.

    Parameters
    ----------
    design
        What is compared with what.
    icc
        Intra-class correlation where clusters are known.
    level
        Mass of the intervals.

    Returns
    -------
    pandas.DataFrame
        One row per placebo: ``outcome``, ``after``, ``group``, ``cohort``, ``time``, ``exposure``
        and its ``risk_difference``.
    """
    before = (design.targets["exposure"] < 0).to_numpy()
    table = linear_estimates(design.weights["group_time"][before], design.cells, icc, level=level)
    kept = design.placebos[[*SERIES, "group", "cohort", "time", "exposure"]].reset_index(drop=True)
    return kept.assign(risk_difference=pd.Series(row_dicts(table), index=kept.index, dtype=object))


def equivalence_table(design: Design, icc: float) -> pd.DataFrame:
    """Within which margin placebo effects are shown to lie, all of them.

    Two one-sided tests of each, all of which have to reject (intersection-union): the margin at
    which they just do (Dette & Schumann 2024, Journal of Business & Economic Statistics 42). A
    placebo that does not differ significantly from 0 shows nothing; one that is shown to be small
    does.

    Parameters
    ----------
    design
        What is compared with what.
    icc
        Intra-class correlation where clusters are known.

    Returns
    -------
    pandas.DataFrame
        One row per series with placebos: their number, ``largest`` (without its sign) and
        ``equivalent_within`` [share], at the 5% level.
    """
    placebos = placebo_table(design, icc)
    one_sided = stats.norm.isf(EQUIVALENCE)
    result = []
    for key, part in placebos.groupby(SERIES, sort=False):
        sizes = [abs(item["mean"]) for item in part["risk_difference"]]
        reach = [abs(item["mean"]) + one_sided * item["sd"] for item in part["risk_difference"]]
        result.append(
            {
                **dict(zip(SERIES, key, strict=True)),
                "placebos": len(part),
                "largest": max(sizes),
                "equivalent_within": max(reach),
            }
        )
    return pd.DataFrame(result, columns=[*SERIES, "placebos", "largest", "equivalent_within"])


def leave_one_out(
    table: EventTable, weighting: Weighting, icc: float, *, level: float = 0.95
) -> pd.DataFrame:
    """The overall group-time estimate without each comparison group.

    Parameters
    ----------
    table
        Counts by group and period.
    weighting
        How groups and periods count together.
    icc
        Intra-class correlation where clusters are known.
    level
        Mass of the intervals.

    Returns
    -------
    pandas.DataFrame
        ``without`` by series, ``risk_difference``, and ``effects``: how many treated cells still
        have a comparison; a group without which nothing can be compared has no row.
    """
    whole = design_of(table)
    places = whole.targets["cell"]
    result = []
    for group in dict.fromkeys(table.cells["group"]):
        part = design_of(table, without=(group,))
        unchanged = part.targets["cell"].tolist() == places.tolist() and np.allclose(
            part.weights["group_time"], whole.weights["group_time"]
        )
        if part.effects.empty or unchanged:
            continue
        rows, weights = aggregates(part.effects, weighting)
        own = (part.targets["exposure"] >= 0).to_numpy()
        found = linear_estimates(
            weights @ part.weights["group_time"][own], part.cells, icc, level=level
        )
        for place, summary in zip(row_dicts(rows), row_dicts(found), strict=True):
            if place["about"] == OVERALL:
                same = part.effects[SERIES].eq([place[name] for name in SERIES]).all(axis=1)
                result.append(
                    {
                        **{name: place[name] for name in SERIES},
                        "without": group,
                        "effects": int(same.sum()),
                        "risk_difference": summary,
                    }
                )
    return pd.DataFrame(result, columns=[*SERIES, "without", "effects", "risk_difference"])
