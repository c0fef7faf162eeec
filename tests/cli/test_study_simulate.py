"""``vm2causal study simulate`` and ``study cases``."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner, Result

import vm2causal
from command_line import valid
from vm2causal.cli import app
from vm2causal.errors import OptionError, OutputError, StudyError
from vm2causal.inputs.study.files import read_study
from vm2causal.simulate import read_truth


def _run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["study", *map(str, arguments)])


def test_a_study_is_written_with_its_truth_beside_it(tmp_path: Path) -> None:
    result = _run(
        "simulate",
        tmp_path / "s",
        "--experiments",
        "40",
        "--seed",
        "7",
        "--effect",
        "samenwerking->versnelling=-0.4",
        "--effect",
        "financiele_afspraken[ja]->status=0",
        "--nonresponse",
        "0.2",
        "--item-nonresponse",
        "0",
        "--lang",
        "en",
    )
    assert result.exit_code == 0
    study, truth = read_study(tmp_path / "s"), read_truth(tmp_path / "s-truth.yaml")
    pupils = int(study.careers["leerlingen"].sum())
    assert f"Synthetic study written: 40 experiments, 23 schools, {pupils} pupils." in result.stdout
    assert "The truth behind it stands apart, in s-truth.yaml." in result.stdout
    assert len(study.experiments) == 40
    assert study.synthetic
    assert truth.effects["samenwerking->versnelling"] == -0.4
    assert truth.effects["financiele_afspraken[ja]->status"] == 0
    assert truth.nonresponse.questionnaire == 0.2
    assert truth.nonresponse.item == 0
    answers = study.experiments.filter(regex=r"_\d$").isna()
    assert (answers.any(axis="columns") == answers.all(axis="columns")).all()


def test_the_same_command_writes_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        assert _run("simulate", tmp_path / name, "--pupils", "rows", "--seed", "3").exit_code == 0
    for path in (tmp_path / "a").iterdir():
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes()
    assert (tmp_path / "a" / "pupils.csv").exists()
    assert (tmp_path / "a-truth.yaml").read_bytes() == (tmp_path / "b-truth.yaml").read_bytes()


def test_the_model_of_2011_can_be_simulated(tmp_path: Path) -> None:
    assert _run("simulate", tmp_path / "s", "--model", "onderzoeksmodel-2011").exit_code == 0
    assert read_truth(tmp_path / "s-truth.yaml").model == "onderzoeksmodel-2011"


@pytest.mark.parametrize(
    ("options", "kind", "message"),
    [
        (["--effect", "a->b=1"], OptionError, "no such arrow"),
        (["--effect", "samenwerking->versnelling"], OptionError, "cause->effect=size"),
        (["--model", "maatwerk-2014"], StudyError, "describes no VM2 study"),
    ],
)
def test_what_cannot_be_simulated_leaves_nothing_behind(
    options: list[str], kind: type[Exception], message: str, tmp_path: Path
) -> None:
    result = _run("simulate", tmp_path / "s", *options)
    assert isinstance(result.exception, kind)
    assert message in str(result.exception)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "options", [["--experiments", "0"], ["--nonresponse", "1"], ["--pupils", "both"]]
)
def test_options_out_of_range_are_refused(options: list[str], tmp_path: Path) -> None:
    assert _run("simulate", tmp_path / "s", *options).exit_code == 2


def test_a_study_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_text("mine")
    assert isinstance(_run("simulate", tmp_path).exception, OutputError)


@pytest.fixture(scope="module")
def demo() -> Path:
    return Path(vm2causal.__file__).parents[2] / "data" / "demo"


def test_cases_as_json_hold_to_their_schema(demo: Path) -> None:
    result = _run("cases", demo, "--json", "--seed", "5")
    document = valid(result.stdout, "study-cases")
    assert document["seed"] == 5
    assert document["origin"] == "synthetic"
    assert len({case["experiment"] for case in document["cases"]}) == 12


def test_cases_are_printed_in_the_language_asked_for(demo: Path) -> None:
    dutch, english = (_run("cases", demo, "--lang", lang).stdout for lang in ("nl", "en"))
    assert "Twaalf casussen van tranche 2 (synthetische studie)" in dutch
    assert "tussenin" in dutch
    assert "0,5" in dutch
    assert "Twelve cases of tranche 2 (synthetic study)" in english
    assert "lesser" in english


def test_cases_are_written_where_asked(demo: Path, tmp_path: Path) -> None:
    path = tmp_path / "cases.csv"
    assert _run("cases", demo, "--out", path).exit_code == 0
    written = pd.read_csv(path, dtype=str)
    document = json.loads(_run("cases", demo, "--json").stdout)
    assert written["experiment"].tolist() == [case["experiment"] for case in document["cases"]]


def test_a_study_too_small_for_the_design_is_told_why(tmp_path: Path) -> None:
    _run("simulate", tmp_path / "s", "--experiments", "12")
    error = _run("cases", tmp_path / "s").exception
    assert isinstance(error, StudyError)
    assert "The design of the twelve cases needs" in str(error)
