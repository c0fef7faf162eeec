"""The fitted structural model run forwards: what every variable would be under an intervention.

Each draw of the posterior is a structural causal model with known coefficients and residuals. A
world is that model run once, in causal order, for every unit at once; worlds share their noise, so
that two of them differ only by what was done to them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cached_property
from typing import Final
from zlib import crc32

import networkx as nx
import numpy as np
import numpy.typing as npt
import xarray as xr
from scipy.special import expit

from vm2causal.effects.forward_run import Run
from vm2causal.effects.world import World as World
from vm2causal.model.columns import Floats
from vm2causal.model.completion_draws import CompletionDraws, draw_completions
from vm2causal.model.result_names import held_as
from vm2causal.model.structural_layout import Layout, pattern_years
from vm2causal.model.structural_parameters import Predictor, Scale
from vm2causal.spec.words import Kind

DRAWS: Final = 1_000
"""Draws of the posterior that effects are computed from, evenly spread."""


class Forward:
    """A posterior ready to be run forwards.

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

    def world(
        self,
        do: Mapping[str, npt.ArrayLike] | None = None,
        *,
        pinned: Mapping[str, World] | None = None,
        held: Collection[str] = (),
    ) -> World:
        """Run the model forwards.

        Parameters
        ----------
        do
            Interventions: a value for every unit, or one per unit or per (draw, unit). Numbers for
            continuous variables, ranks for levels, scores for latent variables, log-odds around 0
            for counts.
        pinned
            Variables that keep the value they have in another world, for nested counterfactuals.
        held
            Variables that keep their observed values where these are known.
        """
        run = Run(self, dict(do or {}), dict(pinned or {}), frozenset(held))
        return run.world()

    def untouched(self, causes: Collection[str]) -> tuple[str, ...]:
        """Variables that an intervention on the causes does not act on: they stay as observed."""
        moved = self.downstream(causes)
        return tuple(name for name in self.layout.order if name not in moved)

    def downstream(self, causes: Collection[str]) -> set[str]:
        """Variables that an intervention on the causes together acts on, themselves left out."""
        graph = self.data.spec.graph.to_networkx()
        return {name for cause in causes for name in nx.descendants(graph, cause)} - set(causes)

    def predictor(self, item: Predictor, world: World) -> Floats:
        """Linear predictor on the main unit, residuals included, shape (draw, unit)."""
        eta = np.zeros(self.shape)
        for index in item.weights:
            eta += self.weight(index) * self.entered(index, world)
        for group, row in item.pooled:
            eta += np.take_along_axis(self.level_effects(group, row), world.ranks[group], axis=1)
        shared = self.layout.shared_group(item)
        for group, row in item.groups:
            effect = self._scaled(group, row)
            if shared is not None and shared[0] == group:
                effect = effect / np.cosh(self._hidden_parameter(shared[1]))
            eta += effect[:, self.data.groups[group].codes]
        for name, index in item.hidden:
            eta += self._hidden(item, name, index)
        if item.unit_effect is not None:
            row = item.unit_effect
            sd, z = self.parameters["unit_sd"][:, [row]], self.parameters["unit_z"][:, row]
            eta += sd * z
        if item.kind is not Kind.COUNT and item.intercepts is not None:
            eta += self.parameters["intercept"][:, [item.intercepts]]
        if item.kind is Kind.LATENT:
            latents = self.layout.block("latent_z").dims["latent"]
            eta += self.parameters["latent_z"][:, latents.index(item.variable)]
        shift = self.completed.shifts.get(item.variable)
        if shift is not None and item.kind is not Kind.CONTINUOUS:
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
        if weight.cause_level is None:
            return world.values[weight.cause]
        column = self.data.columns[weight.cause]
        here = (world.ranks[weight.cause] == weight.cause_level).astype(np.float64)
        entered: Floats = here - column.share(weight.cause_level)
        return entered

    def level_effects(self, group: str, row: int) -> Floats:
        """Effects of the levels of a pooled cause, shape (draw, level)."""
        return self._scaled(group, row)

    def _scaled(self, group: str, row: int) -> Floats:
        scaled: Floats = self.group_sd(group, row) * self.parameters[f"{held_as(group)}_z"][:, row]
        return scaled

    def group_sd(self, group: str, row: int) -> Floats:
        """Standard deviation of the effects of a group in one predictor, shape (draw, 1)."""
        return self.parameters[f"{held_as(group)}_sd"][:, [self.layout.sd_rows[group, row]]]

    def _hidden_parameter(self, index: int) -> Floats:
        block, row = self.layout.hidden_place(index)
        return self.parameters[block][:, [row]]

    def _hidden(self, item: Predictor, name: str, index: int) -> Floats:
        size = self._hidden_parameter(index)
        shared = self.layout.shared_group(item)
        if shared is not None and shared[1] == index:
            row = dict(item.groups)[shared[0]]
            size = self.group_sd(shared[0], row) * np.tanh(size)
        sign = self.layout.hidden_signs[index] or 1.0
        effect: Floats = sign * size * self.parameters[f"{held_as(name)}_z"]
        group = self.layout.hidden[name]
        return effect if group == self.data.unit else effect[:, self.data.groups[group].codes]

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

    def residual_sd(self, name: str) -> Floats:
        """Residual standard deviation of a continuous variable, shape (draw, 1)."""
        names = self.layout.block("residual_sd").dims["continuous"]
        return self.parameters["residual_sd"][:, [names.index(name)]]

    def pattern_part(self, name: str) -> Floats:
        """What years and kinds of pupils add to the log-odds of a count, shape (draw, pattern)."""
        item = self.layout.predictors_of[name][0]
        years = (item.intercepts or 0) + pattern_years(self.layout)
        part: Floats = self.parameters["intercept"][:, years].copy()
        for index in item.cell_weights:
            weight = self.layout.weights[index]
            entered = self.data.covariates[weight.cause].entered(weight.cause_level)
            part += self.weight(index) * entered
        return part

    def level_probabilities(self, name: str, world: World) -> Floats:
        """Probability of each level of a discrete variable, shape (draw, unit, level)."""
        kind = self.data.spec.variables[name].kind
        if kind is Kind.BINARY:
            high = expit(world.predictors[name, None])
            return np.stack([1 - high, high], axis=-1)
        if kind is Kind.ORDINAL:
            cuts = self.cuts(self.layout.scale(name))[:, np.newaxis]
            below = expit(cuts - world.predictors[name, None][:, :, np.newaxis])
            ends = np.zeros((*self.shape, 1)), np.ones((*self.shape, 1))
            return np.diff(np.concatenate([ends[0], below, ends[1]], axis=2), axis=2)
        return self._softmax(name, world)

    def _softmax(self, name: str, world: World) -> Floats:
        levels = range(len(self.data.columns[name].levels))
        zero = np.zeros(self.shape)
        logits = np.stack([world.predictors.get((name, level), zero) for level in levels], -1)
        mass = np.exp(logits - logits.max(axis=-1, keepdims=True))
        shares: Floats = mass / mass.sum(axis=-1, keepdims=True)
        return shares

    def noise(self, name: str) -> np.random.Generator:
        """A stream of its own per variable: its noise does not hang on the order of the model."""
        return np.random.default_rng([self.seed, crc32(name.encode())])

    @cached_property
    def observed(self) -> World:
        """The world as it was observed; what is missing is drawn."""
        return self.world(held=self.layout.order)


def _by_draw(values: xr.DataArray) -> Floats:
    """Chains one after another, shape (chain · draw, …)."""
    flat: Floats = values.to_numpy().reshape(-1, *values.shape[2:])
    return flat
