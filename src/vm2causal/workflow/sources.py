"""Where data come from: the folder of a study, or the file of a table."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from vm2causal.errors import StudyError
from vm2causal.inputs.study.files import read_study
from vm2causal.inputs.tables.numerals import parse_numbers
from vm2causal.inputs.tables.raw import RawTable
from vm2causal.inputs.tables.reading import read_table
from vm2causal.model.spec_for_data import (
    SpecForData,
    filled_columns,
    spec_for_data,
    study_columns,
)
from vm2causal.model.structural_data import (
    StructuralData,
    study_data,
    table_data,
)
from vm2causal.spec import CausalSpec
from vm2causal.spec.words import Kind


def read_source(source: Path, spec: CausalSpec) -> tuple[SpecForData, StructuralData]:
    """Read the folder of a study or the file of a table, and arrange it for a model.

    Returns
    -------
    tuple
        The model with what has no data projected out, and the data arranged for it.

    Raises
    ------
    StudyError
        When the data cannot be read, or do not fit the model.
    """
    if source.is_dir():
        study = read_study(source)
        adapted = spec_for_data(spec, study_columns(study))
        return adapted, study_data(adapted.spec, study)
    raw = read_table(source)
    adapted = spec_for_data(spec, filled_columns(raw.rows))
    return adapted, table_data(adapted.spec, _with_numbers(adapted.spec, raw))


def _with_numbers(spec: CausalSpec, raw: RawTable) -> pd.DataFrame:
    """The table with numbers where the model expects them."""
    table = raw.rows.copy()
    for name, variable in spec.variables.items():
        if not variable.observed or variable.kind not in (Kind.CONTINUOUS, Kind.COUNT):
            continue
        columns = [spec.column(name), *([variable.trials] if variable.trials else [])]
        for column in columns:
            table[column] = _numbers(raw, column)
    return table


def _numbers(raw: RawTable, column: str) -> pd.Series[float]:
    numbers, wrong = parse_numbers(raw.rows[column], decimal=raw.decimal)
    if wrong:
        row, rule = next(iter(wrong.items()))
        raise StudyError(
            rule,
            file=raw.name,
            row=row,
            column=column,
            value=raw.rows.loc[row, column],
            fix="Correct it, or give the variable another kind in the model file.",
        )
    return numbers
