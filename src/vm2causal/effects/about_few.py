"""Which variables, and which coefficients between them, are about few persons."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from vm2causal.disclosure import MINIMUM
from vm2causal.effects.hidden_places import hidden_of
from vm2causal.effects.small_levels import numbers_of_few, small_levels
from vm2causal.model.data.columns import Cells, Column
from vm2causal.model.data.structural_data import StructuralData
from vm2causal.model.structural_layout import Layout
from vm2causal.model.structural_parameters import Weight


def few_levels(data: StructuralData) -> frozenset[tuple[str, str]]:
    """Variables, groups and units, and the levels of them that nothing is told about.

    Those that fewer persons have than the privacy minimum, and places that would give such away.

    Parameters
    ----------
    data
        The data as the model takes them, one row per unit.
    """
    return small_levels(data) | hidden_of(data)


def about_few(data: StructuralData) -> frozenset[str]:
    """Variables that are about few persons as a whole.

    Of two levels few persons have one, all but few have one number, or of a count there are few
    events, or few without. Whatever is told of such a variable, as a cause or as an effect, is told
    of these.

    Parameters
    ----------
    data
        The data as the model takes them, one row per unit.
    """
    if not data.of_persons:
        return frozenset()
    small = {name for name, _ in small_levels(data)}
    two = {name for name in small if _has_two(data.column(name))}
    counts = {name for name, cells in data.cells.items() if _few_events(cells)}
    return frozenset(two | counts | numbers_of_few(data))


def weights_about_few(layout: Layout) -> frozenset[str]:
    """Labels of the coefficients of or on a level that few have, or that may not be told.

    Parameters
    ----------
    layout
        Parameters of the model, and where each enters.
    """
    data = layout.data
    if not data.of_persons:
        return frozenset()
    few, whole = few_levels(data), about_few(data)
    return frozenset(
        item.label
        for item in layout.weights
        if {item.cause, item.effect} & whole or _levels(data, item) & few
    )


def is_label_about_few(
    data: StructuralData, few: Iterable[tuple[str, str]], cause: str, effect: str, label: str
) -> bool:
    """Whether a coefficient of an equation apart is about a level that few have.

    Parameters
    ----------
    data
        The data as the model takes them, one row per unit.
    few
        Of :func:`few_levels`.
    cause
        Name of the variable that is intervened on.
    effect
        Name of the variable whose response is asked for.
    label
        Of the coefficient, such as ``klas[d] -> cijfer``.
    """
    small = {name: {level for own, level in few if own == name} for name in (cause, effect)}
    for name, end in zip((cause, effect), label.split(" -> "), strict=False):
        column = data.column(name)
        if column is None or not end.startswith(f"{name}["):
            continue
        compared = {end[len(name) + 1 : -1], column.levels[column.reference]}
        if compared & small[name]:
            return True
    return False


def without_few(row: Mapping[str, Any], few: frozenset[str]) -> dict[str, Any]:
    """A test of the shape of an arrow, without its numbers where they are about few persons.

    Parameters
    ----------
    row
        Of ``gate.tests``, or of what failed on the way of an effect.
    few
        Of :func:`about_few`.
    """
    numbers = ("slope", "change", "detectable", "p")
    if not {row["cause"], row["effect"], row["by"]} & few:
        return dict(row)
    return {**row, **dict.fromkeys(numbers)}


def _few_events(cells: Cells) -> bool:
    events, trials = int(cells.events.sum()), int(cells.trials.sum())
    return trials > 0 and min(events, trials - events) < MINIMUM


def _has_two(column: Column | None) -> bool:
    return column is not None and len(column.levels) == 2


def _levels(data: StructuralData, weight: Weight) -> set[tuple[str, str]]:
    """Levels that a coefficient compares: one with the reference, or the two that there are."""
    found = set()
    ends = ((weight.cause, weight.cause_level), (weight.effect, weight.effect_level))
    for name, level in ends:
        column = data.column(name)
        if column is None or not column.levels:
            continue
        if level is not None:
            found |= {(name, column.levels[one]) for one in (level, column.reference)}
        elif name == weight.cause and len(column.levels) == 2:
            found |= {(name, one) for one in column.levels}
    return found
