"""Tables of counts: what is read, and what is refused with place, value, rule and mend."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from vm2causal.errors import OutputError, StudyError
from vm2causal.inputs.event_tables.reading import read_event_table
from vm2causal.inputs.event_tables.schema import COUNT_COLUMNS, GROUP_COLUMNS
from vm2causal.inputs.event_tables.template import write_event_template
from vm2causal.texts import Language

HEADER = "group,time,events,percent,trials,clusters,treated_from"
GOOD = ["A,1,,20.5,1000-1200,20,2", "A,2,<5,,40,,2", "B,1,150,,900,,", "B,2,3-7,,800,,"]


def written(folder: Path, rows: list[str], header: str = HEADER) -> Path:
    path = folder / "tabel.csv"
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


def test_counts_masks_ranges_and_roundings(tmp_path: Path) -> None:
    table = read_event_table(written(tmp_path, GOOD))
    cells = table.cells
    assert cells["trials_low"].tolist() == [1000, 40, 900, 800]
    assert cells["trials_high"].tolist() == [1200, 40, 900, 800]
    assert cells["events_low"].tolist()[1:] == [0, 150, 3]
    assert cells["events_high"].tolist()[1:] == [4, 150, 7]
    assert cells.loc[1, ["share_low", "share_high"]].tolist() == pytest.approx([0.2045, 0.2055])
    assert cells["treated_from"].tolist()[:2] == [2, 2]
    assert cells["treated_from"].isna().tolist()[2:] == [True, True]
    assert [note.code for note in table.notes] == ["percent_rounded"]


@pytest.mark.parametrize(
    ("rows", "rule"),
    [
        (["A,1,,101.0,900,,2"], r"row 1, column percent: .*between 0 and 100.*'101.0'"),
        (["A,1,950,,900,,2"], r"row 1, column events: .*900 here.*'950'"),
        (["A,1,12.5,,900,,2"], r"row 1, column events: A count is a whole number"),
        (["A,1,7-3,,900,,2"], r"row 1, column events: .*smaller to its larger.*'7-3'"),
        (["A,1,,,900,,2"], r"row 1, column events: A row holds events or a percent"),
        (["A,1,100,20.0,900,,2"], r"row 1, column percent: .*agrees with the events"),
        (["A,1,,50.1,10,,2"], r"row 1, column percent: No whole number of 10 pupils"),
        (["A,1,90,,900,1,2"], r"row 1, column clusters: .*fewer than two"),
        (["A,1,90,,900,901,2"], r"row 1, column clusters: .*no more clusters than pupils"),
        (["A,1,90,,0,,2"], r"row 1, column trials: There is at least one pupil"),
        (["A,1,90,,900,,2", "A,1,91,,900,,2"], r"row 2, column group: .*that of row 1"),
        (["A,1,90,,900,,2", "A,2,91,,900,,3"], r"row 2, column treated_from: .*same in all"),
        (["A,1,90,,900,,1", "B,1,90,,900,,"], r"row 1, column time: .*before its treat.*'A, 1'"),
        (["A,1,90,,900,,9", "B,1,90,,900,,"], r"row 1, column treated_from: .*that late: they"),
        (["A,1,90,,900,,", "B,1,90,,900,,"], r"column treated_from: Some group is treated"),
        (["A,1,90,,900,,2", "A,2,90,,900,,2"], r"column group: .*not treated \(yet\)"),
        (["A,1e30,90,,900,,2"], r"row 1, column time: .*of at most 15 digits.*'1e30'"),
        (["A,1,90,,9e30,,2"], r"row 1, column trials: .*of at most 15 digits.*'9e30'"),
        (["A,een,90,,900,,2"], r"row 1, column time: This is not a number.*'een'"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(tmp_path: Path, rows: list[str], rule: str) -> None:
    with pytest.raises(StudyError, match=rule) as caught:
        read_event_table(written(tmp_path, rows))
    assert caught.value.file == "tabel.csv"


def test_careers_do_not_fall_and_are_of_all_who_started(tmp_path: Path) -> None:
    header = "group,time,after,percent,trials,treated_from"
    rows = ["A,1,2,9.9,1000,2", "A,1,1,10.5,1000,2", "A,2,1,10.0,1000,2", "B,2,1,10.0,1000,"]
    with pytest.raises(StudyError, match=r"row 1, column percent: .*at least 10\.4%.*'9\.9'"):
        read_event_table(written(tmp_path, rows, header))
    rows[0] = "A,1,2,20.0,700,2"
    with pytest.raises(StudyError, match=r"column trials: Trials are all who started"):
        read_event_table(written(tmp_path, rows, header))


def test_a_misspelt_column_is_no_other_column(tmp_path: Path) -> None:
    path = written(tmp_path, ["A,1,90,900,20,2"], "group,time,events,trials,cluster,treated_from")
    with pytest.raises(StudyError, match=r"column cluster: This column looks like clusters"):
        read_event_table(path)
    with pytest.raises(StudyError, match=r"has a column trials"):
        read_event_table(written(tmp_path, ["A,1,90,2"], "group,time,events,treated_from"))


def test_a_folder_and_a_frame_say_the_same_as_a_table(tmp_path: Path) -> None:
    one = read_event_table(written(tmp_path, GOOD)).cells
    folder = tmp_path / "map"
    folder.mkdir()
    short = [row.rsplit(",", 1)[0] for row in GOOD]
    (folder / "counts.csv").write_text(
        "\n".join([HEADER.rsplit(",", 1)[0], *short]) + "\n", encoding="utf-8"
    )
    (folder / "groups.csv").write_text("group,treated_from\nA,2\nB,\n", encoding="utf-8")
    pd.testing.assert_frame_equal(read_event_table(folder).cells, one)
    texts = pd.DataFrame([row.split(",") for row in GOOD], columns=HEADER.split(","))
    pd.testing.assert_frame_equal(
        read_event_table(texts.replace("", np.nan)).cells.reset_index(drop=True),
        one.reset_index(drop=True),
    )
    (folder / "groups.csv").write_text("group,treated_from,region\nA,2,x\nB,,y\n")
    passed_over = [note for note in read_event_table(folder).notes if note.code == "not_used"]
    assert [note.fields for note in passed_over] == [{"columns": "region"}]
    (folder / "groups.csv").write_text("group,treated_from\nA,2\n", encoding="utf-8")
    with pytest.raises(StudyError, match=r"counts\.csv, row 3, column group: .*in groups\.csv"):
        read_event_table(folder)


@pytest.mark.parametrize("language", list(Language))
def test_a_template_has_every_column_and_its_meaning(tmp_path: Path, language: Language) -> None:
    names = {path.name for path in write_event_template(tmp_path / "new", language=language)}
    assert names == {"counts.csv", "groups.csv", "codebook.csv", "CODEBOOK.md"}
    page = (tmp_path / "new" / "CODEBOOK.md").read_text(encoding="utf-8")
    assert all(f"`{name}`" in page for name in (*COUNT_COLUMNS, *GROUP_COLUMNS))
    header = (tmp_path / "new" / "counts.csv").read_text(encoding="utf-8")
    assert header == ",".join(COUNT_COLUMNS) + "\n"
    with pytest.raises(StudyError, match=r"counts\.csv: This table has no rows"):
        read_event_table(tmp_path / "new")
    with pytest.raises(OutputError, match="holds something"):
        write_event_template(tmp_path / "new", language=language)
