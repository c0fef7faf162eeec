"""Pointwise log-likelihood of a structural model: per variable, unit and draw."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

import numpy as np
import numpy.typing as npt
import xarray as xr
from scipy.special import expit, log_expit
from scipy.stats import norm

from vm2causal.effects.forward import Forward
from vm2causal.model.columns import Floats
from vm2causal.model.structural_data import StructuralData
from vm2causal.spec.words import Kind

_LEAST: Final = 1e-300
"""Smallest probability there is a logarithm of."""


def pointwise_log_likelihood(forward: Forward, names: Collection[str] | None = None) -> xr.Dataset:
    """Log-likelihood per variable and unit.

    It is conditional: on the unit's observed causes, on its construct scores and propensities, and
    on the effects of its groups, all of the same draw. A missing cause has a value drawn from its
    own equation. Numbers are on the standardised scale. Counts are a sequence of pupils, without
    binomial coefficient, so that models that sort pupils otherwise compare.

    Parameters
    ----------
    forward
        A posterior ready to be run.
    names
        Of these variables, all of which must have an equation; by default all that have.

    Returns
    -------
    xarray.Dataset
        Per variable, dims ``(sample, unit)``, samples chain by chain; 0 where nothing was observed.
    """
    data = forward.data
    chosen = forward.layout.predictors_of if names is None else names
    return xr.Dataset(
        {name: (("sample", data.unit), _one(forward, name)) for name in chosen},
        coords={data.unit: list(data.units)},
    )


def seen(data: StructuralData, name: str) -> npt.NDArray[np.bool_]:
    """Units on which a variable was observed, at least in part."""
    if name in data.items:
        return (data.items[name] >= 0).any(axis=1)
    if name in data.cells:
        return np.bincount(data.cells[name].unit, minlength=len(data.units)) > 0
    return ~data.columns[name].missing


def _one(forward: Forward, name: str) -> Floats:
    kind = forward.data.spec.variables[name].kind
    if kind is Kind.COUNT:
        return _counts(forward, name)
    if kind is Kind.LATENT:
        return _items(forward, name)
    column = forward.data.columns[name]
    world = forward.observed
    if kind is Kind.CONTINUOUS:
        mean, sd = world.predictors[name, None], forward.residual_sd(name)
        density = norm.logpdf(column.standardised, mean, sd)
    else:
        ranks = np.nan_to_num(column.values).astype(np.int64)[np.newaxis, :, np.newaxis]
        chances = forward.level_probabilities(name, world)
        density = _log(np.take_along_axis(chances, ranks, axis=2)[:, :, 0])
    return np.where(column.missing, 0.0, density)


def _counts(forward: Forward, name: str) -> Floats:
    cells = forward.data.cells[name]
    per_unit = forward.observed.predictors[name, None]
    per_pattern = forward.pattern_part(name)
    found = np.zeros(forward.shape)
    for unit in np.unique(cells.unit):
        here = cells.unit == unit
        logit = per_unit[:, [unit]] + per_pattern[:, cells.pattern[here]]
        events, rest = cells.events[here], (cells.trials - cells.events)[here]
        found[:, unit] = log_expit(logit) @ events + log_expit(-logit) @ rest
    return found


def _items(forward: Forward, name: str) -> Floats:
    found = np.zeros(forward.shape)
    for place, answered in enumerate(forward.data.items[name].T):
        below, up_to = answer_chances(forward, name, place)
        found += np.where(answered < 0, 0.0, _log(up_to - below))
    return found


def answer_chances(forward: Forward, name: str, place: int) -> tuple[Floats, Floats]:
    """Chance of an answer below the one that was given to an item, and of one up to it.

    Parameters
    ----------
    place
        Of the item among those of the construct.

    Returns
    -------
    below, up_to : ndarray, shape (draw, unit)
        Of the lowest answer where there is none.
    """
    scale = forward.layout.scale(name, forward.data.spec.variables[name].items[place])
    score = forward.observed.values[name]
    weighed = forward.parameters["loading"][:, [scale.loading or 0]] * score
    ends = np.full((forward.draws, 1), np.inf)
    bounds = np.concatenate([-ends, forward.cuts(scale), ends], axis=1)
    rank = np.maximum(forward.data.items[name][:, place], 0)
    return expit(bounds[:, rank] - weighed), expit(bounds[:, rank + 1] - weighed)


def _log(chance: Floats) -> Floats:
    logarithm: Floats = np.log(np.maximum(chance, _LEAST))
    return logarithm
