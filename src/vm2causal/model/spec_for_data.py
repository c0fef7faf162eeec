"""A model meets data that lack some of its variables.

What has no data is unobserved. The structural model fits no unobserved variable with causes, so
such a variable is projected out: its causes get arrows to its effects.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from typing import Any, Final

import pandas as pd

from vm2causal.identify.dag import dag_of, members
from vm2causal.identify.projection import with_exogenous_unobserved
from vm2causal.inputs.study.flows import FLOWS, yearly_flows
from vm2causal.inputs.study.frame import StudyFrame
from vm2causal.spec import Arrow, CausalGraph, CausalSpec, Variable
from vm2causal.spec.words import Kind

_FEWEST_ITEMS: Final = 2


@dataclass(frozen=True)
class SpecForData:
    """A model fit for data.

    Parameters
    ----------
    spec
        What is fitted: unobserved variables have no causes in it.
    graph
        The graph of the model as it was, with what has no data unobserved.
    missing
        Variables of the model that the data lack.
    through
        Arrows of ``spec`` that also, or only, stand for paths through such variables. They carry
        no evidence, sign or prior.
    items_left_out
        Items of observed constructs that the data lack.
    """

    spec: CausalSpec
    graph: CausalGraph
    missing: tuple[str, ...]
    through: tuple[tuple[str, str], ...]
    items_left_out: tuple[str, ...] = ()

    def with_spec(self, spec: CausalSpec) -> SpecForData:
        """The same for a model that says more of its variables."""
        return replace(self, spec=spec)


def study_columns(study: StudyFrame) -> frozenset[str]:
    """Columns of a study that hold any value, the yearly flows of its pupils among them."""
    flows = yearly_flows(study)
    counted = {
        column
        for name in FLOWS
        if flows[f"{name}_van"].sum() > 0
        for column in (name, f"{name}_van")
    }
    return filled_columns(study.experiments) | filled_columns(study.careers) | counted


def filled_columns(table: pd.DataFrame) -> frozenset[str]:
    """Columns of a table that hold any value."""
    return frozenset(str(name) for name in table.columns if table[name].notna().any())


def spec_for_data(spec: CausalSpec, available: Collection[str]) -> SpecForData:
    """Make what has no data unobserved, and project out what then has causes.

    Parameters
    ----------
    available
        Columns with data. A construct needs two of its items; a count its events and trials.
    """
    items = {name: _items(variable, available) for name, variable in spec.variables.items()}
    missing = tuple(
        name
        for name, variable in spec.variables.items()
        if variable.observed and not _has_data(spec, name, available, items[name])
    )
    variables = {
        name: _unobserved(variable) if name in missing else _with_items(variable, items[name])
        for name, variable in spec.variables.items()
    }
    hidden = {name for name, variable in variables.items() if not variable.observed}
    graph = CausalGraph.of(spec.graph.arrows, nodes=spec.variables, unobserved=hidden)
    arrows, through = _projected(spec, graph)
    left_out = [
        item
        for name, variable in spec.variables.items()
        if variable.observed and name not in missing
        for item in variable.items
        if item not in items[name]
    ]
    return SpecForData(_rebuilt(spec, variables, arrows), graph, missing, through, tuple(left_out))


def _items(variable: Variable, available: Collection[str]) -> tuple[str, ...]:
    return tuple(item for item in variable.items if item in available)


def _has_data(
    spec: CausalSpec, name: str, available: Collection[str], items: tuple[str, ...]
) -> bool:
    variable = spec.variables[name]
    if variable.kind is Kind.LATENT:
        return len(items) >= _FEWEST_ITEMS
    needed = {spec.column(name)} | ({str(variable.trials)} if variable.trials else set())
    return needed <= set(available)


def _unobserved(variable: Variable) -> Variable:
    return Variable(
        observed=False,
        level=variable.level,
        step=variable.step,
        label=variable.label,
        definition=variable.definition,
        source=variable.source,
    )


def _with_items(variable: Variable, items: tuple[str, ...]) -> Variable:
    if items == variable.items:
        return variable
    labels = {item: label for item, label in variable.item_labels.items() if item in items}
    return variable.model_copy(update={"items": items, "item_labels": labels})


def _projected(
    spec: CausalSpec, graph: CausalGraph
) -> tuple[tuple[Arrow, ...], tuple[tuple[str, str], ...]]:
    """Arrows among the observed and from unobserved roots, the old ones in their order."""
    dag = with_exogenous_unobserved(dag_of(graph))
    keys = {
        (cause, dag.names[effect])
        for cause, children in zip(dag.names, dag.children, strict=True)
        for effect in members(children)
    }
    through = {key for key in keys if _passes_hidden(graph, *key)}
    kept = [arrow for arrow in spec.arrows if arrow.key in keys]
    new = sorted(keys - {arrow.key for arrow in kept})
    arrows = [_bare_arrow(*arrow.key) if arrow.key in through else arrow for arrow in kept] + [
        _bare_arrow(*key) for key in new
    ]
    return tuple(arrows), tuple(sorted(through))


def _bare_arrow(cause: str, effect: str) -> Arrow:
    return Arrow.model_validate({"from": cause, "to": effect})


def _passes_hidden(graph: CausalGraph, cause: str, effect: str) -> bool:
    """Whether a path leads from cause to effect with unobserved variables only between them."""
    reached = _hidden_children(graph, [cause])
    while True:
        if any((name, effect) in graph.arrows for name in reached):
            return True
        further = reached | _hidden_children(graph, reached)
        if further == reached:
            return False
        reached = further


def _hidden_children(graph: CausalGraph, names: Iterable[str]) -> set[str]:
    wanted = set(names)
    return {
        effect for cause, effect in graph.arrows if cause in wanted and effect in graph.unobserved
    }


def _rebuilt(
    spec: CausalSpec, variables: dict[str, Variable], arrows: tuple[Arrow, ...]
) -> CausalSpec:
    """The model with other variables and arrows; its rules are checked again."""
    own = {arrow.key for arrow in arrows if arrow in spec.arrows}
    content: dict[str, Any] = {name: getattr(spec, name) for name in type(spec).model_fields}
    content["variables"] = variables
    content["arrows"] = arrows
    content["priors"] = [item for item in spec.priors if (item.cause, item.effect) in own]
    content["queries"] = [
        query
        for query in spec.queries
        if variables[query.cause].observed and variables[query.effect].observed
    ]
    return CausalSpec(**content)
