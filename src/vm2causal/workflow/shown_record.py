"""The record of a fit as it may be shown, and whom its numbers are about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import pandas as pd

from vm2causal.disclosure import Behind, Released, released
from vm2causal.effects.hidden_places import hidden_of
from vm2causal.effects.small_levels import small_levels
from vm2causal.model.data.structural_data import StructuralData
from vm2causal.model.result_names import TABLE_UNIT
from vm2causal.model.structural_layout import Layout
from vm2causal.model.structural_parameters import Weight
from vm2causal.report.documents.records import records
from vm2causal.report.words.reading import without_rows
from vm2causal.workflow.small_groups import without_small_summaries

_CHECKS: Final = ("prior_predictive", "posterior_predictive")


def behind(data: StructuralData) -> Behind:
    """Whom numbers about a fit are about.

    Parameters
    ----------
    data
        The data as the model takes them, one row per unit.
    """
    return Behind(float(data.persons.sum()), data.of_persons and data.unit == TABLE_UNIT)


def shown_record(layout: Layout, record: Mapping[str, Any]) -> Released:
    """What ``run.json`` of a fit says, as it may be shown.

    Left out are summaries of few persons, coefficients of and on levels that few have and, where
    rows are persons, what names single rows or their values. Numbers of rows are then None where
    they, or what is left of the whole, are few.

    Parameters
    ----------
    layout
        Parameters of the model, and where each enters.
    record
        ``run.json`` of the fit.
    """
    data = layout.data
    about, shown = behind(data), dict(record)
    gone = _about_few(layout)
    if record.get("parameters") and gone:
        shown["parameters"] = [row for row in record["parameters"] if row["name"] not in gone]
    for name in _CHECKS:
        if record.get(name):
            kept = without_small_summaries(data, pd.DataFrame(record[name]))
            shown[name] = records(kept)
    if about.rows_are_persons:
        shown = without_rows(shown)
    return released(shown, about)


def _about_few(layout: Layout) -> frozenset[str]:
    """Names of the parameters that are about a level which few have, or which may not be told."""
    if not layout.data.of_persons:
        return frozenset()
    few = small_levels(layout.data) | hidden_of(layout.data)
    weights = {f"weight[{item.label}]" for item in layout.weights if _levels(layout, item) & few}
    return frozenset(weights | {f"intercept[{name}[{level}]]" for name, level in few})


def _levels(layout: Layout, weight: Weight) -> set[tuple[str, str]]:
    """Levels that a coefficient compares: one with the reference, or the two that there are."""
    found = set()
    ends = ((weight.cause, weight.cause_level), (weight.effect, weight.effect_level))
    for name, level in ends:
        column = layout.data.column(name)
        if column is None or not column.levels:
            continue
        if level is not None:
            found |= {(name, column.levels[one]) for one in (level, column.reference)}
        elif name == weight.cause and len(column.levels) == 2:
            found |= {(name, one) for one in column.levels}
    return found
