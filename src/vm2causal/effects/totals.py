"""Total and direct effects under interventions, overall and by group."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final
from weakref import WeakKeyDictionary

import networkx as nx
import numpy as np
import pandas as pd
import xarray as xr

from vm2causal.effects.averages import averaged_effect
from vm2causal.effects.contrasts import Contrast
from vm2causal.effects.expectation import Memo, expected
from vm2causal.effects.forward import Forward
from vm2causal.effects.intervals import interval
from vm2causal.effects.responses import CAREER_OUTCOMES, Careers
from vm2causal.errors import QueryError
from vm2causal.model.data.columns import Floats
from vm2causal.spec import Arrow, CausalSpec
from vm2causal.spec.words import QueryKind

OVERALL: Final = "all"
"""Label of the average over everybody."""

ONE_COEFFICIENT: Final = "one in all groups"
"""What stands in ``coefficients`` of a row by group where every arrow on the way has one."""

OWN_COEFFICIENTS: Final = "own in each group"
"""The same where an arrow on the way varies by that group."""

_MOST_KEPT: Final = 250_000_000
"""Bytes of draws that are kept of a fit, at most."""

_Made = dict[tuple[Contrast, tuple[str, ...], QueryKind], dict[str, xr.Dataset]]

_MADE: Final[WeakKeyDictionary[Forward, _Made]] = WeakKeyDictionary()
"""Draws of the effects of a fit: everybody, sectors and schools are averages of the same."""


def require_descendant(forward: Forward, cause: str, effect: str) -> None:
    """An effect must lie downstream of its cause.

    Parameters
    ----------
    forward
        Equations of a fit, with its data and posterior draws.
    cause
        Name of the variable that is intervened on.
    effect
        Name of the variable whose response is asked for.

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


