"""What data say of a linear predictor, as a normal likelihood says it.

The *working weight* w and *working response* of a generalised linear model (McCullagh & Nelder
1989, Generalized Linear Models, 2.5) make its log-likelihood wη·response − wη²/2 near the point at
which they are computed. They stand here as w and as w times the response, so that data that say
nothing have zeros. They need not be exact: they only say where the sampler looks first
(:mod:`~vm2causal.model.sampler.coordinates`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.special import expit

from vm2causal.model.data.columns import Floats, Ints
from vm2causal.model.sampler.noise import nested_noise, unit_noise
from vm2causal.model.structural_parameters import Predictor, Scale

if TYPE_CHECKING:
    from vm2causal.model.structural_layout import Layout

_STEPS: Final = 50
"""Newton steps, with the variance of the deviations estimated anew in each."""
_LEAST_VARIANCE: Final = 0.01
SPREAD: Final = 0.4
"""Variance of a construct, somewhat above 1, in units of that of a logistic answer (π² / 3)."""
_USUAL_PRECISION: Final = 1.5
"""Of a standardised number around its predictor, about that of the prior's middle."""


@dataclass(frozen=True)
class GaussianSummary:
    """Working weights, and weights times working responses, per row; 0 where there are no data.

    ``scale`` is that of an answer: its loading λ multiplies the predictor, its cut c (number
    ``cut`` of the scale) is taken from that, so that weight and pull become λ²w and λ(pull + wc).
    Where ``residual`` is true both are to be divided by the residual variance. Of counts ``cells``
    holds the weight of each cell.
    """

    weight: Floats = field(repr=False)
    pull: Floats = field(repr=False)
    scale: Scale | None = None
    cut: int = 0
    residual: bool = False
    cells: Floats | None = field(default=None, repr=False)


def gaussian_summaries(layout: Layout, predictor: Predictor) -> tuple[GaussianSummary, ...]:
    """What each of the data of a predictor says of it, per unit."""
    return layout.family(predictor.variable).information(layout, predictor)


def usual_weight(summaries: tuple[GaussianSummary, ...]) -> Floats:
    """Weight per unit where loadings are 1 and residuals as usual."""
    factors = [_USUAL_PRECISION if item.residual else 1.0 for item in summaries]
    weights = [factor * item.weight for factor, item in zip(factors, summaries, strict=True)]
    return np.sum(weights, axis=0)


def shared_information(
    layout: Layout, predictor: Predictor, summaries: tuple[GaussianSummary, ...]
) -> Floats:
    """What each unit says of a term that units share, beside noise of its own of about 1."""
    weight = usual_weight(summaries)
    return weight if unit_noise(layout, predictor) is None else weight / (1.0 + weight)


def carriers(layout: Layout, predictor: Predictor) -> Ints:
    """Group or unit whose deviation each unit shares."""
    nested = nested_noise(layout, predictor)
    return np.zeros(len(layout.data.units), np.int64) if nested is None else nested.inner.codes


def summary_of_levels(layout: Layout, predictor: Predictor, base: Floats) -> GaussianSummary:
    """Of one level against the reference, or of yes against no, as a count of one.

    Parameters
    ----------
    base
        Log-odds of the level against the reference in the data, shape (1,).
    """
    data, name = layout.data, predictor.variable
    ranks = np.where(data.seen(name), data.columns[name].values, -1).astype(np.int64)
    level = 1 if predictor.level is None else predictor.level
    there, asked = (ranks == level).astype(np.int64), (ranks >= 0).astype(np.int64)
    alone = log_odds(np.array([there.sum()]), np.array([asked.sum()]))
    found = summary_of_counts(
        there, asked, np.repeat(alone, len(ranks)), carriers(layout, predictor)
    )
    # against the reference the predictor is higher than against all other levels together
    pull = found.pull + found.weight * (base - alone)
    # one answer speaks of all levels but the reference: it is counted once
    levels = max(len(data.columns[name].levels) - 1, 1)
    return GaussianSummary(found.weight / levels, pull / levels)


