"""Which arrows a reader sees first: those the model is about, the clearest and largest of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

import networkx as nx

from vm2causal.spec import CausalSpec

_CLEAREST: Final = ("ondersteund", "een_effect", "tegengesproken", "onbeslist", "geen_aanwijzing")
"""Verdicts in the order in which they are told; what cannot be tested comes after them."""


def ordered_arrows(
    rows: Iterable[Mapping[str, Any]], spec: CausalSpec
) -> tuple[list[Mapping[str, Any]], list[Mapping[str, Any]]]:
    """Rows of arrows that the model is about, and those of control variables.

    An arrow is of a control variable where its cause is a group, or where the model declares no
    evidence for it and it lies on no path of a declared question. A model without questions is
    about all arrows between its variables.

    Parameters
    ----------
    rows
        Of a document of effects.
    spec
        The causal model, as it was fitted.

    Returns
    -------
    about, controls : list
        Each with clear directions first, the largest of these first.
    """
    between = _between(spec)
    claimed = {arrow.key for arrow in spec.arrows if arrow.evidence is not None}
    about, controls = list[Mapping[str, Any]](), list[Mapping[str, Any]]()
    for row in sorted(rows, key=_place):
        pair = row["cause"], row["effect"]
        asked = between is None or pair in between or pair in claimed
        (about if asked and row["cause"] not in spec.groups else controls).append(row)
    return about, controls


def _place(row: Mapping[str, Any]) -> tuple[int, float]:
    verdict, size = row["verdict"], row["standardised"]
    known = _CLEAREST.index(verdict) if verdict in _CLEAREST else len(_CLEAREST)
    # a direction that is clear is as good a one as another: the size decides
    rank = 0 if row["direction"] and known < len(_CLEAREST) else 1 + known
    return rank, -abs(size["mean"]) if size else 0.0


def _between(spec: CausalSpec) -> set[tuple[str, str]] | None:
    """Arrows on the way from cause to effect of a declared question; None without questions."""
    if not spec.queries:
        return None
    graph: nx.DiGraph[Any] = spec.graph.to_networkx()
    found = set[tuple[str, str]]()
    for query in spec.queries:
        after = {query.cause, *nx.descendants(graph, query.cause)}
        before = {query.effect, *nx.ancestors(graph, query.effect)}
        found |= {(one, other) for one, other in graph.edges if one in after and other in before}
    return found
