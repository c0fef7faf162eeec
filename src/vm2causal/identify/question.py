"""One question in a graph, and what its answers are written in: sets of nodes by name."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from vm2causal.identify.dag import Dag
from vm2causal.identify.frontdoor import conditional_frontdoor_sets
from vm2causal.identify.instruments import conditional_instruments
from vm2causal.identify.limits import Clock
from vm2causal.identify.mediation import mediators_between
from vm2causal.identify.projection import Projection, project
from vm2causal.identify.result import ConditionalFrontdoor, Instrument, NameSet


@dataclass(frozen=True)
class Question:
    """The causes and the effect of a question in a graph, in names and in bit masks.

    ``also`` are set together with ``cause``; only total effects have such.

    Parameters
    ----------
    cause
        Name of the variable that is intervened on.
    effect
        Name of the variable whose response is asked for.
    """

    dag: Dag
    cause: str
    effect: str
    clock: Clock
    also: NameSet = ()

    @property
    def x(self) -> int:
        """The cause, or the causes together."""
        return self.dag.mask([self.cause, *self.also])

    @property
    def y(self) -> int:
        """The effect."""
        return self.dag.mask([self.effect])

    @property
    def mediators(self) -> int:
        """All observed variables on directed paths between the two."""
        return mediators_between(self.dag, self.x, self.y)

    @property
    def projection(self) -> Projection:
        """The graph over the observed variables."""
        return project(self.dag)

    def sets(self, masks: Iterable[int]) -> tuple[NameSet, ...]:
        """Sets by name, smallest first."""
        named = (self.dag.label(mask) for mask in masks)
        return tuple(sorted(named, key=lambda names: (len(names), names)))

    def conditional_frontdoor_sets(self) -> tuple[tuple[ConditionalFrontdoor, ...], bool]:
        """Front-door sets that need covariates, by name, and whether these are all."""
        pairs, complete = conditional_frontdoor_sets(self.dag, self.x, self.y, self.clock)
        label = self.dag.label
        named = [ConditionalFrontdoor(label(through), label(given)) for through, given in pairs]
        order = sorted(
            named,
            key=lambda item: (len(item.mediators + item.given), item.mediators, item.given),
        )
        return tuple(order), complete

    def instruments(
        self, *, has_effect: bool, direct: bool = False
    ) -> tuple[tuple[Instrument, ...], bool]:
        """Conditional instruments by name, and whether these are all; no effect needs none."""
        if not has_effect:
            return (), True
        pairs, complete = conditional_instruments(
            self.dag, self.x, self.y, self.clock, direct=direct
        )
        named = [Instrument(self.dag.label(one)[0], self.dag.label(given)) for one, given in pairs]
        order = sorted(named, key=lambda item: (len(item.given), item.instrument, item.given))
        return tuple(order), complete