def summary_of_counts(events: Ints, trials: Ints, base: Floats, carrier: Ints) -> GaussianSummary:
    """Of counts, at the log-odds that their carriers seem to have.

    Parameters
    ----------
    events, trials
        Of each cell.
    base
        Log-odds of each cell before the carrier's own deviation.
    carrier
        Number of the group or unit whose deviation a cell shares. Deviations are shrunk as by a
        normal prior, whose variance is estimated with them (EM with Laplace's approximation).

    Examples
    --------
    >>> found = summary_of_counts(*np.array([[0, 50], [10, 100]]), np.zeros(2), np.arange(2))
    >>> (found.pull / found.weight).round(2).tolist()
    [-3.76, 0.0]
    """
    levels = int(carrier.max(initial=-1)) + 1
    away, variance = np.zeros(levels), 1.0
    for _ in range(_STEPS):
        share = expit(base + away[carrier])
        weight = trials * share * (1.0 - share)
        weighed = np.bincount(carrier, weight, levels) + 1.0 / variance
        score = np.bincount(carrier, events - trials * share, levels) - away / variance
        away = away + np.clip(score / weighed, -1.0, 1.0)
        variance = max(float(np.mean(away**2 + 1.0 / weighed)), _LEAST_VARIANCE) if levels else 1.0
    eta = base + away[carrier]
    share = expit(eta)
    weight = trials * share * (1.0 - share)
    return GaussianSummary(weight, events - trials * share + weight * eta)


def summary_of_answers(ranks: Ints, scales: Sequence[Scale]) -> tuple[GaussianSummary, ...]:
    """Of ordered answers to one or more items, P(answer ≤ k) = expit(cut_k − η), loadings 1.

    Cuts are those at which the answers have the shares that they have. Of a construct the place of
    each unit is estimated first, with a normal prior.

    Parameters
    ----------
    ranks
        Answers, shape (unit, item); −1 where missing.
    """
    ends = [_ends(item, scale) for item, scale in zip(ranks.T, scales, strict=True)]
    score = np.zeros(len(ranks))
    for _ in range(_STEPS if scales[0].loading is not None else 0):
        parts = [_answered(item, end, score) for item, end in zip(ranks.T, ends, strict=True)]
        slope = np.sum([pull for _, pull in parts], axis=0) - score
        score = score + np.clip(slope / (1.0 + np.sum([w for w, _ in parts], axis=0)), -1.0, 1.0)
    found = []
    for item, end, scale in zip(ranks.T, ends, scales, strict=True):
        weight, pull = _answered(item, end, score)
        cut = middle_cut(item, scale)
        found.append(GaussianSummary(weight, pull + weight * (score - end[cut + 1]), scale, cut))
    return tuple(found)


def _ends(ranks: Ints, scale: Scale) -> Floats:
    """Cuts by the shares of answers, between −∞ and ∞."""
    spread = np.sqrt(1.0 + SPREAD) if scale.loading is not None else 1.0
    counts = np.bincount(ranks[ranks >= 0], minlength=len(scale.levels)) + 0.5
    below = np.cumsum(counts)[:-1] / float(counts.sum())
    return np.concatenate([[-np.inf], spread * np.log(below / (1.0 - below)), [np.inf]])


def _answered(ranks: Ints, ends: Floats, score: Floats) -> tuple[Floats, Floats]:
    """Curvature and slope of the log-probability of each answer; 0 where it is missing."""
    known = ranks >= 0
    high, low = expit(ends[ranks + 1] - score), expit(ends[ranks] - score)
    weight = high * (1.0 - high) + low * (1.0 - low)
    return np.where(known, weight, 0.0), np.where(known, high + low - 1.0, 0.0)


def middle_cut(ranks: Ints, scale: Scale) -> int:
    """The cut that divides the answers most evenly, which they tell most about."""
    counts = np.bincount(ranks[ranks >= 0], minlength=len(scale.levels))
    below = np.cumsum(counts)[:-1] / max(int(counts.sum()), 1)
    return int(np.abs(below - 0.5).argmin())


def usual_terms(layout: Layout) -> dict[int, float]:
    """Values of intercepts, cuts and gaps that agree with the shares in the data, by parameter."""
    found: dict[int, float] = {}
    start = layout.offsets["intercept"]
    for predictor in layout.predictors:
        usual = layout.family(predictor.variable).usual_intercepts(layout, predictor)
        if predictor.intercepts is not None and usual is not None:
            found |= {start + predictor.intercepts + k: float(b) for k, b in enumerate(usual)}
    for scale in layout.scales:
        cuts = _ends(answers(layout, scale), scale)[1:-1]
        found[layout.offsets["cut"] + scale.anchor] = float(cuts[scale.middle])
        first = layout.offsets["gap"] + scale.gaps
        found |= {first + k: float(np.log(step)) for k, step in enumerate(np.diff(cuts))}
    return found


def log_odds(events: Floats, trials: Floats) -> Floats:
    """Of shares that may be 0 or 1."""
    found: Floats = np.log((events + 0.5) / (trials - events + 0.5))
    return found


def answers(layout: Layout, scale: Scale) -> Ints:
    """Answers on a scale, per unit; −1 where missing."""
    data, name = layout.data, scale.variable
    if scale.loading is None:
        return np.where(data.seen(name), data.columns[name].values, -1).astype(np.int64)
    place = [item.name for item in layout.scales if item.variable == name].index(scale.name)
    return data.items[name][:, place]
