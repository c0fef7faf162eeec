"""From a ``pm.Model`` to a posterior; the only caller of a sampler.

Compilation dominates small models, so a model is compiled once and refitted by swapping its
``pm.Data``: nutpie's ``with_data`` takes milliseconds.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
import xarray as xr

from vm2causal.cores import usable_cores
from vm2causal.errors import OptionError
from vm2causal.model.data.columns import Floats
from vm2causal.model.sampler.densities import PARAMETERS, Density, sampled_model
from vm2causal.model.sampler.traces import sampler_package, trace_of
from vm2causal.model.structural_layout import Layout
from vm2causal.progress import Drawn

if TYPE_CHECKING:
    from vm2causal.model.sampler.tape import Program

DRAWS: Final = 1_500
TUNE: Final = 1_000
CHAINS: Final = 4

type Counted = Callable[[Drawn], None]

_RATE: Final = 100
"""Milliseconds between two looks at how far the chains are."""

TRAJECTORY: Final[dict[str, Any]] = {
    "target_integration_time": 4.7,
    "check_turning": False,
    "maxdepth": 6,
}
"""Length of trajectories of structural models: three quarters of the way round a standard normal.

By itself it ends when it turns back, which most parameters together decide: in the coordinates of
:mod:`~vm2causal.model.sampler.coordinates` they are nearly standard normal. Standard deviations of
groups move more slowly, and had the smallest effective samples. Steps are doubled, as in the
no-U-turn sampler, until they make up this length; a draw is taken from all of them. At most there
are 63: more are wanted only where steps are still far too short, in the first draws of the warm-up.
"""


@dataclass(frozen=True)
class SamplerSettings:
    """How long to sample.

    Parameters
    ----------
    draws, tune
        Kept and warm-up draws per chain.
    chains
        Number of chains, from which R-hat is computed.
    """

    draws: int = DRAWS
    tune: int = TUNE
    chains: int = CHAINS


REFIT_SETTINGS: Final = SamplerSettings(draws=500, tune=150, chains=2)
"""Of one of many refits: enough for a mean, a standard deviation and an interval."""

QUICK_REFIT: Final = SamplerSettings(draws=100, tune=100, chains=2)
"""Of a refit whose mean alone is compared: Monte Carlo error within 0.15 standard deviation."""


@dataclass(frozen=True)
class CompiledModel:
    """A model compiled once, ready to be fitted to any data of its layout.

    ``compile_seconds`` is the wall-clock time the compilation took.
    """

    compiled: Any = field(repr=False)
    compile_seconds: float


def compile_model(model: Any, *, jax: bool = False) -> CompiledModel:
    """Compile the log-density and gradient of a ``pm.Model``.

    Parameters
    ----------
    model
        Its data must be ``pm.Data`` so that they can be swapped later.
    jax
        Compile with JAX instead of numba.

    Raises
    ------
    OptionError
        When JAX is asked for and not installed.
    """
    nutpie = sampler_package()
    if jax and not _installed("jax"):
        raise OptionError(
            "JAX is not installed.", value="jax", fix="Install it: pip install 'vm2causal[jax]'."
        )
    began = time.perf_counter()
    compiled = nutpie.compile_pymc_model(model, backend="jax" if jax else "numba")
    return CompiledModel(compiled, time.perf_counter() - began)


def _installed(package: str) -> bool:
    try:
        return find_spec(package) is not None
    except ValueError:  # a package that was blocked has no specification
        return False


def sample_posterior(
    model: CompiledModel,
    *,
    data: Mapping[str, npt.ArrayLike] | None = None,
    seed: int,
    settings: SamplerSettings | None = None,
    drawn: Counted | None = None,
) -> xr.DataTree:
    """Draw from the posterior by NUTS.

    Parameters
    ----------
    data
        New values for ``pm.Data`` by name; the rest stay as compiled.
    seed
        The same seed gives the same draws.
    drawn
        Told now and then how far the chains are; no draw depends on it.

    Returns
    -------
    xarray.DataTree
        Groups ``posterior`` and ``sample_stats``, dims ``(chain, draw, …)``; the attribute
        ``sampling_seconds`` holds the wall-clock time.
    """
    chosen = settings or SamplerSettings()
    compiled = model.compiled
    if data:
        # nutpie reads the buffer as C-ordered whatever its strides are
        swapped = {name: np.array(value, order="C") for name, value in data.items()}
        compiled = compiled.with_data(**swapped)
    tree, seconds = _sample(compiled, seed=seed, settings=chosen, drawn=drawn)
    kept = {name: tree[name].to_dataset() for name in ("posterior", "sample_stats")}
    result = xr.DataTree.from_dict(kept)
    result.attrs["sampling_seconds"] = seconds
    return result


def sample_density(
    density: Density,
    named: Callable[[Floats], xr.Dataset],
    *,
    seed: int,
    settings: SamplerSettings | None = None,
    drawn: Counted | None = None,
    target_accept: float | None = None,
) -> xr.DataTree:
    """Draw by NUTS from a density that is compiled already.

    Parameters
    ----------
    density
        With its data.
    seed
        The same seed gives the same draws.
    settings
        How long to sample.
    drawn
        Told now and then how far the chains are.
    target_accept
        Mean acceptance to which steps are adapted, between 0 and 1; nutpie's own where None. Small
        steps are for densities that bend more in some places than where they were adapted.
    named
        Turns draws, shape (chain, draw, parameter), into variables with names.

    Returns
    -------
    xarray.DataTree
        As :func:`sample_posterior`.
    """
    chosen = settings or SamplerSettings()
    adapted = {} if target_accept is None else {"target_accept": target_accept}
    raw, seconds = _sample(
        sampled_model(density),
        seed=seed,
        settings=chosen,
        drawn=drawn,
        return_raw_trace=True,
        **adapted,
    )
    draws, stats = trace_of(raw, PARAMETERS)
    result = xr.DataTree.from_dict({"posterior": named(draws), "sample_stats": stats})
    result.attrs["sampling_seconds"] = seconds
    return result


def sample_structural(
    layout: Layout,
    program: Program,
    *,
    seed: int,
    settings: SamplerSettings | None = None,
    drawn: Counted | None = None,
) -> xr.DataTree:
    """Draw from the posterior of a structural model with the kernel; nothing is compiled.

    Parameters
    ----------
    program
        That of :func:`~vm2causal.model.sampler.coordinates.sampler_program`.

    Returns
    -------
    xarray.DataTree
        As :func:`sample_posterior`, variables named as in the ``pm.Model`` of the layout.
    """
    # numba and the kernel are loaded by who samples
    from vm2causal.model.sampler.compiled_model import compiled_program, named_draws

    chosen = settings or SamplerSettings()
    compiled = compiled_program(layout, program)
    raw, seconds = _sample(
        compiled,
        seed=seed,
        settings=chosen,
        drawn=drawn,
        return_raw_trace=True,
        **TRAJECTORY,
    )
    draws, stats = trace_of(raw, PARAMETERS)
    # every trajectory has the depth that it is told to have
    result = xr.DataTree.from_dict({"posterior": named_draws(layout, draws), "sample_stats": stats})
    result.attrs["sampling_seconds"] = seconds
    return result


def _sample(
    compiled: Any,
    *,
    seed: int,
    settings: SamplerSettings,
    drawn: Counted | None,
    **options: Any,
) -> tuple[Any, float]:
    nutpie = sampler_package()
    began = time.perf_counter()
    # the callback comes from another thread, which must not write; the last state is told here
    states: deque[Any] = deque(maxlen=1)
    sampler = nutpie.sample(
        compiled,
        draws=settings.draws,
        tune=settings.tune,
        chains=settings.chains,
        cores=min(settings.chains, usable_cores()),
        seed=seed,
        progress_bar=False,
        progress_callback=None if drawn is None else states.append,
        progress_rate=_RATE,
        save_warmup=False,
        blocking=False,
        **options,
    )
    try:
        if drawn is not None:
            _tell(sampler, states, drawn)
        tree = sampler.wait()
    except BaseException:
        # waiting in the foreground, nutpie would hand back half a trace as if it were whole
        sampler.cancel()
        raise
    return tree, time.perf_counter() - began


def _tell(sampler: Any, states: deque[Any], drawn: Counted) -> None:
    """Tell how far the chains are until they are done."""
    while _running(sampler):
        if states:
            chains = states.pop()
            drawn(
                Drawn(
                    tuple(int(chain.finished_draws) for chain in chains),
                    max(int(chain.total_draws) for chain in chains),
                    sum(int(chain.divergences) for chain in chains),
                )
            )
        time.sleep(_RATE / 1000)


def _running(sampler: Any) -> bool:
    try:
        return not sampler.is_finished
    except TimeoutError:  # so nutpie says that chains are being drawn
        return True
