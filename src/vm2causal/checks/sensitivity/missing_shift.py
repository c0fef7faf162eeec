"""What an effect becomes where answers are missing because of what they would have been.

Missing levels and items are summed out as missing at random. Here the odds of not answering change
by e^δ with each level. A missing level then counts e^(δ · level) times in the sum over what it
could have been; a missing item is filled in by a draw given the score of its construct, counted the
same way. The model is fitted again; δ = 0 is the same with nothing shifted.

Source: Little, Rubin 2019, Statistical Analysis with Missing Data, chapter 15 (selection models
with a fixed parameter).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

import numpy as np
from scipy.special import expit

from vm2causal.checks.refute.refitted_effect import (
    AttackedQuery,
    effect_draws,
    estimate_of,
    query_spec,
)
from vm2causal.effects.forward import Forward
from vm2causal.model.data.columns import Ints
from vm2causal.model.data.restricted import restricted
from vm2causal.model.data.structural_data import StructuralData
from vm2causal.model.missing.completions import completions
from vm2causal.model.sampler import kernel
from vm2causal.model.sampler.coordinates import sampler_program
from vm2causal.model.sampler.sampling import SamplerSettings, sample_structural
from vm2causal.model.sampler.tape import Program
from vm2causal.model.structural_fit import Backend, StructuralFit
from vm2causal.model.structural_layout import Layout, structural_layout
from vm2causal.model.structural_parameters import Priors, Scale
from vm2causal.refits import sampler_seed
from vm2causal.spec.words import Kind

SHIFT: Final = "vm2causal.checks.sensitivity.missing_shift:shifted"
SHIFTS: Final = (-1.0, 0.0, 1.0)
"""δ: change of the log-odds of not answering per level."""
_ORDERED: Final = frozenset({Kind.BINARY, Kind.ORDINAL})


def missing_shares(data: StructuralData) -> dict[str, float]:
    """Share of missing levels and items, by variable; those without are left out.

    Parameters
    ----------
    data
        The data as the model takes them, one row per unit.
    """
    shares = {
        name: float(column.missing.mean())
        for name, column in data.columns.items()
        if column.kind in _ORDERED
    }
    shares |= {name: float((answers < 0).mean()) for name, answers in data.items.items()}
    return {name: share for name, share in shares.items() if share > 0}


def with_items(forward: Forward, shift: float, *, seed: int) -> StructuralData:
    """Fill in every missing item by a draw, shifted, from one draw of the posterior.

    Parameters
    ----------
    forward
        Equations of a fit, with its data and posterior draws.
    shift
        Log-odds per level by which missing answers are higher than the model expects; negative:
        lower.
    seed
        Of the random numbers, 0 or more; the same seed gives the same result.
    """
    rng = np.random.default_rng([seed, 1])
    draw = int(rng.integers(forward.draws))
    items = {name: answers.copy() for name, answers in forward.data.items.items()}
    for scale in forward.layout.scales:
        if scale.loading is not None:
            place = forward.data.spec.variables[scale.variable].items.index(scale.name)
            absent = items[scale.variable][:, place] < 0
            drawn = _answers(forward, scale, draw, shift, rng)
            items[scale.variable][absent, place] = drawn[absent]
    return replace(forward.data, items=items)


def _answers(
    forward: Forward, scale: Scale, draw: int, shift: float, rng: np.random.Generator
) -> Ints:
    """One answer per unit given its score, each counted e^(shift · answer) times."""
    loading = forward.parameters["loading"][draw, scale.loading]
    score = loading * forward.observed.values[scale.variable][draw]
    below = expit(forward.cuts(scale)[draw][np.newaxis] - score[:, np.newaxis])
    ends = np.zeros((len(score), 1)), np.ones((len(score), 1))
    shares = np.diff(np.concatenate([ends[0], below, ends[1]], axis=1), axis=1)
    weighed = shares * np.exp(shift * np.arange(shares.shape[1]))
    reached = np.cumsum(weighed / weighed.sum(axis=1, keepdims=True), axis=1)
    drawn: Ints = (rng.random((len(score), 1)) > reached[:, :-1]).sum(axis=1)
    return drawn


def shifted(arguments: Mapping[str, Any], seed: tuple[int, ...]) -> dict[str, Any]:
    """Fit the model of a query with missing levels shifted: a task of the engine.

    Parameters
    ----------
    arguments
        Of the task, as its plan wrote them.
    seed
        Of the random numbers of this one task, each 0 or more.
    """
    data: StructuralData = arguments["data"]
    query = AttackedQuery.of(arguments["query"])
    layout = structural_layout(restricted(data, query_spec(data, query)))
    program = tilted(layout, sampler_program(layout), arguments["shift"])
    number = sampler_seed(seed)
    settings = SamplerSettings(**arguments["settings"])
    tree = sample_structural(layout, program, seed=number, settings=settings)
    fit = StructuralFit(layout, tree, Priors.NEUTRAL, Backend.KERNEL, number, {})
    return estimate_of(effect_draws(Forward(layout, fit.posterior, seed=number), query), fit)


def tilted(layout: Layout, program: Program, shift: float) -> Program:
    """The same program with every completion counted e^(shift · level) times.

    Parameters
    ----------
    layout
        Parameters of the model, and where each enters.
    program
        The log-density as a list of operations.
    shift
        Log-odds per level by which missing answers are higher than the model expects; negative:
        lower.
    """
    found = completions(layout)
    if not found:
        return program
    first = _first_completion(program)
    slots = program.slots.copy()
    ordered = [name for name, column in layout.data.columns.items() if column.kind in _ORDERED]
    slots[first : first + len(found)] += [
        shift * sum(rank for name, rank in item.levels.items() if name in ordered) for item in found
    ]
    return replace(program, slots=slots)


def _first_completion(program: Program) -> int:
    """Slot of the first of the completions that are summed over."""
    (row,) = np.flatnonzero(program.ops[:, 0] == kernel.LOGSUMEXP)
    return int(program.ops[row, 2])
