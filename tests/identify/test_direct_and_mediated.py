"""Direct and mediated effects, all mediators considered."""

from __future__ import annotations

from itertools import permutations

import networkx as nx
import pytest
from hypothesis import given, settings

from identify.definitions import causal_graphs
from vm2causal.identify import (
    CausalQuestion,
    IntermediateConfounding,
    Strategy,
    identify_effect,
    identify_effects,
)
from vm2causal.identify.dag import dag_of
from vm2causal.identify.intermediate import is_separable
from vm2causal.identify.projection import project
from vm2causal.spec.graph import CausalGraph

SIMPLE = [("x", "m"), ("m", "y"), ("x", "y")]


def test_mediation_without_confounding() -> None:
    """Pearl 2001, UAI: the mediation formula."""
    found = identify_effect(CausalGraph.of(SIMPLE), "x", "y", kind="mediated")
    assert (found.strategy, found.minimal_adjustment_sets) == (Strategy.NONE_NEEDED, ((),))
    expected = r"P(y_{x, (m)_{x^{*}}}) = \sum_{m} P(m \mid x^{*}) \, P(y \mid m, x)"
    assert found.estimand == expected


def test_confounder_of_mediator_and_effect_is_adjusted_for() -> None:
    graph = CausalGraph.of([*SIMPLE, ("c", "m"), ("c", "y")])
    mediated = identify_effect(graph, "x", "y", kind="mediated")
    direct = identify_effect(graph, "x", "y", kind="direct")
    total = identify_effect(graph, "x", "y")
    assert mediated.minimal_adjustment_sets == (("c",),)
    assert direct.minimal_adjustment_sets == (("c",),)
    assert total.minimal_adjustment_sets == ((),)


def test_unobserved_confounder_of_mediator_and_effect() -> None:
    """Shpitser 2013: the district {m, y} hears x both ways; the total effect is known."""
    graph = CausalGraph.of([*SIMPLE, ("u", "m"), ("u", "y")], unobserved=["u"])
    mediated = identify_effect(graph, "x", "y", kind="mediated")
    assert not mediated.identifiable
    assert mediated.recanting_district == ("m", "y")
    assert mediated.hedge is None
    assert identify_effect(graph, "x", "y").identifiable
    direct = identify_effect(graph, "x", "y", kind="direct")
    assert not direct.identifiable
    assert direct.hedge is not None
    assert (direct.hedge.forest, direct.hedge.root) == (("m", "y"), ("y",))


def test_unobserved_recanting_witness() -> None:
    """Avin, Shpitser and Pearl 2005: what the cause affects confounds mediator and effect."""
    graph = CausalGraph.of([("x", "l"), ("l", "m"), ("l", "y"), ("m", "y")], unobserved=["l"])
    assert identify_effect(graph, "x", "y", kind="mediated").recanting_district == ("m", "y")


def test_observed_recanting_witness_counts_as_mediator() -> None:
    graph = CausalGraph.of([*SIMPLE, ("x", "l"), ("l", "m"), ("l", "y")])
    found = identify_effect(graph, "x", "y", kind="mediated")
    assert found.identifiable
    assert found.mediators == ("l", "m")


def test_direct_effect_identified_although_no_single_set_adjusts() -> None:
    """Robins 1986: the sequential g-formula, where a confounder is affected by the cause."""
    graph = CausalGraph.of(
        [*SIMPLE, ("x", "l"), ("l", "m"), ("u", "l"), ("u", "y")], unobserved=["u"]
    )
    found = identify_effect(graph, "x", "y", kind="direct")
    assert found.mediators == ("l", "m")
    assert found.minimal_adjustment_sets == ()
    assert (found.identifiable, found.strategy) == (True, Strategy.ID)
    assert found.estimand == (
        r"P(y \mid do(x, l, m)) = \sum_{l'} P(y \mid l', m, x) \, P(l' \mid x)"
    )


def test_absent_effects_are_zero() -> None:
    chain = CausalGraph.of([("x", "m"), ("m", "y")])
    direct = identify_effect(chain, "x", "y", kind="direct")
    assert (direct.has_effect, direct.strategy) == (False, Strategy.NONE_NEEDED)
    assert direct.estimand == r"P(y \mid do(x, m)) = P(y \mid do(m))"
    backwards = identify_effect(chain, "y", "x")
    assert (backwards.has_effect, backwards.estimand) == (False, r"P(x \mid do(y)) = P(x)")
    arrow = CausalGraph.of([("x", "y")])
    mediated = identify_effect(arrow, "x", "y", kind="mediated")
    assert (mediated.has_effect, mediated.mediators) == (False, ())


INTERMEDIATE = [*SIMPLE, ("x", "l"), ("l", "m"), ("l", "y")]


