"""nutpie without ArviZ: the package as it is loaded here, and its trace as arrays.

``import nutpie`` loads ArviZ and with it matplotlib's pyplot, in longer than a small model is
sampled in; both serve to hand over a trace that is read here from its own columns.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import Any, Final

import numpy as np
import xarray as xr

from vm2causal.model.data.columns import Floats

STATS: Final = (
    "depth", "diverging", "energy", "energy_error", "index_in_trajectory", "logp",
    "max_energy_error", "mean_tree_accept", "mean_tree_accept_sym", "n_steps", "step_size",
    "step_size_bar",
)  # fmt: skip
"""What is kept of how each draw was made; the other columns are of the warm-up, or empty."""


class _Later(ModuleType):
    """Stands for a module until something of it is asked for."""

    def __getattr__(self, name: str) -> Any:
        # asked for while nutpie is being loaded, as its older versions do: then it is loaded now
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        return getattr(import_module(self.__name__), name)


def sampler_package() -> ModuleType:
    """nutpie, which gets ArviZ when it uses something of it."""
    later = _Later("arviz")
    if sys.modules.setdefault("arviz", later) is later:
        try:
            return import_module("nutpie")
        finally:
            if sys.modules.get("arviz") is later:
                del sys.modules["arviz"]
    return import_module("nutpie")


def trace_of(results: Any, parameters: str) -> tuple[Floats, xr.Dataset]:
    """The kept draws of one variable, and how each was made.

    Parameters
    ----------
    results
        Of nutpie, asked for the raw trace.
    parameters
        Name of the variable.

    Returns
    -------
    draws : ndarray, shape (chain, draw, parameter)
    stats : xarray.Dataset
        :data:`STATS`, dims (chain, draw).
    """
    chains, made = results.get_arrow_trace()
    kept = [~_values(stats, "tuning").astype(bool) for stats in made]
    draws = np.stack(
        [
            _flat(batch, parameters).reshape(batch.num_rows, -1)[rows]
            for batch, rows in zip(chains, kept, strict=True)
        ]
    )
    columns = {
        name: np.stack([_values(one, name)[rows] for one, rows in zip(made, kept, strict=True)])
        for name in STATS
    }
    sizes = {"chain": np.arange(draws.shape[0]), "draw": np.arange(draws.shape[1])}
    stats = xr.Dataset({name: (tuple(sizes), item) for name, item in columns.items()}, sizes)
    stats.attrs = {
        "inference_library": "nutpie",
        "inference_library_version": sampler_package().__version__,
    }
    return draws, stats


def _values(batch: Any, name: str) -> Any:
    import pyarrow

    return pyarrow.array(batch.column(name)).to_numpy(zero_copy_only=False)


def _flat(batch: Any, name: str) -> Floats:
    import pyarrow

    found: Floats = pyarrow.array(batch.column(name)).flatten().to_numpy(zero_copy_only=False)
    return found
