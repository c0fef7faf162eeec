"""Random causal models for property tests."""

from __future__ import annotations

from hypothesis import strategies as st

from vm2causal.spec import CausalGraph, CausalSpec, build_model
from vm2causal.spec.variable_rules import name_problem
from vm2causal.unseen import first_unseen

names = st.from_regex(r"[A-Za-z][A-Za-z0-9_-]{0,12}", fullmatch=True).filter(
    lambda name: name_problem(name) is None
)
labels = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1, max_size=20
).filter(lambda label: first_unseen(label) is None)


@st.composite
def graphs(draw: st.DrawFn, most_nodes: int = 8) -> CausalGraph:
    """Acyclic graphs, with some nodes unobserved and some without effects selected."""
    nodes = draw(st.lists(names, min_size=1, max_size=most_nodes, unique=True))
    pairs = [(first, second) for i, first in enumerate(nodes) for second in nodes[i + 1 :]]
    arrows = draw(st.lists(st.sampled_from(pairs), unique=True)) if pairs else []
    hidden = draw(st.sets(st.sampled_from(nodes)))
    ends = sorted({*nodes} - {cause for cause, _ in arrows})
    chosen = draw(st.sets(st.sampled_from(ends), max_size=1))
    return CausalGraph.of(arrows, nodes=nodes, unobserved=hidden, selected=chosen)


@st.composite
def models(draw: st.DrawFn) -> CausalSpec:
    """Models with labels, evidence, signs, sources, priors and queries."""
    graph = draw(graphs())
    variables = {
        node: (
            {"selected": True}
            if node in graph.selected
            else {"observed": node not in graph.unobserved}
        )
        | draw(st.fixed_dictionaries({}, optional={"label": labels, "unit": labels}))
        for node in graph.nodes
    }
    claim = st.fixed_dictionaries(
        {},
        optional={
            "evidence": st.sampled_from(["sterk", "via", "not_found", "supported"]),
            "sign": st.sampled_from(["+", "-"]),
            "note": labels,
            "source": st.fixed_dictionaries({"document": labels}, optional={"section": labels}),
            "prior": st.fixed_dictionaries(
                {"mean": st.floats(-5, 5), "sd": st.floats(0.01, 5)},
            ),
        },
    )
    arrows = [{"from": cause, "to": effect} | draw(claim) for cause, effect in graph.arrows]
    queries: list[list[str]] = []
    if len(graph.observed) > 1:
        pairs = st.lists(st.sampled_from(graph.observed), min_size=2, max_size=2, unique=True)
        queries = draw(st.lists(pairs, max_size=2))
    return build_model(
        {
            "name": draw(labels),
            "variables": variables,
            "arrows": arrows,
            "queries": [{"cause": cause, "effect": effect} for cause, effect in queries],
        }
    )
