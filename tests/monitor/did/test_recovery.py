"""Known truth, from a simulator that shares nothing with the model."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from did_tables import exact, staggered, table_of
from vm2causal.inputs.event_tables.reading import EventTable
from vm2causal.model.sampler.sampling import SamplerSettings
from vm2causal.monitor.did.effects import POOLED, UNPOOLED
from vm2causal.workflow.did import Choices, DidResult, fit_did

pytestmark = pytest.mark.mcmc

QUICK = SamplerSettings(draws=500, tune=500, chains=4)


def overall(result: DidResult, method: str) -> dict[str, float]:
    rows = result.tables.estimates
    found = rows[(rows["about"] == "overall") & (rows["method"] == method)]
    return dict(found.iloc[0])


@pytest.fixture(scope="module")
def grown() -> DidResult:
    """Effects that grow, and a drift of a point in each period that the fit is told half of."""
    table = staggered(
        lambda since: -0.02 - 0.01 * since, rng=np.random.default_rng(11), trials=20_000
    )
    return fit_did(table, choices=Choices(drift=0.005), settings=QUICK)


def test_effects_that_grow_are_recovered_by_period(grown: DidResult) -> None:
    assert grown.diagnostics.rhat_max < 1.02
    rows = grown.tables.estimates
    found = rows[(rows["about"] == "exposure") & (rows["method"] == POOLED)]
    assert found["exposure"].tolist() == list(range(6))
    for row in found.to_dict("records"):
        truth = -0.02 - 0.01 * row["exposure"]
        # parallel in points, fitted on the log-odds: curvature is a fraction of a point
        assert row["risk_difference"]["mean"] == pytest.approx(truth, abs=0.012)
    truth = np.mean([-0.02 - 0.01 * (t - s) for s in (3, 5, 7) for t in range(s, 9)])
    assert overall(grown, POOLED)["risk_difference"]["mean"] == pytest.approx(truth, abs=0.006)
    assert overall(grown, UNPOOLED)["risk_difference"]["mean"] == pytest.approx(truth, abs=0.006)


def test_a_violation_of_the_size_allowed_for_is_within_the_interval() -> None:
    """Trends part by 1 point from the start on; nothing was done. Drift: steps of 1 point."""
    table = exact(
        {"A": [0.30, 0.31, 0.32 + 0.01], "N": [0.20, 0.21, 0.22]}, {"A": 3}, trials=200_000
    )
    result = fit_did(table, choices=Choices(drift=0.01), settings=QUICK)
    row = overall(result, UNPOOLED)
    assert row["risk_difference"]["lower"] > 0.0
    assert row["with_drift"]["lower"] < 0.0 < row["with_drift"]["upper"]
    spread = row["with_drift"]["sd"] ** 2 - row["risk_difference"]["sd"] ** 2
    assert spread == pytest.approx(0.01**2, rel=0.1)


@pytest.mark.slow
def test_intervals_cover_over_simulated_publications() -> None:
    """200 tables with clusters, roundings and an unknown number of pupils; 95% intervals."""
    covered, times = {POOLED: 0, UNPOOLED: 0}, 200
    for seed in range(times):
        table, truth = publication(np.random.default_rng(seed))
        result = fit_did(table, choices=Choices(seed=seed), settings=QUICK)
        for method in covered:
            row = overall(result, method)["risk_difference"]
            covered[method] += row["lower"] <= truth <= row["upper"]
    low, high = stats.binom.interval(0.98, times, 0.95)
    assert {method: low <= number <= high for method, number in covered.items()} == {
        POOLED: True, UNPOOLED: True
    }, covered  # fmt: skip


def publication(rng: np.random.Generator) -> tuple[EventTable, float]:
    """A table as an office prints it, and the mean effect on shares by pupils treated.

    Parallel on the log-odds; schools scatter around the share of their group by a beta
    distribution with intra-class correlation 0.05.
    """
    rows: list[dict[str, object]] = []
    truth, weight = 0.0, 0.0
    for group, start, size, schools in (
        ("A", 3, 1_200, 30), ("B", 4, 800, 20), ("N", None, 24_000, None)
    ):  # fmt: skip
        level = rng.normal(-1.5, 0.3)
        for time in range(1, 6):
            odds = level + 0.05 * time
            effect = 0.0 if start is None or time < start else rng.normal(-0.3, 0.15)
            share = 1 / (1 + np.exp(-odds - effect))
            if schools is None:
                shown = 100 * rng.binomial(size, share) / size
                rows.append(
                    {"group": group, "time": time, "percent": f"{shown:.1f}",
                     "trials": "20000-28000"}
                )  # fmt: skip
                continue
            per_school = size // schools
            own = rng.beta(19 * share, 19 * (1 - share), schools)
            events = int(rng.binomial(per_school, own).sum())
            rows.append(
                {"group": group, "time": time, "events": events, "trials": size,
                 "clusters": schools, "treated_from": start}
            )  # fmt: skip
            if effect:
                truth += size * (share - 1 / (1 + np.exp(-odds)))
                weight += size
    return table_of(rows), truth / weight
