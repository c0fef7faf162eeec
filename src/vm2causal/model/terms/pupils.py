"""A coefficient times what is known of pupils: the kinds of pupils in the cells of a count."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, override

from vm2causal.model.data.columns import Floats
from vm2causal.model.terms.term import Term

if TYPE_CHECKING:
    from vm2causal.model.equations import Equations
    from vm2causal.model.sampler.assembler import Assembler
    from vm2causal.model.structural_layout import Layout
    from vm2causal.model.structural_parameters import Predictor
    from vm2causal.model.structural_terms import Terms
    from vm2causal.model.world import World


@dataclass(frozen=True)
class PupilCoefficient(Term):
    """One coefficient of an arrow from a characteristic of pupils.

    Parameters
    ----------
    index
        Of the coefficient among all of the layout.
    """

    index: int
    of_cells: ClassVar[bool] = True

    def entered(self, layout: Layout) -> Floats:
        """What the coefficient is multiplied by, per pattern."""
        weight = layout.weights[self.index]
        return layout.data.covariates[weight.cause].entered(weight.cause_level)

    @override
    def define(self, model: Terms, item: Predictor) -> Any:
        return model.parameters["weight"][self.index] * self.entered(model.layout)

    @override
    def known(self, writer: Assembler) -> tuple[int, Floats]:
        return writer.slot("weight", self.index), self.entered(writer.layout)

    @override
    def value(self, equations: Equations, item: Predictor, world: World) -> Floats:
        return equations.weight(self.index) * self.entered(equations.layout)
