"""dagitty, DOT and GraphML: round trips, and clear refusals."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_strategies import graphs, models
from vm2causal.errors import ModelFileError
from vm2causal.spec import (
    CausalGraph,
    CausalSpec,
    import_model,
    imported_from_text,
    list_models,
    model_from_text,
    read_model,
    to_dagitty,
    to_dot,
    to_graphml,
)
from vm2causal.texts import Language


@given(graphs())
def test_a_graph_comes_back_from_dagitty(graph: CausalGraph) -> None:
    assert model_from_text(to_dagitty(graph)).graph == graph


@given(models())
def test_one_cause_and_one_effect_come_back_from_dagitty(spec: CausalSpec) -> None:
    ends = {(query.cause, query.effect) for query in spec.queries}
    again = model_from_text(to_dagitty(spec))
    assert again.graph == spec.graph
    kept = ends if len(ends) == 1 else set()
    assert {(query.cause, query.effect) for query in again.queries} == kept


def test_queries_about_more_than_one_pair_have_no_place_in_dagitty() -> None:
    spec = model_from_text("dag { x [exposure] y [outcome] z [outcome] x -> y -> z }")
    assert len(spec.queries) == 2
    assert "exposure" not in to_dagitty(spec)


def test_the_query_of_a_model_is_its_exposure_and_outcome_in_dagitty() -> None:
    text = to_dagitty(model_from_text("dag { x [exposure] y [outcome] u [latent] u -> x -> y }"))
    assert text.splitlines()[1:4] == ["u [latent]", "x [exposure]", "y [outcome]"]


@given(models())
def test_a_model_comes_back_from_dot_with_its_claims(spec: CausalSpec) -> None:
    again = model_from_text(to_dot(spec))
    assert again.graph == spec.graph
    assert [(a.key, a.evidence, a.sign) for a in again.arrows] == [
        (a.key, a.evidence, a.sign) for a in spec.arrows
    ]
    for name in spec.variables:
        assert again.label(name, Language.EN) == spec.label(name, Language.EN)


@given(models())
def test_a_model_comes_back_from_graphml(spec: CausalSpec) -> None:
    graph = nx.read_graphml(io.BytesIO(to_graphml(spec).encode()))
    observed = {name: data["observed"] for name, data in graph.nodes(data=True)}
    assert observed == {name: item.observed for name, item in spec.variables.items()}
    for arrow in spec.arrows:
        data = graph.edges[arrow.key]
        assert data.get("evidence") == (arrow.evidence.value if arrow.evidence else None)
        assert data.get("sign") == (arrow.sign.value if arrow.sign else None)


@pytest.mark.parametrize("name", list_models())
def test_the_shipped_models_come_back(name: str) -> None:
    spec = read_model(name)
    assert model_from_text(to_dagitty(spec)).graph == spec.graph
    assert model_from_text(to_dot(spec, Language.NL)).graph == spec.graph


@given(graphs(), st.data())
def test_an_edge_both_ways_is_an_unobserved_common_cause(
    graph: CausalGraph, data: st.DataObject
) -> None:
    pairs = [(a, b) for a in graph.nodes for b in graph.nodes if a < b]
    both = data.draw(st.lists(st.sampled_from(pairs), unique=True)) if pairs else []
    lines = [f'"{first}" <-> "{second}"' for first, second in both]
    text = to_dagitty(graph).removesuffix("}") + "\n".join(lines) + "}"
    read = model_from_text(text).graph
    added = set(read.nodes) - set(graph.nodes)
    assert len(added) == len(both)
    assert added <= read.unobserved
    effects = sorted(
        tuple(sorted(e for c, e in read.arrows if c == name)) for name in sorted(added)
    )
    assert effects == sorted(tuple(sorted(pair)) for pair in both)


def test_dagitty_as_its_site_writes_it() -> None:
    text = """
    dag {
    bb="-3.1,-2.2,3.3,2.5"
    "Body Mass" [pos="-1.2,0.5"]
    D [outcome,pos="1.7,-0.9"]
    E [exposure,pos="-2.2,-1.0"]
    U [latent,pos="0,1"]
    E -> "Body Mass" -> D [beta="0.3"]
    U -> {E D}
    D <- Z
    E <-> Z
    }
    """
    spec = model_from_text(text)
    assert spec.graph.arrows == (
        ("Body_Mass", "D"),
        ("E", "Body_Mass"),
        ("U", "D"),
        ("U", "E"),
        ("Z", "D"),
        ("u_E_Z", "E"),
        ("u_E_Z", "Z"),
    )
    assert spec.graph.unobserved == {"U", "u_E_Z"}
    assert spec.column("Body_Mass") == "Body Mass"
    assert spec.label("Body_Mass", Language.NL) == "Body Mass"
    assert [(query.cause, query.effect) for query in spec.queries] == [("E", "D")]


def test_dot_as_other_tools_write_it() -> None:
    text = """
    /* a graph */ strict digraph "my model" {
      graph [rankdir=LR; label=<<b>bold</b> title>]
      node [shape=box]; edge [color="gray"]
      x:e -> y:w [sign="+", penwidth=2.5];  // with ports
      x -> y;
      u [observed="no" label="Hid" + "den"]
      u -> x -> m
      m -> y [dir=back]
      x -> z [dir=both]
      subgraph cluster_a { a; b } -> z
      # a line of the preprocessor
      layout = dot
    }
    """
    spec = model_from_text(text)
    assert spec.name == "my model"
    assert set(spec.graph.arrows) == {
        ("x", "y"),
        ("u", "x"),
        ("x", "m"),
        ("y", "m"),
        ("a", "z"),
        ("b", "z"),
        ("u_x_z", "x"),
        ("u_x_z", "z"),
    }
    assert spec.label("u", Language.EN) == "Hidden"


CHAINS = [
    (["a", "->", "b"], [("a", "b")]),
    (["a", "<-", "b"], [("b", "a")]),
    (["a", "<->", "b"], [("u_a_b", "a"), ("u_a_b", "b")]),
    (["o", "->", "c"], [("o", "c")]),
    (["o", "<-", "c"], [("c", "o")]),
    (["o", "<->", "c"], [("u_c_o", "c"), ("u_c_o", "o")]),
    (["a", "->", "o"], [("a", "o")]),
    (["a", "<-", "o"], [("o", "a")]),
    (["a", "<->", "o"], [("u_a_o", "a"), ("u_a_o", "o")]),
    (["foo", "->", "o", "->", "oo"], [("foo", "o"), ("o", "oo")]),
    (["a", "<-", "o", "->", "b"], [("o", "a"), ("o", "b")]),
    (['"o"', "->", '"x y"'], [("o", "x_y")]),
]


@pytest.mark.parametrize("around", ["", " ", "\n"])
@pytest.mark.parametrize(("parts", "arrows"), CHAINS)
@pytest.mark.parametrize("frame", ["dag{%s}", "digraph {%s}", "dag{z;%s;z}", "dag {\nz\n%s\nz }"])
def test_arrows_need_no_spaces_and_a_node_may_be_called_o(
    frame: str, parts: list[str], arrows: list[tuple[str, str]], around: str
) -> None:
    assert list(model_from_text(frame % around.join(parts)).graph.arrows) == arrows


def test_a_circle_that_may_be_a_node_is_refused_with_the_way_out() -> None:
    with pytest.raises(ModelFileError, match="If o is a node, put it in double quotes"):
        model_from_text("dag { a o->b }")
    assert model_from_text('dag { a "o"->b }').graph.arrows == (("o", "b"),)


@pytest.mark.parametrize("text", ["digraph {a->b; b->c}", "dag{a->b b->c}", "dag{a->{b};b->c}"])
def test_several_statements_without_spaces_are_read(text: str) -> None:
    assert model_from_text(text).graph.arrows == (("a", "b"), ("b", "c"))


@given(graphs())
def test_a_graph_comes_back_without_its_spaces(graph: CausalGraph) -> None:
    text = to_dagitty(graph).replace(" -> ", "->").replace("\n", ";")
    assert model_from_text(text).graph == graph


def test_names_that_collide_once_changed_stay_apart() -> None:
    spec = model_from_text('dag { "a b" -> "a.b"  a_b -> chain  "chain" -> "1"  "é ü" }')
    assert set(spec.variables) == {"a_b_2", "a_b_3", "a_b", "v_chain", "v_1", "é_ü"}
    assert spec.column("a_b_2") == "a b"


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("", 1, "This is neither a dagitty nor a DOT text"),
        ("x -> y", 1, "Only directed acyclic graphs can be read. Got: 'x'"),
        ("graph { a -- b }", 1, "Only directed acyclic graphs can be read. Got: 'graph'"),
        ("pdag { a -- b }", 1, "Only directed acyclic graphs"),
        ("dag {\n a -- b }", 2, "This kind of edge is not read. Got: '--'"),
        ("mag { a @-> b }", 1, "Only directed acyclic graphs"),
        ("dag { a @-> b }", 1, "This kind of edge is not read. Got: '@->'"),
        ("dag { a@->b }", 1, "This kind of edge is not read. Got: '@->'"),
        ("dag { a@-@b }", 1, "This kind of edge is not read. Got: '@-@'"),
        ("dag { a <-@ b }", 1, "This kind of edge is not read. Got: '<-@'"),
        ("dag { a --b }", 1, "This kind of edge is not read. Got: '--'"),
        ("dag { a--b }", 1, "This kind of edge is not read. Got: '--'"),
        ("dag { a o-> b }", 1, "This kind of edge is not read. Got: 'o->'"),
        ("dag { a o-o b }", 1, "This kind of edge is not read. Got: 'o-o'"),
        ("dag { a o--o b }", 1, "This kind of edge is not read. Got: 'o--o'"),
        ("dag { a o-- b }", 1, "This kind of edge is not read. Got: 'o--'"),
        ("dag { a -o b }", 1, "This kind of edge is not read. Got: '-o'"),
        ("dag { b <-o a }", 1, "This kind of edge is not read. Got: '<-o'"),
        ("dag { a -> b", 1, "The graph is never closed. Got: 'end of file'"),
        ("dag { a -> }", 1, "Expected the name of a node here. Got: '}'"),
        ("dag { a\n [x=]\n}", 2, "Expected a value here"),
        ("dag { a [x=1 }", 1, "Expected an attribute or ']'"),
        ("dag { a }\n b", 2, "Something follows the end of the graph. Got: 'b'"),
        ("dag {\n\n a -> b ? c }", 3, r"This is not understood. Got: '\? c }'"),
        ('dag {\n "a -> b }', 2, "The quote that begins here is never closed"),
        ("digraph { a [label=<b] }", 1, "The markup that begins here is never closed"),
        ("digraph { edge [dir=back] a -> b }", 1, "A default direction of edges is not read"),
        ("digraph { a -> b [dir=none] }", 1, "dir=none is not read"),
        ("digraph { a -> b\n node [observed=no] }", 2, "A default role of nodes is not read"),
        ("dag { x\n {a b} [latent] }", 2, "Attributes after a group are not read"),
        ("dag { x\n a [latent=maybe] }", 2, "'latent' is a role of a node: it is there or not"),
        ("dag {\n a [latent, observed=yes] }", 2, "attributes of the node 'a' contradict"),
        ("dag {\n x [e, l]\n x -> y [c=1] y [o] }", 2, "a variable that nobody observed"),
        ("dag {" + "{" * 100 + "}" * 100 + "}", 1, "Groups are nested deeper than 32"),
        ("dag {\n a -> b\n b -> c\n c -> a }", 4, "cycle: a -> b -> c -> a. Got: 'c -> a'"),
        ("dag {\n a -> b\n a -> b }", 3, "This arrow stands twice; first on line 2"),
        ("dag {\n a -> a }", 2, "from a variable to itself"),
        ('digraph {\n a -> b [evidence="weak"] }', 2, "'evidence' does not know this word"),
    ],
)
def test_what_is_not_understood_is_named_with_its_line(text: str, line: int, message: str) -> None:
    with pytest.raises(ModelFileError, match=message) as caught:
        model_from_text(text, file="graph.txt")
    assert caught.value.file == "graph.txt"
    assert caught.value.line == line


@given(st.text(alphabet='dag{}[]<>-@"=;:,+ \nxyz#/*\\', max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    for candidate in (text, "dag {" + text, "dag {" + text + "}"):
        with contextlib.suppress(ModelFileError):
            assert model_from_text(candidate).variables


ROLES = {
    "latent": ("latent", "unobserved", "l", "u", "U", "LATENT", "latent=yes", "u=1"),
    "exposure": ("exposure", "source", "e", "E"),
    "outcome": ("outcome", "target", "o", "O"),
    "adjusted": ("adjusted", "adjustedNode", "a"),
    "selected": ("selected", "s", "S", "selected=true"),
}


@pytest.mark.parametrize("header", ["dag", "digraph"])
@pytest.mark.parametrize(
    "place", ["x [%s]; y", "x; y; x [%s]", "{ x [%s] } y", "subgraph g { x [%s] } y",
              'x [pos="0,1",%s,shape=box] y', "{x [%s] y} -> z", "x [%s] [pos=a] y"]
)  # fmt: skip
@pytest.mark.parametrize(("role", "word"), [(r, word) for r in ROLES for word in ROLES[r]])
def test_every_word_of_dagitty_for_a_role_is_read_wherever_it_stands(
    header: str, place: str, role: str, word: str
) -> None:
    other = {"exposure": " y [o]", "outcome": " y [e]"}.get(role, "")
    if role == "selected" and "->" in place:
        with pytest.raises(ModelFileError, match=r"All units in the data have 'x'"):
            imported_from_text(f"{header} {{ {place % word} }}")
        return
    read = imported_from_text(f"{header} {{ {place % word} {other} }}")
    asked = [(query.cause, query.effect) for query in read.spec.queries]
    assert read.spec.graph.unobserved == ({"x"} if role in ("latent", "selected") else set())
    assert read.spec.graph.selected == ({"x"} if role == "selected" else set())
    assert asked == {"exposure": [("x", "y")], "outcome": [("y", "x")]}.get(role, [])
    noted = [(note.key, note.names) for note in read.notes]
    assert noted == ([("adjusted", ("x",))] if role == "adjusted" else [])


@pytest.mark.parametrize(
    ("attributes", "observed"),
    [
        ("latent=false", True),
        ("latent=no", True),
        ('u="0"', True),
        ("unobserved=false", True),
        ("observed=false", False),
        ("observed", True),
        ("observed=true", True),
        ("observed=no, latent", False),
    ],
)
def test_a_role_can_be_denied(attributes: str, observed: bool) -> None:
    spec = model_from_text(f"digraph {{ x [{attributes}] }}")
    assert spec.variables["x"].observed is observed


def test_a_selected_node_is_latent_in_no_other_way() -> None:
    spec = model_from_text("dag { a -> x  x [selected, latent] }")
    assert spec.graph.selected == {"x"}
    assert spec.hidden == ()
    again = model_from_text(to_dagitty(spec))
    assert again.graph == spec.graph
    assert 'selected="true", peripheries="2"' in to_dot(spec)


def test_what_has_no_place_in_a_model_is_said() -> None:
    read = imported_from_text(
        'dag { x [e, beta="1"] w [e] y [o, weight=3] x -> y [beta="0.2", color=red] w -> y }'
    )
    noted = {note.key: note.names for note in read.notes}
    assert noted == {"joint": ("x", "w"), "not_carried": ("beta", "weight")}
    for language in Language:
        assert all("x, w" in note.in_language(language) for note in read.notes[:1])


def test_an_exposure_alone_makes_no_query_and_that_is_said() -> None:
    (note,) = imported_from_text("dag { x [e] y }").notes
    assert (note.key, note.names) == ("no_outcome", ("x",))
    (note,) = imported_from_text("dag { x y [o] }").notes
    assert (note.key, note.names) == ("no_exposure", ("y",))


def test_a_label_may_hold_the_name_of_its_node() -> None:
    spec = model_from_text(r'digraph { x [label="\N of\nschool"]  G [label=N]  y [label="\N"] }')
    assert spec.label("x", Language.EN) == "x of\nschool"
    assert spec.label("G", Language.EN) == "N"
    assert spec.variables["y"].label is None


def test_a_file_is_named_after_itself(tmp_path: Path) -> None:
    path = tmp_path / "mediation.txt"
    path.write_text("dag { x -> m -> y }")
    assert import_model(path).spec.name == "mediation"
    with pytest.raises(
        ModelFileError, match=r"There is no such dagitty or DOT file. Check the name"
    ):
        import_model(tmp_path / "absent.txt")
