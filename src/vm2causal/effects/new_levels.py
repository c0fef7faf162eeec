"""Effects in levels of a group that are not in the data: other schools than these.

An effect on everybody is averaged over the schools that took part, with what each of them turned
out to be. The schools are a sample, though: in others the same units would do better or worse, and
where the link is not linear the average moves with how much schools differ. Here the deviations of
a group are drawn anew from the distribution that the fit found, and averaged out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import copy
from typing import Any, Final

import numpy as np
import pandas as pd
import xarray as xr

from vm2causal.effects.averages import averaged_effect
from vm2causal.effects.contrasts import Contrast
from vm2causal.effects.forward import Forward
from vm2causal.effects.hidden_places import hidden_levels
from vm2causal.effects.totals import expected_totals, rows_of_average
from vm2causal.errors import QueryError
from vm2causal.model.data.columns import Floats, Ints
from vm2causal.model.result_names import held_as
from vm2causal.spec.words import QueryKind

NEW_LEVELS: Final = "new levels"
"""Label of the average over all levels that a group may have."""

ONE_NEW_LEVEL: Final = "one new level"
"""Label of one of them, drawn by chance: its interval says how far they lie apart."""

_FEWEST: Final = 4
"""Times that all levels are drawn, at least."""
_MOST: Final = 64
_PART: Final = 0.1
"""Monte Carlo error of an average, in posterior standard deviations, at which drawing stops."""


def totals_in_new_levels(
    forward: Forward,
    contrasts: Iterable[Contrast],
    effects: Mapping[str, Sequence[str]],
    group: str,
    *,
    level: float = 0.95,
) -> pd.DataFrame:
    """Total effects in levels of a group that are drawn anew.

    Units and all that the intervention does not act on are as in the data; what the levels of the
    group, and of groups nested in it, do to variables on the way is drawn from normals with the
    standard deviations of the posterior. Drawn are as many levels as the data have, stratified,
    until Monte Carlo error of the average is a tenth of its posterior standard deviation, and at
    most 64 times.

    Parameters
    ----------
    forward
        Equations of a fit, with its data and posterior draws.
    contrasts
        Values of causes that are compared, two rows or more each.
    effects
        Per cause the variables to report.
    group
        A group of the model, such as ``school``.
    level
        Probability that each interval holds, between 0 and 1.

    Returns
    -------
    pandas.DataFrame
        Columns of :func:`~vm2causal.effects.totals.totals_table`. ``group`` is ``new levels``, the
        average over all that there may be, or ``one new level``, a single one by chance, with the
        units of one in the data. That is one of those that may be answered about
        (:func:`~vm2causal.effects.hidden_places.hidden_in`); where none may, there is no such row.

    Raises
    ------
    QueryError
        When the model has no such group, or its levels in the data are all that there are.
    """
    _require_sampled(forward, group)
    rows = [
        row
        for contrast in contrasts
        for row in _rows(forward, contrast, effects[contrast.cause], group, level)
    ]
    return pd.DataFrame(rows).assign(kind=QueryKind.TOTAL.value)


def _require_sampled(forward: Forward, group: str) -> None:
    """Only of a group whose levels are a sample of more can there be new ones."""
    spec = forward.data.spec
    sampled = [name for name in spec.groups if name not in spec.variables]
    if group not in sampled:
        complete = group in spec.variables
        raise QueryError(
            f"The levels of '{group}' are all that there are: there is no new one."
            if complete
            else "New levels are those of a group of the model.",
            value=group,
            fix=f"One of: {', '.join(sampled) or 'none'}.",
        )


def in_new_levels(forward: Forward, group: str, *, seed: int) -> Forward:
    """The same fit with other levels of a group, as many as in the data.

    Parameters
    ----------
    forward
        Equations of a fit, with its data and posterior draws.
    group
        Its deviations, those of groups nested in it, and unobserved causes at these levels are
        drawn anew.
    seed
        Other seeds give other levels.
    """
    other = copy(forward)
    # what was observed, or made up for what was not, belongs to the units and stays
    vars(other).update(observed=forward.observed, completed=forward.completed)
    other.parameters = dict(forward.parameters)
    dims = {held_as(name) for name in _within(forward, group)}
    for block in forward.layout.blocks:
        if block.zero_sum is None and block.name.endswith("_z") and dims & set(block.dims):
            values = forward.parameters[block.name]
            rng = np.random.default_rng([forward.seed, seed, *block.name.encode()])
            other.parameters[block.name] = _stratified(values.shape, rng)
    return other


def _within(forward: Forward, group: str) -> list[str]:
    """A group and those nested in it."""
    nested, found = forward.data.spec.nested, [group]
    for name in found:
        found += [inner for inner, outer in nested.items() if outer == name]
    return found


def _stratified(shape: tuple[int, ...], rng: np.random.Generator) -> Floats:
    """Standard normals, each row of levels spread evenly over the distribution."""
    from scipy.special import ndtri

    levels = shape[-1]
    strata = rng.permuted(np.broadcast_to(np.arange(levels), shape), axis=-1)
    found: Floats = ndtri((strata + rng.random(shape)) / levels)
    return found


def _rows(
    forward: Forward, contrast: Contrast, effects: Sequence[str], group: str, level: float
) -> Iterator[dict[str, Any]]:
    for (effect, label), found in _averages(forward, contrast, effects, group).items():
        yield from rows_of_average(contrast, effect, found, group, label, level, coefficients=None)


def _averages(
    forward: Forward, contrast: Contrast, effects: Sequence[str], group: str
) -> dict[tuple[str, str], xr.Dataset]:
    """Draws by effect and label, averaged over units."""
    made: dict[str, list[xr.Dataset]] = {effect: [] for effect in effects}
    single: dict[str, xr.Dataset] = {}
    weights = {effect: forward.data.weights_for(effect) for effect in effects}
    for time in range(_MOST):
        drawn = expected_totals(in_new_levels(forward, group, seed=time), contrast, effects)
        for effect, draws in drawn.items():
            made[effect].append(averaged_effect(forward, draws, weights=weights[effect]))
            if time == 0 and (levels := _answered(forward, group, weights[effect])).size:
                single[effect] = _of_one(forward, draws, group, weights[effect], levels)
        if time + 1 >= _FEWEST and all(_settled(parts) for parts in made.values()):
            break
    return {
        (effect, label): found
        for effect in effects
        for label, found in (
            (NEW_LEVELS, xr.concat(made[effect], "time").mean("time")),
            (ONE_NEW_LEVEL, single.get(effect)),
        )
        if found is not None
    }


def _settled(parts: Sequence[xr.Dataset]) -> bool:
    """Whether Monte Carlo error is small beside what the posterior leaves open."""
    stacked = xr.concat(parts, "time")
    error = (stacked.var("time", ddof=1).mean("draw") / len(parts)) ** 0.5
    small = error <= _PART * stacked.mean("time").std("draw")
    return all(bool(values.all()) for values in small.data_vars.values())


def _answered(forward: Forward, group: str, weights: Floats) -> Ints:
    """Codes of the levels that may be answered about.

    With those of few persons among them, who adds up the others would find them.
    """
    grouping = forward.data.groups[group]
    hidden = np.isin(grouping.labels, list(hidden_levels(forward, group)))
    held = np.bincount(grouping.codes, weights, len(grouping.labels)) > 0
    return np.flatnonzero(held & ~hidden)


def _of_one(
    forward: Forward, draws: xr.Dataset, group: str, weights: Floats, levels: Ints
) -> xr.Dataset:
    """The average over the units of one of the levels, another one in each posterior draw."""
    codes, unit = forward.data.groups[group].codes, forward.data.unit
    chosen = forward.noise(f"{ONE_NEW_LEVEL} of {group}").choice(levels, forward.draws)
    members = np.where(codes == chosen[:, np.newaxis], weights, 0.0)
    shares = xr.DataArray(members / members.sum(axis=1, keepdims=True), dims=("draw", unit))
    return draws.drop_vars(unit).map(lambda values: xr.dot(values, shares, dim=unit))
