"""Published margins of T1 and T2, and the same margins of a study.

One series, indexed by what is counted (``vsv``, ``sk``, ``vm2``: share of the starters;
``gestopt``, ``lopend``, ``afgerond``: share of the experiments), tranche (or both), part (all, as
intended, a sector) and year since the start (0 for experiments).

*Zoals beoogd* is not defined by the source beyond "not stopped, as the survey of spring 2012 says"
(`vijf-jaar-vm2` 3.2); here it is every experiment whose status is not ``gestopt``.
"""

from __future__ import annotations

from typing import Final, cast

import numpy as np
import numpy.typing as npt
import pandas as pd

from vm2causal.inputs.published.reading import PublishedTables
from vm2causal.inputs.published.schema import START_YEAR
from vm2causal.inputs.study.frame import PUPILS, TELDATUM, StudyFrame

TRANCHES: Final = ("T1", "T2")
STATUSES: Final = ("gestopt", "lopend", "afgerond")
INDEX: Final = ("quantity", "tranche", "part", "year")
BOTH: Final = "T1+T2"
"""Both tranches together."""

_COUNTED: Final = ("vsv", "sk", "vm2")
Rows = list[tuple[str, str, str, int, float]]


def published_margins(tables: PublishedTables) -> pd.Series[float]:
    """Percentages as published for the VM2 pupils and experiments of T1 and T2.

    Parameters
    ----------
    tables
        The published tables of the monitor.
    """
    rows: Rows = []
    outcomes = tables.outcomes
    vm2 = outcomes[(outcomes["group"] == "vm2") & outcomes["tranche"].isin(TRANCHES)]
    for row in vm2.itertuples():
        place = (str(row.outcome), str(row.tranche), str(row.selection))
        rows.append((*place, cast(int, row.years_since_start), cast(float, row.percent)))
    rows += _published_enrolment(tables)
    counts = published_status(tables)
    return _series(rows + _status_rows(counts))


def published_status(tables: PublishedTables) -> pd.DataFrame:
    """Experiments by tranche and sector (rows) and status (columns), as published.

    Parameters
    ----------
    tables
        The published tables of the monitor.
    """
    status = tables.status
    counts = status[
        (status["table"] == "2.3-sector")
        & (status["unit"] == "count")
        & status["status"].isin(STATUSES)
    ]
    table = counts.pivot(index=["tranche", "sector"], columns="status", values="value")
    return table.reindex(columns=list(STATUSES)).fillna(0.0).astype(int)


def study_margins(study: StudyFrame) -> pd.Series[float]:
    """Percentages of a study, on the index of ``published_margins`` and a few more years."""
    experiments = study.experiments.set_index("experiment")
    status = pd.Categorical(experiments["status"], STATUSES)
    counts = pd.get_dummies(status, dtype=int).set_index(
        [experiments["tranche"], experiments["sector"]]
    )
    of = experiments.index.get_indexer(pd.Index(study.careers["experiment"]))
    tranche = experiments["tranche"].to_numpy()[of]
    intended = (experiments["status"] != "gestopt").to_numpy()[of]
    rows: Rows = []
    for name in TRANCHES:
        for part, within in (("all", np.ones_like(intended)), ("as_intended", intended)):
            careers = study.careers[within & (tranche == name)]
            rows += _career_rows(careers, name, part, study.teldata[name])
    return _series(rows + _status_rows(counts))


def _career_rows(careers: pd.DataFrame, tranche: str, part: str, years: int) -> Rows:
    pupils = careers[PUPILS].to_numpy()
    return [
        (quantity, tranche, part, year, 100 * float(pupils[at == quantity].sum()) / pupils.sum())
        for year in range(1, years + 1)
        for at in (careers[f"{TELDATUM}{year}"].to_numpy(),)
        for quantity in _COUNTED
    ]


def _published_enrolment(tables: PublishedTables) -> Rows:
    """Share still in VM2 at each teldatum, from table 2.2."""
    pupils = tables.pupils
    rows: Rows = []
    for row in pupils[(pupils["unit"] == "count") & pupils["tranche"].isin(TRANCHES)].itertuples():
        tranche = str(row.tranche)
        year = int(str(row.school_year)[:4]) - START_YEAR[tranche]
        if year > 0:
            starters = starters_of(tables, tranche, "all")
            rows.append(("vm2", tranche, "all", year, 100 * cast(float, row.value) / starters))
    return rows


def starters_of(tables: PublishedTables, tranche: str, selection: str) -> int:
    """Pupils who started in VM2, all or in experiments as intended.

    Parameters
    ----------
    tables
        The published tables of the monitor.
    """
    outcomes = tables.outcomes
    chosen = (outcomes["group"] == "vm2") & (outcomes["tranche"] == tranche)
    return int(outcomes[chosen & (outcomes["selection"] == selection)]["denominator"].max())


def _status_rows(counts: pd.DataFrame) -> Rows:
    """Shares by tranche, by sector over both, and by tranche and sector.

    ``counts`` is indexed by tranche and sector, with a column per status.
    """
    sums: dict[tuple[str, str], npt.NDArray[np.int64]] = {}
    for (tranche, sector), row in zip(counts.index, counts.to_numpy(), strict=True):
        for place in ((tranche, "all"), (BOTH, sector), (tranche, sector)):
            sums[place] = sums.get(place, 0) + row
    return [
        (status, *place, 0, 100 * float(row[code] / row.sum()))
        for place, row in sums.items()
        for code, status in enumerate(STATUSES)
    ]


def _series(rows: Rows) -> pd.Series[float]:
    index = pd.MultiIndex.from_tuples([row[:4] for row in rows], names=INDEX)
    return pd.Series(np.array([row[4] for row in rows]), index=index, name="percent")
