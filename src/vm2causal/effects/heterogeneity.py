"""How much an arrow's coefficient differs: between levels, or with another cause.

Of arrows that the model lets vary or depend; for all others see
:mod:`~vm2causal.checks.gate.shape_tests`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import pandas as pd

from vm2causal.effects.arrows import arrow_scale
from vm2causal.effects.forward import Forward
from vm2causal.effects.intervals import interval
from vm2causal.effects.verdict import rope_width
from vm2causal.model.data.columns import Floats
from vm2causal.model.families import Link, family_of
from vm2causal.model.structural_parameters import Predictor
from vm2causal.model.terms import ProductCoefficient, VaryingCoefficient

VARIES: Final = "varies"
DEPENDS: Final = "depends_on"

DIFFERENCES: Final = (
    "cause", "effect", "contrast", "effect_level", "kind", "by", "by_contrast", "spread",
    "p_apart", "new_level", "per_sd", "p_positive",
)  # fmt: skip
SLOPES: Final = (
    "cause", "effect", "contrast", "effect_level", "by", "group", "standardised", "link",
    "p_positive", "rank_lower", "rank_upper",
)  # fmt: skip


def differences_table(forward: Forward, *, level: float = 0.95) -> pd.DataFrame:
    """How much coefficients differ, a row per arrow and what it differs by.

    Parameters
    ----------
    forward
        A posterior ready to be run.
    level
        Mass of the intervals, between 0 and 1.

    Returns
    -------
    pandas.DataFrame
        ``cause``, ``effect``, ``contrast``, ``effect_level`` and ``by`` say which coefficient and
        what it differs by; ``kind`` is ``varies`` or ``depends_on``. Where it varies: ``spread``,
        the interval of the standard deviation of the standardised coefficient between levels (of a
        group that of all levels it may have, of a variable that of its own levels), ``p_apart``,
        the probability that the largest and the smallest of the levels in the data differ by more
        than the region of practical equivalence, and for a group ``new_level``, the interval in
        which the coefficient of a new level would lie. Where it depends: ``by_contrast`` (of a
        nominal moderator), ``per_sd``, the change of the standardised coefficient per standard
        deviation of the moderator or between its levels, and ``p_positive``, the probability that
        this change is positive. None elsewhere.
    """
    rows = [
        row
        for item, term in _modifiers(forward)
        for row in (
            _varying(forward, item, term, level)
            if isinstance(term, VaryingCoefficient)
            else _depending(forward, item, term, level)
        )
    ]
    return pd.DataFrame(rows, columns=list(DIFFERENCES))


def slopes_table(forward: Forward, *, level: float = 0.95) -> pd.DataFrame:
    """The coefficient of every level, of arrows that vary.

    Parameters
    ----------
    forward
        A posterior ready to be run.
    level
        Mass of the intervals, between 0 and 1.

    Returns
    -------
    pandas.DataFrame
        A row per coefficient and level of ``by``, named ``group``: intervals ``standardised`` and
        ``link`` (per natural unit of the cause), ``p_positive``, and ``rank_lower`` to
        ``rank_upper``, the interval of its rank among the levels, 1 the smallest.
    """
    rows = [
        row
        for item, term in _modifiers(forward)
        if isinstance(term, VaryingCoefficient)
        for row in _levels(forward, item, term, level)
    ]
    return pd.DataFrame(rows, columns=list(SLOPES))


def _modifiers(
    forward: Forward,
) -> Iterator[tuple[Predictor, VaryingCoefficient | ProductCoefficient]]:
    for item in forward.layout.predictors:
        for term in item.modifiers:
            if isinstance(term, VaryingCoefficient | ProductCoefficient):
                yield item, term


def _deviations(forward: Forward, term: VaryingCoefficient) -> Floats:
    """Of the levels that occur in the data, shape (draw, level)."""
    occurring = np.unique(forward.data.levels_of(term.group).codes)
    return forward.slopes(term.group, term.row)[:, occurring]


def _varying(
    forward: Forward, item: Predictor, term: VaryingCoefficient, level: float
) -> Iterator[dict[str, Any]]:
    scale = arrow_scale(forward, item, term.index)
    deviations = _deviations(forward, term) * scale.standardising[:, np.newaxis]
    sampled = term.group not in forward.data.spec.variables
    spread = deviations.std(axis=1)
    new = None
    if sampled:
        block, row = term.spread(forward.layout)
        spread = forward.parameters[block][:, row] * scale.standardising
        noise = forward.noise(f"new level of {term.group}").standard_normal(forward.draws)
        middle = forward.weight(term.index)[:, 0] * scale.standardising
        new = interval(middle + spread * noise, level)
    width = rope_width(family_of(item.kind).link is Link.LOGIT)
    yield {
        **dict.fromkeys(DIFFERENCES),
        **scale.named,
        "kind": VARIES,
        "by": term.group,
        "spread": interval(spread, level),
        "p_apart": float((np.ptp(deviations, axis=1) > width).mean()),
        "new_level": new,
    }


def _depending(
    forward: Forward, item: Predictor, term: ProductCoefficient, level: float
) -> Iterator[dict[str, Any]]:
    scale = arrow_scale(forward, item, term.first)
    moderator = arrow_scale(forward, item, term.second)
    product = forward.parameters["product"][:, term.index]
    # per standard deviation of the moderator: that of a score is known in each draw
    change = product * scale.standardising * moderator.cause_sd
    yield {
        **dict.fromkeys(DIFFERENCES),
        **scale.named,
        "kind": DEPENDS,
        "by": moderator.cause,
        "by_contrast": moderator.contrast,
        "per_sd": interval(change, level),
        "p_positive": float((change > 0).mean()),
    }


def _levels(
    forward: Forward, item: Predictor, term: VaryingCoefficient, level: float
) -> Iterator[dict[str, Any]]:
    from scipy.stats import rankdata

    scale = arrow_scale(forward, item, term.index)
    grouping = forward.data.levels_of(term.group)
    occurring = np.unique(grouping.codes)
    slopes = forward.weight(term.index) + _deviations(forward, term)
    ranks = rankdata(slopes, axis=1)
    ends = np.quantile(ranks, [(1 - level) / 2, (1 + level) / 2], axis=0, method="nearest")
    for place, code in enumerate(occurring):
        own = slopes[:, place]
        yield {
            **scale.named,
            "by": term.group,
            "group": grouping.labels[code],
            "standardised": interval(own * scale.standardising, level),
            "link": interval(own * scale.per_unit, level),
            "p_positive": float((own > 0).mean()),
            "rank_lower": int(ends[0, place]),
            "rank_upper": int(ends[1, place]),
        }
