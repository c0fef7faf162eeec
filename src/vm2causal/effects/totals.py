"""Total, direct and indirect effects under interventions, overall and by group."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import networkx as nx
import numpy as np
import pandas as pd
import xarray as xr

from vm2causal.effects.arrows import averaged
from vm2causal.effects.contrasts import Contrast
from vm2causal.effects.forward import Forward, World
from vm2causal.effects.intervals import interval
from vm2causal.effects.responses import CAREER_OUTCOMES, Careers, level_response, mean_response
from vm2causal.errors import QueryError
from vm2causal.model.columns import Floats
from vm2causal.spec.words import Kind, QueryKind

OVERALL: Final = "all"
"""Label of the average over everybody."""


@dataclass(frozen=True)
class Worlds:
    """The two worlds of a contrast, with the same noise."""

    contrast: Contrast
    high: World
    low: World


def worlds_of(forward: Forward, contrast: Contrast, *, held: Sequence[str] = ()) -> Worlds:
    """Run the model under both sides of a contrast.

    Parameters
    ----------
    held
        Variables that keep their observed values, as mediators do for a direct effect.
    """
    pinned = dict.fromkeys(held, forward.observed) if held else {}
    high, low = (
        forward.world({contrast.cause: value}, pinned=pinned)
        for value in (contrast.high, contrast.low)
    )
    return Worlds(contrast, high, low)


def require_descendant(forward: Forward, cause: str, effect: str) -> None:
    """An effect must lie downstream of its cause.

    Raises
    ------
    QueryError
        When it does not, or is not in the fit.
    """
    graph = forward.data.spec.graph.to_networkx()
    reachable = sorted(nx.descendants(graph, cause) & set(forward.layout.predictors_of))
    if effect not in reachable:
        raise QueryError(
            f"'{cause}' does not act on '{effect}' in this model.",
            value=effect,
            fix=f"One of: {', '.join(reachable) or 'none'}.",
        )


def total_effect(forward: Forward, worlds: Worlds, effect: str) -> xr.Dataset:
    """Draws of the effect of a contrast.

    Returns
    -------
    xarray.Dataset
        ``natural``, dims (draw, unit): the difference in expected response, in the units of
        :func:`~vm2causal.effects.responses.mean_response`; for a nominal effect with a dim
        ``level``; and ``career`` where the effect ends a career: the difference in the share of
        starters that is there at the last teldatum.
    """
    found = _difference(forward, effect, worlds.high, worlds.low)
    careers = Careers(forward)
    if effect in CAREER_OUTCOMES and careers.possible:
        gone = careers.shares(worlds.high)[effect] - careers.shares(worlds.low)[effect]
        found["career"] = (("draw", forward.data.unit), gone)
    return found


def direct_effect(
    forward: Forward, contrast: Contrast, effect: str, *, held: Sequence[str] | None = None
) -> xr.Dataset:
    """Draws of the effect that remains when mediators keep their observed values.

    Parameters
    ----------
    held
        The mediators; all of them where None.

    Returns
    -------
    xarray.Dataset
        ``natural``, as :func:`total_effect` gives it.
    """
    mediators = mediators_between(forward, contrast.cause, effect) if held is None else held
    worlds = worlds_of(forward, contrast, held=mediators)
    return _difference(forward, effect, worlds.high, worlds.low)


def _difference(forward: Forward, effect: str, high: World, low: World) -> xr.Dataset:
    unit = forward.data.unit
    coords = {unit: list(forward.data.units)}
    if forward.data.spec.variables[effect].kind is not Kind.NOMINAL:
        change = mean_response(forward, high, effect) - mean_response(forward, low, effect)
        return xr.Dataset({"natural": (("draw", unit), change)}, coords)
    levels = forward.data.columns[effect].levels
    changes = [
        level_response(forward, high, effect, rank) - level_response(forward, low, effect, rank)
        for rank in range(len(levels))
    ]
    dims = ("draw", unit, "level")
    return xr.Dataset({"natural": (dims, np.stack(changes, -1))}, coords | {"level": list(levels)})


def totals_table(
    forward: Forward,
    contrasts: Iterable[Contrast],
    effects: Mapping[str, Sequence[str]],
    *,
    kind: QueryKind = QueryKind.TOTAL,
    by: str | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """Total or direct effects of contrasts, one row per contrast, effect and group.

    Parameters
    ----------
    effects
        Per cause the variables to report.
    kind
        Total, or direct: mediators keep their observed values. The other end of a career responds
        to the cause too, so a direct effect has no ``career``.
    by
        A group of the model, such as ``sector`` or ``school``; None for everybody.

    Returns
    -------
    pandas.DataFrame
        ``cause``, ``effect``, ``kind``, ``contrast``, ``outside`` (a value beyond the data),
        ``effect_level``, ``by``, ``group``, intervals ``natural`` and ``career`` (None where there
        is none), ``p_positive``.
    """
    rows: list[dict[str, Any]] = []
    for contrast in contrasts:
        total = worlds_of(forward, contrast)
        for effect in effects[contrast.cause]:
            draws = (
                direct_effect(forward, contrast, effect)
                if kind is QueryKind.DIRECT
                else total_effect(forward, total, effect)
            )
            for group, members in _members(forward, by):
                rows += _total_rows(forward, contrast, effect, draws, by, group, members, level)
    return pd.DataFrame(rows).assign(kind=kind.value)


def _members(forward: Forward, by: str | None) -> Iterator[tuple[str, Floats]]:
    """Groups and the weights of their units."""
    weights = forward.data.weights
    if by is None:
        yield OVERALL, weights
        return
    if by not in forward.data.groups:
        raise QueryError(
            "Effects are given by a group of the model.",
            value=by,
            fix=f"One of: {', '.join(forward.data.groups) or 'none'}.",
        )
    grouping = forward.data.groups[by]
    for code, label in enumerate(grouping.labels):
        members = np.where(grouping.codes == code, weights, 0.0)
        if members.sum() > 0:
            yield label, members


def _total_rows(
    forward: Forward,
    contrast: Contrast,
    effect: str,
    draws: xr.Dataset,
    by: str | None,
    group: str,
    members: Floats,
    level: float,
) -> Iterator[dict[str, Any]]:
    shares = xr.DataArray(members / members.sum(), dims=forward.data.unit)
    unit = forward.data.unit
    means = draws.drop_vars(unit).map(lambda values: xr.dot(values, shares, dim=unit))
    levels = [None] if "level" not in draws.dims else [str(name) for name in draws["level"].values]
    for name in levels:
        natural = means["natural"] if name is None else means["natural"].sel(level=name)
        yield {
            "cause": contrast.cause,
            "effect": effect,
            "contrast": contrast.text,
            "outside": contrast.outside,
            "effect_level": name,
            "by": by,
            "group": group,
            "natural": interval(natural, level),
            "career": interval(means["career"], level) if "career" in means else None,
            "p_positive": float((natural > 0).mean()),
        }


def mediators_between(forward: Forward, cause: str, effect: str) -> tuple[str, ...]:
    """Variables on a directed path from cause to effect, in causal order."""
    graph: nx.DiGraph[Any] = forward.data.spec.graph.to_networkx()
    between = nx.descendants(graph, cause) & nx.ancestors(graph, effect)
    return tuple(name for name in forward.layout.order if name in between)


def mediation_table(
    forward: Forward, contrast: Contrast, effect: str, *, level: float = 0.95
) -> pd.DataFrame:
    """How much of a total effect runs through each mediator, and through all that act directly.

    The indirect effect through a set M is Y(high) − Y(high, M as under low): what would be lost if
    M did not respond; the direct effect is the rest. Through one mediator at a time the shares
    need not add up, because the same path can run through several. Empty without mediators.

    Source: Pearl 2001, Direct and indirect effects; VanderWeele 2014, Epidemiology 25, 300 (total
    indirect effect).

    Returns
    -------
    pandas.DataFrame
        ``cause``, ``effect``, ``contrast``, ``through`` (tuple), intervals ``indirect``,
        ``direct`` and ``total``; total = indirect + direct in every draw.
    """
    require_descendant(forward, contrast.cause, effect)
    if forward.data.spec.variables[effect].kind is Kind.NOMINAL:
        raise QueryError(
            "Mediation needs an effect with one response; this one is nominal.", value=effect
        )
    worlds = worlds_of(forward, contrast)
    mediators = mediators_between(forward, contrast.cause, effect)
    total = _mean_difference(forward, effect, worlds.high, worlds.low)
    rows = []
    for through in _sets(forward, mediators, effect):
        # what M was in the other world, everything else as it is
        pinned = dict.fromkeys(through, worlds.low)
        nested = forward.world({contrast.cause: contrast.high}, pinned=pinned)
        direct = _mean_difference(forward, effect, nested, worlds.low)
        rows.append(
            {
                "cause": contrast.cause,
                "effect": effect,
                "contrast": contrast.text,
                "through": through,
                "indirect": interval(total - direct, level),
                "direct": interval(direct, level),
                "total": interval(total, level),
            }
        )
    return pd.DataFrame(rows)


def _sets(forward: Forward, mediators: tuple[str, ...], effect: str) -> Iterator[tuple[str, ...]]:
    """All mediators that act on the effect directly, then each mediator by itself."""
    last = tuple(name for name in mediators if forward.data.spec.arrow(name, effect) is not None)
    if len(last) > 1:
        yield last
    for name in mediators:
        yield (name,)


def _mean_difference(forward: Forward, effect: str, high: World, low: World) -> Floats:
    change = mean_response(forward, high, effect) - mean_response(forward, low, effect)
    return averaged(forward, change)
