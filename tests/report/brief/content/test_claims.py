"""Words go no further than the evidence."""

import re
from collections.abc import Sequence
from typing import Any

import pytest

from vm2causal.identify import identify_effect
from vm2causal.report.brief.content.blocks import Standing
from vm2causal.report.brief.content.claims import Claim, study_claims
from vm2causal.report.brief.content.monitor_claims import monitor_claims, sector_claim
from vm2causal.spec import Arrow, CausalSpec, Query, Variable
from vm2causal.texts import Language, catalogue

SPEC = CausalSpec(
    name="small",
    variables={
        "samenwerking": Variable(
            kind="latent", items=("a", "b", "c"), levels=tuple("12345"),
            label={"nl": "samenwerking", "en": "cooperation"},
        ),
        "versnelling": Variable(kind="ordinal", levels=("0", "0.5", "1")),
        "cijfer": Variable(kind="continuous"),
        "vsv": Variable(kind="count", trials="vsv_van", level="leerling",
                        label={"nl": "voortijdig schoolverlaten", "en": "early leaving"}),
    },
    arrows=[
        Arrow(cause="samenwerking", effect="vsv"),
        Arrow(cause="versnelling", effect="vsv"),
        Arrow(cause="samenwerking", effect="cijfer"),
    ],
    queries=[Query(cause="samenwerking", effect="vsv")],
)  # fmt: skip


def interval(mean: float, lower: float, upper: float) -> dict[str, float]:
    return {"mean": mean, "sd": 0.01, "lower": lower, "upper": upper, "level": 0.95}


def row(**changes: Any) -> dict[str, Any]:
    base: dict[str, Any] = {
        "cause": "samenwerking",
        "effect": "vsv",
        "kind": "total",
        "contrast": "1.1 vs -0.7",
        "effect_level": None,
        "by": None,
        "natural": interval(-0.006, -0.011, -0.002),
        "career": interval(-0.0452, -0.08, -0.008),
    }
    return base | changes


def claimed(*rows: dict[str, Any], language: Language = Language.NL, **changes: Any) -> list[Claim]:
    graph = SPEC.graph
    identified = {
        ("samenwerking", effect): identify_effect(graph, "samenwerking", effect)
        for effect in ("vsv", "cijfer")
    }
    options: dict[str, Any] = {
        "spec": SPEC,
        "identified": identified,
        "failures": [],
        "gates": {},
        "refuted": {},
        "contradicted": {},
        "synthetic": False,
        "pupils": True,
        "most": 5,
        "language": language,
    }
    return list(study_claims(rows, **(options | changes)))


def words(claim: Claim) -> str:
    return " ".join([claim.title, *claim.sentences, claim.licence])


def test_an_identified_effect_is_said_in_people_with_its_interval() -> None:
    (claim,) = claimed(row())
    assert claim.standing is Standing.CAUSAL
    assert claim.title == "Minder voortijdig schoolverlaten door samenwerking"
    assert claim.sentences[0] == (
        "Meer samenwerking leidt volgens het model tot ongeveer 45 minder voortijdig "
        "schoolverlaters op elke 1.000 leerlingen (met 95% kans tussen 8 en 80 minder)."
    )
    assert claim.share == row()["career"]


def test_an_effect_that_the_graph_does_not_identify_is_a_relation() -> None:
    (claim,) = claimed(row(), identified={})
    assert claim.standing is Standing.ASSOCIATION
    assert "hangt samen met ongeveer 45 minder" in claim.sentences[0]
    assert not _causal_verbs(words(claim))


def test_an_interval_across_zero_names_no_direction_in_its_title() -> None:
    (claim,) = claimed(row(career=interval(-0.01, -0.03, 0.01)), language=Language.EN)
    assert claim.title == "No clear effect of cooperation on early leaving"
    assert "between 30 fewer and 10 more" in claim.sentences[0]


