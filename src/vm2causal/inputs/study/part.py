"""One table of a study as far as it could be read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import pandas as pd

from vm2causal.inputs.study.frame import PUPIL_COVARIATES, TELDATUM
from vm2causal.inputs.study.problems import Problem
from vm2causal.inputs.study.settings import StudySettings
from vm2causal.inputs.tables.remarks import Remark


@dataclass(frozen=True)
class StudyPart:
    """One table of a study.

    Parameters
    ----------
    file
        Base name of the file.
    frame
        Its typed columns, in the order of the format; None when the file cannot be used at all.
        Experiments and counts are indexed by data row.
    texts
        The cells as they stand (of pupils: a sample), for what is looked for beyond the format.
    problems
        What is wrong with it.
    notes
        What is to be said of how it was read.
    """

    file: str
    frame: pd.DataFrame | None = field(default=None, repr=False)
    texts: pd.DataFrame | None = field(default=None, repr=False)
    problems: tuple[Problem, ...] = ()
    notes: tuple[Remark, ...] = ()


def no_rows(file: str) -> Problem:
    """Name a table that holds nothing but its header."""
    return Problem(
        code="no_rows",
        file=file,
        rule="This table has a header and no rows.",
        fix="Fill it in, one row per record.",
    )


def career_columns(present: Iterable[str], settings: StudySettings) -> list[str]:
    """Columns that describe a career in this study: those there are, and every teldatum.

    Examples
    --------
    >>> from vm2causal.inputs.study.frame import Origin
    >>> career_columns(["lwoo"], StudySettings("x", Origin.REAL, {"T1": 2}))
    ['experiment', 'lwoo', 'teldatum_1', 'teldatum_2']
    """
    there = set(present)
    covariates = [name for name in PUPIL_COVARIATES if name in there]
    years = range(1, max(settings.teldata.values()) + 1)
    return ["experiment", *covariates, *(f"{TELDATUM}{year}" for year in years)]
