"""Causes without data that act on several variables: standard normal, times an arrow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, override

import numpy as np

from vm2causal.model.data.columns import Floats, Ints
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
class UnobservedCause(Term):
    """One arrow of an unobserved cause.

    Where the variable also has an effect of the cause's own group, the arrow's parameter a splits
    that effect's standard deviation s: the cause takes s tanh(a), the rest s / cosh(a). Total and
    split are then nearly independent in the posterior, where two standard deviations would trade
    off.

    Parameters
    ----------
    cause
        Its name.
    index
        Of the arrow among those of all unobserved causes.
    """

    cause: str
    index: int
    is_noise: ClassVar[bool] = True

    def _shares_with(self, layout: Layout, item: Predictor) -> tuple[str, int] | None:
        """Group whose standard deviation it shares, and the row of its effects."""
        shared = layout.shared_group(item)
        if shared is None or shared[1] != self.index:
            return None
        return shared[0], dict(item.groups)[shared[0]]

    def _codes(self, layout: Layout) -> Ints:
        """Level of the cause of each unit; each its own where units differ in it."""
        group = layout.hidden[self.cause]
        own = group == layout.data.unit
        return np.arange(len(layout.data.units)) if own else layout.data.groups[group].codes

    @override
    def define(self, model: Terms, item: Predictor) -> Any:
        import pytensor.tensor as pt

        size, shared = model.hidden_parameter(self.index), self._shares_with(model.layout, item)
        if shared is not None:
            block = model.parameters[f"{held_as(shared[0])}_sd"]
            size = block[model.layout.sd_rows[shared]] * pt.tanh(size)
        sign = model.layout.hidden_signs[self.index] or 1.0
        return (sign * size * model.parameters[f"{held_as(self.cause)}_z"])[
            self._codes(model.layout)
        ]

    @override
    def write(self, writer: Assembler, item: Predictor, out: int) -> None:
        split, z = writer.splits.get(self.index), writer.slot(f"{held_as(self.cause)}_z")
        place = writer.layout.hidden_place(self.index)
        weight = writer.slot(*place) if split is None else split.cause
        sign = writer.layout.hidden_signs[self.index]
        if sign is not None and sign < 0:
            negative = writer.tape.room(1)
            writer.tape.muladd([negative], [writer.minus], [weight])
            weight = negative
        if writer.layout.hidden[self.cause] == writer.data.unit:
            writer.add(out, weight, z)
        else:
            writer.add_by_level(out, weight, z, self._codes(writer.layout))

    @override
    def value(self, equations: Equations, item: Predictor, world: World) -> Floats:
        layout = equations.layout
        size, shared = equations.hidden_parameter(self.index), self._shares_with(layout, item)
        if shared is not None:
            size = equations.group_sd(*shared) * np.tanh(size)
        sign = layout.hidden_signs[self.index] or 1.0
        effect: Floats = sign * size * equations.parameters[f"{held_as(self.cause)}_z"]
        return effect[:, self._codes(layout)]

    @override
    def scattered(self, equations: Equations, item: Predictor) -> Scattered | None:
        """None where it is a part of the effects of its group, which stand by themselves."""
        layout = equations.layout
        if self._shares_with(layout, item) is not None:
            return None
        variance = float((equations.hidden_parameter(self.index) ** 2).mean())
        return Scattered(self.cause, self._codes(layout), variance)