def test_a_confounder_that_the_cause_affects_is_named_with_what_is_left() -> None:
    """Avin, Shpitser and Pearl 2005: through m alone no data tell; VanderWeele et al. 2014."""
    found = identify_effect(CausalGraph.of(INTERMEDIATE), "x", "y", kind="mediated")
    assert found.identifiable  # through l and m together
    assert found.intermediate == (IntermediateConfounding("m", ("l",), True, True),)
    (note,) = found.notes
    assert note.en == (
        "l is itself affected by x and confounds m and y: what part runs through m alone follows "
        "from no data. What does follow: the total effect, the effect with m held fixed and the "
        "part through l and m together."
    )
    assert "welk deel via m alleen loopt, volgt uit geen gegevens. Wel te bepalen: het" in note.nl
    assert found.sentence.en.startswith("The effect of x on y through l and m together follows")


def test_an_unobserved_one_leaves_the_total_effect() -> None:
    graph = CausalGraph.of(INTERMEDIATE, unobserved=["l"])
    found = identify_effect(graph, "x", "y", kind="mediated")
    assert found.intermediate == (IntermediateConfounding("m", ("l",), True, False),)
    assert found.notes[0].en.endswith("What does follow: the total effect.")
    bow = CausalGraph.of(
        [*INTERMEDIATE, ("u", "x"), ("u", "y"), ("w", "m"), ("w", "y")],
        unobserved=["l", "u", "w"],
    )
    nothing = identify_effect(bow, "x", "y", kind="mediated").notes[0]
    assert nothing.nl.endswith("met die tussenstap vastgehouden volgen niet.")


@pytest.mark.parametrize(
    ("more", "named"),
    [
        ([("c", "m"), ("c", "y")], ()),  # the cause does not affect it
        ([("x", "l"), ("l", "m")], ()),  # it confounds nothing
        ([("x", "l"), ("l", "m"), ("c", "l"), ("c", "y")], ()),  # c tells it apart
        ([("x", "l"), ("l", "m"), ("u", "l"), ("u", "y")], ("l",)),  # nothing does
        ([("x", "k"), ("k", "l"), ("l", "m"), ("l", "y")], ("l",)),  # k only through l
        ([("x", "l"), ("l", "m"), ("u", "l"), ("u", "c"), ("w", "c"), ("w", "y")], ()),
    ],
)
def test_only_what_cannot_be_told_apart_is_named(
    more: list[tuple[str, str]], named: tuple[str, ...]
) -> None:
    graph = CausalGraph.of([*SIMPLE, *more], unobserved=[n for n in "uw" if n in str(more)])
    found = identify_effect(graph, "x", "y", kind="mediated")
    assert tuple(name for item in found.intermediate for name in item.confounders) == named


def test_one_district_at_one_value_of_the_cause_is_no_obstacle() -> None:
    """l and y share an unobserved cause, but y hears x through k alone, and k is its own."""
    graph = CausalGraph.of(
        [("x", "l"), ("l", "m"), ("m", "y"), ("u", "l"), ("u", "y"), ("x", "k"), ("k", "y")],
        unobserved=["u"],
    )
    assert identify_effect(graph, "x", "y", kind="mediated").intermediate == ()


def test_where_all_runs_through_the_mediator_its_part_is_the_total_effect() -> None:
    graph = CausalGraph.of(
        [("x", "l"), ("l", "m"), ("m", "y"), ("u", "l"), ("u", "y")], unobserved=["u"]
    )
    assert identify_effect(graph, "x", "y", kind="mediated").intermediate == ()


@settings(max_examples=40, deadline=None, derandomize=True)
@given(causal_graphs(most=6))
def test_what_is_named_lies_between_and_leaves_what_is_said(graph: CausalGraph) -> None:
    directed = graph.to_networkx()
    for x, y in permutations(graph.observed, 2):
        found = identify_effect(graph, x, y, kind="mediated")
        for item in found.intermediate:
            assert item.mediator in found.mediators
            assert item.total is identify_effect(graph, x, y).identifiable
            (held,) = identify_effects(graph, [CausalQuestion(x, y, also=(item.mediator,))])
            assert item.controlled_direct is held.identifiable
            for one in item.confounders:
                assert nx.has_path(directed, x, one)
                assert nx.has_path(directed, one, item.mediator)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(causal_graphs(most=6))
def test_with_one_mediator_separable_is_what_the_formula_says(graph: CausalGraph) -> None:
    """Where there is one mediator its part is the natural effect, which has its own algorithm."""
    dag = dag_of(graph)
    for x, y in permutations(graph.observed, 2):
        found = identify_effect(graph, x, y, kind="mediated")
        if len(found.mediators) == 1 and found.hedge is None:
            ends = (dag.mask([name]) for name in (x, found.mediators[0], y))
            assert is_separable(project(dag), *ends) is found.identifiable


def test_a_joint_effect_by_formula_names_no_front_door() -> None:
    graph = CausalGraph.of(
        [("x", "l"), ("l", "m"), ("m", "y"), ("u", "l"), ("u", "y"), ("x", "y")], unobserved=["u"]
    )
    (found,) = identify_effects(graph, [CausalQuestion("x", "y", also=("m",))])
    assert found.strategy is Strategy.ID
    assert found.sentence.en.startswith("The joint effect of x and m on y follows")
    assert "front door" not in found.sentence.en
    assert "voordeur" not in found.sentence.nl
