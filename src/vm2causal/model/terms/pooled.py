"""Levels of a nominal cause that share strength: they sum to zero, with one standard deviation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, override

import numpy as np

from vm2causal.model.data.columns import Floats
from vm2causal.model.result_names import held_as
from vm2causal.model.terms.term import Scattered, Term

if TYPE_CHECKING:
    from vm2causal.model.equations import Equations
    from vm2causal.model.sampler.assembler import Assembler
    from vm2causal.model.structural_layout import Layout
    from vm2causal.model.structural_parameters import Predictor
    from vm2causal.model.structural_terms import Terms
    from vm2causal.model.world import World


@dataclass(frozen=True)
class PooledLevels(Term):
    """Effects of the levels of a group that is itself a cause.

    Parameters
    ----------
    group
        The nominal cause.
    row
        Of its effects, among those of the group.
    """

    group: str
    row: int

    @override
    def define(self, model: Terms, item: Predictor) -> Any:
        import pytensor.tensor as pt

        effect = model.sd(self) * model.parameters[f"{held_as(self.group)}_z"][self.row]
        return effect[pt.cast(model.level[self.group], "int64")]

    @override
    def write(self, writer: Assembler, item: Predictor, out: int) -> None:
        effects = writer.level_effects[held_as(self.group), self.row]
        codes = writer.data.groups[self.group].codes
        writer.add_by_level(out, writer.slot(*self.spread(writer.layout)), effects, codes)

    @override
    def value(self, equations: Equations, item: Predictor, world: World) -> Floats:
        effects = equations.level_effects(self.group, self.row)
        return np.take_along_axis(effects, world.ranks[self.group], axis=1)

    @override
    def scattered(self, equations: Equations, item: Predictor) -> Scattered:
        variance = float((equations.group_sd(self.group, self.row) ** 2).mean())
        return Scattered(self.group, equations.data.groups[self.group].codes, variance)

    @override
    def spread(self, layout: Layout) -> tuple[str, int]:
        return f"{held_as(self.group)}_sd", layout.sd_rows[self.group, self.row]
