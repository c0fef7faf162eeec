"""From the data of a cohort model to its posterior, with nothing to compile."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np
import xarray as xr

from vm2causal.model.data.columns import Floats
from vm2causal.model.sampler.densities import Density
from vm2causal.model.sampler.sampling import (
    CompiledModel,
    SamplerSettings,
    sample_density,
    sample_posterior,
)
from vm2causal.monitor.cohort_parameters import (
    SIZE,
    Values,
    named_parameters,
    packed,
    starting_point,
)

_JITTER: Final = 0.1
"""Half-width of the uniform jitter of where chains start."""


def sample_cohorts(
    values: Values,
    *,
    compiled: CompiledModel | None = None,
    seed: int,
    settings: SamplerSettings | None = None,
) -> xr.DataTree:
    """Draw from the posterior of the cohort model by NUTS.

    Parameters
    ----------
    values
        Of the model's data, from :func:`~vm2causal.monitor.cohorts.model_data`.
    compiled
        The ``pm.Model``, to be sampled in place of the density that is compiled already; the
        posterior is the same.
    seed
        The same seed gives the same draws of the same density.
    settings
        Draws, tuning steps and chains of the sampler.

    Returns
    -------
    xarray.DataTree
        Groups ``posterior``, variables as the ``pm.Model`` names them, and ``sample_stats``; dims
        ``(chain, draw, …)``.
    """
    if compiled is not None:
        return sample_posterior(compiled, data=values, seed=seed, settings=settings)

    def named(draws: Floats) -> xr.Dataset:
        return named_parameters(draws, values)

    return sample_density(cohort_log_density(values), named, seed=seed, settings=settings)


def cohort_log_density(values: Values) -> Density:
    """The compiled density of the model with these data.

    Parameters
    ----------
    values
        As of :func:`sample_cohorts`.
    """
    # compiled when it is first imported, which is no part of starting a command
    from vm2causal.monitor import cohort_density

    return Density(
        cohort_density.log_density_pointer,
        cohort_density.draw_pointer,
        packed(values),
        SIZE,
        _starts(starting_point(values)),
    )


def _starts(point: Floats) -> Callable[[Any], Floats]:
    def start(seed: Any = None) -> Floats:
        return point + np.random.default_rng(seed).uniform(-_JITTER, _JITTER, len(point))

    return start