def test_a_failed_gate_withholds_the_number_and_gives_the_reason() -> None:
    (claim,) = claimed(row(), failures=["convergentie (R-hat)"])
    assert claim.standing is Standing.WITHHELD
    assert claim.share is None
    assert "slaagde niet voor convergentie (R-hat)" in claim.sentences[0]
    assert not re.search(r"45|schoolverlaters", words(claim))


def test_an_effect_that_an_attack_brought_down_is_withheld() -> None:
    (claim,) = claimed(row(), refuted={("samenwerking", "vsv"): "Hield geen stand: placebo"})
    assert claim.standing is Standing.WITHHELD
    assert claim.sentences == ("Hield geen stand: placebo",)


SHAPE = {"cause": "samenwerking", "effect": "vsv", "effect_level": None, "shape": "varies",
         "by": "school", "slope": 0.3, "change": 0.4, "detectable": 0.3, "p": 0.001,
         "state": "failed", "reason": None}  # fmt: skip
GATE = {"cause": "samenwerking", "effect": "vsv", "contrast": "1.1 vs -0.7", "state": "passed",
        "licence": "as_is", "sd": 0.01, "robust_sd": 0.01, "clusters": None, "levels": 80,
        "factor": 1.5, "distribution": "fits", "misfits": [], "prior": "none", "failed": [],
        "unjudged": []}  # fmt: skip


def gated(language: Language = Language.NL, **changes: Any) -> Claim:
    gates = {("samenwerking", "vsv", "1.1 vs -0.7"): GATE | changes}
    (claim,) = claimed(row(), gates=gates, language=language)
    return claim


def test_a_misfit_that_changes_nothing_leaves_the_claim_with_a_wider_interval() -> None:
    claim = gated(Language.EN, licence="wider", distribution="stands", misfits=["vsv"], factor=1.1)
    assert claim.standing is Standing.CAUSAL
    assert claim.share is not None
    assert claim.share["upper"] == pytest.approx(-0.0452 + 1.1 * (-0.008 + 0.0452))
    assert "Conclude nothing" not in words(claim)
    assert "The claim stands" in words(claim)
    assert "1.10 times as wide" in words(claim)


def test_a_claim_that_turns_on_a_distribution_is_not_clear() -> None:
    claim = gated(Language.EN, licence="wider", distribution="turns", misfits=["vsv"])
    assert claim.title == "No clear effect of cooperation on early leaving"
    assert "turns on that distribution" in words(claim)


def test_an_effect_that_differs_between_schools_is_an_average() -> None:
    claim = gated(Language.EN, state="failed", licence="wider", failed=[SHAPE], factor=1.1)
    assert "cooperation → early leaving differs between levels of ‘school’" in words(claim)
    assert claim.licence.startswith("An average: no number for everyone.")


def test_an_effect_that_bends_has_no_number() -> None:
    bent = SHAPE | {"shape": "curvature", "by": None}
    claim = gated(state="failed", licence="withheld", failed=[bent])
    assert claim.standing is Standing.WITHHELD
    assert "is geen rechte lijn" in claim.sentences[0]
    assert not re.search(r"45|schoolverlaters", words(claim))


def test_what_could_not_be_judged_is_said_with_its_reason() -> None:
    unmade = SHAPE | {"state": "unjudged", "reason": "constant_within"}
    said = words(gated(Language.EN, state="unjudged", unjudged=[unmade]))
    assert "Could not be judged: whether cooperation → early leaving differs" in said
    assert "(the cause does not vary within a level)" in said
    assert "no checks of this effect were kept" in words(claimed(row(), language=Language.EN)[0])


OTHER = {"second": interval(0.001, -0.003, 0.005), "second_career": interval(0.012, -0.02, 0.044)}
SAME = ("samenwerking", "vsv", "1.1 vs -0.7", None)


