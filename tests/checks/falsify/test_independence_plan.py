"""Which implied independences are tested, by which equation, and why others are not."""

import numpy as np

from checks.falsification_cases import chain, chain_table
from model.fit_cases import stand_in_fit
from model.structural_cases import EVERY_KIND, STUDY_SPEC, small_study, table_of_every_kind
from vm2causal.checks.falsify.independence_plan import PlannedTest, Untested, plan_tests
from vm2causal.effects.forward import Forward
from vm2causal.identify.dag import dag_of
from vm2causal.identify.independences import implied_independences
from vm2causal.model.data.spec_for_data import spec_for_table
from vm2causal.model.data.structural_data import StructuralData, study_data, table_data
from vm2causal.spec import Arrow, CausalSpec, Variable


def planned(data: StructuralData) -> tuple[PlannedTest, ...]:
    fit = stand_in_fit(data)
    return plan_tests(Forward(fit.layout, fit.posterior, draws=3))


def test_a_chain_has_one_test() -> None:
    (only,) = planned(table_data(chain(), chain_table()))
    assert only == PlannedTest("start", "end", ("middle",))


def test_every_pair_that_can_be_separated_is_in_the_plan_and_every_test_is_implied() -> None:
    for data in (
        table_data(EVERY_KIND, table_of_every_kind()),
        study_data(STUDY_SPEC, small_study()),
    ):
        plan, graph = planned(data), data.spec.graph
        stated = {frozenset((one.x, one.y)) for one in implied_independences(graph).statements}
        assert {frozenset((test.cause, test.effect)) for test in plan} == stated
        dag = dag_of(graph)
        for test in plan:
            ends = dag.mask([test.cause]), dag.mask([test.effect])
            assert dag.separated(*ends, dag.mask(test.given))


def test_pupils_are_compared_with_counts_of_pupils_only() -> None:
    plan = {test.name: test for test in planned(study_data(STUDY_SPEC, small_study()))}
    assert plan["lwoo->binding"].untested is None
    assert plan["lwoo->samenwerking"].untested is Untested.COMPOSITION


def test_a_construct_that_hardly_varies_is_neither_tested_nor_adjusted_for() -> None:
    spec = CausalSpec(
        name="constant",
        variables={
            "plan": Variable(),
            "trust": Variable(kind="latent", items=("t1", "t2"), levels=("1", "2", "3")),
            "score": Variable(),
            "noise": Variable(),
        },
        arrows=[Arrow(cause="plan", effect="trust"), Arrow(cause="trust", effect="score")],
    )
    rng = np.random.default_rng(1)
    table = table_of_every_kind(50)[["t1", "t2"]].assign(
        t1="2", t2="2", **{name: rng.normal(size=50) for name in ("plan", "score", "noise")}
    )
    plan = planned(table_data(spec_for_table(spec, table).spec, table))
    # trust stood between plan and score: without it nothing says that they are independent
    pairs = {frozenset((test.cause, test.effect)) for test in plan}
    assert pairs == {frozenset(("noise", "plan")), frozenset(("noise", "score"))}
    assert all(test.given == () for test in plan)


def test_a_count_of_a_plain_table_is_never_adjusted_for() -> None:
    spec = CausalSpec(
        name="through-a-count",
        variables={
            "size": Variable(),
            "cases": Variable(kind="count", trials="of"),
            "score": Variable(),
        },
        arrows=[Arrow(cause="size", effect="cases"), Arrow(cause="cases", effect="score")],
        rows="units",
    )
    (only,) = planned(table_data(spec, table_of_every_kind(40)))
    assert only.untested is Untested.NOT_ARRANGEABLE
