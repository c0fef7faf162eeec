"""A dagitty or DOT text → a causal model of the smallest form."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from vm2causal.spec.causal_spec import CausalSpec
from vm2causal.spec.files import Wanted, read_text
from vm2causal.spec.graph_text import Edge, ParsedGraph, parse_graph_text
from vm2causal.spec.graph_tokens import OWN_NAME
from vm2causal.spec.node_roles import NodeRoles, Role, not_carried, roles_of
from vm2causal.spec.places import Path as TreePath
from vm2causal.spec.places import Places
from vm2causal.spec.problems import build_model
from vm2causal.spec.variable_rules import name_problem
from vm2causal.spec.words import LONGEST_NAME
from vm2causal.texts import Language, text

_GRAPH_FILE: Final = Wanted(
    "dagitty or DOT file",
    "Check the name; a model file need not be imported.",
    "Begin with 'dag {' (dagitty) or 'digraph {' (DOT).",
)


@dataclass(frozen=True)
class ImportNote:
    """Something a graph says that its model has no place for, or has in another form.

    Parameters
    ----------
    key
        Which text of the catalogue says it: ``model.import.<key>``.
    names
        The nodes or attributes it is about.
    """

    key: str
    names: tuple[str, ...]

    def in_language(self, language: Language) -> str:
        """The note as a sentence."""
        return text(f"model.import.{self.key}", language, names=", ".join(self.names))


@dataclass(frozen=True)
class ImportedModel:
    """A model made of a dagitty or DOT text, and what the text says beside it."""

    spec: CausalSpec
    notes: tuple[ImportNote, ...]


def import_model(path: Path | str) -> ImportedModel:
    """Read a model from a dagitty or DOT file.

    Raises
    ------
    ModelFileError
        When the file cannot be read or holds what is not understood; the message names the line.
    """
    file = str(path)
    content = read_text(Path(path), file, _GRAPH_FILE)
    return imported_from_text(content, file=file, name=Path(path).stem)


def model_from_text(source: str, *, file: str = "text", name: str = "imported") -> CausalSpec:
    """Make a model of a dagitty or DOT text; see :func:`imported_from_text` for what it leaves.

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
    return imported_from_text(source, file=file, name=name).spec


def imported_from_text(source: str, *, file: str = "text", name: str = "imported") -> ImportedModel:
    """Make a model of a dagitty or DOT text, with notes on what it has no place for.

    An edge both ways (dagitty ``<->``, DOT ``dir=both``) becomes an unobserved common cause. A
    name that no variable may have is changed, and stays as label and column. Roles of nodes are
    those of dagitty: latent nodes are unobserved, selected ones are what all units in the data
    have, each exposure and outcome make a query.

    Parameters
    ----------
    source
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
    >>> imported = imported_from_text("dag { x [e] y [o] z [a] z -> x -> y }")
    >>> imported.notes[0].in_language(Language.EN)[:12]
    "'adjusted' o"
    """
    graph = parse_graph_text(source, file)
    keys = _usable_names(graph.nodes)
    roles = {
        node: roles_of(attributes, node=node, file=file, line=graph.lines[node])
        for node, attributes in graph.nodes.items()
    }
    lines: dict[TreePath, int] = {
        ("variables", keys[node]): line for node, line in graph.lines.items()
    }
    variables = {
        keys[node]: _variable(node, keys[node], graph, roles[node]) for node in graph.nodes
    }
    arrows: list[dict[str, str]] = []
    for edge in _edges(graph):
        found = _common_cause(edge, keys, variables) if edge.both_ways else [_arrow(edge, keys)]
        for arrow in found:
            lines["arrows", len(arrows)] = edge.line
            arrows.append(arrow)
    asked = _queries(roles)
    lines |= {("queries", place): graph.lines[cause] for place, (cause, _) in enumerate(asked)}
    document: dict[str, Any] = {
        "name": graph.name.strip() or name,
        "variables": variables,
        "arrows": arrows,
        "queries": [{"cause": keys[cause], "effect": keys[effect]} for cause, effect in asked],
    }
    return ImportedModel(build_model(document, Places(file, lines)), _notes(graph, roles))


def _edges(graph: ParsedGraph) -> Iterable[Edge]:
    if not graph.strict:
        return graph.edges
    return {(edge.cause, edge.effect, edge.both_ways): edge for edge in graph.edges}.values()


def _variable(node: str, key: str, graph: ParsedGraph, roles: NodeRoles) -> dict[str, Any]:
    variable: dict[str, Any] = {} if roles.observed else {"observed": False}
    if Role.SELECTED in roles.roles:
        variable = {"selected": True}
    label = (graph.nodes[node].get("label") or node).replace(OWN_NAME, node)
    if label not in (key, key.replace("_", " ")):
        variable["label"] = label
    if key != node and not {"observed", "selected"} & variable.keys():
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


def _with_role(roles: Mapping[str, NodeRoles], role: Role) -> tuple[str, ...]:
    return tuple(node for node, found in roles.items() if role in found.roles)


def _queries(roles: Mapping[str, NodeRoles]) -> list[tuple[str, str]]:
    effects = _with_role(roles, Role.OUTCOME)
    return [(cause, effect) for cause in _with_role(roles, Role.EXPOSURE) for effect in effects]


def _notes(graph: ParsedGraph, roles: Mapping[str, NodeRoles]) -> tuple[ImportNote, ...]:
    exposures, outcomes = _with_role(roles, Role.EXPOSURE), _with_role(roles, Role.OUTCOME)
    left = [word for found in roles.values() for word in found.not_carried]
    left += [word for edge in graph.edges for word in not_carried(edge.attributes)]
    notes = {
        "adjusted": _with_role(roles, Role.ADJUSTED),
        "joint": exposures if len(exposures) > 1 and outcomes else (),
        "no_outcome": () if outcomes else exposures,
        "no_exposure": () if exposures else outcomes,
        "not_carried": tuple(dict.fromkeys(left)),
    }
    return tuple(ImportNote(key, names) for key, names in notes.items() if names)


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
