r"""The bias of an omitted common cause, from the draws of a regression without it.

A cause U ~ N(0, 1) per unit adds a·U to the predictor of the cause and b·U to that of the effect.
Left out of the regression, it moves the coefficient of the cause by

    a · b · g,  g = Cov(x, U) / (a · Var(x)), both given what is adjusted for:

1 / V for a number, a construct (a in standard deviations of its own noise) or the propensity of a
count, with V the variance that what is adjusted for leaves, between groups and within them
(omitted-variable bias, exact in linear models); for levels the slope of their mean over their
variance. With a logit effect, or groups that weigh within and between unequally, this is a
first-order answer.

Source: Cinelli, Hazlett 2020, Making sense of sensitivity, J. R. Statist. Soc. B 82, 39;
Greenland 2005, Multiple-bias modelling, J. R. Statist. Soc. A 168, 267.
"""

from __future__ import annotations

from copy import copy

import numpy as np

from vm2causal.checks.refute.refitted_effect import AttackedQuery, effect_draws
from vm2causal.effects.forward import Forward
from vm2causal.model.data.columns import Floats
from vm2causal.model.families import family_of


def bias_slope(forward: Forward, query: AttackedQuery) -> Floats:
    """The g of the formula above, shape (draw, 1).

    Parameters
    ----------
    forward
        Equations of a fit, with its data and posterior draws.
    query
        The effect under attack, and the regression that estimates it.
    """
    name, kind = query.cause, forward.data.spec.variables[query.cause].kind
    if kind.levelled:
        return _slope_of_levels(forward, name)
    own = np.ones((forward.draws, 1))
    if kind.counted:
        own = _unit_sd(forward, name) ** 2
    elif name in forward.layout.predictors_of:
        own = family_of(kind).own_variance(forward, name)
    slope: Floats = 1 / (own + _between(forward, name))
    return slope


def _between(forward: Forward, name: str) -> Floats:
    """Variance of a variable between the levels of its groups, shape (draw, 1)."""
    total = np.zeros((forward.draws, 1))
    for item in forward.layout.predictors_of.get(name, ()):
        for group, row in item.groups:
            total += forward.group_sd(group, row) ** 2
    return total


def _unit_sd(forward: Forward, name: str) -> Floats:
    row = forward.layout.unit_effects.index(name)
    return forward.parameters["unit_sd"][:, [row]]


def _slope_of_levels(forward: Forward, name: str) -> Floats:
    """Slope of the mean rank in the predictor over its variance, times the scale of the ranks."""
    column = forward.data.columns[name]
    if name in forward.layout.predictors_of:
        shares = forward.level_probabilities(name, forward.observed)
    else:
        seen = np.array([column.share(level) for level in range(len(column.levels))])
        shares = np.broadcast_to(seen, (forward.draws, 1, len(seen)))
    ranks = np.arange(shares.shape[-1])
    variance = shares @ ranks**2 - (shares @ ranks) ** 2
    below = np.cumsum(shares, axis=-1)[..., :-1]
    steep = (below * (1 - below)).sum(axis=-1)
    ratio: Floats = column.scale * steep.sum(axis=1) / variance.sum(axis=1)
    return ratio[:, np.newaxis]


def noise_scale(forward: Forward, query: AttackedQuery) -> float:
    """Standard deviation of what nothing explains in the cause; U can hold no more of it.

    Parameters
    ----------
    forward
        Equations of a fit, with its data and posterior draws.
    query
        The effect under attack, and the regression that estimates it.
    """
    kind = forward.data.spec.variables[query.cause].kind
    if query.cause not in forward.layout.predictors_of:
        return 1.0
    if kind.counted:
        return float(_unit_sd(forward, query.cause).mean())
    return float(np.sqrt(family_of(kind).own_variance(forward, query.cause)).mean())


def shifted_effect(forward: Forward, query: AttackedQuery, product: float, slope: Floats) -> Floats:
    """Draws of the effect once the bias of a product a·b is taken out.

    Parameters
    ----------
    forward
        Equations of a fit, with its data and posterior draws.
    query
        The effect under attack, and the regression that estimates it.
    product
        a·b: strengths of the omitted cause on cause and effect, multiplied.
    slope
        Of :func:`bias_slope`.
    """
    index = weight_place(forward, query)
    moved = copy(forward)
    weights = forward.parameters["weight"].copy()
    weights[:, [index]] -= product * slope
    moved.parameters = {**forward.parameters, "weight": weights}
    return effect_draws(moved, query)


def weight_place(forward: Forward, query: AttackedQuery) -> int:
    """Place of the coefficient of the cause in the predictor of the effect.

    Parameters
    ----------
    forward
        Equations of a fit, with its data and posterior draws.
    query
        The effect under attack, and the regression that estimates it.
    """
    return next(
        index
        for index, weight in enumerate(forward.layout.weights)
        if weight.cause == query.cause and weight.effect == query.effect
    )


def direction(forward: Forward, query: AttackedQuery) -> float:
    """Sign of that coefficient.

    Parameters
    ----------
    forward
        Equations of a fit, with its data and posterior draws.
    query
        The effect under attack, and the regression that estimates it.
    """
    return 1.0 if float(forward.weight(weight_place(forward, query)).mean()) >= 0 else -1.0