def test_a_second_opinion_that_does_not_agree_stands_beside_the_number() -> None:
    said = {
        Language.NL: "wijkt hiervan af: ongeveer 12 meer (met 95% kans tussen 20 minder "
        "en 44 meer). Ten minste één van beide klopt dan niet",
        Language.EN: "differs from this: about 12 more (with 95% probability between "
        "20 fewer and 44 more). At least one of the two is then wrong",
    }
    for language, words_of_it in said.items():
        (claim,) = claimed(row(), contradicted={SAME: OTHER}, language=language)
        assert claim.standing is Standing.DISPUTED
        assert "45" in claim.sentences[0]
        assert words_of_it in claim.sentences[1]
        assert not _causal_verbs(words(claim))
        assert "regress" not in words(claim).lower()


def test_a_disputed_headline_names_no_direction_in_its_title() -> None:
    titles = {
        Language.NL: "Omstreden: samenwerking en voortijdig schoolverlaten",
        Language.EN: "Disputed: cooperation and early leaving",
    }
    for language, title in titles.items():
        for identified in ({}, None):
            changes = {} if identified is None else {"identified": identified}
            (claim,) = claimed(row(), contradicted={SAME: OTHER}, language=language, **changes)
            assert claim.title == title
            assert claim.standing is Standing.DISPUTED
            assert claim.licence.startswith(title.partition(":")[0])


def test_a_second_opinion_on_something_else_is_not_held_against_a_headline() -> None:
    for change in ("2 vs -0.7", None), ("1.1 vs -0.7", "ja"):
        (claim,) = claimed(row(), contradicted={("samenwerking", "vsv", *change): OTHER})
        assert claim == claimed(row())[0]


def test_a_second_opinion_speaks_in_the_units_of_the_headline() -> None:
    mean = row(effect="cijfer", career=None, natural=interval(0.4, 0.1, 0.7))
    own = {("samenwerking", "cijfer", "1.1 vs -0.7", None): OTHER | {"second_career": None}}
    (claim,) = claimed(mean, contradicted=own)
    assert "ongeveer 0,0010 (met 95% kans tussen −0,0030 en 0,0050)" in claim.sentences[1]
    # a yearly difference says nothing beside one at the end of a career
    (claim,) = claimed(row(), contradicted={SAME: OTHER | {"second_career": None}})
    assert claim.sentences[1].startswith(
        "Een tweede schatting van hetzelfde effect wijkt hiervan af."
    )
    assert "ongeveer" not in claim.sentences[1]


def test_what_is_withheld_has_no_second_opinion_either() -> None:
    (claim,) = claimed(row(), failures=["convergentie (R-hat)"], contradicted={SAME: OTHER})
    assert "tweede oordeel" not in words(claim)


def test_a_made_up_study_says_so_in_every_claim() -> None:
    for claim in claimed(row(), row(cause="versnelling", contrast="1 vs 0"), synthetic=True):
        assert claim.licence.startswith("Oefenvoorbeeld:")


def test_levels_are_compared_by_name() -> None:
    (claim,) = claimed(row(cause="versnelling", contrast="1 vs 0"), language=Language.EN)
    assert "Versnelling (1 instead of 0)" in claim.sentences[0]
    assert claim.sentences[1] == "Compared are 1 and 0."


def test_an_effect_that_counts_nobody_keeps_its_own_unit() -> None:
    (claim,) = claimed(row(effect="cijfer", career=None, natural=interval(0.4, 0.1, 0.7)))
    assert claim.share is None
    assert "ongeveer 0,40 (met 95% kans tussen 0,10 en 0,70)" in claim.sentences[0]


def test_careers_come_first_and_of_several_contrasts_the_first_speaks() -> None:
    rows = [
        row(effect="cijfer", career=None, natural=interval(0.4, 0.1, 0.7)),
        row(),
        row(contrast="2 vs -0.7", career=interval(-0.1, -0.2, -0.05)),
    ]
    (claim,) = claimed(*rows)
    assert "45 minder" in claim.sentences[0]


