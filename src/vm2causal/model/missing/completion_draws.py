"""What missing levels were, drawn from their posterior, draw by draw.

The sampler sums missing levels out, and the noise of what they act on makes up for whatever they
were. To run the model forwards, the levels have to be put back, and taken out of that noise.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from vm2causal.model.data.columns import Floats, Ints
from vm2causal.model.missing.completions import completions
from vm2causal.model.sampler.unconstrained import unconstrained
from vm2causal.model.structural_layout import Layout

if TYPE_CHECKING:
    from vm2causal.model.sampler.completing import CompletingAssembler


@dataclass(frozen=True)
class CompletionDraws:
    """Missing levels, and what they added to predictors with noise of their own.

    Parameters
    ----------
    levels
        Per variable its ranks, shape (draw, unit); −1 where it is not summed out.
    shifts
        Per variable what the missing causes added to its predictor, shape (draw, unit).
    """

    levels: Mapping[str, Ints] = field(repr=False)
    shifts: Mapping[str, Floats] = field(repr=False)


def draw_completions(
    layout: Layout, parameters: Mapping[str, Floats], rng: np.random.Generator
) -> CompletionDraws:
    """Draw the completion of every block of missing levels, given each draw of the parameters.

    Parameters
    ----------
    parameters
        Draws as the posterior names them, shape (draw, …).
    """
    if not completions(layout):
        return CompletionDraws({}, {})
    # only fits with missing levels need the kernel to be asked
    from vm2causal.model.sampler.completing import CompletingAssembler

    assembler = CompletingAssembler(layout)
    program = assembler.program()
    draws = unconstrained(layout, parameters)
    slots = np.array([program.run(q)[2] for q in draws])
    chosen = _chosen(assembler, slots, rng)
    return CompletionDraws(
        _levels(assembler, chosen), _shifts(assembler, slots, chosen, len(layout.data.units))
    )


def _chosen(assembler: CompletingAssembler, slots: Floats, rng: np.random.Generator) -> Ints:
    """Completion of each block in each draw, shape (draw, block)."""
    blocks = np.array([item.block for item in assembler.completions])
    log_weights = slots[:, assembler.targets : assembler.targets + len(blocks)]
    chosen = np.empty((len(slots), blocks.max() + 1), dtype=np.int64)
    for block in range(blocks.max() + 1):
        members = np.flatnonzero(blocks == block)
        weights = np.exp(
            log_weights[:, members] - log_weights[:, members].max(axis=1, keepdims=True)
        )
        reached = np.cumsum(weights, axis=1) / weights.sum(axis=1, keepdims=True)
        passed = (rng.random(len(slots))[:, np.newaxis] > reached[:, :-1]).sum(axis=1)
        chosen[:, block] = members[passed]
    return chosen


def _levels(assembler: CompletingAssembler, chosen: Ints) -> dict[str, Ints]:
    names = {name for item in assembler.completions for name in item.levels}
    shape = (len(chosen), assembler.units)
    levels = {name: np.full(shape, -1, dtype=np.int64) for name in sorted(names)}
    for name, ranks in levels.items():
        rank = np.array([item.levels.get(name, -1) for item in assembler.completions])
        for column in chosen.T:
            item = assembler.completions[column[0]]
            if name in item.levels:
                ranks[:, item.unit] = rank[column]
    return levels


def _shifts(
    assembler: CompletingAssembler, slots: Floats, chosen: Ints, units: int
) -> dict[str, Floats]:
    found = {}
    for name, places in assembler.noise_shifts.items():
        shift = np.zeros((len(chosen), units))
        for column in chosen.T:
            item = assembler.completions[column[0]]
            if column[0] in places:
                slot = np.array([places[row] for row in range(column.min(), column.max() + 1)])
                taken = slot[column - column.min()]
                shift[:, item.unit] += slots[np.arange(len(chosen)), taken]
        found[name] = shift
    return found
