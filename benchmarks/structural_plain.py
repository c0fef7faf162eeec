"""The research model of 2012 on the shipped study, written straightforwardly in PyMC.

What a careful user would write without vm2causal: ``pm.Multinomial`` for where the pupils of a cell
are a year later, ``pm.OrderedLogistic`` for items and ordinal variables, non-centred group effects.
A missing answer to an item is left out; so is an experiment of which another variable is missing,
with its pupils, so that this model has less to compute than ours. Arrows and priors are those of
``models/onderzoeksmodel-2012.yaml`` as vm2causal fits it; pedagogiek does not vary and is left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pymc as pm
import pytensor.tensor as pt

ITEMS = {
    "communicatie": [f"communicatie_{k}" for k in range(1, 4)],
    "positie": [f"positie_{k}" for k in range(1, 4)],
    "samenwerking": [f"samenwerking_{k}" for k in range(1, 6)],
}
SURVEY = [
    "financiele_afspraken",
    "leerlingenaantal",
    "mbo_stof",
    "versnelling",
    "vmbo_examen",
    "status",
    "continuiteit",
]
COVARIATES = ["geslacht", "leeftijd", "lwoo"]
POSITIONS = ["vsv", "sk", "vm2", "ander_onderwijs"]
RANKS = {
    "mbo_stof": ["3", "4", "5"],
    "versnelling": ["0", "0.5", "1"],
    "status": ["gestopt", "lopend", "afgerond"],
    "vmbo_examen": ["nee", "ja"],
    "continuiteit": ["nee", "ja"],
    "zelfde_bestuur": ["nee", "ja"],
    "tranche": ["T1", "T2"],
    "financiele_afspraken": ["geen", "ja", "nvt"],
    "geslacht": ["meisje", "jongen"],
    "leeftijd": ["jonger", "gemiddeld", "ouder"],
    "lwoo": ["nee", "ja"],
}


def read_plain(folder: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Experiments that miss items at most, and the yearly moves of the pupils in them."""
    experiments = pd.read_csv(folder / "experiments.csv", dtype=str, keep_default_na=False)
    experiments = experiments.replace("", np.nan)
    items = [item for group in ITEMS.values() for item in group]
    experiments = experiments.dropna(subset=SURVEY).reset_index(drop=True)
    experiments[items] = experiments[items].astype(float) - 1
    for name in ("leerlingenaantal", "krimp"):
        experiments[name] = experiments[name].astype(float)
    counts = pd.read_csv(folder / "counts.csv", dtype={"lwoo": str})
    counts = counts[counts["experiment"].isin(experiments["experiment"])].assign(teldatum_0="vm2")
    moves = [
        counts.assign(jaar=year, was=counts[f"teldatum_{year - 1}"], now=counts[f"teldatum_{year}"])
        for year in range(1, 5)
    ]
    long = pd.concat(moves).dropna(subset=["was", "now"])
    long = long[long["was"].isin(["vm2", "ander_onderwijs"])]
    keys = ["experiment", *COVARIATES, "jaar", "was"]
    cells = long.pivot_table("leerlingen", keys, "now", "sum", fill_value=0).reset_index()
    return experiments, cells


def plain_model(experiments: pd.DataFrame, cells: pd.DataFrame) -> pm.Model:
    """Build the model of complete experiments and their pupils."""
    ranks = {
        name: pd.Categorical(experiments[name], levels).codes.astype(int)
        for name, levels in RANKS.items()
        if name in experiments
    }
    x = {name: standardised(codes) for name, codes in ranks.items()}
    x |= {name: standardised(experiments[name]) for name in ("leerlingenaantal", "krimp")}
    x["ja"] = centred(ranks["financiele_afspraken"] == 1)
    x["nvt"] = centred(ranks["financiele_afspraken"] == 2)
    x["T2"] = centred(ranks["tranche"] == 1)
    with pm.Model(coords=_coords(experiments, cells)) as model:
        parts = _Parts(experiments)
        _conditions(parts, x, experiments, ranks)
        _programme(parts, x, ranks)
        _pupils(parts, x, cells)
    return model


def standardised(values: Any) -> Any:
    """Mean 0 and standard deviation 1."""
    values = np.asarray(values, dtype=float)
    return (values - values.mean()) / values.std()


def centred(values: Any) -> Any:
    """Mean 0."""
    values = np.asarray(values, dtype=float)
    return values - values.mean()


