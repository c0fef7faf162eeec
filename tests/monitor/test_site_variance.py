"""What the published split by status says of the variance between sites."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from vm2causal.inputs.published.reading import PublishedTables
from vm2causal.monitor.site_variance import icc_lower_bounds, split_by_status


def test_the_bound_is_phi_squared_of_status_by_outcome(tables: PublishedTables) -> None:
    """Against scipy's χ² / N; .046 for SK of T1 and .009 for vsv."""
    found = split_by_status(tables).set_index(["outcome", "tranche"])
    for place, (ran, of_ran, everyone, of_all) in {
        ("sk", "T1"): (301, 569, 451, 1044),
        ("vsv", "T1"): (113, 569, 245, 1044),
        ("sk", "T2"): (329, 1474, 367, 1995),
        ("vsv", "T2"): (219, 1474, 320, 1995),
    }.items():
        rest, of_rest = everyone - ran, of_all - of_ran
        table = [[ran, of_ran - ran], [rest, of_rest - rest]]
        chi2 = stats.chi2_contingency(table, correction=False).statistic
        assert found.loc[place, "icc_lower"] == pytest.approx(chi2 / of_all)
        assert found.loc[place, "others"] == pytest.approx(rest / of_rest)
    assert icc_lower_bounds(tables, "all") == pytest.approx([0.009, 0.046], abs=5e-4)
    assert icc_lower_bounds(tables, "as_intended") == [0.0, 0.0]


def test_what_two_groups_of_a_site_share_drops_out_of_their_difference() -> None:
    """Sites simulated one by one; κ of their variance in common, as the cohort model has it."""
    random = np.random.default_rng(12)
    sites, pupils, share, icc, kappa, runs = 121, 16, 0.2, 0.05, 0.4, 4_000
    spread = np.sqrt(icc * share * (1 - share))
    common = np.sqrt(kappa) * random.normal(size=(runs, sites, 1))
    own = np.sqrt(1 - kappa) * random.normal(size=(runs, sites, 2))
    chances = np.clip(share + spread * (common + own), 0, 1)
    counts = random.binomial(pupils, chances).sum(1)
    difference = (counts[:, 0] - counts[:, 1]) / (sites * pupils)
    effect = 1 + (pupils - 1) * icc * (1 - kappa)
    expected = 2 * share * (1 - share) * effect / (sites * pupils)
    # clipping at 0 takes off 1%; a variance of 4,000 runs has a standard error of 2.2%
    assert difference.var() == pytest.approx(expected, rel=0.08)
    ignoring = 2 * share * (1 - share) * (1 + (pupils - 1) * icc) / (sites * pupils)
    assert difference.var() < 0.92 * ignoring
