"""Whether one coefficient per arrow will do, or the slope varies, hangs on another cause, or bends.

Three ways in which an arrow's single coefficient can mislead, each by a score test on the equation
of its effect: slopes that vary over the levels of a group, an interaction with another cause of the
same effect, and curvature.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Final

import numpy as np
import pandas as pd
from scipy.sparse import csr_array, hstack

from vm2causal.checks.gate.equation_scores import Equation, equation
from vm2causal.checks.gate.rank_uniformity import holm
from vm2causal.checks.gate.score_test import ScoreTest, background, membership, score_test, times
from vm2causal.checks.gate.state import State
from vm2causal.effects.forward import Forward
from vm2causal.effects.verdict import LOGIT_SD, ROPE
from vm2causal.model.data.columns import Floats
from vm2causal.model.families import Link, family_of
from vm2causal.model.terms import VaryingCoefficient
from vm2causal.spec.words import Kind

LIMIT: Final = 0.01
"""Probability, over all tests on one equation together, of failing one that is right."""
HALF: Final = 0.5
"""A slope that changes by less than this share of itself is still told by one number."""
MANY: Final = 10
"""Levels from which on a group's own scatter tells a standard error."""
MOST_LEVELS: Final = 2_000
"""Levels of a group beyond which its slopes are not tested: the covariance would not fit."""
_WITHIN: Final = 1e-6


class Shape(StrEnum):
    """What a test looks for."""

    VARIES = "varies"
    """Slopes that differ between the levels of a group."""
    INTERACTION = "interaction"
    """A slope that changes with another cause of the same effect."""
    CURVATURE = "curvature"
    """A slope that changes with the cause itself."""


class Unmade(StrEnum):
    """Why a test could not be made."""

    CONSTANT_WITHIN = "constant_within"
    """The cause does not vary within the levels of the group."""
    TOO_MANY_LEVELS = "too_many_levels"
    NOTHING_NEW = "nothing_new"
    """In these data it cannot be told from what the equation holds already."""


@dataclass(frozen=True)
class _Asked:
    """One test before it is made."""

    shape: Shape
    by: str | None
    columns: csr_array | None = field(repr=False)
    unmade: Unmade | None = None
    scores: Floats | None = field(default=None, repr=False)
    """Posterior means of the columns' scores, summed over rows."""
    wide: bool = False
    least_change: bool = True
    """Whether it takes a change that matters, beside one that is there."""
    reach: float = 2.0
    """Change of the slope, from one sd below to one above, per unit of the coefficient."""


COLUMNS: Final = (
    "cause", "effect", "effect_level", "shape", "by", "slope", "change", "detectable", "p",
    "state", "reason",
)  # fmt: skip


def shape_tests(forward: Forward) -> pd.DataFrame:
    """Test every arrow's coefficient for what it leaves out.

    Parameters
    ----------
    forward
        Equations of a fit, with its data and posterior draws.

    Returns
    -------
    pandas.DataFrame
        Per arrow and question: ``cause``, ``effect``, ``effect_level`` (of a nominal effect),
        ``shape`` (``varies``, ``interaction`` or ``curvature``), ``by`` (the group or the other
        cause), ``slope`` (posterior mean, link scale per standard deviation of the cause),
        ``change`` (estimated difference between the slopes one standard deviation below and above
        the middle: of slopes over the group, of the other cause, or of the cause itself),
        ``detectable`` (the smallest change found with probability .8), ``p`` (Holm, over all
        tests on the equation), ``state`` and, where it is unjudged, ``reason``.

    Notes
    -----
    Interactions and curvature fail only where the slope changes by more than half of itself and by
    more than the region of practical equivalence; slopes over a group of many levels whenever they
    vary, since its consequence, a wider interval, is as large as they make it.
    """
    rows: list[dict[str, Any]] = []
    for items in forward.layout.predictors_of.values():
        for item in items:
            rows += _of_equation(forward, equation(forward, item))
    numbers = dict.fromkeys(("slope", "change", "detectable", "p"), np.float64)
    return pd.DataFrame(rows, columns=list(COLUMNS), dtype=object).astype(numbers)