def direct_effect(
    forward: Forward, contrast: Contrast, effect: str, *, held: Sequence[str] | None = None
) -> xr.Dataset:
    """Draws of the effect that remains when mediators keep their observed values.

    Parameters
    ----------
    forward
        Equations of a fit, with its data and posterior draws.
    contrast
        The two values of the cause that are compared.
    effect
        Name of the variable whose response is asked for.
    held
        The mediators; all of them where None.

    Returns
    -------
    xarray.Dataset
        ``natural``, as :func:`expected_totals` gives it.
    """
    mediators = mediators_between(forward, contrast.cause, effect) if held is None else held
    moved = forward.downstream(contrast.above) - set(mediators)
    return expected_effects(forward, contrast, [effect], moved=moved)[effect]


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
    forward
        Equations of a fit, with its data and posterior draws.
    contrasts
        Values of causes that are compared, a row or more each.
    effects
        Per cause the variables to report.
    kind
        Total, or direct: mediators keep their observed values. The other end of a career responds
        to the cause too, so a direct effect has no ``career``.
    by
        A group of the model, such as ``sector`` or ``school``; None for everybody.
    level
        Probability that each interval holds, between 0 and 1.

    Returns
    -------
    pandas.DataFrame
        ``cause``, ``effect``, ``kind``, ``contrast``, ``outside`` (a value beyond the data),
        ``effect_level``, ``by``, ``group``, ``coefficients`` (by group :data:`ONE_COEFFICIENT` or
        :data:`OWN_COEFFICIENTS`, else None), intervals ``natural`` and ``career`` (None where there
        is none), ``p_positive``.
    """
    rows: list[dict[str, Any]] = []
    for contrast in contrasts:
        for effect, draws in effect_draws(forward, contrast, effects[contrast.cause], kind):
            for group, members in members_by(forward, by, effect):
                rows += _total_rows(forward, contrast, effect, draws, by, group, members, level)
    return pd.DataFrame(rows).assign(kind=kind.value)


def effect_draws(
    forward: Forward, contrast: Contrast, effects: Sequence[str], kind: QueryKind
) -> Iterator[tuple[str, xr.Dataset]]:
    """Draws per effect; totals are computed together, a direct effect by itself.

    Parameters
    ----------
    forward
        Equations of a fit, with its data and posterior draws.
    contrast
        The two values of the cause that are compared.
    effects
        Variables whose responses are asked for, downstream of the cause.
    kind
        Total, or direct.

    Yields
    ------
    tuple
        The effect, and draws of it as :func:`expected_totals` gives them.
    """
    made = _MADE.setdefault(forward, {})
    key = (contrast, tuple(effects), kind)
    if key in made:
        yield from made[key].items()
        return
    found = (
        {effect: direct_effect(forward, contrast, effect) for effect in effects}
        if kind is QueryKind.DIRECT
        else expected_totals(forward, contrast, effects)
    )
    kept = (*(item for items in made.values() for item in items.values()), *found.values())
    if sum(item.nbytes for item in kept) <= _MOST_KEPT:
        made[key] = found
    yield from found.items()


def expected_totals(
    forward: Forward, contrast: Contrast, effects: Sequence[str]
) -> dict[str, xr.Dataset]:
    """Draws of total effects, with what the model leaves to chance averaged out.

    Parameters
    ----------
    forward
        Equations of a fit, with its data and posterior draws.
    contrast
        The two values of the cause that are compared.
    effects
        Variables whose responses are asked for, downstream of the cause.

    Returns
    -------
    dict of xarray.Dataset
        By effect ``natural``, dims (draw, unit): the difference in expected response, in the units
        of :func:`~vm2causal.effects.responses.mean_response`; for a nominal effect with a dim
        ``level``; and ``career`` where the effect ends a career: the difference in the share of
        starters that is there at the last teldatum.
    """
    careers = Careers(forward) if set(effects) & set(CAREER_OUTCOMES) else None
    return expected_effects(forward, contrast, effects, careers=careers)


def expected_effects(
    forward: Forward,
    contrast: Contrast,
    effects: Sequence[str],
    *,
    moved: Collection[str] | None = None,
    careers: Careers | None = None,
) -> dict[str, xr.Dataset]:
    """Draws of effects on expected responses, as :func:`expected_totals` gives them.

    Parameters
    ----------
    forward
        Equations of a fit, with its data and posterior draws.
    contrast
        The two values of the cause that are compared.
    effects
        Variables whose responses are asked for, downstream of the cause.
    moved
        What responds to the causes; all that lies downstream of them where None.
    careers
        Follows careers too; they are not followed where None.
    """
    memo = Memo()
    high, low = (
        expected(forward, done, effects, moved=moved, careers=careers, memo=memo)
        for done in (contrast.above, contrast.below)
    )
    found = {}
    for effect in effects:
        changed = high.responses[effect] - low.responses[effect]
        found[effect] = _dataset(forward, effect, changed)
        if effect in high.careers and effect in CAREER_OUTCOMES:
            ended = high.careers[effect] - low.careers[effect]
            found[effect]["career"] = (("draw", forward.data.unit), ended)
    return found


def _dataset(forward: Forward, effect: str, changed: Floats) -> xr.Dataset:
    """Draws of a difference in responses; of a nominal effect with its levels last."""
    unit = forward.data.unit
    coords = {unit: list(forward.data.units)}
    if changed.ndim == 2:
        return xr.Dataset({"natural": (("draw", unit), changed)}, coords)
    levels = list(forward.data.columns[effect].levels)
    return xr.Dataset({"natural": (("draw", unit, "level"), changed)}, coords | {"level": levels})


def members_by(forward: Forward, by: str | None, effect: str) -> Iterator[tuple[str, Floats]]:
    """Groups and the weights of their units in an average of an effect.

    Everybody under the name ``all`` where ``by`` is None.

    Parameters
    ----------
    forward
        Equations of a fit, with its data and posterior draws.
    by
        Name of a group of the model; everybody together where None.
    effect
        Name of the variable whose response is asked for.

    Raises
    ------
    QueryError
        When the model has no such group.
    """
    weights = forward.data.weights_for(effect)
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


def coefficients_by(spec: CausalSpec, by: str | None, causes: str, effect: str) -> str | None:
    """What a row by group says of the coefficients behind it; nothing of everybody together.

    Parameters
    ----------
    spec
        The fitted model.
    by
        Name of a group of the model; everybody together where None.
    causes
        With commas where there are several.
    effect
        Name of the effect.
    """
    if by is None:
        return None
    varying = varying_on_paths(spec, by, causes, effect)
    return OWN_COEFFICIENTS if varying else ONE_COEFFICIENT


def varying_on_paths(spec: CausalSpec, by: str, causes: str, effect: str) -> tuple[Arrow, ...]:
    """Arrows on the way from causes to an effect whose coefficient varies by a group.

    Parameters
    ----------
    spec
        The fitted model.
    by
        Name of the group.
    causes
        With commas where there are several.
    effect
        Name of the effect.
    """
    return tuple(arrow for arrow in arrows_on_paths(spec, causes, effect) if by in arrow.varies)


def arrows_on_paths(spec: CausalSpec, causes: str, effect: str) -> tuple[Arrow, ...]:
    """Arrows on the way from causes to an effect.

    Parameters
    ----------
    spec
        The fitted model.
    causes
        With commas where there are several.
    effect
        Name of the effect.
    """
    graph: nx.DiGraph[Any] = spec.graph.to_networkx()
    before = {effect, *nx.ancestors(graph, effect)}
    after = set(causes.split(", "))
    after |= {name for cause in after for name in nx.descendants(graph, cause)}
    return tuple(arrow for arrow in spec.arrows if arrow.cause in after and arrow.effect in before)


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
    means = averaged_effect(forward, draws, weights=members)
    own = coefficients_by(forward.data.spec, by, contrast.causes, effect)
    yield from rows_of_average(contrast, effect, means, by, group, level, coefficients=own)


def rows_of_average(
    contrast: Contrast,
    effect: str,
    means: xr.Dataset,
    by: str | None,
    group: str,
    level: float,
    *,
    coefficients: str | None,
) -> Iterator[dict[str, Any]]:
    """Rows of :func:`totals_table`, but for ``kind``: one, or one per level of a nominal effect.

    Parameters
    ----------
    contrast
        The two values of the cause that are compared.
    effect
        Name of the variable whose response is asked for.
    means
        Draws of the effect, averaged over units.
    by, group
        A group of the model and the label of what was averaged over; ``by`` is None for everybody.
    level
        Probability that each interval holds, between 0 and 1.
    coefficients
        What the row says of the coefficients behind it; None where that is no question.
    """
    levels = [None] if "level" not in means.dims else [str(name) for name in means["level"].values]
    for name in levels:
        natural = means["natural"] if name is None else means["natural"].sel(level=name)
        yield {
            "cause": contrast.causes,
            "effect": effect,
            "contrast": contrast.text,
            "outside": contrast.outside,
            "effect_level": name,
            "by": by,
            "group": group,
            "coefficients": coefficients,
            "natural": interval(natural, level),
            "career": interval(means["career"], level) if "career" in means else None,
            "p_positive": float((natural > 0).mean()),
        }


def mediators_between(forward: Forward, cause: str, effect: str) -> tuple[str, ...]:
    """Variables on a directed path from cause to effect, in causal order.

    Parameters
    ----------
    forward
        Equations of a fit, with its data and posterior draws.
    cause
        Name of the variable that is intervened on.
    effect
        Name of the variable whose response is asked for.
    """
    graph: nx.DiGraph[Any] = forward.data.spec.graph.to_networkx()
    between = nx.descendants(graph, cause) & nx.ancestors(graph, effect)
    return tuple(name for name in forward.layout.order if name in between)
