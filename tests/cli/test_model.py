"""``vm2causal model``: what it prints, writes and refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from vm2causal.cli.model import model_app
from vm2causal.errors import ModelFileError, OptionError, OutputError
from vm2causal.spec import model_json_schema, read_model


def _run(*arguments: str) -> Result:
    return CliRunner().invoke(model_app, list(arguments))


def _json(*arguments: str) -> dict[str, object]:
    result = _run(*arguments, "--json")
    assert result.exit_code == 0
    document = json.loads(result.stdout)
    assert isinstance(document, dict)
    return document


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    path = tmp_path / "broken.yaml"
    path.write_text("schema: vm2causal/model/1\nvariables:\n  x: {kind: nominaal}\n")
    return path


def test_list_names_the_models_that_ship() -> None:
    assert "onderzoeksmodel-2012" in _run("list").stdout
    document = _json("list")
    assert document["schema"] == "vm2causal/model-list/1"
    models = document["models"]
    assert isinstance(models, list)
    assert [item["name"] for item in models] == [
        "maatwerk-2014",
        "onderzoeksmodel-2011",
        "onderzoeksmodel-2012",
    ]


def test_show_prints_variables_and_arrows_with_evidence() -> None:
    shown = _run("show", "onderzoeksmodel-2012", "--lang", "nl").stdout
    assert "schoolkwaliteit" in shown
    document = _json("show", "onderzoeksmodel-2012")
    arrows = document["arrows"]
    assert isinstance(arrows, list)
    assert arrows[0]["from"] == "samenwerking"
    assert arrows[0]["evidence"] == "ondersteund"
    assert arrows[0]["source"][0] == {
        "document": "vijf-jaar-vm2",
        "section": "4.2",
        "table": None,
        "figure": None,
        "page": None,
    }


def test_check_says_what_is_worth_knowing() -> None:
    result = _run("check", "onderzoeksmodel-2012")
    assert "is a valid model: 22 variables, 53 arrows" in result.stdout
    assert "Assumptions, without evidence" in result.stdout
    document = _json("check", "onderzoeksmodel-2012")
    assert document["valid"] is True
    assert document["unobserved"] == ["schoolkwaliteit"]


def test_check_refuses_with_line_and_mend(broken: Path) -> None:
    result = _run("check", str(broken), "--json")
    assert isinstance(result.exception, ModelFileError)
    assert result.exception.exit_status == 2
    document = json.loads(result.stdout)
    assert document["valid"] is False
    problem = document["problems"][0]
    assert (problem["line"], problem["value"]) == (3, "nominaal")
    assert "Did you mean 'nominal'" in problem["fix"]


@pytest.mark.parametrize(
    ("to", "begins"),
    [("dagitty", "dag {"), ("dot", "digraph"), ("graphml", "<graphml"), ("svg", "<?xml")],
)
def test_export_prints_or_writes(tmp_path: Path, to: str, begins: str) -> None:
    printed = _run("export", "maatwerk-2014", "--to", to)
    assert printed.stdout.startswith(begins)
    out = tmp_path / "folder" / f"model.{to}"
    assert _run("export", "maatwerk-2014", "--to", to, "--out", str(out)).exit_code == 0
    assert out.read_text(encoding="utf-8") == printed.stdout


def test_export_of_a_png_needs_a_file(tmp_path: Path) -> None:
    result = _run("export", "maatwerk-2014", "--to", "png")
    assert isinstance(result.exception, OptionError)
    out = tmp_path / "model.png"
    assert _run("export", "maatwerk-2014", "--to", "png", "--out", str(out)).exit_code == 0
    assert out.read_bytes().startswith(b"\x89PNG")


def test_export_speaks_the_language_asked_for() -> None:
    english = _run("export", "maatwerk-2014", "--to", "svg", "--lang", "en").stdout
    dutch = _run("export", "maatwerk-2014", "--to", "svg", "--lang", "nl").stdout
    assert "support → feasibility (+)" in english
    assert "draagvlak → organiseerbaarheid (+)" in dutch


def test_import_writes_a_model_file_and_overwrites_only_when_told(tmp_path: Path) -> None:
    source, out = tmp_path / "graph.txt", tmp_path / "model.yaml"
    source.write_text("dag { x -> m -> y  x <-> y }")
    assert "4 variables, 4 arrows" in _run("import", str(source), "--out", str(out)).stdout
    assert read_model(out).graph.unobserved == {"u_x_y"}
    again = _run("import", str(source), "--out", str(out))
    assert isinstance(again.exception, OutputError)
    assert "--force" in str(again.exception)
    assert _run("import", str(source), "--out", str(out), "--force").exit_code == 0


def test_an_export_that_is_imported_is_the_same_graph(tmp_path: Path) -> None:
    text, out = tmp_path / "model.dot", tmp_path / "model.yaml"
    _run("export", "onderzoeksmodel-2012", "--to", "dot", "--out", str(text))
    _run("import", str(text), "--out", str(out))
    assert read_model(out).graph == read_model("onderzoeksmodel-2012").graph


def test_diff_reads_as_a_conclusion_and_as_data() -> None:
    told = _run("diff", "onderzoeksmodel-2011", "onderzoeksmodel-2012", "--lang", "nl").stdout
    assert told.startswith("Van onderzoeksmodel-2011 naar onderzoeksmodel-2012")
    assert "Gezocht en niet gevonden" in told
    document = _json("diff", "onderzoeksmodel-2011", "onderzoeksmodel-2012")
    changed = document["evidence_changed"]
    assert isinstance(changed, list)
    pairs = {(c["after"]["from"], c["after"]["to"]): c["after"]["evidence"] for c in changed}
    assert pairs["financiele_afspraken", "status"] == "via"
    assert pairs["samenwerking", "pedagogiek"] == "niet_toetsbaar"


def test_schema_is_the_schema() -> None:
    assert json.loads(_run("schema").stdout) == model_json_schema()
