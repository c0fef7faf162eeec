"""Small structural models with finite noise, in which every effect can be computed exactly."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product as combinations
from math import prod

import networkx as nx
import numpy as np

from vm2causal.identify.expression import (
    Expression,
    Probability,
    Product,
    Ratio,
    Replaced,
    Sum,
)
from vm2causal.spec.graph import CausalGraph

Values = Mapping[str, np.ndarray]
NOISE_LEVELS = 3


class Mechanisms:
    """Binary variables, each a random function of its parents and its own noise.

    For every setting of the parents both values occur for some noise, so every combination of
    values has a positive probability, and nested counterfactuals are plain enumeration.
    """

    def __init__(self, graph: CausalGraph, seed: int) -> None:
        rng = np.random.default_rng(seed)
        self.graph = graph
        self.order = list(nx.topological_sort(graph.to_networkx()))
        self.parents = {v: sorted(graph.to_networkx().predecessors(v)) for v in self.order}
        self._tables = {v: self._table(rng, len(self.parents[v])) for v in self.order}
        levels = np.indices((NOISE_LEVELS,) * len(self.order)).reshape(len(self.order), -1)
        self._noise = dict(zip(self.order, levels, strict=True))
        odds = {v: rng.dirichlet(np.full(NOISE_LEVELS, 3.0)) for v in self.order}
        self.weight = prod(odds[v][self._noise[v]] for v in self.order)

    @staticmethod
    def _table(rng: np.random.Generator, parents: int) -> np.ndarray:
        table = rng.integers(0, 2, size=(2**parents, NOISE_LEVELS))
        table[:, 0], table[:, 1] = 0, 1
        return rng.permuted(table, axis=1)

    def run(self, forced: Mapping[str, int | np.ndarray]) -> Values:
        """Values of all variables, per noise, with some of them forced."""
        values: dict[str, np.ndarray] = {}
        for v in self.order:
            row = np.zeros_like(self._noise[v])
            for parent in self.parents[v]:
                row = 2 * row + values[parent]
            own = self._tables[v][row, self._noise[v]]
            values[v] = np.broadcast_to(forced[v], own.shape) if v in forced else own
        return values

    def share(self, holds: np.ndarray) -> float:
        return float(self.weight[holds].sum())

    def joint(self) -> dict[tuple[int, ...], float]:
        """The distribution of the observed variables, which is all that a formula may use."""
        values = self.run({})
        table: dict[tuple[int, ...], float] = {}
        observed = self.graph.observed
        for cell in combinations((0, 1), repeat=len(observed)):
            pairs = zip(observed, cell, strict=True)
            table[cell] = self.share(np.all([values[v] == value for v, value in pairs], axis=0))
        return table


class Evaluator:
    """The value of an expression in an observed distribution."""

    def __init__(self, observed: tuple[str, ...], joint: Mapping[tuple[int, ...], float]) -> None:
        self.observed = observed
        self.joint = joint

    def value(self, expression: Expression, at: Mapping[str, int]) -> float:
        match expression:
            case Probability(of, given):
                return self._mass(of | given, at) / self._mass(given, at)
            case Product(factors):
                return prod(self.value(factor, at) for factor in factors)
            case Ratio(_, numerator, denominator):
                return self.value(numerator, at) / self.value(denominator, at)
            case Replaced(body, variable, by):
                return self.value(body, {**at, variable: at[by]})
            case Sum(over, body):
                names = sorted(over)
                return sum(
                    self.value(body, {**at, **dict(zip(names, cell, strict=True))})
                    for cell in combinations((0, 1), repeat=len(names))
                )

    def _mass(self, names: frozenset[str], at: Mapping[str, int]) -> float:
        fixed = [(i, at[v]) for i, v in enumerate(self.observed) if v in names]
        return sum(p for cell, p in self.joint.items() if all(cell[i] == v for i, v in fixed))
