"""The models that ship say what their sources say."""

from __future__ import annotations

from pathlib import Path

import networkx as nx
import pytest

from vm2causal.spec import CausalSpec, Evidence, Kind, list_models, read_model
from vm2causal.storage import shipped_path

VM2 = ["onderzoeksmodel-2011", "onderzoeksmodel-2012"]

# Sections and tables that the cited documents have.
PLACES = {
    "vijf-jaar-vm2": {
        *("2.1", "2.2", "2.3", "2.4", "3.4", "4.1", "4.2", "4.3", "4.4", "5"),
        *("table 2.1", "table 3.1 (vsv)", "table 3.3"),
    },
    "gevalsstudies-2013": {
        *("1.1", "2", "2.1", "2.2", "2.3", "3.1", "3.2", "3.3"),
        *("4.1", "4.2", "4.3", "4.4", "5.1", "5.2"),
    },
    "maatwerk-2014": {"2.1", "2.3.1", "4.1.1", "4.1.2", "4.1.3", "4.3", "6.1.1", "table 1"},
}

WEIGHED = {
    ("samenwerking", "status"): Evidence.ONDERSTEUND,
    ("samenwerking", "continuiteit"): Evidence.ONDERSTEUND,
    ("samenwerking", "financiele_afspraken"): Evidence.ONDERSTEUND,
    ("financiele_afspraken", "status"): Evidence.VIA,
    ("financiele_afspraken", "continuiteit"): Evidence.ONDERSTEUND,
    ("leerlingenaantal", "status"): Evidence.NIET_GEVONDEN,
    ("leerlingenaantal", "continuiteit"): Evidence.ONDERSTEUND,
    ("positie", "status"): Evidence.NIET_GEVONDEN,
    ("positie", "continuiteit"): Evidence.NIET_GEVONDEN,
    ("samenwerking", "mbo_stof"): Evidence.ONDERSTEUND,
    ("samenwerking", "versnelling"): Evidence.ONDERSTEUND,
    ("samenwerking", "vmbo_examen"): Evidence.ONDERSTEUND,
    ("samenwerking", "pedagogiek"): Evidence.NIET_TOETSBAAR,
    ("mbo_stof", "binding"): Evidence.ONDERSTEUND,
    ("versnelling", "binding"): Evidence.ONDERSTEUND,
    ("pedagogiek", "binding"): Evidence.STERK,
    ("communicatie", "binding"): Evidence.NIET_GEVONDEN,
    ("communicatie", "samenwerking"): Evidence.NIET_GEVONDEN,
    ("binding", "vsv"): Evidence.ONDERSTEUND,
    ("binding", "sk"): Evidence.ONDERSTEUND,
}


def _model_path(name: str) -> Path:
    return shipped_path("models") / f"{name}.yaml"


def test_three_models_ship() -> None:
    assert list_models() == ("maatwerk-2014", "onderzoeksmodel-2011", "onderzoeksmodel-2012")


@pytest.mark.parametrize("name", list_models())
def test_every_claim_with_evidence_has_a_source_that_exists(name: str) -> None:
    spec = read_model(name)
    for arrow in spec.arrows:
        assert arrow.evidence is None or arrow.source, arrow.key
        assert arrow.note is not None, arrow.key
    sources = [source for arrow in spec.arrows for source in arrow.source]
    sources += [source for item in spec.variables.values() for source in item.source]
    for source in sources:
        place = f"table {source.table}" if source.table else source.section
        assert place in PLACES[source.document]
        assert source.section is None or source.section in PLACES[source.document]


@pytest.mark.parametrize("name", list_models())
def test_every_variable_is_named_in_both_languages(name: str) -> None:
    for key, variable in read_model(name).variables.items():
        assert variable.label is not None, key
        assert not variable.items or set(variable.item_labels) == set(variable.items)


@pytest.mark.parametrize("name", list_models())
def test_editors_find_the_schema(name: str) -> None:
    first = _model_path(name).read_text(encoding="utf-8").splitlines()[0]
    assert first == "# yaml-language-server: $schema=./schema.json"


def test_the_weighing_of_the_twelve_cases() -> None:
    spec = read_model("onderzoeksmodel-2012")
    claims = {arrow.key: arrow.evidence for arrow in spec.arrows}
    assert {key: claims[key] for key in WEIGHED} == WEIGHED
    strongest = [key for key, evidence in claims.items() if evidence is Evidence.STERK]
    assert strongest == [("pedagogiek", "binding")]


