"""A second opinion on an effect: the smallest regression that the graph says identifies it.

The structural model answers through all its equations at once; this answers from one equation,
that of the effect given the cause and an adjustment set. Both lean on the same graph, but the
second on no other equation: where they differ, an equation of the model is wrong in its form, or
an independence that the graph implies does not hold.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from math import hypot
from typing import Any, Final

import numpy as np
import pandas as pd
import xarray as xr

from vm2causal.effects.adjustment_choice import choose_adjustment
from vm2causal.effects.arrows import arrow_table
from vm2causal.effects.averages import averaged_effect
from vm2causal.effects.contrasts import Contrast
from vm2causal.effects.forward import Forward
from vm2causal.effects.intervals import Interval, interval
from vm2causal.effects.outcome_regression import Regression, Regressions
from vm2causal.effects.totals import (
    direct_effect,
    expected_totals,
    mediators_between,
    require_descendant,
)
from vm2causal.effects.verdict import hardly_varies
from vm2causal.errors import QueryError
from vm2causal.identify import Strategy
from vm2causal.identify.result import Bilingual
from vm2causal.identify.sentences import bilingual
from vm2causal.model.data.columns import Floats
from vm2causal.model.sampler.sampling import SamplerSettings
from vm2causal.model.structural_fit import StructuralFit
from vm2causal.spec.words import QueryKind

DISAGREEMENT: Final = 2.0
"""Difference of the opinions, in joint standard deviations, above which they disagree.

The joint standard deviation is that of two independent estimates. The opinions share their data, so
their difference varies less than that: agreement is easily granted, disagreement is not.
"""


@dataclass(frozen=True)
class SecondOpinion:
    """Two opinions on one effect.

    Parameters
    ----------
    contrast
        The two values of the cause that are compared.
    effect
        Name of the variable whose response is asked for.
    kind
        Total or direct effect.
    strategy
        What identifies the effect in the graph; None where nothing does.
    adjusted_for
        The adjustment set; None where there is no second opinion.
    held
        Mediators held fixed as observed, for a direct effect.
    reason
        Why there is no second opinion.
    table
        One row per level of a nominal effect, else one row: ``effect_level``; intervals
        ``first`` and ``second`` on the response scale, ``first_career`` and ``second_career``
        (None where there is none); ``distance`` in joint standard deviations; ``disagrees``.
        Without a second opinion only what is first is filled in.
    arrow
        Where the effect is that of one arrow, that arrow in the regression, in the units of
        ``natural`` of :func:`~vm2causal.effects.arrows.arrow_table`: ``contrast``,
        ``effect_level``, interval ``natural``; else None.
    fit
        The regression, for the gate.
    """

    contrast: Contrast
    effect: str
    kind: QueryKind
    strategy: Strategy | None
    adjusted_for: tuple[str, ...] | None
    held: tuple[str, ...]
    reason: Bilingual | None
    table: pd.DataFrame = field(repr=False)
    arrow: pd.DataFrame | None = field(repr=False)
    fit: StructuralFit | None = field(repr=False)

    @property
    def disagrees(self) -> bool | None:
        """Whether the opinions disagree on any level; None where there is only one."""
        return None if self.fit is None else bool(self.table["disagrees"].any())


def second_opinion(
    forward: Forward,
    contrast: Contrast,
    effect: str,
    *,
    seed: int,
    kind: QueryKind = QueryKind.TOTAL,
    settings: SamplerSettings | None = None,
    level: float = 0.95,
    regressions: Regressions | None = None,
) -> SecondOpinion:
    """Estimate an effect again, by adjustment and the g-formula.

    Parameters
    ----------
    forward
        The fitted structural model.
    contrast
        The two values of the cause that are compared.
    effect
        Name of the variable whose response is asked for.
    seed, settings
        Of the regression.
    kind
        Total, or direct: mediators held at their observed values.
    level
        Probability that each interval holds, between 0 and 1.
    regressions
        To share regressions with other questions on this fit; their seed and settings hold.

    Raises
    ------
    QueryError
        When the effect does not lie downstream of the cause, or its kind has no second opinion.

    References
    ----------
    Robins (1986), Mathematical Modelling 7, 1393 (the g-formula); Hausman (1978), Econometrica 46,
    1251 (comparing two estimators of one quantity).
    """
    _require_kind(kind)
    require_descendant(forward, contrast.cause, effect)
    adjustment = choose_adjustment(forward, contrast.cause, effect, kind=kind)
    weights = forward.data.weights_for(effect)
    draws = _first(forward, contrast, effect, adjustment.held)
    first = averaged_effect(forward, draws, weights=weights)
    reason = adjustment.reason
    if any(hardly_varies(forward.data, name) for name in (contrast.cause, effect)):
        reason = bilingual("second_opinion.no_variation", cause=contrast.cause, effect=effect)
    regression = second = arrow = None
    if adjustment.given is not None and reason is None:
        made = regressions or Regressions(forward, seed=seed, settings=settings)
        regression = made.on(
            contrast.cause, adjustment.outcomes, {*adjustment.given, *adjustment.held}
        )
        draws = _second(forward, regression, contrast, effect)
        second = averaged_effect(forward, draws, weights=weights)
        if _is_arrow(forward, contrast.cause, effect, kind):
            arrow = _arrow(forward, regression, contrast.cause, effect, level)
    return SecondOpinion(
        contrast,
        effect,
        kind,
        adjustment.strategy,
        None if regression is None else adjustment.given,
        adjustment.held,
        reason,
        pd.DataFrame(_rows(first, second, level)),
        arrow,
        None if regression is None else regression.fit,
    )


def distance(first: Interval, second: Interval) -> float:
    """Difference of two estimates in joint standard deviations: (a − b) / √(sd_a² + sd_b²).

    Parameters
    ----------
    first, second
        Estimates of the same effect, on the same scale.

    Examples
    --------
    >>> from vm2causal.effects.intervals import interval
    >>> distance(interval([0.0, 1.0, 2.0]), interval([0.0, 1.0, 2.0]))
    0.0
    """
    joint = hypot(first["sd"], second["sd"])
    apart = first["mean"] - second["mean"]
    return apart / joint if joint > 0 else float(np.copysign(np.inf, apart)) if apart else 0.0


def _require_kind(kind: QueryKind) -> None:
    if kind is QueryKind.MEDIATED:
        raise QueryError(
            "One regression identifies a total or a direct effect.",
            value=kind.value,
            fix="Ask for the direct effect, or look at the mediation table.",
        )


def _first(forward: Forward, contrast: Contrast, effect: str, held: tuple[str, ...]) -> xr.Dataset:
    """What the structural model says; for a direct effect with mediators as observed."""
    if not held:
        return expected_totals(forward, contrast, [effect])[effect]
    return direct_effect(forward, contrast, effect, held=held)


def _second(
    forward: Forward, regression: Regression, contrast: Contrast, effect: str
) -> xr.Dataset:
    """The regression's effect, in the units of the structural model."""
    found = regression.effect(_same_contrast(forward, regression.forward, contrast), effect)
    if effect in forward.data.items:
        ratio = _spread(forward, effect) / _spread(regression.forward, effect)
        found["natural"] = found["natural"] * ratio
    return found


