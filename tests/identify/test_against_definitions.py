"""Listings against brute force by definition, on random graphs of up to seven nodes."""

from __future__ import annotations

from itertools import permutations

import networkx as nx
from hypothesis import given, settings

from identify import definitions
from identify.definitions import causal_graphs
from vm2causal.identify import (
    CausalQuestion,
    identify_effect,
    identify_effects,
    implied_independences,
    is_separated,
)
from vm2causal.spec.graph import CausalGraph

few = settings(max_examples=200, deadline=None, derandomize=True)


def _queries(graph: CausalGraph) -> list[tuple[str, str]]:
    """A handful of ordered pairs of observed variables, the same for equal graphs."""
    pairs = list(permutations(graph.observed, 2))
    return pairs[:: max(1, len(pairs) // 6)]


@few
@given(causal_graphs())
def test_adjustment_sets(graph: CausalGraph) -> None:
    for x, y in _queries(graph):
        found = identify_effect(graph, x, y).minimal_adjustment_sets
        assert set(found) == definitions.adjustment_sets(graph, (x,), y)
        assert len(set(found)) == len(found)


@few
@given(causal_graphs())
def test_adjustment_sets_of_several_causes_together(graph: CausalGraph) -> None:
    for x, y in _queries(graph):
        others = [name for name in graph.observed if name not in (x, y)]
        for other in others[:1]:
            (found,) = identify_effects(graph, [CausalQuestion(x, y, also=(other,))])
            expected = definitions.adjustment_sets(graph, (x, other), y)
            assert set(found.minimal_adjustment_sets) == expected


@few
@given(causal_graphs())
def test_adjustment_sets_of_direct_effects(graph: CausalGraph) -> None:
    for x, y in _queries(graph):
        found = identify_effect(graph, x, y, kind="direct")
        expected = definitions.adjustment_sets(graph, (x, *found.mediators), y)
        assert set(found.minimal_adjustment_sets) == expected


@few
@given(causal_graphs())
def test_frontdoor_sets(graph: CausalGraph) -> None:
    for x, y in _queries(graph):
        found = identify_effect(graph, x, y).frontdoor_sets
        assert set(found) == definitions.frontdoor_sets(graph, x, y)


@few
@given(causal_graphs(most=6))
def test_conditional_frontdoor_sets_meet_the_definition(graph: CausalGraph) -> None:
    directed = graph.to_networkx()
    for x, y in _queries(graph):
        for found in identify_effect(graph, x, y).conditional_frontdoor_sets:
            through, covariates = frozenset(found.mediators), frozenset(found.given)
            assert covariates
            assert not covariates & nx.descendants(directed, x)
            assert definitions.is_frontdoor(graph, x, y, through, covariates)
            for one in covariates:
                assert not definitions.is_frontdoor(graph, x, y, through, covariates - {one})


@few
@given(causal_graphs())
def test_ancestral_instruments(graph: CausalGraph) -> None:
    for x, y in _queries(graph):
        found = {(i.instrument, i.given) for i in identify_effect(graph, x, y).instruments}
        assert found == definitions.instruments(graph, x, y, ancestral=True)


@few
@given(causal_graphs())
def test_ancestral_instruments_of_direct_effects(graph: CausalGraph) -> None:
    for x, y in _queries(graph):
        listed = identify_effect(graph, x, y, kind="direct").instruments
        expected = definitions.instruments(graph, x, y, ancestral=True, direct=True)
        assert {(one.instrument, one.given) for one in listed} == expected


@few
@given(causal_graphs(most=6))
def test_an_instrument_is_found_whenever_one_exists(graph: CausalGraph) -> None:
    for x, y in _queries(graph):
        for kind in ("total", "direct"):
            found = identify_effect(graph, x, y, kind=kind).instruments
            direct = kind == "direct"
            expected = definitions.instruments(graph, x, y, ancestral=False, direct=direct)
            assert bool(found) == bool(expected)


@few
@given(causal_graphs())
def test_natural_effect_sets(graph: CausalGraph) -> None:
    for x, y in _queries(graph):
        found = identify_effect(graph, x, y, kind="mediated")
        assert found.mediators == definitions.mediators(graph, x, y)
        if found.mediators:
            expected = definitions.natural_effect_sets(graph, x, y)
            assert set(found.minimal_adjustment_sets) == expected


@few
@given(causal_graphs())
def test_all_minimal_independences(graph: CausalGraph) -> None:
    listed = {(s.x, s.y, s.given) for s in implied_independences(graph, every=True).statements}
    expected = {
        (x, y, s)
        for x in graph.observed
        for y in graph.observed
        if x < y
        for s in definitions.separators(graph, x, y)
    }
    assert listed == expected


@few
@given(causal_graphs())
def test_the_basis_holds_one_true_statement_per_separable_pair(graph: CausalGraph) -> None:
    basis = implied_independences(graph).statements
    every = implied_independences(graph, every=True).statements
    assert [(s.x, s.y) for s in basis] == sorted({(s.x, s.y) for s in every})
    assert all(is_separated(graph, s.x, s.y, s.given) for s in basis)
    if graph.unobserved:
        assert set(basis) <= set(every)


@few
@given(causal_graphs())
def test_separation_agrees_with_networkx(graph: CausalGraph) -> None:
    directed = graph.to_networkx()
    for x, y in _queries(graph):
        for rest in definitions.subsets([v for v in graph.nodes if v not in (x, y)][:4]):
            assert is_separated(graph, x, y, rest) == nx.is_d_separator(directed, x, y, set(rest))
