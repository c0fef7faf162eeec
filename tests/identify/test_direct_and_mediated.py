"""Direct and mediated effects, all mediators considered."""

from __future__ import annotations

from vm2causal.identify import Strategy, identify_effect
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
