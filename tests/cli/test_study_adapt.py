from pathlib import Path

import pytest
from typer.testing import CliRunner

from vm2causal.cli import app
from vm2causal.cli.study_adapt import study_app
from vm2causal.errors import OptionError, StudyError

FILES = {
    "inschrijvingen.csv": (
        "pseudoniem;brin;vestiging;teldatum;opleiding;geslacht;geboortedatum;lwoo\n"
        "a;00AB;01;01-10-2008;VM2T;M;15-03-1994;N\n"
        "a;00AB;01;01-10-2009;VM2T;M;15-03-1994;N\n"
        "b;00AB;01;01-10-2008;VM2T;V;15-03-1994;N\n"
    ),
    "diplomas.csv": "pseudoniem;datum;niveau\n",
    "experimenten.csv": (
        "experiment;brin;vestiging;opleiding;sector;tranche\nE;00AB;01;VM2T;techniek;T1\n"
    ),
}


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "levering"
    folder.mkdir()
    for name, content in FILES.items():
        (folder / name).write_text(content, encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("nl", "Studie gemaakt in {}. Experimenten: 1; leerlingen: 2."),
        ("en", "Study made in {}. Experiments: 1; pupils: 2."),
    ],
)
def test_a_study_is_made_and_counted(source: Path, language: str, sentence: str) -> None:
    study = source.parent / "studie"
    arguments = ["adapt", str(source), str(study), "--adapter", "duo", "--lang", language]
    done = CliRunner().invoke(study_app, arguments)
    assert done.exit_code == 0
    assert done.stdout == f"{sentence.format(study)}\n"
    assert f"vm2causal study check {study.name}" in done.stderr


def test_the_study_passes_its_check(source: Path) -> None:
    study = source.parent / "studie"
    CliRunner().invoke(study_app, ["adapt", str(source), str(study), "--adapter", "duo"])
    assert CliRunner().invoke(study_app, ["check", str(study)]).exit_code == 0


def test_a_delivery_without_experiments_is_refused(source: Path) -> None:
    path = source / "experimenten.csv"
    path.write_text(FILES[path.name].splitlines(keepends=True)[0], encoding="utf-8")
    with pytest.raises(StudyError, match=r"experimenten\.csv: This table has a header and no rows"):
        CliRunner().invoke(
            study_app,
            ["adapt", str(source), str(source.parent / "studie"), "--adapter", "duo"],
            catch_exceptions=False,
        )


def test_the_command_is_registered() -> None:
    done = CliRunner().invoke(app, ["study", "adapt", "--help"])
    assert done.exit_code == 0
    assert "SOURCE" in done.stdout


def test_an_unknown_adapter_is_refused(source: Path) -> None:
    done = CliRunner().invoke(study_app, ["adapt", str(source), "studie", "--adapter", "cbs"])
    assert isinstance(done.exception, OptionError)
    assert str(done.exception) == "There is no such adapter. Got: 'cbs'. Known are duo."
