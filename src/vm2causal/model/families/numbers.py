"""What families whose data are one number per unit have in common."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar, override

import numpy as np

from vm2causal.model.data.columns import Floats, Ints
from vm2causal.model.families.family import Distribution, Family, Link, Observed, Rows, Shape
from vm2causal.model.result_names import drawn_as
from vm2causal.model.sampler.information import GaussianSummary
from vm2causal.model.structural_parameters import Predictor, Widths

if TYPE_CHECKING:
    from vm2causal.model.data.structural_data import StructuralData
    from vm2causal.model.equations import Equations
    from vm2causal.model.sampler.assembler import Assembler
    from vm2causal.model.structural import Definition
    from vm2causal.model.structural_layout import Layout
    from vm2causal.model.world import World

RESIDUAL = Shape("residual_sd", lambda widths: widths.residual_log)
"""Residual standard deviation, or scale, of a standardised number."""


class Numbers(Family):
    """Numbers, standardised; missing ones are imputed where the family can."""

    @override
    def define(self, model: Definition, name: str) -> None:
        kept = model.kept(name)
        etas = [model.eta[name, None][kept]]
        drawn = model.draw(drawn_as(name), self.pm(model.terms, name, etas, kept), name, kept)
        column = model.data.columns[name]
        if model.observed:
            predictor = model.layout.predictors_of[name][0]
            model.value[name] = model.with_imputed(name, column.standardised, predictor)
        else:
            model.value[name] = model.standardised(name, model.whole(name, drawn))

    @override
    def observe(self, writer: Assembler, name: str) -> None:
        kept = writer.kept(name)
        seen = writer.data.columns[name].standardised[kept]
        self.write(writer, name, Rows(seen, (writer.eta[name, None] + kept,), kept))
        if name in writer.layout.imputed:
            writer.impute_effect(name)

    @override
    @abstractmethod
    def own_variance(self, equations: Equations, name: str) -> Floats: ...

    @abstractmethod
    def given(self, equations: Equations, name: str, eta: Floats, units: Ints) -> Distribution:
        """Distribution of standardised values given the linear predictor, shape (draw, unit)."""

    @override
    def observed(self, equations: Equations, name: str, world: World) -> Iterator[Observed]:
        column, eta = equations.data.columns[name], world.predictors[name, None]
        unit = np.flatnonzero(equations.data.seen(name))

        def given(rows: Ints) -> Distribution:
            return self.given(equations, name, eta[:, unit[rows]], unit[rows])

        yield Observed(unit, column.standardised[unit], given)

    @override
    def value(
        self, equations: Equations, name: str, world: World, rng: np.random.Generator
    ) -> Floats:
        every = np.arange(len(equations.data.units))
        return self.given(equations, name, world.predictors[name, None], every).draw(rng)


class Located(Numbers):
    """Numbers that scatter around their linear predictor, on their own standardised scale."""

    link: ClassVar[Link] = Link.IDENTITY

    @override
    def intercept_prior(
        self, data: StructuralData, predictor: Predictor, widths: Widths
    ) -> tuple[float, float]:
        """The variable is standardised: its mean is 0, and near it whatever its causes."""
        return 0.0, 1.0

    @override
    def information(self, layout: Layout, predictor: Predictor) -> tuple[GaussianSummary, ...]:
        data, name = layout.data, predictor.variable
        known = data.seen(name).astype(np.float64)
        return (GaussianSummary(known, data.columns[name].standardised, residual=True),)

    @override
    def mean(self, equations: Equations, name: str, eta: Floats) -> Floats:
        """The centre of the distribution."""
        column = equations.data.columns[name]
        return column.centre + column.scale * eta
