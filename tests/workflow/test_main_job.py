"""The main job: what it writes, what it takes over, and what an interruption leaves."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from command_line import valid
from figure_cases import study_fit
from vm2causal import workflow
from vm2causal.errors import OutputError, StudyError
from vm2causal.inputs.published.reading import PublishedTables
from vm2causal.report.figures.named_figure import save_figures
from vm2causal.spec import model_to_yaml
from vm2causal.texts import Language
from vm2causal.workflow import RunOptions, brief, main_job, monitor_evidence, monitor_files
from vm2causal.workflow.main_job import Attacks
from vm2causal.workflow.monitor import SectorResult
from vm2causal.workflow.monitor_files import (
    Reanalysis,
    read_reanalysis,
    reanalysis_key,
    write_reanalysis,
)
from vm2causal.workflow.verification import verify
from workflow.study_cases import MODEL, QUICK, study, written
from workflow.test_brief import FAILED
from workflow.test_brief import written as written_brief_fit

EARLIER = json.dumps({"schema": "vm2causal/run/1", "files": []})
"""Of a run by a version that kept no list."""


@pytest.fixture
def options(tmp_path: Path) -> RunOptions:
    model = tmp_path / "model.yaml"
    model.write_text(model_to_yaml(MODEL), encoding="utf-8")
    return RunOptions(
        study=written(study(), tmp_path / "study"),
        model=str(model),
        attacks=Attacks.NONE,
        with_monitor=True,
        study_settings=QUICK,
    )


@pytest.fixture
def sampled(monitor, sectors: SectorResult, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The session's re-analysis; what is sampled anew is noted."""
    noted: list[str] = []
    fit = main_job.fit_prepared

    def fit_monitor(*arguments: object, **options: object) -> Any:
        noted.append("monitor")
        return monitor

    def fit_sectors(*arguments: object, **options: object) -> Any:
        noted.append("sectors")
        return sectors

    def fit_prepared(*arguments: Any, **options: Any) -> Any:
        noted.append("study")
        return fit(*arguments, **options)

    monkeypatch.setattr(main_job, "fit_monitor", fit_monitor)
    monkeypatch.setattr(main_job, "fit_sectors", fit_sectors)
    monkeypatch.setattr(main_job, "fit_prepared", fit_prepared)
    for module in (brief, monitor_evidence):
        monkeypatch.setattr(module, "save_figures", partial(save_figures, formats=("svg",)))
    monkeypatch.setattr(brief, "_PARTS", {"model": ("dag",)})
    return noted


@pytest.mark.slow
@pytest.mark.mcmc
def test_two_equal_runs_are_equal_byte_for_byte_but_for_their_times(
    options: RunOptions, tmp_path: Path
) -> None:
    """Nothing replaced: figures in every format, tables, both fits and PDFs; of one day."""
    asked = replace(options, with_monitor=False, attacks=Attacks.QUICK)
    one, other = (tmp_path / name for name in ("one", "other"))
    for out in (one, other):
        workflow.run(out, asked)
    names = _names(one)
    assert names == _names(other)
    assert {"study.html", "study.pdf", "run.json", "files.json", "study-fit/run.json"} <= names
    differ = {name for name in names if (one / name).read_bytes() != (other / name).read_bytes()}
    assert differ == {"timings.json", "study-fit/timings.json"}


def _names(out: Path) -> set[str]:
    return {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}


