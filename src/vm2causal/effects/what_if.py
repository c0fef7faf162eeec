"""One school's own answer: what its pupils' careers would be under a change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import networkx as nx
import numpy as np
import pandas as pd

from vm2causal.effects.contrasts import Contrast
from vm2causal.effects.forward import Forward, World
from vm2causal.effects.intervals import interval
from vm2causal.effects.responses import CAREER_OUTCOMES, Careers, mean_response
from vm2causal.errors import QueryError
from vm2causal.model.columns import Floats
from vm2causal.spec.words import Kind


def what_if(
    forward: Forward,
    changes: Sequence[Contrast],
    *,
    place: str | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """Outcomes of a school or experiment as it is, and under changes made together.

    What the changes do not act on keeps its observed value; what they act on is drawn from the
    model in both worlds, with the same noise.

    Parameters
    ----------
    changes
        The value a cause gets is ``high``; ``low`` is not used, the comparison is with the place
        as it is.
    place
        Label of a unit or of a level of a group; None for everybody.

    Returns
    -------
    pandas.DataFrame
        Per outcome: ``outcome``, ``scale`` (``career``: share of the starters at the last
        teldatum; ``mean``: expected value), intervals ``now``, ``then`` and ``difference``, and
        ``p_positive`` of the difference.

    Raises
    ------
    QueryError
        When the place is unknown.
    """
    members = _members(forward, place)
    do = {change.cause: change.high for change in changes}
    moved = _downstream(forward, do)
    held = [name for name in forward.layout.order if name not in moved]
    now = forward.world(held=held)
    then = forward.world(do, held=held)
    rows = [
        _row(outcome, scale, before @ members, after @ members, level)
        for outcome, scale, before, after in _responses(forward, now, then, moved)
    ]
    return pd.DataFrame(rows)


def _members(forward: Forward, place: str | None) -> Floats:
    weights = forward.data.weights.copy()
    if place is not None:
        weights = weights * within(forward, place)
    if weights.sum() <= 0:
        raise QueryError("No pupils are known here.", value=place, fix="Name another place.")
    shares: Floats = weights / weights.sum()
    return shares


def within(forward: Forward, place: str) -> Floats:
    """1 for the units of a place, 0 for the others.

    Raises
    ------
    QueryError
        When the place is unknown.
    """
    if place in forward.data.units:
        return np.array([float(unit == place) for unit in forward.data.units], dtype=np.float64)
    for grouping in forward.data.groups.values():
        if place in grouping.labels:
            return np.where(grouping.codes == grouping.labels.index(place), 1.0, 0.0)
    known = [label for grouping in forward.data.groups.values() for label in grouping.labels]
    raise QueryError(
        "This fit knows no such school, experiment or group.",
        value=place,
        fix=f"One of: {', '.join([*known[:12], '…'])}.",
    )


def _downstream(forward: Forward, do: Mapping[str, float]) -> set[str]:
    graph = forward.data.spec.graph.to_networkx()
    return {name for cause in do for name in nx.descendants(graph, cause)} - set(do)


def _responses(
    forward: Forward, now: World, then: World, moved: set[str]
) -> list[tuple[str, str, Floats, Floats]]:
    careers = Careers(forward)
    found = []
    followed = CAREER_OUTCOMES if careers.possible else ()
    if careers.possible:
        before, after = careers.shares(now), careers.shares(then)
        found = [(name, "career", before[name], after[name]) for name in CAREER_OUTCOMES]
    for name in forward.layout.predictors_of:
        kind = forward.data.spec.variables[name].kind
        if name in moved and kind is not Kind.NOMINAL and name not in followed:
            was, becomes = (mean_response(forward, world, name) for world in (now, then))
            found.append((name, "mean", was, becomes))
    return found


def _row(outcome: str, scale: str, before: Floats, after: Floats, level: float) -> dict[str, Any]:
    return {
        "outcome": outcome,
        "scale": scale,
        "now": interval(before, level),
        "then": interval(after, level),
        "difference": interval(after - before, level),
        "p_positive": float((after - before > 0).mean()),
    }
