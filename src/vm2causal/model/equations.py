"""The equations of a fitted model in each draw of its posterior.

Each draw is a structural causal model with known coefficients and residuals: what a predictor is in
a world, and what the likelihoods have beside it. Worlds are run by what stands above
(:mod:`vm2causal.effects.forward`).
"""

from __future__ import annotations

from functools import cached_property
from typing import Final
from zlib import crc32

import numpy as np
import xarray as xr

from vm2causal.model.data.columns import Floats
from vm2causal.model.missing.completion_draws import CompletionDraws, draw_completions
from vm2causal.model.result_names import held_as, slopes_as
from vm2causal.model.shapes import at_levels
from vm2causal.model.structural_layout import Layout
from vm2causal.model.structural_parameters import Predictor, Scale
from vm2causal.model.world import World

DRAWS: Final = 1_000
"""Draws of the posterior that effects are computed from, evenly spread."""


class Equations:
    """Draws of a posterior as equations.

    Parameters
    ----------
    layout, posterior
        Of the fit.
    draws
        How many draws to use.
    seed
        Of the noise of variables that are not in the posterior.
    """

    def __init__(
        self, layout: Layout, posterior: xr.Dataset, *, draws: int = DRAWS, seed: int = 0
    ) -> None:
        self.layout = layout
        self.data = layout.data
        self.seed = seed
        chains, per_chain = posterior.sizes["chain"], posterior.sizes["draw"]
        chosen = np.unique(np.linspace(0, chains * per_chain - 1, draws).astype(int))
        flat = {
            str(name): _by_draw(values.transpose("chain", "draw", ...))
            for name, values in posterior.data_vars.items()
        }
        self.parameters: dict[str, Floats] = {name: values[chosen] for name, values in flat.items()}
        self.draws = len(chosen)
        self.weights: Floats = flat.get("weight", np.zeros((chains * per_chain, 0)))

    @property
    def shape(self) -> tuple[int, int]:
        """Draws and units."""
        return (self.draws, len(self.data.units))

    def predictor(self, item: Predictor, world: World) -> Floats:
        """Linear predictor on the main unit, residuals included, shape (draw, unit)."""
        eta = np.zeros(self.shape)
        for term in item.of_units:
            eta += term.value(self, item, world)
        if self.layout.family(item.variable).own_noise:
            latents = self.layout.block("latent_z").dims["latent"]
            eta += self.parameters["latent_z"][:, latents.index(item.variable)]
        shift = self.completed.shifts.get(item.variable)
        if shift is not None and item.variable not in self.data.columns:
            eta -= shift  # the noise of these units made up for missing levels, which are back
        return eta

    def imputed(self, name: str) -> Floats:
        """Noise of the missing numbers of a variable, shape (draw, missing)."""
        labels = self.layout.block("imputed_z").dims["imputed"]
        rows = [
            labels.index(f"{name}[{self.data.units[unit]}]") for unit in self.layout.imputed[name]
        ]
        return self.parameters["imputed_z"][:, rows]

    @cached_property
    def completed(self) -> CompletionDraws:
        """Missing levels, drawn from their posterior."""
        return draw_completions(self.layout, self.parameters, self.noise("completions"))

    def weight(self, index: int) -> Floats:
        """A coefficient, shape (draw, 1)."""
        return self.parameters["weight"][:, [index]]

    def every_weight(self, index: int) -> Floats:
        """A coefficient in every draw of the posterior, shape (chain · draw,)."""
        return self.weights[:, index]

    def entered(self, index: int, world: World) -> Floats:
        """What a coefficient is multiplied by in a world."""
        weight = self.layout.weights[index]
        if weight.steps is not None:
            by_level = weight.steps.by_level(self.parameters["arrow_step"])
            return at_levels(by_level, world.ranks[weight.cause])
        if weight.cause_level is None:
            return world.values[weight.cause]
        column = self.data.columns[weight.cause]
        here = (world.ranks[weight.cause] == weight.cause_level).astype(np.float64)
        entered: Floats = here - column.share(weight.cause_level)
        return entered

    def level_effects(self, group: str, row: int) -> Floats:
        """Effects of the levels of a group in one predictor, shape (draw, level)."""
        scaled: Floats = self.group_sd(group, row) * self.parameters[f"{held_as(group)}_z"][:, row]
        return scaled

    def group_sd(self, group: str, row: int) -> Floats:
        """Standard deviation of the effects of a group in one predictor, shape (draw, 1)."""
        return self.parameters[f"{held_as(group)}_sd"][:, [self.layout.sd_rows[group, row]]]

    def slopes(self, group: str, row: int) -> Floats:
        """How far a coefficient lies from its mean in each level, shape (draw, level)."""
        name = slopes_as(group)
        scaled: Floats = (
            self.parameters[f"{name}_sd"][:, [row]] * self.parameters[f"{name}_z"][:, row]
        )
        return scaled

    def coefficient(self, item: Predictor, index: int, world: World) -> Floats:
        """What a cause is multiplied by in a world, shape (draw, 1) or (draw, unit)."""
        found = self.weight(index)
        for term in item.modifiers:
            added = term.slope(self, index, world)
            if added is not None:
                found = found + added
        return found

    def hidden_parameter(self, index: int) -> Floats:
        """Parameter of an arrow of an unobserved cause, shape (draw, 1)."""
        block, row = self.layout.hidden_place(index)
        return self.parameters[block][:, [row]]

    def cuts(self, scale: Scale) -> Floats:
        """Cutpoints of a scale, shape (draw, cut)."""
        anchor = self.parameters["cut"][:, [scale.anchor]]
        number = len(scale.levels) - 1
        if number == 1:
            return anchor
        gaps = self.parameters["gap"][:, scale.gaps : scale.gaps + number - 1]
        climbed = np.concatenate([np.zeros((self.draws, 1)), np.cumsum(gaps, axis=1)], axis=1)
        cuts: Floats = anchor + climbed - climbed[:, [scale.middle]]
        return cuts

    def parameter_of(self, block: str, name: str) -> Floats:
        """A parameter of a likelihood beside its predictor, shape (draw, 1)."""
        return self.parameters[block][:, [self.layout.shape_row(block, name)]]

    def pattern_part(self, name: str) -> Floats:
        """What years and kinds of pupils add to the log-odds of a count, shape (draw, pattern)."""
        item, nothing = self.layout.predictors_of[name][0], World({}, {}, {})
        part = np.zeros((self.draws, len(self.data.patterns)))
        for term in item.of_cells:
            part += term.value(self, item, nothing)
        return part

    def noise(self, name: str) -> np.random.Generator:
        """A stream of its own per variable: its noise does not hang on the order of the model."""
        return np.random.default_rng([self.seed, crc32(name.encode())])


def _by_draw(values: xr.DataArray) -> Floats:
    """Chains one after another, shape (chain · draw, …)."""
    flat: Floats = values.to_numpy().reshape(-1, *values.shape[2:])
    return flat
