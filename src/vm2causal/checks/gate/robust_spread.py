"""Standard errors of effects that do not lean on the distributions of the model.

The influence of an observation on an effect is the posterior covariance of the effect with the
coefficients, times the observation's score; the sum of squared influences is the variance that the
effect would have over new samples, whatever their distribution. Influences are summed within the
levels of a group first, where these may go together.

References
----------
Giordano & Broderick (2023), The Bayesian infinitesimal jackknife for variance, arXiv:2305.06466,
equation 6; with effects of groups integrated out by
:mod:`~vm2causal.checks.gate.equation_scores`. White (1982), Econometrica 50, 1; Liang & Zeger
(1986), Biometrika 73, 13.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pandas as pd
import xarray as xr
from scipy.special import ndtri, stdtrit

from vm2causal.checks.gate.equation_scores import Equation, Modified, equation, shared_out
from vm2causal.checks.gate.shape_tests import MANY
from vm2causal.effects.averages import averaged_effect
from vm2causal.effects.contrasts import Contrast
from vm2causal.effects.forward import Forward
from vm2causal.effects.totals import expected_effects, mediators_between
from vm2causal.model.data.columns import Floats, Ints
from vm2causal.model.terms import VaryingCoefficient
from vm2causal.spec.words import QueryKind

LEVEL: Final = 0.95
"""Of the intervals that are held against each other."""

COLUMNS: Final = (
    "cause", "effect", "contrast", "kind", "through", "effect_level", "mean", "lower", "upper",
    "sd", "robust_sd", "clusters", "levels", "factor",
)  # fmt: skip


@dataclass(frozen=True)
class Drawn:
    """Draws of an effect on everybody, or of a share of one.

    Parameters
    ----------
    contrast
        The two values of the cause that are compared.
    effect
        Name of the variable that responds.
    values
        Draws, shape (draw,); of a nominal effect (draw, level).
    kind
        ``total``, ``direct``, or ``indirect`` of a share.
    through
        The mediators whose share it is, or beside which it is what is left; none of a whole effect.
    """

    contrast: Contrast
    effect: str
    values: Floats = field(repr=False)
    kind: str = QueryKind.TOTAL.value
    through: tuple[str, ...] = ()

    def equations(self, forward: Forward) -> frozenset[str]:
        """Whose equations it is made of: on every path, or its own where mediators are held."""
        if holds_mediators(self.kind, self.through):
            return frozenset({self.effect})
        causes = (part.cause for part in self.contrast.parts)
        between = (mediators_between(forward, cause, self.effect) for cause in causes)
        return frozenset({self.effect}.union(*between))


def holds_mediators(kind: str, through: Collection[str]) -> bool:
    """Whether an effect is the one with all mediators held: then only its own equation counts.

    Parameters
    ----------
    kind, through
        Of :class:`Drawn`. What is left beside some mediators is called direct too.
    """
    return kind == QueryKind.DIRECT.value and not through


@dataclass(frozen=True)
class Robust:
    """A standard error by clusters.

    Parameters
    ----------
    sd
        The robust standard error, in the units of the estimate.
    clusters
        Name of the group within whose levels influences were summed; None for units by themselves.
    levels
        How many there are.
    """

    sd: float
    clusters: str | None
    levels: int

    @property
    def quantile(self) -> float:
        """Half an interval in standard errors: Student's t with a degree less than levels."""
        return float(stdtrit(max(self.levels - 1, 1), (1 + LEVEL) / 2))


def robust_spreads(forward: Forward, asked: Mapping[Contrast, Sequence[str]]) -> pd.DataFrame:
    """Robust standard errors of total effects.

    Parameters
    ----------
    forward
        Equations of a fit, with its data and posterior draws.
    asked
        By contrast the effects that are reported of it.

    Returns
    -------
    pandas.DataFrame
        Of :func:`spreads_of`.
    """
    return spreads_of(forward, _totals(forward, asked))


def _totals(forward: Forward, asked: Mapping[Contrast, Sequence[str]]) -> Iterator[Drawn]:
    for contrast, effects in asked.items():
        expected = expected_effects(forward, contrast, effects)
        for effect in effects:
            yield Drawn(contrast, effect, on_everybody(forward, expected[effect], effect))


