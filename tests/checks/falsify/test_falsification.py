"""Independences tested on data of which it is known whether they hold."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from checks.falsification_cases import QUICK, chain, chain_data, chain_table, fitted
from vm2causal.checks.falsify.absent_arrow import (
    absent_arrow_spec,
    bayes_factor,
    fit_absent_arrow,
    tail_probability,
)
from vm2causal.checks.falsify.false_alarms import FalseAlarms, measure_false_alarms
from vm2causal.checks.falsify.falsification import (
    Holding,
    adjusted,
    independence_tasks,
    judge,
    unsettled,
)
from vm2causal.checks.falsify.independence_plan import PlannedTest, Untested, plan_tests
from vm2causal.model.data.structural_data import StructuralData, table_data
from vm2causal.refits import Results, run_tasks

PLAN = (PlannedTest("start", "end", ("middle",)),)


def results_of(data: StructuralData, folder: Path) -> Results:
    tasks = independence_tasks(data, PLAN, folder=folder, seed=1, settings=QUICK)
    return run_tasks(tasks, folder=folder)


@pytest.mark.mcmc
def test_an_arrow_that_the_model_lacks_is_found(tmp_path: Path) -> None:
    found = judge(PLAN, results_of(chain_data(extra=1.2), tmp_path))
    (row,) = found.table.to_dict("records")
    assert row["verdict"] == Holding.VIOLATED
    assert row["bayes_factor_at_least"] == 50
    (coefficient,) = row["coefficients"]
    assert coefficient["lower"] < 1.2 < coefficient["upper"]


@pytest.mark.mcmc
def test_no_alarm_where_the_model_is_right(tmp_path: Path) -> None:
    found = judge(PLAN, results_of(chain_data(), tmp_path))
    assert found.count(Holding.VIOLATED) == 0
    assert found.tested == 1
    assert found.table["tail"].item() > 0.05
    assert found.expected_by_chance == pytest.approx(0.05)


@pytest.mark.mcmc
def test_without_the_middle_the_ends_depend() -> None:
    """The same arrow tested without what separates the pair: the test can fail."""
    settings = {"draws": 1_000, "tune": 300, "chains": 2}
    arguments = {"data": chain_data(), "cause": "start", "effect": "end", "given": [],
                 "settings": settings}  # fmt: skip
    assert fit_absent_arrow(arguments, (1, 0))["tail"] < 1e-3


@pytest.mark.mcmc
def test_false_alarms_are_few_and_the_known_arrow_is_not_among_them(tmp_path: Path) -> None:
    data = table_data(chain(), chain_table(extra=1.2))
    _, forward = fitted(data)
    found = measure_false_alarms(
        forward,
        plan_tests(forward),
        lambda tasks: run_tasks(tasks, folder=tmp_path),
        folder=tmp_path,
        replications=8,
        seed=3,
        settings=QUICK,
    )
    # the data violate the model; data drawn from the model do not
    assert found.table["tests"].tolist() == [1] * 8
    assert found.per_test <= 3 / 8
    assert found.any_violated == found.per_test


def test_groups_stay_but_a_tested_group_gets_levels_of_its_own() -> None:
    spec = absent_arrow_spec(chain_data(), "start", "end", ("middle",))
    assert spec.groups == ("herd",)
    assert {arrow.key for arrow in spec.arrows} == {("start", "end"), ("middle", "end")}


def values(tail: float, *, inside: bool = False, factor: float = 1.0, rhat: float = 1.0) -> dict:
    return {"coefficients": [], "tail": tail, "p_direction": 0.9, "in_rope": 0.1, "inside": inside,
            "bayes_factor": factor, "bayes_factor_at_least": None, "untested": None,
            "rhat": rhat}  # fmt: skip


@pytest.mark.parametrize(
    ("value", "verdict", "untested"),
    [
        (values(0.001), "violated", None),
        (values(0.2), "undecided", None),
        (values(0.2, factor=0.2), "holds", None),
        (values(0.001, inside=True), "holds", None),
        (values(0.001, rhat=1.2), "not_testable", "not_converged"),
        (values(0.001) | {"untested": "prior_only"}, "not_testable", "prior_only"),
    ],
)
def test_verdicts(value: dict, verdict: str, untested: str | None) -> None:
    found = judge(PLAN, Results({"start->end": value}, {}))
    row = found.table.to_dict("records")[0]
    assert (row["verdict"], row["untested"]) == (verdict, untested)


@pytest.mark.parametrize(
    ("value", "near"),
    [
        (values(0.6), False),
        (values(0.6, factor=0.3), True),  # the limit is a third
        (values(0.6, factor=0.2), False),
        (values(0.03), True),
        (values(0.0001), False),
        (values(0.6) | {"in_rope": 0.94}, True),
        (values(0.6) | {"in_rope": 1.0, "inside": True}, False),
        (values(0.6, rhat=1.2), True),
    ],
)
def test_what_lies_near_a_limit_needs_more_draws(value: dict, *, near: bool) -> None:
    found = unsettled(judge(PLAN, Results({"start->end": value}, {})))
    assert found == ({("start", "end")} if near else set())


def test_a_failed_test_is_named_and_the_plan_stays_whole() -> None:
    skipped = PlannedTest("a", "b", (), Untested.COMPOSITION)
    found = judge((*PLAN, skipped), Results({}, {"start->end": "StudyError: too much missing"}))
    assert found.table["untested"].tolist() == ["failed", "composition"]
    assert found.failures == {"start->end": "StudyError: too much missing"}
    assert found.tested == 0


def test_many_tests_need_a_smaller_tail() -> None:
    plan = tuple(PlannedTest(f"x{k}", "y", ()) for k in range(40))
    results = Results({test.name: values(0.5) for test in plan[1:]} | {"x0->y": values(0.02)}, {})
    found = judge(plan, results)
    assert found.count(Holding.VIOLATED) == 0
    assert found.below_five_percent == 1


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_adjusted_tails_are_those_of_scipy(tails: list[float]) -> None:
    own = adjusted(np.array(tails))
    assert own == pytest.approx(stats.false_discovery_control(tails), abs=1e-12)


def test_an_undecided_test_says_what_it_could_have_found() -> None:
    """More tests need a smaller tail, and so a larger arrow; a prior-bound level finds none."""
    interval = {"label": "x", "mean": 0.1, "sd": 0.1, "lower": -0.1, "upper": 0.3, "level": 0.95}
    seen = [{**interval, "alone": 0.1, "share": 1.0}]
    one = judge(PLAN, Results({"start->end": values(0.5) | {"coefficients": seen}}, {}))
    assert one.detectable(Holding.UNDECIDED) == [pytest.approx(0.28, abs=0.001)]
    plan = tuple(PlannedTest(f"x{k}", "y", ()) for k in range(89))
    results = Results({t.name: values(0.5) | {"coefficients": seen} for t in plan}, {})
    many = judge(plan, results).detectable(Holding.UNDECIDED)
    z = stats.norm.isf(0.05 / (2 * 89)) + stats.norm.ppf(0.8)
    assert many == [pytest.approx(0.1 * z, rel=0.001)] * 89
    blind = [{**interval, "alone": 0.1, "share": 0.0}]
    none = judge(PLAN, Results({"start->end": values(0.5) | {"coefficients": blind}}, {}))
    assert none.detectable(Holding.UNDECIDED) == []
    (row,) = none.table["coefficients"]
    assert row[0]["detectable"] is None
    assert "share" not in row[0]


def test_the_error_of_false_alarms_is_that_over_data_sets() -> None:
    table = pd.DataFrame({"tests": [10, 10, 10, 10], "below": [0, 2, 0, 2], "violated": 0})
    found = FalseAlarms(4, table.assign(failed=0))
    assert found.per_test == 0.1
    # the standard error of the mean of shares 0, 0.2, 0, 0.2
    assert found.per_test_error == pytest.approx(np.std([0, 0.2, 0, 0.2], ddof=1) / 2)
    assert found.any_violated == 0.0
    assert found.any_violated_at_most == pytest.approx(1 - 0.05 ** (1 / 4))
    assert FalseAlarms(1, table.head(1)).per_test_error is None


def test_one_coefficient_has_the_two_sided_normal_tail() -> None:
    draws = np.random.default_rng(3).normal(0.4, 0.3, (5000, 1))
    z = abs(draws.mean() / draws.std(ddof=1))
    assert tail_probability(draws) == pytest.approx(2 * stats.norm.sf(z))


def test_the_tail_does_not_hang_on_the_coordinates() -> None:
    rng = np.random.default_rng(5)
    draws = rng.normal([0.3, -0.2], 0.2, (4000, 2))
    turned = draws @ np.array([[2.0, 1.0], [0.5, -1.0]])
    assert tail_probability(turned) == pytest.approx(tail_probability(draws))


def test_a_posterior_that_is_the_prior_has_a_bayes_factor_of_one() -> None:
    draws = np.random.default_rng(6).normal(0.0, 0.5, (20_000, 2))
    assert bayes_factor(draws, [0.5, 0.5]).value == pytest.approx(1.0, abs=0.05)
