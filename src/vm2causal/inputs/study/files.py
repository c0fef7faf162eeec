"""A researcher's study on disk ↔ a ``StudyFrame``."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pandas as pd
from pandera.pandas import DataFrameSchema

from vm2causal.errors import OutputError, StudyError
from vm2causal.inputs.study.careers import count_problems
from vm2causal.inputs.study.frame import PUPILS, StudyFrame
from vm2causal.inputs.study.links import experiment_problems, tranche_of
from vm2causal.inputs.study.part import career_columns, no_rows
from vm2causal.inputs.study.problems import Problem, raise_errors
from vm2causal.inputs.study.reading import STUDY_FILES, StudyReading, read_folder
from vm2causal.inputs.study.schema import COUNTS, EXPERIMENTS
from vm2causal.inputs.study.settings import (
    SETTINGS_FILE,
    StudySettings,
    parse_settings,
    settings_text,
)
from vm2causal.inputs.study.typing import missing_columns, typed_columns
from vm2causal.inputs.tables.numerals import number_text
from vm2causal.inputs.tables.raw import RawTable
from vm2causal.storage import write_atomically

EXPERIMENTS_FILE: Final = "experiments.csv"
COUNTS_FILE: Final = "counts.csv"

_UNWRITABLE: Final = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")


def read_study(folder: Path | str) -> StudyFrame:
    """Read a study folder.

    Parameters
    ----------
    folder
        Holds ``study.yaml``, ``experiments`` and either ``counts`` or ``pupils``; see
        docs/study-format.md.

    Raises
    ------
    StudyProblems
        When anything in it makes it unusable: a ``StudyError`` whose ``problems`` holds all of
        it.
    StudyError
        When there is no such folder.
    """
    return study_of(read_folder(folder))


def study_of(reading: StudyReading) -> StudyFrame:
    """Study of a folder that was read.

    Raises
    ------
    StudyProblems
        When anything in it makes it unusable.
    """
    raise_errors(reading.problems)
    settings, experiments, careers = (
        reading.settings,
        reading.experiments.frame,
        reading.careers.frame,
    )
    if settings is None or experiments is None or careers is None:
        raise StudyError("A part of this study could not be read, and no problem says why.")
    return StudyFrame(
        title=settings.title,
        origin=settings.origin,
        teldata=dict(settings.teldata),
        experiments=experiments.reset_index(drop=True),
        careers=careers.astype({PUPILS: "int64"}).reset_index(drop=True),
        codebook_version=settings.codebook_version,
    )


def write_study(study: StudyFrame, folder: Path, *, replace: bool = False) -> Path:
    """Write a study as ``study.yaml``, ``experiments.csv`` and ``counts.csv``.

    ``read_study`` gives back an equal study, and the same study gives the same bytes. The dates of
    the teldata are no part of a ``StudyFrame``: ``study.yaml`` holds their number.

    Parameters
    ----------
    study
        What to write.
    folder
        Where to; made if needed.
    replace
        Whether files of a study that is there may be overwritten.

    Raises
    ------
    StudyProblems
        When the study breaks a rule of the format.
    StudyError
        When it holds a text or a type that would not read back as it is.
    OutputError
        When the folder holds a study already, or cannot be written.
    """
    settings = StudySettings(
        study.title, study.origin, study.teldata, codebook_version=study.codebook_version
    )
    experiments, careers = _texts(study.experiments), _texts(study.careers)
    content = settings_text(settings)
    _refuse_other_settings(content, settings)
    _refuse_other_tables(study, experiments, careers)
    files = {
        SETTINGS_FILE: content,
        EXPERIMENTS_FILE: _csv(experiments),
        COUNTS_FILE: _csv(careers),
    }
    _refuse_occupied(folder, replaceable=set(files) if replace else set())
    for name, text in files.items():
        write_atomically(folder / name, text)
    return folder


def _refuse_occupied(folder: Path, *, replaceable: set[str]) -> None:
    taken = [name for name in STUDY_FILES if name not in replaceable and (folder / name).exists()]
    if taken:
        raise OutputError(
            f"This folder already holds a study: {', '.join(taken)}.",
            value=folder.name,
            fix="Name another folder, or remove these files.",
        )


def _refuse_other_settings(content: str, settings: StudySettings) -> None:
    read, problems = parse_settings(content)
    raise_errors(problems)
    if read != settings:
        raise _unlike(SETTINGS_FILE)


def _refuse_other_tables(
    study: StudyFrame, experiments: pd.DataFrame, careers: pd.DataFrame
) -> None:
    """Refuse tables that break a rule of the format, or would not read back as they are."""
    of_experiments, problems = _typed(experiments, EXPERIMENTS, EXPERIMENTS_FILE)
    of_careers, more = _typed(careers, COUNTS, COUNTS_FILE)
    problems += more
    for texts, file in ((experiments, EXPERIMENTS_FILE), (careers, COUNTS_FILE)):
        problems += [] if len(texts) else [no_rows(file)]
    wanted = career_columns(map(str, careers), StudySettings("", study.origin, study.teldata))
    problems += missing_columns(careers, [*wanted, PUPILS], file=COUNTS_FILE)
    # what lies between the tables makes sense only when each is sound
    raise_errors(problems)
    problems += experiment_problems(of_experiments, file=EXPERIMENTS_FILE, teldata=study.teldata)
    known = tranche_of(of_experiments)
    problems += count_problems(
        of_careers, file=COUNTS_FILE, tranche_of=known, teldata=study.teldata
    )
    raise_errors(problems)
    of_careers = of_careers[[*wanted, PUPILS]].astype({PUPILS: "int64"})
    for read, given, file in (
        (of_experiments, study.experiments, EXPERIMENTS_FILE),
        (of_careers, study.careers, COUNTS_FILE),
    ):
        if not read.reset_index(drop=True).equals(given):
            raise _unlike(file)


def _unlike(file: str) -> StudyError:
    return StudyError(
        "This would not read back as it is.",
        file=file,
        fix="Index the tables 0, 1, …; keep the columns of the codebook in its order, levels as "
        "'str', quantities as float64, leerlingen as int64.",
    )


def _typed(
    texts: pd.DataFrame, schema: DataFrameSchema, file: str
) -> tuple[pd.DataFrame, list[Problem]]:
    for column in texts:
        bad = texts[column].dropna()
        bad = bad[bad.str.contains(_UNWRITABLE) | (bad != bad.str.strip()) | (bad == "")]
        if len(bad):
            raise StudyError(
                "A text may not be empty, begin or end with a space, or hold line breaks.",
                file=file,
                row=int(str(bad.index[0])),
                column=str(column),
                value=bad.iloc[0],
                fix="Clean the text; NA stands for what is missing.",
            )
    return typed_columns(RawTable(file, texts), schema)


def _texts(frame: pd.DataFrame) -> pd.DataFrame:
    """Cells as they will stand in the file, indexed by data row."""
    texts = pd.DataFrame(index=range(1, len(frame) + 1))
    for name, column in frame.items():
        if pd.api.types.is_float_dtype(column):
            values = [None if pd.isna(value) else number_text(float(value)) for value in column]
        else:
            values = [None if pd.isna(value) else str(value) for value in column]
        texts[name] = pd.Series(values, index=texts.index, dtype="str")
    return texts


def _csv(texts: pd.DataFrame) -> str:
    return str(texts.to_csv(index=False, lineterminator="\n"))
