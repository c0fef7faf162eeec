import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from vm2causal.errors import TableError
from vm2causal.inputs.published import reading
from vm2causal.inputs.published.consistency import agrees_to_rounding, find_contradictions
from vm2causal.inputs.published.reading import PublishedTables, read_published
from vm2causal.inputs.published.schema import SCHEMAS, published_codebook
from vm2causal.storage import shipped_path

Edit = Callable[[str, Callable[[str], str]], Path]


@pytest.fixture
def edited(tmp_path: Path) -> Edit:
    """Copy the shipped tables and change the text of one."""

    def edit(name: str, change: Callable[[str], str]) -> Path:
        folder = tmp_path / "published"
        if not folder.exists():
            shutil.copytree(shipped_path("data", "published"), folder)
        path = folder / f"{name}.csv"
        before = path.read_text(encoding="utf-8")
        after = change(before)
        assert after != before
        path.write_text(after, encoding="utf-8")
        return folder

    return edit


def test_starters_are_those_of_table_2_2(tables: PublishedTables) -> None:
    counts = tables.pupils.query("unit == 'count'").groupby("tranche", sort=False)["value"].first()
    assert counts.drop("totaal").to_dict() == {
        "T1": 1044,
        "T2": 1995,
        "B1": 2083,
        "B2": 1596,
        "B3": 1106,
    }


def test_experiments_by_status_are_those_of_table_2_1(tables: PublishedTables) -> None:
    counts = tables.status.query("table == '2.1-status' and unit == 'count'")
    wide = counts.pivot_table(index="tranche", columns="status", values="value")
    assert wide["totaal"].to_dict() == {"T1": 36, "T2": 121, "B1": 69, "B2": 64}
    assert wide.loc["T1", ["afgerond", "lopend", "gestopt"]].tolist() == [19, 6, 11]
    assert wide.loc["T2", ["afgerond", "lopend", "gestopt"]].tolist() == [12, 69, 40]


@pytest.mark.parametrize(
    ("tranche", "group", "selection", "outcome", "count", "denominator", "percent"),
    [
        ("T1", "vm2", "all", "vsv", 245, 1044, 23.5),
        ("T1", "vm2", "all", "sk", 451, 1044, 43.2),
        ("T1", "landelijk", "all", "vsv", 6474, 25453, 25.4),
        ("T1", "vm2", "as_intended", "vsv", 113, 569, 19.9),
        ("T2", "vm2", "all", "sk", 367, 1995, 18.4),
        ("T2", "landelijk", "all", "sk", 1118, 22908, 4.9),
        ("T2", "vm2", "as_intended", "sk", 329, 1474, 22.3),
        ("B1", "vm2", "all", "vsv", 120, 2083, 5.8),
        ("B2", "vm2", "all", "vsv", 38, 1596, 2.4),
    ],
)
def test_final_counts_are_those_of_the_text(
    tables: PublishedTables,
    tranche: str,
    group: str,
    selection: str,
    outcome: str,
    count: int,
    denominator: int,
    percent: float,
) -> None:
    row = tables.outcomes.query(
        "tranche == @tranche and group == @group and selection == @selection "
        "and outcome == @outcome and date == '2012-10-01'"
    ).iloc[0]
    assert (row["count"], row["denominator"], row["percent"]) == (count, denominator, percent)


def test_denominators_stand_only_where_published(tables: PublishedTables) -> None:
    known = tables.outcomes.dropna(subset=["denominator"])
    groups = set(zip(known["tranche"], known["group"], strict=True))
    assert groups == {
        ("T1", "vm2"), ("T2", "vm2"), ("B1", "vm2"), ("B2", "vm2"),
        ("T1", "landelijk"), ("T2", "landelijk"),
    }  # fmt: skip


def test_earlier_cohorts_are_dated_by_their_own_start(tables: PublishedTables) -> None:
    row = tables.outcomes.query(
        "table == '3.1-vsv' and tranche == 'T1' and group == 'voorgaand' and date == '2009-10-01'"
    ).iloc[0]
    assert (row["cohort"], row["years_since_start"], row["percent"]) == (2007, 1, 3.0)


def test_the_quality_log_lists_exactly_what_the_rules_find(tables: PublishedTables) -> None:
    found = {
        finding.id
        for finding in find_contradictions({name: getattr(tables, name) for name in SCHEMAS})
    }
    assert found == set(tables.quality.query("found_by == 'rule'")["id"])


def test_the_codebook_on_disk_is_the_one_in_code() -> None:
    written = shipped_path("data", "published", "codebook.csv").read_text(encoding="utf-8")
    assert written == published_codebook().to_csv(index=False, lineterminator="\n")


def test_a_missing_table_is_named(tmp_path: Path) -> None:
    with pytest.raises(TableError, match=r"outcomes\.csv: This published table is missing"):
        read_published(tmp_path)


