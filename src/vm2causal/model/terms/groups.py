"""Random intercepts: what the units of one level of a group have in common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, override

import numpy as np

from vm2causal.model.data.columns import Floats
from vm2causal.model.result_names import held_as
from vm2causal.model.sampler.noise import group_noise
from vm2causal.model.terms.term import Scattered, Term

if TYPE_CHECKING:
    from vm2causal.model.equations import Equations
    from vm2causal.model.sampler.assembler import Assembler
    from vm2causal.model.structural_layout import Layout
    from vm2causal.model.structural_parameters import Predictor
    from vm2causal.model.structural_terms import Terms
    from vm2causal.model.world import World


@dataclass(frozen=True)
class GroupEffect(Term):
    """Independent normal effects of the levels of a group.

    Where an unobserved cause acts on the predictor by levels of the same group, it shares their
    standard deviation (:mod:`~vm2causal.model.terms.unobserved`).

    Parameters
    ----------
    group
        No variable of the model.
    row
        Of its effects, among those of the group.
    """

    group: str
    row: int
    is_noise: ClassVar[bool] = True

    def _shares_with(self, layout: Layout, item: Predictor) -> int | None:
        """Index of the arrow of the unobserved cause that shares the standard deviation."""
        shared = layout.shared_group(item)
        return shared[1] if shared is not None and shared[0] == self.group else None

    @override
    def define(self, model: Terms, item: Predictor) -> Any:
        import pytensor.tensor as pt

        sd, arrow = model.sd(self), self._shares_with(model.layout, item)
        if arrow is not None:
            sd = sd / pt.cosh(model.hidden_parameter(arrow))
        effect = sd * model.parameters[f"{held_as(self.group)}_z"][self.row]
        return effect[model.layout.data.groups[self.group].codes]

    @override
    def write(self, writer: Assembler, item: Predictor, out: int) -> None:
        writer.add_noise(group_noise(writer.layout, self.group, self.row), item, out)

    @override
    def value(self, equations: Equations, item: Predictor, world: World) -> Floats:
        effect, arrow = (
            equations.level_effects(self.group, self.row),
            self._shares_with(equations.layout, item),
        )
        if arrow is not None:
            effect = effect / np.cosh(equations.hidden_parameter(arrow))
        return effect[:, equations.data.groups[self.group].codes]

    @override
    def scattered(self, equations: Equations, item: Predictor) -> Scattered:
        variance = float((equations.group_sd(self.group, self.row) ** 2).mean())
        return Scattered(self.group, equations.data.groups[self.group].codes, variance)

    @override
    def spread(self, layout: Layout) -> tuple[str, int]:
        return f"{held_as(self.group)}_sd", layout.sd_rows[self.group, self.row]
