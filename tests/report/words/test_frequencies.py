import hypothesis.strategies as st
import pytest
from hypothesis import given

from vm2causal.report.words.frequencies import amount, amounts_between, is_clear
from vm2causal.texts import Language


def effect(lower: float, upper: float) -> dict[str, float]:
    return {"mean": (lower + upper) / 2, "lower": lower, "upper": upper}


@pytest.mark.parametrize(
    ("share", "nl", "en"),
    [
        (-0.0452, "45 minder", "45 fewer"),
        (0.0807, "81 meer", "81 more"),
        (-0.0001, "minder dan 1 minder", "less than 1 fewer"),
    ],
)
def test_people_out_of_a_thousand_have_a_direction(share: float, nl: str, en: str) -> None:
    assert amount(share, Language.NL) == nl
    assert amount(share, Language.EN) == en


def test_an_interval_runs_away_from_zero_whatever_its_sign() -> None:
    assert amounts_between(effect(-0.08, -0.008), Language.NL) == "tussen 8 en 80 minder"
    assert amounts_between(effect(0.008, 0.08), Language.EN) == "between 8 and 80 more"


def test_an_interval_across_zero_names_both_directions() -> None:
    assert amounts_between(effect(-0.008, 0.08), Language.EN) == "between 8 fewer and 80 more"


def test_other_denominators() -> None:
    assert amount(0.25, Language.EN, per=100) == "25 more"


@given(st.floats(-0.5, 0.5), st.floats(0, 0.5))
def test_an_effect_is_clear_exactly_when_its_interval_leaves_zero_out(
    lower: float, width: float
) -> None:
    found = effect(lower, lower + width)
    holds_zero = found["lower"] <= 0 <= found["upper"]
    assert is_clear(found) is not holds_zero
    said = amounts_between(found, Language.EN)
    assert ("fewer" in said and "more" in said) <= holds_zero
