"""Selection: what is called identified is exact, and what is refused has a counter-example.

Every set and every pair of sets is tried in exact structural models, most of which differ where a
formula does not hold: a refused one fails in one of them, an accepted one holds in all.
"""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given, settings

from identify.definitions import Paths, subsets
from identify.selected_worlds import Worlds, selected_graphs
from vm2causal.errors import QueryError
from vm2causal.identify import (
    CausalQuestion,
    Identification,
    Population,
    Strategy,
    identify_effect,
    identify_effects,
    implied_independences,
)
from vm2causal.spec.graph import CausalGraph

few = settings(max_examples=60, deadline=None, derandomize=True)
many = settings(max_examples=1500, deadline=None, derandomize=True)
COLLIDER = [("e", "s"), ("d", "s")]


def _asked(graph: CausalGraph, *, joint: bool) -> list[tuple[tuple[str, ...], str]]:
    """One question to a graph, or none: causes of an effect that some directed path reaches."""
    pairs = [
        (cause, effect)
        for cause, effect in permutations(graph.observed, 2)
        if identify_effect(graph, cause, effect).has_effect
    ]
    pairs = pairs[len(graph.arrows) % len(pairs) :][:1] if pairs else []
    if not joint:
        return [((cause,), effect) for cause, effect in pairs]
    return [
        ((cause, other), effect)
        for cause, effect in pairs
        for other in [name for name in graph.observed if name not in (cause, effect)][:1]
    ]


def _answered(graph: CausalGraph, causes: tuple[str, ...], effect: str) -> Identification:
    first, *also = causes
    (found,) = identify_effects(graph, [CausalQuestion(first, effect, also=tuple(also))])
    return found


def _assert_exact(graph: CausalGraph, *, joint: bool) -> None:
    for causes, effect in _asked(graph, joint=joint):
        found, worlds = _answered(graph, causes, effect), Worlds(graph, causes, effect)
        assert found.selection is not None
        if found.selection.ignorable:
            for one in found.minimal_adjustment_sets:
                assert worlds.gives_all(frozenset(one), frozenset())
                assert worlds.gives_selected(frozenset(one))
            continue
        pairs = {(frozenset(p.given), frozenset(p.external)) for p in found.selection.whole}
        among = set(map(frozenset, found.selection.among_selected))
        assert pairs == worlds.minimal_pairs()
        assert among == worlds.minimal_sets()
        assert among or not pairs
        _assert_consistent(found)


def _assert_consistent(found: Identification) -> None:
    selection = found.selection
    assert selection is not None
    alone = tuple(pair.given for pair in selection.whole if not pair.external)
    expected = Population.WHOLE if alone else Population.SELECTED
    identifiable = bool(alone or selection.among_selected)
    assert selection.population is (expected if identifiable else None)
    assert found.identifiable is identifiable
    assert found.minimal_adjustment_sets == (alone or selection.among_selected)


@few
@given(selected_graphs(most=5))
def test_effects_are_exact_or_refused_with_a_counter_example(graph: CausalGraph) -> None:
    _assert_exact(graph, joint=False)


@few
@given(selected_graphs(most=5))
def test_joint_effects_are_exact_or_refused_with_a_counter_example(graph: CausalGraph) -> None:
    _assert_exact(graph, joint=True)


@pytest.mark.slow
@many
@given(selected_graphs(most=6))
def test_effects_on_many_graphs(graph: CausalGraph) -> None:
    _assert_exact(graph, joint=False)


@pytest.mark.slow
@many
@given(selected_graphs(most=6))
def test_joint_effects_on_many_graphs(graph: CausalGraph) -> None:
    _assert_exact(graph, joint=True)


@few
@given(selected_graphs(most=6))
def test_independences_hold_among_the_selected(graph: CausalGraph) -> None:
    """By definition, path by path: a statement holds given its set and all selected nodes."""
    directed = graph.to_networkx()
    listed = {(s.x, s.y, s.given) for s in implied_independences(graph, every=True).statements}
    for x, y in permutations(graph.observed, 2):
        if x < y:
            paths = Paths(directed, x, y)
            free = [name for name in graph.observed if name not in (x, y)]
            valid = [one for one in subsets(free) if paths.separated(one | graph.selected)]
            minimal = {one for one in valid if not any(other < one for other in valid)}
            assert {g for a, b, g in listed if (a, b) == (x, y)} == {
                tuple(sorted(one)) for one in minimal
            }


def _ask(arrows: list[tuple[str, str]], kind: str = "total") -> Identification:
    hidden = {name for arrow in arrows for name in arrow if name.startswith("u")}
    graph = CausalGraph.of(arrows, unobserved=hidden, selected=["s"])
    return identify_effect(graph, "e", "d", kind=kind)


