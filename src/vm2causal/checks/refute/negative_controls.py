"""Pairs of variables that a graph says have nothing to do with each other, near a question.

A control exposure acts on the effect in no way once cause and adjustment set are held fixed; a
control outcome is not reached by the cause. Where data find an effect all the same, something
unobserved works on both sides.

Source: Lipsitch, Tchetgen Tchetgen, Cohen 2010, Negative controls, Epidemiology 21, 383.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final

import networkx as nx
import pandas as pd

from vm2causal.checks.refute.refitted_effect import AttackedQuery
from vm2causal.effects.about_few import about_few
from vm2causal.effects.adjustment_choice import enters_regressions, usable_graph
from vm2causal.effects.contrasts import default_contrasts
from vm2causal.effects.forward import Forward
from vm2causal.effects.outcome_regression import arrangeable
from vm2causal.effects.verdict import hardly_varies
from vm2causal.errors import QueryError
from vm2causal.identify import is_separated
from vm2causal.model.data.structural_data import StructuralData

MOST: Final = 2
"""Controls of each role that are chosen where none is named."""


class Role(StrEnum):
    """What a control stands in for."""

    EXPOSURE = "exposure"
    OUTCOME = "outcome"


@dataclass(frozen=True)
class Control:
    """A control and the query that must find no effect.

    Parameters
    ----------
    variable
        Its name.
    role
        Whether it stands in for the cause or for the effect.
    query
        The effect under attack, and the regression that estimates it.
    """

    variable: str
    role: Role
    query: AttackedQuery


def controls(forward: Forward, query: AttackedQuery) -> tuple[Control, ...]:
    """Controls that the graph offers: numbers before levels, then by name.

    Parameters
    ----------
    forward
        Equations of a fit, with its data and posterior draws.
    query
        The effect under attack, and the regression that estimates it.
    """
    found: list[Control] = []
    for role in Role:
        mine = [
            item
            for name in _names(forward, query)
            if (item := _control(forward, query, name, role))
        ]
        found += sorted(mine, key=lambda item: _preference(forward, item.variable))[:MOST]
    return tuple(found)


def named_control(forward: Forward, query: AttackedQuery, name: str) -> Control:
    """The control that a user names.

    Parameters
    ----------
    forward
        Equations of a fit, with its data and posterior draws.
    query
        The effect under attack, and the regression that estimates it.
    name
        Of the variable.

    Raises
    ------
    QueryError
        When the graph does not make it one.
    """
    offered = set(_names(forward, query))
    for role in Role:
        found = _control(forward, query, name, role) if name in offered else None
        if found is not None:
            return found
    known = sorted({item.variable for item in controls(forward, query)})
    raise QueryError(
        f"By the model this is no negative control of {query.cause} -> {query.effect}.",
        value=name,
        fix=f"One of: {', '.join(known)}." if known else "The graph offers none.",
    )


def _names(forward: Forward, query: AttackedQuery) -> Iterator[str]:
    taken = {query.cause, query.effect, *query.given}
    few = about_few(forward.data)
    for name in forward.layout.order:
        if (
            name in taken | few
            or name in forward.data.covariates
            or hardly_varies(forward.data, name)
        ):
            continue
        if not forward.data.spec.variables[name].kind.unordered:
            yield name


def _control(forward: Forward, query: AttackedQuery, name: str, role: Role) -> Control | None:
    graph = usable_graph(forward, held=query.assumed)
    data = forward.data
    if role is Role.EXPOSURE:
        given: tuple[str, ...] = (*query.given, query.cause)
        cause, effect = name, query.effect
        apart = is_separated(graph, cause, effect, (*given, *query.assumed, *graph.selected))
        possible = enters_regressions(data, name) and not _downstream(forward, query.cause, name)
    else:
        given = query.given
        cause, effect = query.cause, name
        possible = _varies_within(data, name) and is_separated(
            graph, cause, effect, (*given, *query.assumed, *graph.selected)
        )
        apart = possible and len(arrangeable(data, given, name)) == len(given)
    if not (apart and possible):
        return None
    return Control(name, role, _control_query(forward, query, cause, effect, given))


def _varies_within(data: StructuralData, name: str) -> bool:
    """Whether units of one group differ; otherwise the effect of the group is all there is."""
    column = data.columns.get(name)
    if column is None:
        return True
    return all(
        (pd.Series(column.values).groupby(grouping.codes).nunique() > 1).any()
        for group, grouping in data.groups.items()
        if group not in data.spec.variables
    )


def _control_query(
    forward: Forward, query: AttackedQuery, cause: str, effect: str, given: tuple[str, ...]
) -> AttackedQuery:
    changed: dict[str, Any] = {"cause": cause, "effect": effect, "given": given, "full": False}
    if cause != query.cause:
        contrast = default_contrasts(forward, cause)[0]
        own_scale = cause not in forward.data.columns
        changed |= {
            "high": None if own_scale else contrast.high,
            "low": None if own_scale else contrast.low,
            "contrast": contrast.text,
        }
    return replace(query, **changed)


def _downstream(forward: Forward, cause: str, name: str) -> bool:
    return name in nx.descendants(forward.data.spec.graph.to_networkx(), cause)


def _preference(forward: Forward, name: str) -> tuple[bool, bool, str]:
    column = forward.data.columns.get(name)
    rooted = name not in forward.layout.predictors_of
    number = column is not None and column.kind.numeric
    return (not rooted, not number, name)
