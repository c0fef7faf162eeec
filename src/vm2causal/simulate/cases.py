"""Twelve cases out of a study, by the design of the case studies (`gevalsstudies-2013` 1.2).

All of tranche T2. Six with good cooperation and six with lesser; of each six two that realise VM2
as intended, two that do not and two in between; each of the four sectors in three; four without the
vmbo examination and eight with.

The source does not define its words in terms of a study. Here, of the experiments of T2 that
answered what the design needs:

- cooperation is the mean of its items: *good* above the median, *lesser* below it;
- *fully* realised is an experiment that did not stop and accelerates; *not* one that stopped; in
  *between* one that did not stop and does not accelerate.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from vm2causal.errors import StudyError
from vm2causal.inputs.study.frame import StudyFrame
from vm2causal.simulate.generate import stream

TRANCHE: Final = "T2"
COOPERATION: Final = ("goed", "minder")
REALISATION: Final = ("volledig", "tussenin", "niet")
SECTORS: Final = ("techniek", "economie", "zorg_welzijn", "landbouw")
EXAMINATION: Final = {"nee": 4, "ja": 8}
"""Cases without and with the vmbo examination."""

PER_CELL: Final = 2
PER_SECTOR: Final = 3

_ITEMS: Final = "samenwerking_"
_NEEDED: Final = ("status", "versnelling", "vmbo_examen")


def draw_cases(study: StudyFrame, *, seed: int) -> pd.DataFrame:
    """Draw twelve cases at random among the sets that meet the design.

    Parameters
    ----------
    study
        With the items of cooperation, ``status``, ``versnelling`` and ``vmbo_examen``.
    seed
        Every candidate draws a number; of the sets that meet the design the one with the largest
        sum is taken.

    Returns
    -------
    pandas.DataFrame
        ``samenwerking`` and ``realisatie`` (the two words of the design), ``experiment``,
        ``sector``, ``vmbo_examen``, ``status``, ``versnelling`` and ``gemiddelde`` (the mean of the
        items of cooperation); ordered by the first three.

    Raises
    ------
    StudyError
        When the study cannot supply the cases; the message names the cell that lacks candidates.
    """
    candidates = case_candidates(study)
    _require_candidates(candidates)
    weights = stream(seed, "cases").random(len(candidates))
    chosen = candidates[_largest(candidates, weights)]
    words = {word: place for place, word in enumerate((*COOPERATION, *REALISATION))}
    return chosen.sort_values(
        ["samenwerking", "realisatie", "experiment"],
        key=lambda column: column if column.name == "experiment" else column.map(words),
        ignore_index=True,
    )


def case_candidates(study: StudyFrame) -> pd.DataFrame:
    """Experiments of T2 that could be a case, with the words of the design."""
    table = study.experiments[study.experiments["tranche"] == TRANCHE]
    items = [str(name) for name in table if str(name).startswith(_ITEMS)]
    missing = [name for name in _NEEDED if name not in table] or ([] if items else [_ITEMS + "1"])
    if missing:
        raise StudyError(
            "The design of the twelve cases needs a column that the study lacks.",
            column=missing[0],
            fix="Add it to the experiments of the study.",
        )
    mean = table[items].astype(float).mean(axis="columns")
    known = table[list(_NEEDED)].notna().all(axis="columns") & mean.notna()
    table, mean = table[known], mean[known]
    middle = mean.median()
    stopped, ordinary = table["status"] == "gestopt", table["versnelling"] == "0"
    candidates = pd.DataFrame(
        {
            "samenwerking": np.where(mean > middle, *COOPERATION),
            "realisatie": np.select([stopped, ordinary], ["niet", "tussenin"], default="volledig"),
            "experiment": table["experiment"],
            "sector": table["sector"],
            "vmbo_examen": table["vmbo_examen"],
            "status": table["status"],
            "versnelling": table["versnelling"],
            "gemiddelde": mean,
        }
    )
    return candidates[(mean != middle) & table["sector"].isin(SECTORS)].reset_index(drop=True)


def _quotas(candidates: pd.DataFrame) -> list[tuple[str, pd.Series[bool], int]]:
    """What the design asks: in words, who counts for it, and how many."""
    quotas = [
        (
            f"samenwerking {cooperation}, realisatie {realisation}",
            (candidates["samenwerking"] == cooperation) & (candidates["realisatie"] == realisation),
            PER_CELL,
        )
        for cooperation in COOPERATION
        for realisation in REALISATION
    ]
    quotas += [
        (f"sector {sector}", candidates["sector"] == sector, PER_SECTOR) for sector in SECTORS
    ]
    quotas += [
        (f"vmbo_examen {level}", candidates["vmbo_examen"] == level, number)
        for level, number in EXAMINATION.items()
    ]
    return quotas


def _require_candidates(candidates: pd.DataFrame) -> None:
    for cell, members, number in _quotas(candidates):
        if members.sum() < number:
            raise StudyError(
                f"The design of the twelve cases needs {number} experiments of {TRANCHE} in this "
                f"cell; the study has {members.sum()}.",
                column=cell,
                fix="Draw from a larger study, or one with more variation.",
            )


def _largest(candidates: pd.DataFrame, weights: np.ndarray) -> np.ndarray:
    """Mask of the set with the largest sum of weights that meets every quota."""
    from scipy.optimize import Bounds, LinearConstraint, milp

    quotas = _quotas(candidates)
    members = np.array([mask for _, mask, _ in quotas], dtype=float)
    numbers = np.array([number for *_, number in quotas], dtype=float)
    found = milp(
        -weights,
        constraints=LinearConstraint(members, numbers, numbers),
        integrality=np.ones(len(weights)),
        bounds=Bounds(0, 1),
    )
    if found.x is None:
        raise StudyError(
            "Each cell of the design of the twelve cases has candidates, but no twelve of them "
            "meet all of it at once.",
            column="samenwerking × realisatie × sector × vmbo_examen",
            fix="Draw from a larger study, or one with more variation.",
        )
    return np.asarray(found.x > 0.5)