@pytest.mark.mcmc
def test_a_run_writes_everything_and_a_resumed_one_samples_nothing(
    options: RunOptions, sampled: list[str], tmp_path: Path
) -> None:
    out, steps = tmp_path / "out", list[str]()
    files = workflow.run(out, options, progress=steps.append)
    assert files[-1].name == "run.json"
    record = valid(files[-1].read_text(encoding="utf-8"), "run")
    assert all((out / name).exists() for name in record["files"])
    assert {"vm2.html", "study.pdf", "tables/monitor-estimates.csv"} <= set(record["files"])
    assert record["study"]["origin"] == "synthetic"
    assert record["origin"] == "published+synthetic"
    assert "--study study --model model.yaml" in record["command"]
    assert str(tmp_path).encode() not in b"".join(_contents(out))
    assert set(steps) <= set(workflow.run_steps())
    assert not [path for path in tmp_path.rglob(".*") if not path.name.startswith(".z")]
    _require_apart(out)
    assert sampled == ["monitor", "sectors", "study"]

    found = verify(out)
    assert found.holds, [part for part in found.parts if part.state != "as_written"]
    assert {"study-fit", "fits", "data/published", "run.json"} <= {
        item.name for item in found.parts
    }
    (out / "tables" / "monitor-estimates.csv").write_text("made up")
    changed = {part.name for part in verify(out).parts if part.state != "as_written"}
    assert changed == {"tables/monitor-estimates.csv"}
    (out / "tables" / "monitor-estimates.csv").unlink()

    import arviz as az

    with pytest.warns(RuntimeWarning, match="non-consolidated metadata"):
        again = az.from_zarr(str(out / "fits" / "all-did_clustered.zarr"))
    assert again["posterior"]["effect"].dims == ("chain", "draw", "interval")

    said: list[str] = []
    workflow.run(out, options, notice=said.append)
    assert sampled == ["monitor", "sectors", "study"]
    assert len(said) == 2
    assert all("eerdere run" in item for item in said)
    assert _numbers(out) == record["monitor"]["estimates"]

    # a brief of one fit takes the place of the run's, and leaves the fits
    mine = brief.brief_of_fit(out / "study-fit", out, language=Language.EN)
    left = {path for path in files if path.exists()}
    assert left == set(files) & set(mine)
    assert out / "run.json" not in left, "it told of what is gone"
    assert (out / "study-fit" / "run.json").exists()
    assert (out / "fits" / "monitor.json").exists()

    with pytest.raises(KeyboardInterrupt):
        workflow.run(out, _changed(options, resume=False), progress=_until_attacks)
    assert sampled == ["monitor", "sectors", "study"] * 2


def _until_attacks(step: str) -> None:
    if step == "attacks":
        raise KeyboardInterrupt


def _contents(folder: Path) -> list[bytes]:
    return [path.read_bytes() for path in folder.rglob("*") if path.is_file()]


def _require_apart(out: Path) -> None:
    """Real and made up stand in documents of their own: no finding of one is in the other."""
    real, made_up = (
        (out / f"{name}.html").read_text(encoding="utf-8") for name in ("vm2", "study")
    )
    assert "Oefenvoorbeeld" not in real
    assert "Synthetische gegevens" not in real
    titles = {
        page: re.findall(r'<h3 id="finding-\d+">([^<]*)</h3>', page) for page in (real, made_up)
    }
    assert len(titles[real]) >= 4
    assert titles[made_up]
    assert all(title.startswith("Oefenvoorbeeld: ") for title in titles[made_up])
    assert "Zonder VM2" in real
    assert "Zonder VM2" not in made_up


def _changed(options: RunOptions, **changes: Any) -> RunOptions:
    return RunOptions(**({name: getattr(options, name) for name in vars(options)} | changes))


def _numbers(out: Path) -> list[dict[str, Any]]:
    record: dict[str, Any] = json.loads((out / "run.json").read_text(encoding="utf-8"))
    found: list[dict[str, Any]] = record["monitor"]["estimates"]
    return found


@pytest.mark.mcmc
def test_a_reanalysis_comes_back_as_it_was_written(
    monitor, sectors: SectorResult, tables: PublishedTables, tmp_path: Path
) -> None:
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
    monitor, sectors: SectorResult, tables: PublishedTables, tmp_path: Path
) -> None:
    key = reanalysis_key(tables, seed=2013, settings=None)
    found = Reanalysis(monitor, sectors)
    write_reanalysis(found, tmp_path, key=key)
    other = reanalysis_key(tables, seed=2014, settings=None)
    assert other != key
    assert read_reanalysis(tmp_path, tables, key=key, seed=2013) is not None
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


