"""The effect that attacks aim at, estimated anew on changed data by a model that is quick to fit.

That model is the outcome regression of the second opinion: the effect given the cause and an
adjustment set. Where only unobserved variables stand in the way of such a set, they are assumed not
to act, and named; what they would do if they acted is the question of the sensitivity analysis.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from vm2causal.checks.gate.diagnostics import diagnose
from vm2causal.effects.about_few import about_few, few_levels
from vm2causal.effects.adjustment_choice import smallest_set, usable_graph
from vm2causal.effects.averages import averaged
from vm2causal.effects.contrasts import Contrast, default_contrasts
from vm2causal.effects.expectation import expected
from vm2causal.effects.forward import DRAWS, Forward
from vm2causal.effects.intervals import Interval, interval
from vm2causal.effects.outcome_regression import arrangeable, regression_spec
from vm2causal.effects.totals import require_descendant
from vm2causal.effects.verdict import hardly_varies
from vm2causal.identify import identify_effect
from vm2causal.identify.result import Bilingual
from vm2causal.identify.sentences import bilingual
from vm2causal.model.data.columns import Floats
from vm2causal.model.data.restricted import restricted
from vm2causal.model.data.structural_data import StructuralData
from vm2causal.model.sampler.sampling import REFIT_SETTINGS, SamplerSettings
from vm2causal.model.structural_fit import StructuralFit, fit_structural
from vm2causal.model.structural_parameters import Priors
from vm2causal.spec import CausalSpec
from vm2causal.spec.words import QueryKind

SETTINGS: Final = REFIT_SETTINGS
"""Of one refit: enough for a mean and a standard deviation."""

QUARTILES_TEXT: Final = "q75 vs q25"
"""Contrast of a cause whose scale is that of each fit."""


@dataclass(frozen=True)
class AttackedQuery:
    """A total effect, and the model that estimates it in refits.

    Parameters
    ----------
    cause
        Name of the variable that is intervened on.
    effect
        Name of the variable whose response is asked for.
    given
        What is adjusted for; empty with ``full``.
    assumed
        Unobserved variables that are assumed not to act.
    high, low
        What is compared; None where each refit compares the quartiles of its own scores, because
        a construct or a propensity has no scale of its own.
    contrast
        The same for a reader.
    full
        Refit the whole structural model.
    priors
        Of the whole model; the small one is neutral.
    """

    cause: str
    effect: str
    given: tuple[str, ...]
    assumed: tuple[str, ...]
    high: float | None
    low: float | None
    contrast: str
    full: bool = False
    priors: Priors = Priors.NEUTRAL

    def to_dict(self) -> dict[str, Any]:
        """Plain values, as a task takes them."""
        return asdict(self)

    @classmethod
    def of(cls, plain: Mapping[str, Any]) -> AttackedQuery:
        """From what :meth:`to_dict` gave.

        Parameters
        ----------
        plain
            Of :meth:`to_dict`.
        """
        tuples = {name: tuple(plain[name]) for name in ("given", "assumed")}
        return cls(**{**plain, **tuples, "priors": Priors(plain["priors"])})


@dataclass(frozen=True)
class NotAttacked:
    """An effect that was asked about and cannot be attacked, and why.

    Parameters
    ----------
    cause
        Name of the variable that is intervened on.
    effect
        Name of the variable whose response is asked for.
    reason
        Why no refit can estimate it, in Dutch and English.
    """

    cause: str
    effect: str
    reason: Bilingual


def declared_effects(spec: CausalSpec) -> tuple[tuple[str, str], ...]:
    """Cause and effect of every declared question about a total effect; else of every question.

    Parameters
    ----------
    spec
        The causal model, as read from its file.
    """
    totals = [query for query in spec.queries if query.kind is QueryKind.TOTAL]
    return tuple(dict.fromkeys((query.cause, query.effect) for query in totals or spec.queries))


def attacked_query(
    forward: Forward, cause: str, effect: str, *, full: bool = False, priors: Priors
) -> AttackedQuery | Bilingual:
    """Choose how an effect is estimated in refits; a sentence where it cannot be.

    Parameters
    ----------
    forward
        Equations of a fit, with its data and posterior draws.
    cause
        Name of the variable that is intervened on.
    effect
        Name of the variable whose response is asked for.
    full
        Whether refits estimate the whole structural model instead of one regression.
    priors
        ``neutral`` (around no effect), ``evidence`` (those that arrows carry) or ``weak``
        (neutral, twice as wide).

    Raises
    ------
    QueryError
        When the effect does not lie downstream of the cause.
    """
    require_descendant(forward, cause, effect)
    data = forward.data
    contrast = _contrast(forward, cause)
    if contrast is None or any(hardly_varies(data, name) for name in (cause, effect)):
        return bilingual("second_opinion.no_variation", cause=cause, effect=effect)
    if cause in data.covariates or data.spec.variables[effect].kind.unordered:
        return bilingual("attacks.not_attacked", cause=cause, effect=effect)
    if _is_about_few(data, contrast, effect):
        return bilingual("attacks.few", cause=cause, effect=effect)
    given, assumed = ((), ()) if full else _adjustment(forward, cause, effect) or (None, ())
    if given is None:
        return bilingual("attacks.no_set", cause=cause, effect=effect)
    own_scale = cause not in data.columns
    return AttackedQuery(
        cause,
        effect,
        given,
        assumed,
        None if own_scale else contrast.high,
        None if own_scale else contrast.low,
        QUARTILES_TEXT if own_scale else contrast.text,
        full,
        priors if full else Priors.NEUTRAL,
    )


def _is_about_few(data: StructuralData, contrast: Contrast, effect: str) -> bool:
    """Whether an effect would be told of few persons: those of one side of it, or the event."""
    sides = {(contrast.cause, text) for text in (contrast.high_text, contrast.low_text)}
    return bool(sides & few_levels(data) or {contrast.cause, effect} & about_few(data))


def _contrast(forward: Forward, cause: str) -> Contrast | None:
    """The default contrast; of a nominal cause its most frequent level against the reference."""
    if cause in forward.data.covariates:
        return None
    found = default_contrasts(forward, cause)
    column = forward.data.columns.get(cause)
    if column is None or not column.kind.unordered:
        return found[0] if found else None
    return max(found, key=lambda item: (column.share(int(item.high)), -item.high), default=None)


def _adjustment(
    forward: Forward, cause: str, effect: str
) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
    """An adjustment set, and what is assumed not to act for its sake."""
    data = forward.data
    for assumed in ((), data.spec.hidden):
        graph = usable_graph(forward, held=assumed)
        found = identify_effect(graph, cause, effect)
        given = smallest_set(data, found.minimal_adjustment_sets, effect, free=assumed)
        if given is not None and arrangeable(data, (cause,), effect):
            return given, assumed
    return None


def refit_effect(
    data: StructuralData, query: AttackedQuery, *, seed: int, settings: SamplerSettings = SETTINGS
) -> dict[str, Any]:
    """Estimate the effect on (changed) data.

    Parameters
    ----------
    data
        The data as the model takes them, one row per unit.
    query
        The effect under attack, and the regression that estimates it.
    seed
        Of the random numbers, 0 or more; the same seed gives the same result.
    settings
        Draws, tuning steps and chains of the sampler.

    Returns
    -------
    dict
        Interval ``effect`` on the response scale, ``p_positive``, and of the sampler ``rhat_max``
        and ``divergences``.
    """
    fit = fit_query(data, query, seed=seed, settings=settings)
    draws = effect_draws(Forward(fit.layout, fit.posterior, draws=DRAWS, seed=seed), query)
    return estimate_of(draws, fit)


def fit_query(
    data: StructuralData, query: AttackedQuery, *, seed: int, settings: SamplerSettings = SETTINGS
) -> StructuralFit:
    """Fit the model of a query.

    Parameters
    ----------
    data
        The data as the model takes them, one row per unit.
    query
        The effect under attack, and the regression that estimates it.
    seed
        Of the random numbers, 0 or more; the same seed gives the same result.
    settings
        Draws, tuning steps and chains of the sampler.
    """
    small = data if query.full else restricted(data, query_spec(data, query))
    return fit_structural(small, seed=seed, priors=query.priors, settings=settings)


def query_spec(data: StructuralData, query: AttackedQuery) -> CausalSpec:
    """The outcome regression of a query.

    Parameters
    ----------
    data
        The data as the model takes them, one row per unit.
    query
        The effect under attack, and the regression that estimates it.
    """
    return regression_spec(data, query.cause, [query.effect], query.given)


def estimate_of(draws: Floats, fit: StructuralFit) -> dict[str, Any]:
    """Draws of an effect and the state of the sampler as plain values.

    Parameters
    ----------
    draws
        Of the effect, shape (draw,).
    fit
        A fit of the structural model: layout, data and posterior draws.
    """
    state = diagnose(fit.tree)
    return {
        "effect": dict(interval(draws)),
        "p_positive": float((draws > 0).mean()),
        "rhat_max": state.rhat_max,
        "divergences": state.divergences,
    }


def effect_draws(forward: Forward, query: AttackedQuery) -> Floats:
    """Draws of the effect, averaged over units by their weights.

    In the small model what is adjusted for stays as observed; in the whole model what the cause
    acts on responds.

    Parameters
    ----------
    forward
        Equations of a fit, with its data and posterior draws.
    query
        The effect under attack, and the regression that estimates it.
    """
    high, low = responses_of_query(forward, query)
    return averaged(forward, high - low, query.effect)


def responses_of_query(forward: Forward, query: AttackedQuery) -> tuple[Floats, Floats]:
    """Expected responses under both sides of what a query compares, shape (draw, unit).

    Parameters
    ----------
    forward
        Equations of a fit, with its data and posterior draws.
    query
        The effect under attack, and the regression that estimates it.
    """
    contrast = own_contrast(forward, query)
    moved = None if query.full else [query.effect]
    high, low = (
        expected(forward, done, [query.effect], moved=moved).responses[query.effect]
        for done in (contrast.above, contrast.below)
    )
    return high, low


def own_contrast(forward: Forward, query: AttackedQuery) -> Contrast:
    """What is compared, in the units of this fit.

    Parameters
    ----------
    forward
        Equations of a fit, with its data and posterior draws.
    query
        The effect under attack, and the regression that estimates it.
    """
    if query.high is not None and query.low is not None:
        return Contrast(query.cause, query.high, query.low, "", "")
    (found,) = default_contrasts(forward, query.cause)
    return found


def interval_of(plain: Mapping[str, float]) -> Interval:
    """An interval from the plain values of a task.

    Parameters
    ----------
    plain
        ``mean``, ``sd``, ``lower``, ``upper`` and ``level``.
    """
    return Interval(
        mean=plain["mean"],
        sd=plain["sd"],
        lower=plain["lower"],
        upper=plain["upper"],
        level=plain["level"],
    )


def excludes_zero(found: Interval | Mapping[str, float]) -> bool:
    """Whether an interval lies wholly on one side of 0.

    Parameters
    ----------
    found
        With ``lower`` and ``upper``.
    """
    return bool(found["lower"] > 0 or found["upper"] < 0)
