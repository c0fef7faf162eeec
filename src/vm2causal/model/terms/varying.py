"""Coefficients that differ between levels: of a group, or of another cause."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, override

import numpy as np

from vm2causal.model.data.columns import Floats, Ints
from vm2causal.model.result_names import slopes_as
from vm2causal.model.shapes import at_levels
from vm2causal.model.terms.coefficients import Coefficient
from vm2causal.model.terms.modifier import Modifier

if TYPE_CHECKING:
    from vm2causal.model.equations import Equations
    from vm2causal.model.missing.definition import MissingLevels
    from vm2causal.model.sampler.assembler import Assembler
    from vm2causal.model.sampler.completing import CompletingAssembler, Placed
    from vm2causal.model.structural_layout import Layout
    from vm2causal.model.structural_parameters import Predictor
    from vm2causal.model.structural_terms import Terms
    from vm2causal.model.world import World


@dataclass(frozen=True)
class VaryingCoefficient(Modifier):
    """How far a coefficient lies from its mean in each level: a standard deviation times normals.

    The levels of a group are a sample of more such levels, so their deviations are independent;
    those of a variable are all that there are, so theirs sum to zero and the coefficient is the
    mean over them.

    Parameters
    ----------
    index
        Of the coefficient among all of the layout.
    group
        A group, or a variable with levels that acts on the same effect.
    row
        Of its deviations, among those by this group.
    """

    index: int
    group: str
    row: int

    @override
    def define(self, model: Terms, item: Predictor) -> Any:
        return self._deviations(model)[self._levels(model)] * model.cause(self.index)

    def _deviations(self, model: Terms) -> Any:
        name = slopes_as(self.group)
        return model.parameters[f"{name}_sd"][self.row] * model.parameters[f"{name}_z"][self.row]

    def _levels(self, model: Terms) -> Any:
        """Level of each unit: of a variable as the model draws it."""
        import pytensor.tensor as pt

        if self.group in model.level:
            return pt.cast(model.level[self.group], "int64")
        return model.layout.data.levels_of(self.group).codes

    @override
    def write(self, writer: Assembler, item: Predictor, out: int) -> None:
        deviations, codes = writer.deviations(self), writer.data.levels_of(self.group).codes
        units = np.arange(writer.units)
        values = writer.entered_slots(self.index)
        writer.tape.muladd(out + units, deviations + codes, values + units)

    @override
    def value(self, equations: Equations, item: Predictor, world: World) -> Floats:
        found: Floats = self._by_unit(equations, world) * equations.entered(self.index, world)
        return found

    def _by_unit(self, equations: Equations, world: World) -> Floats:
        deviations = equations.slopes(self.group, self.row)
        if self.group in world.ranks:
            return at_levels(deviations, world.ranks[self.group])
        return deviations[:, equations.data.levels_of(self.group).codes]

    @property
    @override
    def multiplied(self) -> tuple[int, ...]:
        return (self.index,)

    @override
    def draws(self, equations: Equations) -> Floats:
        return equations.slopes(self.group, self.row)

    @override
    def variance(self, equations: Equations) -> float:
        block, row = self.spread(equations.layout)
        return float((equations.parameters[block][:, row] ** 2).mean())

    @override
    def codes(self, equations: Equations, units: Ints) -> Ints:
        return equations.data.levels_of(self.group).codes[units]

    @override
    def slope(self, equations: Equations, index: int, world: World) -> Floats | None:
        return self._by_unit(equations, world) if index == self.index else None

    @override
    def filled(self, model: MissingLevels, rows: Ints) -> Any:
        whole = Coefficient(self.index).filled_values(model, rows)
        if whole is None:
            return None
        units = np.array([model.completions[row].unit for row in rows])
        deviations, codes = self._deviations(model.terms), model.data.levels_of(self.group).codes
        return deviations[codes[units]] * whole

    @override
    def filled_slots(self, writer: CompletingAssembler, rows: Placed) -> list[tuple[int, int, int]]:
        deviations, codes = writer.deviations(self), writer.data.levels_of(self.group).codes
        return [
            (place, deviations + int(codes[rows[place][1].unit]), slot)
            for place, slot in Coefficient(self.index).filled_places(writer, rows)
        ]

    @override
    def spread(self, layout: Layout) -> tuple[str, int]:
        return f"{slopes_as(self.group)}_sd", self.row
