"""A causal model as text for other tools: dagitty, Graphviz DOT and GraphML."""

from __future__ import annotations

import re
from collections.abc import Sequence

import networkx as nx

from vm2causal.spec.causal_spec import CausalSpec
from vm2causal.spec.graph import CausalGraph
from vm2causal.spec.objects import Arrow, Query
from vm2causal.spec.words import Evidence
from vm2causal.texts import Language
from vm2causal.unseen import visible

_BARE = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_KEYWORDS = frozenset({"node", "edge", "graph", "digraph", "subgraph", "strict", "dag"})

_DOT_STYLES = {
    Evidence.STERK: "bold",
    Evidence.VIA: "dashed",
    Evidence.NIET_GEVONDEN: "dotted",
    Evidence.NIET_TOETSBAAR: "dotted",
}


def to_dagitty(model: CausalSpec | CausalGraph) -> str:
    """Text for dagitty (www.dagitty.net); unobserved nodes are ``latent``, selected ``selected``.

    When the queries of a model name one cause and one effect in all, these are its ``exposure``
    and ``outcome``. Dagitty has no place for other queries, nor for the kind of effect asked for.

    Examples
    --------
    >>> print(to_dagitty(CausalGraph.of([("u", "x"), ("x", "y")], unobserved=["u"])))
    dag {
    u [latent]
    x
    y
    u -> x
    x -> y
    }
    """
    graph = model.graph if isinstance(model, CausalSpec) else model
    roles = dict.fromkeys(graph.unobserved, "latent") | dict.fromkeys(graph.selected, "selected")
    if isinstance(model, CausalSpec):
        roles |= _asked_about(model.queries)
    nodes = [
        f"{_name(node)} [{roles[node]}]" if node in roles else _name(node) for node in graph.nodes
    ]
    arrows = [f"{_name(cause)} -> {_name(effect)}" for cause, effect in graph.arrows]
    return visible("\n".join(["dag {", *nodes, *arrows, "}"]))


def to_dot(spec: CausalSpec, language: Language = Language.EN) -> str:
    """Graphviz DOT, with evidence, sign, observed and selected as attributes.

    Parameters
    ----------
    spec
        The model.
    language
        Language of the labels.
    """
    lines = [f"digraph {_quoted(spec.name)} {{", "rankdir=LR;", "node [shape=box];"]
    for name, variable in spec.variables.items():
        attributes = {"label": spec.label(name, language), "observed": _truth(variable.observed)}
        if variable.selected:
            del attributes["observed"]
            attributes |= {"selected": "true", "peripheries": "2"}
        elif not variable.observed:
            attributes |= {"style": "dashed", "color": "gray"}
        lines.append(f"{_name(name)} {_attributes(attributes)};")
    for arrow in spec.arrows:
        attributes = _claim(arrow)
        if arrow.evidence in _DOT_STYLES:
            attributes["style"] = _DOT_STYLES[arrow.evidence]
        listed = f" {_attributes(attributes)}" if attributes else ""
        lines.append(f"{_name(arrow.cause)} -> {_name(arrow.effect)}{listed};")
    return visible("\n".join([*lines, "}"]))


def to_graphml(spec: CausalSpec, language: Language = Language.EN) -> str:
    """GraphML, with label, kind, observed, selected, evidence and sign as attributes."""
    graph: nx.DiGraph[str] = nx.DiGraph(name=spec.name)
    for name, variable in spec.variables.items():
        graph.add_node(
            name,
            label=spec.label(name, language),
            kind=variable.kind.value,
            observed=variable.observed,
            selected=variable.selected,
        )
    for arrow in spec.arrows:
        graph.add_edge(arrow.cause, arrow.effect, **_claim(arrow))
    return visible("\n".join(nx.generate_graphml(graph)))


def _asked_about(queries: Sequence[Query]) -> dict[str, str]:
    """Roles in dagitty of what the queries name, when that is one cause and one effect in all."""
    ends = {(query.cause, query.effect) for query in queries}
    if len(ends) != 1:
        return {}
    cause, effect = ends.pop()
    return {cause: "exposure", effect: "outcome"}


def _claim(arrow: Arrow) -> dict[str, str]:
    claim = {}
    if arrow.evidence is not None:
        claim["evidence"] = arrow.evidence.value
    if arrow.sign is not None:
        claim["sign"] = arrow.sign.value
    return claim


def _truth(value: bool) -> str:
    return "true" if value else "false"


def _attributes(attributes: dict[str, str]) -> str:
    return "[" + ", ".join(f"{key}={_quoted(value)}" for key, value in attributes.items()) + "]"


def _name(name: str) -> str:
    bare = _BARE.fullmatch(name) and name.lower() not in _KEYWORDS
    return name if bare else _quoted(name)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
