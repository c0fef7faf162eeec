"""Products of two causes: the coefficient of one depends on the value of the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, override

import numpy as np

from vm2causal.model.data.columns import Floats, Ints
from vm2causal.model.terms.coefficients import Coefficient
from vm2causal.model.terms.modifier import Modifier

if TYPE_CHECKING:
    from vm2causal.model.equations import Equations
    from vm2causal.model.missing.definition import MissingLevels
    from vm2causal.model.sampler.assembler import Assembler
    from vm2causal.model.sampler.completing import CompletingAssembler, Placed
    from vm2causal.model.structural_parameters import Predictor
    from vm2causal.model.structural_terms import Terms
    from vm2causal.model.world import World


@dataclass(frozen=True)
class ProductCoefficient(Modifier):
    """One coefficient times what two others are multiplied by.

    Both causes enter centred, so that each one's own coefficient is that at the mean of the other.

    Parameters
    ----------
    index
        Of the product among all of the layout.
    first, second
        Of the coefficients of the two causes.
    """

    index: int
    first: int
    second: int

    @override
    def define(self, model: Terms, item: Predictor) -> Any:
        coefficient = model.parameters["product"][self.index]
        return coefficient * model.cause(self.first) * model.cause(self.second)

    @override
    def known(self, writer: Assembler) -> tuple[int, Floats] | None:
        columns = [writer.known_column(index) for index in (self.first, self.second)]
        first, second = columns
        if first is None or second is None:
            return None
        return writer.slot("product", self.index), first * second

    @override
    def write(self, writer: Assembler, item: Predictor, out: int) -> None:
        units, products = np.arange(writer.units), writer.tape.room(writer.units)
        first, second = (writer.entered_slots(index) for index in (self.first, self.second))
        writer.tape.muladd(products + units, first + units, second + units)
        writer.add(out, writer.slot("product", self.index), products)

    @override
    def value(self, equations: Equations, item: Predictor, world: World) -> Floats:
        found: Floats = (
            self.draws(equations)
            * equations.entered(self.first, world)
            * equations.entered(self.second, world)
        )
        return found

    @override
    def filled(self, model: MissingLevels, rows: Ints) -> Any:
        """(a + a′)(b + b′) − ab, where a′ and b′ is what the completions make of the causes."""
        indices = (self.first, self.second)
        added = [Coefficient(index).filled_values(model, rows) for index in indices]
        if all(more is None for more in added):
            return None
        units = np.array([model.completions[row].unit for row in rows])
        before = [model.terms.cause(index)[units] for index in indices]
        after = [
            base if more is None else base + more for base, more in zip(before, added, strict=True)
        ]
        change = after[0] * after[1] - before[0] * before[1]
        return model.parameters["product"][self.index] * change

    @override
    def filled_slots(self, writer: CompletingAssembler, rows: Placed) -> list[tuple[int, int, int]]:
        first, second = (
            dict(Coefficient(index).filled_places(writer, rows))
            for index in (self.first, self.second)
        )
        found, products = [], []
        for place in sorted(first.keys() | second.keys()):
            unit, out = rows[place][1].unit, writer.tape.room(1)
            before = [writer.entered_slots(index) + unit for index in (self.first, self.second)]
            if place in first:
                products.append((out, first[place], before[1]))
            if place in second:
                products.append((out, before[0], second[place]))
            if place in first and place in second:
                products.append((out, first[place], second[place]))
            found.append((place, writer.slot("product", self.index), out))
        if products:
            writer.tape.muladd(*zip(*products, strict=True))
        return found

    @property
    @override
    def multiplied(self) -> tuple[int, ...]:
        return (self.first, self.second)

    @override
    def draws(self, equations: Equations) -> Floats:
        return equations.parameters["product"][:, [self.index]]

    @override
    def variance(self, equations: Equations) -> float:
        return equations.layout.products[self.index].sd ** 2

    @override
    def slope(self, equations: Equations, index: int, world: World) -> Floats | None:
        if index not in (self.first, self.second):
            return None
        other = self.second if index == self.first else self.first
        found: Floats = self.draws(equations) * equations.entered(other, world)
        return found