def _of_equation(forward: Forward, found: Equation) -> list[dict[str, Any]]:
    ready = background(found, forward.layout)
    arrows = tuple(_arrows(forward, found))
    asked = [(arrow, one) for arrow in arrows for one in _asked(forward, found, arrow, arrows)]
    # of two causes each is a condition of the other: one test, told of both
    keys = [(one.shape, frozenset({arrow.cause, one.by})) for arrow, one in asked]
    first = dict(zip(reversed(keys), reversed([one for _, one in asked]), strict=True))
    level = LIMIT / max(1, sum(one.columns is not None for one in first.values()))
    made = {
        key: score_test(ready, one.columns, level=level, wide=one.wide, scores=one.scores)
        for key, one in first.items()
        if one.columns is not None
    }
    tests = {key: test for key, test in made.items() if test is not None}
    adjusted = dict(zip(tests, holm(np.array([test.p for test in tests.values()])), strict=True))
    return [
        _row(forward, found, arrow, one, tests.get(key), float(adjusted.get(key, np.nan)))
        for (arrow, one), key in zip(asked, keys, strict=True)
    ]


@dataclass(frozen=True)
class _Arrow:
    """An arrow in one equation: what its coefficients are multiplied by, and their mean size.

    ``pulled`` is the posterior mean of score times column, per row.
    """

    cause: str
    columns: Floats = field(repr=False)
    pulled: Floats = field(repr=False)
    slope: float
    kind: Kind
    bends: bool
    """Whether the model lets it bend."""


def _arrows(forward: Forward, found: Equation) -> Iterator[_Arrow]:
    """Arrows with coefficients of their own; numbers and scores in standard deviations."""
    weights = forward.layout.weights
    declared = {arrow.key: arrow for arrow in forward.data.spec.arrows}
    means = forward.parameters["weight"].mean(axis=0) if weights else np.zeros(0)
    for cause in dict.fromkeys(weights[index].cause for index in found.entered):
        own = [index for index in found.entered if weights[index].cause == cause]
        columns = np.column_stack([found.entered[index] for index in own])
        pulled = np.column_stack([found.coefficient_scores[index] for index in own])
        slope = float(np.sqrt((means[own] ** 2).mean()))
        column = forward.data.column(cause)
        kind = forward.data.spec.variables[cause].kind if column is None else column.kind
        bends = declared[cause, found.item.variable].shape is not None
        arrow = _Arrow(cause, columns, pulled, slope, kind, bends)
        if weights[own[0]].cause_level is None:
            scaled, spread = _standardised(arrow, found)
            arrow = replace(scaled, slope=float(means[own[0]]) * spread)
        yield arrow


def _standardised(arrow: _Arrow, found: Equation) -> tuple[_Arrow, float]:
    """Its columns with mean 0 and standard deviation 1 where there is information."""
    weights = found.information
    if weights.sum() <= 0:
        return arrow, 1.0
    mean = np.average(arrow.columns, axis=0, weights=weights)
    centred = arrow.columns - mean
    spread = np.sqrt(np.average(centred**2, axis=0, weights=weights))
    scale = np.where(spread > 0, spread, 1.0)
    pulled = (arrow.pulled - found.score[:, np.newaxis] * mean) / scale
    return replace(arrow, columns=centred / scale, pulled=pulled), float(spread[0])


def _asked(
    forward: Forward, found: Equation, arrow: _Arrow, arrows: tuple[_Arrow, ...]
) -> Iterator[_Asked]:
    modified = _modified_by(forward, found, arrow.cause)
    for group, grouping in forward.data.groups.items():
        levels = len(set(grouping.codes))
        # by the model a cause that describes a group does not vary within it
        known = {arrow.cause, forward.data.group_of(arrow.cause), *modified}
        if group not in known and 1 < levels < len(forward.data.units):
            yield _over_group(found, arrow, group, grouping.codes[found.unit])
    for other in arrows:
        if other.cause not in {arrow.cause, *modified, *forward.data.groups}:
            moderator, _ = _standardised(other, found)
            products, scores = _products(found, arrow, moderator)
            yield _Asked(Shape.INTERACTION, other.cause, csr_array(products), scores=scores)
    two_levels = arrow.kind.unordered or arrow.kind is Kind.BINARY
    if not two_levels and not arrow.bends and len(np.unique(arrow.columns)) > 2:
        squares, scores = _products(found, arrow, arrow)
        yield _Asked(Shape.CURVATURE, None, csr_array(squares), scores=scores, reach=4.0)