def test_the_earlier_model_weighs_nothing() -> None:
    spec = read_model("onderzoeksmodel-2011")
    assert {arrow.evidence for arrow in spec.arrows} == {Evidence.ONDERSTEUND, None}
    later = {("samenwerking", "financiele_afspraken"), ("communicatie", "samenwerking")}
    assert {key for key in WEIGHED if spec.arrow(*key) is None} == later


@pytest.mark.parametrize("name", VM2)
def test_an_earlier_start_of_mbo_content_is_the_better_one(name: str) -> None:
    spec = read_model(name)
    assert spec.variables["mbo_stof"].levels == ("3", "4", "5")
    signs = {arrow.key: arrow.sign for arrow in spec.arrows}
    assert signs["samenwerking", "mbo_stof"] == "-"
    assert signs["mbo_stof", "binding"] == "-"


@pytest.mark.parametrize("name", VM2)
def test_binding_shares_no_trials_with_the_outcomes(name: str) -> None:
    spec = read_model(name)
    counts = {key: item for key, item in spec.variables.items() if item.kind is Kind.COUNT}
    assert list(counts) == ["binding", "vsv", "sk"]
    assert len({item.trials for item in counts.values()}) == 3


@pytest.mark.parametrize("name", VM2)
def test_cooperation_works_on_the_outcomes_through_the_programme_only(name: str) -> None:
    graph = read_model(name).graph.to_networkx()
    between = ["mbo_stof", "versnelling", "vmbo_examen", "pedagogiek"]
    graph.remove_nodes_from(between)
    for outcome in ("binding", "vsv", "sk"):
        assert not nx.has_path(graph, "samenwerking", outcome)


def _district(spec: CausalSpec, name: str) -> set[str]:
    """Nodes joined to ``name`` through unobserved common causes (all of them roots here)."""
    joined: nx.Graph[str] = nx.Graph()
    joined.add_nodes_from(spec.graph.observed)
    for hidden in spec.graph.unobserved:
        assert not spec.parents(hidden)
        effects = [effect for cause, effect in spec.graph.arrows if cause == hidden]
        nx.add_path(joined, effects)
    return set(nx.node_connected_component(joined, name))


@pytest.mark.parametrize("name", VM2)
def test_no_effect_of_cooperation_shares_an_unobserved_cause_with_it(name: str) -> None:
    """Tian and Pearl (2002), theorem 3: so the effect of cooperation on anything is identified."""
    spec = read_model(name)
    effects = {effect for cause, effect in spec.graph.arrows if cause == "samenwerking"}
    assert _district(spec, "samenwerking") == {"samenwerking", "vsv", "sk"}
    assert not effects & _district(spec, "samenwerking")


@pytest.mark.parametrize("name", VM2)
def test_pupil_characteristics_and_common_causes_are_there(name: str) -> None:
    graph = read_model(name).graph
    for cause in ("geslacht", "leeftijd", "lwoo", "sector", "tranche"):
        for outcome in ("binding", "vsv", "sk"):
            assert (cause, outcome) in graph.arrows
    for pair in (
        ("zelfde_bestuur", "financiele_afspraken"),
        ("zelfde_bestuur", "samenwerking"),
        ("krimp", "leerlingenaantal"),
    ):
        assert pair in graph.arrows


@pytest.mark.parametrize("name", VM2)
def test_status_follows_from_the_careers_that_define_it(name: str) -> None:
    """Asked in the spring of 2012: completed is left with an SK, stopped is moved elsewhere."""
    graph = read_model(name).graph.to_networkx()
    assert {"binding", "sk"} <= set(graph.predecessors("status"))
    assert nx.descendants(graph, "status") == {"continuiteit"}


def test_the_model_of_tailored_routes() -> None:
    spec = read_model("maatwerk-2014")
    assert spec.parents("organiseerbaarheid") == (
        "draagvlak",
        "gebalanceerde_instroom",
        "personeel_en_middelen",
        "randvoorwaarden",
        "samenwerking",
    )
    assert spec.parents("doelmatigheid") == ("effectiviteit", "kosten_baten", "resultaat")
