"""Exact quantities of small structural models of which only selected units are in the data."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from itertools import product as cells

import numpy as np
from hypothesis import strategies as st

from identify.definitions import subsets
from identify.mechanisms import Mechanisms
from vm2causal.spec.graph import CausalGraph

Names = frozenset[str]


@st.composite
def selected_graphs(draw: st.DrawFn, most: int = 6) -> CausalGraph:
    """Random acyclic graphs with one or two selected nodes anywhere, two observed nodes or more."""
    count = draw(st.integers(3, most))
    names = draw(st.permutations([f"v{number}" for number in range(count)]))
    pairs = list(combinations(names, 2))
    kept = draw(st.lists(st.booleans(), min_size=len(pairs), max_size=len(pairs)))
    by = draw(st.sets(st.sampled_from(sorted(names)), min_size=1, max_size=1 + (count > 4)))
    rest = sorted({*names} - by)
    hidden = draw(st.sets(st.sampled_from(rest), max_size=len(rest) - 2))
    arrows = [pair for pair, there in zip(pairs, kept, strict=True) if there]
    return CausalGraph.of(arrows, nodes=names, unobserved=hidden, selected=by)


class SelectedWorld:
    """A structural model in which units are in the data when every selected node is one."""

    def __init__(self, graph: CausalGraph, causes: tuple[str, ...], y: str, seed: int) -> None:
        self.model = Mechanisms(graph, seed)
        self.causes, self.y = causes, y
        self.as_is = self.model.run({})
        self.under = self.model.run(dict.fromkeys(causes, 1))
        self.chosen = self._where(dict.fromkeys(sorted(graph.selected), 1))

    @property
    def in_all(self) -> float:
        """P(y = 1) when the causes are set to one."""
        return self.model.share(self.under[self.y] == 1)

    @property
    def among_selected(self) -> float:
        """The same among the units that are selected as things are."""
        both = self.chosen & (self.under[self.y] == 1)
        return self.model.share(both) / self.model.share(self.chosen)

    def adjusted(self, given: Names, external: Names = frozenset()) -> float:
        """Adjustment for ``given`` among the selected, weighted by ``external`` among all."""
        names, total = sorted(given), 0.0
        exposed = self.chosen & self._where(dict.fromkeys(self.causes, 1))
        for cell in cells((0, 1), repeat=len(names)):
            values = dict(zip(names, cell, strict=True))
            here = self._where(values)
            outside = self._where({name: values[name] for name in external})
            mean = self._share(exposed & here & (self.as_is[self.y] == 1), exposed & here)
            total += (
                mean
                * self._share(self.chosen & here, self.chosen & outside)
                * self.model.share(outside)
            )
        return total

    def _where(self, values: dict[str, int]) -> np.ndarray:
        held = np.ones(self.model.weight.shape, dtype=bool)
        for name, value in values.items():
            held &= self.as_is[name] == value
        return held

    def _share(self, part: np.ndarray, whole: np.ndarray) -> float:
        return self.model.share(part) / self.model.share(whole)


class Worlds:
    """Structural models of one graph, as many as it takes to tell what holds in all of them."""

    FEW, MANY = 4, 80

    def __init__(self, graph: CausalGraph, causes: tuple[str, ...], y: str) -> None:
        self.graph, self.causes, self.y = graph, causes, y
        self.free = [name for name in graph.observed if name not in (*causes, y)]
        self._made: list[SelectedWorld] = []

    def gives_all(self, given: Names, external: Names) -> bool:
        """Whether adjustment gives the effect in the whole population, in every model tried."""
        return all(
            abs(world.adjusted(given, external) - world.in_all) < 1e-9 for world in self._worlds()
        )

    def gives_selected(self, given: Names) -> bool:
        """Whether adjustment gives the effect among the selected, in every model tried."""
        return all(
            abs(world.adjusted(given) - world.among_selected) < 1e-9 for world in self._worlds()
        )

    def minimal_pairs(self) -> set[tuple[Names, Names]]:
        valid = [
            (given, external)
            for given in subsets(self.free)
            for external in subsets(sorted(given))
            if self.gives_all(given, external)
        ]
        return {
            one for one in valid if not any(other != one and _within(other, one) for other in valid)
        }

    def minimal_sets(self) -> set[Names]:
        valid = [given for given in subsets(self.free) if self.gives_selected(given)]
        return {one for one in valid if not any(other < one for other in valid)}

    def _worlds(self) -> Iterator[SelectedWorld]:
        for seed in range(self.MANY):
            if seed == len(self._made):
                self._made.append(SelectedWorld(self.graph, self.causes, self.y, seed))
            yield self._made[seed]


def _within(one: tuple[Names, Names], other: tuple[Names, Names]) -> bool:
    return one[0] <= other[0] and one[1] <= other[1]