def on_everybody(forward: Forward, draws: xr.Dataset, effect: str) -> Floats:
    """Draws of an effect averaged over everybody, shape (draw,) or (draw, level).

    Parameters
    ----------
    forward
        Equations of a fit, with its data and posterior draws.
    draws
        Of :func:`~vm2causal.effects.totals.effect_draws`.
    effect
        Name of the variable that responds.
    """
    weights = forward.data.weights_for(effect)
    found: Floats = averaged_effect(forward, draws, weights=weights)["natural"].to_numpy()
    return found


def spreads_of(forward: Forward, drawn: Iterable[Drawn]) -> pd.DataFrame:
    """Robust standard errors of effects and of shares of them.

    Parameters
    ----------
    forward
        Equations of a fit, with its data and posterior draws.
    drawn
        What to judge.

    Returns
    -------
    pandas.DataFrame
        Per effect, contrast, share and level of a nominal effect: ``cause``, ``effect``,
        ``contrast``, ``kind``, ``through``, ``effect_level``, ``mean``, ``lower``, ``upper`` (95%)
        and ``sd`` of the posterior, ``robust_sd``: the largest over the groups with ten levels or
        more, and over units by themselves; ``clusters`` and ``levels`` of that one, and ``factor``:
        what half the interval is multiplied by if the robust standard error takes the place of the
        model's; at least 1.
    """
    rows = []
    known = Equations(forward)
    for one in drawn:
        on_path = known.of(sorted(one.equations(forward)))
        levels: list[str | None] = [None]
        if one.values.ndim > 1:
            levels = list(forward.data.columns[one.effect].levels)
        for level, values in zip(levels, one.values.reshape(forward.draws, -1).T, strict=True):
            key = (one.contrast.causes, one.effect, one.contrast.text, one.kind, one.through, level)
            rows.append((*key, *_summary(forward, values, on_path)))
    numbers = dict.fromkeys(("mean", "lower", "upper", "sd", "robust_sd", "factor"), np.float64)
    return pd.DataFrame(rows, columns=list(COLUMNS), dtype=object).astype(numbers)


class Equations:
    """Equations of a fit, each scored once and only when asked for.

    Parameters
    ----------
    forward
        Equations of a fit, with its data and posterior draws.
    """

    def __init__(self, forward: Forward) -> None:
        self._forward = forward
        self._found: dict[str, tuple[Equation, ...]] = {}

    def of(self, names: Iterable[str]) -> list[Equation]:
        """Those of variables; what has none is left out."""
        wanted = list(names)
        for name in wanted:
            if name not in self._found:
                items = self._forward.layout.predictors_of.get(name, ())
                self._found[name] = tuple(equation(self._forward, item) for item in items)
        return [one for name in wanted for one in self._found[name]]


