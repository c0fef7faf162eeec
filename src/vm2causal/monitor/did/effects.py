"""What a difference-in-differences says: effects by method, group, period and overall."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pandas as pd
import xarray as xr
from scipy.special import expit

from vm2causal.effects.intervals import interval
from vm2causal.inputs.rows import row_dicts
from vm2causal.model.data.columns import Floats
from vm2causal.monitor.did.design import METHODS, Design
from vm2causal.monitor.did.group_time import linear_estimates
from vm2causal.monitor.did.layout import EventLayout
from vm2causal.monitor.did.weighting import Weighting, aggregates

POOLED: Final = "hierarchical"
UNPOOLED: Final = "unpooled"
"""Methods of the event study, beside those of :data:`~vm2causal.monitor.did.design.METHODS`."""


def effect_draws(posterior: xr.Dataset, layout: EventLayout) -> tuple[Floats, Floats]:
    """Draws of what treatment did in every treated cell.

    Parameters
    ----------
    posterior
        Of :func:`~vm2causal.monitor.did.sampling.sample_event_study`.
    layout
        Of the model.

    Returns
    -------
    risk_difference, log_odds
        Share with the treatment less share without it, and the effect on the log-odds; shape
        (draw, target), targets as in ``design.effects``.
    """
    effect = _flat(posterior, "effect")
    group = _flat(posterior, "group")
    rows = np.array([np.flatnonzero(layout.target_of == k)[0] for k in range(effect.shape[1])])
    without = group[:, layout.group_of[rows]]
    later = layout.period_of[rows]
    if "period" in posterior:
        period = _flat(posterior, "period")
        without = without + np.where(later >= 0, period[:, np.maximum(later, 0)], 0.0)
    return expit(without + effect) - expit(without), effect


def _flat(posterior: xr.Dataset, name: str) -> Floats:
    values = posterior[name].transpose("chain", "draw", ...).to_numpy()
    return np.asarray(values.reshape(-1, values.shape[-1]), dtype=float)


def closed_form_table(
    design: Design, weighting: Weighting, icc: float, *, level: float = 0.95
) -> pd.DataFrame:
    """Naive comparisons and the group-time estimate, in closed form.

    Parameters
    ----------
    design
        What is compared with what.
    weighting
        How groups and periods count together.
    icc
        Intra-class correlation where clusters are known.
    level
        Mass of the intervals.

    Returns
    -------
    pandas.DataFrame
        Rows of :func:`~vm2causal.monitor.did.weighting.aggregates` by ``method``, with
        ``risk_difference`` and ``pupils`` as intervals; ``odds_ratio`` is None.
    """
    rows, weights = aggregates(design.effects, weighting)
    own = (design.targets["exposure"] >= 0).to_numpy()
    found = []
    for method in METHODS:
        table = linear_estimates(
            weights @ design.weights[method][own], design.cells, icc, level=level
        )
        for place, summary in zip(row_dicts(rows), row_dicts(table), strict=True):
            pupils = {
                key: value if key == "level" else value * place["trials"]
                for key, value in summary.items()
            }
            found.append(
                {
                    **place,
                    "method": method,
                    "risk_difference": summary,
                    "pupils": pupils,
                    "odds_ratio": None,
                    "p_more": None,
                    "with_drift": None,
                }
            )
    return pd.DataFrame(found, dtype=object)


def event_study_table(
    draws: tuple[Floats, Floats],
    design: Design,
    weighting: Weighting,
    *,
    method: str,
    drift: float | None,
    seed: int,
    level: float = 0.95,
) -> pd.DataFrame:
    """Effects of an event study.

    Parameters
    ----------
    draws
        Of :func:`effect_draws`.
    design
        What was fitted.
    weighting
        How groups and periods count together.
    method
        Name of the fit.
    drift
        Standard deviation by which trends may part in a period [share]; None for parallel ones.
    seed
        Of the drift.
    level
        Mass of the intervals.

    Returns
    -------
    pandas.DataFrame
        As :func:`closed_form_table`, with ``odds_ratio`` (the geometric mean where it is about
        several), ``p_more`` (probability that there are more events because of the treatment) and
        ``with_drift``: the risk difference, drift included.
    """
    rows, weights = aggregates(design.effects, weighting)
    difference, log_odds = (part @ weights.T for part in draws)
    away = None if drift is None else drift_draws(design, len(difference), drift, seed) @ weights.T
    found: list[dict[str, Any]] = []
    for number, place in enumerate(row_dicts(rows)):
        mine = difference[:, number]
        found.append(
            {
                **place,
                "method": method,
                "risk_difference": interval(mine, level),
                "pupils": interval(place["trials"] * mine, level),
                "odds_ratio": interval(np.exp(log_odds[:, number]), level),
                "p_more": float((mine > 0).mean()),
                "with_drift": None if away is None else interval(mine - away[:, number], level),
            }
        )
    return pd.DataFrame(found, dtype=object)


def drift_draws(design: Design, draws: int, sd: float, seed: int) -> Floats:
    """How far treated groups may have moved apart from others without treatment.

    A random walk with normal steps from the base period on, the same for all groups: what moves
    those treated together does not average out over them. Shares hold nothing about it after the
    start, so its posterior is its prior, and it is taken off the draws of effects.

    Parameters
    ----------
    design
        Which effects there are.
    draws
        How many.
    sd
        Standard deviation of a step [share].
    seed
        The same seed gives the same draws.

    Returns
    -------
    numpy.ndarray
        Shape (draw, target) [share].
    """
    steps = steps_since_base(design.effects)
    walk = sd * np.random.default_rng(seed).standard_normal((draws, int(steps.max())))
    return np.asarray(walk.cumsum(axis=1)[:, steps - 1])


def steps_since_base(targets: pd.DataFrame) -> Any:
    """Periods from the base of each target to it.

    Parameters
    ----------
    targets
        From the start of treatment on.
    """
    return (targets["time"] - targets["base"]).to_numpy(int)
