"""One implied independence tested: the arrow that the model leaves out, fitted.

The effect is regressed on what separates the pair and on the other of the pair, with the groups of
the data kept and constructs, propensities and gaps modelled as in the model itself. If the
independence holds, the coefficient of the absent arrow is 0.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final

import numpy as np
from scipy.special import chdtrc, ndtr

from vm2causal.checks.falsify.detectable import informed
from vm2causal.checks.gate.convergence import convergence
from vm2causal.effects.bayes_factors import LEAST, REACH, BayesFactor, known_bayes_factor
from vm2causal.effects.forward import Forward
from vm2causal.effects.intervals import interval
from vm2causal.effects.outcome_regression import regression_spec
from vm2causal.effects.verdict import rope_width, why_untestable
from vm2causal.model.data.columns import Floats
from vm2causal.model.data.restricted import restricted
from vm2causal.model.data.structural_data import StructuralData
from vm2causal.model.families import Link
from vm2causal.model.sampler.sampling import REFIT_SETTINGS, SamplerSettings
from vm2causal.model.structural_fit import fit_structural
from vm2causal.model.structural_layout import Layout
from vm2causal.refits import sampler_seed
from vm2causal.spec import CausalSpec

SETTINGS: Final = REFIT_SETTINGS
"""Of one test: enough for a mean, a standard deviation and an interval."""
RHAT_LIMIT: Final = 1.05
"""Of the absent arrow; looser than the gate, since short runs serve many tests."""

FUNCTION: Final = f"{__name__}:fit_absent_arrow"
"""What a task of the refits engine runs."""


def fit_absent_arrow(arguments: Mapping[str, Any], seed: tuple[int, ...]) -> dict[str, Any]:
    """Fit an absent arrow; a task of the refits engine.

    Parameters
    ----------
    arguments
        ``data`` arranged for the whole model, ``cause``, ``effect``, ``given``, ``settings``.
    seed
        Of the random numbers of this one task, each 0 or more.

    Returns
    -------
    dict
        As :func:`weigh_absent_arrow`.
    """
    data: StructuralData = arguments["data"]
    cause, effect = arguments["cause"], arguments["effect"]
    small = restricted(data, absent_arrow_spec(data, cause, effect, arguments["given"]))
    settings = SamplerSettings(**arguments["settings"])
    number = sampler_seed(seed)
    fit = fit_structural(small, seed=number, settings=settings)
    draws = settings.draws * settings.chains
    forward = Forward(fit.layout, fit.posterior, draws=draws, seed=number)
    weighed = weigh_absent_arrow(forward, cause, effect)
    return {
        **weighed,
        "rhat": _rhat(fit.posterior["weight"].to_numpy(), _weights(fit.layout, cause, effect)),
        "divergences": int(fit.tree["sample_stats"]["diverging"].sum()),
    }


def absent_arrow_spec(
    data: StructuralData, cause: str, effect: str, given: Collection[str]
) -> CausalSpec:
    """The regression of a test; a nominal cause gets a coefficient of its own per level.

    Levels that share strength have no prior density at 0 that a Bayes factor could be read from.

    Parameters
    ----------
    data
        The data as the model takes them, one row per unit.
    cause
        Name of the variable that is intervened on.
    effect
        Name of the variable whose response is asked for.
    given
        Variables that are adjusted for.
    """
    spec = regression_spec(data, cause, [effect], given)
    return spec.model_copy(
        update={"groups": tuple(name for name in spec.groups if name not in (cause, effect))}
    )


def weigh_absent_arrow(forward: Forward, cause: str, effect: str) -> dict[str, Any]:
    """What the posterior says of the coefficients of one arrow.

    Parameters
    ----------
    forward
        Equations of a fit, with its data and posterior draws.
    cause
        Name of the variable that is intervened on.
    effect
        Name of the variable whose response is asked for.

    Returns
    -------
    dict
        ``coefficients``: per coefficient its label, the interval per standard deviation, and for
        :func:`~vm2causal.checks.falsify.detectable.detectable_size` ``alone`` (its standard
        deviation at equal values of the others) and ``share`` (what of its precision is the
        data's); ``tail``: two-sided tail probability of no arrow, for all coefficients together;
        ``p_direction``: largest posterior probability of one sign; ``in_rope``: probability that
        all are within the region of practical equivalence; ``inside``: whether all their intervals
        are; ``bayes_factor`` and ``bayes_factor_at_least`` for the arrow; ``untested``: why the
        data cannot say, or None.
    """
    indices = _weights(forward.layout, cause, effect)
    weights = [forward.layout.weights[index] for index in indices]
    raw = np.column_stack([forward.weight(index)[:, 0] for index in indices])
    standard = _standard(forward, cause, effect)
    draws = raw * standard[:, np.newaxis]
    prior_sd = np.array([weight.sd for weight in weights])
    alone, share = informed(raw, prior_sd)
    width = rope_width(forward.layout.family(effect).link is Link.LOGIT)
    intervals = [interval(column) for column in draws.T]
    positive = (draws > 0).mean(axis=0)
    contraction = min(raw.std(axis=0, ddof=1) / prior_sd)
    reason = why_untestable(forward.data, cause, effect, contraction=float(contraction))
    factor = bayes_factor(raw, prior_sd)
    return {
        "coefficients": [
            {
                "label": weight.label,
                **found,
                "alone": float(alone[place] * standard.mean()),
                "share": float(share[place]),
            }
            for place, (weight, found) in enumerate(zip(weights, intervals, strict=True))
        ],
        "tail": tail_probability(raw),
        "p_direction": float(np.maximum(positive, 1 - positive).max()),
        "in_rope": float((np.abs(draws) < width).all(axis=1).mean()),
        "inside": all(-width < item["lower"] and item["upper"] < width for item in intervals),
        "bayes_factor": factor.value,
        "bayes_factor_at_least": factor.at_least,
        "untested": None if reason is None else reason.value,
    }


def tail_probability(draws: Floats) -> float:
    """Posterior probability of values further from the mean than 0 is, all coefficients together.

    By the normal distribution with the moments of the draws, as few draws lie far out: the
    chi-square tail of m' S⁻¹ m. Priors draw m to 0, so in repeated data it is conservative.

    Parameters
    ----------
    draws
        Shape (draw, coefficient).

    Examples
    --------
    >>> draws = np.random.default_rng(1).normal(1.96, 1.0, (200_000, 1))
    >>> round(tail_probability(draws), 2)
    0.05
    """
    mean, covariance = draws.mean(axis=0), np.atleast_2d(np.cov(draws, rowvar=False))
    distance = float(mean @ np.linalg.solve(covariance, mean))
    return float(chdtrc(len(mean), distance))


def bayes_factor(draws: Floats, prior_sd: Collection[float]) -> BayesFactor:
    """Bayes factor for an arrow against none: prior over posterior density where all are 0.

    One coefficient by :func:`~vm2causal.effects.bayes_factors.known_bayes_factor`; several by the
    normal distribution with the moments of their draws, and known no better beyond its reach.

    Parameters
    ----------
    draws
        Of the coefficients, shape (draw, coefficient).
    prior_sd
        Of the normal prior of each coefficient, above 0.
    """
    sds = np.array(list(prior_sd))
    if len(sds) == 1:
        return known_bayes_factor(draws[:, 0], mean=0.0, sd=float(sds[0]))
    from scipy import stats

    zero = np.zeros(len(sds))
    prior = stats.norm(0.0, sds).logpdf(0.0).sum()
    posterior = stats.multivariate_normal(draws.mean(axis=0), np.cov(draws, rowvar=False))
    ratio = float(np.exp(min(prior - posterior.logpdf(zero), 700.0)))
    far = tail_probability(draws) < 2 * ndtr(-REACH)
    return BayesFactor(None, LEAST) if far and ratio > LEAST else BayesFactor(ratio, None)


def _weights(layout: Layout, cause: str, effect: str) -> list[int]:
    return [
        index
        for index, weight in enumerate(layout.weights)
        if (weight.cause, weight.effect) == (cause, effect)
    ]


def _standard(forward: Forward, cause: str, effect: str) -> Floats:
    """Per draw what makes a coefficient one per standard deviation."""
    factor = np.ones(forward.draws)
    if cause in forward.data.items or cause in forward.data.cells:
        factor = factor * forward.observed.values[cause].std(axis=1)
    if effect in forward.data.items:
        factor = factor / forward.observed.values[effect].std(axis=1)
    return factor


def _rhat(draws: Floats, indices: list[int]) -> float:
    return float(convergence(draws[:, :, indices]).rhat.max())
