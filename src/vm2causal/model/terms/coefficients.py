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
        weight = writer.layout.weights[self.index]
        column = writer.data.columns.get(weight.cause)
        if column is None or weight.cause in writer.layout.imputed:
            return None
        return writer.slot("weight", self.index), column.entered(weight.cause_level)

    @override
    def write(self, writer: Assembler, item: Predictor, out: int) -> None:
        cause = writer.layout.weights[self.index].cause
        computed = None if cause in writer.data.columns else writer.eta.get((cause, None))
        values = writer.value[cause] if computed is None else computed
        slot = writer.slot("weight", self.index)
        writer.add(out, slot, values)

    @override
    def value(self, equations: Equations, item: Predictor, world: World) -> Floats:
        return equations.weight(self.index) * equations.entered(self.index, world)

    @override
    def filled(self, model: MissingLevels, rows: Ints) -> Any:
        weight, coefficient = model.layout.weights[self.index], model.parameters["weight"]
        if weight.cause in model.passed_on:
            return coefficient[self.index] * model.passed_on[weight.cause][rows]
        ranks = [model.completions[row].levels.get(weight.cause) for row in rows]
        if all(rank is None for rank in ranks):
            return None
        column = model.data.columns[weight.cause]
        entered = [
            0.0 if rank is None else column.entered_rank(rank, weight.cause_level) for rank in ranks
        ]
        return coefficient[self.index] * np.array(entered)

    @override
    def filled_slots(self, writer: CompletingAssembler, rows: Placed) -> list[tuple[int, int, int]]:
        weight, found = writer.layout.weights[self.index], []
        for place, (row, item) in enumerate(rows):
            slot = writer.passed_on.get((weight.cause, row))
            if weight.cause in item.levels:
                column = writer.data.columns[weight.cause]
                entered = column.entered_rank(item.levels[weight.cause], weight.cause_level)
                slot = writer.tape.constant(np.array([entered]))
            if slot is not None:
                found.append((place, writer.slot("weight", self.index), slot))
        return found
