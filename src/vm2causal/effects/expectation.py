"""What a model expects under an intervention, with what it leaves to chance averaged out.

One draw of every variable per draw of the posterior would do for an average over many units; the
effect on one school would mostly show that draw. So levels are enumerated, each with its
probability, and where one number carries all that is still to come (the predictor of a count, or of
the effect itself) its distribution is replaced by three nodes (:mod:`vm2causal.model.gauss`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from vm2causal.effects.forward import Forward, World
from vm2causal.effects.responses import CAREER_OUTCOMES, Careers, mean_response
from vm2causal.model.data.columns import Floats
from vm2causal.model.families import Link
from vm2causal.model.gauss import NODES, gauss_nodes

MOST_NUMBERS: Final = 40_000_000
"""Numbers held of one variable over all branches; beyond it levels are drawn, not enumerated."""

FEWEST: Final = 6
"""Branches that are made however many units there are."""

_TOLD_APART: Final = 12
"""Points of a distribution that are summed over one by one at the end: up to so many, that takes
less time than finding the three that stand for them, and it is exact."""

_Key = tuple[tuple[str, int], ...]
"""Which level, or node, each variable has that something to come still depends on."""

_Given = tuple[str, tuple[tuple[str, float], ...], _Key]
"""A variable, what it hears of the causes, and the levels of what else it hears."""


@dataclass(frozen=True)
class Memo:
    """What was computed of variables that hear nothing but the causes and levels.

    Parameters
    ----------
    predictors, shares
        By what the variables are given.
    """

    predictors: dict[_Given, World] = field(default_factory=dict, repr=False)
    shares: dict[_Given, Floats] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class Expected:
    """Expected responses under an intervention.

    Parameters
    ----------
    responses
        By effect, as :func:`~vm2causal.effects.responses.mean_response` gives them, shape (draw,
        unit); of a nominal effect its shares, with the levels last.
    careers
        By end of a career the share of the starters there at the last teldatum; empty where that
        was not asked for.
    """

    responses: Mapping[str, Floats] = field(repr=False)
    careers: Mapping[str, Floats] = field(repr=False)


def expected(
    forward: Forward,
    do: Mapping[str, float],
    effects: Sequence[str],
    *,
    moved: Collection[str] | None = None,
    hearing: Mapping[str, Mapping[str, float]] | None = None,
    careers: Careers | None = None,
    memo: Memo | None = None,
) -> Expected:
    """Expected responses when something is done; what that does not act on is as observed.

    Parameters
    ----------
    forward
        Equations of a fit, with its data and posterior draws.
    do
        Interventions, one number per cause, as :meth:`Forward.world` takes them.
    effects
        Whose responses are wanted.
    moved
        What may come out otherwise than it was observed; what lies downstream of ``do`` where None.
    hearing
        By variable what it hears of the causes, where that is not ``do``: for what would be if
        some of the variables responded to another intervention.
    careers
        Follows careers too, where the data hold them; they are not followed where None.
    memo
        What was computed of the same fit for other interventions, and is wanted again.
    """
    follow = careers is not None and careers.possible
    free = frozenset(forward.downstream(do) if moved is None else moved) - set(do)
    # an end of a career that nothing is done to comes out as observed in every branch
    ends = tuple(name for name in CAREER_OUTCOMES if name in free) if follow else ()
    tree = _Tree(forward, do, hearing or {}, free, (*effects, *ends), memo or Memo())
    responses: dict[str, Floats] = {}
    followed: dict[str, Floats] = {}
    for name in tree.order:
        tree.compute(name)
        if name in effects:
            responses[name] = tree.response(name)
        if name in ends and not set(tree.later(name)) & set(ends) and careers is not None:
            followed = _over_branches(
                (weight, careers.shares(world)) for weight, world in tree.worlds(ends)
            )
        tree.settle(name, waiting=ends if set(tree.later(name)) & set(ends) else ())
    still = tree.sides[""]
    responses |= {name: tree.of_world(name, still) for name in effects if name not in responses}
    if follow and not followed and careers is not None:
        followed = careers.shares(still)
    return Expected(responses, followed)


def _over_branches(shares: Iterable[tuple[Floats, Mapping[str, Floats]]]) -> dict[str, Floats]:
    found: dict[str, Floats] = {}
    for weight, one in shares:
        for name, values in one.items():
            found[name] = found.get(name, 0.0) + weight * values
    return found


@dataclass(frozen=True)
class _Branch:
    """What has happened so far, and how likely that is, shape (draw, unit)."""

    weight: Floats
    world: World


class _Tree:
    """Branches of what may happen, grown in causal order.

    Parameters
    ----------
    do, hearing, moved
        Of :func:`expected`.
    targets
        Variables whose turn must come.
    """

    def __init__(
        self,
        forward: Forward,
        do: Mapping[str, float],
        hearing: Mapping[str, Mapping[str, float]],
        moved: frozenset[str],
        targets: Collection[str],
        memo: Memo,
    ) -> None:
        self.forward = forward
        self.parents = {
            name: [one for one in causes if one in moved]
            for name, causes in forward.data.spec.graph.to_networkx().pred.items()
        }
        self.order = self._relevant(moved.intersection(targets))
        self.memo = memo
        self.heard = {
            name: tuple(sorted(done.items())) for name, done in {"": do, **hearing}.items()
        }
        worlds = {done: self._side(dict(done)) for done in set(self.heard.values())}
        self.sides = {name: worlds[done] for name, done in self.heard.items()}
        self.basis: dict[str, frozenset[str]] = {}
        self.branches: dict[_Key, _Branch] = {
            (): _Branch(np.ones(forward.shape), World({}, {}, {}))
        }
        self.most = max(FEWEST, MOST_NUMBERS // max(1, forward.shape[0] * forward.shape[1]))

    def _relevant(self, targets: Iterable[str]) -> list[str]:
        """What is moved and acts on a target, or is one, in causal order."""
        needed: set[str] = set()
        todo = list(targets)
        while todo:
            name = todo.pop()
            if name not in needed:
                needed.add(name)
                todo += self.parents[name]
        return [name for name in self.forward.layout.order if name in needed]

    def _side(self, done: Mapping[str, float]) -> World:
        """The world as observed, with the causes at what is heard of them."""
        world = self.forward.observed
        for name, value in done.items():
            world = _over(world, _set_to(self.forward, name, value))
        return world

    def later(self, name: str) -> list[str]:
        """Variables whose turn comes after that of another."""
        return self.order[self.order.index(name) + 1 :]

    def compute(self, name: str) -> None:
        """Predictors of a variable in every branch; of one without chance its value too."""
        side = self.sides.get(name, self.sides[""])
        heard, lasting = self.heard.get(name, self.heard[""]), self._lasting(name)
        self.basis[name] = frozenset().union(*(self.basis[one] for one in self.parents[name]))
        made: dict[_Key, World] = {}
        for key, branch in self.branches.items():
            own = self._part(key, self.basis[name])
            if own not in made:
                known = self.memo.predictors.get((name, heard, own)) if lasting else None
                made[own] = known or self._computed(name, _over(side, branch.world))
                if lasting:
                    self.memo.predictors[name, heard, own] = made[own]
            self.branches[key] = _Branch(branch.weight, _over(branch.world, made[own]))

    def _lasting(self, name: str) -> bool:
        """Whether a variable hears levels and causes only, and so the same in another tree."""
        return not any(self._numeric(one) for one in self.parents[name])

    def _computed(self, name: str, seen: World) -> World:
        forward = self.forward
        predictors = {
            (name, item.level): forward.predictor(item, seen)
            for item in forward.layout.predictors_of[name]
        }
        values = {} if name in forward.data.columns else {name: predictors[name, None]}
        return World(values, {}, predictors)

    def response(self, name: str) -> Floats:
        """Expected response of a variable whose predictors were computed."""
        family = self.forward.layout.family(name)
        if family.kind.unordered:
            return sum_of(
                (branch.weight[:, :, np.newaxis], self.of_world(name, branch.world))
                for branch in self._alike([name])
            )
        points = self._points(name, most=_TOLD_APART)
        if family.link is Link.IDENTITY:
            points = [(np.ones(self.forward.shape), sum_of(points))]
        return sum_of(
            (weight, self.of_world(name, World({}, {}, {(name, None): value})))
            for weight, value in points
        )

    def of_world(self, name: str, world: World) -> Floats:
        """Response in one world; of a nominal variable its shares."""
        if self.forward.data.spec.variables[name].kind.unordered:
            return self.forward.level_probabilities(name, world)
        return mean_response(self.forward, world, name)

    def worlds(self, names: Collection[str]) -> Iterator[tuple[Floats, World]]:
        """Every way in which some variables may come out, with its probability."""
        for branch in self._alike(names):
            yield branch.weight, _over(self.sides[""], branch.world)

    def settle(self, name: str, *, waiting: Collection[str]) -> None:
        """Branch over what a variable may be, and let go of what nothing depends on any more.

        Parameters
        ----------
        waiting
            Variables that are asked together when the last of them had its turn.
        """
        later = self.later(name)
        past = self.order[: self.order.index(name) + 1]
        needed = {one for two in later for one in self.parents[two]} & set(past)
        needed |= set(waiting) & set(past)
        if name in needed:
            if self._numeric(name) and needed == {name}:
                self._into_nodes(name)
            elif name in self.forward.data.columns:
                self._branch(name)
        live = frozenset().union(*(self.basis[one] for one in needed))
        self.branches = self._merged(live)

    def _numeric(self, name: str) -> bool:
        return not self.forward.data.spec.variables[name].kind.levelled

    def _branch(self, name: str) -> None:
        grown: dict[_Key, _Branch] = {}
        heard = self.heard.get(name, self.heard[""])
        known = self.memo.shares if self._lasting(name) else {}
        for place, (key, branch) in enumerate(self.branches.items()):
            given = (name, heard, self._part(key, self.basis[name]))
            if given not in known and not self._numeric(name):
                known[given] = self.forward.level_probabilities(name, branch.world)
            outcomes = self._outcomes(name, branch, place, known.get(given))
            for node, (chance, world) in enumerate(outcomes):
                grown[(*key, (name, node))] = _Branch(
                    branch.weight * chance, _over(branch.world, world)
                )
        own = frozenset({name})
        # a number is no level: what it is hangs on the branch it was made in
        self.basis[name] = self.basis[name] | own if self._numeric(name) else own
        self.branches = grown

    def _outcomes(
        self, name: str, branch: _Branch, place: int, shares: Floats | None
    ) -> list[tuple[Floats | float, World]]:
        """What a variable may be in a branch, each with its probability there."""
        forward = self.forward
        if shares is None:
            eta = branch.world.predictors[name, None]
            nodes = forward.layout.family(name).nodes(forward, name, eta)
            return [(chance, World({name: value}, {}, {})) for chance, value in nodes]
        levels = shares.shape[2]
        if len(self.branches) * levels <= self.most:
            return [
                (shares[:, :, rank], _ranked(forward, name, np.full((1, 1), rank)))
                for rank in range(levels)
            ]
        # evenly spread over the branches, so that together they come near every level's share
        chance = forward.noise(name).random(forward.shape) + place / len(self.branches)
        passed = ((chance % 1.0)[:, :, np.newaxis] > np.cumsum(shares, axis=2)[:, :, :-1]).sum(2)
        return [(1.0, _ranked(forward, name, passed))]

    def _into_nodes(self, name: str) -> None:
        """Let three values of a variable stand for all that led to it."""
        points = self._points(name)
        if name in self.forward.data.columns:
            family = self.forward.layout.family(name)
            points = [
                (weight * chance, node)
                for weight, value in points
                for chance, node in family.nodes(self.forward, name, value)
            ]
            points = _few(points)
        self.basis[name] = frozenset({name})
        self.branches = {
            ((name, node),): _Branch(weight, World({name: value}, {}, {(name, None): value}))
            for node, (weight, value) in enumerate(points)
        }

    def _points(self, name: str, most: int = NODES) -> list[tuple[Floats, Floats]]:
        """Distribution of a predictor: weights and values, so many at most or else a few."""
        found = [
            (branch.weight, branch.world.predictors[name, None]) for branch in self._alike([name])
        ]
        return found if len(found) <= most else _few(found)

    def _alike(self, names: Collection[str]) -> list[_Branch]:
        """Branches that tell these variables apart."""
        return list(self._merged(frozenset().union(*(self.basis[one] for one in names))).values())

    def _merged(self, live: frozenset[str]) -> dict[_Key, _Branch]:
        """Branches by what is live only; the others add up."""
        merged: dict[_Key, _Branch] = {}
        for key, branch in self.branches.items():
            own = self._part(key, live)
            before = merged.get(own)
            weight = branch.weight if before is None else before.weight + branch.weight
            merged[own] = _Branch(weight, branch.world)
        return merged

    @staticmethod
    def _part(key: _Key, names: frozenset[str]) -> _Key:
        return tuple(item for item in key if item[0] in names)


def sum_of(parts: Iterable[tuple[Floats, Floats]]) -> Floats:
    """Sum of products.

    Parameters
    ----------
    parts
        Pairs of weights and values that broadcast together.
    """
    found: Floats | float = 0.0
    for weight, values in parts:
        found = found + weight * values
    return np.asarray(found)


def _few(points: list[tuple[Floats, Floats]]) -> list[tuple[Floats, Floats]]:
    if len(points) <= NODES:
        return points
    nodes = gauss_nodes([value for _, value in points], [weight for weight, _ in points])
    return [(weight, node) for node, weight in nodes]


def _over(base: World, top: World) -> World:
    """One world with what another says otherwise."""
    return World(
        {**base.values, **top.values},
        {**base.ranks, **top.ranks},
        {**base.predictors, **top.predictors},
    )


def _set_to(forward: Forward, name: str, value: float) -> World:
    """A variable set to a number, as :meth:`Forward.world` does."""
    column = forward.data.columns.get(name)
    chosen = np.full(forward.shape, float(value))
    if column is None:
        return World({name: chosen}, {}, {(name, None): chosen})
    if column.kind.levelled:
        return _ranked(forward, name, chosen.astype(np.int64))
    return World({name: (chosen - column.centre) / column.scale}, {}, {})


def _ranked(forward: Forward, name: str, ranks: np.ndarray) -> World:
    """A variable with levels at given ranks."""
    column = forward.data.columns[name]
    whole = np.broadcast_to(ranks, forward.shape)
    return World({name: (whole - column.centre) / column.scale}, {name: whole}, {})
