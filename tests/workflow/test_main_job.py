"""The main job: what it writes, what it takes over, and what an interruption leaves."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from command_line import valid
from vm2causal import workflow
from vm2causal.errors import StudyError
from vm2causal.inputs.published import PublishedTables
from vm2causal.report.named_figure import save_figures
from vm2causal.spec import model_to_yaml
from vm2causal.texts import Language
from vm2causal.workflow import RunOptions, brief, main_job, monitor_evidence
from vm2causal.workflow.main_job import Attacks
from vm2causal.workflow.monitor_files import (
    Reanalysis,
    read_reanalysis,
    reanalysis_key,
    write_reanalysis,
)
from workflow.study_cases import MODEL, QUICK, study, written


@pytest.fixture
def options(tmp_path: Path) -> RunOptions:
    model = tmp_path / "model.yaml"
    model.write_text(model_to_yaml(MODEL), encoding="utf-8")
    return RunOptions(
        study=written(study(), tmp_path / "study"),
        model=str(model),
        attacks=Attacks.NONE,
        study_settings=QUICK,
    )


@pytest.fixture
def sampled(monitor, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The session's re-analysis; what is sampled anew is noted."""
    noted: list[str] = []
    fit = main_job.fit_prepared

    def fit_monitor(*arguments: object, **options: object) -> Any:
        noted.append("monitor")
        return monitor

    def fit_prepared(*arguments: Any, **options: Any) -> Any:
        noted.append("study")
        return fit(*arguments, **options)

    monkeypatch.setattr(main_job, "fit_monitor", fit_monitor)
    monkeypatch.setattr(main_job, "fit_prepared", fit_prepared)
    for module in (brief, monitor_evidence):
        monkeypatch.setattr(module, "save_figures", partial(save_figures, formats=("svg",)))
    monkeypatch.setattr(brief, "_PARTS", {"model": ("dag",)})
    return noted


@pytest.mark.mcmc
def test_a_run_writes_everything_and_a_resumed_one_samples_nothing(
    options: RunOptions, sampled: list[str], tmp_path: Path
) -> None:
    out, steps = tmp_path / "out", list[str]()
    files = workflow.run(out, options, progress=steps.append)
    assert files[-1].name == "run.json"
    record = valid(files[-1].read_text(encoding="utf-8"), "run")
    assert all((out / name).exists() for name in record["files"])
    assert {"brief.html", "brief.pdf", "tables/monitor-estimates.csv"} <= set(record["files"])
    assert record["study"]["origin"] == "synthetic"
    assert f"--study {options.study}" in record["command"]
    assert set(steps) <= set(workflow.run_steps())
    assert not [path for path in tmp_path.rglob(".*") if not path.name.startswith(".z")]
    page = (out / "brief.html").read_text(encoding="utf-8")
    assert "VM2 leidde tot" in page
    assert "Deels synthetische gegevens" in page
    assert "Synthetische gegevens. " not in _picture(page, "VM2")
    assert sampled == ["monitor", "study"]

    import arviz as az

    again = az.from_zarr(str(out / "fits" / "all-did_clustered.zarr"))
    assert again["posterior"]["effect"].dims == ("chain", "draw", "interval")

    resumed = _changed(options, resume=True)
    workflow.run(out, resumed)
    assert sampled == ["monitor", "study"]
    assert _numbers(out) == record["monitor"]["estimates"]

    workflow.run(out, _changed(resumed, seed=7))
    assert sampled == ["monitor", "study"] * 2


def _picture(page: str, words: str) -> str:
    place = page.index(f"{words} leidde")
    return page[place : page.index("</article>", place)]


def _changed(options: RunOptions, **changes: Any) -> RunOptions:
    return RunOptions(**({name: getattr(options, name) for name in vars(options)} | changes))


def _numbers(out: Path) -> list[dict[str, Any]]:
    record: dict[str, Any] = json.loads((out / "run.json").read_text(encoding="utf-8"))
    found: list[dict[str, Any]] = record["monitor"]["estimates"]
    return found


@pytest.mark.mcmc
def test_a_reanalysis_comes_back_as_it_was_written(
    monitor, tables: PublishedTables, tmp_path: Path
) -> None:
    sectors = workflow.fit_sectors(tables)
    key = reanalysis_key(tables, seed=2013, settings=None)
    write_reanalysis(Reanalysis(monitor, sectors), tmp_path, key=key)
    found = read_reanalysis(tmp_path, tables, key=key, seed=2013)
    assert found is not None
    for language in Language:
        documents = [
            workflow.monitor_document_of(item, language) for item in (found.monitor, monitor)
        ]
        assert documents[0] == documents[1]
    assert found.sectors.stop.equals(sectors.stop)
    assert found.sectors.diagnostics == sectors.diagnostics


@pytest.mark.mcmc
def test_another_or_damaged_reanalysis_is_not_taken_over(
    monitor, tables: PublishedTables, tmp_path: Path
) -> None:
    key = reanalysis_key(tables, seed=2013, settings=None)
    found = Reanalysis(monitor, workflow.fit_sectors(tables))
    write_reanalysis(found, tmp_path, key=key)
    other = reanalysis_key(tables, seed=2014, settings=None)
    assert other != key
    assert read_reanalysis(tmp_path, tables, key=other, seed=2014) is None
    chunk = next(
        path
        for path in (tmp_path / "all-did.zarr" / "posterior").rglob("*")
        if path.is_file() and not path.name.startswith(".")
    )
    chunk.write_bytes(b"\0" * chunk.stat().st_size)
    assert read_reanalysis(tmp_path, tables, key=key, seed=2013) is None
    (tmp_path / "monitor.json").write_text("{")
    assert read_reanalysis(tmp_path, tables, key=key, seed=2013) is None


def test_a_study_with_mistakes_is_refused_before_anything_is_sampled(
    options: RunOptions, sampled: list[str], tmp_path: Path
) -> None:
    assert options.study is not None
    pupils = options.study / "counts.csv"
    pupils.write_text(pupils.read_text().replace("vsv", "weg"))
    with pytest.raises(StudyError):
        workflow.run(tmp_path / "out", options)
    assert sampled == []
    assert list((tmp_path / "out").iterdir()) == []


def test_an_interrupted_run_leaves_nothing_half_written(
    options: RunOptions, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*arguments: object, **options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(main_job, "fit_monitor", interrupted)
    with pytest.raises(KeyboardInterrupt):
        workflow.run(tmp_path / "out", options)
    assert list((tmp_path / "out").iterdir()) == []


def test_the_command_names_what_differs_from_the_usual() -> None:
    assert RunOptions().command == "vm2causal run --lang nl --seed 2013"
    chosen = RunOptions(
        study=Path("my study"), resume=True, attacks=Attacks.FULL, language=Language.EN
    )
    assert chosen.command == (
        "vm2causal run --study 'my study' --model onderzoeksmodel-2012 --lang en --seed 2013 "
        "--attacks full"
    )
