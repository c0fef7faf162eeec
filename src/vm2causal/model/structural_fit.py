"""One fit of a structural model: data → layout → posterior."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from math import prod
from typing import Final

import xarray as xr

from vm2causal.model.data.structural_data import StructuralData
from vm2causal.model.sampler.sampling import (
    Counted,
    SamplerSettings,
    compile_model,
    sample_posterior,
    sample_structural,
)
from vm2causal.model.structural import structural_model
from vm2causal.model.structural_layout import Layout, structural_layout
from vm2causal.model.structural_parameters import Priors

SETTINGS: Final = SamplerSettings(draws=1_500, tune=150)
"""Of a fit that is to be reported: the largest R-hat of thousands of parameters passes the gate.

Of 1,200 draws it may come to 1.010 by chance alone; of 1,500 to 1.007.
"""


class Backend(StrEnum):
    """What evaluates the log-density; the posterior is the same."""

    KERNEL = "kernel"
    """Our own compiled kernel: nothing is compiled per model."""
    PYMC = "pymc"
    """PyMC's numba code of the ``pm.Model``."""
    JAX = "jax"
    """PyMC's JAX code of the ``pm.Model``; needs JAX."""


@dataclass(frozen=True)
class StructuralFit:
    """A posterior with everything that is needed to ask it questions.

    Parameters
    ----------
    layout
        The model and data it belongs to.
    tree
        Groups ``posterior`` and ``sample_stats``.
    priors, backend, seed
        How it was made.
    timings
        Seconds for ``build_s``, ``compile_s`` and ``sample_s``.
    """

    layout: Layout
    tree: xr.DataTree = field(repr=False)
    priors: Priors
    backend: Backend
    seed: int
    timings: Mapping[str, float]

    @property
    def posterior(self) -> xr.Dataset:
        """Draws, dims (chain, draw, …)."""
        return self.tree["posterior"].to_dataset()


def _parameters(layout: Layout) -> list[str]:
    """Names of the parameters; PyMC also keeps what it computes from them."""
    return [block.name for block in layout.blocks if prod(block.shape)]


def fit_structural(
    data: StructuralData,
    *,
    seed: int,
    priors: Priors = Priors.NEUTRAL,
    backend: Backend = Backend.KERNEL,
    settings: SamplerSettings | None = None,
    drawn: Counted | None = None,
) -> StructuralFit:
    """Sample the posterior of the structural model of ``data``.

    Parameters
    ----------
    seed
        The same seed gives the same draws.
    drawn
        Told now and then how far the chains are; no draw depends on it.

    Raises
    ------
    StudyError
        When data and model do not fit each other.
    OptionError
        When the backend is not installed.
    """
    # numba and the kernel are loaded by who samples
    from vm2causal.model.sampler.coordinates import sampler_program

    settings = settings or SETTINGS
    began = time.perf_counter()
    layout = structural_layout(data, priors=priors)
    if backend is Backend.KERNEL:
        program = sampler_program(layout)
        built = time.perf_counter()
        tree = sample_structural(layout, program, seed=seed, settings=settings, drawn=drawn)
        compile_seconds = 0.0
    else:
        built = time.perf_counter()
        compiled = compile_model(structural_model(layout), jax=backend is Backend.JAX)
        compile_seconds = compiled.compile_seconds
        tree = sample_posterior(compiled, seed=seed, settings=settings, drawn=drawn)
        tree["posterior"] = tree["posterior"].to_dataset()[_parameters(layout)]
    timings = {
        "build_s": built - began,
        "compile_s": compile_seconds,
        "sample_s": float(tree.attrs["sampling_seconds"]),
    }
    return StructuralFit(layout, tree, priors, backend, seed, timings)
