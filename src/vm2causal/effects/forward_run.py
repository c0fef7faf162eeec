"""One run of a fitted model in causal order: who is done something to, held, pinned, or drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from vm2causal.effects.world import World
from vm2causal.model.columns import Column, Floats, Ints
from vm2causal.spec.words import Kind

if TYPE_CHECKING:
    from vm2causal.effects.forward import Forward


class Run:
    """A run under way: what was computed so far, and what the rest may use.

    Parameters
    ----------
    do, pinned, held
        As :meth:`vm2causal.effects.forward.Forward.world` takes them.
    """

    def __init__(
        self,
        forward: Forward,
        do: dict[str, Any],
        pinned: dict[str, World],
        held: frozenset[str],
    ) -> None:
        self.forward = forward
        self.data = forward.data
        self.do = do
        self.pinned = pinned
        self.held = held
        self.values: dict[str, Floats] = {}
        self.ranks: dict[str, Ints] = {}
        self.predictors: dict[tuple[str, int | None], Floats] = {}

    def world(self) -> World:
        """Go through all variables, causes first."""
        world = World(self.values, self.ranks, self.predictors)
        for name in self.forward.layout.order:
            if name in self.data.covariates:
                continue
            self._compute(name, world)
        return world

    def _compute(self, name: str, world: World) -> None:
        for item in self.forward.layout.predictors_of.get(name, ()):
            self.predictors[name, item.level] = self.forward.predictor(item, world)
        if name in self.pinned:
            self._pin(name)
        elif name in self.do:
            self._intervene(name)
        elif name in self.data.columns:
            self._column(name, self.data.columns[name], world)
        else:
            self.values[name] = self.predictors[name, None]

    def _pin(self, name: str) -> None:
        other = self.pinned[name]
        if name in other.ranks:
            self.ranks[name] = other.ranks[name]
        if name in other.values:
            self.values[name] = other.values[name]
        if name not in self.data.columns:
            self.predictors[name, None] = other.values[name]

    def _intervene(self, name: str) -> None:
        chosen = np.broadcast_to(np.asarray(self.do[name], dtype=np.float64), self.forward.shape)
        column = self.data.columns.get(name)
        if column is None:
            self.values[name] = self.predictors[name, None] = chosen
        elif column.kind is Kind.CONTINUOUS:
            self.values[name] = (chosen - column.centre) / column.scale
        else:
            self._set_ranks(name, chosen.astype(np.int64))

    def _set_ranks(self, name: str, ranks: Ints) -> None:
        column = self.data.columns[name]
        self.ranks[name] = ranks
        self.values[name] = (ranks.astype(np.float64) - column.centre) / column.scale

    def _column(self, name: str, column: Column, world: World) -> None:
        drawn = self._drawn(name, column, world)
        keep = name in self.held or name not in self.forward.layout.predictors_of
        if column.kind is Kind.CONTINUOUS:
            self.values[name] = np.where(~column.missing & keep, column.standardised, drawn)
        else:
            known = np.nan_to_num(column.values).astype(np.int64)
            ranks = np.where(~column.missing & keep, known, drawn.astype(np.int64))
            put_back = self.forward.completed.levels.get(name)
            if keep and put_back is not None:
                ranks = np.where(put_back >= 0, put_back, ranks)
            self._set_ranks(name, ranks)

    def _drawn_number(self, name: str, column: Column, rng: np.random.Generator) -> Floats:
        """Standardised; where missing with the noise of the posterior."""
        shape = self.forward.shape
        missing = list(self.forward.layout.imputed.get(name, ()))
        if name not in self.forward.layout.predictors_of:
            drawn = np.zeros(shape)
            if missing:
                drawn[:, missing] = self.forward.imputed(name)
            elif column.missing.any():
                known = column.standardised[~column.missing]
                drawn = rng.choice(known, shape) if len(known) else drawn
            return drawn
        noise = self.forward.residual_sd(name) * rng.standard_normal(shape)
        if missing:
            noise[:, missing] = self.forward.residual_sd(name) * self.forward.imputed(name)
            shift = self.forward.completed.shifts.get(name)
            if shift is not None:
                noise[:, missing] -= shift[:, missing]
        found: Floats = self.predictors[name, None] + noise
        return found

    def _drawn(self, name: str, column: Column, world: World) -> Floats:
        """A value from the model, or for a variable without causes from its observed values."""
        shape = self.forward.shape
        rng = self.forward.noise(name)
        if column.kind is Kind.CONTINUOUS:
            return self._drawn_number(name, column, rng)
        if name not in self.forward.layout.predictors_of:
            known = column.values[~column.missing]
            return rng.choice(known, shape) if len(known) else np.zeros(shape)
        reached = np.cumsum(self.forward.level_probabilities(name, world), axis=-1)
        passed = (rng.random(shape)[:, :, np.newaxis] > reached[:, :, :-1]).sum(axis=-1)
        return passed.astype(np.float64)
