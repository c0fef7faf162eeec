"""Published answers."""

from __future__ import annotations

import pytest

from identify.textbook import TEXTBOOK, Textbook
from vm2causal.identify import Instrument, identify_effect, implied_independences
from vm2causal.spec.graph import CausalGraph


@pytest.mark.parametrize("example", TEXTBOOK, ids=lambda example: example.source)
def test_published_answer(example: Textbook) -> None:
    found = identify_effect(example.graph, example.cause, example.effect)
    assert found.identifiable is example.identifiable
    assert (found.hedge is None) is example.identifiable
    assert found.complete
    if example.strategy is not None:
        assert found.strategy == example.strategy
    if example.adjustment is not None:
        assert found.minimal_adjustment_sets == example.adjustment
    if example.frontdoor is not None:
        assert found.frontdoor_sets == example.frontdoor
    if example.instrument is not None:
        assert Instrument(*example.instrument) in found.instruments
    if example.includes is not None:
        assert example.includes in found.minimal_adjustment_sets


def test_the_napkin_estimand_holds_at_every_value_of_the_instrument() -> None:
    graph = next(example.graph for example in TEXTBOOK if "napkin" in example.source)
    found = identify_effect(graph, "x", "y")
    assert found.any_value_of == ("z",)
    assert found.estimand == (
        r"P(y \mid do(x)) = \frac{\sum_{w} P(y \mid w, x, z) \, P(x \mid w, z) \, P(w)}"
        r"{\sum_{w} P(x \mid w, z) \, P(w)}"
    )


def test_verma_graph_implies_one_conditional_independence() -> None:
    graph = next(example.graph for example in TEXTBOOK if "dormant" in example.source)
    (only,) = implied_independences(graph, every=True).statements
    assert (only.x, only.y, only.given) == ("v1", "v3", ("v2",))


def test_basis_of_a_dag_without_unobserved_nodes_is_the_pairwise_markov_basis() -> None:
    """Pearl 2009, figure 1.2: season, rain, sprinkler, wet, slippery."""
    graph = CausalGraph.of(
        [
            ("season", "rain"),
            ("season", "sprinkler"),
            ("rain", "wet"),
            ("sprinkler", "wet"),
            ("wet", "slippery"),
        ]
    )
    listed = {(s.x, s.y, s.given) for s in implied_independences(graph).statements}
    assert listed == {
        ("rain", "slippery", ("wet",)),
        ("rain", "sprinkler", ("season",)),
        ("season", "slippery", ("wet",)),
        ("season", "wet", ("rain", "sprinkler")),
        ("slippery", "sprinkler", ("wet",)),
    }


def test_conditional_frontdoor_of_fulcher_and_colleagues() -> None:
    graph = next(example.graph for example in TEXTBOOK if "Fulcher" in example.source)
    (pair,) = identify_effect(graph, "x", "y").conditional_frontdoor_sets
    assert (pair.mediators, pair.given) == (("m",), ("c",))
