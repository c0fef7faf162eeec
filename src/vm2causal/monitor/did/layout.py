"""Cells of a table as the event study takes them: indices of parameters and possible counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from vm2causal.inputs.rows import row_tuples
from vm2causal.model.data.columns import Floats
from vm2causal.monitor.cohorts import TRANCHE_SD
from vm2causal.monitor.did.design import SERIES, Design, possible_events
from vm2causal.monitor.did.group_time import DEFAULT_ICC, design_effects

Label = tuple[str, int, object]
"""Outcome, horizon, and what is labelled."""

Integers = npt.NDArray[np.int64]

GRID: Final = 9
"""Numbers of pupils, evenly on the log scale, that stand for one known to lie in a range."""


@dataclass(frozen=True)
class EventLayout:
    """What the density is about; all indices count from 0, and −1 stands for none.

    Parameters
    ----------
    rows
        Rows of the design's ``cells`` that the model takes: all but treated ones without
        comparison.
    series, groups, periods, exposures, targets
        Labels of parameters: outcome and horizon; a group in a series; a period in it but for the
        first; a period since the start in it; a treated cell.
    group_of, period_of, target_of
        By row.
    icc_of
        By row the outcome whose intra-class correlation it has; −1 where clusters are not known.
    series_of_exposure, series_of_target, exposure_of_target
        Which means an effect lies around.
    outcomes
        Those with clusters.
    centred
        By target between 0 and 1, how far its effect is sampled as it is rather than relative to
        the mean that it lies around: the information in its counts against that in the prior.
    clusters
        By row; 1 where not known.
    trials, low, high
        Possible numbers of pupils and the counts they allow, shape (row, grid); ``low`` is larger
        where they allow none, and trials are 0 where the grid has fewer.
    start
        Log-odds at which the effects of groups start.
    """

    rows: Integers
    series: list[tuple[str, int]]
    groups: list[Label]
    periods: list[Label]
    exposures: list[Label]
    targets: list[int]
    group_of: Integers
    period_of: Integers
    target_of: Integers
    icc_of: Integers
    series_of_exposure: Integers
    series_of_target: Integers
    exposure_of_target: Integers
    outcomes: list[str]
    centred: Floats
    clusters: Floats
    trials: Floats
    low: Floats
    high: Floats
    start: Floats

    @property
    def size(self) -> int:
        """Parameters of the model."""
        parts = (self.groups, self.periods, self.exposures, self.targets, self.outcomes)
        return sum(len(part) for part in parts) + 2 * len(self.series)


def event_layout(design: Design) -> EventLayout:
    """Arrange a design for the model.

    Parameters
    ----------
    design
        With at least one effect.
    """
    effects = design.effects.reset_index(drop=True)
    cells = design.cells
    treated = cells["treated_from"].notna() & (cells["time"] >= cells["treated_from"])
    used = cells[~treated | cells.index.isin(effects["cell"])]
    series = list(dict.fromkeys(zip(used["outcome"], used["after"], strict=True)))
    groups = _labels(used, "group")
    first = used.groupby(SERIES)["time"].transform("min")
    periods = _labels(used[used["time"] > first], "time")
    exposures = _labels(effects.sort_values([*SERIES, "exposure"]), "exposure")
    outcomes = list(dict.fromkeys(used.loc[used["clusters"].notna(), "outcome"]))
    of_cell = {int(row.cell): int(row.Index) for row in row_tuples(effects)}
    trials, low, high = _counts(used)
    return EventLayout(
        rows=used.index.to_numpy(np.int64),
        series=series,
        groups=groups,
        periods=periods,
        exposures=exposures,
        targets=list(of_cell),
        group_of=_index(used, "group", groups),
        period_of=_index(used, "time", periods),
        target_of=np.array([of_cell.get(int(row), -1) for row in used.index], dtype=np.int64),
        icc_of=np.array(
            [
                -1 if np.isnan(row.clusters) else outcomes.index(row.outcome)
                for row in row_tuples(used)
            ],
            dtype=np.int64,
        ),
        series_of_exposure=np.array([series.index(item[:2]) for item in exposures], np.int64),
        series_of_target=np.array(
            [series.index((row.outcome, row.after)) for row in row_tuples(effects)], np.int64
        ),
        exposure_of_target=_index(effects, "exposure", exposures),
        outcomes=outcomes,
        centred=_centred(cells, effects),
        clusters=used["clusters"].fillna(1.0).to_numpy(float),
        trials=trials,
        low=low,
        high=high,
        start=_start(used, groups),
    )


def _labels(frame: pd.DataFrame, column: str) -> list[Label]:
    found = zip(frame["outcome"], frame["after"], frame[column], strict=True)
    return list(dict.fromkeys((str(a), int(b), _plain(c)) for a, b, c in found))


def _plain(value: object) -> object:
    return value if isinstance(value, str) else int(str(value))


def _index(frame: pd.DataFrame, column: str, labels: list[Label]) -> Integers:
    place = {label: number for number, label in enumerate(labels)}
    found = zip(frame["outcome"], frame["after"], frame[column], strict=True)
    keys = [(str(a), int(b), _plain(c)) for a, b, c in found]
    return np.array([place.get(key, -1) for key in keys], dtype=np.int64)


def _counts(used: pd.DataFrame) -> tuple[Floats, Floats, Floats]:
    trials = np.zeros((len(used), GRID))
    low, high = np.ones((len(used), GRID)), np.zeros((len(used), GRID))
    for place, row in enumerate(row_tuples(used)):
        spread = np.geomspace(row.trials_low, row.trials_high, GRID)
        possible = np.unique(np.round(spread))
        trials[place, : len(possible)] = possible
        for column, number in enumerate(possible):
            low[place, column], high[place, column] = possible_events(row, float(number))
    return trials, low, high


def _centred(cells: pd.DataFrame, effects: pd.DataFrame) -> Floats:
    own = cells.loc[effects["cell"]]
    share = own["share"].clip(0.01, 0.99).to_numpy(float)
    # an effect is a difference of two log-odds at least
    counted = own["trials"].to_numpy(float) * share * (1 - share) / 2
    known = counted / design_effects(own, DEFAULT_ICC)
    return np.asarray(known / (known + TRANCHE_SD**-2), dtype=float)


def _start(used: pd.DataFrame, groups: list[Label]) -> Floats:
    trials = used["trials"].to_numpy(float)
    share = (used["share"].to_numpy(float) * trials + 0.5) / (trials + 1)
    log_odds = pd.Series(np.log(share / (1 - share)))
    means = log_odds.groupby(_index(used, "group", groups)).mean()
    return means.to_numpy(float)
