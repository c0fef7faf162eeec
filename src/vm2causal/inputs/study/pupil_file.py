"""The file of pupils of a study: checked and counted where it stands, never loaded by row."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

import pandas as pd

from vm2causal.errors import StudyError
from vm2causal.inputs.records.files import open_records, reading
from vm2causal.inputs.study.careers import FIRST_SK_YEAR, early_qualification
from vm2causal.inputs.study.frame import TELDATUM, teldatum_columns
from vm2causal.inputs.study.part import StudyPart, career_columns, no_rows
from vm2causal.inputs.study.problems import Problem, problem_of
from vm2causal.inputs.study.pupil_counts import collapse_pupils, pupil_problems
from vm2causal.inputs.study.schema import PUPIL_ROWS
from vm2causal.inputs.study.settings import StudySettings
from vm2causal.inputs.study.typing import missing_columns, other_columns
from vm2causal.inputs.tables.raw import RawTable
from vm2causal.inputs.tables.reading import read_table

SAMPLE: Final = 1000
"""Rows that are looked at for personal data."""


def read_pupils(
    path: Path, *, tranche_of: Mapping[str, str] | None, settings: StudySettings | None
) -> StudyPart:
    """Check the pupils of a study and count those with the same course.

    Parameters
    ----------
    path
        CSV, Parquet or Excel.
    tranche_of
        Tranche by experiment; None when the experiments cannot be read, and then pupils are not
        looked into.
    settings
        What ``study.yaml`` says; None when it cannot be read, with the same consequence.
    """
    try:
        with _as_records(path) as (file, row_numbers):
            part = _read(file, tranche_of, settings)
    except StudyError as error:
        problem = problem_of(error, code="unreadable", file=path.name)
        # where the header is absent, names of columns and values are cells of a pupil
        column = problem.column if problem.column in PUPIL_ROWS.columns else None
        shown = replace(problem, file=path.name, column=column, value=None)
        return StudyPart(path.name, problems=(shown,))
    placed = tuple(
        replace(problem, file=path.name, row=_row(problem.row, row_numbers))
        for problem in part.problems
    )
    return replace(part, file=path.name, problems=placed)


@contextmanager
def _as_records(path: Path) -> Iterator[tuple[Path, Sequence[int] | None]]:
    """Yield the file itself or, of a workbook, a temporary copy as CSV, and its row numbers."""
    if path.suffix.lower() != ".xlsx":
        yield path, None
        return
    table = read_table(path)
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "pupils.csv"
        table.rows.to_csv(copy, index=False, lineterminator="\n", encoding="utf-8")
        yield copy, [int(label) for label in table.rows.index]


def _row(row: int | None, row_numbers: Sequence[int] | None) -> int | None:
    """Row in the user's file of a row that was checked."""
    return row if row is None or row_numbers is None else row_numbers[row - 1]


def _read(
    file: Path, tranche_of: Mapping[str, str] | None, settings: StudySettings | None
) -> StudyPart:
    sample, notes = _sample(file)
    if not set(sample) & set(PUPIL_ROWS.columns):
        return StudyPart(file.name, problems=(_no_header(file.name),))
    problems = [*notes, *other_columns(RawTable(file.name, sample), PUPIL_ROWS)]
    if sample.empty:
        problems.append(no_rows(file.name))
    if settings:
        wanted = career_columns(map(str, sample), settings)
        problems += missing_columns(sample, wanted, file=file.name)
    if _has_errors(problems) or settings is None or tranche_of is None:
        return StudyPart(file.name, None, sample, tuple(problems))
    problems += pupil_problems(
        file, experiments=list(tranche_of), teldata=settings.teldata, tranche_of=tranche_of
    )
    if _has_errors(problems):
        return StudyPart(file.name, None, sample, tuple(problems))
    careers = collapse_pupils(file, keys=wanted)
    problems += [
        early_qualification(file.name, column)
        for column in teldatum_columns(careers)
        if int(column.removeprefix(TELDATUM)) < FIRST_SK_YEAR and (careers[column] == "sk").any()
    ]
    return StudyPart(file.name, careers, sample, tuple(problems))


def _no_header(file: str) -> Problem:
    """Name a file whose first row may be a pupil: none of it is shown."""
    return Problem(
        code="no_header",
        file=file,
        rule="The first row holds none of the column names of the format.",
        fix=f"Put these names there: {', '.join(PUPIL_ROWS.columns)}.",
    )


def _sample(file: Path) -> tuple[pd.DataFrame, list[Problem]]:
    """First rows as texts, with every column there is, and what is to be said of their names."""
    with open_records() as records:
        written = records.add("as_written", file)
        columns = records.add("pupils", file, names=tuple(PUPIL_ROWS.columns))
        with reading(file):
            found = records.database.execute(f"SELECT * FROM pupils LIMIT {SAMPLE}").fetchall()
    notes = [
        Problem(
            code="read_as",
            file=file.name,
            column=column,
            rule=f"Column '{given}' was read as '{column}'.",
            fix="Check that this is meant.",
            severity="warning",
        )
        for given, column in zip(written, columns, strict=True)
        if given != column
    ]
    return pd.DataFrame(found, columns=list(columns), dtype="str"), notes


def _has_errors(problems: Sequence[Problem]) -> bool:
    return any(problem.severity == "error" for problem in problems)
