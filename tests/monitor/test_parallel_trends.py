"""Breakdown of the monitor's answers under violations of parallel trends."""

from __future__ import annotations

import numpy as np
import pytest

from vm2causal.inputs.published.reading import PublishedTables
from vm2causal.monitor.effects import Contrast
from vm2causal.monitor.parallel_trends import end_error, gap_movements, trend_table, yardsticks

MOVED = {"vsv": 0.012, "sk": 0.008}


def contrast(mean: float, sd: float, *, tranche: str = "T2", outcome: str = "vsv") -> Contrast:
    draws = np.random.default_rng(3).normal(mean, sd, 40_000)
    return Contrast(outcome, tranche, 3, 0.5 + draws, np.full(40_000, 0.5), 1995.0)


def test_the_yardstick_is_read_from_the_tables(tables: PublishedTables) -> None:
    """19.9 − 17.8 against 19.6 − 16.3, table 3.1; 7.2 − 5.4 against 5.2 − 4.2, table 3.3."""
    found = gap_movements(tables, "all").set_index(["outcome", "years_since_start"])
    assert found.loc[("vsv", 3), "T1"] == pytest.approx(0.021)
    assert found.loc[("vsv", 3), "movement"] == pytest.approx(0.012)
    assert found.loc[("sk", 3), "movement"] == pytest.approx(-0.008)
    assert ("vsv", 4) not in found.index  # T2 was not followed so long
    assert yardsticks(tables, "all") == pytest.approx(MOVED)
    # 20.1 − 17.8 against 19.2 − 16.3, table 3.2
    assert yardsticks(tables, "as_intended")["vsv"] == pytest.approx(0.006)


def test_breakdowns_are_the_distances_to_zero() -> None:
    item = contrast(-0.035, 0.0148)
    row = trend_table([item], [item], MOVED).iloc[0]
    assert row["sign_lost"] == pytest.approx(0.035, abs=3e-4)
    assert row["interval_holds_zero"] == pytest.approx(0.035 - 1.96 * 0.0148, abs=6e-4)
    assert row["mbar_sign_lost"] == pytest.approx(row["sign_lost"] / 0.012)
    wide = trend_table([contrast(-0.035, 0.03)], [item], MOVED).iloc[0]
    assert wide["interval_holds_zero"] == 0.0


@pytest.mark.parametrize(
    ("alone", "pooled", "tranche", "verdict"),
    [
        ((-0.035, 0.005), (-0.035, 0.005), "T2", "holds"),
        ((0.035, 0.005), (0.035, 0.005), "T2", "holds"),
        ((-0.035, 0.015), (-0.035, 0.012), "T2", "conditional"),
        # an interval that excludes 0 by pooling alone
        ((-0.038, 0.026), (-0.040, 0.015), "T1", "undecided"),
        ((-0.035, 0.005), (-0.035, 0.030), "T2", "undecided"),
        # by the last digits of a simulation
        ((-0.0300, 0.0152), (-0.035, 0.005), "T2", "undecided"),
        # signs that contradict each other
        ((-0.035, 0.005), (0.035, 0.005), "T2", "undecided"),
        # earlier pupils outside VM2 are no untouched comparison
        ((-0.045, 0.005), (-0.045, 0.005), "B1", "conditional"),
    ],
)
def test_an_answer_holds_with_and_without_pooling_and_beyond_the_yardstick(
    alone: tuple[float, float], pooled: tuple[float, float], tranche: str, verdict: str
) -> None:
    (row,) = trend_table(
        [contrast(*alone, tranche=tranche)], [contrast(*pooled, tranche=tranche)], MOVED
    ).to_dict("records")
    assert row["verdict"] == verdict


def test_the_error_of_an_end_is_that_of_independent_quantiles() -> None:
    """√(p (1 − p) / n) over the density at the quantile, of a standard normal."""
    random = np.random.default_rng(8)
    found = np.mean([end_error(random.normal(3.0, 1.0, 6_000)) for _ in range(60)])
    expected = np.sqrt(0.025 * 0.975 / 6_000) / 0.05845
    assert found == pytest.approx(expected, rel=0.15)


@pytest.mark.mcmc
def test_the_published_answers_break_where_an_independent_analysis_breaks_them(monitor) -> None:
    """Unpooled with an ICC of .05: vsv T2 .035 and .005, T1 .038 and already; SK T2 .133, .108."""
    found = monitor.parallel_trends.set_index(["outcome", "tranche"])
    expected = {
        ("vsv", "T2"): (0.035, 0.005),
        ("vsv", "T1"): (0.038, 0.0),
        ("sk", "T2"): (0.133, 0.108),
    }
    for place, (lost, zero) in expected.items():
        assert found.loc[place, "sign_lost"] == pytest.approx(lost, abs=0.003), place
        assert found.loc[place, "interval_holds_zero"] == pytest.approx(zero, abs=0.005), place
    assert found.loc[("vsv", "T1"), "verdict"] == "undecided"
    assert found.loc[("vsv", "T2"), "verdict"] == "conditional"
    assert found.loc[("sk", "T2"), "verdict"] == "holds"
    assert set(found.index) == {
        *(("vsv", tranche) for tranche in ("T1", "T2", "B1", "B2")),
        *(("sk", tranche) for tranche in ("T1", "T2", "B1")),
    }