def test_a_reanalysis_by_other_code_has_another_key(
    tables: PublishedTables, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = reanalysis_key(tables, seed=2013, settings=None)
    assert reanalysis_key(tables, seed=2013, settings=None) == key
    monkeypatch.setattr(monitor_files, "code_of_jobs", lambda: "0" * 16)
    assert reanalysis_key(tables, seed=2013, settings=None) != key


@pytest.fixture
def only_the_study(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """A run that ends once the study is fitted."""

    def run(out: Path, options: RunOptions) -> None:
        with pytest.raises(KeyboardInterrupt):
            workflow.run(out, options, progress=_until_attacks)

    monkeypatch.setattr(main_job, "_reanalysed", lambda *arguments, **options: None)
    return run


def _rewritten(folder: Path, **changes: object) -> None:
    path = folder / "run.json"
    record = json.loads(path.read_text(encoding="utf-8"))
    assert record.keys() >= changes.keys()
    path.write_text(json.dumps(record | changes))


def _damaged_draws(folder: Path) -> None:
    values = folder / "fit.zarr" / "posterior"
    chunk = max(values.rglob("*"), key=lambda path: path.stat().st_size if path.is_file() else 0)
    chunk.write_bytes(b"\0" * chunk.stat().st_size)


@pytest.mark.mcmc
def test_only_the_whole_fit_of_the_same_code_is_taken_over(
    options: RunOptions,
    only_the_study: Callable[..., None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    out, kept, fitted = tmp_path / "out", tmp_path / "kept", list[Path]()
    only_the_study(out, options)
    shutil.copytree(out / "study-fit", kept)
    monkeypatch.setattr(
        main_job, "fit_prepared", lambda prepared, *, out, **options: fitted.append(out)
    )
    resumed = _changed(options, resume=True)
    only_the_study(out, resumed)
    assert fitted == []
    spoilt: list[Callable[[Path], object]] = [
        lambda folder: _rewritten(folder, code="0" * 16),
        lambda folder: _rewritten(folder, backend="numba"),
        lambda folder: _rewritten(folder, schema="vm2causal/fit/0"),
        lambda folder: (folder / "run.json").write_text("{"),
        lambda folder: (folder / "run.json").unlink(),
        _damaged_draws,
    ]
    for number, spoil in enumerate(spoilt, start=1):
        shutil.rmtree(out / "study-fit")
        shutil.copytree(kept, out / "study-fit")
        spoil(out / "study-fit")
        only_the_study(out, resumed)
        assert len(fitted) == number, f"number {number} was taken over"


@pytest.fixture
def unsampled(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What would have been sampled."""
    noted: list[str] = []
    for name in ("fit_monitor", "fit_prepared"):
        monkeypatch.setattr(main_job, name, lambda *given, **options: noted.append("sampled"))
    return noted


def test_a_folder_of_something_else_is_refused_before_anything_is_sampled(
    options: RunOptions, unsampled: list[str], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    (out / "study-fit").mkdir(parents=True)
    (out / "study-fit" / "thesis.docx").write_text("mine")
    (out / "run.json").write_text("{}")
    with pytest.raises(OutputError, match=r"other things than a fit: thesis\.docx"):
        workflow.run(out, options)
    assert unsampled == []
    assert (out / "run.json").read_text() == "{}"


@pytest.mark.parametrize("name", ["tables/arrows.csv", "figures/dag.svg", "run.json"])
@pytest.mark.parametrize("listed", [True, False])
def test_what_is_yours_is_found_before_anything_is_sampled(
    name: str, listed: bool, options: RunOptions, unsampled: list[str], tmp_path: Path
) -> None:
    path = tmp_path / "out" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("mine")
    if listed:
        listing = {"schema": "vm2causal/files/1", "files": {name: ["0" * 64]}}
        (tmp_path / "out" / "files.json").write_text(json.dumps(listing))
    with pytest.raises(OutputError, match=rf"wrote them: {name}\..* Move them"):
        workflow.run(tmp_path / "out", options)
    assert unsampled == []
    assert path.read_text() == "mine"


def test_a_study_with_mistakes_is_refused_before_anything_is_sampled(
    options: RunOptions, unsampled: list[str], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "run.json").write_text(EARLIER)
    assert options.study is not None
    pupils = options.study / "counts.csv"
    pupils.write_text(pupils.read_text().replace("vsv", "weg"))
    with pytest.raises(StudyError):
        workflow.run(out, options)
    assert unsampled == []
    assert [path.name for path in out.iterdir()] == ["run.json"], "an earlier run stays whole"


def test_an_interrupted_run_leaves_nothing_half_written(
    options: RunOptions, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*arguments: object, **options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(main_job, "fit_monitor", interrupted)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "run.json").write_text(EARLIER)
    with pytest.raises(KeyboardInterrupt):
        workflow.run(tmp_path / "out", options)
    # the list of an older version's files outlives its record
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["files.json"]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What attacks would have done to a fit."""
    noted: list[str] = []

    def second_opinions(opened: object, **options: object) -> tuple[()]:
        noted.append("second")
        return ()

    monkeypatch.setattr(main_job, "second_opinions", second_opinions)
    monkeypatch.setattr(main_job, "falsify_fit", lambda *given, **options: noted.append("test"))
    for name in ("keep_falsification", "keep_refutation", "keep_sensitivity"):
        monkeypatch.setattr(main_job, name, lambda *given, **options: None)
    for name in ("refute_fit", "sensitivity_of"):
        monkeypatch.setattr(main_job, name, lambda *given, **options: None)
    return noted


def test_second_opinions_are_asked_for_once_with_the_full_attacks(
    asked: list[str], tmp_path: Path
) -> None:
    fit = written_brief_fit(study_fit(), tmp_path / "fit")
    full = RunOptions(attacks=Attacks.FULL)
    main_job._attack(fit, RunOptions(attacks=Attacks.NONE))
    assert asked == []
    main_job._attack(fit, RunOptions(attacks=Attacks.QUICK))
    assert asked == ["test"]
    asked.clear()
    main_job._attack(fit, full)
    assert asked == ["test", "second"]
    main_job._attack(fit, full)
    assert asked == ["test", "second", "test"]
    main_job._attack(fit, _changed(full, resume=False))
    assert asked[3:] == ["test", "second"]


def test_a_fit_that_failed_its_gate_is_not_estimated_again(
    asked: list[str], tmp_path: Path
) -> None:
    fit = written_brief_fit(study_fit(), tmp_path / "fit", diagnostics=FAILED)
    main_job._attack(fit, RunOptions(attacks=Attacks.FULL))
    assert asked == ["test"]


def test_the_command_names_what_differs_from_the_usual() -> None:
    assert RunOptions().command == "vm2causal run --lang nl --seed 2013"
    chosen = RunOptions(study=Path("my study"), attacks=Attacks.FULL, language=Language.EN)
    assert chosen.command == (
        "vm2causal run --study 'my study' --model onderzoeksmodel-2012 --lang en --seed 2013 "
        "--attacks full"
    )
    assert "--model onderzoeksmodel-2012 --varies 'sector: vsv, sk' --lang en" in (
        _changed(chosen, varies=("sector: vsv, sk",)).command
    )
    assert _changed(chosen, with_monitor=True).command.endswith("--with-monitor --attacks full")
    assert RunOptions(with_monitor=False).command.endswith("--seed 2013 --without-monitor")


@pytest.mark.parametrize(
    ("study", "asked", "found"),
    [(None, None, True), (Path("s"), None, False), (Path("s"), True, True), (None, False, False)],
)
def test_the_national_tables_come_with_the_shipped_study_or_when_asked_for(
    study: Path | None, asked: bool | None, found: bool
) -> None:
    options = RunOptions(study=study, with_monitor=asked)
    assert options.asks_monitor is found
    steps = workflow.run_steps(with_monitor=options.asks_monitor)
    assert ("sectors" in steps) is found


@pytest.mark.parametrize("given", ["/home/j.jansen/my study", "../my study", "my study/."])
def test_the_command_shows_no_folder_of_the_user(given: str) -> None:
    command = RunOptions(study=Path(given), model=f"{given}/model.yaml").command
    assert command == ("vm2causal run --study 'my study' --model model.yaml --lang nl --seed 2013")


def test_a_study_in_the_working_folder_has_the_name_of_that_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine").mkdir()
    monkeypatch.chdir(tmp_path / "mine")
    assert "--study mine " in RunOptions(study=Path(".")).command
