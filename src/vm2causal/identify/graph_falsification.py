"""DoWhy's opinion on a whole graph: whether it is contradicted less than the graph shuffled."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import networkx as nx
import numpy as np
import numpy.typing as npt
import pandas as pd

from vm2causal.errors import SizeLimitError
from vm2causal.identify.dag import dag_of, members
from vm2causal.spec.graph import CausalGraph

FEWEST_ROWS: Final = 30
"""Complete rows that its tests need to say anything."""


@dataclass(frozen=True)
class GraphFalsification:
    """What ``dowhy.gcm.falsify.falsify_graph`` found.

    Parameters
    ----------
    rows
        Complete rows that it was run on.
    tests, violations
        Local Markov conditions of the graph, and how many the data contradict.
    p_markov
        Share of shuffled graphs with no more contradictions; small speaks for the graph.
    p_informative
        Share of shuffled graphs that say the same as the graph; small makes the test informative.
    falsified
        None where the graph implies nothing.
    """

    rows: int
    tests: int
    violations: int
    p_markov: float
    p_informative: float
    falsified: bool | None


def falsify_with_dowhy(
    graph: CausalGraph,
    data: pd.DataFrame,
    *,
    permutations: int,
    seconds: float,
    seed: int,
) -> GraphFalsification | None:
    """Ask DoWhy, with its kernel tests.

    Parameters
    ----------
    graph
        Its observed variables are columns of ``data``.
    data
        Numbers; rows with gaps are left out.
    seconds
        After which the question is dropped.
    seed
        Of the random numbers, 0 or more; the same seed gives the same result.

    Returns
    -------
    GraphFalsification or None
        None where too few rows are complete for its tests.

    Raises
    ------
    SizeLimitError
        When the limit on seconds is passed.

    References
    ----------
    Eulig, Mastakouri, Blöbaum, Hardt, Janzing (2025), Toward falsifying causal graphs using a
    permutation-based test, AAAI (arXiv:2305.09565); Zhang, Peters, Janzing, Schölkopf
    (2011), UAI (the kernel tests).
    """
    from dowhy.gcm.falsify import FalsifyConst, falsify_graph
    from dowhy.gcm.independence_test import kernel_based
    from dowhy.gcm.util.general import set_random_seed

    complete = data[list(graph.observed)].dropna()
    if len(complete) < FEWEST_ROWS:
        return None
    test = _until(time.monotonic() + seconds, seconds, kernel_based)
    set_random_seed(seed)
    with warnings.catch_warnings():
        # of its own dependencies, about small samples and deprecated calls
        warnings.simplefilter("ignore")
        found = falsify_graph(
            markov_graph(graph),
            complete.astype(np.float64),
            independence_test=test,
            conditional_independence_test=test,
            n_permutations=permutations,
            show_progress_bar=False,
            n_jobs=1,
        )
    markov = found.summary[FalsifyConst.VALIDATE_LMC]
    informative = found.summary[FalsifyConst.VALIDATE_TPA]
    return GraphFalsification(
        len(complete),
        int(markov[FalsifyConst.N_TESTS]),
        int(markov[FalsifyConst.GIVEN_VIOLATIONS]),
        float(markov[FalsifyConst.P_VALUE]),
        float(informative[FalsifyConst.P_VALUE]),
        found.falsified,
    )


def markov_graph(graph: CausalGraph) -> nx.DiGraph[str]:
    """A graph of the observed variables alone that implies nothing the given one does not.

    Each variable's parents are those before it, in causal order, that it depends on given the
    others before it: without unobserved variables its direct causes, else also what an unobserved
    cause or the selection of the units ties it to.

    Parameters
    ----------
    graph
        The causal graph, with its latent and selected variables.

    References
    ----------
    Verma, Pearl (1990), Causal networks: semantics and expressiveness, UAI (a list of such
    parents along an order is an I-map).

    Examples
    --------
    >>> hidden = CausalGraph.of([("p", "a"), ("u", "a"), ("u", "b")], unobserved=["u"])
    >>> sorted(markov_graph(hidden).edges)
    [('a', 'b'), ('p', 'a'), ('p', 'b')]
    """
    dag = dag_of(graph)
    found: nx.DiGraph[str] = nx.DiGraph()
    before = 0
    for node in members(dag.observed):
        found.add_node(dag.names[node])
        for other in members(before):
            if not dag.separated(1 << other, 1 << node, before & ~(1 << other) | dag.selected):
                found.add_edge(dag.names[other], dag.names[node])
        before |= 1 << node
    return found


def _until(end: float, seconds: float, test: Callable[..., float]) -> Callable[..., float]:
    """A test that refuses once the time is up; DoWhy itself knows no limit."""

    def limited(*parts: npt.NDArray[Any]) -> float:
        if time.monotonic() > end:
            raise SizeLimitError(f"DoWhy did not finish within {seconds:g} seconds.")
        return test(*parts)

    return limited
