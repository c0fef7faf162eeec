from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from command_line import run, valid

MODEL = """\
schema: vm2causal/model/1
name: attacked
rows: units
variables:
  z: {}
  w: {}
  x: {label: {nl: inzet, en: effort}}
  y: {kind: count, trials: of}
  quality: {observed: false}
arrows:
  - {from: z, to: x}
  - {from: z, to: y}
  - {from: w, to: x}
  - {from: x, to: y}
  - {from: quality, to: x}
  - {from: quality, to: y}
queries:
  - {cause: x, effect: y}
"""


@pytest.fixture(scope="module")
def fit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("attacked")
    rng = np.random.default_rng(5)
    z, w, noise = rng.standard_normal((3, 60))
    x = 0.6 * z + 0.5 * w + noise
    of = np.full(60, 25)
    y = rng.binomial(of, 1 / (1 + np.exp(1 - 0.5 * x - 0.5 * z)))
    table = pd.DataFrame({"z": z, "w": w, "x": x, "y": y, "of": of})
    table.to_csv(folder / "table.csv", index=False)
    (folder / "model.yaml").write_text(MODEL, encoding="utf-8")
    done = run(
        *("fit", folder / "table.csv", "--model", folder / "model.yaml"),
        *("--out", folder / "fit", "--draws", 300, "--tune", 300, "--chains", 2),
    )
    assert done.returncode == 0, done.stderr
    return folder / "fit"


@pytest.mark.slow  # dozens of refits
def test_refutation_as_json_is_the_same_when_taken_up_again(fit: Path, tmp_path: Path) -> None:
    arguments = ("refute", fit, "--refits", 4, "--work", tmp_path, "--lang", "en", "--json")
    done = run(*arguments)
    assert done.returncode == 0, done.stderr
    document = valid(done.stdout, "refute")
    (query,) = document["queries"]
    assert (query["estimator"], query["adjusted_for"], query["assumed"]) == (
        "adjusted_regression",
        ["z"],
        ["quality"],
    )
    attacks = {item["attack"]: item for item in query["attacks"]}
    assert len(attacks["placebo"]["refits"]) == len(attacks["subset"]["refits"]) == 4
    assert attacks["placebo"]["power"]["probability"] < 0.4  # four refits find little
    assert "Could find: that 20% of 95% intervals" in attacks["placebo"]["could_find"]
    assert attacks["level_out"]["power"] is None
    assert [item["refit"] for item in attacks["control"]["refits"]] == ["exposure-w"]
    assert attacks["level_out"]["sentence"] == "Model and data offer no material for this."
    assert "the small model assumes that quality does not act" in done.stderr
    tasks = {path.name for path in (tmp_path / "tasks").iterdir()}
    assert len(tasks) == sum(len(item["refits"]) for item in query["attacks"]) + 1
    assert run(*arguments).stdout == done.stdout
    assert {path.name for path in (tmp_path / "tasks").iterdir()} == tasks


@pytest.mark.mcmc
def test_sensitivity_as_json_and_for_people(fit: Path, tmp_path: Path) -> None:
    arguments = ("sensitivity", fit, "--work", tmp_path / "work")
    done = run(*arguments, "--json", "--figures", tmp_path / "figures")
    assert done.returncode == 0, done.stderr
    document = valid(done.stdout, "sensitivity")
    (found,) = document["confounding"]
    assert found["tipping_interval"] <= found["tipping_mean"]
    assert {item["variable"] for item in found["benchmarks"]} == {"z", "w"}
    assert {path.name for path in (tmp_path / "figures").iterdir()} == {
        "tipping-x-y.csv",
        "tipping-x-y.png",
        "tipping-x-y.svg",
    }
    told = run(*arguments, "--lang", "nl")
    assert told.returncode == 0
    assert "inzet" in told.stdout
    assert "In deze modellen ontbreken geen niveaus of antwoorden." in told.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--cause", "x"), "A question has two ends. Give both --cause and --effect."),
        (("--cause", "y", "--effect", "x"), "'y' does not act on 'x' in this model."),
        (("--executor", "moon"), "There is no such executor. Got: 'moon'."),
        (("--negative-control", "z"), "no negative control of x -> y. Got: 'z'. One of: w."),
    ],
)
@pytest.mark.mcmc
def test_mistakes_are_named(
    fit: Path, tmp_path: Path, arguments: tuple[str, ...], message: str
) -> None:
    done = run("refute", fit, "--work", tmp_path, *arguments)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_a_folder_without_a_fit_is_refused(tmp_path: Path) -> None:
    for command in ("refute", "sensitivity"):
        done = run(command, tmp_path / "nothing")
        assert done.returncode == 2
        assert "There is no such folder." in done.stderr
