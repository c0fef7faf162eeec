"""Every arrow of a model weighed: link scale, per standard deviation, and in people's units."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from vm2causal.effects.averages import averaged
from vm2causal.effects.bayes_factors import BayesFactor, known_bayes_factor
from vm2causal.effects.forward import Forward, World
from vm2causal.effects.intervals import interval
from vm2causal.effects.judgement import Note, Weighed, judge_arrow, unjudged
from vm2causal.effects.responses import level_response, mean_response
from vm2causal.effects.verdict import Untestable, why_untestable
from vm2causal.model.data.columns import Column, Floats
from vm2causal.model.data.spec_for_data import Unfitted, UnfittedArrow
from vm2causal.model.families import Link, family_of
from vm2causal.model.structural_parameters import Predictor, Weight
from vm2causal.model.terms import CurveDeviation, GroupMean, ProductCoefficient, VaryingCoefficient
from vm2causal.spec.words import Kind


def arrow_table(
    forward: Forward, *, level: float = 0.95, unfitted: Unfitted | None = None
) -> pd.DataFrame:
    """Weigh every arrow of the fitted model.

    Parameters
    ----------
    forward
        A posterior ready to be run.
    level
        Mass of the intervals.
    unfitted
        How the arrows of the fit differ from those of the model file; not at all where None.

    Returns
    -------
    pandas.DataFrame
        One row per arrow, or per level of a nominal cause or effect: ``cause``, ``effect``,
        ``contrast``, ``effect_level``, intervals ``link`` (per natural unit) and ``natural``
        (response scale, averaged over pupils or rows), ``untestable``, ``literature``, ``expected``
        sign, what :func:`~vm2causal.effects.judgement.judge_arrow` gives, and ``through``:
        variables that are not fitted and that the arrow stands for paths through. Arrows of
        unobserved variables, which no data weigh, are in it with verdict ``niet_toetsbaar`` and no
        numbers.
    """
    known = unfitted or Unfitted()
    own: dict[tuple[str, str], list[_Row]] = {}
    for item in forward.layout.predictors:
        for row in _rows(forward, item, level):
            own.setdefault((row.told["cause"], row.told["effect"]), []).append(row)
    rows = [
        {**row.told, **judged}
        for several in own.values()
        for row, judged in zip(
            several, judge_arrow([row.weighed for row in several], level), strict=True
        )
    ]
    found = pd.DataFrame([*rows, *_not_weighed(forward, set(own), known)])
    return _in_order(found, forward, known)


def _in_order(found: pd.DataFrame, forward: Forward, unfitted: Unfitted) -> pd.DataFrame:
    """Rows in the order of the fitted arrows, the others of the file last, with ``through``."""
    pairs = list(zip(found["cause"], found["effect"], strict=True))
    fitted = [arrow.key for arrow in forward.data.spec.arrows]
    others = [item.arrow.key for item in unfitted.arrows if item.arrow.key not in fitted]
    order = {key: place for place, key in enumerate([*fitted, *others])}
    found = found.assign(
        through=pd.Series([unfitted.through.get(pair, ()) for pair in pairs], dtype=object),
        place=[order[pair] for pair in pairs],
    )
    return found.sort_values("place", kind="stable").drop(columns="place").reset_index(drop=True)


@dataclass(frozen=True)
class _Row:
    """What is told of a coefficient, and what it is judged by."""

    told: dict[str, Any]
    weighed: Weighed


def _rows(forward: Forward, item: Predictor, level: float) -> Iterator[_Row]:
    for index in (*item.weights, *item.cell_weights):
        yield _weighed(forward, item, index, level)
    for group, row in item.pooled:
        yield from _pooled(forward, item, group, row, level)


@dataclass(frozen=True)
class ArrowScale:
    """What a coefficient is about, and what its draws are multiplied by to be told.

    Parameters
    ----------
    cause, effect, contrast, effect_level
        Of its arrow; the last two where cause or effect have levels.
    standardising
        To standard deviations of effect and cause, per draw of those that are run forwards.
    per_unit
        To the link scale per natural unit of the cause.
    cause_sd
        Standard deviation of what the coefficient is multiplied by, per draw; 1 for contrasts.
    """

    cause: str
    effect: str
    contrast: str | None
    effect_level: str | None
    standardising: Floats
    per_unit: float
    cause_sd: Floats

    @property
    def named(self) -> dict[str, Any]:
        """Which coefficient it is, as rows of tables have it."""
        names = ("cause", "effect", "contrast", "effect_level")
        return {name: getattr(self, name) for name in names}


def arrow_scale(forward: Forward, item: Predictor, index: int) -> ArrowScale:
    """The scales on which one coefficient is told.

    Parameters
    ----------
    forward
        A posterior ready to be run.
    item
        The predictor that the coefficient stands in.
    index
        Of the coefficient among all of the layout.
    """
    weight = forward.layout.weights[index]
    ones = np.ones(forward.draws)
    cause_sd = _cause_sd(forward, weight) * ones
    return ArrowScale(
        weight.cause,
        item.variable,
        _contrast(forward, weight),
        _effect_level(forward, item),
        cause_sd / _effect_scale(forward, item) * ones,
        _per_unit(forward, weight) * _natural_link_scale(forward, item),
        cause_sd,
    )


@dataclass(frozen=True)
class Coefficient:
    """Draws of one coefficient, as the fit has it.

    Parameters
    ----------
    item
        The predictor that it stands in.
    cause, contrast, effect_level
        Of its arrow, as :func:`arrow_table` names them.
    values
        Of those draws that are run forwards, shape (draw,).
    """

    item: Predictor
    cause: str
    contrast: str | None
    effect_level: str | None
    values: Floats

    @property
    def key(self) -> tuple[str, str, str | None, str | None]:
        """Cause, effect, contrast and level of the effect: of a row of :func:`arrow_table`."""
        return self.cause, self.item.variable, self.contrast, self.effect_level


def coefficients(forward: Forward) -> Iterator[Coefficient]:
    """Every coefficient that :func:`arrow_table` weighs.

    Parameters
    ----------
    forward
        A posterior ready to be run.
    """
    for item in forward.layout.predictors:
        level = _effect_level(forward, item)
        for index in (*item.weights, *item.cell_weights):
            weight = forward.layout.weights[index]
            values = forward.parameters["weight"][:, index]
            yield Coefficient(item, weight.cause, _contrast(forward, weight), level, values)
        for group, row in item.pooled:
            column, effects = forward.data.columns[group], forward.level_effects(group, row)
            for rank, contrast in _pooled_contrasts(column):
                difference = effects[:, rank] - effects[:, column.reference]
                yield Coefficient(item, group, contrast, level, difference)


def _pooled_contrasts(column: Column) -> Iterator[tuple[int, str]]:
    for rank, name in enumerate(column.levels):
        if rank != column.reference:
            yield rank, f"{name} vs {column.levels[column.reference]}"


def _per_unit(forward: Forward, weight: Weight) -> float:
    column = forward.data.column(weight.cause)
    return 1.0 if column is None or weight.cause_level is not None else 1.0 / column.scale


def _weighed(forward: Forward, item: Predictor, index: int, level: float) -> _Row:
    weight = forward.layout.weights[index]
    draws = forward.every_weight(index)
    per_unit = _per_unit(forward, weight)
    effect_scale = _effect_scale(forward, item)
    natural_scale = _natural_link_scale(forward, item)
    cause_sd = _cause_sd(forward, weight)
    # the spread of a score or propensity is known in the draws that are run forwards only
    scaled = isinstance(cause_sd, float) and isinstance(effect_scale, float)
    standardised = (draws if scaled else forward.weight(index)[:, 0]) * cause_sd / effect_scale
    contraction = float(draws.std(ddof=1)) / weight.sd
    link = draws * per_unit * natural_scale
    linear = family_of(item.kind).link is Link.IDENTITY
    modified = any(
        term.slope(forward, index, forward.observed) is not None for term in item.modifiers
    )
    return _row(
        forward,
        item,
        weight.cause,
        _contrast(forward, weight),
        link=link,
        standardised=standardised,
        # where the link is the identity both are the same, and known in every draw
        natural=link if linear and not modified else _natural(forward, item, index),
        # scales are positive, so that the sign is known in every draw
        positive=float((draws > 0).mean()),
        bayes_factor=known_bayes_factor(draws, mean=weight.mean, sd=weight.sd),
        contraction=contraction,
        level=level,
        about=tuple(_about(item, index)),
    )


def _about(item: Predictor, index: int) -> Iterator[Note]:
    """What a coefficient is, where the arrow has more than one."""
    beside = {type(term) for term in item.modifiers if index in term.multiplied}
    yield from (note for kind, note in _ABOUT.items() if kind in beside)


_ABOUT: Final = {
    CurveDeviation: Note.STRAIGHT_PART,
    GroupMean: Note.WITHIN_GROUPS,
    VaryingCoefficient: Note.MEAN_OF_LEVELS,
    ProductCoefficient: Note.AT_THE_MEAN,
}


def _row(
    forward: Forward,
    item: Predictor,
    cause: str,
    contrast: str | None,
    *,
    link: Floats,
    standardised: Floats,
    natural: Floats,
    positive: float,
    bayes_factor: BayesFactor | None,
    contraction: float,
    level: float,
    about: tuple[Note, ...] = (),
) -> _Row:
    arrow = forward.data.spec.arrow(cause, item.variable)
    sign = arrow.sign if arrow else None
    reason = why_untestable(forward.data, cause, item.variable, contraction=contraction)
    told = {
        "cause": cause,
        "effect": item.variable,
        "contrast": contrast,
        "effect_level": _effect_level(forward, item),
        "link": interval(link, level),
        "natural": interval(natural, level),
        "untestable": reason.value if reason else None,
        "literature": arrow.evidence.value if arrow and arrow.evidence else None,
        "expected": sign.value if sign else None,
    }
    logit = family_of(item.kind).link is Link.LOGIT
    return _Row(told, Weighed(standardised, positive, sign, reason, logit, bayes_factor, about))


def _effect_level(forward: Forward, item: Predictor) -> str | None:
    return None if item.level is None else forward.data.columns[item.variable].levels[item.level]


def _contrast(forward: Forward, weight: Weight) -> str | None:
    column = forward.data.column(weight.cause)
    if column is None or not column.levels:
        return None
    if weight.cause_level is not None:
        return f"{column.levels[weight.cause_level]} vs {column.levels[column.reference]}"
    return f"{column.levels[1]} vs {column.levels[0]}" if len(column.levels) == 2 else None


def _cause_sd(forward: Forward, weight: Weight) -> Floats | float:
    """What a coefficient is per: 1 for standardised columns and contrasts of levels."""
    if weight.cause in forward.data.columns or weight.cause in forward.data.covariates:
        return 1.0
    spread: Floats = forward.observed.values[weight.cause].std(axis=1)
    return spread


def _effect_scale(forward: Forward, item: Predictor) -> Floats | float:
    """Standard deviation of a latent effect; other link scales are standardised already."""
    if not item.kind.measured:
        return 1.0
    spread: Floats = forward.observed.values[item.variable].std(axis=1)
    return spread


def _natural_link_scale(forward: Forward, item: Predictor) -> float:
    column = forward.data.columns.get(item.variable)
    same = forward.layout.family(item.variable).link is Link.IDENTITY
    return column.scale if column is not None and same else 1.0


def _natural(forward: Forward, item: Predictor, index: int) -> Floats:
    """Average change of the effect when only the cause changes, by one natural unit."""
    weight = forward.layout.weights[index]
    shifts = {}
    for other in forward.layout.predictors_of[item.variable]:
        same = _same_cause(forward, other, weight)
        shifts[other.level] = _shifts(forward, other, same)
    return _change(forward, item, shifts)


def _same_cause(forward: Forward, item: Predictor, weight: Weight) -> int:
    """The coefficient of the same cause, and level of it, in another predictor of the effect."""
    return next(
        index
        for index in (*item.weights, *item.cell_weights)
        if forward.layout.weights[index].cause == weight.cause
        and forward.layout.weights[index].cause_level == weight.cause_level
    )


def _shifts(forward: Forward, item: Predictor, index: int) -> tuple[Floats, Floats]:
    """What is added to a predictor under the higher and under the lower value of the cause."""
    weight = forward.layout.weights[index]
    world = forward.observed
    draws = forward.coefficient(item, index, world)
    if weight.cause in forward.data.covariates:
        column = forward.data.covariates[weight.cause]
        half = draws * (1.0 if weight.cause_level is not None else 1.0 / column.scale) / 2
        return half, -half
    if weight.cause_level is not None:
        own = [
            forward.coefficient(item, other, world) * (world.ranks[weight.cause] == level)
            for other in item.weights
            if forward.layout.weights[other].cause == weight.cause
            and (level := forward.layout.weights[other].cause_level) is not None
        ]
        base: Floats = -np.sum(own, axis=0)
        return base + draws, base
    entered = forward.entered(index, world)
    found = forward.data.columns.get(weight.cause)
    if found is not None and found.kind is Kind.BINARY:
        high = (1 - found.centre) / found.scale - entered
        return draws * high, draws * (-found.centre / found.scale - entered)
    half = draws * 0.5 / (found.scale if found is not None else 1.0)
    return half, -half


def _change(
    forward: Forward, item: Predictor, shifts: Mapping[int | None, tuple[Floats, Floats]]
) -> Floats:
    """Response under the higher shifts of the effect's predictors minus that under the lower."""
    world = forward.observed
    if item.level is None:
        high, low = shifts[None]
        difference = mean_response(forward, world, item.variable, shift=high)
        difference = difference - mean_response(forward, world, item.variable, shift=low)
    else:
        sides = (
            level_response(
                forward, _moved(world, item.variable, shifts, side), item.variable, item.level
            )
            for side in (0, 1)
        )
        high, low = sides
        difference = high - low
    return averaged(forward, difference, item.variable)