def _same_contrast(first: Forward, second: Forward, contrast: Contrast) -> Contrast:
    """Keep a contrast's place among units: scores and log-odds start elsewhere in each model.

    Scores of a construct have a unit of their own in each model besides.
    """
    cause = contrast.cause
    if cause not in first.data.items and cause not in first.data.cells:
        return contrast
    here, there = (float(item.observed.values[cause].mean()) for item in (first, second))
    construct = cause in first.data.items
    ratio = _spread(second, cause) / _spread(first, cause) if construct else 1.0
    high, low = (there + (value - here) * ratio for value in (contrast.high, contrast.low))
    return replace(contrast, high=high, low=low)


def _is_arrow(forward: Forward, cause: str, effect: str, kind: QueryKind) -> bool:
    """Whether an effect is what one arrow does: no mediator is left to act."""
    arrow = forward.data.spec.arrow(cause, effect) is not None
    return arrow and (kind is QueryKind.DIRECT or not mediators_between(forward, cause, effect))


def _arrow(
    forward: Forward, regression: Regression, cause: str, effect: str, level: float
) -> pd.DataFrame:
    """The arrow in the regression; scores of constructs in the units of the structural model."""
    unit = 1.0
    if cause in forward.data.items:
        unit *= _spread(regression.forward, cause) / _spread(forward, cause)
    if effect in forward.data.items:
        unit *= _spread(forward, effect) / _spread(regression.forward, effect)
    found = arrow_table(regression.forward, level=level)
    own = found[(found["cause"] == cause) & (found["effect"] == effect)]
    natural = own["natural"].map(lambda estimate: _times(estimate, unit))
    return own[["contrast", "effect_level"]].assign(natural=natural).reset_index(drop=True)


def _times(estimate: Interval, factor: float) -> Interval:
    return {
        "mean": estimate["mean"] * factor,
        "sd": estimate["sd"] * factor,
        "lower": estimate["lower"] * factor,
        "upper": estimate["upper"] * factor,
        "level": estimate["level"],
    }


def _spread(forward: Forward, name: str) -> float:
    scores: Floats = forward.observed.values[name]
    return float(scores.std(axis=1).mean())


def _rows(first: xr.Dataset, second: xr.Dataset | None, level: float) -> Iterator[dict[str, Any]]:
    levels = [None] if "level" not in first.dims else [str(name) for name in first["level"].values]
    for name in levels:
        one, other = (_summaries(item, name, level) for item in (first, second))
        mine, yours = one["natural"], other["natural"]
        apart = None if mine is None or yours is None else distance(mine, yours)
        yield {
            "effect_level": name,
            "first": mine,
            "second": yours,
            "first_career": one["career"],
            "second_career": other["career"],
            "distance": apart,
            "disagrees": None if apart is None else abs(apart) > DISAGREEMENT,
        }


def _summaries(
    draws: xr.Dataset | None, effect_level: str | None, level: float
) -> dict[str, Interval | None]:
    found: dict[str, Interval | None] = {}
    for name in ("natural", "career"):
        if draws is None or name not in draws:
            found[name] = None
        else:
            values = draws[name]
            chosen = values if effect_level is None else values.sel(level=effect_level)
            found[name] = interval(chosen, level)
    return found
