"""Which outcome, tranche, period and group every share of the cohort model belongs to."""

from __future__ import annotations

from typing import Final

import numpy as np

from vm2causal.inputs.published.schema import GROUPS, OUTCOMES
from vm2causal.monitor.cohort_data import COHORTS, INTERVALS

IN_CALENDAR: Final = np.array([group in {"vm2", "landelijk"} for group in GROUPS], dtype=float)
IN_SITES: Final = np.array([group in {"vm2", "voorgaand"} for group in GROUPS], dtype=float)
IN_VM2: Final = np.array([group == "vm2" for group in GROUPS], dtype=float)
"""1 for the groups that a contrast is for, else 0."""

PERIODS: Final = tuple(dict.fromkeys((outcome, year) for outcome, _, year in INTERVALS))
"""Outcome and year since the start, of whatever tranche."""

OUTCOME_OF: Final = np.array([OUTCOMES.index(outcome) for outcome, _, _ in INTERVALS])
TRANCHE_OF: Final = np.array([COHORTS.index(tranche) for _, tranche, _ in INTERVALS])
PERIOD_OF: Final = np.array([PERIODS.index((o, year)) for o, _, year in INTERVALS])
IN_BORGING: Final = np.array([tranche in {"B1", "B2"} for _, tranche, _ in INTERVALS], dtype=float)
OUTCOME_OF_PERIOD: Final = np.array([OUTCOMES.index(outcome) for outcome, _ in PERIODS])

COORDS: Final[dict[str, list[str]]] = {
    "outcome": list(OUTCOMES),
    "tranche": list(COHORTS),
    "group": list(GROUPS),
    "interval": [f"{outcome} {tranche} {year}" for outcome, tranche, year in INTERVALS],
    "period": [f"{outcome} {year}" for outcome, year in PERIODS],
}
"""Labels of the dims of parameters."""
