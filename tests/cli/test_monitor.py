import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from typer.testing import CliRunner

import vm2causal
from vm2causal import workflow
from vm2causal.cli import app
from vm2causal.effects.cost import PriceRange, cost_table
from vm2causal.inputs.published import PublishedTables
from vm2causal.report.documents import cost_document, sectors_document
from vm2causal.report.json_text import to_json
from vm2causal.storage import write_atomically
from vm2causal.texts import Language
from vm2causal.workflow import main_job


def schema(name: str) -> Any:
    folder = Path(vm2causal.__file__).parent / "schemas"
    return json.loads((folder / f"{name}.schema.json").read_text(encoding="utf-8"))


def assert_valid(document: str, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(document)
    validator = jsonschema.Draft202012Validator(schema(name))
    problems = [error.message for error in validator.iter_errors(found)]
    assert not problems
    return found


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "from vm2causal.cli import main; main()", *arguments],
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize("path", sorted(Path(vm2causal.__file__).parent.glob("schemas/*.json")))
def test_every_schema_is_itself_valid(path: Path) -> None:
    jsonschema.Draft202012Validator.check_schema(json.loads(path.read_text(encoding="utf-8")))


def test_tables_as_json() -> None:
    done = CliRunner().invoke(app, ["monitor", "tables", "--json"])
    document = assert_valid(done.stdout, "published")
    assert len(document["outcomes"]) == 92
    first = document["outcomes"][0]
    assert first["source"] == "vijf-jaar-vm2, table 3.1-vsv"


@pytest.mark.parametrize("language", ["nl", "en"])
def test_replication_as_json(language: str) -> None:
    done = CliRunner().invoke(app, ["monitor", "replicate", "--json", "--lang", language])
    document = assert_valid(done.stdout, "replication")
    assert sum(not test["agrees"] for test in document["tests"]) == 3


def test_tables_for_people() -> None:
    done = CliRunner().invoke(app, ["monitor", "replicate", "--lang", "en"])
    assert done.exit_code == 0
    assert "The monitor's tests, recomputed" in done.stdout


@pytest.mark.mcmc
def test_the_documents_of_fits_are_valid(monitor, tables: PublishedTables) -> None:
    for outcome in ("vsv", "sk", None):
        document = workflow.monitor_document_of(monitor, Language.NL, outcome=outcome)
        found = assert_valid(to_json(document), "monitor")
        outcomes = {row["outcome"] for row in found["estimates"]}
        assert outcomes == ({outcome} if outcome else {"vsv", "sk"})
    sectors = workflow.fit_sectors(tables)
    document = sectors_document(sectors.stop, sectors.contrasts, sectors.diagnostics, Language.EN)
    assert_valid(to_json(document), "sectors")
    costs = cost_table(monitor.contrasts["all", "did_clustered"], PriceRange(500, 1500), seed=1)
    document = cost_document(costs, sectors.diagnostics, Language.NL)
    assert_valid(to_json(document), "cost")


@pytest.mark.mcmc
def test_fit_prints_one_json_document_and_nothing_else() -> None:
    done = run("monitor", "fit", "--json", "--outcome", "sk", "--level", "0.9")
    assert done.returncode == 0, done.stderr
    document = assert_valid(done.stdout, "monitor")
    assert document["estimates"][0]["log_odds"]["level"] == 0.9
    assert document["diagnostics"]["passed"]


@pytest.mark.mcmc
def test_run_writes_everything_and_its_record_last(
    monitor, tables: PublishedTables, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(main_job, "fit_monitor", lambda *args, **options: monitor)
    steps: list[str] = []
    written = workflow.run(tmp_path / "out", language=Language.NL, progress=steps.append)
    assert written[-1].name == "run.json"
    record = assert_valid(written[-1].read_text(encoding="utf-8"), "run")
    assert all((tmp_path / "out" / name).exists() for name in record["files"])
    assert not [path for path in tmp_path.rglob(".*") if not path.name.startswith(".z")]
    import arviz as az

    again = az.from_zarr(str(tmp_path / "out" / "fits" / "all-did_clustered.zarr"))
    assert again["posterior"]["effect"].dims == ("chain", "draw", "interval")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("monitor", "fit", "--outcome", "diploma"), "'diploma' is not one of 'vsv', 'sk'"),
        (("monitor", "fit", "--selection", "some"), "'some' is not one of"),
        (("monitor", "fit", "--level", "95"), "Invalid value for '--level'"),
        (("monitor", "cost", "--per-pupil", "duizend"), "Error: The price per pupil must be"),
        (("monitor", "cost"), "Missing option '--per-pupil'"),
        (("run", "--seed", "18446744073709551616"), "Invalid value for '--seed'"),
        (("monitor", "magic"), "No such command 'magic'"),
    ],
)
def test_mistakes_end_with_status_two_and_no_traceback(
    arguments: tuple[str, ...], message: str
) -> None:
    done = run(*arguments)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_an_unwritable_out_is_found_before_any_work(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    done = run("run", "--out", str(tmp_path / "file" / "results"))
    assert done.returncode == 2
    assert "cannot be written" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.mcmc
def test_an_interrupted_run_says_so_and_leaves_no_record(tmp_path: Path, number: int) -> None:
    out = tmp_path / "out"
    write_atomically(out / "run.json", "{}")
    process = subprocess.Popen(
        [sys.executable, "-c", "from vm2causal.cli import main; main()", "run", "--out", str(out)],
        stderr=subprocess.PIPE,
        text=True,
    )
    while (out / "run.json").exists() and process.poll() is None:
        time.sleep(0.1)
    time.sleep(2)
    process.send_signal(number)
    _, said = process.communicate(timeout=120)
    assert process.returncode == 128 + number
    assert "Traceback" not in said
    assert not list(out.rglob("*"))


def test_an_interrupted_run_leaves_nothing_half_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*arguments: object, **options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(main_job, "fit_monitor", interrupted)
    with pytest.raises(KeyboardInterrupt):
        workflow.run(tmp_path / "out", language=Language.NL)
    assert list((tmp_path / "out").iterdir()) == []
