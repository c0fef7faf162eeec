"""Draws from the prior of the cohort model, compiled once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import xarray as xr


@dataclass(frozen=True)
class CohortPrior:
    """The prior of a cohort model, ready to be drawn from any number of times.

    Parameters
    ----------
    names
        Of the parameters, in the order in which they are drawn.
    dims
        Of each parameter.
    coords
        Labels along each dim.
    """

    names: tuple[str, ...]
    dims: tuple[tuple[str, ...], ...]
    coords: dict[str, Sequence[str]] = field(repr=False)
    _function: Callable[[], list[Any]] = field(repr=False)
    _generators: tuple[Any, ...] = field(repr=False)

    def draw(self, rng: np.random.Generator) -> xr.Dataset:
        """One draw of all parameters and what follows from them.

        Parameters
        ----------
        rng
            Source of the random numbers.

        Returns
        -------
        xarray.Dataset
            Variables and dims as in a posterior of the model; ``chain`` and ``draw`` have length 1.
        """
        from pymc.pytensorf import reseed_rngs

        reseed_rngs(self._generators, int(rng.integers(2**31)))
        drawn = zip(self.names, self.dims, self._function(), strict=True)
        values = {
            name: (("chain", "draw", *dims), np.asarray(value)[np.newaxis, np.newaxis])
            for name, dims, value in drawn
        }
        used = {dim for dims in self.dims for dim in dims}
        coords = {name: list(labels) for name, labels in self.coords.items() if name in used}
        return xr.Dataset(values, coords=coords)


def cohort_prior(model: Any) -> CohortPrior:
    """Compile the prior of a model from :func:`~vm2causal.monitor.cohorts.cohort_model`.

    Potentials, the shares among them, play no part in it.

    Parameters
    ----------
    model
        The ``pm.Model``.
    """
    from pymc.pytensorf import compile as compile_function
    from pymc.pytensorf import find_rng_nodes

    outputs = [*model.free_RVs, *model.deterministics]
    # a few numbers a draw: Python is fast enough, and C would be compiled longer than it runs
    function = compile_function([], outputs, mode="FAST_COMPILE")
    return CohortPrior(
        names=tuple(item.name for item in outputs),
        dims=tuple(model.named_vars_to_dims.get(item.name, ()) for item in outputs),
        coords=dict(model.coords),
        _function=function,
        _generators=tuple(find_rng_nodes(outputs)),
    )
