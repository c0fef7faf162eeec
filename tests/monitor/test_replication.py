import dataclasses

import pandas as pd
import pytest
from scipy import stats

from vm2causal.errors import TableError
from vm2causal.inputs.published.reading import PublishedTables
from vm2causal.monitor.replication import pearson_test, replicate_tests


@pytest.fixture(scope="module")
def replicated(tables: PublishedTables) -> pd.DataFrame:
    return replicate_tests(tables).set_index("id")


@pytest.mark.parametrize(
    ("test", "table"),
    [
        ("vsv-all-T1-landelijk", (245, 1044, 6474, 25453)),
        ("vsv-all-T2-landelijk", (320, 1995, 3747, 22908)),
        ("vsv-as_intended-T1-landelijk", (113, 569, 6474, 25453)),
        ("vsv-as_intended-T2-landelijk", (219, 1474, 3747, 22908)),
        ("sk-all-T1-landelijk", (451, 1044, 9857, 25453)),
        ("sk-all-T2-landelijk", (367, 1995, 1118, 22908)),
        ("sk-as_intended-T1-landelijk", (301, 569, 9857, 25453)),
        ("sk-as_intended-T2-landelijk", (329, 1474, 1118, 22908)),
    ],
)
def test_published_comparisons_equal_scipys_test(
    replicated: pd.DataFrame, test: str, table: tuple[int, int, int, int]
) -> None:
    a, n, c, m = table
    expected = stats.chi2_contingency([[a, n - a], [c, m - c]], correction=False)
    row = replicated.loc[test]
    assert row["chi2"] == pytest.approx(expected.statistic, rel=1e-10)
    assert row["p"] == pytest.approx(expected.pvalue, rel=1e-10)
    assert row["denominators"] == "published"


def test_seven_of_the_eight_reproduce_and_the_eighth_says_why_not(replicated: pd.DataFrame) -> None:
    published = replicated.query("denominators == 'published' and document == 'vijf-jaar-vm2'")
    assert len(published) == 8
    assert published["agrees"].sum() == 7
    odd = published[~published["agrees"]].iloc[0]
    assert odd.name == "sk-all-T2-landelijk"
    assert odd["phi_recomputed"] == pytest.approx(0.1549, abs=5e-5)
    assert odd["note"] == "replicate.phi_differs"


def test_a_hand_computed_chi2() -> None:
    # 2×2 table 10/20 against 5/30: χ² = 50 (10·25 − 10·5)² / (20·30·15·35) = 6.349…
    found = pearson_test(10, 20, 5, 30)
    assert found.chi2 == pytest.approx(50 * (10 * 25 - 10 * 5) ** 2 / (20 * 30 * 15 * 35))
    assert found.phi > 0


def test_the_significance_of_t1_holds_for_part_of_the_range_only(replicated: pd.DataFrame) -> None:
    row = replicated.loc["vsv-all-T1-voorgaand"]
    assert row["note"] == "replicate.holds_partly"
    assert row["denominator_lower"] < row["holds_from"] <= row["holds_to"]
    assert row["chi2_lower"] < 6.63 < row["chi2_upper"]


def test_the_letter_is_replicated_from_its_own_counts(replicated: pd.DataFrame) -> None:
    row = replicated.loc["vsv-interim-T1-landelijk"]
    expected = stats.chi2_contingency(
        [[138, 1044 - 138], [0.165 * 25453, 0.835 * 25453]], correction=False
    )
    assert row["chi2"] == pytest.approx(expected.statistic, rel=1e-9)
    assert row["agrees"]


def test_the_number_shown_is_one_the_digits_allow(replicated: pd.DataFrame) -> None:
    bounded = replicated.query("denominators == 'bounded'").dropna(subset=["phi"])
    assert len(bounded) == 11
    for row in bounded.itertuples():
        # φ is printed with two decimals, the percentage behind it with one
        assert abs(abs(row.phi_recomputed) - abs(row.phi)) <= 0.005 + 0.001


def test_holes_in_the_range_are_told(replicated: pd.DataFrame) -> None:
    first, second = replicated.loc["sk-all-T1-voorgaand", "denominator_runs"]
    assert first[1] < second[0]
    assert replicated.loc["vsv-all-T2-landelijk", "denominator_runs"] == [[22908, 22908]]


def test_what_holds_for_part_of_the_range_does_not_agree(replicated: pd.DataFrame) -> None:
    partly = replicated.query("note == 'replicate.holds_partly'")
    assert set(partly.index) == {"vsv-all-T1-voorgaand", "vsv-all-B2-voorgaand"}
    assert not partly["agrees"].any()


def test_a_phi_no_denominator_can_give_is_refused(tables: PublishedTables) -> None:
    tests = tables.tests.copy()
    tests.loc[tests["id"] == "vsv-all-B1-voorgaand", "phi"] = 0.9
    with pytest.raises(TableError, match=r"tests\.csv, row 6: No start population fits"):
        replicate_tests(dataclasses.replace(tables, tests=tests))


def test_every_reported_test_is_there(replicated: pd.DataFrame, tables: PublishedTables) -> None:
    assert list(replicated.index) == list(tables.tests["id"])
    assert len(replicated) == 22