@pytest.mark.parametrize(
    ("name", "old", "new", "message"),
    [
        (
            "outcomes",
            "all,vsv,2012-10-01,4,percent,23.5,245",
            "all,vsv,2012-10-01,4,percent,23.9,245",
            r"outcomes\.csv, row 4, column percent: The printed percentage does not follow .*"
            r"Got: 23\.9\. 23\.47 was expected",
        ),
        (
            "outcomes",
            "vsv,2010-10-01,2,percent,7.4",
            "vsv,2010-10-01,2,percent,1.4",
            r"row 2, column percent: A cumulative share cannot fall\. Got: 1\.4",
        ),
        (
            "outcomes",
            "vsv,2010-10-01,2,percent,7.4",
            "vsv,2010-10-01,2,percent,zeven",
            r"row 2, column percent: This must be a number with a decimal point\. Got: 'zeven'",
        ),
        (
            "outcomes",
            "vsv,2010-10-01,2,percent,7.4",
            "vsv,2010-10-01,2,percent,174",
            r"row 2, column percent: This value breaks the rule of its column",
        ),
        (
            "outcomes",
            "2008,all,vsv,2010-10-01,2",
            "2008,all,vsv,2010-10-01,3",
            r"years_since_start: This does not follow from the tranche",
        ),
        (
            "status",
            "T1,,gestopt,count,11",
            "T1,,gestopt,count,12",
            r"status\.csv, row \d+, column value: .*(Got: 36|Got: 31)",
        ),
        (
            "pupils",
            "T1,2009-2010,count,624",
            "T1,2009-2010,count,2624",
            r"pupils\.csv, row \d+, column value",
        ),
        (
            "positions",
            "vm2,count,7\n",
            "vm2,count,8\n",
            r"positions\.csv, row \d+, column value: The printed total is not the sum",
        ),
        (
            "status",
            "T1,,gestopt,count,11",
            "T1,,opgeheven,count,11",
            r"status\.csv, row \d+, column status: .*Got: 'opgeheven'",
        ),
        (
            "tests",
            "2012-10-01,true,0.01",
            "2012-10-01,ja,0.01",
            r"must be true or false\. Got: 'ja'",
        ),
        ("outcomes", "percent,count", "procent,count", r"A column is missing\. Got: 'percent'"),
        (
            "sites",
            "B1,vestigingen,70",
            "B1,vestigingen,",
            r"sites\.csv.*column value: This may not be empty",
        ),
    ],
)
def test_an_altered_table_is_refused_with_place_value_rule_and_mend(
    edited: Edit, name: str, old: str, new: str, message: str
) -> None:
    folder = edited(name, lambda content: content.replace(old, new, 1))
    with pytest.raises(TableError, match=message):
        read_published(folder)


def test_a_number_that_stands_twice_is_refused(edited: Edit) -> None:
    folder = edited("sites", lambda content: content + content.splitlines()[1] + "\n")
    with pytest.raises(TableError, match="stands there twice"):
        read_published(folder)


def test_a_contradiction_the_log_does_not_list_is_refused(edited: Edit) -> None:
    folder = edited(
        "quality",
        lambda content: "\n".join(
            line for line in content.splitlines() if "printed-twice:vsv:2010:1" not in line
        ),
    )
    with pytest.raises(TableError, match=r"list it in quality\.csv as 'printed-twice:vsv:2010:1'"):
        read_published(folder)


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff\xfe\x00document", b'document,table\n"unclosed'],
    ids=["empty", "binary", "unclosed"],
)
def test_what_is_no_csv_is_refused(edited: Edit, content: bytes) -> None:
    folder = edited("sites", lambda text: text + "\n")
    (folder / "sites.csv").write_bytes(content)
    with pytest.raises(TableError, match=r"sites\.csv"):
        read_published(folder)


@pytest.mark.parametrize("step", [45, pytest.param(5, marks=pytest.mark.slow)])
def test_no_row_of_any_table_can_be_left_out(
    step: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every deletion ends in a clear refusal, whatever the rules make of what is left."""
    folder = tmp_path / "published"
    shutil.copytree(shipped_path("data", "published"), folder)
    read, altered = reading._read_table, ""
    whole = {name: read(folder, name) for name in SCHEMAS}

    def read_altered(place: Path, name: str) -> pd.DataFrame:
        return read(place, name) if name == altered else whole[name].copy()

    monkeypatch.setattr(reading, "_read_table", read_altered)
    for altered in SCHEMAS:
        path = folder / f"{altered}.csv"
        content = path.read_text(encoding="utf-8")
        lines = content.splitlines(keepends=True)
        for place in range(1, len(lines), step):
            path.write_text("".join(lines[:place] + lines[place + 1 :]), encoding="utf-8")
            with pytest.raises(TableError, match=r"\.csv"):
                read_published(folder)
        path.write_text(content, encoding="utf-8")


def test_an_alteration_no_rule_sees_is_refused(edited: Edit) -> None:
    folder = edited("sites", lambda content: content.replace("vestigingen,70", "vestigingen,71"))
    with pytest.raises(TableError, match=r"sites\.csv: This table differs from the one that was"):
        read_published(folder)


def test_line_ends_are_no_alteration(edited: Edit) -> None:
    folder = edited("sites", lambda content: content + "\n")
    for name in SCHEMAS:
        shipped = shipped_path("data", "published", f"{name}.csv").read_bytes()
        (folder / f"{name}.csv").write_bytes(shipped.replace(b"\n", b"\r\n"))
    assert len(read_published(folder).outcomes) == 92


@pytest.mark.parametrize(
    ("printed", "exact", "decimals", "agrees"),
    [(56.2, 56.25, 1, True), (56.3, 56.25, 1, True), (56.1, 56.25, 1, False), (17, 16.5, 0, True)],
)
def test_either_way_of_rounding_a_tie_agrees(
    printed: float, exact: float, decimals: int, agrees: bool
) -> None:
    assert agrees_to_rounding(printed, exact, decimals) is agrees


def test_counts_are_whole_numbers_and_missing_ones_missing(tables: PublishedTables) -> None:
    assert isinstance(tables.outcomes["count"].dtype, pd.Int64Dtype)
    assert tables.outcomes["count"].isna().sum() == 92 - tables.outcomes["count"].notna().sum()
    assert tables.outcomes["count"].notna().sum() == 18
