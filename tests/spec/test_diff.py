"""The difference between two models, as data and as sentences."""

from __future__ import annotations

import re

import pytest
from hypothesis import given

from model_strategies import models
from vm2causal.spec import (
    Arrow,
    CausalSpec,
    Evidence,
    Source,
    Variable,
    describe_diff,
    diff_models,
    read_model,
)
from vm2causal.spec.diff_text import citation
from vm2causal.texts import Language


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
    claims = [line for line in told.splitlines() if line.startswith("  - ")]
    assert len(claims) == 21
    assert all(re.search(r"\((vijf-jaar-vm2|gevalsstudies-2013) \d", line) for line in claims)
    assert not diff.arrows_removed


def test_a_citation_puts_the_places_in_one_document_together() -> None:
    sources = (
        Source(document="d", section="4.2"),
        Source(document="e", figure="5.1", page="27"),
        Source(document="d", table="3"),
        Source(document="f"),
    )
    assert citation(sources, Language.NL) == "d 4.2, tabel 3; e figuur 5.1, blz. 27; f"
