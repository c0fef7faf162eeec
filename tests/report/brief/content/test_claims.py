"""Words go no further than the evidence."""

import re
from collections.abc import Sequence
from typing import Any

import pytest

from vm2causal.identify import identify_effect
from vm2causal.report.brief.content.blocks import Standing
from vm2causal.report.brief.content.claims import Claim, study_claims
from vm2causal.report.brief.content.monitor_claims import monitor_claims, sector_claim
from vm2causal.report.words.certainty import certainty_word
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
        "levels": {},
        "horizon": "",
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
        "kind": "total", "through": [], "licence": "as_is", "sd": 0.01, "robust_sd": 0.01,
        "clusters": None, "levels": 80, "factor": 1.5, "distribution": "fits", "misfits": [],
        "prior": "none", "failed": [], "unjudged": []}  # fmt: skip


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


def test_both_sides_of_a_contrast_are_given_with_their_years() -> None:
    sides = (interval(0.235, 0.2, 0.27), interval(0.19, 0.16, 0.22))
    levels = {("samenwerking", "vsv", "1.1 vs -0.7"): sides}
    (claim,) = claimed(row(), levels=levels, horizon="Tot jaar 3.")
    assert claim.levels == sides
    assert claim.sentences[1] == (
        "Vergeleken zijn twee waarden in de gegevens, laag (een kwart ligt eronder) en hoog "
        "(een kwart ligt erboven): het model verwacht 235 en 190 voortijdig schoolverlaters op "
        "elke 1.000 leerlingen."
    )
    assert "Tot jaar 3." not in words(claim), "only of SK it matters how long it is followed"


def test_a_withheld_headline_has_no_sides() -> None:
    levels = {("samenwerking", "vsv", "1.1 vs -0.7"): (interval(0.2, 0, 1), interval(0.1, 0, 1))}
    (claim,) = claimed(row(), levels=levels, failures=["convergentie (R-hat)"])
    assert (claim.levels, claim.certainty) == (None, "")


def test_a_made_up_study_says_so_in_every_claim() -> None:
    for claim in claimed(row(), synthetic=True, language=Language.EN):
        assert claim.title.startswith("Practice example: ")
    for claim in claimed(row(), row(cause="versnelling", contrast="1 vs 0"), synthetic=True):
        assert claim.licence.startswith("Oefenvoorbeeld:")


def test_levels_are_compared_by_name() -> None:
    (claim,) = claimed(row(cause="versnelling", contrast="1 vs 0"), language=Language.EN)
    assert "Versnelling (1 instead of 0)" in claim.sentences[0]
    assert claim.sentences[1] == "Compared are 1 and 0."
    assert (
        claim.certainty
        == "Certainty: if the model is right, this direction is virtually certain (99.3%)."
    )


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


def levels_of(*rows: tuple[str, str, int, str, float, float]) -> list[dict[str, Any]]:
    """Shares of .40 without VM2, and with it that and the mean."""
    return [
        {
            "outcome": outcome,
            "tranche": tranche,
            "years_since_start": years,
            "without_vm2": interval(0.4, 0.38, 0.42),
            "with_vm2": interval(0.4 + mean, 0.39 + mean, 0.41 + mean),
        }
        for outcome, tranche, years, _, mean, _ in rows
    ]


def spoken(
    *rows: tuple[str, str, int, str, float, float], language: Language = Language.NL
) -> list[Claim]:
    return list(monitor_claims(monitor_document(*rows), levels_of(*rows), language))


def test_no_two_headlines_share_a_name() -> None:
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
    claims = [*spoken(*PUBLISHED), *claimed(*pairs, spec=spec)]
    assert len({claim.name for claim in claims}) == len(claims) == 7


def test_each_tranche_speaks_after_its_own_years_and_no_further_than_its_verdict() -> None:
    vsv, late, sooner = spoken(*PUBLISHED)
    assert (vsv.title, vsv.standing) == (
        "Minder voortijdig schoolverlaten, drie jaar na de start, op één voorwaarde",
        Standing.CONDITIONAL,
    )
    first, second = vsv.sentences
    assert first == (
        "Zonder VM2 hadden naar schatting 400 van elke 1.000 starters van tranche 2 (start 2009) "
        "drie jaar na de start hun school verlaten zonder startkwalificatie; met VM2 365. Dat zijn "
        "er 35 minder (95%-interval: tussen 11 en 59 minder)."
    )
    assert "vrijwel zeker dat VM2 hielp (> 99,9%)" in vsv.certainty
    assert "zeer waarschijnlijk (97,0%)" in vsv.certainty
    # what pooling decides stands beside what the tranche shows by itself
    assert second.startswith("Voortijdig schoolverlaten, vier jaar na de start: onbeslist.")
    assert second.endswith("ligt het verschil met 95% kans tussen 93 minder en 13 meer.")
    assert (late.title, late.standing) == (
        "Startkwalificaties, vier jaar na de start: onbeslist",
        Standing.UNDECIDED,
    )
    assert (sooner.title, sooner.standing) == (
        "Eerder een startkwalificatie door VM2: al drie jaar na de start",
        Standing.CAUSAL,
    )
    assert "de gewone route duurt vier jaar" in sooner.sentences[0]
    assert "zeer" in certainty_word(0.97, Language.NL)
    assert "zeer waarschijnlijk dat VM2 hielp (97,0%" in sooner.certainty
    for claim in (vsv, late):
        assert not _causal_verbs(" ".join((claim.title, *claim.sentences, claim.certainty)))


