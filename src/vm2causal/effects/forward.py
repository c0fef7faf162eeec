"""The fitted structural model run forwards: what every variable would be under an intervention.

A world is the model of each draw of the posterior (:mod:`vm2causal.model.equations`) run once, in
causal order, for every unit at once; worlds share their noise, so that two of them differ only by
what was done to them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cached_property

import networkx as nx
import numpy.typing as npt

from vm2causal.effects.forward_run import Run
from vm2causal.model.data.columns import Floats
from vm2causal.model.equations import DRAWS as DRAWS
from vm2causal.model.equations import Equations
from vm2causal.model.world import World as World


class Forward(Equations):
    """A posterior ready to be run forwards; its parameters are those of :class:`Equations`."""

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
        """Variables that an intervention on the causes does not act on: they stay as observed.

        Parameters
        ----------
        causes
            Names of the variables that are intervened on.
        """
        moved = self.downstream(causes)
        return tuple(name for name in self.layout.order if name not in moved)

    def downstream(self, causes: Collection[str]) -> set[str]:
        """Variables that an intervention on the causes together acts on, themselves left out.

        Parameters
        ----------
        causes
            Names of the variables that are intervened on.
        """
        graph = self.data.spec.graph.to_networkx()
        return {name for cause in causes for name in nx.descendants(graph, cause)} - set(causes)

    def level_probabilities(self, name: str, world: World) -> Floats:
        """Probability of each level of a discrete variable, shape (draw, unit, level).

        Parameters
        ----------
        name
            Of a variable with levels.
        world
            Values of every variable per draw and unit, as observed or under an intervention.
        """
        return self.layout.family(name).chances(self, name, world, slice(None))

    @cached_property
    def observed(self) -> World:
        """The world as it was observed; what is missing is drawn."""
        return self.world(held=self.layout.order)
