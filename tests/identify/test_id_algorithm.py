"""The returned formulas give the true effect; the returned hedges are hedges."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given, settings

from identify.definitions import causal_graphs
from identify.mechanisms import Evaluator, Mechanisms
from vm2causal.identify import Hedge, Limits, formulas, identify_effect
from vm2causal.identify.dag import Dag, dag_of
from vm2causal.identify.expression import Expression, free
from vm2causal.identify.id_algorithm import HedgeSets, identify_joint
from vm2causal.identify.mediation import RecantingDistrict, identify_natural, mediators_between
from vm2causal.identify.projection import Projection, project
from vm2causal.spec.graph import CausalGraph

LIMITS = Limits(seconds=600)
"""Per question: a clock of the whole file would run out where the machine is slow."""
few = settings(max_examples=150, deadline=None, derandomize=True)


def _queries(graph: CausalGraph) -> list[tuple[str, str]]:
    pairs = list(permutations(graph.observed, 2))
    return pairs[:: max(1, len(pairs) // 4)]


def _evaluate(model: Mechanisms, expression: Expression, at: dict[str, int]) -> float:
    """The expression at given values; variables it holds in form only are set to one."""
    arbitrary = dict.fromkeys(free(expression) - at.keys(), 1)
    evaluator = Evaluator(model.graph.observed, model.joint())
    return evaluator.value(expression, {**arbitrary, **at})


def assert_hedge(graph: Projection, found: HedgeSets, causes: int, effect: int) -> None:
    """Definition of a hedge (Shpitser and Pearl 2006), with F's edges thinned to one child each."""
    forest, root = found.forest, found.root
    assert root & ~forest == 0
    assert forest & causes
    assert not root & causes
    for district in (forest, root):
        assert graph.district_of(district & -district, district) == district
    assert graph.ancestors(root, forest) == forest
    assert root & ~graph.ancestors(effect, graph.dag.observed & ~causes) == 0


@few
@given(causal_graphs(most=6))
def test_total_effects(graph: CausalGraph) -> None:
    projection, model = project(dag_of(graph)), Mechanisms(graph, seed=7)
    for x, y in _queries(graph):
        found = identify_joint(projection, _bit(graph, x), _bit(graph, y), LIMITS.start())
        if isinstance(found, HedgeSets):
            assert_hedge(projection, found, _bit(graph, x), _bit(graph, y))
            continue
        truth = model.share(model.run({x: 1})[y] == 1)
        assert _evaluate(model, found, {x: 1, y: 1}) == pytest.approx(truth, abs=1e-9)


@few
@given(causal_graphs(most=6))
def test_controlled_direct_effects(graph: CausalGraph) -> None:
    dag, model = dag_of(graph), Mechanisms(graph, seed=11)
    for x, y in _queries(graph):
        held = mediators_between(dag, dag.mask([x]), dag.mask([y]))
        found = identify_joint(project(dag), held | dag.mask([x]), dag.mask([y]), LIMITS.start())
        if isinstance(found, HedgeSets):
            assert_hedge(project(dag), found, held | dag.mask([x]), dag.mask([y]))
            continue
        forced = {x: 1, **dict.fromkeys(dag.label(held), 0)}
        truth = model.share(model.run(forced)[y] == 1)
        assert _evaluate(model, found, {**forced, y: 1}) == pytest.approx(truth, abs=1e-9)


@few
@given(causal_graphs(most=6))
def test_natural_effects(graph: CausalGraph) -> None:
    dag, model = dag_of(graph), Mechanisms(graph, seed=13)
    for x, y in _queries(graph):
        starred = formulas.other_value(x)
        found = identify_natural(
            project(dag), dag.mask([x]), dag.mask([y]), starred, LIMITS.start()
        )
        if isinstance(found, RecantingDistrict):
            _assert_recanting(dag, found.district, x, y)
        elif not isinstance(found, HedgeSets):
            expected = _natural(model, dag, x, y)
            value = _evaluate(model, found, {x: 1, starred: 0, y: 1})
            assert value == pytest.approx(expected, abs=1e-9)


@few
@given(causal_graphs(most=6))
def test_every_named_strategy_gives_the_effect_that_id_gives(graph: CausalGraph) -> None:
    model = Mechanisms(graph, seed=17)
    for x, y in _queries(graph):
        found = identify_effect(graph, x, y)
        truth = model.share(model.run({x: 1})[y] == 1)
        at = {x: 1, y: 1}
        for sets in found.minimal_adjustment_sets:
            formula = formulas.adjustment([x], y, sets)
            assert _evaluate(model, formula, at) == pytest.approx(truth, abs=1e-9)
        for through in found.frontdoor_sets:
            formula = formulas.frontdoor(x, y, through)
            assert _evaluate(model, formula, at) == pytest.approx(truth, abs=1e-9)
        for pair in found.conditional_frontdoor_sets:
            formula = formulas.frontdoor(x, y, pair.mediators, pair.given)
            assert _evaluate(model, formula, at) == pytest.approx(truth, abs=1e-9)
        natural = identify_effect(graph, x, y, kind="mediated")
        for sets in natural.minimal_adjustment_sets:
            formula = formulas.mediation(x, y, natural.mediators, sets)
            value = _evaluate(model, formula, {**at, formulas.other_value(x): 0})
            expected = _natural(model, dag_of(graph), x, y)
            assert value == pytest.approx(expected, abs=1e-9)
        direct = identify_effect(graph, x, y, kind="direct")
        held = dict.fromkeys(direct.mediators, 0)
        for sets in direct.minimal_adjustment_sets:
            formula = formulas.adjustment([x, *held], y, sets)
            expected = model.share(model.run({x: 1, **held})[y] == 1)
            assert _evaluate(model, formula, {**at, **held}) == pytest.approx(expected, abs=1e-9)


def _bit(graph: CausalGraph, name: str) -> int:
    return dag_of(graph).mask([name])


def _natural(model: Mechanisms, dag: Dag, x: str, y: str) -> float:
    """P(Y = 1) under x = 1 with the mediators as they would have been under x = 0."""
    names = dag.label(mediators_between(dag, dag.mask([x]), dag.mask([y])))
    without = model.run({x: 0})
    return model.share(model.run({x: 1, **{m: without[m] for m in names}})[y] == 1)


def _assert_recanting(dag: Dag, district: int, x: str, y: str) -> None:
    """The district holds the effect and a mediator that hear the cause directly, joined."""
    graph = project(dag)
    heard = graph.children[dag.names.index(x)]
    assert graph.district_of(district & -district, district) == district
    assert heard & district & dag.mask([y])
    assert heard & district & ~dag.mask([y])


def test_two_models_that_agree_on_the_data_and_differ_in_the_effect() -> None:
    """Bow arc: y copies x, or both copy u. The data are the same; the intervention tells."""
    graph = CausalGraph.of([("u", "x"), ("u", "y"), ("x", "y")], unobserved=["u"])
    mechanisms = {"caused": lambda x, u: x, "confounded": lambda x, u: u}
    observed = {name: sorted((u, f(u, u)) for u in (0, 1)) for name, f in mechanisms.items()}
    forced = {name: sorted(f(1, u) for u in (0, 1)) for name, f in mechanisms.items()}
    assert observed["caused"] == observed["confounded"]
    assert forced["caused"] != forced["confounded"]
    found = identify_effect(graph, "x", "y")
    assert not found.identifiable
    assert found.hedge == Hedge(forest=("x", "y"), root=("y",))
