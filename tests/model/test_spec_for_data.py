import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from model.structural_cases import STUDY_SPEC, small_study
from vm2causal.identify import CausalQuestion, identify_effect
from vm2causal.model.spec_for_data import filled_columns, spec_for_data, study_columns
from vm2causal.model.structural_data import study_data
from vm2causal.model.structural_layout import structural_layout
from vm2causal.spec import Arrow, CausalSpec, Prior, Query, Variable, model_to_yaml, read_model


def chain() -> CausalSpec:
    """u → a → m → b, a → b, m → c."""
    return CausalSpec(
        name="chain",
        variables={
            "a": Variable(),
            "m": Variable(),
            "b": Variable(),
            "c": Variable(),
            "u": Variable(observed=False),
        },
        arrows=[
            Arrow(cause="a", effect="m", sign="+", prior=Prior(mean=1, sd=1)),
            Arrow(cause="m", effect="b", sign="-"),
            Arrow(cause="m", effect="c"),
            Arrow(cause="a", effect="b", evidence="supported", sign="+", prior=Prior(mean=1, sd=1)),
            Arrow(cause="u", effect="a"),
        ],
        queries=[Query(cause="a", effect="b"), Query(cause="m", effect="b")],
    )


def test_a_model_whose_data_are_all_there_stays_as_it_is() -> None:
    spec = chain()
    adapted = spec_for_data(spec, {"a", "b", "c", "m"})
    assert adapted.spec == spec
    assert model_to_yaml(adapted.spec) == model_to_yaml(spec)
    assert (adapted.missing, adapted.through, adapted.items_left_out) == ((), (), ())


def test_a_mediator_without_data_is_projected_out() -> None:
    adapted = spec_for_data(chain(), {"a", "b", "c"})
    assert adapted.missing == ("m",)
    assert adapted.through == (("a", "b"), ("a", "c"))
    arrows = {arrow.key: arrow for arrow in adapted.spec.arrows}
    assert set(arrows) == {("a", "b"), ("a", "c"), ("m", "b"), ("m", "c"), ("u", "a")}
    assert arrows["m", "b"].sign is not None
    for key in adapted.through:
        assert (arrows[key].evidence, arrows[key].sign, arrows[key].prior) == (None, None, None)
    assert not adapted.spec.variables["m"].observed
    assert adapted.spec.parents("m") == ()
    assert [query.cause for query in adapted.spec.queries] == ["a"]
    assert adapted.graph.unobserved == {"m", "u"}
    assert ("a", "m") in adapted.graph.arrows


def test_a_construct_needs_two_of_its_items() -> None:
    spec = read_model("onderzoeksmodel-2012")
    needed = {
        column
        for name, item in spec.variables.items()
        if item.observed
        for column in (item.items or (spec.column(name), item.trials))
        if column
    }
    adapted = spec_for_data(spec, needed - {"positie_1", "pedagogiek_1", "pedagogiek_2"})
    assert adapted.missing == ()
    assert adapted.items_left_out == ("positie_1", "pedagogiek_1", "pedagogiek_2")
    assert adapted.spec.variables["positie"].items == ("positie_2", "positie_3")
    assert set(adapted.spec.variables["positie"].item_labels) == {"positie_2", "positie_3"}
    assert spec_for_data(spec, needed - {"positie_1", "positie_3"}).missing == ("positie",)


def test_a_count_needs_its_trials() -> None:
    spec = CausalSpec(
        name="n", variables={"n": Variable(kind="count", trials="of"), "x": Variable()}
    )
    assert spec_for_data(spec, {"n", "x"}).missing == ("n",)


def test_columns_without_any_value_have_no_data() -> None:
    assert filled_columns(pd.DataFrame({"a": [None, 1], "b": [None, None]})) == {"a"}
    study = small_study()
    columns = study_columns(study)
    assert {"vsv", "vsv_van", "sk_van", "lwoo", "s1"} <= columns
    assert {"terugkeer", "vsv"} <= columns


def test_what_is_left_can_be_laid_out() -> None:
    study = small_study()
    adapted = spec_for_data(STUDY_SPEC, study_columns(study) - {"versnelling", "lwoo"})
    layout = structural_layout(study_data(adapted.spec, study))
    assert "versnelling" in layout.hidden or "versnelling" not in layout.order
    assert ("samenwerking", "binding") in {(w.cause, w.effect) for w in layout.weights}


NAMES = "abcdef"


@settings(max_examples=60, deadline=None)
@given(
    st.sets(st.sampled_from([(x, y) for x in NAMES for y in NAMES if x < y]), max_size=10),
    st.sets(st.sampled_from(NAMES), max_size=3),
)
def test_the_fitted_graph_answers_as_the_whole_graph_does(
    arrows: set[tuple[str, str]], gone: set[str]
) -> None:
    spec = CausalSpec(
        name="any",
        variables={name: Variable() for name in NAMES},
        arrows=[Arrow(cause=cause, effect=effect) for cause, effect in sorted(arrows)],
    )
    adapted = spec_for_data(spec, set(NAMES) - gone)
    for name in gone:
        assert adapted.spec.parents(name) == ()
    seen = sorted(set(NAMES) - gone)
    for question in (CausalQuestion(x, y) for x in seen for y in seen if x < y):
        whole = identify_effect(adapted.graph, question.cause, question.effect)
        fitted = identify_effect(adapted.spec.graph, question.cause, question.effect)
        assert whole.identifiable == fitted.identifiable
        assert whole.has_effect == fitted.has_effect
        assert whole.minimal_adjustment_sets == fitted.minimal_adjustment_sets


def test_a_hidden_variable_that_was_declared_with_causes_is_projected_out_too() -> None:
    spec = CausalSpec(
        name="declared",
        variables={"x": Variable(), "h": Variable(observed=False), "y": Variable()},
        arrows=[Arrow(cause="x", effect="h"), Arrow(cause="h", effect="y")],
    )
    adapted = spec_for_data(spec, {"x", "y"})
    assert {arrow.key for arrow in adapted.spec.arrows} == {("x", "y"), ("h", "y")}
    assert adapted.missing == ()
