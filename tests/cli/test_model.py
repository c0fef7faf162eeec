"""``vm2causal model``: what it prints, writes and refuses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from typer.testing import CliRunner, Result

from command_line import valid
from model_strategies import models
from vm2causal.cli.model import model_app
from vm2causal.errors import ModelFileError, OptionError, OutputError
from vm2causal.spec import CausalSpec, list_models, model_json_schema, model_to_yaml, read_model


def _run(*arguments: str) -> Result:
    return CliRunner().invoke(model_app, list(arguments))


def _json(*arguments: str) -> dict[str, Any]:
    result = _run(*arguments, "--json")
    assert result.exit_code == 0
    return _document(result.stdout)


def _document(printed: str) -> dict[str, Any]:
    return valid(printed, str(json.loads(printed)["schema"]).split("/")[1])


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
    result = _run("check", "onderzoeksmodel-2012", "--lang", "en")
    assert "is a valid model: 22 variables, 54 arrows" in result.stdout
    assert "Assumptions, without evidence" in result.stdout
    document = _json("check", "onderzoeksmodel-2012")
    assert document["valid"] is True
    assert document["unobserved"] == ["schoolkwaliteit"]


@pytest.fixture
def single(tmp_path: Path) -> Path:
    path = tmp_path / "single.yaml"
    path.write_text(
        "schema: vm2causal/model/1\nvariables: {x: , y: {observed: false}, z: }\n"
        "arrows: [{from: x, to: y}]\n"
    )
    return path


def test_a_single_arrow_is_spoken_of_as_one(single: Path) -> None:
    dutch = _run("check", str(single), "--lang", "nl").stdout
    assert dutch == (
        "single is een geldig model: 3 variabelen, 1 pijl.\n"
        "  Zonder enige pijl: z.\n"
        "  Aannamen, zonder evidentie: 1 pijl.\n"
    )
    english = _run("check", str(single), "--lang", "en").stdout
    assert english.startswith("single is a valid model: 3 variables, 1 arrow.\n")
    assert _json("check", str(single))["notes"] == [
        {"nl": "Zonder enige pijl: z.", "en": "Without any arrow: z."},
        {
            "nl": "Aannamen, zonder evidentie: 1 pijl.",
            "en": "Assumptions, without evidence: 1 arrow.",
        },
    ]


def test_headings_are_in_the_language_asked_for(single: Path) -> None:
    dutch = _run("show", str(single), "--lang", "nl").stdout
    for word in ("variabele", "soort", "niveau", "waargenomen", "nee", "Pijlen", "van", "bron"):
        assert word in dutch
    english = _run("show", str(single), "--lang", "en").stdout
    for word in ("variable", "kind", "level", "observed", "no", "Arrows", "from", "source"):
        assert word in english
    assert not {"waargenomen", "Pijlen"} & set(english.split())
    assert not {"observed", "Arrows"} & set(dutch.split())
    assert "Modellen" in _run("list", "--lang", "nl").stdout
    assert "Models" in _run("list", "--lang", "en").stdout


@pytest.mark.parametrize("name", list_models())
def test_what_is_printed_of_the_shipped_models_holds_to_its_schema(name: str) -> None:
    assert _json("show", name)["format"] == "vm2causal/model/1"
    assert _json("check", name)["valid"] is True
    for other in list_models():
        assert _json("diff", name, other)["differ"] is (name != other)


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("models")


@given(first=models(), second=models())
def test_what_is_printed_of_any_model_holds_to_its_schema(
    scratch: Path, first: CausalSpec, second: CausalSpec
) -> None:
    one, two = scratch / "one.yaml", scratch / "two.yaml"
    one.write_text(model_to_yaml(first), encoding="utf-8")
    two.write_text(model_to_yaml(second), encoding="utf-8")
    _json("show", str(one))
    _json("check", str(one))
    _json("diff", str(one), str(two))


def test_diff_names_what_is_declared_otherwise(single: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.yaml"
    changed = single.read_text().replace("observed: false", "kind: binary")
    other.write_text(changed + "queries: [{cause: x, effect: y}]\n")
    document = _json("diff", str(single), str(other))
    assert document["differ"] is True
    changes, queries = document["variables_changed"], document["queries_added"]
    assert isinstance(changes, list)
    assert [(item["name"], item["fields"]) for item in changes] == [("y", ["kind", "observed"])]
    assert isinstance(queries, list)
    assert [query["effect"] for query in queries] == ["y"]
    told = _run("diff", str(single), str(other), "--lang", "nl").stdout
    assert "Nieuwe vragen\n  - x → y (totaal effect)" in told


def test_check_refuses_with_line_and_mend(broken: Path) -> None:
    result = _run("check", str(broken), "--json")
    assert isinstance(result.exception, ModelFileError)
    assert result.exception.exit_status == 2
    document = _document(result.stdout)
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
    written = _run("export", "maatwerk-2014", "--to", to, "--out", str(out), "--lang", "nl")
    assert written.exit_code == 0
    assert (written.stdout, written.stderr) == ("", f"Geschreven: {out.name}.\n")
    assert out.read_text(encoding="utf-8") == printed.stdout


def test_export_of_a_png_needs_a_file(tmp_path: Path) -> None:
    result = _run("export", "maatwerk-2014", "--to", "png")
    assert isinstance(result.exception, OptionError)
    out = tmp_path / "model.png"
    assert _run("export", "maatwerk-2014", "--to", "png", "--out", str(out)).exit_code == 0
    assert out.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("to", "name"), [("png", "foo.bar.v2"), ("png", "model"), ("png", "a.svg"), ("svg", "a.png")]
)
def test_a_picture_goes_to_a_file_that_is_named_as_such(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, to: str, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    result = _run("export", "maatwerk-2014", "--to", to, "--out", name)
    error = result.exception
    assert isinstance(error, OptionError)
    assert error.exit_status == 2
    assert f"file ends in .{to}. Got: '{name}'. Write --out {name}.{to}" in str(error)
    assert not list(tmp_path.iterdir())


def test_export_speaks_the_language_asked_for() -> None:
    english = _run("export", "maatwerk-2014", "--to", "svg", "--lang", "en").stdout
    dutch = _run("export", "maatwerk-2014", "--to", "svg", "--lang", "nl").stdout
    assert "support → feasibility (+)" in english
    assert "draagvlak → organiseerbaarheid (+)" in dutch


def test_import_writes_a_model_file_and_overwrites_only_when_told(tmp_path: Path) -> None:
    source, out = tmp_path / "graph.txt", tmp_path / "model.yaml"
    source.write_text("dag { x -> m -> y  x <-> y }")
    said = _run("import", str(source), "--out", str(out), "--lang", "en").stdout
    assert said == "Wrote model.yaml: 4 variables, 4 arrows.\n"
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