def _coords(experiments: pd.DataFrame, cells: pd.DataFrame) -> dict[str, Any]:
    return {
        "experiment": experiments["experiment"].to_numpy(),
        "school": np.unique(experiments["school"]),
        "sector": np.unique(experiments["sector"]),
        "jaar": np.unique(cells["jaar"]),
    }


class _Parts:
    """Terms that many predictors share; made inside the model's context."""

    def __init__(self, experiments: pd.DataFrame) -> None:
        self.school = np.unique(experiments["school"], return_inverse=True)[1]
        self.sector = np.unique(experiments["sector"], return_inverse=True)[1]
        self.quality = pm.Normal("schoolkwaliteit", dims="school")

    def linear(self, name: str, causes: Mapping[str, Any], sd: float = 0.5) -> Any:
        """Sum of weights times causes; contrasts of levels and log-odds get a prior of sd 1."""
        total: Any = 0.0
        for cause, values in causes.items():
            scale = 1.0 if cause in ("ja", "nvt", "T2", "binding") else sd
            total = total + pm.Normal(f"{name}: {cause}", 0.0, scale) * values
        return total

    def by_school(self, name: str) -> Any:
        """A varying intercept per school."""
        effect = self._spread(f"{name}: school") * pm.Normal(f"{name}: school z", dims="school")
        return effect[self.school]

    def with_quality(self, name: str, *, anchor: bool = False) -> Any:
        """The same, part of it the school's hidden quality."""
        spread = self._spread(f"{name}: school")
        z = pm.Normal(f"{name}: school z", dims="school")
        size = (
            pm.LogNormal(f"{name}: quality", np.log(0.5), 0.7)
            if anchor
            else pm.Normal(f"{name}: quality", 0.0, 0.5)
        )
        effect = spread * (pt.tanh(size) * self.quality + z / pt.cosh(size))
        return effect[self.school]

    def by_sector(self, name: str) -> Any:
        """Effects of the sectors, which sum to zero."""
        z = pm.ZeroSumNormal(f"{name}: sector z", dims="sector")
        return (self._spread(f"{name}: sector") * z)[self.sector]

    def by_experiment(self, name: str) -> Any:
        """A varying intercept per experiment."""
        z = pm.Normal(f"{name}: experiment z", dims="experiment")
        return self._spread(f"{name}: experiment") * z

    def _spread(self, name: str) -> Any:
        return pm.LogNormal(f"{name} sd", np.log(0.4), 0.75)


def _construct(name: str, mean: Any, experiments: pd.DataFrame) -> Any:
    """A latent score and the items that measure it."""
    score = pm.Deterministic(name, mean + pm.Normal(f"{name} z", dims="experiment"))
    for item in ITEMS[name]:
        loading = pm.LogNormal(f"{item}: loading", 0.0, 0.4)
        gaps = pm.LogNormal(f"{item}: gaps", 0.0, 0.75, shape=3)
        steps = pt.concatenate([-gaps[:1], pt.zeros(1), pt.cumsum(gaps[1:])])
        cuts = pm.Normal(f"{item}: cut", 0.0, 2.5) + steps
        known = np.flatnonzero(experiments[item].notna())
        answers = experiments[item].to_numpy()[known].astype(int)
        pm.OrderedLogistic(
            item, eta=loading * score[known], cutpoints=cuts, observed=answers, compute_p=False
        )
    return score


def _ordinal(name: str, eta: Any, ranks: Any) -> None:
    """Three ordered levels."""
    gap = pm.LogNormal(f"{name}: gap", 0.0, 0.75)
    cuts = pm.Normal(f"{name}: cut", 0.0, 2.5) + pt.stack([pt.zeros(()), gap])
    pm.OrderedLogistic(name, eta=eta, cutpoints=cuts, observed=ranks, compute_p=False)


