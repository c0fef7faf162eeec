"""Every check of a study, with a file that triggers it: the exact file, row and column."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from study_examples import COUNTS_CSV, EXPERIMENTS_CSV, PUPILS_CSV, STUDY_YAML, write_files
from vm2causal.errors import StudyError
from vm2causal.inputs.study.checks import StudyReport, check_study
from vm2causal.inputs.study.frame import Origin
from vm2causal.inputs.study.problems import Problem

Check = Callable[..., StudyReport]


@pytest.fixture
def check(tmp_path: Path) -> Check:
    return lambda **contents: check_study(write_files(tmp_path / "study", **contents))


def _found(report: StudyReport, code: str) -> list[tuple[str, int | None, str | None, str | None]]:
    return [
        (problem.file, problem.row, problem.column, problem.value)
        for problem in report.problems
        if problem.code == code
    ]


def _errors(report: StudyReport) -> list[Problem]:
    return [problem for problem in report.problems if problem.severity == "error"]


def test_a_sound_study_is_valid_and_counted(check: Check) -> None:
    report = check()
    assert report.valid
    assert report.origin is Origin.SYNTHETIC
    assert report.rows == {"experiments": 3, "cells": 4, "pupils": 44}
    assert [problem.code for problem in report.problems] == ["constant"]


YAML_CASES = [
    ("title: Voorbeeld\n", "", "missing_key", None, None),
    ("origin: synthetic", "origin: echt", "unknown_origin", "origin", "echt"),
    ("study/1", "study/2", "wrong_version", "schema", "vm2causal/study/2"),
    ('"1"', '"9"', "wrong_version", "codebook_version", "9"),
    ("title:", "titel: x\ntitle:", "unknown_key", "titel", "titel"),
    ("start: 2009", "begin: 2009", "unknown_key", "tranches.T2.begin", "begin"),
    (
        "2009-10-01, 2010-10-01, 2011-10-01",
        "",
        "teldata_count",
        "tranches.T1.teldata",
        None,
    ),
    ("[2010-10-01, 2011-10-01]}", "9}", "teldata_count", "tranches.T2.teldata", "9"),
    ("2009-08-01", "1-8-2009", "not_a_date", "tranches.T2.start", "1-8-2009"),
    (
        "start: 2008-08-01",
        "start: 2010-08-01",
        "outcome_before_start",
        "tranches.T1.teldata.0",
        "2009-10-01",
    ),
    (
        "2010-10-01, 2011-10-01]}\n  T2",
        "2012-10-01, 2011-10-01]}\n  T2",
        "teldata_order",
        "tranches.T1.teldata.1",
        "2012-10-01",
    ),
]


@pytest.mark.parametrize(("old", "new", "code", "column", "value"), YAML_CASES)
def test_mistakes_in_study_yaml_are_named(
    check: Check, old: str, new: str, code: str, column: str | None, value: str | None
) -> None:
    assert old in STUDY_YAML
    report = check(study_yaml=STUDY_YAML.replace(old, new))
    assert not report.valid
    assert ("study.yaml", None, column, value) in _found(report, code)
    assert report.origin is None


def test_lines_of_study_yaml_are_given(check: Check) -> None:
    report = check(study_yaml=STUDY_YAML.replace("synthetic", "echt"))
    assert [problem.line for problem in _errors(report)] == [3]
    assert _errors(report)[0].sentence() == (
        "study.yaml, line 3, column origin: The origin of a study is 'real' or 'synthetic'. "
        "Got: 'echt'. Write 'real' when its pupils exist, else 'synthetic'."
    )


@pytest.mark.parametrize("value", ["0", "5", "twee", "[1]"])
def test_a_mask_counts_as_one_to_four(check: Check, value: str) -> None:
    report = check(study_yaml=f"{STUDY_YAML}masked_value: {value}\n")
    assert [column for _, _, column, _ in _found(report, "masked_value")] == ["masked_value"]


@pytest.mark.parametrize("content", ["", "- a\n", "a: [\n", "title: x\ntitle: y\n", b"\xff"])
def test_what_is_no_settings_file_is_named(check: Check, content: str | bytes) -> None:
    report = check(study_yaml=content)
    assert [file for file, *_ in _found(report, "unreadable")] == ["study.yaml"]


def test_unusual_teldata_are_a_warning(check: Check) -> None:
    report = check(
        study_yaml=STUDY_YAML.replace("[2010-10-01, 2011-10-01]}", "[2010-12-01, 2011-12-01]}")
    )
    assert report.valid
    place = ("study.yaml", None, "tranches.T2.teldata.0", "2010-12-01")
    second = ("study.yaml", None, "tranches.T2.teldata.1", "2011-12-01")
    assert _found(report, "teldatum_not_october") == [place, second]
    assert _found(report, "first_teldatum") == [place]


EXPERIMENT_CASES = [
    ("E1,A,techniek", "E1,A,bouw", "value_not_allowed", 1, "sector", "bouw"),
    ("E2,A,", "E2,,", "empty_cell", 2, "school", None),
    ("E2,A,", "E1,A,", "duplicate", 2, "experiment", "E1"),
    ("E2,A,", "E1,A,", "sector_not_constant", 2, "sector", "economie"),
    ("E2,A,", "E1,A,", "tranche_not_constant", 2, "tranche", "T2"),
    ("landbouw,T2", "landbouw,T3", "unknown_tranche", 3, "tranche", "T3"),
    (",4,5,3,", ",6,5,3,", "value_not_allowed", 1, "samenwerking_1", "6"),
    ("T1,1.5", "T1,veel", "not_a_number", 1, "krimp", "veel"),
    ("T1,1.5", "T1,101", "out_of_range", 1, "krimp", "101"),
    (",lopend", ",Lopend", "value_not_allowed", 2, "status", "Lopend"),
]


@pytest.mark.parametrize(("old", "new", "code", "row", "column", "value"), EXPERIMENT_CASES)
def test_mistakes_in_experiments_are_named(
    check: Check, old: str, new: str, code: str, row: int | None, column: str, value: str | None
) -> None:
    assert old in EXPERIMENTS_CSV
    report = check(experiments_csv=EXPERIMENTS_CSV.replace(old, new))
    assert not report.valid
    assert ("experiments.csv", row, column, value) in _found(report, code)


COUNT_CASES = [
    ("E2,jongen", "E9,jongen", "unknown_experiment", 3, "experiment", "E9"),
    ("E1,jongen,ja,vm2,vsv,vsv", "E1,jongen,ja,sk,vsv,vsv", "sk_lost", 2, "teldatum_2", "vsv"),
    ("vm2,vm2,sk,12", "vm2,,sk,12", "career_gap", 1, "teldatum_3", "sk"),
    ("vm2,sk,,15", "vm2,sk,sk,15", "after_last_teldatum", 3, "teldatum_3", "sk"),
    ("jongen,ja,vm2,vsv,vsv", "meisje,nee,vm2,vm2,sk", "duplicate", 2, None, None),
    (",3\n", ",2.5\n", "out_of_range", 2, "leerlingen", "2.5"),
    (",3\n", ",-3\n", "out_of_range", 2, "leerlingen", "-3"),
    (",3\n", ",\n", "empty_cell", 2, "leerlingen", None),
    (",3\n", ",<5\n", "masked_count", 2, "leerlingen", "<5"),
    ("jongen,ja", "Jongen,ja", "value_not_allowed", 2, "geslacht", "Jongen"),
    ("teldatum_2", "peildatum_2", "missing_column", None, "teldatum_2", None),
    ("leerlingen\n", "aantal\n", "missing_column", None, "leerlingen", None),
]


@pytest.mark.parametrize(("old", "new", "code", "row", "column", "value"), COUNT_CASES)
def test_mistakes_in_counts_are_named(
    check: Check, old: str, new: str, code: str, row: int | None, column: str, value: str | None
) -> None:
    assert old in COUNTS_CSV
    report = check(counts_csv=COUNTS_CSV.replace(old, new))
    assert not report.valid
    assert ("counts.csv", row, column, value) in _found(report, code)


def test_a_sector_beside_the_counts_must_agree(check: Check) -> None:
    lines = COUNTS_CSV.splitlines()
    sectors = ["sector", "techniek", "techniek", "landbouw", "landbouw"]
    text = "\n".join(f"{line},{sector}" for line, sector in zip(lines, sectors, strict=True))
    report = check(counts_csv=text)
    assert _found(report, "sector_not_constant") == [("counts.csv", 3, "sector", "landbouw")]


PUPIL_CASES = [
    ("3,E2", "2,E2", "two_positions", 3, "teldatum_2"),
    ("2,E1,meisje", "1,E1,meisje", "duplicate_pupil", 2, "leerling"),
    ("3,E2", "3,E9", "unknown_experiment", 3, "experiment"),
    ("4,E3,meisje", "4,E3,vrouw", "value_not_allowed", 4, "geslacht"),
    ("1,E1,meisje,nee,vm2,vm2,sk", "1,E1,meisje,nee,sk,vm2,sk", "sk_lost", 1, "teldatum_2"),
    (
        "3,E2,jongen,nee,vm2,sk,",
        "3,E2,jongen,nee,vm2,sk,sk",
        "after_last_teldatum",
        3,
        "teldatum_3",
    ),
    ("leerling,", "nummer,", "missing_column", None, "leerling"),
    ("teldatum_3", "peildatum", "missing_column", None, "teldatum_3"),
]


@pytest.mark.parametrize(("old", "new", "code", "row", "column"), PUPIL_CASES)
def test_mistakes_in_pupils_are_named_without_their_cells(
    check: Check, old: str, new: str, code: str, row: int | None, column: str
) -> None:
    assert old in PUPILS_CSV
    report = check(counts_csv=None, pupils_csv=PUPILS_CSV.replace(old, new, 1))
    assert not report.valid
    assert ("pupils.csv", row, column, None) in _found(report, code)
    assert all(value is None for file, _, _, value in _found(report, code))


def test_headers_in_other_capitals_are_read_and_said(check: Check) -> None:
    header, _, rows = PUPILS_CSV.partition("\n")
    plain = check(counts_csv=None, pupils_csv=PUPILS_CSV)
    report = check(
        counts_csv=None,
        pupils_csv=f"{header.upper()}\n{rows}",
        experiments_csv=EXPERIMENTS_CSV.replace("sector", "Sector"),
    )
    assert report.valid
    assert report.rows == plain.rows
    said = [problem.rule for problem in report.problems if problem.code == "read_as"]
    assert "Column 'Sector' was read as 'sector'." in said
    assert "Column 'LEERLING' was read as 'leerling'." in said


def test_a_code_among_the_numbers_of_experiments_is_a_warning(check: Check) -> None:
    rows = "".join(f"X{row},C,techniek,T1,{row % 5},4,5,3,afgerond\n" for row in range(20))
    text = EXPERIMENTS_CSV.replace("1.5", "1") + rows
    said = [problem.rule for problem in check(experiments_csv=text).problems]
    assert not [rule for rule in said if "stands apart" in rule]
    coded = text.replace("X7,C,techniek,T1,2", "X7,C,techniek,T1,-9")
    report = check(experiments_csv=coded)
    (problem,) = [item for item in report.problems if "stands apart" in item.rule]
    assert "'krimp': -9 (row 11)" in problem.rule
    assert "missing: {krimp: [-9]}' in experiments.table.yaml" in problem.rule
    assert problem.severity == "warning"


def test_marks_of_missing_values_in_experiments_are_read_and_said(check: Check) -> None:
    report = check(experiments_csv=EXPERIMENTS_CSV.replace("lopend", "NA", 1))
    said = [problem.rule for problem in report.problems if problem.code == "read_as"]
    assert "Column 'status': read as missing: NA (1×)." in said


@pytest.mark.parametrize("first", ["p77,E1,meisje,nee,vm2,vsv,sk", "p77,E1,p78,nee,vm2,vm2,sk"])
def test_a_first_row_that_may_be_a_pupil_is_not_shown(check: Check, first: str) -> None:
    report = check(counts_csv=None, pupils_csv=f"{first}\np79,E2,jongen,nee,vm2,sk,\n")
    assert not report.valid
    assert [(problem.column, problem.value) for problem in _errors(report)] == [(None, None)]
    assert not any("p7" in problem.sentence() for problem in report.problems)


@pytest.mark.parametrize("files", [{}, {"counts_csv": None, "pupils_csv": PUPILS_CSV}])
def test_a_qualification_in_the_first_year_is_a_warning(check: Check, files: dict) -> None:
    texts = {"counts_csv": COUNTS_CSV} | files
    texts = {name: text and text.replace("vm2,sk,", "sk,sk,") for name, text in texts.items()}
    report = check(**texts)
    assert report.valid
    name = "pupils.csv" if files else "counts.csv"
    shown = (name, None, "teldatum_1", None) if files else (name, 3, "teldatum_1", "sk")
    assert _found(report, "early_sk") == [shown]


def test_files_that_lack_are_named_with_their_like(check: Check) -> None:
    report = check(experiments_csv=None, counts_csv=None, Experiments_csv=EXPERIMENTS_CSV)
    assert [file for file, *_ in _found(report, "missing_file")] == [
        "experiments.csv",
        "counts.csv",
    ]
    fixes = [problem.fix for problem in report.problems]
    assert "Rename 'Experiments.csv' to it." in fixes
    assert report.rows == {}


def test_counts_and_pupils_do_not_go_together(check: Check) -> None:
    report = check(pupils_csv=PUPILS_CSV)
    assert [file for file, *_ in _found(report, "two_files")] == ["counts.csv"]
    header_only = PUPILS_CSV.splitlines()[0] + "\n"
    assert check(pupils_csv=header_only).valid


def test_headers_alone_are_no_study(check: Check) -> None:
    report = check(
        experiments_csv=EXPERIMENTS_CSV.splitlines()[0] + "\n",
        counts_csv=COUNTS_CSV.splitlines()[0] + "\n",
    )
    assert [file for file, *_ in _found(report, "no_rows")] == ["experiments.csv", "counts.csv"]


def test_files_that_cannot_be_read_do_not_hide_the_rest(check: Check) -> None:
    report = check(study_yaml="", experiments_csv="a,a\n", counts_csv="experiment,leerlingen\n,x\n")
    codes = [(problem.file, problem.code) for problem in _errors(report)]
    assert ("study.yaml", "unreadable") in codes
    assert ("experiments.csv", "unreadable") in codes
    assert ("counts.csv", "empty_cell") in codes
    assert ("counts.csv", "not_a_number") in codes


def test_columns_beyond_the_format_are_left_out_and_named(check: Check) -> None:
    text = EXPERIMENTS_CSV.replace("status", "statuus")
    report = check(experiments_csv=text)
    assert report.valid
    assert _found(report, "extra_column") == [("experiments.csv", None, "statuus", None)]
    (problem,) = [item for item in report.problems if item.code == "extra_column"]
    assert problem.fix == "Rename it if it is 'status'."


def test_what_was_done_to_read_a_file_is_said(check: Check) -> None:
    report = check(experiments_csv=EXPERIMENTS_CSV.replace("A,", "Á,").encode("cp1252"))
    assert report.valid
    (problem,) = [item for item in report.problems if item.code == "read_as"]
    assert problem.rule == "This file is not UTF-8; it was read as Windows-1252."


def test_an_experiment_without_pupils_is_a_warning(check: Check) -> None:
    lines = [line for line in COUNTS_CSV.splitlines() if not line.startswith("E2")]
    report = check(counts_csv="\n".join(lines) + "\n")
    assert report.valid
    assert _found(report, "no_pupils") == [("experiments.csv", 2, "experiment", "E2")]


def test_a_stopped_experiment_with_pupils_is_a_warning(check: Check) -> None:
    report = check(counts_csv=COUNTS_CSV.replace("ander_onderwijs", "vm2"))
    assert report.valid
    assert _found(report, "stopped_with_pupils") == [("experiments.csv", 3, "status", "gestopt")]


def test_what_differs_within_a_school_is_a_warning(check: Check) -> None:
    report = check(experiments_csv=EXPERIMENTS_CSV.replace("T2,1.5", "T2,2.5"))
    assert report.valid
    assert _found(report, "differs_within_school") == [("experiments.csv", 2, "krimp", "2.5")]


def test_personal_data_are_named_and_never_shown(check: Check) -> None:
    numbers = ("111222333", "123456782", "101222331")
    lines = EXPERIMENTS_CSV.splitlines()
    cells = ["contact_email,code", *(f"jan{i}@school.nl,{n}" for i, n in enumerate(numbers))]
    text = "\n".join(f"{line},{cell}" for line, cell in zip(lines, cells, strict=True))
    report = check(experiments_csv=text)
    assert report.valid
    assert [column for _, _, column, _ in _found(report, "personal_data")] == ["contact_email"]
    said = " ".join(problem.sentence() for problem in report.problems)
    assert not any(word in said for word in ("jan0", *numbers))


def test_no_folder_is_no_report(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match=r"^weg: There is no such study folder, or"):
        check_study(tmp_path / "weg")
