import json
from pathlib import Path

import jsonschema
import pytest
import xarray as xr
from typer.testing import CliRunner

from command_line import SCHEMAS, run, valid
from vm2causal import workflow
from vm2causal.cli import app
from vm2causal.monitor.cost import PriceRange, cost_table
from vm2causal.report.documents.json_text import to_json
from vm2causal.report.documents.monitor import cost_document, sectors_document
from vm2causal.texts import Language
from vm2causal.workflow import monitor as job


@pytest.mark.parametrize("path", sorted(SCHEMAS.glob("*.json")))
def test_every_schema_is_itself_valid(path: Path) -> None:
    jsonschema.Draft202012Validator.check_schema(json.loads(path.read_text(encoding="utf-8")))


def test_tables_as_json() -> None:
    done = CliRunner().invoke(app, ["monitor", "tables", "--json"])
    document = valid(done.stdout, "published")
    assert len(document["outcomes"]) == 92
    first = document["outcomes"][0]
    assert first["source"] == "vijf-jaar-vm2, table 3.1-vsv"


@pytest.mark.parametrize("language", ["nl", "en"])
def test_replication_as_json(language: str) -> None:
    done = CliRunner().invoke(app, ["monitor", "replicate", "--json", "--lang", language])
    document = valid(done.stdout, "replication")
    assert sum(not test["agrees"] for test in document["tests"]) == 3


def test_tables_for_people() -> None:
    done = CliRunner().invoke(app, ["monitor", "replicate", "--lang", "en"])
    assert done.exit_code == 0
    assert "The monitor's tests, recomputed" in done.stdout


@pytest.mark.mcmc
def test_the_documents_of_fits_are_valid(
    monitor, request: pytest.FixtureRequest, capfd: pytest.CaptureFixture[str]
) -> None:
    for outcome in ("vsv", "sk", None):
        document = workflow.monitor_document_of(monitor, Language.NL, outcome=outcome)
        found = valid(to_json(document), "monitor")
        outcomes = {row["outcome"] for row in found["estimates"]}
        assert outcomes == ({outcome} if outcome else {"vsv", "sk"})
    sectors = request.getfixturevalue("sectors")  # sampled here, while output is kept
    assert capfd.readouterr().out == ""  # neither compiler nor sampler may spoil a document
    document = sectors_document(sectors.stop, sectors.contrasts, sectors.diagnostics, Language.EN)
    valid(to_json(document), "sectors")
    costs = cost_table(monitor.contrasts["all", "did_clustered"], PriceRange(500, 1500), seed=1)
    document = cost_document(costs, sectors.diagnostics, Language.NL)
    valid(to_json(document), "cost")


@pytest.mark.mcmc
def test_fit_prints_one_json_document_and_nothing_else(
    monitor, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The fits are the session's: same data, same seed, sampled there."""

    def found(compiled: object, data: xr.Dataset, method: str, seed: int, settings: None):
        assert seed == job.DEFAULT_SEED
        return next(
            fit
            for (_, name), fit in monitor.fits.items()
            if name == method and fit.data.identical(data)
        )

    monkeypatch.setattr(job, "_fit_cohorts", found)
    done = run("monitor", "fit", "--json", "--outcome", "sk", "--level", "0.9")
    assert done.returncode == 0, done.stderr
    assert capfd.readouterr().out == ""
    document = valid(done.stdout, "monitor")
    assert document["estimates"][0]["log_odds"]["level"] == 0.9
    assert document["diagnostics"]["passed"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("monitor", "fit", "--outcome", "diploma"), "'diploma' is not one of 'vsv', 'sk'"),
        (("monitor", "fit", "--selection", "some"), "'some' is not one of"),
        (("monitor", "fit", "--level", "95"), "Invalid value for '--level'"),
        (("monitor", "cost", "--per-pupil", "duizend"), "Error: The price per pupil must be"),
        (("monitor", "cost"), "Missing option '--per-pupil'"),
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
