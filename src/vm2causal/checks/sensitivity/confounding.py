"""What an unmeasured common cause would do to an effect, by its strength.

Nothing is refitted for the curve: its bias (:mod:`~vm2causal.checks.sensitivity.omitted_cause`)
hangs on the product of its two strengths alone, so that shifted draws will do. That is a
first-order answer, and one refit with the cause in the model stands beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import sqrt
from typing import Any, Final

import numpy as np

from vm2causal.checks.refute.changed_data import with_arrows
from vm2causal.checks.refute.refitted_effect import (
    SETTINGS,
    AttackedQuery,
    effect_draws,
    estimate_of,
    query_spec,
    responses_of_query,
)
from vm2causal.checks.sensitivity.e_values import (
    EValue,
    ratio_of_difference,
    ratio_of_probabilities,
)
from vm2causal.checks.sensitivity.fixed_arrows import with_fixed
from vm2causal.checks.sensitivity.omitted_cause import (
    bias_slope,
    direction,
    noise_scale,
    shifted_effect,
    weight_place,
)
from vm2causal.effects.averages import averaged
from vm2causal.effects.forward import Forward
from vm2causal.effects.intervals import interval
from vm2causal.effects.outcome_regression import arrangeable, regression_spec
from vm2causal.identify.result import Bilingual
from vm2causal.identify.sentences import bilingual
from vm2causal.model.data.columns import Floats
from vm2causal.model.data.restricted import restricted
from vm2causal.model.data.structural_data import StructuralData
from vm2causal.model.families import Link
from vm2causal.model.result_names import TABLE_UNIT
from vm2causal.model.sampler.coordinates import sampler_program
from vm2causal.model.sampler.sampling import SamplerSettings, sample_structural
from vm2causal.model.structural_fit import Backend, StructuralFit, fit_structural
from vm2causal.model.structural_layout import structural_layout
from vm2causal.model.structural_parameters import Predictor, Priors
from vm2causal.refits import sampler_seed
from vm2causal.spec import Arrow, CausalSpec, Variable

SURFACE: Final = "vm2causal.checks.sensitivity.confounding:surface"
POINTS: Final = 41
"""Products a·b at which the curve is computed."""
REACH: Final = 2.0
"""How far the curve goes, in products that bring the effect to 0."""
_HIDDEN: Final = "unmeasured"


def surface(arguments: Mapping[str, Any], seed: tuple[int, ...]) -> dict[str, Any]:
    """One effect's curve, tipping points, benchmarks, E-value and refit: a task of the engine.

    Parameters
    ----------
    arguments
        Of the task, as its plan wrote them.
    seed
        Of the random numbers of this one task, each 0 or more.
    """
    data: StructuralData = arguments["data"]
    query = AttackedQuery.of(arguments["query"])
    settings = SamplerSettings(**arguments["settings"])
    number = sampler_seed(seed)
    fit = _fit(data, modelled_cause(data, query), number, settings)
    forward = Forward(fit.layout, fit.posterior, seed=number)
    slope = bias_slope(forward, query)
    found = benchmarks(data, query, arguments["beside"], number, settings)
    products = _products(forward, query, slope, found)
    curve = [
        {
            "product": product,
            "effect": dict(interval(shifted_effect(forward, query, product, slope))),
        }
        for product in products
    ]
    return {
        **estimate_of(effect_draws(forward, query), fit),
        "noise": noise_scale(forward, query),
        "sign": direction(forward, query),
        "curve": curve,
        "benchmarks": found,
        "e_value": _e_value(forward, query),
        "refit": _checked(data, query, forward, slope, products, number, settings),
    }


def why_not(data: StructuralData, query: AttackedQuery) -> Bilingual | None:
    """Why the strength of a common cause has no meaning for this cause; None where it has.

    Parameters
    ----------
    data
        The data as the model takes them, one row per unit.
    query
        The effect under attack, and the regression that estimates it.
    """
    kind = data.spec.variables[query.cause].kind
    if kind.unordered or (kind.counted and data.unit == TABLE_UNIT):
        return bilingual("attacks.no_noise", cause=query.cause)
    return None


def modelled_cause(
    data: StructuralData, query: AttackedQuery, beside: tuple[str, ...] = ()
) -> CausalSpec:
    """The outcome regression with a model of the cause given what is adjusted for.

    Parameters
    ----------
    data
        The data as the model takes them, one row per unit.
    query
        The effect under attack, and the regression that estimates it.
    beside
        Covariates that are adjusted for beside those of the query.
    """
    if beside:
        wider = replace(query, given=(*query.given, *beside))
        spec = regression_spec(data, wider.cause, [wider.effect], wider.given)
    else:
        wider, spec = query, query_spec(data, query)
    there = {arrow.key for arrow in spec.arrows}
    arrows = [
        Arrow.model_validate({"from": name, "to": query.cause})
        for name in arrangeable(data, wider.given, query.cause)
        if (name, query.cause) not in there
    ]
    return with_arrows(spec, {}, arrows)


def _products(
    forward: Forward, query: AttackedQuery, slope: Floats, found: list[dict[str, Any]]
) -> list[float]:
    """From none to past the product that brings the effect to 0, benchmarks within reach."""
    weight = forward.weight(weight_place(forward, query))
    zero = abs(float(weight.mean() / slope.mean()))
    strongest = max((abs(item["a"] * item["b"]) for item in found), default=0.0)
    spread = 4 * float(weight.std() / slope.mean())
    end = max(REACH * zero, 1.1 * strongest, zero + spread)
    return [float(value) for value in direction(forward, query) * np.linspace(0, end, POINTS)]


def benchmarks(
    data: StructuralData,
    query: AttackedQuery,
    beside: list[str],
    seed: int,
    settings: SamplerSettings,
) -> list[dict[str, Any]]:
    """How strongly observed covariates act on cause and effect.

    Parameters
    ----------
    data
        The data as the model takes them, one row per unit.
    query
        The effect under attack, and the regression that estimates it.
    beside
        Covariates to measure beside those that are adjusted for.
    seed
        Of the random numbers, 0 or more; the same seed gives the same result.
    settings
        Draws, tuning steps and chains of the sampler.

    Returns
    -------
    list of dict
        ``variable``; ``a`` and ``b``: standard deviation over units of what it adds to the
        predictor of the cause and of the effect, posterior means of the coefficients.
    """
    names = (*query.given, *beside)
    if not names:
        return []
    fit = _fit(data, modelled_cause(data, query, tuple(beside)), seed, settings)
    forward = Forward(fit.layout, fit.posterior, seed=seed)
    ends = [forward.layout.predictors_of[name][0] for name in (query.cause, query.effect)]
    return [
        {"variable": name, "a": strengths[0], "b": strengths[1]}
        for name in names
        if name not in data.covariates
        for strengths in ([_strength(forward, item, name) for item in ends],)
    ]


def _strength(forward: Forward, item: Predictor, name: str) -> float:
    world = forward.observed
    part = np.zeros(forward.shape)
    for index in item.weights:
        if forward.layout.weights[index].cause == name:
            part += forward.weight(index) * forward.entered(index, world)
    for group, row in item.pooled:
        if group == name:
            part += forward.level_effects(group, row)[:, forward.data.groups[group].codes]
    return float(part.mean(axis=0).std())


def _e_value(forward: Forward, query: AttackedQuery) -> dict[str, Any]:
    high, low = (
        averaged(forward, response, query.effect) for response in responses_of_query(forward, query)
    )
    kind = forward.data.spec.variables[query.effect].kind
    # a ratio of rates is one of risks (VanderWeele & Ding 2017, Ann. Intern. Med. 167, table 2)
    if kind.has_event or forward.layout.family(query.effect).link is Link.LOG:
        return _plain(ratio_of_probabilities(high, low))
    column = forward.data.columns.get(query.effect)
    sd = (
        float(forward.observed.values[query.effect].std(axis=1).mean())
        if column is None
        else column.scale
    )
    return _plain(ratio_of_difference(high - low, sd))


def _plain(found: EValue) -> dict[str, Any]:
    return {
        "risk_ratio": dict(found.risk_ratio),
        "approximate": found.approximate,
        "estimate": found.estimate,
        "limit": found.limit,
    }


def _checked(
    data: StructuralData,
    query: AttackedQuery,
    forward: Forward,
    slope: Floats,
    products: list[float],
    seed: int,
    settings: SamplerSettings,
) -> dict[str, Any] | None:
    """A refit with U in the model beside the shift, half way to the effect's disappearance."""
    product = products[-1] / (2 * REACH)
    if product == 0:
        return None
    a = 0.5 * noise_scale(forward, query)
    b = product / a
    fit = refit_with_cause(data, query, a=a, b=b, seed=seed, settings=settings)
    draws = effect_draws(Forward(fit.layout, fit.posterior, seed=seed), query)
    shifted = shifted_effect(forward, query, product, slope)
    return {
        "a": a,
        "b": b,
        "refit": dict(interval(draws)),
        "shift": dict(interval(shifted)),
    }


