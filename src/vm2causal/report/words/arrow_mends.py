"""The line of a model file that frees an arrow of which one coefficient will not do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from vm2causal.checks.gate.shape_tests import Shape
from vm2causal.spec import Arrow, CausalSpec, Kind, Level
from vm2causal.spec.words import ArrowShape
from vm2causal.spec.writing import arrow_to_yaml


def arrow_mends(failed: Iterable[Mapping[str, Any]], spec: CausalSpec) -> list[str]:
    """Lines that let arrows do what tests found them to do.

    Parameters
    ----------
    failed
        Tests that failed, as ``gate.effects[].failed`` in ``run.json`` holds them.
    spec
        The causal model, as read from its file.

    Returns
    -------
    list of str
        One line per arrow, as ``arrows:`` in a model file has them; none for what a model file
        cannot free: arrows from characteristics of pupils, from groups whose levels share strength,
        and curves of what is neither a number nor ordinal.
    """
    found: dict[tuple[str, str], Arrow] = {}
    for test in failed:
        key = test["cause"], test["effect"]
        arrow = found.get(key) or spec.arrow(*key)
        other = found.get((str(test["by"]), test["effect"]))
        if other is not None and test["cause"] in other.depends_on:
            continue  # of two causes each is a condition of the other: it is said once
        freed = None if arrow is None else _freed(arrow, test, spec)
        if freed is not None:
            found[key] = freed
    return [arrow_to_yaml(arrow) for arrow in found.values()]


def _freed(arrow: Arrow, test: Mapping[str, Any], spec: CausalSpec) -> Arrow | None:
    by = test["by"]
    ends = [arrow.cause] if by is None or by not in spec.variables else [arrow.cause, by]
    if any(_is_fixed(name, spec) for name in ends):
        return None
    if test["shape"] == Shape.VARIES.value:
        changes: dict[str, object] = {"varies": (*arrow.varies, by)}
    elif test["shape"] == Shape.INTERACTION.value:
        changes = {"depends_on": (*arrow.depends_on, by)}
    else:
        shape = _shape_for(spec.variables[arrow.cause].kind)
        if shape is None:
            return None
        changes = {"shape": shape}
    return arrow.model_copy(update=changes)


def _is_fixed(name: str, spec: CausalSpec) -> bool:
    """Whether what a variable does is more than one coefficient per unit already."""
    variable = spec.variables[name]
    of_pupils = variable.level is Level.LEERLING and not variable.kind.counted
    return of_pupils or (name in spec.groups and variable.kind is Kind.NOMINAL)


def _shape_for(kind: Kind) -> ArrowShape | None:
    if kind is Kind.ORDINAL:
        return ArrowShape.MONOTONE
    return ArrowShape.SMOOTH if kind.numeric else None
