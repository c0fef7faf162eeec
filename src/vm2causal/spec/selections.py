"""Switching on the selections that a model names: nodes that all units in the data have."""

from __future__ import annotations

from collections.abc import Collection

from vm2causal.errors import ModelFileError
from vm2causal.spec.causal_spec import CausalSpec
from vm2causal.spec.objects import Arrow, Variable
from vm2causal.spec.rules import suggestion

SWITCH = "+"
"""Between the name of a model and that of a selection to switch on."""


def with_selections(spec: CausalSpec, names: Collection[str], *, file: str = "") -> CausalSpec:
    """The model with some of its selections as ``selected`` nodes, their causes as arrows.

    Parameters
    ----------
    spec
        A model that names these under ``selections``.
    names
        Which to switch on.
    file
        Name of the model as the user gave it, for messages.

    Raises
    ------
    ModelFileError
        When the model names no such selection.

    Examples
    --------
    >>> from vm2causal.spec import read_model
    >>> with_selections(read_model("onderzoeksmodel-2012"), ["respons"]).graph.selected
    frozenset({'respons'})
    """
    for name in names:
        if name not in spec.selections:
            known = ", ".join(spec.selections)
            raise ModelFileError(
                "This model names no such selection.",
                file=file or spec.name,
                value=name,
                fix=suggestion(
                    name,
                    spec.selections,
                    otherwise=f"It names: {known}." if known else "Name it under 'selections'.",
                ),
            )
    chosen = {name: spec.selections[name] for name in spec.selections if name in set(names)}
    nodes = {
        name: Variable(
            selected=True,
            level=item.level,
            label=item.label,
            definition=item.definition,
            source=item.source,
        )
        for name, item in chosen.items()
    }
    arrows = (
        Arrow.model_validate({"from": cause, "to": name})
        for name, item in chosen.items()
        for cause in item.causes
    )
    left = {name: item for name, item in spec.selections.items() if name not in chosen}
    return spec.changed(
        name=SWITCH.join([spec.name, *chosen]),
        variables={**spec.variables, **nodes},
        arrows=[*spec.arrows, *arrows],
        selections=left,
    )
