"""The checks of a study's fit that concern predictions, and those that concern single effects."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vm2causal.report.brief.content.blocks import Block, Cell, Table
from vm2causal.report.brief.content.table_cells import Row, table_of
from vm2causal.report.words.gate import listed, shape_in_words, unjudged_in_words
from vm2causal.report.words.level_labels import declared_label
from vm2causal.spec import CausalSpec
from vm2causal.texts import Language, number, text

_PREDICTED = ("variable", "posterior_predictive", "loo_pit", "state")
_EFFECTS = ("effect", "sd", "robust_sd", "distribution", "shape", "state", "licence")


def gate_tables(gate: Mapping[str, Any], spec: CausalSpec, language: Language) -> list[Block]:
    """A table of predictions, and one of effects where any were asked for."""
    tables: list[Block] = [_predictions(gate, spec, language)]
    if gate["effects"]:
        tables.append(_effects(gate, spec, language))
    return tables


def _predictions(gate: Mapping[str, Any], spec: CausalSpec, language: Language) -> Table:
    rows: list[Row] = [
        {"variable": spec.label(row["variable"], language)}
        | {name: text(f"gate.state.{row[name]}", language) for name in _PREDICTED[1:]}
        for row in gate["predictions"]
    ]
    titles = {name: text(f"gate.column.{name}", language) for name in _PREDICTED}
    return table_of("predictions", text("gate.table.predictions", language), titles, rows)


def _effects(gate: Mapping[str, Any], spec: CausalSpec, language: Language) -> Table:
    rows = [_effect(row, spec, language) for row in gate["effects"]]
    titles = {name: text(f"gate.column.{name}", language) for name in _EFFECTS}
    return table_of(
        "effect-checks",
        text("gate.table.effects", language),
        titles,
        rows,
        numeric=("sd", "robust_sd"),
        note=text("gate.table.note", language),
    )


def _effect(row: Mapping[str, Any], spec: CausalSpec, language: Language) -> Row:
    said = [shape_in_words(item, spec, language) for item in row["failed"]]
    said += [unjudged_in_words(item, spec, language) for item in row["unjudged"]]
    contrast = declared_label(spec, row["cause"], row["contrast"], language)
    ends = f"{spec.label(row['cause'], language)} → {spec.label(row['effect'], language)}"
    return {
        "effect": f"{ends}: {contrast}",
        "sd": Cell(number(row["sd"], language, 4), row["sd"]),
        "robust_sd": Cell(number(row["robust_sd"], language, 4), row["robust_sd"]),
        "distribution": text(f"gate.fits.{row['distribution']}", language),
        "shape": listed(said, language) or text("gate.one", language),
        "state": text(f"gate.state.{row['state']}", language),
        "licence": text(f"gate.licence.{row['licence']}", language),
    }
