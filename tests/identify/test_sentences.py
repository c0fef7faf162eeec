"""What an answer says, and what it says it leans on."""

from __future__ import annotations

import pytest

from vm2causal.identify import Identification, Strategy, identify_effect
from vm2causal.spec import QueryKind
from vm2causal.spec.graph import CausalGraph
from vm2causal.texts import Language

BOW = [("u", "x"), ("u", "y"), ("x", "y")]
CHAIN = [("x", "m"), ("m", "y")]


def _ask(arrows: list[tuple[str, str]], kind: str = "total") -> Identification:
    hidden = {name for arrow in arrows for name in arrow if name in "uv"}
    return identify_effect(CausalGraph.of(arrows, unobserved=hidden), "x", "y", kind=kind)


def _assumed(found: Identification, language: Language = Language.EN) -> str:
    return " ".join(item.in_language(language) for item in found.assumptions)


def test_overlap_of_the_napkin_covers_what_its_formula_conditions_on() -> None:
    found = _ask(
        [("u", "w"), ("u", "x"), ("v", "w"), ("v", "y"), ("w", "r"), ("r", "x"), ("x", "y")]
    )
    assert (found.strategy, found.conditioned_on) == (Strategy.ID, ("r", "w"))
    assert "Every value of x occurs at every combination of r and w." in _assumed(found)
    assert "x varies in the data" not in _assumed(found)


def test_overlap_of_a_mediated_effect_by_formula() -> None:
    found = _ask([*CHAIN, ("u", "m"), ("u", "y"), ("c", "x"), ("c", "y")], "mediated")
    assert (found.strategy, found.conditioned_on) == (Strategy.ID, ("c", "m"))
    assert "Every value of x occurs at every combination of c and m." in _assumed(found)


def test_the_cross_world_assumption_leaves_out_the_causes_drawn() -> None:
    found = _ask([*CHAIN, ("u", "m"), ("u", "y")], "mediated")
    assert found.identifiable
    assert "Apart from the unobserved causes drawn, the disturbances of m and of y" in _assumed(
        found
    )
    assert "Afgezien van de getekende ongemeten oorzaken" in _assumed(found, Language.NL)


def test_one_mediator_is_no_crowd() -> None:
    one = _ask([*CHAIN, ("x", "y")], "mediated")
    assert "through m follows" in one.sentence.en
    assert "via m volgt" in one.sentence.nl
    assert "m is the only mediator that is observed" in _assumed(one)
    assert "m is de enige tussenstap" in _assumed(one, Language.NL)
    two = _ask([*CHAIN, ("x", "n"), ("n", "y")], "mediated")
    assert "through m and n together follows" in two.sentence.en
    assert "m and n are all mediators" in _assumed(two)


def test_a_recanting_district_is_many() -> None:
    found = _ask([*CHAIN, ("x", "y"), ("u", "m"), ("u", "y")], "mediated")
    assert found.sentence.en.endswith(
        "m and y are joined by unobserved causes; among them a mediator and y, both of which "
        "depend directly on x."
    )
    assert "ongemeten oorzaken verbinden m en y" in found.sentence.nl


@pytest.mark.parametrize(
    ("covariate", "clause"),
    [([], ""), ([("w", "z"), ("w", "y")], ", at equal w")],
    ids=["alone", "given a covariate"],
)
def test_an_instrument_must_be_relevant_and_exclusive(
    covariate: list[tuple[str, str]], clause: str
) -> None:
    found = _ask([*BOW, ("z", "x"), *covariate])
    assert found.strategy is Strategy.INSTRUMENT
    assert f"z is related to y only through x{clause}." in _assumed(found)
    assert f"z moves with x{clause};" in _assumed(found)


def test_a_direct_effect_through_unobserved_mediators_has_its_instruments() -> None:
    arrows = [("z", "x"), ("x", "v"), ("v", "y"), ("u", "x"), ("u", "y")]
    assert [item.instrument for item in _ask(arrows).instruments] == ["z"]
    direct = _ask(arrows, "direct")
    assert direct.has_effect
    assert [item.instrument for item in direct.instruments] == ["z"]
    elsewhere = _ask([*arrows, ("v", "m"), ("m", "y")], "direct")
    assert elsewhere.mediators == ("m",)
    assert elsewhere.instruments == ()


def test_kinds_are_those_of_declared_queries() -> None:
    assert {_ask(CHAIN, kind.value).kind for kind in QueryKind} == {*QueryKind}
