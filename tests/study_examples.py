"""Small studies for tests: one with fixed contents, and a strategy for any."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from hypothesis import strategies as st

from vm2causal.inputs.study.columns import Kind, kind_of, levels_of
from vm2causal.inputs.study.frame import PUPILS, Origin, StudyFrame
from vm2causal.inputs.study.schema import COUNTS, EXPERIMENTS
from vm2causal.inputs.tables.marks import MARKS

STUDY_YAML = """\
schema: vm2causal/study/1
title: Voorbeeld
origin: synthetic
codebook_version: "1"
tranches:
  T1: {start: 2008-08-01, teldata: [2009-10-01, 2010-10-01, 2011-10-01]}
  T2: {start: 2009-08-01, teldata: [2010-10-01, 2011-10-01]}
"""
EXPERIMENTS_CSV = """\
experiment,school,sector,tranche,krimp,samenwerking_1,samenwerking_2,mbo_stof,status
E1,A,techniek,T1,1.5,4,5,3,afgerond
E2,A,economie,T2,1.5,2,2,4,lopend
E3,B,landbouw,T2,,,,5,gestopt
"""
COUNTS_CSV = """\
experiment,geslacht,lwoo,teldatum_1,teldatum_2,teldatum_3,leerlingen
E1,meisje,nee,vm2,vm2,sk,12
E1,jongen,ja,vm2,vsv,vsv,3
E2,jongen,nee,vm2,sk,,15
E3,meisje,nee,vm2,ander_onderwijs,,14
"""
PUPILS_CSV = """\
leerling,experiment,geslacht,lwoo,teldatum_1,teldatum_2,teldatum_3
1,E1,meisje,nee,vm2,vm2,sk
2,E1,meisje,nee,vm2,vm2,sk
3,E2,jongen,nee,vm2,sk,
4,E3,meisje,nee,vm2,ander_onderwijs,
"""


def write_files(folder: Path, **contents: str | bytes | None) -> Path:
    """A study folder of the texts above; ``counts_csv="…"`` replaces one, None leaves it out."""
    files: dict[str, str | bytes | None] = {
        "study_yaml": STUDY_YAML,
        "experiments_csv": EXPERIMENTS_CSV,
        "counts_csv": COUNTS_CSV,
    }
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in (files | contents).items():
        if content is not None:
            data = content.encode() if isinstance(content, str) else content
            (folder / ".".join(name.rsplit("_", 1))).write_bytes(data)
    return folder


def _names() -> st.SearchStrategy[str]:
    letters = st.characters(codec="utf-8", exclude_categories=("Cc", "Cs"))
    names = st.text(letters, min_size=1, max_size=8)
    # what means a missing value in every column is nobody's name (docs/tables.md)
    return names.filter(lambda name: name.strip() == name and name not in MARKS)


def _levels(values: tuple[str, ...]) -> st.SearchStrategy[str | None]:
    return st.none() | st.sampled_from(values)


@st.composite
def studies(draw: st.DrawFn) -> StudyFrame:
    """Any study that keeps to the format: any names, answers, gaps and numbers."""
    teldata = draw(st.dictionaries(_names(), st.integers(1, 4), min_size=1, max_size=3))
    experiments = _experiments(draw, list(teldata))
    careers = _careers(draw, experiments, teldata)
    title = draw(_names())
    return StudyFrame(title, draw(st.sampled_from(Origin)), teldata, experiments, careers)


def _experiments(draw: st.DrawFn, tranches: list[str]) -> pd.DataFrame:
    names = draw(st.lists(_names(), min_size=1, max_size=4, unique=True))
    columns = {"experiment": pd.Series(names, dtype="str")}
    for name, column in list(EXPERIMENTS.columns.items())[1:]:
        if column.required or draw(st.booleans()):
            cells = _cells(name, tranches)
            values = draw(st.lists(cells, min_size=len(names), max_size=len(names)))
            kind = "float64" if kind_of(column) is Kind.CONTINUOUS else "str"
            columns[name] = pd.Series(values, dtype=kind)
    return pd.DataFrame(columns)


def _cells(name: str, tranches: list[str]) -> st.SearchStrategy[object]:
    match name:
        case "school":
            return _names()
        case "tranche":
            return st.sampled_from(tranches)
        case "krimp":
            # a column of nothing but numbers below 1e-100 is refused
            return st.none() | st.floats(-100, 100).filter(lambda x: not x or abs(x) > 1e-100)
        case "leerlingenaantal":
            return st.none() | st.floats(1e-3, 10_000)
    column = EXPERIMENTS.columns[name]
    levels = st.sampled_from(levels_of(column))
    return levels if column.required else st.none() | levels


def _careers(draw: st.DrawFn, experiments: pd.DataFrame, teldata: dict[str, int]) -> pd.DataFrame:
    covariates = [name for name in ("geslacht", "leeftijd", "lwoo") if draw(st.booleans())]
    most = max(teldata.values())
    rows: dict[tuple[object, ...], int] = {}
    tranche_of = dict(zip(experiments["experiment"], experiments["tranche"], strict=True))
    for _ in range(draw(st.integers(1, 6))):
        name = draw(st.sampled_from(list(tranche_of)))
        kind = [draw(_levels(levels_of(COUNTS.columns[column]))) for column in covariates]
        career = _career(draw, teldata[tranche_of[name]])
        rows[(name, *kind, *career, *[None] * (most - len(career)))] = draw(st.integers(0, 10**6))
    columns = ["experiment", *covariates, *(f"teldatum_{year + 1}" for year in range(most))]
    frame = pd.DataFrame(list(rows), columns=columns, dtype="str")
    return frame.assign(**{PUPILS: pd.Series(list(rows.values()), dtype="int64")})


def _career(draw: st.DrawFn, years: int) -> list[str]:
    """Positions until the last one known; sk is kept."""
    known = draw(st.integers(0, years))
    career: list[str] = []
    for _ in range(known):
        kept = career[-1:] == ["sk"]
        position = st.sampled_from(("vm2", "ander_onderwijs", "vsv", "sk"))
        career.append("sk" if kept else draw(position))
    return career
