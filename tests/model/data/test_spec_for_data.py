from pathlib import Path

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from model.structural_cases import STUDY_SPEC, small_study
from vm2causal.identify import CausalQuestion, identify_effect
from vm2causal.inputs.study.files import read_study
from vm2causal.model.data.spec_for_data import (
    filled_columns,
    recorded_unfitted,
    spec_for_data,
    spec_for_study,
    spec_for_table,
    study_columns,
    unfitted_record,
)
from vm2causal.model.data.structural_data import study_data
from vm2causal.model.structural_layout import structural_layout
from vm2causal.spec import Arrow, CausalSpec, Prior, Query, Variable, model_to_yaml, read_model

DEMO = Path(__file__).parents[3] / "data" / "demo"


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
    assert (adapted.missing, adapted.left_out, adapted.items_left_out) == ((), (), ())
    assert dict(adapted.unfitted.through) == {}
    assert [item.arrow.key for item in adapted.unfitted.arrows] == [("u", "a")]


def test_a_mediator_without_data_is_projected_out() -> None:
    adapted = spec_for_data(chain(), {"a", "b", "c"})
    assert adapted.missing == ("m",)
    assert dict(adapted.unfitted.through) == {("a", "b"): ("m",), ("a", "c"): ("m",)}
    gone = [item.arrow.key for item in adapted.unfitted.arrows]
    assert gone == [("a", "m"), ("m", "b"), ("m", "c"), ("u", "a")]
    arrows = {arrow.key: arrow for arrow in adapted.spec.arrows}
    assert set(arrows) == {("a", "b"), ("a", "c"), ("m", "b"), ("m", "c"), ("u", "a")}
    assert arrows["m", "b"].sign is not None
    for key in adapted.unfitted.through:
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


def test_only_what_a_path_passes_is_named() -> None:
    """a → h → k → b and a → h → d: the arrow to b stands for paths through h and k, not d."""
    spec = CausalSpec(
        name="two",
        variables={name: Variable() for name in "ahkdbz"},
        arrows=[
            Arrow(cause=cause, effect=effect)
            for cause, effect in (("a", "h"), ("h", "k"), ("h", "d"), ("k", "b"), ("z", "k"))
        ],
    )
    found = spec_for_data(spec, set("abz")).unfitted.through
    assert dict(found) == {("a", "b"): ("h", "k"), ("h", "b"): ("k",), ("z", "b"): ("k",)}


def constant_trust(top: str = "3", changed: int = 0) -> pd.DataFrame:
    rows = pd.DataFrame({"t1": [top] * 40, "t2": [top] * 40, "x": range(40), "y": range(40)})
    rows.loc[: changed - 1, ["t1", "t2"]] = "1"
    return rows


TRUST = CausalSpec(
    name="trust",
    variables={
        "x": Variable(),
        "trust": Variable(kind="latent", items=("t1", "t2"), levels=("1", "2", "3")),
        "y": Variable(),
    },
    arrows=[
        Arrow(cause="x", effect="trust", evidence="supported", sign="+"),
        Arrow(cause="trust", effect="y", sign="-"),
    ],
    queries=[Query(cause="x", effect="y"), Query(cause="trust", effect="y")],
)


def test_a_construct_that_hardly_varies_is_projected_out() -> None:
    adapted = spec_for_table(TRUST, constant_trust())
    assert (adapted.missing, adapted.left_out) == ((), ("trust",))
    assert {arrow.key for arrow in adapted.spec.arrows} == {("x", "y"), ("trust", "y")}
    assert dict(adapted.unfitted.through) == {("x", "y"): ("trust",)}
    assert [item.hardly_varies for item in adapted.unfitted.arrows] == [True, True]
    assert [query.cause for query in adapted.spec.queries] == ["x"]
    assert recorded_unfitted(unfitted_record(adapted.unfitted)) == adapted.unfitted
    assert spec_for_table(TRUST, constant_trust(changed=15)).spec == TRUST


def test_what_an_arrow_says_of_its_form_stays_where_it_has_data() -> None:
    """Also where it stands for other paths; of an arrow without data nothing can be seen."""
    of_trust = [arrow.model_copy(update={"varies": ("area",)}) for arrow in TRUST.arrows[1:]]
    direct = Arrow(cause="x", effect="y", evidence="supported", sign="+", varies="area")
    spec = TRUST.changed(arrows=(TRUST.arrows[0], *of_trust, direct), groups=("area",))
    adapted = spec_for_table(spec, constant_trust().assign(area=["n", "s"] * 20))
    assert {arrow.key: arrow.varies for arrow in adapted.spec.arrows} == {
        ("x", "y"): ("area",),
        ("trust", "y"): (),
    }
    (fitted,) = (arrow for arrow in adapted.spec.arrows if arrow.key == ("x", "y"))
    assert (fitted.evidence, fitted.sign) == (None, None)


def test_a_construct_hardly_varies_in_the_items_that_are_there() -> None:
    rows = constant_trust().assign(t3=["1", "2", "3", "3"] * 10, t4=["1", "3", "2", "3"] * 10)
    items = {
        "trust": TRUST.variables["trust"].model_copy(update={"items": ("t1", "t2", "t3", "t4")})
    }
    spec = TRUST.model_copy(update={"variables": {**TRUST.variables, **items}})
    assert spec_for_table(spec, rows).left_out == ()
    assert spec_for_table(spec, rows.assign(t3=None, t4=None)).left_out == ("trust",)


def test_pedagogy_of_the_demo_stays_in_its_totals() -> None:
    adapted = spec_for_study(read_model("onderzoeksmodel-2012"), read_study(DEMO))
    assert adapted.left_out == ("pedagogiek",)
    assert dict(adapted.unfitted.through) == {("samenwerking", "binding"): ("pedagogiek",)}
    arrows = {item.arrow.key: item for item in adapted.unfitted.arrows}
    assert arrows["samenwerking", "pedagogiek"].hardly_varies
    assert arrows["pedagogiek", "binding"].hardly_varies
    assert not arrows["schoolkwaliteit", "vsv"].hardly_varies
    assert "samenwerking" in adapted.spec.parents("binding")
