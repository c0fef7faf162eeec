"""A model meets data that lack some of its variables, or in which some hardly vary.

What has no data is unobserved, and so is a construct whose items do not tell its levels apart. The
structural model fits no unobserved variable with causes, so such a variable is projected out: its
causes get arrows to its effects, and what runs through it stays in every total.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

import pandas as pd

from vm2causal.identify.dag import dag_of, members
from vm2causal.identify.projection import with_exogenous_unobserved
from vm2causal.inputs.study.flows import FLOWS, yearly_flows
from vm2causal.inputs.study.frame import StudyFrame
from vm2causal.model.data.columns import LEAST_INFORMATION, construct_information
from vm2causal.model.data.structural_data import answers_of
from vm2causal.model.data.time_order import arrows_back_in_time
from vm2causal.spec import Arrow, CausalGraph, CausalSpec, Variable
from vm2causal.spec.objects import MODIFYING

_FEWEST_ITEMS: Final = 2


@dataclass(frozen=True)
class UnfittedArrow:
    """An arrow of a model file with an end that is not fitted.

    Parameters
    ----------
    arrow
        As the file has it.
    hardly_varies
        Whether that is because an end hardly varies; else it has no data.
    """

    arrow: Arrow
    hardly_varies: bool


@dataclass(frozen=True)
class Unfitted:
    """How the arrows of a fit differ from those of its model file.

    Parameters
    ----------
    arrows
        Arrows of the file that cannot be weighed, in its order.
    through
        Per arrow of the fit that also, or only, stands for paths through variables that are not
        fitted: those variables, in the order of the file.
    """

    arrows: tuple[UnfittedArrow, ...] = ()
    through: Mapping[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)


def unfitted_record(unfitted: Unfitted) -> dict[str, Any]:
    """How a fit keeps it in ``run.json``: ``not_fitted`` and ``through``."""
    return {
        "not_fitted": [
            {
                "cause": item.arrow.cause,
                "effect": item.arrow.effect,
                "evidence": item.arrow.evidence.value if item.arrow.evidence else None,
                "sign": item.arrow.sign.value if item.arrow.sign else None,
                "hardly_varies": item.hardly_varies,
            }
            for item in unfitted.arrows
        ],
        "through": [
            {"cause": cause, "effect": effect, "variables": list(names)}
            for (cause, effect), names in unfitted.through.items()
        ],
    }


def recorded_unfitted(record: Mapping[str, Any]) -> Unfitted:
    """The same from a record."""
    return Unfitted(
        tuple(
            UnfittedArrow(
                Arrow.model_validate(
                    {
                        "from": item["cause"],
                        "to": item["effect"],
                        "evidence": item["evidence"],
                        "sign": item["sign"],
                    }
                ),
                item["hardly_varies"],
            )
            for item in record["not_fitted"]
        ),
        {(item["cause"], item["effect"]): tuple(item["variables"]) for item in record["through"]},
    )


@dataclass(frozen=True)
class SpecForData:
    """A model fit for data.

    Parameters
    ----------
    spec
        What is fitted: unobserved variables have no causes in it, but for what selected the units.
    graph
        The graph of the model as it was, with what has no data unobserved.
    missing
        Variables of the model that the data lack.
    left_out
        Constructs of the model that hardly vary in the data.
    unfitted
        What became of the arrows. Those of ``unfitted.through`` carry no evidence, sign or prior.
    items_left_out
        Items of observed constructs that the data lack.
    back_in_time
        Fitted arrows from what a study asked last to its earlier years
        (:func:`~vm2causal.model.data.time_order.arrows_back_in_time`); fitted as they stand.
    """

    spec: CausalSpec
    graph: CausalGraph
    missing: tuple[str, ...]
    left_out: tuple[str, ...] = ()
    unfitted: Unfitted = field(default_factory=Unfitted)
    items_left_out: tuple[str, ...] = ()
    back_in_time: tuple[tuple[str, str], ...] = ()

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


def spec_for_study(spec: CausalSpec, study: StudyFrame) -> SpecForData:
    """Make a model fit for a study; see :func:`spec_for_data`."""
    adapted = _for_rows(spec, study_columns(study), study.experiments)
    return replace(adapted, back_in_time=arrows_back_in_time(adapted.spec))


def spec_for_table(spec: CausalSpec, table: pd.DataFrame) -> SpecForData:
    """Make a model fit for a table; see :func:`spec_for_data`."""
    return _for_rows(spec, filled_columns(table), table)


def _for_rows(spec: CausalSpec, available: Collection[str], rows: pd.DataFrame) -> SpecForData:
    """What is lacking first, since a construct may hardly vary in the items that are there."""
    there = spec_for_data(spec, available)
    constant = hardly_varying(there.spec, rows)
    return spec_for_data(spec, available, constant=constant) if constant else there


def hardly_varying(spec: CausalSpec, rows: pd.DataFrame) -> tuple[str, ...]:
    """Constructs whose answers do not tell their levels apart.

    Raises
    ------
    StudyError
        When an item has no column, or an answer is none of its levels.
    """
    return tuple(
        name
        for name, answers in answers_of(spec, rows.reset_index(drop=True)).items()
        if construct_information(answers) < LEAST_INFORMATION
    )


def spec_for_data(
    spec: CausalSpec, available: Collection[str], *, constant: Collection[str] = ()
) -> SpecForData:
    """Make what has no data or hardly varies unobserved, and project out what then has causes.

    Parameters
    ----------
    available
        Columns with data. A construct needs two of its items; a count its events and trials.
    constant
        Constructs whose items hardly vary.
    """
    items = {name: _items(variable, available) for name, variable in spec.variables.items()}
    missing = tuple(
        name
        for name, variable in spec.variables.items()
        if variable.observed and not _has_data(spec, name, available, items[name])
    )
    left_out = tuple(name for name in spec.variables if name in set(constant) - set(missing))
    gone = {*missing, *left_out}
    variables = {
        name: _unobserved(variable) if name in gone else _with_items(variable, items[name])
        for name, variable in spec.variables.items()
    }
    hidden = {name for name, variable in variables.items() if not variable.observed}
    graph = replace(spec.graph, unobserved=frozenset(hidden))
    arrows, through = _projected(spec, graph)
    lacking = tuple(
        item
        for name, variable in spec.variables.items()
        if variable.observed and name not in gone
        for item in variable.items
        if item not in items[name]
    )
    unfitted = Unfitted(
        tuple(
            UnfittedArrow(arrow, not {*arrow.key}.isdisjoint(left_out))
            for arrow in spec.arrows
            if not hidden.isdisjoint(arrow.key)
        ),
        through,
    )
    rebuilt = _rebuilt(spec, variables, arrows, through)
    return SpecForData(rebuilt, graph, missing, left_out, unfitted, lacking)


def _items(variable: Variable, available: Collection[str]) -> tuple[str, ...]:
    return tuple(item for item in variable.items if item in available)


def _has_data(
    spec: CausalSpec, name: str, available: Collection[str], items: tuple[str, ...]
) -> bool:
    variable = spec.variables[name]
    if variable.kind.measured:
        return len(items) >= _FEWEST_ITEMS
    return set(spec.columns_of(name)) <= set(available)


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
) -> tuple[tuple[Arrow, ...], dict[tuple[str, str], tuple[str, ...]]]:
    """Arrows among the observed and from unobserved roots, the old ones in their order."""
    dag = with_exogenous_unobserved(dag_of(graph))
    keys = {
        (cause, dag.names[effect])
        for cause, children in zip(dag.names, dag.children, strict=True)
        for effect in members(children)
    }
    passed = {key: _hidden_between(graph, *key) for key in sorted(keys)}
    through = {
        key: tuple(name for name in spec.variables if name in names)
        for key, names in passed.items()
        if names
    }
    kept = [
        _fitted_arrow(arrow, graph, through=arrow.key in through)
        for arrow in spec.arrows
        if arrow.key in keys
    ]
    new = sorted(keys - {arrow.key for arrow in kept})
    return tuple(kept + [_bare_arrow(*key) for key in new]), through


def _fitted_arrow(arrow: Arrow, graph: CausalGraph, *, through: bool) -> Arrow:
    """An arrow as these data can follow it.

    Where an end has no data nothing can be seen to vary, depend or bend. One that also stands for
    other paths carries no evidence, sign or prior of its own, but what is said of its form stays.
    """
    if not graph.unobserved.isdisjoint(arrow.key):
        return arrow.model_copy(update={key: Arrow.model_fields[key].default for key in MODIFYING})
    if not through:
        return arrow
    said = {key: getattr(arrow, key) for key in MODIFYING}
    return _bare_arrow(*arrow.key).model_copy(update=said)


def _bare_arrow(cause: str, effect: str) -> Arrow:
    return Arrow.model_validate({"from": cause, "to": effect})


def _hidden_between(graph: CausalGraph, cause: str, effect: str) -> set[str]:
    """Unobserved variables on paths from cause to effect with nothing else between them."""
    reached = _hidden_children(graph, [cause])
    while not (further := _hidden_children(graph, reached)) <= reached:
        reached |= further
    leading = {name for name in reached if (name, effect) in graph.arrows}
    while more := {name for name in reached - leading if _hidden_children(graph, [name]) & leading}:
        leading |= more
    return leading


def _hidden_children(graph: CausalGraph, names: Iterable[str]) -> set[str]:
    wanted = set(names)
    return {
        effect for cause, effect in graph.arrows if cause in wanted and effect in graph.unobserved
    }


def _rebuilt(
    spec: CausalSpec,
    variables: dict[str, Variable],
    arrows: tuple[Arrow, ...],
    through: Collection[tuple[str, str]],
) -> CausalSpec:
    """The model with other variables and arrows; its rules are checked again."""
    own = ({arrow.key for arrow in arrows} & {arrow.key for arrow in spec.arrows}) - {*through}
    return spec.changed(
        variables=variables,
        arrows=arrows,
        priors=[item for item in spec.priors if (item.cause, item.effect) in own],
        queries=[
            query
            for query in spec.queries
            if variables[query.cause].observed and variables[query.effect].observed
        ],
    )