def _moved(
    world: World,
    variable: str,
    shifts: Mapping[int | None, tuple[Floats, Floats]],
    side: int,
) -> World:
    predictors = {
        (variable, level): world.predictors[variable, level] + both[side]
        for level, both in shifts.items()
    }
    return World(world.values, world.ranks, {**world.predictors, **predictors})


def _pooled(
    forward: Forward, item: Predictor, group: str, row: int, level: float
) -> Iterator[_Row]:
    column = forward.data.columns[group]
    effects = forward.level_effects(group, row)
    reference = effects[:, [column.reference]]
    for rank, contrast in _pooled_contrasts(column):
        difference = (effects[:, [rank]] - reference)[:, 0]
        yield _row(
            forward,
            item,
            group,
            contrast,
            link=difference * _natural_link_scale(forward, item),
            standardised=difference / _effect_scale(forward, item),
            natural=_pooled_change(forward, item, group, rank),
            positive=float((difference > 0).mean()),
            bayes_factor=None,
            contraction=float(difference.std(ddof=1)) / forward.layout.widths.pooled_difference,
            level=level,
        )


def _pooled_change(forward: Forward, item: Predictor, group: str, rank: int) -> Floats:
    shifts = {}
    for other in forward.layout.predictors_of[item.variable]:
        effects = forward.level_effects(group, dict(other.pooled)[group])
        own = np.take_along_axis(effects, forward.observed.ranks[group], axis=1)
        reference = forward.data.columns[group].reference
        shifts[other.level] = (effects[:, [rank]] - own, effects[:, [reference]] - own)
    return _change(forward, item, shifts)


