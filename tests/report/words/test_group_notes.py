"""What is said beside effects by group, and when the data speak against them."""

from typing import Any

import pytest

from vm2causal.report.words.group_notes import GroupNotes, group_notes
from vm2causal.spec import Arrow, CausalSpec, Variable
from vm2causal.texts import Language

SPEC = CausalSpec(
    name="chain",
    variables={name: Variable() for name in ("x", "m", "y", "z")},
    arrows=[Arrow(cause=one, effect=other) for one, other in ("xm", "my", "zy")],
    groups=["sector", "school"],
)


def slopes(cause: str, effect: str, state: str, *, by: str = "sector") -> dict[str, Any]:
    return {"cause": cause, "effect": effect, "by": by, "shape": "varies", "state": state,
            "detectable": 0.31, "reason": "constant_within"}  # fmt: skip


def attacked(part: str, *, passed: bool = False, effect: str = "y") -> dict[str, Any]:
    attack = {"attack": "level_out", "passed": passed, "part": part, "sentence": "It shifts."}
    return {"queries": [{"cause": "x", "effect": effect, "attacks": [attack]}]}


def notes(*tests: dict[str, Any], found: dict[str, Any] | None = None, **how: Any) -> GroupNotes:
    options = {"gate": {"tests": list(tests)}, "attacked": found, "spec": SPEC} | how
    return group_notes("sector", [("x", "y")], language=Language.EN, **options)


def test_every_answer_by_group_says_that_the_coefficients_are_one() -> None:
    for found in (notes(), notes(slopes("m", "y", "failed")), notes(slopes("m", "y", "passed"))):
        assert found.said[0].startswith(
            "Each arrow has one coefficient, the same in all groups (sector)."
        )
        assert found.sentences == (*found.said, *found.against)


def test_a_test_that_found_nothing_says_what_it_could_have_missed() -> None:
    found = notes(slopes("x", "m", "passed"), slopes("m", "y", "unjudged"))
    assert "no difference was found. Differences below 0.31" in found.said[1]
    assert not found.against


def test_what_was_not_tested_is_not_called_sound() -> None:
    for tests in ((), (slopes("m", "y", "unjudged"),), (slopes("m", "y", "passed", by="school"),)):
        found = notes(*tests)
        assert found.said[1:] == ("Whether that holds could not be tested for sector.",)
        assert not found.against


def test_slopes_that_vary_on_the_way_speak_against_it() -> None:
    (said,) = notes(slopes("m", "y", "failed"), slopes("x", "m", "passed")).against
    assert "the data contradict this: m → y differs between levels of" in said
    assert not notes(slopes("z", "y", "failed"), slopes("m", "y", "failed", by="school")).against


@pytest.mark.parametrize(
    ("found", "told"),
    [
        (attacked("sector-techniek"), True),
        (attacked("sector-techniek", passed=True), False),
        (attacked("tranche-T1"), False),
        (attacked("sector-techniek", effect="m"), False),
        (None, False),
    ],
)
def test_a_level_that_decides_the_effect_speaks_against_it(
    found: dict[str, Any] | None, told: bool
) -> None:
    against = notes(slopes("m", "y", "passed"), found=found).against
    assert bool(against) == told
    if told:
        assert against[0].startswith("Beware: one group decides the effect of x on y. It shifts.")
