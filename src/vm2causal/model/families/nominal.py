"""Nominal variables: each level but the reference has a linear predictor (multinomial logit)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, override

import numpy as np

from vm2causal.model.data.columns import Column, Floats, Ints
from vm2causal.model.families.family import Link, Rows
from vm2causal.model.families.levels import Levels
from vm2causal.model.sampler.information import GaussianSummary, log_odds, summary_of_levels
from vm2causal.model.structural_parameters import Predictor, Widths
from vm2causal.spec.words import Kind

if TYPE_CHECKING:
    from vm2causal.model.data.structural_data import StructuralData
    from vm2causal.model.equations import Equations
    from vm2causal.model.sampler.assembler import Assembler
    from vm2causal.model.structural_layout import Layout
    from vm2causal.model.structural_terms import Terms
    from vm2causal.model.world import World


class Nominal(Levels):
    """One of several levels without order."""

    kind: ClassVar[Kind] = Kind.NOMINAL
    link: ClassVar[Link] = Link.LOGIT
    single_answers: ClassVar[bool] = True

    @override
    def predicted(self, data: StructuralData, name: str) -> tuple[int | None, ...]:
        column = data.columns[name]
        return tuple(rank for rank in range(len(column.levels)) if rank != column.reference)

    @override
    def coefficient_sd(self, column: Column | None, widths: Widths) -> float:
        """Of a level against the reference."""
        return widths.contrast

    @override
    def pm(self, terms: Terms, name: str, etas: Sequence[Any], units: Ints) -> Any:
        import pymc as pm
        import pytensor.tensor as pt

        predictors = terms.layout.predictors_of[name]
        logits = {item.level: eta for item, eta in zip(predictors, etas, strict=True)}
        zeros = pt.zeros(len(units))
        levels = range(len(terms.layout.data.columns[name].levels))
        stacked = pt.stack([logits.get(level, zeros) for level in levels], axis=-1)
        return pm.Categorical.dist(logit_p=stacked)

    @override
    def write(self, writer: Assembler, name: str, rows: Rows) -> None:
        predictors = writer.layout.predictors_of[name]
        place = {item.level: row for row, item in enumerate(predictors)}
        seen = np.array([place.get(int(rank), -1) for rank in rows.seen], dtype=np.int64)
        writer.categorical(np.column_stack([*rows.etas, seen, rows.goals]))

    @override
    def information(self, layout: Layout, predictor: Predictor) -> tuple[GaussianSummary, ...]:
        return (summary_of_levels(layout, predictor, self.usual_intercepts(layout, predictor)),)

    @override
    def usual_intercepts(self, layout: Layout, predictor: Predictor) -> Floats:
        """Log-odds of the level against the reference."""
        column = layout.data.columns[predictor.variable]
        known = column.values[~column.missing]
        events = np.array([float((known == predictor.level).sum())])
        return log_odds(events, events + float((known == column.reference).sum()))

    @override
    def chances(self, equations: Equations, name: str, world: World, units: Ints | slice) -> Floats:
        levels = range(len(equations.data.columns[name].levels))
        (first, *_) = equations.layout.predictors_of[name]
        zero = np.zeros_like(world.predictors[name, first.level][:, units])
        etas = [
            world.predictors[name, level][:, units] if (name, level) in world.predictors else zero
            for level in levels
        ]
        # level by level: sums over a short last axis take several times as long
        highest = zero.copy()
        for eta in etas:
            np.maximum(highest, eta, out=highest)
        mass = [np.exp(eta - highest) for eta in etas]
        total = sum(mass, zero)
        shares: Floats = np.empty((*zero.shape, len(etas)))
        for rank, own in enumerate(mass):
            np.divide(own, total, out=shares[..., rank])
        return shares

    @override
    def mean(self, equations: Equations, name: str, eta: Floats) -> Floats:
        raise ValueError(f"'{name}' has levels without order, so it has no mean")
