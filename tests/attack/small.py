"""A small study with a few pupils of every kind that must not be found, and a table of persons."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from figure_cases import opened, study_spec, unsampled_fit
from model.structural_cases import small_study
from vm2causal.inputs.study.frame import PUPILS, StudyFrame
from vm2causal.model.data.structural_data import study_data, table_data
from vm2causal.spec import Arrow, CausalSpec, Query, Variable
from vm2causal.spec.words import Rows
from vm2causal.workflow.effects import FitOnDisk, answer_what_if
from vm2causal.workflow.fit_tables import FitTables

FEW_LWOO = 3
FEW_LEFT = 3
FEW_UNKNOWN = 3
FEW_IN_SECTOR = 7
SMALL_SECTOR = "landbouw"
LWOO_IN_TABLE = 4
UNITS = 24


def study() -> StudyFrame:
    """Of 24 experiments.

    One is in a sector of its own with 7 pupils, one alone has half a year less; 3 pupils have lwoo,
    of 3 that is unknown, and 3 of the first tranche have left within a year.
    """
    found = small_study(UNITS, seed=4)
    frame, careers = found.experiments.copy(), _one_each(found.careers)
    number = np.arange(UNITS)
    frame["sector"] = np.where(number % 2, "economie", "techniek")
    frame.loc[0, "sector"] = SMALL_SECTOR
    frame["versnelling"] = np.where(number % 3, "0", "1")
    frame.loc[1, "versnelling"] = "0.5"
    frame["tranche"] = np.where(number < 10, "T1", "T2")
    careers = _only(careers, careers["experiment"] == "e0", FEW_IN_SECTOR)
    careers = _only(careers, careers["experiment"] == "e1", 8)
    early = careers["experiment"].isin([f"e{k}" for k in range(10)])
    left = early & (careers["teldatum_1"] == "vsv")
    careers.loc[left[left].index[FEW_LEFT:], ["teldatum_1", "teldatum_2"]] = "vm2"
    qualified = ~early & (careers["teldatum_1"] == "ander_onderwijs")
    careers.loc[qualified[qualified].index[:12], ["teldatum_1", "teldatum_2"]] = "sk"
    careers["lwoo"] = "nee"
    last = careers.index[careers["experiment"] == "e23"]
    careers.loc[last[:FEW_LWOO], "lwoo"] = "ja"
    careers.loc[last[FEW_LWOO : FEW_LWOO + FEW_UNKNOWN], "lwoo"] = None
    counts = careers.value_counts(dropna=False).rename(PUPILS).reset_index()
    return StudyFrame("small", found.origin, found.teldata, frame, counts)


def _one_each(careers: pd.DataFrame) -> pd.DataFrame:
    rows = careers.loc[careers.index.repeat(careers[PUPILS])].drop(columns=PUPILS)
    return rows.astype(object).reset_index(drop=True)


def _only(careers: pd.DataFrame, chosen: pd.Series[bool], number: int) -> pd.DataFrame:
    """So many of the chosen."""
    gone = chosen[chosen].index[number:]
    return careers.drop(index=gone).reset_index(drop=True)


@cache
def study_opened() -> FitOnDisk:
    return opened(unsampled_fit(study_data(study_spec(), study())))


TABLE_SPEC = CausalSpec(
    name="persons",
    variables={
        "lwoo": Variable(kind="binary", levels=("nee", "ja")),
        "toets": Variable(),
        "cijfer": Variable(),
        "klas": Variable(kind="nominal", levels=("a", "b", "c")),
    },
    arrows=[
        Arrow(cause=cause, effect=effect)
        for cause, effect in [("lwoo", "cijfer"), ("toets", "cijfer"), ("klas", "toets")]
    ],
    groups=["klas"],
    queries=[Query(cause="toets", effect="cijfer")],
)


@cache
def table_opened(rows: Rows | None = None) -> FitOnDisk:
    """Sixty persons, five in class c, four with lwoo."""
    rng = np.random.default_rng(3)
    table = pd.DataFrame(
        {
            "lwoo": ["ja"] * LWOO_IN_TABLE + ["nee"] * (60 - LWOO_IN_TABLE),
            "toets": rng.normal(size=60),
            "cijfer": rng.normal(size=60),
            "klas": ["c"] * 5 + ["a"] * 25 + ["b"] * 30,
        }
    )
    spec = TABLE_SPEC if rows is None else TABLE_SPEC.model_copy(update={"rows": rows})
    return opened(unsampled_fit(table_data(spec, table)))


def outputs(fit: FitOnDisk) -> dict[str, Any]:
    """What a run gives out of a fit, as plain values."""
    tables = FitTables(fit)
    return {
        "arrows": plain(tables.answers.arrows),
        "by_group": plain(tables.by_few[0]),
        "trajectories": plain(tables.trajectories) if tables.has_careers else [],
        "ppc": plain(tables.predictive),
    }


def asked(fit: FitOnDisk, changes: list[str], place: str | None = None) -> list[dict[str, Any]]:
    """What ``what-if`` answers."""
    return plain(answer_what_if(fit, dict(change.split("=") for change in changes), place=place)[0])


def plain(table: pd.DataFrame) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = table.astype(object).where(table.notna(), None).to_dict("records")
    return found
