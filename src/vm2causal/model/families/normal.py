"""Continuous variables: standardised, and normal around their linear predictor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, override

import numpy as np
from scipy.special import ndtr

from vm2causal.model.data.columns import Floats, Ints
from vm2causal.model.families.family import Distribution, Rows
from vm2causal.model.families.numbers import RESIDUAL, Located
from vm2causal.model.gauss import NORMAL, log_normal
from vm2causal.spec.words import Kind

if TYPE_CHECKING:
    from vm2causal.model.equations import Equations
    from vm2causal.model.sampler.assembler import Assembler
    from vm2causal.model.structural_terms import Terms


@dataclass(frozen=True)
class Around(Distribution):
    """Normal around a mean, shape (draw, row); the standard deviation has shape (draw, 1)."""

    mean: Floats = field(repr=False)
    sd: Floats = field(repr=False)

    @override
    def log_density(self, seen: Floats) -> Floats:
        return log_normal(seen, self.mean, self.sd)

    @override
    def reached(self, seen: Floats) -> tuple[Floats, Floats]:
        below = np.asarray(ndtr((seen - self.mean) / self.sd))
        return below, below

    @override
    def draw(self, rng: np.random.Generator) -> Floats:
        drawn: Floats = self.mean + self.sd * rng.standard_normal(self.mean.shape)
        return drawn

    @override
    def pull(self, seen: Floats, level: int | None) -> tuple[Floats, Floats]:
        precision = np.broadcast_to(self.sd**-2.0, self.mean.shape)
        return (seen - self.mean) * precision, precision


class Normal(Located):
    """Normal around the predictor, with a residual standard deviation."""

    kind: ClassVar[Kind] = Kind.CONTINUOUS
    shapes = (RESIDUAL,)
    imputed: ClassVar[bool] = True

    @override
    def pm(self, terms: Terms, name: str, etas: Sequence[Any], units: Ints) -> Any:
        import pymc as pm

        column = terms.layout.data.columns[name]
        sd = column.scale * terms.shape("residual_sd", name)
        return pm.Normal.dist(column.centre + column.scale * etas[0], sd)

    @override
    def write(self, writer: Assembler, name: str, rows: Rows) -> None:
        sds = np.full(len(rows.units), writer.shape_slot("residual_sd", name))
        writer.normals(writer.value[name] + rows.units, rows.etas[0], sds, rows.goals)

    @override
    def given(self, equations: Equations, name: str, eta: Floats, units: Ints) -> Around:
        return Around(eta, equations.parameter_of("residual_sd", name))

    @override
    def own_variance(self, equations: Equations, name: str) -> Floats:
        variance: Floats = equations.parameter_of("residual_sd", name) ** 2
        return variance

    @override
    def nodes(
        self, equations: Equations, name: str, eta: Floats
    ) -> list[tuple[Floats | float, Floats]]:
        sd = equations.parameter_of("residual_sd", name)
        return [(chance, eta + node * sd) for node, chance in NORMAL]