@pytest.mark.parametrize("language", Language)
def test_every_sk_says_at_which_year_it_holds(language: Language) -> None:
    """And how long the ordinary route takes."""
    said = {Language.NL: ("jaar na de start", "gewone route"),
            Language.EN: ("years after the start", "ordinary route")}[language]  # fmt: skip
    _, late, sooner = spoken(*PUBLISHED, language=language)
    for claim in (late, sooner):
        assert said[0] in claim.title
        assert all(part in claim.sentences[0] for part in said)


def test_sooner_and_more_are_told_apart() -> None:
    both = [*PUBLISHED[:2], ("sk", "T1", 4, "holds", 0.09, 0.05), PUBLISHED[3]]
    _, late, sooner = spoken(*both, language=Language.EN)
    assert late.title == (
        "VM2 raises the number of starting qualifications, four years after the start"
    )
    assert sooner.title == (
        "VM2 brings starting qualifications forward: already three years after the start"
    )
    harm = [*PUBLISHED[:2], PUBLISHED[2], ("sk", "T2", 3, "holds", -0.13, 0.02)]
    *_, worse = spoken(*harm, language=Language.EN)
    assert worse.title == (
        "VM2 puts starting qualifications off: fewer three years after the start"
    )


def test_the_three_numbers_of_a_headline_add_up() -> None:
    rows = [("sk", "T1", 4, "holds", mean / 1000, 0.001) for mean in (10.4, 10.5, 10.6, -3.5)]
    for one in rows:
        level = {**levels_of(one)[0], "without_vm2": interval(0.4004, 0.39, 0.41)}
        (claim,) = monitor_claims(monitor_document(one), [level], Language.EN)
        said = re.search(r"estimated (\d+) of.*with VM2 (\d+)\. That is (\d+) (more|fewer)",
                         claim.sentences[0])  # fmt: skip
        assert said is not None
        sign = 1 if said[4] == "more" else -1
        assert int(said[1]) + sign * int(said[3]) == int(said[2])


def test_a_monitor_that_failed_its_gate_claims_nothing() -> None:
    document = monitor_document(*PUBLISHED[:2], failures=["divergences"])
    (claim,) = monitor_claims(document, [], Language.EN)
    assert claim.standing is Standing.WITHHELD
    assert "did not pass divergences" in claim.sentences[0]


@pytest.mark.parametrize(("p", "title"), [(0.99, "In engineering"), (0.8, "No sector")])
def test_sectors_are_described_and_nothing_more(p: float, title: str) -> None:
    document = {
        "stop": [
            {"sector": sector, "tranche": "T1", "stopped": stopped, "started": started}
            | {"probability": interval(0.5, 0.3, 0.7)}
            for sector, stopped, started in (("techniek", 4, 6), ("economie", 3, 12))
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
    # what was counted, not a model's 50%
    if p > 0.95:
        said = "two thirds of the experiments stopped (4 of 6), elsewhere a quarter (3 of 12)"
        assert said in claim.sentences[0]
    else:
        assert "tranche 1 (start 2008) 4 of 6." in claim.sentences[0]
    assert "50%" not in claim.sentences[0]


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


@pytest.mark.parametrize(
    ("language", "said"),
    [
        (Language.NL, "gemiddelde: samenwerking → voortijdig schoolverlaten verschilt per sector"),
        (Language.EN, "an average: cooperation → early leaving varies by sector"),
    ],
)
def test_a_number_that_is_not_the_same_everywhere_is_called_an_average(
    language: Language, said: str
) -> None:
    arrows = [
        arrow.model_copy(update={"varies": ("sector",)}) if arrow.effect == "vsv" else arrow
        for arrow in SPEC.arrows
    ]
    spec = SPEC.changed(arrows=arrows, groups=("sector",))
    (claim,) = claimed(row(), language=language, spec=spec)
    assert any(said in sentence for sentence in claim.sentences)
    (plain,) = claimed(row(), language=language)
    assert not any(said in sentence for sentence in plain.sentences)
