"""What one unit would have been, its own noise kept, had something been done to it.

Abduction, action, prediction (Pearl 2009, *Causality*, 2nd ed., section 1.4.4), in every draw of
the posterior. The noise of a number is what lies between it and its predictor, known exactly. Of
levels only the level was observed: the noise is uniform, held to what gives that level, and the
same noise meets the changed probabilities. Of a logit that is a logistic threshold model, of which
the outcome moves one way with its noise; another coupling of the two worlds fits the same data and
can give other answers (Oberst and Sontag 2019, ICML, on which are plausible), so that this is an
assumption.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Final

import networkx as nx
import numpy as np
import pandas as pd

from vm2causal.effects.forward import Forward, World
from vm2causal.errors import QueryError
from vm2causal.model.data.columns import Floats
from vm2causal.model.families.numbers import Located

MOST_BRANCHES: Final = 64
"""Ways in which levels that act on something further may come out together."""

_NEVER: Final = 1e-12
"""Probability of a level below which its noise is a single point, for want of digits."""


@dataclass(frozen=True)
class Counterfactual:
    """What became of one unit.

    Parameters
    ----------
    table
        A row per number, and per level of what has levels (of two levels the second):
        ``effect``, ``effect_level``, ``scale`` (``value`` or ``probability``), ``factual`` (1 or 0
        for a level), and ``mean``, ``sd``, ``lower`` and ``upper`` of the counterfactual; of a
        level these are of its probability.
    untold
        What the change acts on, but without noise of its own that can be kept: nominal variables
        and counts, and what they act on.
    coupled
        Variables with levels, whose answer leans on the coupling of the module.
    """

    table: pd.DataFrame
    untold: tuple[str, ...]
    coupled: tuple[str, ...]


@dataclass(frozen=True)
class _Branch:
    """One way in which levels come out: how likely, shape (draw,), and the world with it."""

    weight: Floats = field(repr=False)
    world: World = field(repr=False)
    shares: Mapping[str, Floats] = field(default_factory=dict, repr=False)


def counterfactual(
    forward: Forward, unit: int, do: Mapping[str, float], *, level: float = 0.95
) -> Counterfactual:
    """What one unit would have been under a change, with its own noise.

    Other units, and means of groups, stay as they were observed.

    Parameters
    ----------
    forward
        Equations of a fit, with its data and posterior draws.
    unit
        Place of the unit among those of the data.
    do
        Value per cause, as :meth:`Forward.world` takes them.
    level
        Mass of the intervals, between 0 and 1.

    Raises
    ------
    QueryError
        When a cause is no variable of units with levels or a number, a value of the unit that
        matters is not known, nothing can be told, or too many levels lie on the way.
    """
    asked = _Asked(forward, unit, do)
    asked.require_possible()
    branches = list(asked.branches())
    rows = [row for name in asked.told for row in asked.rows(name, branches, level)]
    coupled = tuple(name for name in asked.told if asked.levelled(name))
    return Counterfactual(pd.DataFrame(rows), asked.untold, coupled)


class _Asked:
    """A unit and what is done to it."""

    def __init__(self, forward: Forward, unit: int, do: Mapping[str, float]) -> None:
        self.forward = forward
        self.unit = unit
        self.do = do
        graph = forward.data.spec.graph.to_networkx()
        graph.remove_edges_from([edge for edge in graph.edges if edge[1] in do])
        self.graph = graph
        moved = {name for cause in do for name in nx.descendants(graph, cause)}
        self.moved = [name for name in forward.layout.order if name in moved]
        lost = {name for name in moved if not self._keeps_noise(name)}
        lost |= {below for name in lost for below in nx.descendants(graph, name)}
        self.untold = tuple(name for name in self.moved if name in lost)
        self.followed = [name for name in self.moved if name not in lost]

    @cached_property
    def told(self) -> tuple[str, ...]:
        """What has data among the followed."""
        return tuple(name for name in self.followed if name in self.forward.data.columns)

    def levelled(self, name: str) -> bool:
        column = self.forward.data.columns.get(name)
        return column is not None and column.kind.levelled

    def _keeps_noise(self, name: str) -> bool:
        """Whether a variable has one noise per unit that an observation tells of."""
        data = self.forward.data
        if data.group_described(name) is not None:
            return False
        if name not in data.columns:
            return name not in data.cells and name not in data.covariates
        if self.levelled(name):
            return not data.columns[name].kind.unordered
        return isinstance(self.forward.layout.family(name), Located)

    def require_possible(self) -> None:
        """Refuse what cannot be answered of this unit."""
        data = self.forward.data
        for name in self.do:
            if name not in data.columns or data.group_described(name) is not None:
                raise QueryError(
                    "A counterfactual of one unit changes variables of that unit: numbers and "
                    "levels.",
                    value=name,
                    fix="Change another variable, or ask what_if.",
                )
        if not self.told:
            raise QueryError(
                "Nothing that this change acts on has a counterfactual: the noise of nominal "
                "variables, of counts and of what describes a group is not told by what was "
                "observed of a unit.",
                value=", ".join(self.untold) or ", ".join(self.do),
                fix="Ask what_if, or for an effect.",
            )
        needed = {*self.do, *self.told}
        needed |= {above for name in self.followed for above in self.graph.pred[name]}
        for name in sorted(needed & set(data.columns)):
            if data.columns[name].missing[self.unit]:
                raise QueryError(
                    "This unit has no value of a variable that its counterfactual rests on.",
                    value=name,
                    fix="Ask about a unit of which it is known.",
                )
        ways = [len(data.columns[name].levels) for name in self.told if self._branches(name)]
        if np.prod([1, *ways]) > MOST_BRANCHES:
            raise QueryError(
                f"Levels on the way can come out in more than {MOST_BRANCHES} ways together.",
                value=str(int(np.prod(ways))),
                fix="Ask a model with fewer of them between the cause and its effects.",
            )

    def _branches(self, name: str) -> bool:
        """Whether something followed hangs on which level it is."""
        return self.levelled(name) and bool(set(self.graph.succ[name]) & set(self.followed))

    def branches(self) -> Iterator[_Branch]:
        """Every way in which levels come out, all variables followed in it."""
        observed = self.forward.observed
        world = observed
        for name, value in self.do.items():
            world = self._with(world, name, value)
        todo = [(0, _Branch(np.ones(self.forward.draws), world))]
        while todo:
            turn, branch = todo.pop()
            if turn == len(self.followed):
                yield branch
            else:
                todo += [(turn + 1, one) for one in self._step(self.followed[turn], branch)]

    def _step(self, name: str, branch: _Branch) -> Iterator[_Branch]:
        """Let a variable follow its causes."""
        forward, unit, observed = self.forward, self.unit, self.forward.observed
        etas = {
            (name, item.level): forward.predictor(item, branch.world)
            for item in forward.layout.predictors_of[name]
        }
        world = replace(branch.world, predictors={**branch.world.predictors, **etas})
        if not self.levelled(name):
            # of what is latent the noise is in its predictor, so that the difference holds too
            change = etas[name, None][:, unit] - observed.predictors[name, None][:, unit]
            yield replace(
                branch, world=_placed(world, name, unit, observed.values[name][:, unit] + change)
            )
            return
        before, after = (
            forward.level_probabilities(name, one)[:, unit] for one in (observed, world)
        )
        rank = int(forward.data.columns[name].values[unit])
        shares = kept_noise(before, after, rank)
        known = {**branch.shares, name: shares}
        if not self._branches(name):
            yield _Branch(branch.weight, world, known)
            return
        for other in range(shares.shape[1]):
            weight = branch.weight * shares[:, other]
            if weight.any():
                yield _Branch(weight, self._with(world, name, other), known)

    def _with(self, world: World, name: str, value: float) -> World:
        """The world with this unit at a value, in the units an intervention takes."""
        column = self.forward.data.columns[name]
        placed = _placed(world, name, self.unit, (value - column.centre) / column.scale)
        if not column.kind.levelled:
            return placed
        ranks = world.ranks[name].copy()
        ranks[:, self.unit] = int(value)
        return replace(placed, ranks={**world.ranks, name: ranks})

    def rows(self, name: str, branches: list[_Branch], level: float) -> Iterator[dict[str, Any]]:
        """What is told of a variable."""
        column = self.forward.data.columns[name]
        seen = float(column.values[self.unit])
        if not column.kind.levelled:
            weights = np.concatenate([branch.weight for branch in branches])
            values = np.concatenate(
                [branch.world.values[name][:, self.unit] for branch in branches]
            )
            found = _summary(column.centre + column.scale * values, weights, level)
            yield {"effect": name, "effect_level": None, "scale": "value", "factual": seen} | found
            return
        shares = sum(branch.weight[:, np.newaxis] * branch.shares[name] for branch in branches)
        for rank in range(1 if len(column.levels) == 2 else 0, len(column.levels)):
            draws = np.asarray(shares)[:, rank]
            yield {
                "effect": name,
                "effect_level": column.levels[rank],
                "scale": "probability",
                "factual": float(seen == rank),
            } | _summary(draws, np.ones(len(draws)), level)


def kept_noise(before: Floats, after: Floats, rank: int) -> Floats:
    """Probabilities of ordered levels after a change, given the level that was observed before it.

    Parameters
    ----------
    before, after
        Probability of each level in the two worlds, shape (draw, level).
    rank
        Of the observed level.

    Returns
    -------
    numpy.ndarray
        Shape (draw, level). The noise is uniform over what gives the observed level before.

    Examples
    --------
    >>> kept_noise(np.array([[0.5, 0.5]]), np.array([[0.2, 0.8]]), 0)
    array([[0.4, 0.6]])
    >>> kept_noise(np.array([[0.5, 0.5]]), np.array([[0.2, 0.8]]), 1)
    array([[0., 1.]])
    """
    old, new = _edges(before), _edges(after)
    low, high = old[:, [rank]], old[:, [rank + 1]]
    common = np.maximum(np.minimum(new[:, 1:], high) - np.maximum(new[:, :-1], low), 0.0)
    width = common.sum(axis=1, keepdims=True)
    point = ((low + high) / 2 > new[:, 1:-1]).sum(axis=1)
    at_point = np.eye(before.shape[1])[point]
    found: Floats = np.where(width > _NEVER, common / np.maximum(width, _NEVER), at_point)
    return found


def _edges(chances: Floats) -> Floats:
    """Where the noise of each level begins and ends, from 0 to 1."""
    inner = np.cumsum(chances, axis=1)[:, :-1]
    ends = np.zeros((len(chances), 1))
    return np.concatenate([ends, inner, ends + 1.0], axis=1)


def _placed(world: World, name: str, unit: int, value: Floats | float) -> World:
    values = np.array(world.values[name])
    values[:, unit] = value
    return replace(world, values={**world.values, name: values})


def _summary(values: Floats, weights: Floats, level: float) -> dict[str, float]:
    """Mean, standard deviation and equal-tailed interval of weighted draws."""
    mean = float(np.average(values, weights=weights))
    spread = float(np.sqrt(np.average((values - mean) ** 2, weights=weights)))
    tail = (1 - level) / 2
    lower, upper = np.quantile(values, [tail, 1 - tail], weights=weights, method="inverted_cdf")
    return {"mean": mean, "sd": spread, "lower": float(lower), "upper": float(upper)}
