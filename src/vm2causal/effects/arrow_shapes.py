"""What arrows do that one coefficient does not say: steps, curves, and what lies between groups.

Of arrows with ``shape`` or ``split`` in the model; for all others see
:mod:`~vm2causal.checks.gate.shape_tests`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import pandas as pd

from vm2causal.effects.arrows import ArrowScale, arrow_scale
from vm2causal.effects.forward import Forward
from vm2causal.effects.intervals import interval
from vm2causal.model.data.columns import Floats
from vm2causal.model.structural_parameters import Predictor
from vm2causal.model.terms import CurveDeviation, GroupMean

MONOTONE: Final = "monotone"
SMOOTH: Final = "smooth"
SPLIT: Final = "split"

WITHIN: Final = "within"
BETWEEN: Final = "between"
CONTEXT: Final = "context"

SHAPES: Final = (
    "cause", "effect", "contrast", "effect_level", "kind", "low", "high", "of_total", "at", "by",
    "part", "standardised", "link", "p_positive",
)  # fmt: skip

PLACES: Final = (-2.0, -1.5, -1.0, -0.5, 0.5, 1.0, 1.5, 2.0)
"""Where a curve is told: standard deviations of the cause from its mean."""


def shapes_table(forward: Forward, *, level: float = 0.95) -> pd.DataFrame:
    """How an effect follows its cause, of arrows that step, bend or hold within a group.

    Parameters
    ----------
    forward
        A posterior ready to be run.
    level
        Mass of the intervals, between 0 and 1.

    Returns
    -------
    pandas.DataFrame
        ``cause``, ``effect``, ``contrast`` and ``effect_level`` say which arrow, ``kind`` what is
        told of it. ``monotone``: a row per step from level ``low`` to ``high``, with ``of_total``,
        which part it is of the way from the lowest level to the highest. ``smooth``: a row per
        place ``at``, in standard deviations of the cause from its mean; numbers are of the effect
        there against that at the mean. ``split``: rows whose ``part`` is ``within`` or ``between``
        the groups ``by`` (the mean of the group, and with it the cause, is one unit higher), and
        ``context``, what the second has beyond the first. None elsewhere. ``standardised`` is in
        standard deviations of the effect, ``link`` on its link scale (per natural unit of the
        cause where the arrow is split), ``p_positive`` the probability that either is positive.
        Intervals have ``mean``, ``sd``, ``lower`` and ``upper``.
    """
    rows = [
        row
        for items in forward.layout.predictors_of.values()
        for item in items
        for row in _rows(forward, item, level)
    ]
    return pd.DataFrame(rows, columns=list(SHAPES))


def _rows(forward: Forward, item: Predictor, level: float) -> Iterator[dict[str, Any]]:
    for index in item.weights:
        if forward.layout.weights[index].steps is not None:
            yield from _of_steps(forward, item, index, level)
    for term in item.modifiers:
        if isinstance(term, CurveDeviation):
            yield from _of_curve(forward, item, term, level)
        if isinstance(term, GroupMean):
            yield from _of_split(forward, item, term, level)


def _row(
    scale: ArrowScale, kind: str, standardised: Floats, link: Floats, level: float
) -> dict[str, Any]:
    return {
        **dict.fromkeys(SHAPES),
        **scale.named,
        "kind": kind,
        "standardised": interval(standardised, level),
        "link": interval(link, level),
        "p_positive": float((standardised > 0).mean()),
    }


def _in_units(forward: Forward, scale: ArrowScale) -> float:
    """From what predictors are in to the link scale of the effect."""
    column = forward.data.columns[scale.cause]
    return scale.per_unit * column.scale


def _of_steps(
    forward: Forward, item: Predictor, index: int, level: float
) -> Iterator[dict[str, Any]]:
    steps = forward.layout.weights[index].steps
    assert steps is not None
    sizes, scale = forward.parameters["arrow_step"], arrow_scale(forward, item, index)
    levels = forward.data.columns[scale.cause].levels
    rises = np.diff(steps.by_level(sizes), axis=1) * forward.weight(index)
    for place, shares in enumerate(steps.shares(sizes).T):
        own = rises[:, place]
        in_units = own * _in_units(forward, scale)
        yield _row(scale, MONOTONE, own * scale.standardising, in_units, level) | {
            "low": levels[place],
            "high": levels[place + 1],
            "of_total": interval(shares, level),
        }


def _of_curve(
    forward: Forward, item: Predictor, term: CurveDeviation, level: float
) -> Iterator[dict[str, Any]]:
    scale, curve = arrow_scale(forward, item, term.index), term.curve(forward.layout)
    at_mean = curve.columns(np.zeros(1))
    for place in PLACES:
        columns = curve.columns(np.array([place])) - at_mean
        away = forward.weight(term.index)[:, 0] * place + term.draws(forward) @ columns[0]
        in_units = away * _in_units(forward, scale)
        row = _row(scale, SMOOTH, away * scale.standardising, in_units, level)
        yield row | {"at": place}


def _of_split(
    forward: Forward, item: Predictor, term: GroupMean, level: float
) -> Iterator[dict[str, Any]]:
    scale = arrow_scale(forward, item, term.index)
    within, context = forward.weight(term.index)[:, 0], term.draws(forward)[:, 0]
    group = forward.layout.group_means[term.row].group
    for part, own in ((WITHIN, within), (BETWEEN, within + context), (CONTEXT, context)):
        row = _row(scale, SPLIT, own * scale.standardising, own * scale.per_unit, level)
        yield row | {"by": group, "part": part}