def _summary(
    forward: Forward, values: Floats, on_path: Collection[Equation]
) -> tuple[float | str | int | None, ...]:
    ends = np.quantile(values, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    robust, factor = robust_of(forward, values, on_path)
    return (
        float(values.mean()), float(ends[0]), float(ends[1]), float(values.std()),
        robust.sd, robust.clusters, robust.levels, factor,
    )  # fmt: skip


def robust_of(
    forward: Forward, values: Floats, on_path: Collection[Equation]
) -> tuple[Robust, float]:
    """The widest robust standard error, and what half an interval is multiplied by with it.

    Parameters
    ----------
    forward
        Equations of a fit, with its data and posterior draws.
    values
        Draws of an effect or coefficient, shape (draw,).
    on_path
        Equations whose coefficients it is made of.

    Returns
    -------
    robust : Robust
        Over the groups with ten levels or more, and over units by themselves where there is none.
    factor : float
        At least 1.
    """
    sd = float(values.std())
    robust = max(_each(forward, values, on_path), key=_reach)
    factor = max(1.0, _reach(robust) / (sd * float(ndtri((1 + LEVEL) / 2)))) if sd else 1.0
    return robust, factor


def _reach(found: Robust) -> float:
    return found.sd * found.quantile


def influences(
    forward: Forward,
    values: Floats,
    on_path: Collection[Equation],
    *,
    given: Collection[str] = (),
) -> Floats:
    """Influence of every unit on an effect.

    Parameters
    ----------
    forward
        Equations of a fit, with its data and posterior draws.
    values
        Draws of the effect, shape (draw,).
    on_path
        Equations whose coefficients the effect is made of.
    given
        Groups whose effects count as coefficients. Those of other groups are integrated out; then
        only sums over a whole level of them mean something.

    Returns
    -------
    ndarray, shape (unit,)
    """
    centred = (values - values.mean()) / (len(values) - 1)
    units = len(forward.data.units)
    total = np.zeros(units)
    for one in on_path:
        for index, scores in one.coefficient_scores.items():
            size = float(centred @ forward.parameters["weight"][:, index])
            total += size * shared_out(one, scores, units)
        if one.item.intercepts is not None:
            for place in range(one.starts.shape[1]):
                draws = forward.parameters["intercept"][:, one.item.intercepts + place]
                scores = one.score * one.starts[:, place]
                total += float(centred @ draws) * shared_out(one, scores, units)
        for part in one.modified:
            if _is_estimated(forward, part, given):
                sizes = centred @ part.draws
                scores = part.scores * (sizes[0] if part.codes is None else sizes[part.codes])
                total += shared_out(one, scores, units)
        for group, row in _effects_of(one, given):
            sizes = centred @ forward.level_effects(group, row)
            codes = forward.data.groups[group].codes[one.unit]
            total += shared_out(one, sizes[codes] * one.score, units)
    return total


def _effects_of(one: Equation, groups: Collection[str]) -> list[tuple[str, int]]:
    return [pair for pair in (*one.item.pooled, *one.item.groups) if pair[0] in groups]


def _is_estimated(forward: Forward, part: Modified, given: Collection[str]) -> bool:
    """Whether what modifies a coefficient counts as coefficients, not as drawn levels."""
    if not isinstance(part.term, VaryingCoefficient):
        return True
    return part.term.group in given or part.term.group in forward.data.spec.variables


def _of_groups(
    forward: Forward, values: Floats, on_path: Collection[Equation], given: Collection[str]
) -> float:
    """Variance that an effect owes to what groups happened to be drawn, by the model."""
    centred = (values - values.mean()) / (len(values) - 1)
    slopes = sum(
        float(((centred @ part.draws) ** 2).sum()) / part.variance
        for one in on_path
        for part in one.modified
        if isinstance(part.term, VaryingCoefficient) and part.term.group in given
    )
    return slopes + sum(
        float(((centred @ forward.level_effects(group, row)) ** 2).sum())
        / float((forward.group_sd(group, row) ** 2).mean())
        for one in on_path
        for group, row in _effects_of(one, given)
    )


def _each(forward: Forward, values: Floats, on_path: Collection[Equation]) -> Iterator[Robust]:
    """By every group with enough levels, or where there is none by units; as few samples allow."""
    groups, units = forward.data.groups, len(forward.data.units)
    estimated = max((len(one.entered) + one.starts.shape[1] for one in on_path), default=0)
    sizes = {name: len(set(grouping.codes)) for name, grouping in groups.items()}
    within = [name for name, levels in sizes.items() if MANY <= levels < units]
    for name in (*within,) or (None,):
        codes = np.arange(units) if name is None else groups[name].codes
        levels = len(set(codes))
        given = [other for other in groups if not _nested(groups[other].codes, codes)]
        influence = influences(forward, values, on_path, given=given)
        sums = np.bincount(codes, weights=influence)
        spread = float(((sums - sums.sum() / levels) ** 2).sum())
        lost = estimated if name is None else 1
        spread = spread * levels / max(levels - lost, 1)
        spread += _of_groups(forward, values, on_path, given)
        yield Robust(float(np.sqrt(spread)), name, levels)


def _nested(inner: Ints, outer: Ints) -> bool:
    """Whether every level of one group lies within one level of another."""
    pairs = np.unique(np.column_stack([inner, outer]), axis=0)
    return len(pairs) == len(np.unique(inner))
