"""A log-density that machines call by its address, as a model that the sampler takes.

nutpie calls a log-density through a C pointer, with a pointer to the data beside it. Its own PyMC
models do so too; here the pointer is that of a function which numba finds on disk, so that nothing
is compiled for a model.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from vm2causal.model.data.columns import Floats
from vm2causal.model.sampler.traces import sampler_package

PARAMETERS: Final = "unconstrained"
"""Name of the one variable that the sampler sees."""


@dataclass(frozen=True)
class Density:
    """A log-density with its data.

    Parameters
    ----------
    log_density, draw
        Compiled functions for machines, which numba's ``cfunc`` makes: the density with its
        gradient, and what a point of the sampler is to be kept as; both of ``size`` numbers.
    data
        What both read through a pointer.
    size
        Number of parameters.
    start
        Where a chain starts, from a seed; shape (size,).
    """

    log_density: Any = field(repr=False)
    draw: Any = field(repr=False)
    data: npt.NDArray[Any] = field(repr=False)
    size: int
    start: Callable[[Any], Floats] = field(repr=False)


def sampled_model(density: Density) -> Any:
    """Wrap a log-density as nutpie's compiled model; its draws are :data:`PARAMETERS`.

    Parameters
    ----------
    density
        With its data.
    """
    sampler_package()
    from nutpie.compile_pymc import CompiledPyMCModel

    size = density.size
    return CompiledPyMCModel(
        dims={PARAMETERS: ("parameter",)},
        _n_dim=size,
        _coords={"parameter": np.arange(size)},
        _shapes={PARAMETERS: (size,)},
        compiled_logp_func=density.log_density,
        compiled_expand_func=density.draw,
        initial_point_func=density.start,
        shared_data={},
        shared_var_keys={},
        user_data=density.data,
        n_expanded=size,
        shape_info=([PARAMETERS], [slice(0, size)], [(size,)]),
        logp_func=None,
        expand_func=None,
    )