def monitor_document(
    *rows: tuple[str, str, int, str, float, float], failures: Sequence[str] = ()
) -> dict[str, Any]:
    """Of outcome, tranche, years, verdict, mean and half-width."""
    places = [
        {"outcome": outcome, "tranche": tranche, "years_since_start": years}
        for outcome, tranche, years, *_ in rows
    ]
    return {
        "estimates": [
            place
            | {
                "method": "did_clustered",
                "selection": "all",
                "risk_difference": interval(mean, mean - half, mean + half),
                "p_beneficial": 0.999_99,
                "p_beneficial_moved": 0.97,
            }
            for place, (*_, mean, half) in zip(places, rows, strict=True)
        ],
        "parallel_trends": [
            place
            | {
                "verdict": verdict,
                "risk_difference": interval(mean, mean - 1.4 * half, mean + 1.4 * half),
                "moved": 0.012,
                "interval_holds_zero": 0.005,
                "mbar_interval_holds_zero": 0.42,
            }
            for place, (*_, verdict, mean, half) in zip(places, rows, strict=True)
        ],
        "hazards": [
            {"selection": "all", "outcome": outcome, "tranche": "T1", "years_since_start": 4}
            | {"log_odds": interval(0.05, -0.21, 0.32)}
            for outcome in ("vsv", "sk")
        ],
        "diagnostics": {"failures": list(failures)},
    }


PUBLISHED = (
    ("vsv", "T1", 4, "undecided", -0.040, 0.038),
    ("vsv", "T2", 3, "conditional", -0.035, 0.024),
    ("sk", "T1", 4, "undecided", 0.09, 0.07),
    ("sk", "T2", 3, "holds", 0.13, 0.02),
)


def test_no_two_headlines_share_a_picture() -> None:
    """Not by hyphens in names, nor with the monitor, whose cause is VM2."""
    rows = [("a-b", "c"), ("a", "b-c"), ("vm2", "vsv"), ("monitor-vm2", "vsv")]
    names = ("a-b", "a", "vm2", "monitor-vm2", "c", "b-c")
    variables = {name: Variable() for name in names} | {"vsv": SPEC.variables["vsv"]}
    spec = CausalSpec(
        name="hyphens",
        variables=variables,
        arrows=[Arrow(cause=cause, effect=effect) for cause, effect in rows],
    )
    pairs = [row(cause=cause, effect=effect) for cause, effect in rows]
    document = monitor_document(*PUBLISHED[:2])
    claims = [*monitor_claims(document, Language.NL), *claimed(*pairs, spec=spec)]
    assert len({claim.picture_name for claim in claims}) == len(claims) == 5


def test_each_tranche_speaks_after_its_own_years_and_no_further_than_its_verdict() -> None:
    vsv, sk = monitor_claims(monitor_document(*PUBLISHED), Language.NL)
    assert (vsv.title, vsv.standing) == (
        "Onbeslist: VM2 en voortijdig schoolverlaten (vsv)",
        Standing.UNDECIDED,
    )
    first, second, followed = vsv.sentences
    assert first.startswith("Tranche 1 (start 2008), vier jaar na de start: onbeslist.")
    # what pooling decides stands beside what the tranche shows by itself
    assert "tussen 2 en 78 minder), maar met deze tranche op zichzelf tussen 93 minder" in first
    assert second.startswith("Tranche 2 (start 2009), drie jaar na de start: ongeveer 35 minder")
    assert "als scholen en land gelijk op waren gegaan" in second
    assert "0,5 procentpunt" in second
    assert followed.startswith("Tranche 2 is niet tot het vierde jaar gevolgd")
    assert "0,05; −0,21 tot 0,32" in followed
    assert not _causal_verbs(" ".join((vsv.title, *vsv.sentences)))
    assert "99" not in " ".join(vsv.sentences)
    assert (sk.title, sk.standing) == ("Eerder een startkwalificatie door VM2", Standing.CAUSAL)
    assert (
        "VM2 leidde tot ongeveer 130 meer leerlingen die hun startkwalificatie eerder"
        in (sk.sentences[1])
    )
    assert "onbeslist" in sk.sentences[0]
    assert "drie jaar na de start" in sk.among


