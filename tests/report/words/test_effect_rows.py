"""Effects in words: a terminal and a brief judge second opinions alike."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from vm2causal.report.brief.content.blocks import Table
from vm2causal.report.brief.content.opinion_section import opinions_section
from vm2causal.report.words.effect_rows import (
    Agreement,
    agreement_of,
    bayes_factor_text,
    notes_explained,
    opinion_cells,
    total_cells,
    verdict_text,
    wrong_signs_fields,
)
from vm2causal.spec import Arrow, CausalSpec, Variable
from vm2causal.texts import Language

SPEC = CausalSpec(
    name="two", variables={"x": Variable(), "y": Variable()}, arrows=[Arrow(cause="x", effect="y")]
)
FIRST = {"mean": 0.4, "sd": 0.1, "lower": 0.2, "upper": 0.6, "level": 0.95}
OPINION: dict[str, Any] = {
    "cause": "x",
    "effect": "y",
    "kind": "total",
    "contrast": "1 vs 0",
    "effect_level": None,
    "adjusted_for": [],
    "held": [],
    "reason": None,
    "passed": True,
    "failures": [],
    "first": FIRST,
    "second": FIRST,
    "first_career": None,
    "second_career": None,
    "distance": 0.0,
    "disagrees": False,
}
NONE = {"second": None, "passed": None, "disagrees": None, "reason": "no set"}
CASES: list[tuple[dict[str, Any], Agreement, str, str]] = [
    ({}, Agreement.NOT_APART, "geen verschil gevonden", "no difference found"),
    ({"disagrees": True}, Agreement.APART, "lopen uiteen", "they differ"),
    (
        {"passed": False, "disagrees": True, "failures": ["rhat_max"]},
        Agreement.UNUSABLE,
        "niet te gebruiken: de regressie slaagde niet voor",
        "not usable: the regression did not pass",
    ),
]


@pytest.mark.parametrize(("changes", "found", "nl", "en"), CASES)
def test_a_terminal_and_a_brief_use_the_same_words(
    changes: dict[str, Any], found: Agreement, nl: str, en: str
) -> None:
    row = OPINION | changes
    assert agreement_of(row) is found
    for language, words in {Language.NL: nl, Language.EN: en}.items():
        assert opinion_cells(row, SPEC, language)["agreement"].startswith(words)
        document = {"opinions": [row], "withheld": 0}
        section = opinions_section(document, spec=SPEC, fit="fit", withheld=(), language=language)
        (table,) = (block for block in section.blocks if isinstance(block, Table))
        assert table.rows[0][-1].text.startswith(words)


def test_without_a_second_opinion_the_terminal_gives_the_reason() -> None:
    assert agreement_of(OPINION | NONE) is Agreement.NONE
    assert opinion_cells(OPINION | NONE, SPEC, Language.EN)["agreement"] == "no set"


def test_a_verdict_that_a_number_contradicts_says_so() -> None:
    row = {"verdict": "ondersteund", "untestable": None,
           "notes": ("size_undecided", "bayes_factor_against")}  # fmt: skip
    assert verdict_text(row, Language.NL) == (
        "ondersteund (richting duidelijk, grootte niet; BF wijst op geen effect)"
    )
    assert verdict_text(row | {"notes": ()}, Language.EN) == "supported"
    refused = row | {"verdict": "niet_toetsbaar", "untestable": "no_overlap", "notes": ()}
    assert verdict_text(refused, Language.EN) == "not testable (no overlap)"
    explained = notes_explained([row, refused], Language.EN)
    assert [sentence.partition(":")[0] for sentence in explained] == [
        "Direction clear, size not",
        "BF points to no effect",
    ]


def test_a_bayes_factor_is_written_as_well_as_it_is_known() -> None:
    assert bayes_factor_text(8.65, Language.NL) == "8,7"
    assert bayes_factor_text(None, Language.NL, at_least=50.0) == "> 50"
    assert bayes_factor_text(None, Language.EN) == "–"


@pytest.mark.parametrize(("lfsr", "words"), [(0.0, "0,00"), (0.001, "< 0,01"), (0.04, "0,08")])
def test_few_wrong_signs_are_not_called_none(lfsr: float, words: str) -> None:
    arrows = pd.DataFrame({"verdict": ["een_effect", "ondersteund"], "lfsr": [lfsr, lfsr]})
    assert wrong_signs_fields(arrows, Language.NL) == {"expected": words, "named": "2"}


def test_causes_that_are_set_together_are_named_in_the_order_of_their_values() -> None:
    interval = {"mean": 0.1, "sd": 0.1, "lower": 0.0, "upper": 0.2, "level": 0.95}
    row = {
        "cause": "x, plan",
        "contrast": "x=1.5, plan=full vs x=-1, plan=none",
        "effect": "y",
        "effect_level": None,
        "kind": "total",
        "by": None,
        "natural": interval,
        "career": None,
    }
    variables = {"x": Variable(label="steun"), "plan": Variable(kind="nominal"), "y": Variable()}
    cells = total_cells(row, CausalSpec(name="joint", variables=variables), Language.NL)
    assert (cells["cause"], cells["contrast"]) == ("steun, plan", "1,5, full tegenover −1, none")
