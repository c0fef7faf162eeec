"""DoWhy's falsify_graph, on a graph that is right and on one that is not."""

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from hypothesis import given

from model_strategies import graphs
from vm2causal.errors import SizeLimitError
from vm2causal.identify.dag import dag_of
from vm2causal.identify.graph_falsification import falsify_with_dowhy, markov_graph
from vm2causal.spec import CausalGraph

CHAIN = CausalGraph.of([("a", "b"), ("b", "c"), ("c", "d")])


def chain(rows: int = 120) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    values = [rng.normal(size=rows)]
    for _ in range(3):
        values.append(values[-1] + 0.7 * rng.normal(size=rows))
    return pd.DataFrame(dict(zip("abcd", values, strict=True)))


def test_a_right_graph_is_kept() -> None:
    found = falsify_with_dowhy(CHAIN, chain(), permutations=20, seconds=120, seed=1)
    assert found is not None
    assert found.rows == 120
    assert found.violations <= 1
    assert found.falsified is False


def test_a_wrong_graph_fares_no_better_than_shuffled_ones() -> None:
    wrong = CausalGraph.of([("c", "a"), ("a", "d"), ("d", "b")])
    found = falsify_with_dowhy(wrong, chain(), permutations=20, seconds=120, seed=1)
    assert found is not None
    assert found.violations >= 2
    assert found.p_markov > 0.05


def test_the_limit_on_seconds_holds() -> None:
    with pytest.raises(SizeLimitError, match=r"DoWhy did not finish within 1e-09 seconds\."):
        falsify_with_dowhy(CHAIN, chain(), permutations=5, seconds=1e-9, seed=1)


def test_too_few_complete_rows() -> None:
    table = chain(40).assign(d=lambda rows: rows["d"].mask(rows.index < 20))
    assert falsify_with_dowhy(CHAIN, table, permutations=5, seconds=9, seed=1) is None


@given(graphs())
def test_the_graph_given_to_dowhy_claims_nothing_that_the_model_does_not(
    graph: CausalGraph,
) -> None:
    made = markov_graph(graph)
    dag = dag_of(graph)
    assert set(made) == set(graph.observed)
    for node in made:
        parents = dag.mask(made.predecessors(node))
        for other in set(made) - nx.descendants(made, node) - {node} - set(made.predecessors(node)):
            assert dag.separated(dag.mask([node]), dag.mask([other]), parents | dag.selected)


def test_causes_of_selection_are_tied_among_the_selected() -> None:
    graph = CausalGraph.of([("a", "s"), ("b", "s"), ("c", "b")], selected=["s"])
    assert set(markov_graph(graph).edges) == {("a", "c"), ("a", "b"), ("c", "b")}


def test_without_unobserved_variables_it_is_the_graph_itself() -> None:
    graph = CausalGraph.of([("a", "c"), ("b", "c"), ("c", "d")])
    assert set(markov_graph(graph).edges) == set(graph.arrows)
