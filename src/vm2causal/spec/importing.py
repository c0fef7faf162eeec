"""A dagitty or DOT text → a causal model of the smallest form."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from vm2causal.spec.causal_spec import CausalSpec
from vm2causal.spec.files import Wanted, read_text
from vm2causal.spec.graph_text import Edge, ParsedGraph, parse_graph_text
from vm2causal.spec.places import Path as TreePath
from vm2causal.spec.places import Places
from vm2causal.spec.problems import build_model
from vm2causal.spec.variable_rules import name_problem
from vm2causal.spec.words import LONGEST_NAME

_GRAPH_FILE: Final = Wanted(
    "dagitty or DOT file",
    "Check the name; a model file need not be imported.",
    "Begin with 'dag {' (dagitty) or 'digraph {' (DOT).",
)


def import_model(path: Path | str) -> CausalSpec:
    """Read a model from a dagitty or DOT file.

    Raises
    ------
    ModelFileError
        When the file cannot be read or holds what is not understood; the message names the line.
    """
    file = str(path)
    return model_from_text(
        read_text(Path(path), file, _GRAPH_FILE), file=file, name=Path(path).stem
    )


def model_from_text(text: str, *, file: str = "text", name: str = "imported") -> CausalSpec:
    """Make a model of a dagitty or DOT text.

    An edge both ways (dagitty ``<->``, DOT ``dir=both``) becomes an unobserved common cause. A
    name that no variable may have is changed, and stays as label and column. In dagitty texts
    each exposure and outcome make a query.

    Parameters
    ----------
    text
        Begins with ``dag`` or ``digraph``.
    file
        Name of the file, for messages.
    name
        Name of the model where the text gives none.

    Raises
    ------
    ModelFileError
        With the line of what is not understood, or of a cycle, or of an edge that stands twice.

    Examples
    --------
    >>> spec = model_from_text("dag { x -> y  x <-> y }")
    >>> spec.graph.arrows
    (('u_x_y', 'x'), ('u_x_y', 'y'), ('x', 'y'))
    """
    graph = parse_graph_text(text, file)
    keys = _usable_names(graph.nodes)
    lines: dict[TreePath, int] = {
        ("variables", keys[node]): line for node, line in graph.lines.items()
    }
    variables = {keys[node]: _variable(node, keys[node], graph) for node in graph.nodes}
    arrows: list[dict[str, str]] = []
    for edge in _edges(graph):
        found = _common_cause(edge, keys, variables) if edge.both_ways else [_arrow(edge, keys)]
        for arrow in found:
            lines["arrows", len(arrows)] = edge.line
            arrows.append(arrow)
    document: dict[str, Any] = {
        "name": graph.name.strip() or name,
        "variables": variables,
        "arrows": arrows,
        "queries": _queries(graph, keys),
    }
    return build_model(document, Places(file, lines))


def _edges(graph: ParsedGraph) -> Iterable[Edge]:
    if not graph.strict:
        return graph.edges
    return {(edge.cause, edge.effect, edge.both_ways): edge for edge in graph.edges}.values()


def _variable(node: str, key: str, graph: ParsedGraph) -> dict[str, Any]:
    attributes = graph.nodes[node]
    variable: dict[str, Any] = {}
    observed = attributes.get("observed", "true").lower() not in ("false", "no", "0")
    if not observed or attributes.keys() & {"latent", "unobserved"}:
        variable["observed"] = False
    label = attributes.get("label") or node
    if label not in (key, key.replace("_", " "), r"\N", "N"):
        variable["label"] = label
    if key != node and "observed" not in variable:
        variable["column"] = node
    return variable


def _arrow(edge: Edge, keys: Mapping[str, str]) -> dict[str, str]:
    claims = {key: edge.attributes[key] for key in ("evidence", "sign") if key in edge.attributes}
    return {"from": keys[edge.cause], "to": keys[edge.effect]} | claims


def _common_cause(
    edge: Edge, keys: Mapping[str, str], variables: dict[str, dict[str, Any]]
) -> list[dict[str, str]]:
    ends = sorted((keys[edge.cause], keys[edge.effect]))
    name = _free_name("_".join(["u", *ends]), variables)
    variables[name] = {"observed": False}
    return [{"from": name, "to": end} for end in ends]


def _queries(graph: ParsedGraph, keys: Mapping[str, str]) -> list[dict[str, str]]:
    causes = [keys[node] for node, attributes in graph.nodes.items() if "exposure" in attributes]
    effects = [keys[node] for node, attributes in graph.nodes.items() if "outcome" in attributes]
    return [{"cause": cause, "effect": effect} for cause in causes for effect in effects]


def _usable_names(nodes: Iterable[str]) -> dict[str, str]:
    """Name of the variable for each node; a name that is usable stays as it is."""
    keys = {node: node for node in nodes if name_problem(node) is None}
    for node in nodes:
        if node not in keys:
            words = re.sub(r"[^\w-]+", "_", node).strip("_")
            usable = words if name_problem(words) is None else f"v_{words}".rstrip("_")
            keys[node] = _free_name(usable, keys.values())
    return keys


def _free_name(name: str, taken: Iterable[str]) -> str:
    taken, candidate, number = set(taken), name[:LONGEST_NAME], 1
    while candidate in taken:
        number += 1
        candidate = f"{name[: LONGEST_NAME - 8]}_{number}"
    return candidate
