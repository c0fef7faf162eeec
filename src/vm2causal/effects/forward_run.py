"""One run of a fitted model in causal order: who is done something to, held, pinned, or drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from vm2causal.model.data.columns import Column, Floats, Ints
from vm2causal.model.world import World

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
        elif column.numeric:
            self.values[name] = (chosen - column.centre) / column.scale
        else:
            self._set_ranks(name, chosen.astype(np.int64))

    def _set_ranks(self, name: str, ranks: Ints) -> None:
        column = self.data.columns[name]
        self.ranks[name] = ranks
        self.values[name] = (ranks.astype(np.float64) - column.centre) / column.scale

    def _column(self, name: str, column: Column, world: World) -> None:
        drawn = self._drawn(name, column, world)
        if self.data.group_of(name) is not None:
            drawn = drawn[:, self.data.own_units(name)]
        keep = name in self.held or name not in self.forward.layout.predictors_of
        if column.numeric:
            self.values[name] = np.where(~column.missing & keep, column.standardised, drawn)
        else:
            known = np.nan_to_num(column.values).astype(np.int64)
            ranks = np.where(~column.missing & keep, known, drawn.astype(np.int64))
            put_back = self.forward.completed.levels.get(name)
            if keep and put_back is not None:
                ranks = np.where(put_back >= 0, put_back, ranks)
            self._set_ranks(name, ranks)

    def _drawn(self, name: str, column: Column, world: World) -> Floats:
        """A value from the model, or for a variable without causes from its observed values."""
        forward = self.forward
        rng = forward.noise(name)
        if name not in forward.layout.predictors_of:
            return self._given(name, column, rng)
        drawn = forward.layout.family(name).value(forward, name, world, rng)
        missing = list(forward.layout.imputed.get(name, ()))
        if missing:
            noise = forward.parameter_of("residual_sd", name) * forward.imputed(name)
            shift = forward.completed.shifts.get(name)
            if shift is not None:
                noise -= shift[:, missing]
            drawn[:, missing] = self.predictors[name, None][:, missing] + noise
        return drawn

    def _given(self, name: str, column: Column, rng: np.random.Generator) -> Floats:
        """A value of a variable without causes, where it is missing."""
        shape = self.forward.shape
        known = column.standardised if column.numeric else column.values
        known = known[~column.missing]
        missing = list(self.forward.layout.imputed.get(name, ()))
        if missing:
            drawn = np.zeros(shape)
            drawn[:, missing] = self.forward.imputed(name)
            return drawn
        nothing = column.numeric and not column.missing.any()
        return rng.choice(known, shape) if len(known) and not nothing else np.zeros(shape)
