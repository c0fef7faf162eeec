"""A curve beside a coefficient: what a number does that a straight line does not say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, override

from vm2causal.model.data.columns import Floats
from vm2causal.model.terms.modifier import Modifier

if TYPE_CHECKING:
    from vm2causal.model.equations import Equations
    from vm2causal.model.sampler.assembler import Assembler
    from vm2causal.model.shapes import Curve
    from vm2causal.model.structural_layout import Layout
    from vm2causal.model.structural_parameters import Predictor
    from vm2causal.model.structural_terms import Terms
    from vm2causal.model.world import World


@dataclass(frozen=True)
class CurveDeviation(Modifier):
    """How far an effect lies from a straight line: columns times normals times one deviation.

    Parameters
    ----------
    index
        Of the coefficient of the line among all of the layout.
    row
        Of the curve among all of the layout.
    """

    index: int
    row: int

    def curve(self, layout: Layout) -> Curve:
        """Its columns."""
        return layout.curves[self.row].curve

    def rows(self, layout: Layout) -> slice:
        """The coefficients of its columns, before their scale, among all of the layout."""
        first = layout.curves[self.row].first
        return slice(first, first + self.curve(layout).size)

    @override
    def define(self, model: Terms, item: Predictor) -> Any:
        import pytensor.tensor as pt

        columns = self.curve(model.layout).define(model.cause(self.index))
        normals = model.parameters["arrow_curve_z"][self.rows(model.layout)]
        return pt.dot(columns, model.parameters["arrow_curve_sd"][self.row] * normals)

    @override
    def write(self, writer: Assembler, item: Predictor, out: int) -> None:
        known = writer.known_column(self.index)
        assert known is not None  # every unit's value is known
        columns = self.curve(writer.layout).columns(known)
        size, first = columns.shape[1], writer.slot("arrow_curve_z", self.rows(writer.layout).start)
        coefficients = writer.tape.room(size)
        writer.times(coefficients, writer.slot("arrow_curve_sd", self.row), first, size)
        writer.tape.combine(out, [(coefficients + k, columns[:, k]) for k in range(size)])

    @override
    def value(self, equations: Equations, item: Predictor, world: World) -> Floats:
        entered = equations.entered(self.index, world)
        return self.curve(equations.layout).combined(entered, self.draws(equations))

    @property
    @override
    def multiplied(self) -> tuple[int, ...]:
        return (self.index,)

    @override
    def draws(self, equations: Equations) -> Floats:
        sd = equations.parameters["arrow_curve_sd"][:, [self.row]]
        return sd * equations.parameters["arrow_curve_z"][:, self.rows(equations.layout)]

    @override
    def variance(self, equations: Equations) -> float:
        return float((equations.parameters["arrow_curve_sd"][:, self.row] ** 2).mean())

    @override
    def slope(self, equations: Equations, index: int, world: World) -> Floats | None:
        if index != self.index:
            return None
        entered = equations.entered(index, world)
        return self.curve(equations.layout).slopes(entered, self.draws(equations))

    @override
    def columns(self, equations: Equations, entered: Mapping[int, Floats]) -> tuple[Floats, ...]:
        # every unit's value is known, and so the same in all draws
        columns = self.curve(equations.layout).columns(entered[self.index][:1])
        return tuple(columns[..., place] for place in range(columns.shape[-1]))

    @override
    def spread(self, layout: Layout) -> tuple[str, int]:
        return "arrow_curve_sd", self.row
