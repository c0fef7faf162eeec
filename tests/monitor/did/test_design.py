"""What is compared with what: closed forms, and no forbidden comparisons."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from did_tables import exact, staggered, table_of
from vm2causal.errors import StudyError
from vm2causal.inputs.rows import row_tuples
from vm2causal.monitor.did.design import design_of
from vm2causal.monitor.did.group_time import cell_variances, linear_estimates, share_draws
from vm2causal.monitor.did.weighting import OVERALL, Weighting, aggregates
from vm2causal.workflow.did import read_design


def overall(table, weighting: Weighting = Weighting.PUPILS, icc: float = 0.05) -> pd.Series:
    design = design_of(table)
    rows, weights = aggregates(design.effects, weighting)
    own = (design.targets["exposure"] >= 0).to_numpy()
    combined = weights @ design.weights["group_time"][own]
    found = linear_estimates(combined, design.cells, icc)
    return found[(rows["about"] == OVERALL).to_numpy()].iloc[0]


def test_two_by_two_is_the_difference_of_differences() -> None:
    table = exact({"A": [0.30, 0.25], "B": [0.20, 0.18]}, {"A": 2}, trials=1_000)
    found = overall(table)
    assert found["mean"] == pytest.approx((0.25 - 0.30) - (0.18 - 0.20))
    shares = np.array([0.30, 0.25, 0.20, 0.18])
    assert found["sd"] == pytest.approx(np.sqrt((shares * (1 - shares) / 1_000).sum()), rel=2e-3)
    design = design_of(table)
    weights = design.weights
    assert weights["naive"][0] @ design.cells["share"] == pytest.approx(0.25 - 0.18)
    assert weights["before_after"][0] @ design.cells["share"] == pytest.approx(0.25 - 0.30)


def test_two_way_fixed_effects_have_the_wrong_sign_where_these_do_not() -> None:
    """Effects that grow: those treated already drag later ones' comparison along."""
    table = staggered(lambda since: 0.02 * since**2 / 4)
    cells = design_of(table).cells
    treated = ((cells["time"] >= cells["treated_from"]) & cells["treated_from"].notna()).astype(
        float
    )
    # without the group that is never treated, as where everybody joins in the end
    joined = cells[cells["treated_from"].notna()]
    dummies = pd.get_dummies(joined[["group", "time"]].astype(str), drop_first=True).astype(float)
    columns = np.column_stack([treated[joined.index], np.ones(len(joined)), dummies])
    two_way = np.linalg.lstsq(columns, joined["share"], rcond=None)[0][0]
    truth = np.mean([0.005 * (t - s) ** 2 for s in (3, 5, 7) for t in range(s, 9)])
    assert two_way < 0 < truth
    assert overall(table)["mean"] == pytest.approx(truth, abs=1e-4)


def test_nobody_who_is_treated_already_is_compared_with() -> None:
    design = design_of(staggered(lambda since: 0.1))
    cells = design.cells
    treated = (cells["time"] >= cells["treated_from"]).to_numpy()
    for number, target in enumerate(row_tuples(design.targets)):
        others = treated & (cells["group"] != target.group).to_numpy()
        assert np.all(design.weights["group_time"][number][others] == 0)
    assert np.allclose(design.weights["group_time"].sum(axis=1), 0)


def test_weights_are_said_and_add_up() -> None:
    rows = [
        ("A", 1, 100, 2), ("A", 2, 100, 2), ("B", 1, 300, 2), ("B", 2, 300, 2),
        ("N", 1, 900, None), ("N", 2, 900, None),
    ]  # fmt: skip
    table = table_of(
        [
            {"group": g, "time": t, "events": n // (4 if g == "A" and t == 2 else 2), "trials": n,
             "treated_from": s}
            for g, t, n, s in rows
        ]
    )  # fmt: skip
    assert overall(table)["mean"] == pytest.approx(-0.25 * 0.25)
    assert overall(table, Weighting.EQUAL)["mean"] == pytest.approx(-0.25 * 0.5)


def test_a_period_without_comparison_is_left_out_and_named() -> None:
    table = exact(
        {"A": [0.3, 0.3, 0.3, 0.3], "B": [0.3, 0.3, 0.3, 0.3]}, {"A": 2, "B": 4}, trials=100
    )
    design = design_of(table)
    assert set(zip(design.left_out["group"], design.left_out["time"], strict=True)) == {
        ("A", 4), ("B", 4)
    }  # fmt: skip
    alone = table_of(
        [
            {"group": g, "time": t, "events": 10, "trials": 100, "treated_from": s}
            for g, t, s in (("A", 1, 2), ("A", 2, 2), ("N", 2, None))
        ]
    )
    with pytest.raises(StudyError, match=r"untreated in the same period.*'A, 2'"):
        read_design(alone)


def test_variance_has_clusters_and_rounding() -> None:
    one = {"group": "A", "time": 1, "trials": 1_000, "treated_from": 2}
    plain = table_of([
        {**one, "events": 300}, {**one, "time": 2, "events": 300, "clusters": 20},
        {**one, "group": "N", "percent": 30, "treated_from": None},
        {**one, "group": "N", "time": 2, "events": "290-310", "treated_from": None},
    ])  # fmt: skip
    variances = cell_variances(design_of(plain).cells, 0.1)
    share = 300.5 / 1001
    base = share * (1 - share) / 1_000
    assert variances == pytest.approx(
        [base, base * (1 + 49 * 0.1), base + 0.01**2 / 12, base + 0.02**2 / 12]
    )
    draws = share_draws(design_of(plain).cells, 0.1, seed=1)
    assert draws.mean(axis=0) == pytest.approx(0.3, abs=0.002)
    assert draws.var(axis=0) == pytest.approx(variances, rel=0.08)
