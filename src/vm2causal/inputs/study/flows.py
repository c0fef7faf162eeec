"""Careers → what happened between each two teldata, as nested counts.

Between teldatum t−1 and t the pupils in education can leave early, qualify, stay in VM2 or move to
other education. The counts are continuation ratios: vsv out of those at risk; SK out of those at
risk who did not leave; binding out of those who were in VM2, did neither, and so could stay. No
pupil-event is counted in two of them.
"""

from __future__ import annotations

from typing import Final

import pandas as pd

from vm2causal.inputs.study.frame import PUPIL_COVARIATES, PUPILS, StudyFrame, teldatum_columns

FLOWS: Final = ("vsv", "sk", "binding", "terugkeer")
"""Counts of one year; each has its trials in the column ``<name>_van``."""

_ENROLLED: Final = ("vm2", "ander_onderwijs")


def yearly_flows(study: StudyFrame) -> pd.DataFrame:
    """Count per experiment, kind of pupil and year what became of those who could still move.

    Returns
    -------
    pandas.DataFrame
        Columns ``experiment``, the pupil covariates, ``jaar`` (1…, years since the start), and per
        flow its count and ``<flow>_van``. ``terugkeer`` is the return of early leavers, which
        makes vsv net. Rows sorted; only cells with somebody in them. Pupils whose position is
        unknown at either end of a year are left out of that year.
    """
    careers = study.careers
    columns = teldatum_columns(careers)
    covariates = [name for name in PUPIL_COVARIATES if name in careers.columns]
    keys = ["experiment", *covariates]
    years = [
        _one_year(careers, careers[columns[year - 2]] if year > 1 else None, column, keys, year)
        for year, column in enumerate(columns, start=1)
    ]
    counted = [f"{name}{part}" for name in FLOWS for part in ("", "_van")]
    flows = pd.concat(years, ignore_index=True)
    flows = flows.groupby([*keys, "jaar"], dropna=False, sort=True)[counted].sum().reset_index()
    anyone = (flows["vsv_van"] > 0) | (flows["terugkeer_van"] > 0)
    return flows[anyone].reset_index(drop=True)


def _one_year(
    careers: pd.DataFrame, before: pd.Series[str] | None, column: str, keys: list[str], year: int
) -> pd.DataFrame:
    """Contribution of every cell of careers to the flows of one year."""
    now, pupils = careers[column], careers[PUPILS]
    was = pd.Series("vm2", index=careers.index) if before is None else before
    known = now.notna() & was.notna()
    at_risk = known & was.isin(_ENROLLED)
    stayed = at_risk & ~now.isin(("vsv", "sk"))
    happened = {
        "vsv": (at_risk & (now == "vsv"), at_risk),
        "sk": (at_risk & (now == "sk"), at_risk & (now != "vsv")),
        "binding": (stayed & (was == "vm2") & (now == "vm2"), stayed & (was == "vm2")),
        "terugkeer": (known & (was == "vsv") & (now != "vsv"), known & (was == "vsv")),
    }
    flows = careers[keys].assign(jaar=year)
    for name, (event, trials) in happened.items():
        flows[name] = pupils.where(event, 0)
        flows[f"{name}_van"] = pupils.where(trials, 0)
    return flows
