"""A cause compared within schools and between them.

Schools run several experiments. Comparing these with each other holds fixed whatever is the same
for a whole school, measured or not; comparing schools does not. With the school's mean of the cause
beside the cause (Mundlak's device) one regression gives both. Far apart, they are evidence of
something about schools that works on cause and effect.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import count

import numpy as np
import pandas as pd

from vm2causal.effects.adjustment_choice import smallest_set, usable_graph
from vm2causal.effects.forward import Forward
from vm2causal.effects.intervals import Interval, interval
from vm2causal.effects.outcome_regression import fit_regression
from vm2causal.effects.totals import require_descendant
from vm2causal.effects.verdict import hardly_varies
from vm2causal.errors import QueryError
from vm2causal.identify import identify_effect
from vm2causal.identify.result import Bilingual
from vm2causal.identify.sentences import bilingual
from vm2causal.model.data.columns import Column, Floats
from vm2causal.model.data.structural_data import StructuralData
from vm2causal.model.sampler.sampling import SamplerSettings
from vm2causal.model.structural_fit import StructuralFit
from vm2causal.spec import CausalSpec, Variable
from vm2causal.spec.words import Kind


@dataclass(frozen=True)
class WithinBetween:
    """A cause's total effect as its coefficient, within and between the levels of a group.

    Parameters
    ----------
    adjusted_for
        Beside what is the same for a whole level of the group.
    within, between, difference
        Link scale of the effect (standard deviations of a continuous one) per standard deviation
        of the cause; difference = between − within. None where they cannot be told apart.
    differs
        Whether the interval of the difference excludes 0.
    measured_by
        How the mean of the cause was measured, where that needs saying.
    reason
        Why there is no answer.
    fit
        The regression, for the gate.
    """

    cause: str
    effect: str
    group: str
    adjusted_for: tuple[str, ...] | None = None
    within: Interval | None = None
    between: Interval | None = None
    difference: Interval | None = None
    measured_by: Bilingual | None = None
    reason: Bilingual | None = None
    fit: StructuralFit | None = field(default=None, repr=False)

    @property
    def differs(self) -> bool | None:
        """Whether the interval of the difference excludes 0; None without an answer."""
        found = self.difference
        return None if found is None else found["lower"] > 0 or found["upper"] < 0


def within_between(
    forward: Forward,
    cause: str,
    effect: str,
    *,
    seed: int,
    group: str = "school",
    settings: SamplerSettings | None = None,
    level: float = 0.95,
) -> WithinBetween:
    """Compare a cause's effect within and between the levels of a group.

    The adjustment set is one for the total effect once everything unobserved at the level of the
    group is held fixed, which the comparison within does.

    Parameters
    ----------
    group
        A group of the model.

    Raises
    ------
    QueryError
        When it is no group of the model, or the effect does not lie downstream of the cause.

    References
    ----------
    Mundlak (1978), Econometrica 46, 69; Bell, Jones (2015), Political Science Research and Methods
    3, 133.
    """
    _require_group(forward, group)
    require_descendant(forward, cause, effect)
    given = _adjusted_for(forward, cause, effect, group)
    reason = _why_not(forward.data, cause, effect, group) or (
        bilingual("within_between.no_set", group=group) if given is None else None
    )
    if reason is not None or given is None:
        return WithinBetween(cause, effect, group, reason=reason)
    mean = _free_name(forward.data)
    scores = _scores(forward.data, cause)
    regression = fit_regression(
        _with_mean(forward.data, mean, scores, group),
        cause,
        [effect],
        {*given, *({group} & set(forward.data.spec.variables))},
        beside=[mean],
        seed=seed,
        settings=settings,
        draws=forward.draws,
    )
    within, contextual = _coefficients(regression.forward, cause, effect, mean, scores)
    measured = bilingual("within_between.item_means", cause=cause, group=group)
    return WithinBetween(
        cause,
        effect,
        group,
        given,
        interval(within, level),
        interval(within + contextual, level),
        interval(contextual, level),
        measured if cause in forward.data.items else None,
        None,
        regression.fit,
    )


def _require_group(forward: Forward, group: str) -> None:
    if group not in forward.data.groups:
        raise QueryError(
            "Within and between are of a group of the model.",
            value=group,
            fix=f"One of: {', '.join(forward.data.groups) or 'none'}.",
        )


def _adjusted_for(forward: Forward, cause: str, effect: str, group: str) -> tuple[str, ...] | None:
    spec = forward.data.spec
    levels = {name: spec.variables[name].level for name in spec.hidden}
    held = [name for name, level in levels.items() if level is not None and level.value == group]
    found = identify_effect(usable_graph(forward, held=held), cause, effect)
    return smallest_set(forward.data, found.minimal_adjustment_sets, effect, free=[*held, group])


def _why_not(data: StructuralData, cause: str, effect: str, group: str) -> Bilingual | None:
    kinds = {name: data.spec.variables[name].kind for name in (cause, effect)}
    numeric = not (kinds[cause].unordered or kinds[cause].counted) and cause not in data.covariates
    if not numeric or kinds[effect].unordered:
        return bilingual("within_between.not_a_number", cause=cause, effect=effect, group=group)
    if any(hardly_varies(data, name) for name in (cause, effect)):
        return bilingual("second_opinion.no_variation", cause=cause, effect=effect)
    by_group = pd.Series(_scores(data, cause)).groupby(data.groups[group].codes)
    spread = by_group.max() - by_group.min()
    if not (spread > 0).any():
        return bilingual("within_between.no_contrast", cause=cause, group=group)
    return None


def _scores(data: StructuralData, cause: str) -> Floats:
    """The cause as one number per unit, of a construct the mean of its answers; NaN if missing."""
    if cause not in data.items:
        return data.columns[cause].values
    answers = np.where(data.items[cause] < 0, np.nan, data.items[cause])
    means: Floats = pd.DataFrame(answers).mean(axis=1).to_numpy(np.float64)
    return means


def _with_mean(data: StructuralData, name: str, scores: Floats, group: str) -> StructuralData:
    """The data with the mean of the scores per level of the group beside them."""
    values = pd.Series(scores).groupby(data.groups[group].codes).transform("mean")
    column = Column(
        Kind.CONTINUOUS,
        values.to_numpy(np.float64),
        centre=float(values.mean()),
        scale=float(values.std(ddof=0)) or 1.0,
    )
    spec = CausalSpec(
        name=data.spec.name,
        variables={**data.spec.variables, name: Variable()},
        arrows=data.spec.arrows,
        groups=data.spec.groups,
        steps=data.spec.steps,
    )
    return replace(data, spec=spec, columns={**data.columns, name: column})


def _free_name(data: StructuralData) -> str:
    names = (f"group-mean-{number}" for number in count(1))
    return next(name for name in names if name not in data.spec.variables)


def _coefficients(
    forward: Forward, cause: str, effect: str, mean: str, scores: Floats
) -> tuple[Floats, Floats]:
    """Draws of the cause's coefficient, and of what its mean adds, per SD of the cause."""
    own, beside = (
        next(
            forward.weight(index)[:, 0]
            for index, weight in enumerate(forward.layout.weights)
            if (weight.cause, weight.effect) == (name, effect)
        )
        for name in (cause, mean)
    )
    step = forward.data.columns[mean].scale
    if cause not in forward.data.items:
        return own, beside * forward.data.columns[cause].scale / step
    latent = forward.observed.values[cause]
    spread = latent.std(axis=1)
    return own * spread, beside * _slope(scores, latent) * spread / step


def _slope(scores: Floats, latent: Floats) -> Floats:
    """Item means per unit of the construct, per draw."""
    known = ~np.isnan(scores)
    centred = latent[:, known] - latent[:, known].mean(axis=1, keepdims=True)
    slope: Floats = centred @ scores[known] / (centred**2).sum(axis=1)
    return slope
