"""What a study can and cannot show: variation, missing answers, overlap, coinciding variables.

None of it makes a study invalid; it decides which arrows of a model can be tested with it.
"""

from __future__ import annotations

from collections import Counter
from itertools import combinations, permutations
from typing import Any, Final

import numpy as np
import pandas as pd

from vm2causal.inputs.study.columns import Kind, kind_of, levels_of
from vm2causal.inputs.study.frame import PUPIL_COVARIATES, PUPILS
from vm2causal.inputs.study.problems import Problem
from vm2causal.inputs.study.schema import CONSTRUCTS, COUNTS, EXPERIMENTS, GROUPS, items_of

FEWEST: Final = 10
"""Experiments that must have answered both of two variables before they are compared."""

COLLINEAR: Final = 0.95
"""Rank correlation, in absolute value, from which two variables count as one."""

MOST_PATTERNS: Final = 10
"""How many patterns of missing answers are listed."""

_DISCRETE: Final = (Kind.NOMINAL, Kind.BINARY, Kind.ORDINAL)


def answered(experiments: pd.DataFrame) -> list[str]:
    """Variables of the questionnaire that the study holds, in the order of the codebook."""
    return [name for name in EXPERIMENTS.columns if name in experiments and name not in GROUPS]


def variation(experiments: pd.DataFrame, careers: pd.DataFrame | None) -> pd.DataFrame:
    """How much each variable varies.

    Returns
    -------
    pandas.DataFrame
        ``variable``, ``sd`` (of quantities in their unit; of ordered levels counted 0, 1, …; NaN
        for nominal ones) and ``levels``, the number of different values. Characteristics of
        pupils count each pupil.
    """
    names = [name for name in ("sector", "tranche") if name in experiments]
    rows = [_variation(experiments[name], None) for name in [*names, *answered(experiments)]]
    if careers is not None:
        weights = careers[PUPILS].to_numpy(dtype=float)
        rows += [_variation(careers[name], weights) for name in PUPIL_COVARIATES if name in careers]
    return pd.DataFrame(rows, columns=["variable", "sd", "levels"]).astype({"sd": float})


def _variation(values: pd.Series[Any], weights: np.ndarray | None) -> dict[str, object]:
    scores = _scores(values)
    return {
        "variable": str(values.name),
        "sd": None if scores is None else _sd(scores, weights),
        "levels": int(values.nunique()),
    }


def _sd(scores: pd.Series[float], weights: np.ndarray | None) -> float | None:
    known = scores.notna().to_numpy()
    values = scores.to_numpy(dtype=float)[known]
    weight = np.ones(len(values)) if weights is None else weights[known]
    if weight.sum() <= 1:
        return None
    mean = np.average(values, weights=weight)
    return float(np.sqrt((weight * (values - mean) ** 2).sum() / (weight.sum() - 1)))


def _scores(values: pd.Series[Any]) -> pd.Series[float] | None:
    """Ordered levels as 0, 1, …, quantities as they are; None where there is no order."""
    column = {**COUNTS.columns, **EXPERIMENTS.columns}[str(values.name)]
    if kind_of(column) is Kind.NOMINAL:
        return None
    if kind_of(column) is Kind.CONTINUOUS:
        return values.astype(float)
    ranks = {level: float(place) for place, level in enumerate(levels_of(column))}
    return values.map(ranks).astype(float)


def constants(experiments: pd.DataFrame, *, file: str) -> list[Problem]:
    """Warn of variables that hold one value only, or none."""
    problems = []
    for name in answered(experiments):
        levels, answers = experiments[name].nunique(), experiments[name].notna().sum()
        if levels > 1 or answers == 1 or experiments.empty:
            continue
        rule = (
            "Every answer is the same: what it causes cannot be seen in this study."
            if levels
            else "There is no answer."
        )
        fix = "Leave its arrows out of the questions to this study, or collect more."
        problems.append(_finding("constant" if levels else "no_values", file, name, rule, fix))
    return problems


def coinciding(experiments: pd.DataFrame, *, file: str) -> list[Problem]:
    """Warn of pairs of variables that cannot be told apart."""
    ordered = {name: _scores(experiments[name]) for name in answered(experiments)}
    ranks = {name: scores.rank() for name, scores in ordered.items() if scores is not None}
    problems = []
    for one, other in combinations(ranks, 2):
        r = _correlation(ranks[one], ranks[other])
        if r is not None and abs(r) >= COLLINEAR:
            rule = f"It coincides with {one}: the rank correlation is {r:.2f}."
            problems.append(_finding("collinear", file, other, rule, _ONE_OF_TWO))
    for cause, effect in permutations(_discrete(experiments), 2):
        nominal = Kind.NOMINAL in (_kind(cause), _kind(effect))
        if nominal and _determines(experiments[cause], experiments[effect]):
            rule = f"It is decided by {cause}: every level of that has one level of this."
            problems.append(_finding("determined", file, effect, rule, _ONE_OF_TWO))
    return problems


_ONE_OF_TWO: Final = (
    "Their effects cannot be told apart here; keep one, or ask about them together."
)


def _discrete(experiments: pd.DataFrame) -> list[str]:
    names = ["sector", "tranche", *answered(experiments)]
    return [name for name in names if name in experiments and _kind(name) in _DISCRETE]


def _kind(name: str) -> Kind:
    return kind_of(EXPERIMENTS.columns[name])


