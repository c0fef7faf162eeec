"""A study on disk and in memory: the same, or refused with everything that is wrong."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from study_examples import (
    COUNTS_CSV,
    EXPERIMENTS_CSV,
    PUPILS_CSV,
    STUDY_YAML,
    studies,
    write_files,
)
from vm2causal.errors import OutputError, StudyError
from vm2causal.inputs.study.checks import report_of
from vm2causal.inputs.study.files import read_study, study_of, write_study
from vm2causal.inputs.study.frame import Origin, StudyFrame
from vm2causal.inputs.study.problems import StudyProblems
from vm2causal.inputs.study.reading import read_folder


def _assert_same(one: StudyFrame, other: StudyFrame) -> None:
    pd.testing.assert_frame_equal(one.experiments, other.experiments, check_exact=True)
    pd.testing.assert_frame_equal(one.careers, other.careers, check_exact=True)
    for name in ("title", "origin", "teldata", "codebook_version"):
        assert getattr(one, name) == getattr(other, name)


def _to_xlsx(text: str, path: Path) -> None:
    book = Workbook()
    for line in text.splitlines():
        book.active.append(
            [
                float(cell) if cell.replace(".", "").isdigit() else cell or None
                for cell in line.split(",")
            ]
        )
    book.save(path)


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("studies")


@settings(deadline=None, max_examples=15)
@given(study=studies())
def test_what_is_written_reads_back_exactly(scratch: Path, study: StudyFrame) -> None:
    folder = write_study(study, scratch / "round", replace=True)
    _assert_same(read_study(folder), study)


def test_a_study_is_read_with_its_types(tmp_path: Path) -> None:
    study = read_study(write_files(tmp_path))
    assert (study.title, study.origin, study.teldata) == (
        "Voorbeeld",
        Origin.SYNTHETIC,
        {"T1": 3, "T2": 2},
    )
    assert study.experiments["krimp"].tolist()[:2] == [1.5, 1.5]
    assert study.experiments["samenwerking_1"].tolist()[:2] == ["4", "2"]
    assert study.experiments.loc[2, ["krimp", "samenwerking_1"]].isna().all()
    kinds = {str(kind) for kind in study.experiments.drop(columns="krimp").dtypes}
    assert kinds == {"str"}
    assert study.careers["leerlingen"].tolist() == [12, 3, 15, 14]
    assert str(study.careers["leerlingen"].dtype) == "int64"
    assert study.careers["teldatum_3"].isna().tolist() == [False, False, True, True]


def test_the_same_study_gives_the_same_bytes(tmp_path: Path) -> None:
    study = read_study(write_files(tmp_path / "source"))
    one, two = write_study(study, tmp_path / "one"), write_study(study, tmp_path / "two")
    names = sorted(path.name for path in one.iterdir())
    assert names == ["counts.csv", "experiments.csv", "study.yaml"]
    assert all((one / name).read_bytes() == (two / name).read_bytes() for name in names)


@pytest.mark.parametrize("kind", ["csv", "parquet", "xlsx"])
def test_pupils_are_counted(tmp_path: Path, kind: str) -> None:
    folder = write_files(tmp_path, counts_csv=None, pupils_csv=PUPILS_CSV)
    if kind != "csv":
        source, target = folder / "pupils.csv", folder / f"pupils.{kind}"
        if kind == "xlsx":
            _to_xlsx(PUPILS_CSV, target)
        else:
            duckdb.read_csv(str(source), all_varchar=True).write_parquet(str(target))
        source.unlink()
    careers = read_study(folder).careers
    assert careers["leerlingen"].tolist() == [2, 1, 1]
    assert careers["experiment"].tolist() == ["E1", "E2", "E3"]
    assert "leerling" not in careers


def test_workbooks_and_semicolons_read_the_same(tmp_path: Path) -> None:
    plain = read_study(write_files(tmp_path / "plain"))
    folder = write_files(tmp_path / "excel", experiments_csv=None, counts_csv=None)
    _to_xlsx(EXPERIMENTS_CSV, folder / "experiments.xlsx")
    _to_xlsx(COUNTS_CSV, folder / "counts.xlsx")
    _assert_same(read_study(folder), plain)
    dutch = EXPERIMENTS_CSV.replace(",", ";").replace("1.5", "1,5")
    _assert_same(read_study(write_files(tmp_path / "nl", experiments_csv=dutch)), plain)


def test_levels_that_are_numbers_may_be_written_as_such(tmp_path: Path) -> None:
    text = "experiment;school;sector;tranche;versnelling;mbo_stof\nE1;A;techniek;T1;0,5;3.0\n"
    counts = "experiment,teldatum_1,teldatum_2,teldatum_3,leerlingen\nE1,vm2,vm2,sk,4\n"
    study = read_study(write_files(tmp_path, experiments_csv=text, counts_csv=counts))
    assert study.experiments.loc[0, ["versnelling", "mbo_stof"]].tolist() == ["0.5", "3"]


def test_a_mask_counts_as_study_yaml_says(tmp_path: Path) -> None:
    masked = COUNTS_CSV.replace(",3\n", ",< 5\n")
    folder = write_files(tmp_path, counts_csv=masked, study_yaml=STUDY_YAML + "masked_value: 2\n")
    assert read_study(folder).careers["leerlingen"].tolist() == [12, 2, 15, 14]
    (warning,) = [item for item in read_folder(folder).problems if item.code == "masks_counted"]
    assert warning.rule == "Masked counts were taken for 2 pupils: 1 of 4."


def test_known_columns_only_are_kept_in_the_order_of_the_format(tmp_path: Path) -> None:
    text = "status,eigen,tranche,school,sector,experiment\nlopend,x,T1,A,techniek,E1\n"
    counts = "leerlingen,teldatum_2,teldatum_1,teldatum_3,experiment\n4,vm2,vm2,sk,E1\n"
    study = read_study(write_files(tmp_path, experiments_csv=text, counts_csv=counts))
    assert list(study.experiments) == ["experiment", "school", "sector", "tranche", "status"]
    assert next(iter(study.careers)) == "experiment"
    assert list(study.careers)[-1] == "leerlingen"


def test_one_problem_is_said_as_an_error_says_it(tmp_path: Path) -> None:
    folder = write_files(tmp_path, experiments_csv=EXPERIMENTS_CSV.replace("techniek", "bouw"))
    with pytest.raises(StudyProblems) as caught:
        read_study(folder)
    assert str(caught.value) == (
        "experiments.csv, row 1, column sector: This is none of techniek, economie, zorg_welzijn, "
        "landbouw, intersectoraal. Got: 'bouw'. Write one of them. Did you mean 'landbouw'?"
    )


def test_many_problems_are_counted_and_carried_whole(tmp_path: Path) -> None:
    counts = COUNTS_CSV.replace("E1,", "X1,").replace("E2,", "X2,").replace(",12\n", ",twaalf\n")
    text = EXPERIMENTS_CSV.replace("T2", "T9")
    with pytest.raises(StudyProblems, match=r"^6 problems were found\.\n  experiments") as caught:
        read_study(write_files(tmp_path, counts_csv=counts, experiments_csv=text))
    assert len(caught.value.problems) == 6
    assert "… and 1 more; `vm2causal study check` lists them all." in str(caught.value)
    assert caught.value.exit_status == 2


def test_an_absent_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match=r"^nergens: There is no such study folder, or"):
        read_study(tmp_path / "nergens")


def test_a_study_is_not_overwritten_unasked(tmp_path: Path) -> None:
    study = read_study(write_files(tmp_path / "a"))
    with pytest.raises(OutputError, match=r"already holds a study: study\.yaml, experiments\.csv"):
        write_study(study, tmp_path / "a")
    write_study(study, tmp_path / "a", replace=True)
    (tmp_path / "a" / "pupils.csv").write_text(PUPILS_CSV)
    with pytest.raises(OutputError, match=r"already holds a study: pupils\.csv\."):
        write_study(study, tmp_path / "a", replace=True)


def test_what_would_not_read_back_is_not_written(tmp_path: Path) -> None:
    study = read_study(write_files(tmp_path / "a"))
    spaced = study.experiments.assign(school=["A ", "A", "B"]).astype({"school": "str"})
    with pytest.raises(StudyError, match=r"experiments\.csv, row 1, column school: A text may not"):
        write_study(replace(study, experiments=spaced), tmp_path / "b")
    shuffled = study.experiments[list(study.experiments)[::-1]]
    with pytest.raises(StudyError, match=r"^experiments\.csv: This would not read back as it is"):
        write_study(replace(study, experiments=shuffled), tmp_path / "b")
    strange = study.careers.assign(teldatum_1="thuis").astype({"teldatum_1": "str"})
    with pytest.raises(StudyProblems, match="none of vm2, ander_onderwijs, vsv, sk"):
        write_study(replace(study, careers=strange), tmp_path / "b")
    with pytest.raises(StudyProblems, match="1 to 4 teldata"):
        write_study(replace(study, teldata={"T1": 3, "T2": 9}), tmp_path / "b")
    with pytest.raises(StudyProblems, match=r"counts\.csv: This table has a header and no rows"):
        write_study(replace(study, careers=study.careers[:0]), tmp_path / "b")
    assert not (tmp_path / "b").exists()


_FILES = ("study_yaml", "experiments_csv", "counts_csv", "pupils_csv")


@settings(deadline=None, max_examples=25)
@given(data=st.data(), victim=st.sampled_from(_FILES))
def test_damaged_studies_are_read_or_refused(
    scratch: Path, data: st.DataObject, victim: str
) -> None:
    texts = dict(zip(_FILES, (STUDY_YAML, EXPERIMENTS_CSV, COUNTS_CSV, PUPILS_CSV), strict=True))
    unused = "counts_csv" if victim == "pupils_csv" else "pupils_csv"
    content = bytearray(texts[victim].encode())
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(content) - 1))
        damage = st.sampled_from((b"", b",", b'"', b"\n", b"\xff", b"\x00", b":", b"{", b"9"))
        content[place : place + data.draw(st.integers(0, 3))] = data.draw(damage)
    folder = write_files(scratch / "damaged", **(texts | {victim: bytes(content)}))
    (folder / unused.replace("_", ".")).unlink()
    reading = read_folder(folder)
    report = report_of(reading)
    if not report.valid:
        with pytest.raises(StudyProblems) as caught:
            study_of(reading)
        errors = [problem for problem in report.problems if problem.severity == "error"]
        assert list(caught.value.problems) == errors
        return
    study = study_of(reading)
    assert set(study.careers["experiment"]) <= set(study.experiments["experiment"])
