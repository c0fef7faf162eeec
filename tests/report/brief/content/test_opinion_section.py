"""Second opinions in a brief: both numbers, whether they agree, and why there may be none."""

from __future__ import annotations

from typing import Any

import pytest

from vm2causal.report.brief.content.blocks import BulletList, Paragraph, Section, Table
from vm2causal.report.brief.content.opinion_section import disagreements, opinions_section
from vm2causal.spec import Arrow, CausalSpec, Variable
from vm2causal.texts import Language

SPEC = CausalSpec(
    name="small",
    variables={
        "mbo_stof": Variable(label={"nl": "begin van de mbo-stof", "en": "start of mbo content"}),
        "plan": Variable(kind="binary", levels=("nee", "ja")),
        "score": Variable(),
        "vsv": Variable(kind="count", trials="of", label={"nl": "uitval", "en": "leaving"}),
    },
    arrows=[
        Arrow(cause="mbo_stof", effect="vsv"),
        Arrow(cause="mbo_stof", effect="score"),
        Arrow(cause="plan", effect="score"),
    ],
)


def interval(mean: float, reach: float = 0.01) -> dict[str, float]:
    return {"mean": mean, "sd": reach / 2, "lower": mean - reach, "upper": mean + reach,
            "level": 0.95}  # fmt: skip


def row(**changes: Any) -> dict[str, Any]:
    usual = {
        "cause": "mbo_stof",
        "effect": "vsv",
        "kind": "total",
        "contrast": "4 vs 3",
        "effect_level": None,
        "strategy": "backdoor",
        "adjusted_for": ["plan"],
        "held": [],
        "reason": None,
        "passed": True,
        "failures": [],
        "first": interval(-0.02),
        "second": interval(0.03),
        "first_career": interval(-0.041),
        "second_career": interval(0.057),
        "distance": -7.04,
        "disagrees": True,
    }
    return usual | changes


NONE = row(second=None, second_career=None, distance=None, disagrees=None, passed=None,
           adjusted_for=None, reason="Met deze gegevens kan mbo_stof niet.")  # fmt: skip
UNUSABLE = row(passed=False, failures=["rhat_max"])


def section(
    *rows: dict[str, Any],
    language: Language = Language.NL,
    withheld: int = 0,
    gone: frozenset[tuple[str, str, str, str]] = frozenset(),
) -> Section:
    document = {"opinions": list(rows), "withheld": withheld}
    return opinions_section(document, spec=SPEC, fit="my-fit", withheld=gone, language=language)


def cells(*rows: dict[str, Any], language: Language = Language.NL) -> list[list[str]]:
    (table,) = (
        block for block in section(*rows, language=language).blocks if isinstance(block, Table)
    )
    return [[cell.text for cell in cells] for cells in table.rows]


def told(found: Section) -> str:
    return " ".join(block.text for block in found.blocks if isinstance(block, Paragraph))


def test_both_numbers_stand_on_the_scale_of_the_other_tables() -> None:
    assert cells(row()) == [
        [
            "begin van de mbo-stof → uitval: 4 tegenover 3",
            "totaal",
            "plan",
            "−4,1 pp (−5,1; −3,1)",
            "5,7 pp (4,7; 6,7)",
            "−7,0",
            "lopen uiteen",
        ]
    ]


def test_an_effect_that_counts_nobody_keeps_its_unit() -> None:
    agreeing = row(
        effect="score", first_career=None, second_career=None, disagrees=False, distance=0.3
    )
    ((*_, first, second, distance, verdict),) = cells(agreeing, language=Language.EN)
    assert "pp" not in first + second
    assert (distance, verdict) == ("0.3", "no difference found")


ONE_SIDE = row(kind="direct", first_career=None)


@pytest.mark.parametrize("side", ["first", "second"])
def test_where_one_side_follows_pupils_to_the_end_both_are_shown_per_year(side: str) -> None:
    ((pair, *_, first, second, _, _),) = cells(row(**{f"{side}_career": None}))
    assert pair == "begin van de mbo-stof → uitval: 4 tegenover 3 (per jaar)"
    assert (first, second) == ("−2,0 pp (−3,0; −1,0)", "3,0 pp (2,0; 4,0)")