def _correlation(one: pd.Series[float], other: pd.Series[float]) -> float | None:
    """Correlation of ranks; None with few answers or where one does not vary."""
    both = one.notna() & other.notna()
    x, y = one[both].rank(), other[both].rank()
    if len(x) < FEWEST or x.nunique() < 2 or y.nunique() < 2:
        return None
    return float(np.corrcoef(x, y)[0, 1])


def _determines(cause: pd.Series[Any], effect: pd.Series[Any]) -> bool:
    both = cause.notna() & effect.notna()
    if both.sum() < FEWEST or effect[both].nunique() < 2:
        return False
    return bool((effect[both].groupby(cause[both]).nunique() == 1).all())


def reversed_items(experiments: pd.DataFrame, *, file: str) -> list[Problem]:
    """Warn of items that go against the others of their construct.

    An item is named when its rank correlation with the mean of the others is below zero beyond
    chance: the upper end of Fisher's 95% interval is negative.
    """
    problems = []
    for construct in CONSTRUCTS:
        present = [name for name in items_of(construct) if name in experiments]
        scores = pd.DataFrame({name: _scores(experiments[name]) for name in present})
        for name in present:
            rest = scores.drop(columns=name).mean(axis=1)
            r = _correlation(scores[name], rest)
            n = int((scores[name].notna() & rest.notna()).sum())
            if r is not None and np.arctanh(np.clip(r, -0.999, 0.999)) + 1.96 / np.sqrt(n - 3) < 0:
                rule = (
                    f"It goes against the other items of {construct}: "
                    f"the rank correlation is {r:.2f}."
                )
                fix = "If 1 and 5 were swapped for this item, count its answers from the other end."
                problems.append(_finding("reversed_item", file, name, rule, fix))
    return problems


def missing(experiments: pd.DataFrame) -> pd.DataFrame:
    """How many experiments lack each variable: ``variable``, ``missing``, ``share``."""
    counts = experiments[answered(experiments)].isna().sum()
    return pd.DataFrame(
        {
            "variable": counts.index.astype("str"),
            "missing": counts.to_numpy(dtype=int),
            "share": counts.to_numpy(dtype=float) / max(len(experiments), 1),
        }
    )


def missing_patterns(experiments: pd.DataFrame) -> pd.DataFrame:
    """Which variables are missing together: ``variables`` (a tuple) and ``experiments``.

    The most frequent first; no variables missing is a pattern too. Everything missing at once is
    a questionnaire that was not returned.
    """
    names = answered(experiments)
    absent = experiments[names].isna().to_numpy()
    patterns = [
        tuple(name for name, gone in zip(names, row, strict=True) if gone) for row in absent
    ]
    rows = sorted(Counter(patterns).items(), key=lambda item: (-item[1], len(item[0]), item[0]))
    return pd.DataFrame(rows[:MOST_PATTERNS], columns=["variables", "experiments"])


def overlap(experiments: pd.DataFrame) -> pd.DataFrame:
    """How many values each cause takes within each sector.

    Items of a construct count by their mean. A cause that takes one value within a sector says
    nothing there about its effect.

    Returns
    -------
    pandas.DataFrame
        ``cause``, ``sector``, ``experiments`` (with an answer), ``levels``, ``varies``.
    """
    if "sector" not in experiments:
        return pd.DataFrame(columns=["cause", "sector", "experiments", "levels", "varies"])
    causes = _causes(experiments)
    rows = [
        {
            "cause": name,
            "sector": sector,
            "experiments": int(values[within].notna().sum()),
            "levels": int(values[within].nunique()),
            "varies": bool(values[within].nunique() > 1),
        }
        for name, values in causes.items()
        for sector in levels_of(EXPERIMENTS.columns["sector"])
        if (within := experiments["sector"] == sector).any()
    ]
    return pd.DataFrame(rows, columns=["cause", "sector", "experiments", "levels", "varies"])


def _causes(experiments: pd.DataFrame) -> dict[str, pd.Series[Any]]:
    """Variables of the questionnaire, constructs as the mean of their items."""
    causes: dict[str, pd.Series[Any]] = {}
    for name in answered(experiments):
        if _kind(name) is not Kind.ITEM:
            causes[name] = experiments[name]
            continue
        construct = name.rpartition("_")[0]
        if construct not in causes:
            present = [item for item in items_of(construct) if item in experiments]
            scores = pd.DataFrame({item: _scores(experiments[item]) for item in present})
            causes[construct] = scores.mean(axis=1).round(6)
    return causes


def without_overlap(experiments: pd.DataFrame, *, file: str) -> list[Problem]:
    """Warn of causes that vary over the study and within no sector of two or more experiments."""
    table = overlap(experiments)
    compared = table[table["experiments"] > 1]
    varies = compared.groupby("cause", sort=False)["varies"].any()
    elsewhere = {name: values.nunique() > 1 for name, values in _causes(experiments).items()}
    return [
        _finding(
            "no_overlap",
            file,
            str(cause),
            "Within each sector all experiments have the same value.",
            "Its effect cannot be told from that of the sector in this study.",
        )
        for cause in varies.index[~varies.astype(bool)]
        if elsewhere[str(cause)]
    ]


def _finding(code: str, file: str, column: str, rule: str, fix: str) -> Problem:
    return Problem(code=code, file=file, column=column, rule=rule, fix=fix, severity="warning")
