"""A coefficient times a cause: a number, a rank, a construct, or whether a level is there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, override

import numpy as np

from vm2causal.model.data.columns import Floats, Ints
from vm2causal.model.terms.term import Term

if TYPE_CHECKING:
    from vm2causal.model.equations import Equations
    from vm2causal.model.missing.definition import MissingLevels
    from vm2causal.model.sampler.assembler import Assembler
    from vm2causal.model.sampler.completing import CompletingAssembler, Placed
    from vm2causal.model.structural_parameters import Predictor
    from vm2causal.model.structural_terms import Terms
    from vm2causal.model.world import World


@dataclass(frozen=True)
class Coefficient(Term):
    """One coefficient of an arrow on the main unit.

    Parameters
    ----------
    index
        Of the coefficient among all of the layout.
    """

    index: int

    @override
    def define(self, model: Terms, item: Predictor) -> Any:
        return model.parameters["weight"][self.index] * model.cause(self.index)

    @override
    def known(self, writer: Assembler) -> tuple[int, Floats] | None:
        column = writer.known_column(self.index)
        return None if column is None else (writer.slot("weight", self.index), column)

    @override
    def write(self, writer: Assembler, item: Predictor, out: int) -> None:
        writer.add(out, writer.slot("weight", self.index), writer.entered_slots(self.index))

    @override
    def value(self, equations: Equations, item: Predictor, world: World) -> Floats:
        return equations.weight(self.index) * equations.entered(self.index, world)

    @override
    def filled(self, model: MissingLevels, rows: Ints) -> Any:
        whole = self.filled_values(model, rows)
        return None if whole is None else model.parameters["weight"][self.index] * whole

    def filled_values(self, model: MissingLevels, rows: Ints) -> Any:
        """What the coefficient is multiplied by in the completions; None where that is known."""
        import pytensor.tensor as pt

        weight = model.layout.weights[self.index]
        if weight.cause in model.passed_on:
            return model.passed_on[weight.cause][rows]
        ranks = [model.completions[row].levels.get(weight.cause) for row in rows]
        if all(rank is None for rank in ranks):
            return None
        entered = [
            0.0 if rank is None else model.terms.entered_rank(self.index, rank) for rank in ranks
        ]
        return np.array(entered) if weight.steps is None else pt.stack(entered)

    @override
    def filled_slots(self, writer: CompletingAssembler, rows: Placed) -> list[tuple[int, int, int]]:
        own = writer.slot("weight", self.index)
        return [(place, own, slot) for place, slot in self.filled_places(writer, rows)]

    def filled_places(self, writer: CompletingAssembler, rows: Placed) -> list[tuple[int, int]]:
        """Places of completions, each with the slot of what the coefficient is multiplied by."""
        weight, found = writer.layout.weights[self.index], []
        for place, (row, item) in enumerate(rows):
            slot = writer.passed_on.get((weight.cause, row))
            if weight.cause in item.levels:
                slot = writer.entered_rank(self.index, item.levels[weight.cause])
            if slot is not None:
                found.append((place, slot))
        return found
