"""The shipped models and the command."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib import resources

import pytest
import typer
from jsonschema import Draft202012Validator
from typer.testing import CliRunner

from vm2causal.cli.identify import identify
from vm2causal.identify import (
    Hedge,
    ImpliedIndependences,
    IndependenceBasis,
    Strategy,
    identify_effect,
)
from vm2causal.spec import read_model
from vm2causal.spec.graph import CausalGraph

MODEL = "onderzoeksmodel-2012"


@pytest.fixture(scope="module")
def graph() -> CausalGraph:
    return read_model(MODEL).graph


def _run(*arguments: str) -> str:
    app = typer.Typer()
    app.command()(identify)
    result = CliRunner().invoke(app, [*arguments, "--no-second-opinion"])
    assert result.exit_code == 0, result.output
    return result.stdout


def _with_arrow(graph: CausalGraph, arrow: tuple[str, str]) -> CausalGraph:
    return CausalGraph.of([*graph.arrows, arrow], nodes=graph.nodes, unobserved=graph.unobserved)


def test_samenwerking_on_vsv_is_a_conditional_frontdoor(graph: CausalGraph) -> None:
    found = identify_effect(graph, "samenwerking", "vsv")
    assert (found.identifiable, found.strategy) == (True, Strategy.FRONTDOOR)
    assert found.minimal_adjustment_sets == ()
    assert found.frontdoor_sets == ()
    first = found.conditional_frontdoor_sets[0]
    assert first.mediators == ("mbo_stof", "pedagogiek", "versnelling")
    assert first.given == ("sector",)


def test_what_one_arrow_from_school_quality_to_binding_destroys(graph: CausalGraph) -> None:
    """Everything that passes binding as cause or front door; not the earlier front door."""
    spoiled = _with_arrow(graph, ("schoolkwaliteit", "binding"))
    lost = identify_effect(spoiled, "binding", "vsv")
    assert identify_effect(graph, "binding", "vsv").strategy is Strategy.BACKDOOR
    assert (lost.identifiable, lost.strategy) == (False, Strategy.INSTRUMENT)
    assert lost.hedge == Hedge(forest=("binding", "vsv"), root=("vsv",))
    (kept,) = identify_effect(spoiled, "samenwerking", "vsv").conditional_frontdoor_sets
    assert kept.mediators == ("mbo_stof", "pedagogiek", "versnelling")
    assert not identify_effect(spoiled, "samenwerking", "binding").minimal_adjustment_sets


def test_an_arrow_from_school_quality_to_pedagogiek_ends_identification(
    graph: CausalGraph,
) -> None:
    spoiled = _with_arrow(graph, ("schoolkwaliteit", "pedagogiek"))
    found = identify_effect(spoiled, "samenwerking", "vsv")
    assert not found.identifiable
    assert found.hedge == Hedge(
        forest=("pedagogiek", "samenwerking", "vsv"), root=("pedagogiek", "vsv")
    )


def test_pedagogiek_on_binding_is_identified_if_it_varies(graph: CausalGraph) -> None:
    found = identify_effect(graph, "pedagogiek", "binding", kind="direct")
    assert ("samenwerking",) in found.minimal_adjustment_sets
    assert any("komt elke waarde van pedagogiek voor" in item.nl for item in found.assumptions)


def test_the_document_fits_its_schema(graph: CausalGraph) -> None:
    document = json.loads(_run(MODEL, "--json"))
    schema = json.loads(
        resources.files("vm2causal").joinpath("schemas/identify.schema.json").read_text()
    )
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(document)
    asked = {(q["cause"], q["effect"], q["kind"]) for q in document["queries"]}
    assert len(asked) == len(document["queries"])
    observed = {arrow for arrow in graph.arrows if not {*arrow} & graph.unobserved}
    assert observed == {(x, y) for x, y, kind in asked if kind == "direct"}
    assert {(s["cause"], s["effect"]) for s in document["skipped"]} == {*graph.arrows} - observed
    declared = {(q.cause, q.effect, q.kind.value) for q in read_model(MODEL).queries}
    assert declared <= asked


def test_one_answer_in_words() -> None:
    printed = _run(MODEL, "--cause", "samenwerking", "--effect", "vsv", "--lang", "en")
    assert "through the front door" in printed
    assert "mbo_stof, pedagogiek, versnelling | sector" in printed


def test_tables_name_what_was_not_asked() -> None:
    printed = _run(MODEL, "--effect", "vsv", "--lang", "en")
    assert "lwoo → vsv" in printed
    assert "Not asked, since one of the two is not observed: schoolkwaliteit → vsv." in printed


@pytest.mark.parametrize(
    ("options", "listed"),
    [(["--cause", "binding", "--effect", "vsv"], False), (["--effect", "vsv"], True)],
)
def test_independences_are_sought_only_to_be_printed(
    options: list[str], listed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[CausalGraph] = []

    def watched(graph: CausalGraph, **settings: object) -> ImpliedIndependences:
        asked.append(graph)
        return ImpliedIndependences((), IndependenceBasis.MISSING_EDGES)

    monkeypatch.setattr("vm2causal.identify.implied_independences", watched)
    _run(MODEL, *options)
    assert bool(asked) is listed


def test_an_effect_that_is_zero_needs_no_instrument(graph: CausalGraph) -> None:
    found = identify_effect(graph, "positie", "binding")
    assert (found.has_effect, found.instruments, found.complete) == (False, (), True)
    assert "instrument" not in _run(MODEL, "--cause", "positie", "--effect", "binding")


def test_overlap_covers_all_that_a_formula_conditions_on(graph: CausalGraph) -> None:
    found = identify_effect(graph, "sector", "vsv", kind="direct")
    assert found.strategy is Strategy.ID
    assert {"communicatie", "geslacht", "leeftijd", "lwoo", "tranche", "zelfde_bestuur"} <= {
        *found.conditioned_on
    }
    (overlap,) = (item.en for item in found.assumptions if "occurs at every" in item.en)
    assert all(name in overlap for name in found.conditioned_on)


def test_importing_loads_no_dowhy() -> None:
    script = "import sys, vm2causal.identify, vm2causal.cli.identify; print('dowhy' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"
