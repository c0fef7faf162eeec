"""A study in memory: experiments, and the careers of their pupils as counts; no pupil rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

import pandas as pd

POSITIONS: Final = ("vm2", "ander_onderwijs", "vsv", "sk")
"""Where a pupil is at a teldatum; ``sk`` is kept once earned."""

PUPIL_COVARIATES: Final = ("geslacht", "leeftijd", "lwoo")
"""What is known of a pupil at the start."""

TELDATUM: Final = "teldatum_"
"""How the columns with positions begin: ``teldatum_1`` … in years since the start."""

PUPILS: Final = "leerlingen"
"""Column of a counts table: how many pupils."""


class Origin(StrEnum):
    """Where data come from; what is synthetic is marked wherever it is shown."""

    REAL = "real"
    SYNTHETIC = "synthetic"


@dataclass(frozen=True)
class StudyFrame:
    """A validated study.

    Parameters
    ----------
    title, origin
        What it is called, and whether its pupils exist.
    teldata
        By tranche: the number of yearly teldata its pupils were followed.
    experiments
        One row per experiment, indexed 0…; columns as in the codebook of the study format.
        Answers are texts (levels of the model), measured quantities floats, missing is NA.
    careers
        Cells of pupils with the same course: ``experiment``, the pupil covariates, one position
        per teldatum (``teldatum_1``…; NA after the last teldatum of the tranche) and
        ``leerlingen`` (int).
    codebook_version
        Version of the study format.
    """

    title: str
    origin: Origin
    teldata: Mapping[str, int]
    experiments: pd.DataFrame = field(repr=False)
    careers: pd.DataFrame = field(repr=False)
    codebook_version: str = "1"

    @property
    def synthetic(self) -> bool:
        """Whether everything made from it must carry the mark."""
        return self.origin is Origin.SYNTHETIC


def teldatum_columns(careers: pd.DataFrame) -> list[str]:
    """Position columns of a careers table, by year.

    Examples
    --------
    >>> teldatum_columns(pd.DataFrame(columns=["teldatum_2", "teldatum_1", "leerlingen"]))
    ['teldatum_1', 'teldatum_2']
    """
    found = [str(name) for name in careers.columns if str(name).startswith(TELDATUM)]
    return sorted(found, key=lambda name: int(name.removeprefix(TELDATUM)))
