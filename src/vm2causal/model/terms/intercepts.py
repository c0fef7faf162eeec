"""Intercepts: one of a variable, or one of each year of a count."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, override

import numpy as np

from vm2causal.model.data.columns import Floats
from vm2causal.model.terms.term import Term

if TYPE_CHECKING:
    from vm2causal.model.equations import Equations
    from vm2causal.model.sampler.assembler import Assembler
    from vm2causal.model.structural_parameters import Predictor
    from vm2causal.model.structural_terms import Terms
    from vm2causal.model.world import World


@dataclass(frozen=True)
class Intercept(Term):
    """The same for all units.

    Parameters
    ----------
    index
        Of the intercept among all of the layout.
    """

    index: int

    @override
    def define(self, model: Terms, item: Predictor) -> Any:
        return model.parameters["intercept"][self.index]

    @override
    def known(self, writer: Assembler) -> tuple[int, Floats]:
        return writer.slot("intercept", self.index), np.ones(writer.units)

    @override
    def value(self, equations: Equations, item: Predictor, world: World) -> Floats:
        return equations.parameters["intercept"][:, [self.index]]


@dataclass(frozen=True)
class YearIntercepts(Term):
    """One of each year in which pupils are counted; one where there are no years.

    Parameters
    ----------
    first
        Of the intercepts among all of the layout.
    """

    first: int
    of_cells: ClassVar[bool] = True

    @override
    def define(self, model: Terms, item: Predictor) -> Any:
        return model.parameters["intercept"][self.first + model.layout.data.pattern_years]

    @override
    def write(self, writer: Assembler, item: Predictor, out: int) -> None:
        first = writer.slot("intercept", self.first)
        writer.add_by_level(out, writer.one, first, writer.data.pattern_years)

    @override
    def value(self, equations: Equations, item: Predictor, world: World) -> Floats:
        found: Floats = equations.parameters["intercept"][
            :, self.first + equations.data.pattern_years
        ]
        return found
