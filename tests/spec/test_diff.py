"""The difference between two models, as data and as sentences."""

from __future__ import annotations

import copy
import re
from typing import Any

import pytest
from hypothesis import given

from model_strategies import models
from vm2causal.spec import (
    Arrow,
    CausalSpec,
    Evidence,
    Source,
    Variable,
    build_model,
    describe_diff,
    diff_models,
    model_from_text,
    read_model,
    to_dot,
)
from vm2causal.spec.diff_declarations import citation
from vm2causal.texts import Language, text


def _model(*arrows: Arrow, names: str = "abc") -> CausalSpec:
    return CausalSpec(name="m", variables={name: Variable() for name in names}, arrows=arrows)


def test_each_kind_of_change_is_found() -> None:
    before = _model(
        Arrow(cause="a", effect="b", evidence="sterk", sign="+"),
        Arrow(cause="a", effect="c"),
        names="abcd",
    )
    after = _model(
        Arrow(cause="a", effect="b", evidence="via", sign="-"),
        Arrow(cause="b", effect="c"),
        names="abce",
    )
    diff = diff_models(before, after)
    assert [arrow.key for arrow in diff.arrows_added] == [("b", "c")]
    assert [arrow.key for arrow in diff.arrows_removed] == [("a", "c")]
    assert [change.after.evidence for change in diff.evidence_changed] == [Evidence.VIA]
    assert [change.before.sign for change in diff.sign_changed] == ["+"]
    assert (diff.variables_added, diff.variables_removed) == (("e",), ("d",))
    told = describe_diff(diff, Language.EN)
    for part in (
        "The effect of a on b runs mainly through another cause. Before: strongest support.",
        "direction of a on b changed: was more, is less",
        "An effect of b on c is assumed. New in the model.",
        "no longer has\n  - a → c",
        "New variables\n  - e",
        "Variables left out\n  - d",
    ):
        assert part in told


@given(models())
def test_a_model_does_not_differ_from_itself(spec: CausalSpec) -> None:
    diff = diff_models(spec, spec)
    assert diff.is_empty
    assert "do not differ" in describe_diff(diff, Language.EN)


FULL: dict[str, Any] = {
    "name": "m",
    "title": "t",
    "variables": {
        "a": {"kind": "count", "trials": "n", "label": "first"},
        "b": {"kind": "ordinal", "levels": ["low", "high"], "unit": "points"},
        "c": {"source": {"document": "d"}},
        "q": {"kind": "latent", "items": ["i1", "i2"], "item_labels": {"i1": "one"}},
    },
    "arrows": [
        {"from": "a", "to": "b", "evidence": "sterk", "prior": {"mean": 0.5, "sd": 1}},
        {"from": "b", "to": "c", "note": "why"},
    ],
    "queries": [{"cause": "a", "effect": "c"}],
}


@pytest.mark.parametrize(
    ("path", "value", "field", "told"),
    [
        (("variables", "b", "observed"), False, "variables_changed", "b: observed true → false"),
        (("variables", "a", "trials"), "m", "variables_changed", "a: trials n → m"),
        (("variables", "a", "column"), "k", "variables_changed", "a: column none → k"),
        (("variables", "a", "label"), "1st", "variables_changed", "label 'first' → '1st'"),
        (
            ("variables", "b"),
            {"kind": "continuous", "unit": "points"},
            "variables_changed",
            "b: kind ordinal → continuous, levels [low, high] → none",
        ),
        (("variables", "b", "levels"), ["high", "low"], "variables_changed", "[high, low]"),
        (("variables", "b", "unit"), {"nl": "p", "en": "points"}, "variables_changed", "b: unit"),
        (("variables", "c", "source"), [], "variables_changed", "c: source [d] → none"),
        (("variables", "c", "kind"), "nominal", "variables_changed", "c: kind continuous → nomi"),
        (("variables", "q", "items"), ["i1", "i3"], "variables_changed", "[i1, i2] → [i1, i3]"),
        (("variables", "q", "item_labels"), {"i1": "1"}, "variables_changed", "q: item_labels"),
        (("arrows", 0, "prior"), None, "prior_changed", "normal, mean 0.5, sd 1.0 → none"),
        (("arrows", 1, "note"), None, "note_changed", "Other notes\n  - b → c: none"),
        (("arrows", 1, "source"), {"document": "d"}, "cited", "new source\n  - b → c (d)"),
        (("queries",), [], "queries_removed", "Queries left out\n  - first → c (total effect)"),
        (
            ("queries", 0, "kind"),
            "direct",
            "queries_added",
            "New queries\n  - first → c (direct effect)",
        ),
        (("title",), "u", "blocks_changed", "Also different\n  - title"),
        (("groups",), ["g"], "blocks_changed", "groups"),
        (("steps",), {"s": "step"}, "blocks_changed", "steps"),
        (("documents",), {"d": {"title": "D"}}, "blocks_changed", "documents"),
    ],
)
def test_whatever_is_declared_otherwise_is_a_difference(
    path: tuple[str | int, ...], value: object, field: str, told: str
) -> None:
    changed = copy.deepcopy(FULL)
    place: Any = changed
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    diff = diff_models(build_model(FULL), build_model(changed))
    assert not diff.is_empty
    assert getattr(diff, field)
    assert told in describe_diff(diff, Language.EN)
    assert "verschillen niet" not in describe_diff(diff, Language.NL)
    assert diff_models(build_model(FULL), build_model(FULL)).is_empty


