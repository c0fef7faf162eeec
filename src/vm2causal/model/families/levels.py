"""What families whose data are one of some levels per unit have in common."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, override

import numpy as np

from vm2causal.model.data.columns import Floats, Ints
from vm2causal.model.families.family import Distribution, Family, Observed, Rows
from vm2causal.model.result_names import drawn_as

if TYPE_CHECKING:
    from vm2causal.model.equations import Equations
    from vm2causal.model.sampler.assembler import Assembler
    from vm2causal.model.structural import Definition
    from vm2causal.model.world import World

LEAST: Final = 1e-300
"""Smallest probability there is a logarithm of."""


@dataclass(frozen=True)
class Chances(Distribution):
    """Probability of each level, shape (draw, row, level)."""

    of_level: Floats = field(repr=False)

    def _own(self, seen: Floats, values: Floats) -> Floats:
        ranks = seen.astype(np.int64)[np.newaxis, :, np.newaxis]
        return np.take_along_axis(values, ranks, axis=2)[:, :, 0]

    @override
    def log_density(self, seen: Floats) -> Floats:
        found: Floats = np.log(np.maximum(self._own(seen, self.of_level), LEAST))
        return found

    @override
    def reached(self, seen: Floats) -> tuple[Floats, Floats]:
        up_to = self._own(seen, np.cumsum(self.of_level, axis=2))
        return up_to - self._own(seen, self.of_level), up_to

    @override
    def draw(self, rng: np.random.Generator) -> Floats:
        reached = np.cumsum(self.of_level, axis=-1)
        drawn = rng.random(reached.shape[:2])[:, :, np.newaxis] > reached[:, :, :-1]
        return drawn.sum(axis=-1).astype(np.float64)

    @override
    def pull(self, seen: Floats, level: int | None) -> tuple[Floats, Floats]:
        chance = self.of_level[:, :, 1 if level is None else level]
        return (seen == (1 if level is None else level)) - chance, chance * (1 - chance)


class Levels(Family):
    """Ranks of levels; a missing one is summed out where it matters."""

    @override
    def define(self, model: Definition, name: str) -> None:
        kept = model.kept(name)
        etas = [model.eta[name, item.level][kept] for item in model.layout.predictors_of[name]]
        drawn = model.draw(drawn_as(name), self.pm(model.terms, name, etas, kept), name, kept)
        column = model.data.columns[name]
        if model.observed:
            model.level[name] = np.where(column.missing, -1, column.values)
            model.value[name] = column.standardised
        else:
            model.level[name] = model.whole(name, drawn)
            model.value[name] = model.standardised(name, model.level[name])

    @override
    def observe(self, writer: Assembler, name: str) -> None:
        kept = writer.kept(name)
        predictors = writer.layout.predictors_of[name]
        etas = tuple(writer.eta[name, item.level] + kept for item in predictors)
        self.write(writer, name, Rows(writer.data.columns[name].values[kept], etas, kept))

    def given(
        self, equations: Equations, name: str, world: World, units: Ints | slice
    ) -> Distribution:
        """Distribution of the ranks of some units."""
        return Chances(self.chances(equations, name, world, units))

    @override
    def observed(self, equations: Equations, name: str, world: World) -> Iterator[Observed]:
        column = equations.data.columns[name]
        unit = np.flatnonzero(equations.data.seen(name))
        yield Observed(
            unit,
            column.values[unit],
            lambda rows: self.given(equations, name, world, unit[rows]),
            levels=column.levels,
        )

    @override
    def value(
        self, equations: Equations, name: str, world: World, rng: np.random.Generator
    ) -> Floats:
        return self.given(equations, name, world, slice(None)).draw(rng)
