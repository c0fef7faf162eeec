"""Prior against posterior of the coefficients of arrows, as curves."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pandas as pd

from vm2causal.effects.forward import Forward
from vm2causal.effects.intervals import interval
from vm2causal.model.data.columns import Column, Floats
from vm2causal.model.structural_parameters import Weight

POINTS: Final = 161
"""Places along a curve; odd, so that one of them is the middle of the prior."""
REACH: Final = 3.0
"""How far the curves run to either side of the prior's middle, in its standard deviations."""

_KERNEL_DRAWS: Final = 2_000
"""Draws a kernel estimate is made of, evenly spread: more would not show."""


def coefficient_densities(forward: Forward, *, level: float = 0.95) -> pd.DataFrame:
    """Density of every coefficient before and after the data.

    Coefficients of levels that share strength have no prior of their own and are left out.

    Parameters
    ----------
    forward
        Equations of a fit, with its data and posterior draws.
    level
        Probability that each interval holds, between 0 and 1.

    Returns
    -------
    pandas.DataFrame
        ``POINTS`` rows per coefficient, in the order of the model's arrows: ``cause``, ``effect``,
        ``cause_level``, ``effect_level`` (None where there is none), ``value`` (link scale of the
        effect per standard deviation of the cause, or per level), densities ``prior`` and
        ``posterior`` at that value, and ``mean``, ``lower``, ``upper``, ``level`` of the posterior,
        ``prior_mean`` and ``prior_sd``.
    """
    order = {arrow.key: place for place, arrow in enumerate(forward.data.spec.arrows)}
    weights = list(enumerate(forward.layout.weights))
    weights.sort(key=lambda item: order[item[1].cause, item[1].effect])
    curves = [_curve(forward, index, weight, level) for index, weight in weights]
    return pd.concat(curves, ignore_index=True) if curves else pd.DataFrame()


def _curve(forward: Forward, index: int, weight: Weight, level: float) -> pd.DataFrame:
    draws = forward.every_weight(index)
    value = np.linspace(-REACH, REACH, POINTS) * weight.sd + weight.mean
    # a posterior that lies beyond the prior is drawn whole
    lowest, highest = min(value[0], draws.min()), max(value[-1], draws.max())
    value = np.linspace(lowest, highest, POINTS)
    names: dict[str, Any] = {
        "cause": weight.cause,
        "effect": weight.effect,
        "cause_level": _level(forward, weight.cause, weight.cause_level),
        "effect_level": _level(forward, weight.effect, weight.effect_level),
    }
    from scipy import stats

    found = interval(draws, level)
    return pd.DataFrame(
        {
            **names,
            "value": value,
            "prior": stats.norm(weight.mean, weight.sd).pdf(value),
            "posterior": _density(draws, value),
            **{part: found[part] for part in ("mean", "lower", "upper", "level")},
            "prior_mean": weight.mean,
            "prior_sd": weight.sd,
        }
    )


def _density(draws: Floats, value: Floats) -> Floats:
    from scipy import stats

    step = max(1, len(draws) // _KERNEL_DRAWS)
    found: Floats = stats.gaussian_kde(draws[::step])(value)
    return found


def _level(forward: Forward, name: str, rank: int | None) -> str | None:
    if rank is None:
        return None
    found: Column = forward.data.columns.get(name) or forward.data.covariates[name]
    return found.levels[rank]
