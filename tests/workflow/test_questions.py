import numpy as np
import pandas as pd
import pytest

from vm2causal.errors import StudyError
from vm2causal.model.data.spec_for_data import spec_for_data
from vm2causal.model.data.structural_data import table_data
from vm2causal.spec import Arrow, CausalGraph, CausalSpec, Query, Variable
from vm2causal.workflow.questions import (
    Unanswerable,
    mediation_notes,
    populations,
    unanswerable_questions,
)

TABLE = pd.DataFrame({name: np.arange(6.0) for name in "zxmy"})


def asked(
    spec: CausalSpec, available: set[str], table: pd.DataFrame = TABLE
) -> tuple[Unanswerable, ...]:
    adapted = spec_for_data(spec, available)
    return unanswerable_questions(spec, adapted, table_data(adapted.spec, table))


def front_door(*queries: tuple[str, str]) -> CausalSpec:
    """u behind x and y; x works through m only."""
    return CausalSpec(
        name="front-door",
        variables={
            **{name: Variable() for name in ("x", "m", "y")},
            "u": Variable(observed=False),
        },
        arrows=[
            Arrow(cause=cause, effect=effect)
            for cause, effect in (("x", "m"), ("m", "y"), ("u", "x"), ("u", "y"))
        ],
        queries=[Query(cause=cause, effect=effect) for cause, effect in queries],
    )


def test_with_all_data_every_question_can_be_answered() -> None:
    spec = front_door(("x", "y"), ("m", "y"))
    assert asked(spec, {"x", "m", "y"}) == ()


def test_without_the_mediator_the_last_question_goes_and_the_reason_is_given() -> None:
    spec = front_door(("x", "y"))
    with pytest.raises(
        StudyError,
        match=r"cannot answer any question of the model\. The total effect of x on y: .*x.*y.* "
        r"Got: '1 of 1 questions'\. Add data on m, or ask other questions in the model file\.",
    ):
        asked(spec, {"x", "y"})


def test_what_can_still_be_answered_keeps_the_fit_alive() -> None:
    spec = front_door(("x", "m"), ("m", "y"), ("x", "y"))
    (gone,) = asked(spec, {"x", "m"})[:1]
    assert (gone.query.cause, gone.query.effect) == ("m", "y")
    assert gone.to_dict() == {
        "cause": "m",
        "effect": "y",
        "kind": "total",
        "reason": {"nl": "Er zijn geen gegevens over y.", "en": "There are no data on y."},
    }


def test_a_model_that_never_could_answer_is_refused_too() -> None:
    spec = CausalSpec(
        name="hopeless",
        variables={"x": Variable(), "y": Variable(), "u": Variable(observed=False)},
        arrows=[
            Arrow(cause=cause, effect=effect)
            for cause, effect in (("x", "y"), ("u", "x"), ("u", "y"))
        ],
        queries=[Query(cause="x", effect="y")],
    )
    with pytest.raises(StudyError, match="Ask other questions in the model file"):
        asked(spec, {"x", "y"})


def test_an_instrument_answers_in_a_parametric_model() -> None:
    spec = CausalSpec(
        name="instrument",
        variables={**{name: Variable() for name in "zxy"}, "u": Variable(observed=False)},
        arrows=[
            Arrow(cause=cause, effect=effect)
            for cause, effect in (("z", "x"), ("x", "y"), ("u", "x"), ("u", "y"))
        ],
        queries=[Query(cause="x", effect="y")],
    )
    assert asked(spec, set("zxy")) == ()


def test_a_model_without_questions_is_fitted() -> None:
    spec = front_door()
    assert asked(spec, {"x"}) == ()


@pytest.mark.parametrize("constant", ["x", "m", "y"])
def test_questions_about_one_value_are_not_testable_and_no_mistake(constant: str) -> None:
    """Each of them is named with the reason, also where no question is left."""
    spec = front_door(("x", "y"), ("m", "y"), ("x", "m"))
    found = asked(spec, {"x", "m", "y"}, TABLE.assign(**{constant: 3.0}))
    ends = [(item.query.cause, item.query.effect) for item in found]
    assert ends == [pair for pair in (("x", "y"), ("m", "y"), ("x", "m")) if constant in pair]
    assert {item.reason.en for item in found} == {
        f"Not testable: {constant} has one value only in these data."
    }
    (only,) = asked(front_door(("x", "y")), {"x", "m", "y"}, TABLE.assign(y=3.0))
    assert only.to_dict()["reason"]["nl"].startswith("Niet toetsbaar: y heeft")


def selected(*decides: str) -> tuple[CausalSpec, set[str]]:
    """x → y with a common cause z, and units selected by some of them."""
    arrows = [("x", "y"), ("z", "x"), ("z", "y"), *((name, "s") for name in decides)]
    spec = CausalSpec(
        name="selected",
        variables={**{name: Variable() for name in "xyz"}, "s": Variable(selected=True)},
        arrows=[Arrow(cause=cause, effect=effect) for cause, effect in arrows],
        queries=[Query(cause="x", effect="y"), Query(cause="z", effect="x")],
    )
    return spec, set("xyz")


@pytest.mark.parametrize(
    ("decides", "expected"),
    [
        (["x"], [("x", "y", "selected")]),
        (["z"], [("x", "y", "selected"), ("z", "x", "whole")]),
        (["x", "y"], []),
    ],
)
def test_a_fit_knows_in_whose_population_its_effects_hold(
    decides: list[str], expected: list[tuple[str, str, str]]
) -> None:
    spec, columns = selected(*decides)
    adapted = spec_for_data(spec, columns)
    assert adapted.spec.graph.selected == {"s"}
    assert {arrow for arrow in adapted.spec.graph.arrows if arrow[1] == "s"} == {
        (name, "s") for name in decides
    }
    table = TABLE.assign(z=TABLE["z"])
    if not expected:
        with pytest.raises(StudyError, match=r"they hold only units with s, and no adjustment"):
            unanswerable_questions(spec, adapted, table_data(adapted.spec, table))
        return
    refused = unanswerable_questions(spec, adapted, table_data(adapted.spec, table))
    found = populations(spec, adapted, refused)
    assert [(q.cause, q.effect, p.value) for q, p in found.answers] == expected
    document = found.to_dict()
    assert document is not None
    assert document["by"] == ["s"]


def test_without_selection_nothing_is_said_of_populations() -> None:
    spec = front_door(("x", "y"))
    assert populations(spec, spec_for_data(spec, {"x", "m", "y"}), ()).to_dict() is None


def test_mediation_says_which_part_no_data_can_tell() -> None:
    arrows = [("x", "l"), ("l", "m"), ("l", "y"), ("m", "y"), ("x", "y")]
    graph = CausalGraph.of(arrows)
    (note,) = mediation_notes(graph, [("x", "y"), ("x", "y"), ("l", "y")])
    assert note.en.startswith("l is itself affected by x and confounds m and y")
