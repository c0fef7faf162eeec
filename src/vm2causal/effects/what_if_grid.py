"""Every combination of some changes at once: the table behind a panel that readers move.

Nothing is interpolated: each setting is computed by itself, as
:func:`~vm2causal.effects.what_if.what_if` computes it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Final

import numpy as np
import xarray as xr

from vm2causal.disclosure import by_error
from vm2causal.effects.contrasts import chosen_contrast
from vm2causal.effects.forward import Forward
from vm2causal.effects.intervals import interval
from vm2causal.effects.what_if import Settings, members_of
from vm2causal.errors import QueryError
from vm2causal.model.data.columns import Floats

DOTS: Final = 20
"""Quantile dots: each stands for one of so many equal parts of a posterior (Kay et al. 2016)."""

QUANTITIES: Final = ("mean", "lower", "upper")
"""Of a share; differences have them too, as ``difference``, ``difference_lower``, …"""

EVERYBODY: Final = ""
"""Coordinate of ``place`` that stands for all units together."""

AS_IS: Final = ""
"""Value of a cause that is left as it is."""

_OWN_DIMS: Final = frozenset({"place", "outcome", "quantity"})
"""Dims of a grid beside its causes."""

_DOT_NAMES: Final = tuple(f"q{dot}" for dot in range(1, DOTS + 1))
_NOW: Final = (*QUANTITIES, *_DOT_NAMES)
_DIFFERENCES: Final = ("difference", "difference_lower", "difference_upper")
_THEN: Final = (*QUANTITIES, *_DIFFERENCES, *_DOT_NAMES)
_MIDDLES: Final = (np.arange(DOTS) + 0.5) / DOTS


def cause_dim(cause: str) -> str:
    """Name of the dim of a cause in a grid: its own, unless the grid has a dim of that name.

    Parameters
    ----------
    cause
        Name of the variable that is intervened on.

    Examples
    --------
    >>> cause_dim("samenwerking"), cause_dim("place")
    ('samenwerking', 'do[place]')
    """
    return f"do[{cause}]" if cause in _OWN_DIMS else cause


def what_if_grid(
    forward: Forward,
    causes: Mapping[str, Sequence[str]],
    *,
    places: Sequence[str | None],
    outcomes: Sequence[str],
    level: float = 0.95,
) -> tuple[xr.DataArray, xr.DataArray]:
    """Outcomes as they are, and under every combination of values of some causes.

    Parameters
    ----------
    forward
        Equations of a fit, with its data and posterior draws.
    causes
        Per cause its values as ``--do`` writes them; ``AS_IS`` leaves it alone.
    places
        Labels of units or of levels of a group; None for everybody.
    outcomes
        Outcomes that :func:`~vm2causal.effects.what_if.what_if` tells of these causes.
    level
        Mass of the intervals.

    Returns
    -------
    now : xarray.DataArray
        Dims (place, outcome, quantity). The place of everybody is the empty text; quantities are
        ``mean``, ``lower``, ``upper`` and the quantile dots ``q1`` to ``q20``: the quantiles 0.025,
        0.075, … of the posterior.
    then : xarray.DataArray
        One dim per cause (:func:`cause_dim`), whose coordinates are the values as given, then
        (place, outcome, quantity); also ``difference``, ``difference_lower`` and
        ``difference_upper`` of what is then minus what is now.

    Raises
    ------
    QueryError
        When a place, cause, value or outcome is unknown, or a cause has no value.
    """
    empty = [cause for cause, values in causes.items() if not values]
    if empty or not causes:
        raise QueryError("Every cause of a grid needs a value.", value=", ".join(empty))
    numbers = _numbers(forward, causes)
    members = [{name: members_of(forward, place, name) for name in outcomes} for place in places]
    settings = Settings.of(forward, causes, outcomes=outcomes)
    before = _averages(settings.now, members)
    shape = [len(values) for values in causes.values()]
    then = np.empty((*shape, len(places), len(outcomes), len(_THEN)))
    for where, after in _each(settings, numbers, members):
        then[where] = _rows(before, after, level)
    kept = {
        "place": [EVERYBODY if place is None else place for place in places],
        "outcome": list(outcomes),
    }
    now = np.array([[_summary(draws, level) for draws in place] for place in before])
    return (
        xr.DataArray(now, {**kept, "quantity": list(_NOW)}, [*kept, "quantity"], name="now"),
        xr.DataArray(
            then,
            {cause_dim(name): list(values) for name, values in causes.items()}
            | {**kept, "quantity": list(_THEN)},
            [*map(cause_dim, causes), *kept, "quantity"],
            name="then",
        ),
    )


def released_grid(grid: xr.DataArray) -> xr.DataArray:
    """A grid as it may be shown: every number to two significant digits of its uncertainty.

    Parameters
    ----------
    grid
        One of :func:`what_if_grid`. A quarter of an interval stands for its standard deviation;
        quantile dots are rounded as the mean that they are around.
    """
    found = grid.copy()
    quantities = [str(name) for name in grid["quantity"].values]
    for names in (QUANTITIES, _DIFFERENCES):
        if names[0] not in quantities:
            continue
        lower, upper = (grid.sel(quantity=name).to_numpy() for name in names[1:])
        for name in (*names, *(_DOT_NAMES if names is QUANTITIES else ())):
            rounded = np.vectorize(by_error)(grid.sel(quantity=name), (upper - lower) / 4)
            found.values[..., quantities.index(name)] = rounded
    return found


def _numbers(
    forward: Forward, causes: Mapping[str, Sequence[str]]
) -> dict[str, list[float | None]]:
    """Values as an intervention takes them; None where there is none."""
    return {
        cause: [
            None if value == AS_IS else chosen_contrast(forward, cause, value, None)[0].high
            for value in values
        ]
        for cause, values in causes.items()
    }


def _each(
    settings: Settings, values: Mapping[str, Sequence[float | None]], members: Sequence[_Shares]
) -> Iterator[tuple[tuple[int, ...], list[list[Floats]]]]:
    """Every setting with its averages."""
    for where in product(*(range(len(options)) for options in values.values())):
        chosen = {name: values[name][place] for name, place in zip(values, where, strict=True)}
        do = {name: value for name, value in chosen.items() if value is not None}
        yield where, _averages(settings.responses(do), members)


_Shares = Mapping[str, Floats]
"""Per outcome the shares of units in its average over a place."""


def _averages(responses: Mapping[str, Floats], members: Sequence[_Shares]) -> list[list[Floats]]:
    """Draws of each outcome in each place."""
    return [[draws @ shares[name] for name, draws in responses.items()] for shares in members]


def _rows(before: list[list[Floats]], after: list[list[Floats]], level: float) -> Floats:
    """Shape (place, outcome, quantity)."""
    return np.array(
        [
            [_summary(then, level, now=now) for now, then in zip(was, becomes, strict=True)]
            for was, becomes in zip(before, after, strict=True)
        ]
    )


def _summary(draws: Floats, level: float, *, now: Floats | None = None) -> list[float]:
    """Mean and interval, of the difference too where there is one, and the quantile dots."""
    numbers = _three(draws, level)
    if now is not None:
        numbers += _three(draws - now, level)
    return [*numbers, *np.quantile(draws, _MIDDLES)]


def _three(draws: Floats, level: float) -> list[float]:
    found = interval(draws, level)
    return [found["mean"], found["lower"], found["upper"]]