def _conditions(
    parts: _Parts, x: dict[str, Any], experiments: pd.DataFrame, ranks: Mapping[str, Any]
) -> None:
    """Communication, standing, number of pupils, cooperation and financial agreements."""
    for name in ("communicatie", "positie"):
        x[name] = _construct(name, parts.by_school(name), experiments)
    number = experiments["leerlingenaantal"].to_numpy(float)
    eta = pm.Normal("leerlingenaantal: intercept") + parts.linear(
        "leerlingenaantal", {"krimp": x["krimp"]}
    )
    eta = eta + parts.by_sector("leerlingenaantal") + parts.by_school("leerlingenaantal")
    residual = pm.LogNormal("leerlingenaantal: sd", np.log(0.8), 0.5)
    pm.Normal("leerlingenaantal", eta, residual, observed=standardised(number))
    causes = {name: x[name] for name in ("communicatie", "T2", "zelfde_bestuur")}
    mean = parts.linear("samenwerking", causes) + parts.by_sector("samenwerking")
    mean = mean + parts.with_quality("samenwerking", anchor=True)
    x["samenwerking"] = _construct("samenwerking", mean, experiments)
    logits = [pt.zeros(len(experiments))]
    for level in ("ja", "nvt"):
        name = f"financiele_afspraken {level}"
        causes = {cause: x[cause] for cause in ("samenwerking", "zelfde_bestuur")}
        eta = pm.Normal(f"{name}: intercept", 0.0, 2.5) + parts.linear(name, causes)
        logits.append(eta + parts.by_school(name))
    pm.Categorical(
        "financiele_afspraken",
        logit_p=pt.stack(logits, axis=-1),
        observed=ranks["financiele_afspraken"],
    )


def _programme(parts: _Parts, x: Mapping[str, Any], ranks: Mapping[str, Any]) -> None:
    """The programme, and whether the experiment keeps going."""
    agreed = ("ja", "nvt", "leerlingenaantal", "positie", "samenwerking")
    for name, causes, sectors in (
        ("status", (*agreed, "T2"), True),
        ("continuiteit", (*agreed, "status"), False),
        ("vmbo_examen", ("samenwerking",), False),
        ("mbo_stof", ("samenwerking", "vmbo_examen"), True),
        ("versnelling", ("mbo_stof", "samenwerking", "vmbo_examen"), True),
    ):
        eta = parts.linear(name, {cause: x[cause] for cause in causes}) + parts.by_school(name)
        if sectors:
            eta = eta + parts.by_sector(name)
        if name in ("continuiteit", "vmbo_examen"):
            intercept = pm.Normal(f"{name}: intercept", 0.0, 2.5)
            pm.Bernoulli(name, logit_p=intercept + eta, observed=ranks[name])
        else:
            _ordinal(name, eta, ranks[name])


def _pupils(parts: _Parts, x: Mapping[str, Any], cells: pd.DataFrame) -> None:
    """Where the pupils of each cell are a year later."""
    labels = pm.modelcontext(None).coords["experiment"]
    unit = pd.Categorical(cells["experiment"], categories=list(labels)).codes.astype(int)
    year = cells["jaar"].to_numpy(int) - 1
    kind = {
        name: standardised(pd.Categorical(cells[name], RANKS[name]).codes) for name in COVARIATES
    }
    programme = ("communicatie", "mbo_stof", "status", "T2", "versnelling")
    binding = parts.linear("binding", {name: x[name] for name in programme})
    binding = binding + parts.by_school("binding")
    binding = binding + parts.by_sector("binding") + parts.by_experiment("binding")
    propensity = {"binding": binding}
    for name in ("vsv", "sk"):
        eta = parts.linear(name, {"binding": binding, "T2": x["T2"]}) + parts.with_quality(name)
        propensity[name] = eta + parts.by_sector(name) + parts.by_experiment(name)
    chance = {}
    for name, eta in propensity.items():
        intercept = pm.Normal(f"{name}: intercept", 0.0, 2.5, dims="jaar")
        pupils = parts.linear(f"{name}, pupil", kind)
        chance[name] = pm.math.sigmoid(eta[unit] + intercept[year] + pupils)
    vsv, stays = chance["vsv"], chance["binding"]
    sk, rest = (1 - vsv) * chance["sk"], (1 - vsv) * (1 - chance["sk"])
    inside = (cells["was"] == "vm2").to_numpy()
    chances = pt.stack([vsv, sk, rest * stays, rest * (1 - stays)], axis=-1)
    counts = cells[POSITIONS].to_numpy(int)
    pm.Multinomial("in VM2", n=counts[inside].sum(1), p=chances[inside], observed=counts[inside])
    away = np.column_stack([counts[~inside, :2], counts[~inside, 2:].sum(1)])
    chances = pt.stack([vsv, sk, rest], axis=-1)
    pm.Multinomial("not in VM2", n=away.sum(1), p=chances[~inside], observed=away)
