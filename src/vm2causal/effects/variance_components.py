"""How much of what varies, varies between groups: variances and intra-class correlations.

Of variables that no arrow touches, so of the whole of their variance: the *null* or *empty* model
of multilevel analysis (Snijders & Bosker 2012, Multilevel Analysis, 4.3).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import numpy as np
import pandas as pd
from scipy.special import expit

from vm2causal.effects.forward import Forward
from vm2causal.effects.intervals import interval
from vm2causal.model.data.columns import Floats, Ints
from vm2causal.model.families import Link, family_of
from vm2causal.model.structural_parameters import Predictor

RESIDUAL: Final = "residual"
"""What is left within the smallest group."""

COLUMNS: Final = (
    "variable",
    "component",
    "scale",
    "variance",
    "sd",
    "share",
    "icc",
    "icc_probability",
)

"""Variance of a standard logistic variable: that of an answer given its log-odds."""
_NODES: Final = 40
"""Of Gauss–Hermite quadrature; to 1e-6 for standard deviations up to 3."""


def variance_table(forward: Forward, *, level: float = 0.95) -> pd.DataFrame:
    r"""Variances and intra-class correlations of the variables that no arrow touches.

    With variances :math:`\sigma_g^2` of groups and :math:`\sigma^2` within them, the share of a
    group is :math:`\sigma_g^2 / (\sum_h \sigma_h^2 + \sigma^2)`. Its intra-class correlation is
    that of two units of one group: the same with, in the numerator, also the groups that it lies in
    (two pupils of one school are of one district too). Of log-odds :math:`\sigma^2 = \pi^2/3`. On
    the scale of probabilities the correlation is that of two events,

    .. math:: \mathrm{Var}(E[p \mid u]) / (\bar p (1 - \bar p)),

    :math:`p` the probability given all groups and :math:`u` what the two units share; of a count
    over years and kinds of pupils both parts are averaged by trials. Goldstein, Browne & Rasbash
    2002, Understanding Statistics 1, 223, methods C (latent) and B (here by quadrature instead of
    simulation).

    Parameters
    ----------
    forward
        Equations of a fit, with its data and posterior draws.
    level
        Of the intervals, between 0 and 1.

    Returns
    -------
    pandas.DataFrame
        A row per variable and component (groups, the main unit of a study, ``residual``):
        ``variable``, ``component``, ``scale`` (``natural``: the variable's own unit; ``log_odds``;
        ``score`` of a construct, whose residual variance is 1 by definition), intervals
        ``variance``, ``sd``, ``share``, ``icc`` and ``icc_probability``; None where a component has
        none. Nominal variables, whose levels each have a predictor, are left out. Empty where
        arrows touch all variables.
    """
    touched = {end for arrow in forward.data.spec.arrows for end in arrow.key}
    rows = [
        row
        for name, (item, *_) in forward.layout.predictors_of.items()
        if name not in touched and not item.kind.unordered
        for row in _rows(forward, item, level)
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _rows(forward: Forward, item: Predictor, level: float) -> Iterator[dict[str, Any]]:
    between = _between(forward, item)
    within = _within(forward, item)
    total = sum(between.values(), within)
    for name, variance in (*between.items(), (RESIDUAL, within)):
        own = name != RESIDUAL
        shared = [other for other in between if own and _lies_in(forward, name, other)]
        common = sum((between[other] for other in shared), np.zeros(forward.draws))
        chance = own and item.kind.has_event
        yield {
            "variable": item.variable,
            "component": name,
            "scale": _scale(item),
            "variance": interval(variance, level),
            "sd": interval(np.sqrt(variance), level),
            "share": interval(variance / total, level),
            "icc": interval(common / total, level) if own else None,
            "icc_probability": (
                interval(_event_correlation(forward, item, common, total - within), level)
                if chance
                else None
            ),
        }


def _scale(item: Predictor) -> str:
    link = family_of(item.kind).link
    if link is Link.IDENTITY:
        return "natural" if item.kind.numeric else "score"
    return "log_odds" if link is Link.LOGIT else "log_rate"


def _unit_factor(forward: Forward, item: Predictor) -> float:
    """What a variance of the predictor is multiplied by: numbers are fitted standardised."""
    if _scale(item) != "natural":
        return 1.0
    return float(forward.data.columns[item.variable].scale) ** 2


def _between(forward: Forward, item: Predictor) -> dict[str, Floats]:
    """Variance of each group, and of the main unit of a study, shape (draw,)."""
    factor = _unit_factor(forward, item)
    found = {group: factor * forward.group_sd(group, row)[:, 0] ** 2 for group, row in item.groups}
    if item.unit_effect is not None:
        sd: Floats = forward.parameters["unit_sd"][:, item.unit_effect]
        found[forward.data.unit] = factor * sd**2
    return found


def _within(forward: Forward, item: Predictor) -> Floats:
    within: Floats = family_of(item.kind).own_variance(forward, item.variable)[:, 0]
    return _unit_factor(forward, item) * within


def _lies_in(forward: Forward, inner: str, outer: str) -> bool:
    """Whether every level of a group has one level of another; a group lies in itself."""
    if outer == inner:
        return True
    codes = {name: _codes(forward, name) for name in (inner, outer)}
    pairs = np.unique(np.stack([codes[inner], codes[outer]]), axis=1)
    return int(pairs.shape[1]) == len(np.unique(codes[inner]))


def _codes(forward: Forward, name: str) -> Ints:
    groups: Mapping[str, Any] = forward.data.groups
    if name in groups:
        codes: Ints = groups[name].codes
        return codes
    return np.arange(len(forward.data.units))


def _event_correlation(
    forward: Forward, item: Predictor, common: Floats, between: Floats
) -> Floats:
    """Correlation of two events that share the variance ``common``, shape (draw,)."""
    places, weights = np.polynomial.hermite_e.hermegauss(_NODES)
    weights = weights / weights.sum()
    shared = np.sqrt(common)[:, np.newaxis] * places
    rest = np.sqrt(np.maximum(between - common, 0.0))[:, np.newaxis] * places
    parts, shares = _log_odds(forward, item)
    covariance, variance = np.zeros(forward.draws), np.zeros(forward.draws)
    for part, share in zip(parts.T, shares, strict=True):
        log_odds = part[:, np.newaxis, np.newaxis] + shared[:, :, np.newaxis]
        given = expit(log_odds + rest[:, np.newaxis]) @ weights
        mean = given @ weights
        covariance += share * (given**2 @ weights - mean**2)
        variance += share * mean * (1 - mean)
    return covariance / variance


def _log_odds(forward: Forward, item: Predictor) -> tuple[Floats, Floats]:
    """Log-odds per pattern without group effects, shape (draw, pattern), and their shares."""
    if item.variable in forward.data.columns:
        return forward.parameters["intercept"][:, [item.intercepts or 0]], np.ones(1)
    cells = forward.data.cells[item.variable]
    part = forward.pattern_part(item.variable)
    trials = np.bincount(cells.pattern, cells.trials, part.shape[1])
    return part, trials / trials.sum()
