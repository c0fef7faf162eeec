"""The record of a fit as it may be shown, and whom its numbers are about."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import pandas as pd

from vm2causal.disclosure import Behind, Released, released
from vm2causal.effects.about_few import (
    about_few,
    few_levels,
    weights_about_few,
    without_few,
)
from vm2causal.model.data.structural_data import StructuralData
from vm2causal.model.result_names import BLOCKS, TABLE_UNIT, slopes_as
from vm2causal.model.structural_layout import Layout
from vm2causal.report.documents.records import records
from vm2causal.report.words.reading import without_rows
from vm2causal.workflow.shown_summaries import shown_summaries
from vm2causal.workflow.small_groups import shown_gates, without_effects_of_few

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
        shown["parameters"] = [
            row for row in record["parameters"] if not {row["name"], _subject(row["name"])} & gone
        ]
    if record.get("variances") and data.of_persons:
        few = about_few(data)
        shown["variances"] = [row for row in record["variances"] if row["variable"] not in few]
    for name in _CHECKS:
        if record.get(name):
            shown[name] = records(shown_summaries(data, pd.DataFrame(record[name])))
    if data.of_persons:
        shown |= _judgements(data, record)
    if about.rows_are_persons:
        shown = without_rows(shown)
    return released(shown, about)


def _about_few(layout: Layout) -> frozenset[str]:
    """Parameters about a level which few have, or which may not be told: names, or subjects.

    Of a variable or level, be it its intercept, how groups differ in it or what is left of it.
    """
    data = layout.data
    if not data.of_persons:
        return frozenset()
    few, small, whole = weights_about_few(layout), few_levels(data), about_few(data)
    weights = {f"weight[{label}]" for label in few}
    modifiers = _modifiers_about_few(layout, few, whole | {name for name, _ in small})
    levels = {f"{name}[{level}]" for name, level in small}
    return frozenset({*weights, *modifiers, *levels, *whole})


def _subject(parameter: str) -> str:
    """What a parameter is of: ``vsv`` of ``school_sd[vsv]``."""
    return parameter.partition("[")[2].removesuffix("]")


def _modifiers_about_few(layout: Layout, few: frozenset[str], own: frozenset[str]) -> Iterator[str]:
    """Names of parameters that say what coefficients about few, or by few, leave out.

    Parameters
    ----------
    few
        Labels of the coefficients about few.
    own
        Variables that few have, or a level of which they have.
    """
    for item in layout.products:
        pair = (layout.weights[item.first], layout.weights[item.second])
        if few & {weight.label for weight in pair}:
            yield f"product[{item.label}]"
    for weight in layout.weights:
        if weight.steps is not None and weight.cause in own:
            for label in layout.block("arrow_step").dims[BLOCKS["arrow_step"]]:
                if label.startswith(f"{weight.label}: "):
                    yield f"arrow_step[{label}]"
    for by, index in layout.varying:
        if by in own and by in layout.data.spec.variables:
            yield f"{slopes_as(by)}_sd[{layout.weights[index].label}]"


def _judgements(data: StructuralData, record: Mapping[str, Any]) -> dict[str, Any]:
    """What the checks made of effects and arrows, without numbers about few persons."""
    found: dict[str, Any] = {}
    if record.get("gate"):
        gate, few = record["gate"], about_few(data)
        tests = [without_few(row, few) for row in gate["tests"]]
        found["gate"] = {**gate, "tests": tests, "effects": shown_gates(data, gate["effects"])}
    if record.get("prior_sensitivity"):
        kept = without_effects_of_few(data, record["prior_sensitivity"])
        found["prior_sensitivity"] = kept
    return found
