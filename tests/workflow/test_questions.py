import pytest

from vm2causal.errors import StudyError
from vm2causal.model.spec_for_data import spec_for_data
from vm2causal.spec import Arrow, CausalSpec, Query, Variable
from vm2causal.workflow.questions import unanswerable_questions


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
    assert unanswerable_questions(spec, spec_for_data(spec, {"x", "m", "y"})) == ()


def test_without_the_mediator_the_last_question_goes_and_the_reason_is_given() -> None:
    spec = front_door(("x", "y"))
    with pytest.raises(
        StudyError,
        match=r"cannot answer any question of the model\. The total effect of x on y: .*x.*y.* "
        r"Got: '1 of 1 questions'\. Add data on m, or ask other questions in the model file\.",
    ):
        unanswerable_questions(spec, spec_for_data(spec, {"x", "y"}))


def test_what_can_still_be_answered_keeps_the_fit_alive() -> None:
    spec = front_door(("x", "m"), ("m", "y"), ("x", "y"))
    (gone,) = unanswerable_questions(spec, spec_for_data(spec, {"x", "m"}))[:1]
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
        unanswerable_questions(spec, spec_for_data(spec, {"x", "y"}))


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
    assert unanswerable_questions(spec, spec_for_data(spec, set("zxy"))) == ()


def test_a_model_without_questions_is_fitted() -> None:
    spec = front_door()
    assert unanswerable_questions(spec, spec_for_data(spec, {"x"})) == ()
