"""Constructs: what several items measure, each answered on an ordered scale.

A graded response model: the construct is its linear predictor plus standard normal noise, and each
answer is ordinal around its loading times that.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, override

import numpy as np

from vm2causal.model.data.columns import Floats, Ints
from vm2causal.model.families.family import Family, Link, Observed
from vm2causal.model.families.ordinal import Ordered, ordered_logistic, write_answers
from vm2causal.model.result_names import answered_as, drawn_as
from vm2causal.model.sampler.information import GaussianSummary, summary_of_answers
from vm2causal.model.structural_parameters import Predictor, Scale
from vm2causal.spec import CausalSpec
from vm2causal.spec.words import Kind

if TYPE_CHECKING:
    from vm2causal.model.data.structural_data import StructuralData
    from vm2causal.model.equations import Equations
    from vm2causal.model.missing.completions import Completion
    from vm2causal.model.missing.definition import MissingLevels
    from vm2causal.model.sampler.assembler import Assembler
    from vm2causal.model.sampler.completing import CompletingAssembler
    from vm2causal.model.structural import Definition
    from vm2causal.model.structural_layout import Layout
    from vm2causal.model.world import World


class Construct(Family):
    """Measured by items."""

    kind: ClassVar[Kind] = Kind.LATENT
    link: ClassVar[Link] = Link.IDENTITY
    own_noise: ClassVar[str | None] = "latent_z"

    @override
    def stands_alone(self, data: StructuralData, name: str) -> bool:
        """Its items are its effects."""
        return True

    @override
    def scales(
        self, spec: CausalSpec, data: StructuralData, name: str
    ) -> Iterator[tuple[str, tuple[str, ...], bool]]:
        variable, answers = spec.variables[name], data.items[name]
        levels = variable.levels or tuple(str(rank) for rank in range(int(answers.max()) + 1))
        for item in variable.items:
            yield item, levels, True

    @override
    def intercepts(self, data: StructuralData, label: str) -> list[str]:
        return []

    @override
    def define(self, model: Definition, name: str) -> None:
        import pymc as pm

        latents = model.layout.block("latent_z").dims["latent"]
        noise = model.parameters["latent_z"][latents.index(name)]
        theta = pm.Deterministic(
            drawn_as(name), model.eta[name, None] + noise, dims=model.data.unit
        )
        model.value[name] = model.eta[name, None] = theta
        for scale, answers in self._answered(model.layout, name):
            known = np.flatnonzero(answers >= 0) if model.observed else np.arange(len(answers))
            score = model.parameters["loading"][scale.loading] * theta[known]
            model.register(
                answered_as(scale.name),
                ordered_logistic(model.terms, scale, score),
                answers[known] if model.observed else None,
                known,
            )

    @staticmethod
    def _answered(layout: Layout, name: str) -> Iterator[tuple[Scale, Ints]]:
        """The scale of each item with its answers; nothing of a construct that is not fitted."""
        scales = [scale for scale in layout.scales if scale.variable == name]
        return zip(scales, layout.data.items[name].T if scales else (), strict=True)

    @override
    def completed(self, model: MissingLevels, name: str, rows: Ints, units: Ints) -> Any:
        return model.of_noise(name, rows, units)

    @override
    def observe(self, writer: Assembler, name: str) -> None:
        writer.without_prior("latent_z", name)
        theta = writer.eta[name, None]
        for scale, answers in self._answered(writer.layout, name):
            known = np.flatnonzero(answers >= 0)
            loading = writer.slot("loading", scale.loading or 0)
            write_answers(writer, scale, answers[known], theta + known, loading, None)

    @override
    def complete(
        self,
        writer: CompletingAssembler,
        name: str,
        units: Ints,
        rows: list[tuple[int, Completion]],
        shifts: Sequence[Ints],
        targets: Ints,
    ) -> None:
        predictor = writer.layout.predictors_of[name][0]
        writer.complete_noise(name, predictor, units, shifts[0], targets)

    @override
    def information(self, layout: Layout, predictor: Predictor) -> tuple[GaussianSummary, ...]:
        scales = [scale for scale in layout.scales if scale.variable == predictor.variable]
        return summary_of_answers(layout.data.items[predictor.variable], scales)

    @override
    def observed(self, equations: Equations, name: str, world: World) -> Iterator[Observed]:
        for scale, answers in self._answered(equations.layout, name):
            unit = np.flatnonzero(answers >= 0)
            weighed = (
                equations.parameters["loading"][:, [scale.loading or 0]]
                * world.predictors[name, None]
            )
            cuts = equations.cuts(scale)

            def given(
                rows: Ints, score: Floats = weighed, cuts: Floats = cuts, unit: Ints = unit
            ) -> Ordered:
                return Ordered(score[:, unit[rows]], cuts)

            yield Observed(
                unit, answers[unit].astype(np.float64), given, item=scale.name, levels=scale.levels
            )

    @override
    def mean(self, equations: Equations, name: str, eta: Floats) -> Floats:
        """The score itself."""
        return eta

    @override
    def own_variance(self, equations: Equations, name: str) -> Floats:
        """1 by definition."""
        return np.ones((equations.draws, 1))

    @override
    def pulls(
        self, equations: Equations, item: Predictor, world: World, rows: Ints
    ) -> tuple[Floats, Floats]:
        """Its noise is what it knows of its predictor, as far as its items tell."""
        latents = equations.layout.block("latent_z").dims["latent"]
        noise = equations.parameters["latent_z"][:, latents.index(item.variable)][:, rows]
        return noise, np.maximum(1.0 - noise.var(axis=0), 0.0)
