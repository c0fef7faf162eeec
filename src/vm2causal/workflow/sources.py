"""Where data come from: the folder of a study, the file of a table, or a table in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import pandas as pd

from vm2causal.checks.refute.changed_data import units_of
from vm2causal.errors import OptionError, StudyError
from vm2causal.inputs.study.flows import FLOWS
from vm2causal.inputs.study.frame import StudyFrame
from vm2causal.inputs.tables.choices import Choices
from vm2causal.inputs.tables.file_orders import file_orders
from vm2causal.inputs.tables.frames import Frame, frame_table
from vm2causal.inputs.tables.headers import other_capitals
from vm2causal.inputs.tables.marks import without_marks
from vm2causal.inputs.tables.raw import RawTable
from vm2causal.inputs.tables.reading import read_table
from vm2causal.inputs.tables.remarks import Remark
from vm2causal.inputs.tables.settling import SettledTable, settled
from vm2causal.inputs.tables.spelling import one_spelling, respelled, spelling_remarks
from vm2causal.inputs.tables.weights import weight_columns
from vm2causal.model.data.columns import as_text
from vm2causal.model.data.spec_for_data import (
    SpecForData,
    hardly_varying,
    spec_for_data,
    spec_for_study,
)
from vm2causal.model.data.structural_data import StructuralData, study_data, table_data
from vm2causal.model.data.table_uses import uses_of, with_answers_found, with_file_levels
from vm2causal.spec import CausalSpec
from vm2causal.unseen import visible
from vm2causal.workflow.absent_columns import Missing, require_columns
from vm2causal.workflow.outliers import Without
from vm2causal.workflow.references import with_occurring_references

type Given = Path | str | Frame
"""What data are given as: a path, or a table in memory."""


@dataclass(frozen=True)
class Source:
    """Data arranged for a model, and how they were read.

    Parameters
    ----------
    adapted
        The model, with what has no data or hardly varies projected out.
    data
        The data arranged for it.
    remarks
        What is to be said of the reading.
    reading
        The record of decisions about a table, as JSON holds it; None for a study.
    without
        The data without the rows in which a number stands far from all others; None where there
        are none.
    """

    adapted: SpecForData
    data: StructuralData
    remarks: tuple[Remark, ...] = ()
    reading: Mapping[str, Any] | None = field(default=None, repr=False)
    without: Without | None = field(default=None, repr=False)


def is_study(source: Given) -> bool:
    """Whether data are the folder of a study."""
    return isinstance(source, str | Path) and Path(source).is_dir()


def read_source(
    source: Given,
    spec: CausalSpec,
    choices: Choices | None = None,
    *,
    missing: Missing = Missing.REFUSED,
) -> Source:
    """Read the folder of a study or a table, and arrange it for a model.

    Parameters
    ----------
    source
        Folder of a study, file of a table, or a table in memory.
    spec
        The causal model, as read from its file.
    choices
        What the user decides about the reading of a table.
    missing
        What becomes of a variable that no column holds.

    Raises
    ------
    StudyError
        When the data cannot be read, or do not fit the model.
    OptionError
        When there are choices and the source is a study, whose files have sidecars.
    """
    if not isinstance(source, str | Path):
        return _table(frame_table(source, choices), spec, missing)
    path = Path(source)
    if not path.is_dir():
        return _table(read_table(path, choices, errors_stay=True), spec, missing)
    if choices not in (None, Choices()):
        raise OptionError(
            "These options are about one table, and a study has several.",
            value=path.name,
            fix="Write them in a file such as experiments.table.yaml; see docs/tables.md.",
        )
    from vm2causal.inputs.study.files import study_of
    from vm2causal.inputs.study.reading import read_folder

    reading = read_folder(path)
    study = study_of(reading)
    adapted = spec_for_study(spec, study)
    if missing is Missing.REFUSED:
        require_columns(spec, adapted.missing, _may_have(study), file=path.resolve().name)
    data, compared = with_occurring_references(study_data(adapted.spec, study))
    respelt = _respelled(adapted.spec, study.experiments)
    used = {use.column for use in uses_of(adapted.spec)}
    notes = [
        note for note in reading.notes if note.code != "outlier" or note.fields["column"] in used
    ]
    without = _without_experiments(data, study.experiments, notes)
    return Source(adapted, data, (*notes, *respelt, *compared), without=without)


def _without_experiments(
    data: StructuralData, experiments: pd.DataFrame, notes: Sequence[Remark]
) -> Without | None:
    """The study without the experiments of which a number stands far from all others."""
    far = [note.fields for note in notes if note.code == "outlier"]
    if not far:
        return None
    kept = np.ones(len(data.units), dtype=bool)
    for fields in far:
        # an outlier occurs once, so that its value tells which experiment has it
        kept &= experiments[str(fields["column"])].ne(float(fields["value"])).to_numpy()
    rows = sorted({int(fields["row"]) for fields in far})
    return Without(tuple(rows), units_of(data, kept))


def _respelled(spec: CausalSpec, experiments: pd.DataFrame) -> list[Remark]:
    """Say which levels and names of groups in a study are one, though spelled in several ways."""
    return [
        remark
        for use in uses_of(spec)
        if use.column in experiments and not use.numeric
        for remark in spelling_remarks(
            use.column,
            respelled(one_spelling(map(as_text, experiments[use.column].dropna()), use.levels)),
        )
    ]


def _may_have(study: StudyFrame) -> frozenset[str]:
    """Columns of a study, and those that its format has and this one left out."""
    flows = {column for name in FLOWS for column in (name, f"{name}_van")}
    from vm2causal.inputs.study.schema import SCHEMAS

    own = {*study.experiments.columns, *study.careers.columns}
    declared = {name for schema in SCHEMAS.values() for name in schema.columns}
    return frozenset({*map(str, own), *declared, *flows})


def _require_used(raw: RawTable, columns: Sequence[str]) -> None:
    """Groups and numbers of trials are no variables that could be left unobserved."""
    for column in columns:
        if column not in raw.rows:
            near = get_close_matches(column, list(map(str, raw.rows.columns)), n=1)
            raise StudyError(
                "The model uses this column, and the table has none of that name.",
                file=raw.name,
                column=column,
                fix=f"Rename '{near[0]}' to '{column}'." if near else "Add it.",
            )


def _table(raw: RawTable, spec: CausalSpec, missing: Missing) -> Source:
    raw, renamed = _with_header_of(raw, spec)
    available = _filled(raw, spec)
    adapted = spec_for_data(spec, available)
    _require_any(adapted, raw)
    if missing is Missing.REFUSED:
        require_columns(spec, adapted.missing, list(raw.rows.columns), file=raw.name)
    orders = file_orders(raw, uses_of(adapted.spec))
    fitted = with_file_levels(adapted.spec, orders)
    _require_used(raw, [use.column for use in uses_of(fitted)])
    table = settled(raw, uses_of(fitted))
    try:
        if constant := hardly_varying(fitted, table.frame):
            adapted = spec_for_data(spec, available, constant=constant)
            fitted = with_file_levels(adapted.spec, orders)
            table = settled(raw, uses_of(fitted))
        fitted = with_answers_found(fitted, table.frame)
        data, compared = with_occurring_references(_rows_of(fitted, table.frame))
    except StudyError as error:
        _raise_placed(error, raw, table)
    weights = weight_columns(raw, [use.column for use in uses_of(spec)])
    remarks = (*raw.notes, *renamed, *table.remarks, *compared, *weights)
    record = _record(raw, table, remarks)
    without = _without_outliers(data, table) if table.outlying else None
    return Source(adapted.with_spec(fitted), data, remarks, record, without)


def _require_any(adapted: SpecForData, raw: RawTable) -> None:
    if not any(item.observed for item in adapted.spec.variables.values()):
        raise StudyError(
            "None of the variables of the model has a column with data in this table.",
            file=raw.name,
            value=", ".join(map(str, list(raw.rows.columns)[:12])),
            fix="Name their columns in the model file, or check that this is the right table.",
        )


def _rows_of(spec: CausalSpec, frame: pd.DataFrame) -> StructuralData:
    return table_data(spec, frame, labels=[int(row) for row in frame.index])


def _without_outliers(data: StructuralData, table: SettledTable) -> Without:
    """The same table without its outlying rows; levels and references stay those of the whole."""
    levelled = {name: item for name, item in data.columns.items() if item.levels}
    variables = {
        name: item.model_copy(update={"levels": levelled[name].levels})
        if name in levelled
        else item
        for name, item in data.spec.variables.items()
    }
    spec = data.spec.model_copy(update={"variables": variables})
    left = _rows_of(spec, table.frame.drop(index=list(table.outlying)))
    columns = {
        name: replace(item, reference=data.columns[name].reference)
        for name, item in left.columns.items()
    }
    return Without(table.outlying, replace(left, spec=data.spec, columns=columns))


def _with_header_of(raw: RawTable, spec: CausalSpec) -> tuple[RawTable, list[Remark]]:
    """The table with the names of columns as the model has them, capitals and spaces aside."""
    wanted = [use.column for use in uses_of(spec)]
    names = other_capitals(list(raw.rows.columns), wanted, raw.name)
    said = [
        Remark("header_spelling", {"column": visible(column), "wanted": name})
        for column, name in names.items()
    ]
    return raw.renamed(names), said


def _filled(raw: RawTable, spec: CausalSpec) -> frozenset[str]:
    """Columns of the model that hold any value, marks of missing ones aside."""
    return frozenset(
        use.column
        for use in uses_of(spec)
        if use.column in raw.rows
        and without_marks(raw.rows[use.column], use, raw.choices)[0].notna().any()
    )


def _raise_placed(error: StudyError, raw: RawTable, table: SettledTable) -> NoReturn:
    """Say where in the file something stands that was found once the table was arranged."""
    row = None if error.row is None else int(table.frame.index[error.row - 1])
    given: dict[str, Any] = {} if error.value is None else {"value": error.value}
    raise StudyError(error.rule, **raw.place(row, error.column), fix=error.fix, **given) from error


def _record(raw: RawTable, table: SettledTable, remarks: tuple[Remark, ...]) -> dict[str, Any]:
    """Every decision about the reading; ``choices`` is a sidecar that takes the same ones again."""
    decimals = {item.column: item.decimal for item in table.columns if item.decimal}
    found = Choices(
        encoding=raw.encoding,
        delimiter=raw.delimiter,
        sheet=raw.sheet,
        header_row=raw.header_row,
        decimal=decimals,
    )
    return {
        "file": raw.name,
        "sidecar": raw.sidecar,
        "choices": found.overruled_by(raw.choices).to_dict(),
        "columns": [item.to_dict() for item in table.columns],
        "rows": len(table.frame),
        "remarks": [remark.to_dict() for remark in remarks],
    }