def refit_with_cause(
    data: StructuralData,
    query: AttackedQuery,
    *,
    a: float,
    b: float,
    seed: int,
    settings: SamplerSettings = SETTINGS,
) -> StructuralFit:
    """Fit the regression with an unobserved common cause of fixed strength in it.

    Parameters
    ----------
    data
        The data as the model takes them, one row per unit.
    query
        The effect under attack, and the regression that estimates it.
    a, b
        Strengths with which the unobserved cause acts on cause and effect: standard deviations
        (log-odds of levels) per standard deviation.
    seed
        Of the random numbers, 0 or more; the same seed gives the same result.
    settings
        Draws, tuning steps and chains of the sampler.
    """
    spec = modelled_cause(data, query)
    arrows = [
        Arrow.model_validate({"from": _HIDDEN, "to": end}) for end in (query.cause, query.effect)
    ]
    wider = with_arrows(spec, {_HIDDEN: Variable(observed=False)}, arrows)
    own = data.spec.variables[query.cause].kind.measured
    # a construct's noise has standard deviation 1 beside U, so that U holds a share of the sum
    entered = a / sqrt(1 - a**2) if own else a
    layout = structural_layout(restricted(data, wider))
    for name, value in ((query.cause, entered), (query.effect, b)):
        (item,) = layout.predictors_of[name]
        ((_, index),) = item.hidden
        layout = with_fixed(layout, *layout.hidden_place(index), value)
    tree = sample_structural(layout, sampler_program(layout), seed=seed, settings=settings)
    return StructuralFit(layout, tree, Priors.NEUTRAL, Backend.KERNEL, seed, {})


def _fit(
    data: StructuralData, spec: CausalSpec, seed: int, settings: SamplerSettings
) -> StructuralFit:
    return fit_structural(restricted(data, spec), seed=seed, settings=settings)
