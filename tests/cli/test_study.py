"""``vm2causal study``: what it writes, prints and refuses."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from typer.testing import CliRunner, Result

from command_line import valid
from study_examples import COUNTS_CSV, EXPERIMENTS_CSV, STUDY_YAML, studies, write_files
from vm2causal.cli.study import study_app
from vm2causal.errors import OutputError, StudyError
from vm2causal.inputs.study.files import write_study
from vm2causal.inputs.study.frame import StudyFrame


def _run(*arguments: str) -> Result:
    return CliRunner().invoke(study_app, list(arguments))


def _document(folder: Path, *, status: int) -> dict:
    result = _run("check", str(folder), "--json")
    assert result.exit_code == status
    return valid(result.stdout, "study-check")


def test_check_prints_the_contract(tmp_path: Path) -> None:
    document = _document(write_files(tmp_path), status=0)
    assert document["valid"] is True
    assert document["rows"] == {"experiments": 3, "cells": 4, "pupils": 44}
    assert document["variation"][0] == {"variable": "sector", "sd": None, "levels": 3}
    (problem,) = document["problems"]
    assert (problem["file"], problem["column"], problem["severity"]) == (
        "experiments.csv",
        "krimp",
        "warning",
    )


def test_check_fails_on_errors_with_all_of_them(tmp_path: Path) -> None:
    folder = write_files(
        tmp_path,
        study_yaml=STUDY_YAML.replace("synthetic", "echt"),
        experiments_csv=EXPERIMENTS_CSV.replace("techniek", "bouw"),
        counts_csv=COUNTS_CSV.replace("E2", "E9"),
    )
    document = _document(folder, status=2)
    assert document["valid"] is False
    places = [
        (item["file"], item["line"], item["row"], item["value"]) for item in document["problems"]
    ]
    assert places[:3] == [
        ("study.yaml", 3, None, "echt"),
        ("experiments.csv", None, 1, "bouw"),
        ("counts.csv", None, 3, "E9"),
    ]


def test_many_rows_with_the_same_problem_are_counted(tmp_path: Path) -> None:
    rows = "".join(f"X{number},meisje,nee,vm2,,,1\n" for number in range(20))
    result = _run("check", str(write_files(tmp_path, counts_csv=COUNTS_CSV + rows)), "--lang", "en")
    assert "        also in row 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 and 9 others" in result.stdout


def test_the_page_shows_what_is_printed(tmp_path: Path) -> None:
    folder = write_files(
        tmp_path,
        experiments_csv=EXPERIMENTS_CSV.replace("techniek", "bouw").replace("T1,1.5", "T1,veel"),
        counts_csv=COUNTS_CSV.replace("E3,", "e2,").replace(",3\n", ",<5\n")
        + "E1,meisje,nee,sk,vm2,vsv,7\n",
    )
    printed = _run("check", str(folder), "--lang", "en").stdout
    page = (Path(__file__).parents[2] / "docs" / "study-format.md").read_text(encoding="utf-8")
    shown = page.split("```\nerror: ")[1].split("```")[0]
    assert printed.startswith(f"error: {shown}")


@pytest.mark.parametrize("content", ["", "\x00"])
def test_check_reports_on_what_cannot_be_read(tmp_path: Path, content: str) -> None:
    folder = write_files(tmp_path, study_yaml=content, experiments_csv=content, counts_csv=content)
    document = _document(folder, status=2)
    assert document["rows"] == {}
    assert [item["file"] for item in document["problems"]] == [
        "study.yaml",
        "experiments.csv",
        "counts.csv",
    ]


def test_check_speaks_both_languages(tmp_path: Path) -> None:
    folder = write_files(tmp_path)
    dutch = _run("check", str(folder), "--lang", "nl").stdout
    assert "Hoeveel de variabelen verschillen" in dutch
    assert "let op: experiments.csv, column krimp" in dutch
    assert "33,3%" in dutch
    assert "De studie is bruikbaar." in dutch
    english = _run("check", str(folder), "--lang", "en").stdout
    assert "How much the variables vary" in english
    assert "33.3%" in english
    assert "The study can be used." in english


def test_rows_with_the_same_problem_are_printed_once(tmp_path: Path) -> None:
    text = EXPERIMENTS_CSV.replace("T2", "T8")
    result = _run("check", str(write_files(tmp_path, experiments_csv=text)), "--lang", "en")
    assert result.exit_code == 2
    lines = [line for line in result.stdout.splitlines() if "T8" in line or "also in" in line]
    assert lines == [
        "error: experiments.csv, row 2, column tranche: This tranche does not stand in study.yaml."
        " Got: 'T8'. Write one of T1, T2, or add it to study.yaml with its teldata.",
        "        also in row 3",
    ]


def test_what_is_missing_together_is_said_the_short_way(tmp_path: Path) -> None:
    text = EXPERIMENTS_CSV.replace("E3,B,landbouw,T2,,,,5,gestopt", "E3,B,landbouw,T2,,,,,gestopt")
    shown = _run("check", str(write_files(tmp_path, experiments_csv=text)), "--lang", "nl").stdout
    assert "alles behalve status" in shown


def test_template_writes_once(tmp_path: Path) -> None:
    folder = tmp_path / "study"
    result = _run("template", str(folder), "--lang", "en")
    assert result.exit_code == 0
    assert result.stdout.strip() == str(folder)
    assert isinstance(_run("template", str(folder)).exception, OutputError)


def test_check_of_no_folder_names_it(tmp_path: Path) -> None:
    error = _run("check", str(tmp_path / "weg")).exception
    assert isinstance(error, StudyError)
    assert error.exit_status == 2
    assert str(tmp_path) not in str(error)


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("studies")


@settings(deadline=None, max_examples=5)
@given(study=studies())
def test_any_study_is_reported_as_the_schema_says(scratch: Path, study: StudyFrame) -> None:
    write_study(study, scratch / "any", replace=True)
    assert _document(scratch / "any", status=0)["valid"] is True
