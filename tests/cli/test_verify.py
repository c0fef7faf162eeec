"""``vm2causal verify``: what it says of a fit that is whole, changed, or comes out otherwise."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from command_line import run, valid
from model.sampler_cases import correlated_draws
from vm2causal.spec import model_to_yaml
from vm2causal.workflow import fit_study
from vm2causal.workflow.verification import compared
from workflow.study_cases import MODEL, QUICK, study, written


@pytest.fixture(scope="module")
def fit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("fits")
    data = written(study(), folder / "study")
    fit_study(data, MODEL, out=folder / "fit", seed=4, settings=QUICK)
    return folder / "fit"


@pytest.mark.mcmc
def test_a_fit_of_this_machine_comes_again_to_the_last_bit(fit: Path) -> None:
    done = run("verify", fit, "--rerun", "--json")
    assert done.returncode == 0, done.stderr
    document = valid(done.stdout, "verify")
    assert (document["kind"], document["holds"], document["differs"]) == ("fit", True, [])
    (rerun,) = document["reruns"]
    assert rerun["identical"]
    shown = run("verify", fit, "--lang", "en")
    assert "As written: 1 of 1 files and fits." in shown.stdout
    assert "Versions, code and machine are those that made this." in shown.stdout
    assert shown.stdout.endswith("This holds.\n")


@pytest.mark.mcmc
def test_versions_that_differ_are_said_and_fail_nothing_by_themselves(
    fit: Path, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(fit, tmp_path / "fit"))
    record = json.loads((folder / "run.json").read_text())
    record["versions"]["blas-numpy"] = "openblas 0.1"
    record["machine"]["processor"] = "z80"
    (folder / "run.json").write_text(json.dumps(record))
    document = valid(run("verify", folder, "--json").stdout, "verify")
    assert document["holds"]
    assert [item["name"] for item in document["differs"]] == ["blas-numpy", "processor"]
    assert document["differs"][1]["made"] == "z80"


@pytest.mark.mcmc
def test_a_fit_of_another_seed_does_not_pass_for_this_one(fit: Path, tmp_path: Path) -> None:
    """Its numbers hold: the draws are others, their means the same but for Monte Carlo error."""
    folder = Path(shutil.copytree(fit, tmp_path / "fit"))
    record = json.loads((folder / "run.json").read_text())
    (folder / "run.json").write_text(json.dumps(record | {"seed": 5}))
    document = valid(run("verify", folder, "--rerun", "--json").stdout, "verify")
    (rerun,) = document["reruns"]
    assert not rerun["identical"]
    assert rerun["compared"] > 50
    assert rerun["holds"]
    assert 0 < rerun["errors"] < rerun["limit"]


@pytest.mark.mcmc
def test_a_changed_fit_is_named_with_status_one(fit: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(fit, tmp_path / "fit"))
    (folder / "model.yaml").write_text(model_to_yaml(MODEL) + "\n# changed\n", encoding="utf-8")
    done = run("verify", folder, "--lang", "en", "--rerun")
    assert done.returncode == 1
    assert "Not as written" in done.stdout
    assert "model.yaml" in done.stdout
    assert done.stdout.endswith("This does not hold.\n")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{}", "This is the record of neither a run nor a fit. Got: None."),
        ('{"schema": []}', "This is the record of neither a run nor a fit. Got: []."),
        ('{"schema": "vm2causal/run/1"}', "An earlier version made this run"),
        ('{"schema": "vm2causal/run/2"}', "run.json: 'origin' is missing."),
        (
            '{"schema": "vm2causal/run/2", "origin": "real", "python": 3}',
            "run.json: 'python' is text. Got: 3.",
        ),
        ("[", "This file is no JSON."),
        (None, "run.json: This file cannot be read: No such file"),
    ],
)
def test_what_is_no_run_is_refused(tmp_path: Path, content: str | None, message: str) -> None:
    if content is not None:
        (tmp_path / "run.json").write_text(content)
    done = run("verify", tmp_path)
    assert done.returncode == 2
    assert message in done.stderr
    assert run("verify", tmp_path / "absent").returncode == 2


def draws(seed: int, *, shift: float = 0.0, stretch: float = 1.0) -> xr.Dataset:
    """Four chains of correlated draws of 100 parameters."""
    found = correlated_draws(seed, chains=4, length=500, parameters=100)
    found[:, :, 7] = shift + stretch * found[:, :, 7]
    return xr.Dataset({"x": (("chain", "draw", "of"), found)}, coords={"of": np.arange(100)})


def test_runs_that_differ_by_chance_alone_hold_as_often_as_said() -> None:
    """Of 15 at a false alarm in 1,000 none; the largest of 200 normal errors is around 2.9."""
    found = [compared("x", draws(2 * one), draws(2 * one + 1)) for one in range(15)]
    assert all(item.holds for item in found)
    assert 2.6 < np.median([item.errors for item in found]) < 3.3


@pytest.mark.parametrize(
    ("change", "statistic"), [({"shift": 0.4}, "mean"), ({"stretch": 1.4}, "sd")]
)
def test_a_parameter_that_moved_is_found(change: dict[str, float], statistic: str) -> None:
    found = compared("x", draws(1), draws(2, **change))
    assert not found.holds
    assert (found.parameter, found.statistic) == ("x", statistic)


def test_the_same_draws_are_identical_and_too_few_tell_nothing() -> None:
    assert compared("x", draws(1), draws(1)).identical
    short = [draws(seed).isel(draw=slice(0, 20)) for seed in (1, 2)]
    found = compared("x", *short)
    assert (found.compared, found.unknown, found.holds) == (0, 200, False)