def test_sooner_and_more_need_both_tranches() -> None:
    both = [*PUBLISHED[:2], ("sk", "T1", 4, "holds", 0.09, 0.05), PUBLISHED[3]]
    _, sk = monitor_claims(monitor_document(*both), Language.EN)
    assert sk.title == (
        "VM2 brings starting qualifications forward, and raises their number after four years"
    )
    late = [*PUBLISHED[:2], ("sk", "T1", 4, "holds", 0.09, 0.05)]
    _, sk = monitor_claims(
        monitor_document(*late, ("sk", "T2", 3, "undecided", 0.01, 0.02)), Language.EN
    )
    assert sk.title == "VM2 raises starting qualification (SK)"
    harm = [*PUBLISHED[:2], PUBLISHED[2], ("sk", "T2", 3, "holds", -0.13, 0.02)]
    _, sk = monitor_claims(monitor_document(*harm), Language.EN)
    assert sk.title == "VM2 lowers starting qualification (SK)"


def test_a_monitor_that_failed_its_gate_claims_nothing() -> None:
    document = monitor_document(*PUBLISHED[:2], failures=["divergences"])
    (claim,) = monitor_claims(document, Language.EN)
    assert claim.standing is Standing.WITHHELD
    assert "did not pass divergences" in claim.sentences[0]


@pytest.mark.parametrize(("p", "title"), [(0.99, "In engineering"), (0.8, "No sector")])
def test_sectors_are_described_and_nothing_more(p: float, title: str) -> None:
    document = {
        "stop": [
            {"sector": sector, "tranche": "T1", "stopped": 4, "started": 6}
            | {"probability": interval(0.5, 0.3, 0.7)}
            for sector in ("techniek", "economie")
        ],
        "contrasts": [
            {"sector": "techniek", "versus": "others", "p_higher": p},
            {"sector": "economie", "versus": "others", "p_higher": 1 - p},
        ],
        "license": "This describes.",
        "diagnostics": {"failures": []},
    }
    claim = sector_claim(document, Language.EN)
    assert claim.title.startswith(title)
    assert claim.standing is Standing.ASSOCIATION
    # what was counted, not a model's 50% in the place of 4 of 6
    assert "tranche 1 (start 2008) 4 of 6." in claim.sentences[0]
    assert "%" not in claim.sentences[0].split("stopped:")[1]


_CAUSAL = {
    "nl": (
        r"\bleid(t|de|den)\b|verlaagt|verhoogt|vermindert|veroorza|zorgt|\bdoor\b|bewerkt"
        r"|heeft effect"
    ),
    "en": r"\bleads?\b|\bled\b|lowers?\b|raises?\b|reduces?\b|\bcauses?\b|increases?\b|because of",
}
_NEVER = r"bewe?zen|bewijs|aangetoond|\bproves?\b|\bproven\b|\bproof\b|zonder twijfel|certainly"


def _causal_verbs(said: str) -> list[str]:
    return re.findall("|".join(_CAUSAL.values()), said.lower())


def test_causal_verbs_stand_in_causal_texts_only() -> None:
    """The vocabulary of headlines, held: each claim's texts by what they may say."""
    for key, entry in catalogue().items():
        if not re.match(r"brief\.(title|study|vm2|sectors)\.", key) or ".causal." in key:
            continue
        for language, said in entry.items():
            plain = re.sub(r"\{\w+\}", "", said.lower())
            assert not re.search(_CAUSAL[language], plain), (key, said)


def test_nothing_is_ever_proven() -> None:
    for key, entry in catalogue().items():
        if key.startswith(("brief.", "license.", "estimate.", "page.")):
            assert not re.search(_NEVER, " ".join(entry.values()).lower()), key


def test_the_vocabulary_test_sees_what_it_looks_for() -> None:
    assert _causal_verbs("VM2 leidde tot minder")
    assert _causal_verbs("cooperation lowers vsv")
    assert not _causal_verbs("hangt samen met minder vsv")
