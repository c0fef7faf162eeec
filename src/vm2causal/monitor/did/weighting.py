"""Effects of groups and periods together: by an explicit weighting, said beside every number."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Final

import numpy as np
import pandas as pd

from vm2causal.inputs.rows import row_tuples
from vm2causal.model.data.columns import Floats
from vm2causal.monitor.did.design import SERIES

OVERALL: Final = "overall"
BY_COHORT: Final = "cohort"
BY_EXPOSURE: Final = "exposure"
CELL: Final = "cell"
"""What an estimate is about: all treated groups and periods, one start, one period since the start,
or one group in one period."""

ABOUT: Final = (OVERALL, BY_COHORT, BY_EXPOSURE, CELL)


class Weighting(StrEnum):
    """How groups and periods count in an effect of several."""

    PUPILS = "pupils"
    EQUAL = "equal"


def aggregates(targets: pd.DataFrame, weighting: Weighting) -> tuple[pd.DataFrame, Floats]:
    """All estimates that are reported of targets, and how they are made of these.

    Parameters
    ----------
    targets
        Of one :class:`~vm2causal.monitor.did.design.Design`, from the start of treatment on, or
        before it.
    weighting
        By pupils treated, or each group and period alike.

    Returns
    -------
    rows
        ``outcome``, ``after``, ``about`` (of the constants above), ``group``, ``cohort``, ``time``
        and ``exposure``, None where it is about several; ``trials``: pupils it is about.
    weights
        Shape (row, target); rows sum to 1.
    """
    rows: list[dict[str, Any]] = []
    weights: list[Floats] = []
    numbered = targets.reset_index(drop=True)
    for key, part in numbered.groupby(SERIES, sort=False):
        series = dict(zip(SERIES, key, strict=True))
        for about, place, members in _sets(part):
            size = np.zeros(len(numbered))
            trials = members["trials"].to_numpy(float)
            size[members.index] = trials if weighting is Weighting.PUPILS else 1.0
            weights.append(size / size.sum())
            empty = dict.fromkeys(("group", "cohort", "time", "exposure"))
            rows.append({**series, "about": about, **empty, **place, "trials": trials.sum()})
    columns = [*SERIES, "about", "group", "cohort", "time", "exposure", "trials"]
    return (
        pd.DataFrame(rows, columns=columns, dtype=object),
        np.array(weights).reshape(-1, len(numbered)),
    )


def _sets(part: pd.DataFrame) -> list[tuple[str, dict[str, Any], pd.DataFrame]]:
    found: list[tuple[str, dict[str, Any], pd.DataFrame]] = [(OVERALL, {}, part)]
    for about in (BY_COHORT, BY_EXPOSURE):
        found += [
            (about, {about: int(str(value))}, members)
            for value, members in part.groupby(about, sort=True)
        ]
    found += [
        (
            CELL,
            {
                "group": str(row.group),
                "cohort": int(row.cohort),
                "time": int(row.time),
                "exposure": int(row.exposure),
            },
            part.loc[[row.Index]],
        )
        for row in row_tuples(part)
    ]
    return found
