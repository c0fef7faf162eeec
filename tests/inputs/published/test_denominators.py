import dataclasses

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from vm2causal.errors import TableError
from vm2causal.inputs.published.denominators import (
    admissible_denominators,
    denominator_ranges,
    pearson_phi,
    percent_bounds,
)
from vm2causal.inputs.published.reading import PublishedTables


@pytest.mark.parametrize(
    ("events", "pupils", "other", "total"),
    [(245, 1044, 6474, 25453), (10, 20, 5, 30), (1, 100, 99, 100)],
)
def test_phi_squared_times_n_is_scipys_chi2(
    events: int, pupils: int, other: int, total: int
) -> None:
    table = [[events, pupils - events], [other, total - other]]
    expected = stats.chi2_contingency(table, correction=False).statistic
    phi = pearson_phi(*(np.float64(x) for x in (events, pupils, other, total)))
    assert phi**2 * (pupils + total) == pytest.approx(expected, rel=1e-12)
    assert np.sign(phi) == np.sign(events / pupils - other / total)


def test_percentages_bound_shares() -> None:
    assert percent_bounds(0.0) == (0.0, 0.0005)
    assert percent_bounds(23.5) == pytest.approx((0.2345, 0.2355))


def test_every_admissible_denominator_reproduces_the_printed_digits(
    tables: PublishedTables,
) -> None:
    """By definition, with whole pupils: some count gives the percentage, some pair gives φ."""
    allowed = admissible_denominators(
        tables, tranche="T1", group="voorgaand", selection="all", use_significance=False
    )
    for pupils in allowed[:: len(allowed) // 25]:
        counts = np.arange(pupils + 1)
        shown = counts[np.abs(100 * counts / pupils - 27.9) <= 0.05 + 1e-9]
        assert len(shown)
        phis = [
            abs(float(pearson_phi(*(np.float64(x) for x in (245, 1044, k, pupils))))) for k in shown
        ]
        assert min(abs(phi - 0.05) for phi in phis) <= 0.005 + 5e-4


def test_denominators_just_outside_the_range_do_not(tables: PublishedTables) -> None:
    allowed = admissible_denominators(
        tables, tranche="T1", group="voorgaand", selection="all", use_significance=True
    )
    above = float(allowed[-1] + 1)
    low, high = percent_bounds(27.9)
    largest = max(
        abs(float(pearson_phi(*(np.float64(x) for x in (245, 1044, share * above, above)))))
        for share in (low, high)
    )
    assert largest < 0.045  # φ = 0.05 was printed


def test_ranges_and_their_basis(tables: PublishedTables) -> None:
    ranges = denominator_ranges(tables)
    assert ranges.loc[("T1", "vm2", "all")].tolist() == [1044, 1044, "published"]
    assert ranges.loc[("T2", "landelijk_voorgaand", "all")].tolist() == [
        25453,
        25453,
        "same cohort",
    ]
    assert ranges.loc[("T1", "voorgaand", "all")].tolist() == [1645, 2813, "bounded"]
    assert ranges.loc[("B2", "landelijk", "all"), "basis"] == "intake"
    assert (ranges["lower"] <= ranges["upper"]).all()


def test_a_selection_cannot_be_larger_than_the_whole(tables: PublishedTables) -> None:
    ranges = denominator_ranges(tables)["upper"]
    for tranche in ("T1", "T2"):
        assert ranges[tranche, "voorgaand", "as_intended"] <= ranges[tranche, "voorgaand", "all"]


def test_digits_that_fit_no_denominator_are_refused(tables: PublishedTables) -> None:
    tests = tables.tests.copy()
    tests.loc[tests["id"] == "vsv-all-T1-voorgaand", "phi"] = 0.9
    with pytest.raises(TableError, match=r"No start population fits .* 'T1, voorgaand, all'"):
        denominator_ranges(dataclasses.replace(tables, tests=tests))


def test_ranges_are_made_once_and_cannot_be_changed_by_who_asked(tables: PublishedTables) -> None:
    first = denominator_ranges(tables)
    kept = first.copy()
    first.iloc[:, 0] = -1.0
    pd.testing.assert_frame_equal(denominator_ranges(tables), kept)
