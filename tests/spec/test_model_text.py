"""Models as they are typed: the same model in every form, and a line for what is not read."""

import pytest

from vm2causal.errors import ModelFileError, OptionError
from vm2causal.spec import CausalGraph
from vm2causal.spec.model_text import declared, model_of_text, spec_of_graph
from vm2causal.spec.words import ArrowShape, Kind

ARROWS = """entry -> tutoring; entry -> passed   # what comes first?
            tutoring -> absence -> passed
            effort? -> {entry passed}"""
DAGITTY = """dag { effort [latent]
            entry -> {tutoring passed} tutoring -> absence -> passed effort -> {entry passed} }"""


def test_arrows_and_dagitty_are_one_model() -> None:
    assert model_of_text(ARROWS).graph == model_of_text(DAGITTY).graph


def test_equations_are_the_arrows_of_their_right_sides() -> None:
    spec = model_of_text(
        """
        passed ~ 1 + entry +   # goes on below
                 tutoring + (1 | class) + (1|school)
        tutoring ~ entry
        entry ~~ passed
        skill =~ item1 + item2
        passed ~ skill
        """
    )
    assert set(spec.graph.arrows) == {
        ("entry", "passed"),
        ("tutoring", "passed"),
        ("skill", "passed"),
        ("entry", "tutoring"),
        ("u_entry_passed", "entry"),
        ("u_entry_passed", "passed"),
    }
    assert spec.groups == ("class", "school")
    assert spec.graph.unobserved == {"u_entry_passed"}
    assert spec.variables["skill"].kind is Kind.LATENT
    assert spec.variables["skill"].items == ("item1", "item2")


def test_shapes_are_read_as_brms_and_mgcv_write_them() -> None:
    levels = {"grade": {"kind": Kind.ORDINAL, "levels": ("low", "mid", "high")}}
    spec = model_of_text("y ~ mo(grade) + s(x) + z", variables=levels)
    shapes = {arrow.cause: arrow.shape for arrow in spec.arrows}
    assert shapes == {"grade": ArrowShape.MONOTONE, "x": ArrowShape.SMOOTH, "z": None}
    with pytest.raises(ModelFileError, match=r"'grade' is continuous.*Declare it ordinal"):
        model_of_text("y ~ mo(grade)")


def test_a_name_in_quotes_keeps_its_question_mark() -> None:
    spec = model_of_text('"why?" -> y; u? -> y')
    assert spec.graph.unobserved == {"u"}
    assert spec.column("why") == "why?"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        ("y ~ x\ny ~ x:z", r"line 2: .*lets 'z' act on it.*Write 'z' itself"),
        ("y ~ x + z + x:z:w", r"line 1: Products of more than two.*'x:z:w'"),
        ("y ~ a*x", r"line 1: Products of more than two"),
        ("y ~ z + (1 + x | class)", r"line 1: .*differs by 'class'.*lets 'x' act on it"),
        ("y ~ x + (0 + x | class)", r"line 1: A group has an intercept.*'\(0 \+ x \| class\)'"),
        ("y ~ log(x)", "Functions of a variable"),
        ("y ~ x - 1", "not the name of a variable"),
        ("y ~ x\n\nz", "line 3: This is no equation"),
        ("~ x", "Nothing stands before"),
        ("x ~~ x", "always estimated"),
        ("x -> y\ny -> x", "line 2: The arrows form a cycle"),
        ("dag { x -> y", "never closed"),
        ("x => y", "line 1: This is not understood"),
    ],
)
def test_what_is_not_read_is_refused_with_its_line(text: str, message: str) -> None:
    with pytest.raises(ModelFileError, match=message):
        model_of_text(text)


def test_more_is_said_of_a_model_and_its_rules_are_held() -> None:
    spec = model_of_text("x -> y; u -> y")
    told = declared(
        spec,
        {"y": {"kind": "binary"}, "u": {"observed": False}},
        groups=["class", "class"],
        queries=[{"cause": "x", "effect": "y"}],
    )
    assert told.variables["y"].kind is Kind.BINARY
    assert told.graph.unobserved == {"u"}
    assert told.groups == ("class",)
    assert [(query.cause, query.effect) for query in told.queries] == [("x", "y")]
    with pytest.raises(OptionError, match=r"no such variable\. Got: 'yy'\. Did you mean 'y'\?"):
        declared(spec, {"yy": {"kind": "binary"}})
    with pytest.raises(ModelFileError, match="ordinal"):
        declared(spec, {"y": {"kind": "ordinal"}})


def test_a_bare_graph_is_a_model() -> None:
    graph = CausalGraph.of([("u", "x"), ("x", "y")], unobserved=["u"])
    assert spec_of_graph(graph).graph == graph


def test_a_graph_is_made_of_a_text_or_of_pairs_and_never_of_letters() -> None:
    graph = CausalGraph.of("dag { u [latent] u -> x -> y }")
    assert graph == CausalGraph.of([("u", "x"), ("x", "y")], unobserved=["u"])
    assert CausalGraph.of("u -> x -> y", unobserved=["u"]) == graph
    with pytest.raises(ModelFileError, match="not understood"):
        CausalGraph.of("x => y")
    with pytest.raises(OptionError, match=r"pair of names.*Got: 'xy'"):
        CausalGraph.of(["xy"])