def _not_weighed(
    forward: Forward, fitted: Collection[tuple[str, str]], unfitted: Unfitted
) -> Iterator[dict[str, Any]]:
    """Arrows without a coefficient, because one end has no data or none that vary.

    A nominal variable of one level is in the fit and has nothing to weigh.
    """
    of_file = {item.arrow.key for item in unfitted.arrows}
    others = [
        # in the fit without a coefficient: it does not vary
        UnfittedArrow(arrow, hardly_varies=set(arrow.key) <= set(forward.layout.order))
        for arrow in forward.data.spec.arrows
        if arrow.key not in fitted
        # what an unobserved variable does by way of another one is no claim of the model
        and arrow.key not in of_file
        and (arrow.key not in unfitted.through or set(arrow.key) <= set(forward.layout.order))
    ]
    for item in (*others, *unfitted.arrows):
        reason = Untestable.NO_VARIATION if item.hardly_varies else Untestable.UNOBSERVED
        yield {
            "cause": item.arrow.cause,
            "effect": item.arrow.effect,
            **dict.fromkeys(("contrast", "effect_level", "link", "natural")),
            **unjudged(),
            "untestable": reason.value,
            "literature": item.arrow.evidence.value if item.arrow.evidence else None,
            "expected": item.arrow.sign.value if item.arrow.sign else None,
        }