def test_the_note_tells_of_the_scales_that_the_table_has() -> None:
    score = row(effect="score", first_career=None, second_career=None)
    for rows, expected in [
        ([row(), score], (True, False)),
        ([ONE_SIDE, score], (False, True)),
        ([row(), ONE_SIDE], (True, True)),
        ([score], (False, False)),
    ]:
        (table,) = (block for block in section(*rows).blocks if isinstance(block, Table))
        assert ("vsv en SK" in table.note, "Per jaar" in table.note) == expected
        assert "95%-interval" in table.note


def test_mediators_that_are_held_fixed_are_adjusted_for_too() -> None:
    ((_, kind, adjusted, *_),) = cells(row(kind="direct", held=["score"]))
    assert (kind, adjusted) == ("direct", "plan, score")
    ((_, _, adjusted, *_),) = cells(row(adjusted_for=[]), language=Language.EN)
    assert adjusted == "nothing"


def test_without_a_second_opinion_the_reason_stands_below_the_table() -> None:
    ((_, _, adjusted, first, second, distance, verdict),) = cells(NONE)
    assert first == "−2,0 pp (−3,0; −1,0)"
    assert (adjusted, second, distance) == ("–", "–", "–")
    assert verdict == "geen tweede oordeel: zie onder"
    found = section(row(), NONE, NONE | {"contrast": "5 vs 3"})
    (reasons,) = (block.items for block in found.blocks if isinstance(block, BulletList))
    assert reasons == (
        "begin van de mbo-stof → uitval (totaal): "
        "Met deze gegevens kan begin van de mbo-stof niet.",
    )
    assert not [block for block in section(row()).blocks if isinstance(block, BulletList)]


@pytest.mark.parametrize(
    ("language", "words"),
    [
        (Language.NL, ["achtergehouden", "–", "niet te gebruiken: de regressie slaagde niet voor "
                       "convergentie (R-hat)"]),
        (Language.EN, ["withheld", "–", "not usable: the regression did not pass convergence "
                       "(R-hat)"]),
    ],
)  # fmt: skip
def test_a_regression_that_failed_its_gate_gives_no_number(
    language: Language, words: list[str]
) -> None:
    ((*_, second, distance, verdict),) = cells(UNUSABLE, language=language)
    assert [second, distance, verdict] == words


def test_the_summary_counts_what_is_told() -> None:
    found = section(row(), row(), row(disagrees=False), UNUSABLE, NONE, language=Language.EN)
    assert told(found).endswith(
        "Effects: 5. No difference found: 1. Differ: 2. Not usable: 1. Without a second opinion: 1."
    )


def test_only_usable_opinions_on_total_effects_contradict_a_headline() -> None:
    rows = [row(), UNUSABLE | {"effect": "score"}, row(kind="direct", contrast="5 vs 3"), NONE]
    assert set(disagreements({"opinions": rows[:3], "withheld": 0})) == {
        ("mbo_stof", "vsv", "4 vs 3", None)
    }
    assert disagreements({"opinions": [NONE], "withheld": 0}) == disagreements(None) == {}


def test_who_did_not_ask_is_told_how_to() -> None:
    found = opinions_section(None, spec=SPEC, fit="my-fit", withheld=(), language=Language.NL)
    assert told(found).endswith("vm2causal effects my-fit --second-opinion")


def test_groups_that_are_left_out_are_counted() -> None:
    assert "minder dan 10 personen: 2." in told(section(row(), withheld=2))
    assert "weggelaten" not in told(section(row()))
    nothing = section(withheld=2)
    assert not [block for block in nothing.blocks if isinstance(block, Table)]


def test_neither_opinion_on_what_the_checks_withhold_is_shown() -> None:
    kept = row()
    gone = (kept["cause"], kept["effect"], kept["contrast"], "total")
    found = section(kept, row(kind="direct"), gone=frozenset({gone}), language=Language.EN)
    (table,) = (block for block in found.blocks if isinstance(block, Table))
    total, direct = ([cell.text for cell in cells] for cells in table.rows)
    assert total[3:6] == ["withheld", "withheld", "–"]
    assert "withheld" not in direct
