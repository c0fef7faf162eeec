"""What is said before anything of a fit that is synthetic, or that failed its checks."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from command_line import run
from figure_cases import study_fit, written_fit


@pytest.fixture(scope="module")
def failed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    fit = written_fit(study_fit(), tmp_path_factory.mktemp("study") / "fit")
    record = json.loads((fit / "run.json").read_text(encoding="utf-8"))
    record["diagnostics"] |= {"passed": False, "failures": ["rhat_max", "loo_pit"]}
    (fit / "run.json").write_text(json.dumps(record))
    return fit


@pytest.mark.parametrize(
    "arguments",
    [
        ("effects", "--do", "samenwerking=4", "--on", "vsv"),
        ("what-if", "--do", "samenwerking=4"),
        ("figure", "dag", "--format", "csv"),
    ],
)
def test_every_command_gives_the_same_warning(
    failed: Path, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    name, *options = arguments
    if name == "figure":
        options += ["--out", str(tmp_path)]
    places = [options.pop(0)] if name == "figure" else []
    done = run(name, *places, failed, *options, "--lang", "en")
    assert done.returncode == 0, done.stderr
    synthetic, gate, *_ = done.stderr.splitlines()
    assert synthetic.startswith("Synthetic data: the pupils do not exist.")
    assert "rhat_max, loo_pit" in gate
