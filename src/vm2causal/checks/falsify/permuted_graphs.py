"""The whole graph against the same graph with its names shuffled.

A graph that says something about the data is contradicted less often than its shuffled versions.
Tests are rank-based and on one row per unit: weaker than those of
:mod:`~vm2causal.checks.falsify.falsification`, and quick enough for every shuffled graph.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
from scipy.special import chdtrc

from vm2causal.checks.falsify.unit_table import indicators, unit_table
from vm2causal.identify.dag import dag_of
from vm2causal.identify.independences import Independence, implied_independences
from vm2causal.model.data.columns import Floats
from vm2causal.model.data.structural_data import StructuralData
from vm2causal.refits import Task, put_data
from vm2causal.spec import CausalGraph

NAME: Final = "shuffled graphs"
"""Of the task."""
RUN: Final = "vm2causal.checks.falsify.permuted_graphs:run_permuted"

PERMUTATIONS: Final = 100
"""Shuffled graphs: the smallest share that can come out is 1 in 101."""
SIGNIFICANT: Final = 0.05
"""Below this p-value a test contradicts an independence."""
FEWEST_LEFT: Final = 5
"""Degrees of freedom a test must leave."""

_ROUNDING: Final = 1e-9


@dataclass(frozen=True)
class PermutedGraphs:
    """How often the data contradict a graph, and its shuffled versions.

    Parameters
    ----------
    tests, violations
        Of the graph itself.
    shares
        Per shuffled graph the share of its tests that contradict it.
    equivalent
        Share of the shuffled graphs that imply nothing but what the graph itself implies.
    """

    tests: int
    violations: int
    shares: Floats = field(repr=False)
    equivalent: float

    @property
    def share(self) -> float:
        """Share of the tests that contradict the graph."""
        return self.violations / self.tests if self.tests else 0.0

    @property
    def p_value(self) -> float:
        """Share of the shuffled graphs, the graph counted in, that fare no worse than it."""
        return float((1 + (self.shares <= self.share).sum()) / (1 + len(self.shares)))

    @property
    def informative(self) -> bool:
        """Whether few shuffled graphs say the same, so that the comparison says something."""
        return self.equivalent < SIGNIFICANT


def compare_permuted(
    data: StructuralData, graph: CausalGraph, *, seed: int, permutations: int = PERMUTATIONS
) -> PermutedGraphs:
    """Test a graph and shuffled versions of it.

    Parameters
    ----------
    data
        The data as the model takes them, one row per unit.
    graph
        Of the model; what the table of units does not hold counts as unobserved.
    seed
        Of the random numbers, 0 or more; the same seed gives the same result.
    permutations
        Graphs with shuffled names to compare with, at least 1.

    References
    ----------
    Eulig, Mastakouri, Blöbaum, Hardt, Janzing (2025), Toward falsifying causal graphs using a
    permutation-based test, AAAI (arXiv:2305.09565).
    """
    table = unit_table(data)
    tests, own = _Tests(data, table), visible_graph(graph, table)
    violations, number = tests.violations(own)
    rng = np.random.default_rng(seed)
    shares, equivalent = [], 0
    for _ in range(permutations):
        shuffled = _shuffled(own, rng)
        equivalent += _says_no_more(shuffled, own)
        bad, total = tests.violations(shuffled)
        shares.append(bad / total if total else 0.0)
    return PermutedGraphs(number, violations, np.array(shares), equivalent / max(permutations, 1))


def permuted_task(data: StructuralData, *, folder: Path, seed: int) -> Task:
    """The comparison for the graph of the data's model as a task: made once, then kept.

    Parameters
    ----------
    data
        With their model.
    folder
        Of the batch; the data are written there.
    seed
        Of the shuffling.
    """
    return Task(NAME, RUN, {"data": put_data(data, folder)}, (seed,))


def run_permuted(arguments: Mapping[str, Any], seed: tuple[int, ...]) -> dict[str, Any]:
    """Task of the refits engine: :func:`compare_permuted`, as :func:`permuted_of` reads it.

    Parameters
    ----------
    arguments
        ``data``, with their model.
    seed
        Of the shuffling; one number.
    """
    data: StructuralData = arguments["data"]
    found = compare_permuted(data, data.spec.graph, seed=seed[0])
    return {
        "tests": found.tests,
        "violations": found.violations,
        "shares": found.shares.tolist(),
        "equivalent": found.equivalent,
    }


def permuted_of(value: Mapping[str, Any]) -> PermutedGraphs:
    """What a task of :func:`permuted_task` found.

    Parameters
    ----------
    value
        What it returned.
    """
    return PermutedGraphs(
        value["tests"],
        value["violations"],
        np.array(value["shares"], dtype=np.float64),
        value["equivalent"],
    )


def visible_graph(graph: CausalGraph, table: pd.DataFrame) -> CausalGraph:
    """The graph with everything unobserved that a table does not hold, or holds one value of.

    Parameters
    ----------
    graph
        The causal graph, with its latent and selected variables.
    table
        Of :func:`~vm2causal.checks.falsify.unit_table.unit_table`.
    """
    varies = {str(name) for name in table if table[name].nunique() > 1}
    return replace(graph, unobserved=frozenset(graph.nodes) - varies)


class _Tests:
    """Tests on one table; each is run once."""

    def __init__(self, data: StructuralData, table: pd.DataFrame) -> None:
        self.present = {str(name): table[name].notna().to_numpy() for name in table}
        self.columns = {str(name): indicators(data, str(name), table[name]) for name in table}
        self.known: dict[Independence, float | None] = {}

    def violations(self, graph: CausalGraph) -> tuple[int, int]:
        found = [self.p_value(item) for item in implied_independences(graph).statements]
        tested = [p for p in found if p is not None]
        return sum(p < SIGNIFICANT for p in tested), len(tested)

    def p_value(self, item: Independence) -> float | None:
        if item not in self.known:
            names = [item.x, item.y, *item.given]
            kept = np.logical_and.reduce([self.present[name] for name in names])
            x, y, *given = (self.columns[name][kept] for name in names)
            self.known[item] = association(x, y, np.hstack([np.empty((len(x), 0)), *given]))
        return self.known[item]


def association(x: Floats, y: Floats, given: Floats) -> float | None:
    """p-value of no linear association between two sets of columns given a third.

    Wilks' likelihood ratio with Bartlett's correction: with ranks of two numbers, that of a partial
    rank correlation.

    Parameters
    ----------
    x, y, given
        Shape (row, column).

    Returns
    -------
    float or None
        None where nothing is left to test with.

    References
    ----------
    Bartlett (1938), Math. Proc. Camb. Phil. Soc. 34, 33.

    Examples
    --------
    >>> rng = np.random.default_rng(2)
    >>> x = rng.normal(size=(200, 1))
    >>> association(x, x + rng.normal(size=(200, 1)), np.empty((200, 0))) < 1e-6
    True
    """
    rows = len(x)
    basis = _orthonormal(np.hstack([np.ones((rows, 1)), given]))
    freedom = rows - basis.shape[1]
    if freedom - x.shape[1] - y.shape[1] < FEWEST_LEFT:
        return None
    left = [_orthonormal(part - basis @ (basis.T @ part)) for part in (x, y)]
    if not all(part.shape[1] for part in left):
        return None
    correlations = np.linalg.svd(left[0].T @ left[1], compute_uv=False)
    log_wilks = float(np.log1p(-np.minimum(correlations**2, 1 - 1e-12)).sum())
    columns = [part.shape[1] for part in left]
    statistic = -(freedom - 0.5 * (sum(columns) + 1)) * log_wilks
    return float(chdtrc(columns[0] * columns[1], statistic))


def _orthonormal(part: Floats) -> Floats:
    """Basis of the columns; without what is the others' or nothing, but for rounding."""
    vectors, sizes, _ = np.linalg.svd(part, full_matrices=False)
    kept: Floats = vectors[:, sizes > _ROUNDING * np.sqrt(max(len(part), 1))]
    return kept


def _shuffled(graph: CausalGraph, rng: np.random.Generator) -> CausalGraph:
    """Observed names dealt anew over the places of observed names."""
    names = graph.observed
    dealt = dict(zip(names, rng.permutation(np.array(names, dtype=object)), strict=True))
    arrows = [
        (dealt.get(cause, cause), dealt.get(effect, effect)) for cause, effect in graph.arrows
    ]
    return CausalGraph.of(
        arrows, nodes=graph.nodes, unobserved=graph.unobserved, selected=graph.selected
    )


def _says_no_more(shuffled: CausalGraph, graph: CausalGraph) -> bool:
    """Whether a graph implies everything that a shuffled version of it implies."""
    dag = dag_of(graph)
    return all(
        dag.separated(dag.mask([item.x]), dag.mask([item.y]), dag.mask(item.given) | dag.selected)
        for item in implied_independences(shuffled).statements
    )
