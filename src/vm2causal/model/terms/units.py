"""What every unit has of its own in the counts of its pupils."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, override

import numpy as np

from vm2causal.model.data.columns import Floats
from vm2causal.model.sampler.noise import unit_noise
from vm2causal.model.terms.term import Scattered, Term

if TYPE_CHECKING:
    from vm2causal.model.equations import Equations
    from vm2causal.model.sampler.assembler import Assembler
    from vm2causal.model.structural_layout import Layout
    from vm2causal.model.structural_parameters import Predictor
    from vm2causal.model.structural_terms import Terms
    from vm2causal.model.world import World


@dataclass(frozen=True)
class UnitEffect(Term):
    """Independent normal effects of units.

    Parameters
    ----------
    row
        Of ``unit_sd`` and ``unit_z``.
    """

    row: int
    is_noise: ClassVar[bool] = True

    @override
    def define(self, model: Terms, item: Predictor) -> Any:
        return model.parameters["unit_sd"][self.row] * model.parameters["unit_z"][self.row]

    @override
    def write(self, writer: Assembler, item: Predictor, out: int) -> None:
        own = unit_noise(writer.layout, item)
        if own is not None:
            writer.add_noise(own, item, out)

    @override
    def value(self, equations: Equations, item: Predictor, world: World) -> Floats:
        sd, z = equations.parameters["unit_sd"], equations.parameters["unit_z"]
        found: Floats = sd[:, [self.row]] * z[:, self.row]
        return found

    @override
    def scattered(self, equations: Equations, item: Predictor) -> Scattered:
        variance = float((equations.parameters["unit_sd"][:, self.row] ** 2).mean())
        return Scattered(equations.data.unit, np.arange(len(equations.data.units)), variance)

    @override
    def spread(self, layout: Layout) -> tuple[str, int]:
        return "unit_sd", self.row
