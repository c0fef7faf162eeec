"""A simulated study on disk: its folder, and its truth beside it."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from vm2causal.errors import OutputError
from vm2causal.inputs.study.files import COUNTS_FILE, write_study
from vm2causal.inputs.study.frame import PUPILS, StudyFrame
from vm2causal.simulate.generate import stream
from vm2causal.simulate.table import numbered
from vm2causal.simulate.truth import Truth, truth_path, write_truth
from vm2causal.storage import write_folder_atomically

PUPILS_FILE: Final = "pupils.csv"
"""File with a row per pupil, in place of counts."""


def write_simulated(
    study: StudyFrame, truth: Truth, folder: Path, *, pupil_rows: bool = False, seed: int
) -> Path:
    """Write a study folder, whole or not at all, and its truth apart.

    Nothing that an analysis reads holds the truth: it stands beside the folder.

    Parameters
    ----------
    study
        Of :func:`~vm2causal.simulate.generate.simulate_study`.
    truth
        What is true in it; written to ``truth.yaml`` apart from the data.
    folder
        Absent or empty.
    pupil_rows
        Write a row per pupil, in random order, in place of counts.
    seed
        Of that order.

    Returns
    -------
    Path
        Where the truth stands.

    Raises
    ------
    OutputError
        When the folder holds something already, or cannot be written.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise OutputError(
            "This is no empty folder, and nothing is overwritten.",
            value=folder.name,
            fix="Name another folder, or empty this one.",
        )

    def write(fresh: Path) -> None:
        write_study(study, fresh)
        if pupil_rows:
            rows = pupils_of(study, seed=seed)
            rows.to_csv(fresh / PUPILS_FILE, index=False, lineterminator="\n")
            (fresh / COUNTS_FILE).unlink()

    write_folder_atomically(folder, write)
    return write_truth(truth, truth_path(folder))


def pupils_of(study: StudyFrame, *, seed: int) -> pd.DataFrame:
    """One row per pupil, in random order, with a number that says nothing.

    Parameters
    ----------
    seed
        Of the random numbers, 0 or more; the same seed gives the same result.
    """
    careers = study.careers
    number = int(careers[PUPILS].sum())
    of = np.repeat(np.arange(len(careers)), careers[PUPILS])
    rows = careers.drop(columns=PUPILS).iloc[stream(seed, "pupils").permutation(of)]
    rows = rows.reset_index(drop=True)
    rows.insert(0, "leerling", numbered("L", number))
    return rows