def test_a_prior_that_moves_to_its_own_block_is_no_difference() -> None:
    apart = copy.deepcopy(FULL)
    prior = apart["arrows"][0].pop("prior")
    apart["priors"] = [{"from": "a", "to": "b"} | prior]
    assert diff_models(build_model(FULL), build_model(apart)).is_empty


def test_a_source_that_is_lost_is_no_new_support() -> None:
    cited = _model(Arrow(cause="a", effect="b", evidence="supported", source=Source(document="d")))
    diff = diff_models(cited, model_from_text(to_dot(cited), name="m"))
    told = describe_diff(diff, Language.EN)
    assert not diff.confirmed
    assert "Support found" not in told
    assert "no longer cites\n  - a → b (d)" in told


def test_a_source_beside_the_earlier_one_confirms() -> None:
    one, two = Source(document="d", section="1"), Source(document="e")
    before = _model(Arrow(cause="a", effect="b", evidence="supported", source=(one,)))
    after = _model(Arrow(cause="a", effect="b", evidence="supported", source=(two, one)))
    diff = diff_models(before, after)
    assert (len(diff.confirmed), diff.sources_lost) == (1, ())
    back = diff_models(after, before)
    assert (back.confirmed, len(back.sources_lost)) == ((), 1)


@given(models(), models())
def test_a_difference_turned_around_swaps_added_and_removed(
    first: CausalSpec, second: CausalSpec
) -> None:
    there, back = diff_models(first, second), diff_models(second, first)
    assert set(there.variables_added) == set(back.variables_removed)
    assert {a.key for a in there.arrows_added} == {a.key for a in back.arrows_removed}
    assert len(there.evidence_changed) == len(back.evidence_changed)


CONCLUSION = {
    Language.NL: [
        r"Weegt het zwaarst\n  - Het effect van pedagogische benadering op binding",
        r"status van het experiment loopt vooral via samenwerking vmbo–mbo: .*Eerder: ondersteund",
        r"Een effect van positie in en rond de school op status .* is niet gevonden: ",
        r"Kon niet worden getoetst\n  - Een effect van samenwerking vmbo–mbo op pedagogische .*"
        r"alle twaalf cases",
        r"financiële afspraken is steun gevonden: .*Nieuw in het model\.",
    ],
    Language.EN: [
        r"Weighs heaviest\n  - The effect of pedagogical approach on attachment",
        r"runs mainly through vmbo–mbo cooperation: ",
        r"No effect of communication .* on attachment of the pupil was found",
        r"Could not be tested\n  - An effect of vmbo–mbo cooperation on pedagogical approach",
    ],
}


@pytest.mark.parametrize("language", list(Language))
def test_the_two_research_models_differ_as_the_case_studies_conclude(language: Language) -> None:
    diff = diff_models(read_model("onderzoeksmodel-2011"), read_model("onderzoeksmodel-2012"))
    told = describe_diff(diff, language)
    for pattern in CONCLUSION[language]:
        assert re.search(pattern, told), pattern
    weighed, lost = told.split(text("model.diff.sources_lost", language))
    claims = [line for line in weighed.splitlines() if line.startswith("  - ")]
    assert len(claims) == 21
    assert all(re.search(r"\((vijf-jaar-vm2|gevalsstudies-2013) \d", line) for line in claims)
    assert lost.count(" → ") == len(diff.sources_lost) == 10
    assert not diff.arrows_removed


def test_a_citation_puts_the_places_in_one_document_together() -> None:
    sources = (
        Source(document="d", section="4.2"),
        Source(document="e", figure="5.1", page="27"),
        Source(document="d", table="3"),
        Source(document="f"),
    )
    assert citation(sources, Language.NL) == "d 4.2, tabel 3; e figuur 5.1, blz. 27; f"
