"""The files of a study folder, read side by side, with every problem found in them."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Final

import pandas as pd
from pandera.pandas import DataFrameSchema

from vm2causal.errors import StudyError
from vm2causal.inputs.study.careers import count_problems
from vm2causal.inputs.study.frame import PUPILS
from vm2causal.inputs.study.links import (
    contradictions,
    experiment_problems,
    pupil_links,
    tranche_of,
)
from vm2causal.inputs.study.part import StudyPart, career_columns, no_rows
from vm2causal.inputs.study.problems import Problem, problem_of
from vm2causal.inputs.study.pupil_file import read_pupils
from vm2causal.inputs.study.schema import COUNTS, EXPERIMENTS
from vm2causal.inputs.study.settings import SETTINGS_FILE, StudySettings, read_settings
from vm2causal.inputs.study.typing import (
    MASK,
    as_format,
    masks,
    missing_columns,
    suspect_numbers,
    typed_columns,
)
from vm2causal.inputs.tables.reading import read_table
from vm2causal.inputs.tables.remarks import Remark
from vm2causal.plain_files import require_within
from vm2causal.texts import Language

EXPERIMENT_FILES: Final = ("experiments.csv", "experiments.xlsx")
COUNT_FILES: Final = ("counts.csv", "counts.xlsx")
PUPIL_FILES: Final = ("pupils.csv", "pupils.parquet", "pupils.xlsx")
STUDY_FILES: Final = (SETTINGS_FILE, *EXPERIMENT_FILES, *COUNT_FILES, *PUPIL_FILES)
"""Every name a file of a study can have."""

_BLANK_TAIL: Final = 65_536


@dataclass(frozen=True)
class StudyReading:
    """A study folder as far as it can be read."""

    settings: StudySettings | None
    experiments: StudyPart
    careers: StudyPart
    problems: tuple[Problem, ...]

    @property
    def notes(self) -> tuple[Remark, ...]:
        """What is to be said of how the files were read."""
        return (*self.experiments.notes, *self.careers.notes)


def read_folder(folder: Path | str) -> StudyReading:
    """Read all files of a study folder and list every problem in them.

    Raises
    ------
    StudyError
        When there is no such folder.
    """
    folder = Path(folder)
    if not folder.is_dir() or not os.access(folder, os.R_OK | os.X_OK):
        raise StudyError(
            "There is no such study folder, or it may not be read.",
            file=folder.resolve().name,
            fix="`vm2causal study template DIR` makes one to fill in.",
        )
    settings, problems = read_settings(folder)
    experiments = _experiments(folder, settings)
    careers = _careers(folder, settings, experiments.frame)
    found = [*problems, *experiments.problems, *careers.problems]
    if settings and experiments.frame is not None and careers.frame is not None:
        found += _links(settings, experiments, careers.frame)
    return StudyReading(settings, experiments, careers, tuple(found))


def _links(settings: StudySettings, experiments: StudyPart, careers: pd.DataFrame) -> list[Problem]:
    frame = experiments.frame
    if frame is None or not {"experiment", "tranche"} <= set(frame):
        return []
    return pupil_links(frame, careers, file=experiments.file, teldata=settings.teldata)


def _experiments(folder: Path, settings: StudySettings | None) -> StudyPart:
    path, problems = _one_of(folder, EXPERIMENT_FILES, "the table of experiments")
    if path is None:
        return StudyPart(EXPERIMENT_FILES[0], problems=tuple(problems))
    part = _table(path, EXPERIMENTS)
    if part.frame is None:
        return part
    found = experiment_problems(
        part.frame, file=path.name, teldata=settings.teldata if settings else None
    )
    return replace(part, problems=(*part.problems, *found))


def _table(path: Path, schema: DataFrameSchema, *, masked_value: int | None = None) -> StudyPart:
    """One table of which every row is looked at."""
    try:
        table = as_format(read_table(path), schema)
    except StudyError as error:
        problem = problem_of(error, code="unreadable", file=path.name)
        return StudyPart(path.name, problems=(problem,))
    frame, problems = typed_columns(table, schema, masked_value=masked_value)
    if not len(frame):
        problems.append(no_rows(path.name))
    said = (*table.notes, *suspect_numbers(frame, table, schema))
    notes = [
        Problem(
            code="read_as",
            file=path.name,
            rule=note.in_language(Language.EN),
            fix="Check that this is meant.",
            severity="warning",
        )
        for note in said
    ]
    return StudyPart(path.name, frame, table.rows, (*problems, *notes), said)


def _careers(
    folder: Path, settings: StudySettings | None, experiments: pd.DataFrame | None
) -> StudyPart:
    """Counts or pupils, whichever the study holds."""
    path, problems = _one_of(folder, (*COUNT_FILES, *PUPIL_FILES), "the table of pupils")
    if path is None:
        return StudyPart(COUNT_FILES[0], problems=tuple(problems))
    usable = experiments is not None and {"experiment", "tranche"} <= set(experiments)
    known = tranche_of(experiments) if experiments is not None and usable else None
    if path.name in PUPIL_FILES:
        return read_pupils(path, tranche_of=known, settings=settings)
    return _counts(path, settings, experiments, known)


def _counts(
    path: Path,
    settings: StudySettings | None,
    experiments: pd.DataFrame | None,
    known: dict[str, str] | None,
) -> StudyPart:
    # what a mask counts as is unknown while study.yaml cannot be read, and no problem of its own
    masked_value = settings.masked_value if settings else 1
    part = _table(path, COUNTS, masked_value=masked_value)
    if part.frame is None or part.texts is None or not {"experiment", PUPILS} <= set(part.frame):
        return replace(part, frame=None)
    names = part.frame["experiment"].dropna()
    problems = count_problems(
        part.frame,
        file=path.name,
        tranche_of=dict.fromkeys(names, "") if known is None else known,
        teldata=settings.teldata if settings else {},
    )
    if experiments is not None and known is not None:
        problems += contradictions(part.texts, experiments, file=path.name)
    frame = part.frame
    if settings:
        wanted = career_columns(map(str, frame), settings)
        problems += missing_columns(part.texts, wanted, file=path.name)
        problems += _counted_masks(part.texts, settings, path.name)
        frame = frame[[name for name in [*wanted, PUPILS] if name in frame]]
    return replace(part, frame=frame, problems=(*part.problems, *problems))


def _counted_masks(texts: pd.DataFrame, settings: StudySettings, file: str) -> list[Problem]:
    """Say how many counts are not known but assumed."""
    masked = int(masks(texts[PUPILS]).sum())
    if not masked or settings.masked_value is None:
        return []
    rule = f"Masked counts were taken for {settings.masked_value} pupils: {masked} of {len(texts)}."
    fix = "Try other values of masked_value to see whether it matters."
    return [
        Problem("masks_counted", file, rule, fix, column=PUPILS, value=MASK, severity="warning")
    ]


def _one_of(folder: Path, names: tuple[str, ...], what: str) -> tuple[Path | None, list[Problem]]:
    """The one file of several possible names, or why there is none."""
    there = [name for name in names if (folder / name).exists()]
    if len(there) > 1:
        # of the templates for pupils and for counts, one stays as it was
        there = [name for name in there if not _is_header_only(folder / name)] or there[:1]
    if len(there) == 1:
        return _own(folder / there[0], folder)
    if there:
        rule, fix = f"A study has one file with {what}.", f"Keep one of {', '.join(there)}."
        return None, [Problem(code="two_files", file=there[0], rule=rule, fix=fix)]
    others = sorted(item.name for item in folder.iterdir() if item.name not in STUDY_FILES)
    near = [name for name in others if get_close_matches(name.lower(), names, n=1, cutoff=0.6)]
    fix = f"Rename '{near[0]}' to it." if near else f"Add one of {', '.join(names)}."
    return None, [
        Problem(
            code="missing_file", file=names[0], rule=f"The file with {what} is missing.", fix=fix
        )
    ]


def _own(path: Path, folder: Path) -> tuple[Path | None, list[Problem]]:
    """A file of the study, unless it is a link to what stands outside."""
    try:
        require_within(path, folder)
    except OSError as error:
        rule = f"This file is not read: {error.strerror}."
        fix = "Put the file itself in the folder of the study."
        return None, [Problem(code="link", file=path.name, rule=rule, fix=fix)]
    return path, []


def _is_header_only(path: Path) -> bool:
    """Whether a delimited file has one line at most."""
    if path.suffix != ".csv" or not path.is_file() or not os.access(path, os.R_OK):
        return False
    with path.open("rb") as stream:
        stream.readline()
        return not stream.read(_BLANK_TAIL).strip()
