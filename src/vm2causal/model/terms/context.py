"""The mean of a cause in its group: what it goes along with apart from the cause itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, override

import numpy as np

from vm2causal.model.data.columns import Floats
from vm2causal.model.terms.modifier import Modifier

if TYPE_CHECKING:
    from vm2causal.model.equations import Equations
    from vm2causal.model.sampler.assembler import Assembler
    from vm2causal.model.structural_layout import Layout
    from vm2causal.model.structural_parameters import Predictor
    from vm2causal.model.structural_terms import Terms
    from vm2causal.model.world import World


@dataclass(frozen=True)
class GroupMean(Modifier):
    """A coefficient times the mean of a cause in the unit's group, as it was observed.

    It stands for what sets groups apart along with their mean (Mundlak 1978, Econometrica 46, 69),
    so it stays as it is when something is done to the cause.

    Parameters
    ----------
    index
        Of the coefficient of the cause itself among all of the layout.
    row
        Among all group means of the layout.
    """

    index: int
    row: int

    def column(self, layout: Layout) -> Floats:
        """The mean of each unit's group, in the units in which the cause enters."""
        return layout.group_means[self.row].column

    @override
    def define(self, model: Terms, item: Predictor) -> Any:
        return model.parameters["arrow_group_mean"][self.row] * self.column(model.layout)

    @override
    def known(self, writer: Assembler) -> tuple[int, Floats]:
        return writer.slot("arrow_group_mean", self.row), self.column(writer.layout)

    @override
    def value(self, equations: Equations, item: Predictor, world: World) -> Floats:
        return equations.parameters["arrow_group_mean"][:, [self.row]] * self.column(
            equations.layout
        )

    @property
    @override
    def multiplied(self) -> tuple[int, ...]:
        return (self.index,)

    @override
    def draws(self, equations: Equations) -> Floats:
        return equations.parameters["arrow_group_mean"][:, [self.row]]

    @override
    def variance(self, equations: Equations) -> float:
        return equations.layout.group_means[self.row].sd ** 2

    @override
    def slope(self, equations: Equations, index: int, world: World) -> None:
        """It is left as it is when its cause is changed."""

    @override
    def columns(self, equations: Equations, entered: Mapping[int, Floats]) -> tuple[Floats, ...]:
        return (self.column(equations.layout)[np.newaxis],)
