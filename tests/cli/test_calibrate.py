from __future__ import annotations

import json
from pathlib import Path

import pytest

from command_line import run, valid

MODEL = """\
schema: vm2causal/model/1
name: pair
variables:
  x: {kind: continuous}
  y: {kind: binary}
arrows:
  - {from: x, to: y, sign: '+'}
queries:
  - {cause: x, effect: y}
"""


@pytest.mark.mcmc
def test_a_calibration_is_printed_drawn_and_resumed(tmp_path: Path) -> None:
    model = tmp_path / "pair.yaml"
    model.write_text(MODEL, encoding="utf-8")
    out = tmp_path / "out"
    options = ("calibrate", "--model", model, "--size", 10, "--out", out, "--lang", "en")
    first = run(*options, "--simulations", 4, "--json")
    assert first.returncode == 0, first.stderr
    document = valid(first.stdout, "calibrate")
    assert document["simulations"] == 4
    assert {"weight[x -> y]", "intercept[y]", "log_density", "total[x -> y]"} == {
        row["quantity"] for row in document["quantities"]
    }
    assert document == json.loads((out / "calibration.json").read_text(encoding="utf-8"))
    assert "<title" in (out / "calibration.svg").read_text(encoding="utf-8")
    again = run(*options, "--simulations", 5)
    assert "4 tasks were finished before." in again.stderr
    assert "Calibration of pair: 5 simulations, 4 quantities" in again.stdout


@pytest.mark.slow  # dozens of refits
def test_a_design_analysis_answers_in_words(tmp_path: Path) -> None:
    out = tmp_path / "out"
    options = ("--experiments", "12", "--simulations", 2, "--out", out, "--lang", "nl")
    done = run("design", *options, "--effect", "samenwerking->versnelling=0")
    assert done.returncode == 0, done.stderr
    document = valid((out / "design.json").read_text(encoding="utf-8"), "design")
    assert "Met 12 experimenten" in done.stdout
    changed = [
        row
        for row in document["arrows"]
        if (row["cause"], row["effect"]) == ("samenwerking", "versnelling")
    ]
    assert [row["true"] for row in changed] == [0.0]
    assert "Met 12 experimenten" in (out / "design.svg").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("design", "--experiments", "twaalf"), "whole numbers of at least 2"),
        (("calibrate", "--executor", "cloud"), "There is no such executor. Got: 'cloud'"),
        (("calibrate", "--model", "absent"), "no such model file"),
    ],
)
def test_mistakes_are_named(options: tuple[str, ...], message: str, tmp_path: Path) -> None:
    done = run(*options, "--out", tmp_path / "out")
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr
