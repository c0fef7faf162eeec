"""Random small studies and tables with few persons of many kinds, and all that is told of them."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pandas as pd
import xarray as xr
import yaml

from command_line import run
from vm2causal.checks.gate import diagnostics
from vm2causal.report.documents.json_text import to_json
from vm2causal.workflow import fit_checks
from vm2causal.workflow.effects import open_fit

PUPILS = "leerlingen"
MODEL = "onderzoeksmodel-2012"

_FEW = ("--draws", "60", "--tune", "60", "--chains", "2")
"""Enough draws to see what a number tells of pupils, though too few to trust it."""


@dataclass(frozen=True)
class Case:
    """Data with few persons of many kinds.

    Parameters
    ----------
    source
        Folder of a study, or file of a table.
    model
        Name or file.
    changes
        What ``what-if`` is asked, as ``--do`` takes it.
    places
        Where it is asked.
    group
        By whose levels effects are told.
    effects
        Causes and effects that are attacked by refits.
    """

    source: Path
    model: str
    changes: tuple[str, ...]
    places: tuple[str, ...]
    group: str
    effects: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Told:
    """All that somebody sees: a folder with what commands wrote, and what each of them printed."""

    folder: Path

    def json(self, name: str) -> dict[str, Any]:
        """One JSON document; empty where the command was refused."""
        path = self.folder / f"{name}.json"
        found: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
        return found


def random_study(folder: Path, seed: int) -> Case:
    """A study of 16 to 24 experiments, thinned out until many numbers of pupils are small."""
    rng = np.random.default_rng([seed, 18])
    source = folder / "study"
    made = run(
        "study", "simulate", source, "--experiments", int(rng.integers(16, 25)), "--seed", seed
    )
    assert made.returncode == 0, made.stderr
    counts = pd.read_csv(source / "counts.csv", dtype=str, keep_default_na=False)
    rows = counts.loc[counts.index.repeat(counts[PUPILS].astype(int))].drop(columns=PUPILS)
    rows = rows[rng.random(len(rows)) < rng.uniform(0.5, 0.9)].reset_index(drop=True)
    experiments = pd.read_csv(source / "experiments.csv", dtype=str, keep_default_na=False)
    sector = rng.choice(experiments["sector"].unique())
    own = rows["experiment"].isin(experiments.loc[experiments["sector"] == sector, "experiment"])
    rows = rows.drop(index=_but_few(rows.index[own], rng)).reset_index(drop=True)
    rows.loc[_but_few(rows.index[rows["leeftijd"] == "ouder"], rng), "leeftijd"] = "gemiddeld"
    rows.loc[rng.choice(len(rows), rng.integers(1, 10), replace=False), "lwoo"] = ""
    again = rows.value_counts().rename(PUPILS).reset_index()
    again.to_csv(source / "counts.csv", index=False)
    return Case(
        source,
        MODEL,
        ("versnelling=1", "samenwerking=1"),
        ("economie", "landbouw", "techniek", "zorg_welzijn", "intersectoraal", "T1"),
        "sector",
        (("versnelling", "vsv"),),
    )


def random_table(folder: Path, seed: int) -> Case:
    """A table of 60 to 160 persons in four classes, few of whom have this or lack that."""
    rng = np.random.default_rng([seed, 19])
    size = int(rng.integers(60, 160))
    few = [int(number) for number in rng.integers(1, 10, 4)]
    score = rng.normal(size=size)
    lwoo = rng.permutation(np.repeat(["ja", "nee"], [few[0], size - few[0]]))
    klas = np.array([*["d"] * few[1], *rng.choice(["a", "b", "c"], size - few[1])])
    grade = 6 + score + (lwoo == "ja") + rng.normal(size=size)
    chance = 1 / (1 + np.exp(-(grade - 6)))
    passed = np.where(rng.random(size) < chance, "ja", "nee")
    table = pd.DataFrame(
        {"lwoo": lwoo, "klas": klas, "toets": score.round(2), "cijfer": grade.round(1)}
    ).assign(geslaagd=passed, geslacht=rng.choice(["m", "v"], size))
    table.loc[rng.choice(size, few[2], replace=False), "toets"] = np.nan
    table.loc[rng.choice(size, few[3], replace=False), "geslaagd"] = None
    source, model = folder / "table.csv", folder / "model.yaml"
    table.to_csv(source, index=False)
    arrows = ["lwoo cijfer", "toets cijfer", "geslacht toets", "cijfer geslaagd", "lwoo geslaagd"]
    binary = {"kind": "binary", "levels": ["nee", "ja"]}
    spec = {
        "schema": "vm2causal/model/1",
        "name": "klassen",
        "variables": {
            "lwoo": binary,
            "geslaagd": binary,
            "geslacht": {"kind": "binary", "levels": ["m", "v"]},
            "toets": {"kind": "continuous"},
            "cijfer": {"kind": "continuous"},
            "klas": {"kind": "nominal", "levels": ["a", "b", "c", "d"]},
        },
        "arrows": [
            *({"from": pair.split()[0], "to": pair.split()[1]} for pair in arrows),
            {"from": "klas", "to": "toets"},
        ],
        "groups": ["klas"],
        "queries": [
            {"cause": "toets", "effect": "cijfer"},
            {"cause": "toets", "effect": "geslaagd"},
            {"cause": "lwoo", "effect": "cijfer"},
        ],
    }
    model.write_text(yaml.safe_dump(spec), encoding="utf-8")
    return Case(
        source,
        str(model),
        ("toets=1", "geslacht=v", "lwoo=ja", "klas=a", "klas=d"),
        ("a", "b", "c", "d"),
        "klas",
        (("toets", "cijfer"), ("lwoo", "cijfer")),
    )


def told_of(case: Case, folder: Path) -> Told:
    """Ask everything that may be asked, and keep the answers."""
    fit, out = folder / "fit", folder / "told"
    out.mkdir()
    # few draws do not converge, and nothing is told of what did not
    with patch.object(fit_checks, "diagnose", _lenient):
        asked = ("fit", case.source, "--model", case.model, "--out", fit, *_FEW)
        said = run(*asked, "--lang", "en")
    (out / "fit.txt").write_text(said.stdout + said.stderr, encoding="utf-8")
    if said.returncode:
        return Told(out)
    (out / "fit.json").write_text(to_json(open_fit(fit).shown), encoding="utf-8")
    for name, question in _questions(case, fit):
        _keep(out, name, *question)
    for name in ("figure all", "brief"):
        done = run(*name.split(), fit, "--lang", "en", "--out", out / name.split()[0])
        assert done.returncode == 0, done.stderr
        (out / f"{name.split()[0]}.txt").write_text(done.stdout + done.stderr, encoding="utf-8")
    return Told(out)


def _questions(case: Case, fit: Path) -> Iterator[tuple[str, tuple[object, ...]]]:
    yield "effects", ("effects", fit, "--by", case.group)
    places = [None, *case.places]
    for number, (change, place) in enumerate(itertools.product(case.changes, places)):
        at = () if place is None else ("--at", place)
        yield f"what-if-{number}", ("what-if", fit, "--do", change, *at)
    for cause, effect in case.effects:
        asked = ("--cause", cause, "--effect", effect, "--refits", "4")
        yield f"refute-{cause}", ("refute", fit, *asked)
    yield "test", ("test", fit, "--dowhy-seconds", "0", "--folds", "0")


def _lenient(tree: xr.DataTree) -> diagnostics.Diagnostics:
    return replace(diagnostics.diagnose(tree), failures=())


def _keep(out: Path, name: str, *arguments: object) -> None:
    """Run a command for machines, and once more for people where that takes no refits."""
    done = run(*arguments, "--lang", "en", "--json")
    if done.returncode:
        assert done.stderr.startswith("Error: "), done.stderr
        (out / f"{name}.txt").write_text(done.stderr, encoding="utf-8")
        return
    (out / f"{name}.json").write_text(done.stdout, encoding="utf-8")
    said = run(*arguments, "--lang", "en")
    (out / f"{name}.txt").write_text(said.stdout + said.stderr, encoding="utf-8")


def _but_few(rows: pd.Index[int], rng: np.random.Generator) -> pd.Index[int]:
    """All rows but one to nine of them."""
    return pd.Index(rng.permutation(rows)[int(rng.integers(1, 10)) :])
