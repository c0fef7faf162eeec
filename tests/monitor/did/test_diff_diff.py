"""Group-time effects and bounds against diff-diff: the frequentist state of the art in Python."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

from did_tables import exact, staggered, table_of
from vm2causal.monitor.did.design import Design, design_of
from vm2causal.monitor.did.group_time import linear_estimates
from vm2causal.monitor.did.trends import bound_table, trend_table
from vm2causal.monitor.did.weighting import Weighting


def callaway_santanna(design: Design, **options: Any) -> Any:
    """Their estimate from rows of pupils: repeated cross-sections, as counts are."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from diff_diff import CallawaySantAnna

        cells = design.cells
        size = cells["trials"].astype(int)
        rows = cells.loc[cells.index.repeat(size), ["time", "treated_from"]].reset_index(drop=True)
        place = np.concatenate([np.arange(n) for n in size])
        rows["y"] = (place < np.repeat(cells["events_low"].to_numpy(float), size)).astype(float)
        rows["first"] = rows["treated_from"].fillna(0).astype(int)
        rows["id"] = np.arange(len(rows))
        estimator = CallawaySantAnna(
            control_group="not_yet_treated",
            estimation_method="reg",
            base_period="universal",
            panel=False,
        )
        return estimator.fit(rows, "y", "id", "time", "first", **options)


def test_group_time_effects_and_errors_are_those_of_diff_diff() -> None:
    """Every effect and placebo of three starts, with comparison groups not treated yet."""
    table = staggered(lambda since: 0.02 + 0.01 * since, rng=np.random.default_rng(1), trials=500)
    design = design_of(table)
    theirs = callaway_santanna(design).group_time_effects
    ours = linear_estimates(design.weights["group_time"], design.cells, 0.05)
    keys = list(zip(design.targets["cohort"], design.targets["time"], strict=True))
    assert len(keys) == 21
    for key, estimate, error in zip(keys, ours["mean"], ours["sd"], strict=True):
        assert estimate == pytest.approx(theirs[key]["effect"], abs=1e-9)
        assert error == pytest.approx(theirs[key]["se"], rel=2e-3)


@pytest.mark.parametrize("mbar", [0.5, 1.0, 2.0])
def test_relative_magnitudes_are_those_of_diff_diff(mbar: float) -> None:
    """The identified set of each period and of their mean; in draws, as far as noise allows."""
    moves = (0.0, 0.004, 0.001, 0.003)
    treated = [0.30 + move for move in moves] + [0.36, 0.375, 0.39]
    table = exact({"A": treated, "N": [0.35] * 7}, {"A": 5}, trials=20_000_000)
    design = design_of(table)
    small = exact({"A": treated, "N": [0.35] * 7}, {"A": 5}, trials=1_000)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from diff_diff.honest_did import HonestDiD

        result = callaway_santanna(design_of(small), aggregate="event_study")
        vectors = [np.full(3, 1 / 3), *np.eye(3)]
        theirs = [
            HonestDiD(method="relative_magnitude", M=mbar, l_vec=vector).fit(result)
            for vector in vectors
        ]
    bounds = bound_table(design, Weighting.EQUAL, 0.05, seed=2)
    ours = bounds[bounds["mbar"] == mbar]
    for (_, row), their in zip(ours.iterrows(), theirs, strict=True):
        assert row["lower"] == pytest.approx(their.lb, abs=4e-4 * mbar)
        assert row["upper"] == pytest.approx(their.ub, abs=4e-4 * mbar)
        assert row["interval_lower"] < row["lower"] < row["upper"] < row["interval_upper"]
    effects = np.tile((0.0, 0.0, 0.0), (100, 1)) + np.linspace(-1e-6, 1e-6, 100)[:, None]
    moved = trend_table(design, Weighting.EQUAL, effects, effects, icc=0.05, seed=1).iloc[0]
    width = (theirs[0].ub - theirs[0].lb) / 2
    assert mbar * moved["moved"] == pytest.approx(width, abs=1e-9)


def test_a_movement_is_per_unit_of_time() -> None:
    """Where a year is missing before the treatment, half the change counts."""
    shares = {("A", 1): 300, ("A", 3): 320, ("A", 4): 400}
    rows = [
        {"group": group, "time": time, "events": events, "trials": 1_000, "treated_from": 4}
        for (group, time), events in shares.items()
    ]
    rows += [{"group": "N", "time": time, "events": 300, "trials": 1_000} for time in (1, 3, 4)]
    design = design_of(table_of(rows))
    effects = np.full((100, 1), 0.08) + np.linspace(-1e-6, 1e-6, 100)[:, None]
    found = trend_table(design, Weighting.PUPILS, effects, effects, icc=0.05, seed=1).iloc[0]
    assert found["moved"] == pytest.approx(0.01)