def _modified_by(forward: Forward, found: Equation, cause: str) -> frozenset[str]:
    """What the coefficients of an arrow vary by or depend on in the model already."""
    weights, by = forward.layout.weights, set[str]()
    for one in found.modified:
        causes = {weights[index].cause for index in one.term.multiplied}
        if cause in causes:
            by |= causes - {cause}
            by |= {one.term.group} if isinstance(one.term, VaryingCoefficient) else set()
    return frozenset(by)


def _products(found: Equation, one: _Arrow, other: _Arrow) -> tuple[Floats, Floats]:
    """Products of the columns of two causes, and their scores.

    The posterior mean of score × one × other, up to how one and other go along with each other
    in the posterior of a row, which has mean zero over rows with the score itself.
    """
    columns, scores = [], []
    for place in range(one.columns.shape[1]):
        mine, pulled = one.columns[:, [place]], one.pulled[:, [place]]
        columns.append(mine * other.columns)
        along = pulled * other.columns + mine * other.pulled
        scores.append((along - found.score[:, np.newaxis] * columns[-1]).sum(axis=0))
    return np.hstack(columns), np.concatenate(scores)


def _over_group(found: Equation, arrow: _Arrow, group: str, codes: Any) -> _Asked:
    levels = int(codes.max()) + 1
    asked = _Asked(Shape.VARIES, group, None, wide=True, least_change=levels < MANY)
    if levels > MOST_LEVELS:
        return replace(asked, unmade=Unmade.TOO_MANY_LEVELS)
    member = membership(codes)
    inside = member.T @ found.information
    with np.errstate(divide="ignore", invalid="ignore"):
        means = (member.T @ (arrow.columns * found.information[:, np.newaxis])) / inside[:, None]
    apart = arrow.columns - np.nan_to_num(means)[codes]
    within = float((apart**2 * found.information[:, np.newaxis]).sum())
    if within <= _WITHIN * found.information.sum():
        return replace(asked, unmade=Unmade.CONSTANT_WITHIN)
    per_level = [times(codes, arrow.columns[:, [place]]) for place in range(arrow.columns.shape[1])]
    scores = (member.T @ arrow.pulled).T.ravel()
    return replace(asked, columns=csr_array(hstack(per_level)), scores=scores)


def _row(
    forward: Forward,
    found: Equation,
    arrow: _Arrow,
    asked: _Asked,
    test: ScoreTest | None,
    p: float,
) -> dict[str, Any]:
    level = found.item.level
    levels = () if level is None else forward.data.columns[found.item.variable].levels
    row: dict[str, Any] = {
        "cause": arrow.cause,
        "effect": found.item.variable,
        "effect_level": None if level is None else levels[level],
        "shape": asked.shape.value,
        "by": asked.by,
        "slope": arrow.slope,
    }
    if test is None:
        reason = asked.unmade or Unmade.NOTHING_NEW
        nothing = dict.fromkeys(("change", "detectable", "p"), np.nan)
        return row | nothing | {"state": State.UNJUDGED.value, "reason": reason.value}
    change = asked.reach * abs(test.size)
    matters = not asked.least_change or change >= max(HALF * abs(arrow.slope), _rope(found))
    state = State.FAILED if p < LIMIT and matters else State.PASSED
    measured = {"change": change, "detectable": asked.reach * test.detectable, "p": p}
    return row | measured | {"state": state.value, "reason": None}


def _rope(found: Equation) -> float:
    """Region of practical equivalence of the effect, on the link scale."""
    linear = family_of(found.item.kind).link is not Link.LOGIT
    return ROPE * (1.0 if linear else LOGIT_SD)
