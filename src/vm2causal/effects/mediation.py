"""Through which mediators a total effect runs, overall and by group."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from vm2causal.effects.averages import shares_of
from vm2causal.effects.contrasts import Contrast
from vm2causal.effects.forward import Forward
from vm2causal.effects.intervals import interval
from vm2causal.effects.totals import (
    change,
    coefficients_by,
    mediators_between,
    members_by,
    require_descendant,
    worlds_of,
)
from vm2causal.errors import QueryError
from vm2causal.spec.words import Kind


def mediation_table(
    forward: Forward,
    contrast: Contrast,
    effect: str,
    *,
    by: str | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """How much of a total effect runs through each mediator, and through all that act directly.

    The indirect effect through a set M is Y(high) − Y(high, M as under low): what would be lost if
    M did not respond; the direct effect is the rest. Through one mediator at a time the shares
    need not add up, because the same path can run through several. Empty without mediators.

    Source: Pearl 2001, Direct and indirect effects; VanderWeele 2014, Epidemiology 25, 300 (total
    indirect effect).

    Parameters
    ----------
    by
        A group of the model, such as ``sector`` or ``school``; None for everybody.

    Returns
    -------
    pandas.DataFrame
        ``cause``, ``effect``, ``contrast``, ``by``, ``group``, ``coefficients`` (as of
        :func:`~vm2causal.effects.totals.totals_table`), ``through`` (tuple), intervals
        ``indirect``, ``direct`` and ``total``; total = indirect + direct in every draw.

    Raises
    ------
    QueryError
        When the effect does not lie downstream of the cause or is nominal, or there is no such
        group.
    """
    require_descendant(forward, contrast.cause, effect)
    if forward.data.spec.variables[effect].kind is Kind.NOMINAL:
        raise QueryError(
            "Mediation needs an effect with one response; this one is nominal.", value=effect
        )
    members = list(members_by(forward, by, effect))
    worlds = worlds_of(forward, contrast)
    mediators = mediators_between(forward, contrast.cause, effect)
    total = change(forward, effect, worlds.high, worlds.low)
    rows: list[dict[str, Any]] = []
    for through in _sets(forward, mediators, effect):
        # what M was in the other world, everything else as it is
        pinned = dict.fromkeys(through, worlds.low)
        nested = forward.world({contrast.cause: contrast.high}, pinned=pinned)
        direct = change(forward, effect, nested, worlds.low)
        rows += [
            {
                "cause": contrast.cause,
                "effect": effect,
                "contrast": contrast.text,
                "by": by,
                "group": group,
                "coefficients": coefficients_by(by),
                "through": through,
                "indirect": interval((total - direct) @ shares_of(weights), level),
                "direct": interval(direct @ shares_of(weights), level),
                "total": interval(total @ shares_of(weights), level),
            }
            for group, weights in members
        ]
    return pd.DataFrame(rows)


def _sets(forward: Forward, mediators: tuple[str, ...], effect: str) -> Iterator[tuple[str, ...]]:
    """All mediators that act on the effect directly, then each mediator by itself."""
    last = tuple(name for name in mediators if forward.data.spec.arrow(name, effect) is not None)
    if len(last) > 1:
        yield last
    for name in mediators:
        yield (name,)