@pytest.mark.parametrize("kind", ["total", "direct"])
@pytest.mark.parametrize("between", [[], [("e", "d")], [("d", "e")]])
def test_a_collider_of_cause_and_effect_is_refused(
    between: list[tuple[str, str]], kind: str
) -> None:
    """Selection on both ends: of an effect, nothing; without one, that it is zero."""
    found = _ask([*COLLIDER, *between], kind)
    assert found.identifiable is (("e", "d") not in between)
    assert found.minimal_adjustment_sets == ()
    if ("e", "d") in between:
        assert found.strategy is None
        assert "they hold only units with s, and no adjustment takes away" in found.sentence.en
        assert "alleen eenheden met s, en geen correctie neemt weg" in found.sentence.nl
        assert "Formulas other than adjustment were not looked for." in found.sentence.en
    else:
        assert not found.has_effect
        assert "among these only is no effect" in found.sentence.en


def test_selection_on_a_confounder_needs_its_distribution_in_the_whole_population() -> None:
    """Berkson without collider: P(z) of the selected is not that of all; Correa et al. 2018."""
    found = _ask([("z", "e"), ("z", "d"), ("z", "s"), ("e", "d")])
    selection = found.selection
    assert selection is not None
    assert selection.population is Population.SELECTED
    assert [(pair.given, pair.external) for pair in selection.whole] == [(("z",), ("z",))]
    assert selection.among_selected == (("z",),)
    assert "It is the effect among units with s" in found.sentence.en
    assert found.sentence.en.endswith(
        "by no adjustment, unless it is known how z is distributed there. Other formulas were not "
        "looked for."
    )
    assert found.estimand == (
        r"P(d_{e} \mid \mathrm{s=1}) = \sum_{z} P(d \mid e, \mathrm{s=1}, z) \, "
        r"P(z \mid \mathrm{s=1})"
    )


def test_only_what_selection_depends_on_needs_external_data() -> None:
    """Adjustment for a and b, but only the distribution of a must be known of all."""
    found = _ask([("b", "e"), ("b", "d"), ("a", "d"), ("a", "s"), ("e", "d")])
    assert found.selection is not None
    pairs = [(pair.given, pair.external) for pair in found.selection.whole]
    assert pairs == [(("a", "b"), ("a",))]
    assert found.minimal_adjustment_sets == (("b",),)
    assert "it does follow at equal a and b once it is known how a" in found.sentence.en


def test_selection_by_the_cause_alone_does_no_harm() -> None:
    found = _ask([("e", "d"), ("e", "s")])
    assert found.selection is not None
    assert found.selection.population is Population.WHOLE
    assert found.strategy is Strategy.NONE_NEEDED
    assert found.sentence.en.endswith("even though the data hold only units with s.")
    assert any("Whether a unit is in the data (s)" in item.en for item in found.assumptions)


def test_selection_that_has_nothing_in_common_leaves_every_strategy() -> None:
    front_door = [("u", "e"), ("u", "d"), ("e", "m"), ("m", "d"), ("q", "s")]
    found = _ask(front_door)
    assert found.strategy is Strategy.FRONTDOOR
    assert found.selection is not None
    assert found.selection.ignorable
    assert "shares no cause with e or d" in found.sentence.en
    joined = _ask([*front_door, ("m", "s")])
    assert joined.strategy is None
    assert joined.frontdoor_sets == ()


def test_mediated_effects_are_not_claimed_under_selection() -> None:
    chain = [("e", "m"), ("m", "d"), ("e", "d")]
    refused = _ask([*chain, ("m", "s")], "mediated")
    assert not refused.identifiable
    assert refused.sentence.en.endswith("is not worked out.")
    assert _ask([*chain, ("q", "s")], "mediated").identifiable


def test_a_hedge_stays_the_reason_where_there_is_one() -> None:
    found = _ask([("u", "e"), ("u", "d"), ("e", "d"), ("d", "s")])
    assert found.hedge is not None
    assert "unobserved common causes join d and e" in found.sentence.en


def test_no_instrument_is_named_under_selection() -> None:
    arrows = [("u", "e"), ("u", "d"), ("e", "d"), ("z", "e")]
    assert [item.instrument for item in _ask([*arrows, ("q", "s")]).instruments] == ["z"]
    assert _ask([*arrows, ("d", "s")]).instruments == ()


def test_a_selected_node_cannot_be_asked_about() -> None:
    graph = CausalGraph.of([("e", "d"), ("d", "s")], selected=["s"])
    with pytest.raises(QueryError, match=r"what the data were selected by.*'s'"):
        identify_effect(graph, "e", "s")


def test_dowhy_is_not_asked_about_selected_units() -> None:
    graph = CausalGraph.of([("e", "d"), ("d", "s")], selected=["s"])
    note = identify_effect(graph, "e", "d", second_opinion=True).engine_note
    assert note is not None
    assert note.en == "DoWhy was not asked: it knows no selection of units."
