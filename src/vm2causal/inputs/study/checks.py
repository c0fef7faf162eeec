"""Everything that is wrong with or worth knowing about a study, in one report."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

import pandas as pd

from vm2causal.inputs.rows import row_dicts
from vm2causal.inputs.study.findings import (
    coinciding,
    constants,
    missing,
    missing_patterns,
    overlap,
    reversed_items,
    variation,
    without_overlap,
)
from vm2causal.inputs.study.frame import PUPILS, Origin
from vm2causal.inputs.study.privacy import personal_data
from vm2causal.inputs.study.problems import Problem
from vm2causal.inputs.study.reading import StudyReading, read_folder

SCHEMA: Final = "vm2causal/study-check/1"
"""Version of the document."""


@dataclass(frozen=True)
class StudyReport:
    """What a check of a study found.

    Parameters
    ----------
    valid
        Whether the study can be used: no problem has severity ``"error"``.
    origin
        Whether its pupils exist; None when ``study.yaml`` cannot be read.
    rows
        Number of ``experiments``, ``cells`` (different courses) and ``pupils``, as far as read.
    problems
        Errors and warnings, by file.
    variation, missing, overlap, patterns
        Tables of ``inputs.study.findings``: how much variables vary, how often they are missing
        and which together, and where causes vary within sectors.
    """

    valid: bool
    origin: Origin | None
    rows: Mapping[str, int]
    problems: tuple[Problem, ...]
    variation: pd.DataFrame = field(repr=False)
    missing: pd.DataFrame = field(repr=False)
    patterns: pd.DataFrame = field(repr=False)
    overlap: pd.DataFrame = field(repr=False)

    def to_document(self) -> dict[str, Any]:
        """Contents as JSON holds them; see ``schemas/study-check.schema.json``."""
        return {
            "schema": SCHEMA,
            "valid": self.valid,
            "origin": None if self.origin is None else self.origin.value,
            "rows": dict(self.rows),
            "problems": [asdict(problem) for problem in self.problems],
            "variation": [
                row | {"sd": None if math.isnan(row["sd"]) else row["sd"]}
                for row in row_dicts(self.variation)
            ],
            "missing": row_dicts(self.missing),
            "patterns": [
                {"variables": list(row["variables"]), "experiments": row["experiments"]}
                for row in row_dicts(self.patterns)
            ],
            "overlap": row_dicts(self.overlap),
        }


def check_study(folder: Path | str) -> StudyReport:
    """Check a study folder: every problem at once, and what the study can and cannot show.

    Parameters
    ----------
    folder
        Folder of the study.

    Raises
    ------
    StudyError
        When there is no such folder.
    """
    return report_of(read_folder(folder))


def report_of(reading: StudyReading) -> StudyReport:
    """Report on a folder that was read."""
    experiments = reading.experiments.frame
    careers = _countable(reading.careers.frame)
    frame = pd.DataFrame() if experiments is None else experiments
    problems = [*reading.problems, *_findings(reading, frame)]
    return StudyReport(
        valid=all(problem.severity != "error" for problem in problems),
        origin=reading.settings.origin if reading.settings else None,
        rows=_rows(experiments, careers),
        problems=tuple(problems),
        variation=variation(frame, careers),
        missing=missing(frame),
        patterns=missing_patterns(frame),
        overlap=overlap(frame),
    )


def _countable(careers: pd.DataFrame | None) -> pd.DataFrame | None:
    """Cells whose number of pupils is known."""
    return None if careers is None else careers[careers[PUPILS].notna()]


def _rows(experiments: pd.DataFrame | None, careers: pd.DataFrame | None) -> dict[str, int]:
    rows = {} if experiments is None else {"experiments": len(experiments)}
    if careers is not None:
        rows |= {"cells": len(careers), "pupils": int(careers[PUPILS].sum())}
    return rows


def _findings(reading: StudyReading, experiments: pd.DataFrame) -> list[Problem]:
    file = reading.experiments.file
    problems = [
        *constants(experiments, file=file),
        *coinciding(experiments, file=file),
        *reversed_items(experiments, file=file),
        *without_overlap(experiments, file=file),
    ]
    for part in (reading.experiments, reading.careers):
        if part.texts is not None:
            problems += personal_data(part.texts, file=part.file)
    return problems
