"""From the layout of an event study to its posterior, with nothing to compile."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import xarray as xr
from scipy.optimize import minimize
from scipy.special import expit, logit

from vm2causal.model.data.columns import Floats
from vm2causal.model.sampler.densities import Density
from vm2causal.model.sampler.sampling import (
    SamplerSettings,
    compile_model,
    sample_density,
    sample_posterior,
)
from vm2causal.model.structural_fit import Backend
from vm2causal.monitor.cohorts import (
    LEAST_PER_SITE,
    TRANCHE_SD,
    TRANCHE_SD_SPREAD,
    UNPOOLED_SD,
    YEAR_SD,
)
from vm2causal.monitor.did.event_study import (
    EFFECT_SD,
    GROUP_PRIOR,
    ICC_COUNTS,
    PERIOD_SD,
    coordinates,
    event_study_model,
)
from vm2causal.monitor.did.group_time import DEFAULT_ICC
from vm2causal.monitor.did.layout import GRID, EventLayout

_JITTER: Final = 1.0
"""Half-width of the uniform jitter of where chains start, in standard deviations or so."""

_ACCEPT: Final = 0.95
"""Steps are small: how much effects differ is a scale, and the density bends where it is small."""

_STEP: Final = 1e-4
_LEAST_CURVATURE: Final = 0.1
"""Of a direction in which the density is flat or bends the other way; priors have more."""


_DIMS: Final = {
    "group": "groups",
    "period": "periods",
    "effect_mean": "series",
    "exposure_raw": "exposures",
    "effect_sd": "series",
    "effect_raw": "targets",
    "icc": "outcomes",
}
"""Dims of what stands in the vector, in its order."""


def _places(layout: EventLayout) -> dict[str, slice]:
    ends = np.cumsum([0, *(len(coordinates(layout)[dim]) for dim in _DIMS.values())])
    return {
        name: slice(int(first), int(last))
        for name, first, last in zip(_DIMS, ends[:-1], ends[1:], strict=True)
    }


@dataclass(frozen=True)
class EventModel:
    """A layout with the choices of its model.

    Parameters
    ----------
    layout
        Of :func:`~vm2causal.monitor.did.layout.event_layout`.
    icc
        Prior mean of the intra-class correlation, where clusters are known; above 0, below 1.
    pooled
        Whether effects share strength.
    """

    layout: EventLayout
    icc: float = DEFAULT_ICC
    pooled: bool = True


def sample_event_study(
    model: EventModel,
    *,
    seed: int,
    settings: SamplerSettings | None = None,
    backend: Backend = Backend.KERNEL,
) -> xr.DataTree:
    """Draw from the posterior of an event study by NUTS.

    Parameters
    ----------
    model
        What is sampled.
    seed
        The same seed gives the same draws of the same density.
    settings
        Draws, tuning steps and chains of the sampler.
    backend
        The density that is compiled already, or what PyMC compiles of the ``pm.Model``.

    Returns
    -------
    xarray.DataTree
        Groups ``posterior``, variables as the ``pm.Model`` names them, and ``sample_stats``.
    """
    if backend is not Backend.KERNEL:
        defined = event_study_model(model.layout, icc=model.icc, pooled=model.pooled)
        compiled = compile_model(defined, jax=backend is Backend.JAX)
        return sample_posterior(compiled, seed=seed, settings=settings)

    def named(draws: Floats) -> xr.Dataset:
        return named_parameters(draws, model)

    return sample_density(
        event_density(model), named, seed=seed, settings=settings, target_accept=_ACCEPT
    )


def event_density(model: EventModel) -> Density:
    """The compiled density of an event study.

    Parameters
    ----------
    model
        What is sampled.
    """
    # compiled when it is first imported, which is no part of starting a command
    from vm2causal.monitor.did import density

    data = packed(model)
    centre, scale = coordinates_of(model)
    whole = np.concatenate([data, centre, scale.ravel()])
    whole[0] = len(whole)
    size = model.layout.size
    return Density(density.log_density_pointer, density.draw_pointer, whole, size, _starts(size))


def coordinates_of(model: EventModel) -> tuple[Floats, Floats]:
    """Where the posterior is highest given its scales, and a map to standard normal there.

    Groups and periods are known by their sums: apart they are nearly collinear, and a sampler that
    adapts to each by itself moves slowly. The map is the root of the inverse of the curvature.

    Parameters
    ----------
    model
        What is sampled.

    Returns
    -------
    centre, scale
        Shapes (parameter,) and (parameter, parameter).
    """
    from vm2causal.monitor.did.density import log_density

    data = packed(model)

    def slopes(point: Floats) -> tuple[float, Floats]:
        gradient = np.empty(len(point))
        value = log_density(point, gradient, data)
        return -value, -gradient

    start = starting_point(model)
    # at the prior median of how much effects differ: the mode of a scale is far from its mass
    free = np.full((len(start), 2), (-np.inf, np.inf))
    scales = _places(model.layout)["effect_sd"]
    free[scales] = start[scales, np.newaxis]
    found = minimize(slopes, start, jac=True, method="L-BFGS-B", bounds=free)
    centre = found.x
    columns = [
        (slopes(centre + step)[1] - slopes(centre - step)[1]) / (2 * _STEP)
        for step in _STEP * np.eye(len(centre))
    ]
    curvature = np.array(columns)
    values, vectors = np.linalg.eigh((curvature + curvature.T) / 2)
    scale = vectors / np.sqrt(np.maximum(values, _LEAST_CURVATURE))
    return np.asarray(centre, dtype=float), np.asarray(scale, dtype=float)


def packed(model: EventModel) -> Floats:
    """The data of an event study in one array, as its density reads them.

    Parameters
    ----------
    model
        What is sampled.
    """
    from vm2causal.monitor.did.density import FIELDS, SCALARS

    layout = model.layout
    single: dict[str, float] = {
        "cells": len(layout.rows),
        "grid": GRID,
        "series": len(layout.series),
        "groups": len(layout.groups),
        "periods": len(layout.periods),
        "exposures": len(layout.exposures),
        "targets": len(layout.targets),
        "iccs": len(layout.outcomes),
        "pooled": float(model.pooled),
        "group_mean": GROUP_PRIOR[0],
        "group_sd": GROUP_PRIOR[1],
        "period_sd": PERIOD_SD,
        "effect_sd": EFFECT_SD,
        "year_sd": YEAR_SD,
        "sd_median": TRANCHE_SD,
        "sd_spread": TRANCHE_SD_SPREAD,
        "unpooled_sd": UNPOOLED_SD,
        "icc_a": ICC_COUNTS,
        "icc_b": ICC_COUNTS * (1 - model.icc) / model.icc,
        "least_per_cluster": LEAST_PER_SITE,
    }
    parts = [np.ravel(np.asarray(getattr(layout, name), dtype=np.float64)) for name in FIELDS]
    places = len(SCALARS) + len(FIELDS) + np.cumsum([0, *(len(part) for part in parts)])
    single["total"] = float(places[-1])
    return np.concatenate([[float(single[name]) for name in SCALARS], places[:-1], *parts])


def named_parameters(draws: Floats, model: EventModel) -> xr.Dataset:
    """Draws of the vector → variables as the ``pm.Model`` names them.

    Parameters
    ----------
    draws
        Shape (chain, draw, parameter).
    model
        What was sampled.

    Returns
    -------
    xarray.Dataset
        Parameters and ``effect``, dims (chain, draw, …).
    """
    layout = model.layout
    coords = coordinates(layout)
    dims = dict(_DIMS)
    found = {name: draws[..., place] for name, place in _places(layout).items()}
    found["effect_sd"], found["icc"] = np.exp(found["effect_sd"]), expit(found["icc"])
    location, scale = _pooling(found, model)
    away = found["effect_raw"] - layout.centred * location
    found["effect"] = location + scale ** (1 - layout.centred) * away
    dims["effect"] = "targets"
    return xr.Dataset(
        {
            name: (("chain", "draw", dims[name]), values)
            for name, values in found.items()
            if values.shape[-1]
        },
        {
            **{dim: labels for dim, labels in coords.items() if labels},
            "chain": np.arange(draws.shape[0]),
            "draw": np.arange(draws.shape[1]),
        },
    )


def _pooling(found: dict[str, Floats], model: EventModel) -> tuple[Floats, Floats]:
    layout = model.layout
    raw = found["effect_raw"]
    if not model.pooled:
        return np.zeros_like(raw), np.full_like(raw, UNPOOLED_SD)
    mean = found["effect_mean"][..., layout.series_of_exposure]
    around = mean + EFFECT_SD * YEAR_SD * found["exposure_raw"]
    return (
        around[..., layout.exposure_of_target],
        found["effect_sd"][..., layout.series_of_target],
    )


def starting_point(model: EventModel) -> Floats:
    """Where the search for the mode starts: shares as they are, no effects.

    Parameters
    ----------
    model
        What is sampled.
    """
    layout = model.layout
    none = np.zeros(len(layout.periods) + len(layout.series) + len(layout.exposures))
    return np.concatenate(
        [
            layout.start,
            none,
            np.full(len(layout.series), np.log(TRANCHE_SD)),
            np.zeros(len(layout.targets)),
            np.full(len(layout.outcomes), logit(model.icc)),
        ]
    )


def _starts(size: int) -> Callable[[Any], Floats]:
    def start(seed: Any = None) -> Floats:
        return np.random.default_rng(seed).uniform(-_JITTER, _JITTER, size)

    return start
