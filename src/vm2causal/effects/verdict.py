"""What an arrow's posterior says beside what the literature says."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from vm2causal.inputs.rows import row_dicts
from vm2causal.model.columns import Column, Floats, construct_information
from vm2causal.model.structural_data import StructuralData
from vm2causal.model.structural_layout import LEAST_INFORMATION
from vm2causal.spec.words import Kind, Sign

ROPE: Final = 0.1
"""Half-width of the region of practical equivalence, per standard deviation (Kruschke 2018)."""
LOGIT_SD: Final = float(np.pi / np.sqrt(3))
"""Standard deviation of the logistic distribution: the region's width on the logit scale."""
CONTRACTION: Final = 0.9
"""Posterior over prior standard deviation above which the data said nothing."""
DOMINANT: Final = 0.95
"""Share of one value above which a cause hardly varies."""
OVERLAP: Final = 0.05
"""Share of a cause's variance within strata below which it has no overlap."""


MOST_EVIDENCE: Final = 1e300
"""Bayes factor where the posterior density at 0 vanishes: finite, so that documents can hold it."""


class Verdict(StrEnum):
    """What the data say of an arrow."""

    ONDERSTEUND = "ondersteund"
    GEEN_AANWIJZING = "geen_aanwijzing"
    TEGENGESPROKEN = "tegengesproken"
    ONBESLIST = "onbeslist"
    NIET_TOETSBAAR = "niet_toetsbaar"


CLEAREST: Final = (
    Verdict.TEGENGESPROKEN,
    Verdict.ONDERSTEUND,
    Verdict.ONBESLIST,
    Verdict.GEEN_AANWIJZING,
    Verdict.NIET_TOETSBAAR,
)
"""Order in which the levels of a nominal cause or effect give an arrow its verdict."""


class Untestable(StrEnum):
    """Why an arrow cannot be tested."""

    NO_VARIATION = "no_variation"
    NO_OVERLAP = "no_overlap"
    PRIOR_ONLY = "prior_only"
    UNOBSERVED = "unobserved"
    NOT_IDENTIFIED = "not_identified"


def verdict(
    draws: Floats, *, sign: Sign | None, untestable: Untestable | None, logit: bool, level: float
) -> Verdict:
    """Judge one arrow.

    Parameters
    ----------
    draws
        Of the standardised coefficient.
    sign
        The expected direction, if there is one.
    logit
        Whether the effect is on the logit scale.
    level
        Mass of the interval that must exclude 0, or lie within the region of practical
        equivalence.
    """
    if untestable is not None:
        return Verdict.NIET_TOETSBAAR
    tail = (1 - level) / 2
    lower, upper = np.quantile(draws, [tail, 1 - tail])
    if lower > 0 or upper < 0:
        expected = sign is None or (sign is Sign.PLUS) == (lower > 0)
        return Verdict.ONDERSTEUND if expected else Verdict.TEGENGESPROKEN
    width = rope_width(logit)
    inside = -width < lower and upper < width
    return Verdict.GEEN_AANWIJZING if inside else Verdict.ONBESLIST


def arrow_verdicts(arrows: pd.DataFrame) -> pd.DataFrame:
    """One verdict per arrow, also where its cause or effect has several levels.

    An arrow gets the clearest verdict (:data:`CLEAREST`) among its levels.

    Parameters
    ----------
    arrows
        Of :func:`~vm2causal.effects.arrows.arrow_table`: a row per arrow, or per level.

    Returns
    -------
    pandas.DataFrame
        One row per ``cause`` and ``effect``, in their order: of the rows with that verdict the one
        with the largest ``standardised`` coefficient, and in ``levels`` how many rows there were.

    Examples
    --------
    >>> rows = pd.DataFrame({
    ...     "cause": ["sector", "sector", "krimp"], "effect": "vsv", "standardised": None,
    ...     "verdict": ["onbeslist", "ondersteund", "niet_toetsbaar"],
    ... })
    >>> arrow_verdicts(rows)[["cause", "verdict", "levels"]].to_numpy().tolist()
    [['sector', 'ondersteund', 2], ['krimp', 'niet_toetsbaar', 1]]
    """
    own: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in row_dicts(arrows):
        own.setdefault((row["cause"], row["effect"]), []).append(row)
    found = []
    for rows in own.values():
        clearest = min((Verdict(row["verdict"]) for row in rows), key=CLEAREST.index)
        alike = [row for row in rows if row["verdict"] == clearest]
        largest = max(alike, key=_size)
        found.append({**largest, "levels": len(rows)})
    return pd.DataFrame(found, columns=[*arrows.columns, "levels"])


def _size(row: Mapping[str, Any]) -> float:
    found = row["standardised"]
    return abs(found["mean"]) if isinstance(found, Mapping) else 0.0


def rope_width(logit: bool) -> float:
    """Half-width of the region of practical equivalence of a standardised coefficient."""
    return ROPE * (LOGIT_SD if logit else 1.0)


def why_untestable(
    data: StructuralData, cause: str, effect: str, *, contraction: float
) -> Untestable | None:
    """Why the data cannot weigh an arrow; None when they can.

    Parameters
    ----------
    contraction
        Posterior over prior standard deviation of its coefficient.
    """
    if hardly_varies(data, cause):
        return Untestable.NO_VARIATION
    if _lacks_overlap(data, cause, effect):
        return Untestable.NO_OVERLAP
    return Untestable.PRIOR_ONLY if contraction > CONTRACTION else None


def hardly_varies(data: StructuralData, name: str) -> bool:
    """Whether one value takes nearly all units, or a construct's items hardly tell them apart."""
    if name in data.items:
        return construct_information(data.items[name]) < LEAST_INFORMATION
    column = data.column(name)
    if column is None:
        return False
    known = ~column.missing
    weights = _pupils(data)[known] if name in data.covariates else np.ones(int(known.sum()))
    return _share_of_mode(column.values[known], weights) > DOMINANT


def _pupils(data: StructuralData) -> Floats:
    """Pupil-years per pattern, over the counts of a study."""
    patterns = len(data.patterns)
    counts = [
        np.bincount(cells.pattern, weights=cells.trials, minlength=patterns)
        for cells in data.cells.values()
    ]
    total: Floats = np.sum(counts, axis=0) if counts else np.ones(patterns)
    return total


def _share_of_mode(values: Floats, weights: Floats) -> float:
    if not weights.sum():
        return 1.0
    places = np.unique(values, return_inverse=True)[1]
    return float(np.bincount(places, weights=weights).max() / weights.sum())


def _lacks_overlap(data: StructuralData, cause: str, effect: str) -> bool:
    """Whether the cause is nearly fixed within the strata of the effect's other nominal causes."""
    column = data.columns.get(cause)
    if column is None or column.kind is Kind.NOMINAL:
        return False
    others = [
        data.columns[name]
        for name in data.spec.parents(effect)
        if name != cause and name in data.columns and data.columns[name].kind is Kind.NOMINAL
    ]
    if not others:
        return False
    keys = np.column_stack([np.nan_to_num(other.values, nan=-1.0) for other in others])
    known = ~column.missing
    return _share_within(column, keys, known) < OVERLAP


def _share_within(column: Column, keys: Floats, known: npt.NDArray[np.bool_]) -> float:
    values, strata = column.values[known], np.unique(keys[known], axis=0, return_inverse=True)[1]
    means = np.bincount(strata, weights=values) / np.bincount(strata)
    total = float(values.var())
    return float(((values - means[strata]) ** 2).mean() / total) if total > 0 else 0.0


def savage_dickey(draws: Floats, *, mean: float, sd: float) -> float:
    """Bayes factor for an effect against none: prior over posterior density at 0.

    The posterior density is a Gaussian kernel estimate within the draws, and that of the normal
    distribution with their moments beyond them, where a kernel estimate says nothing.

    Source: Dickey 1971, Ann. Math. Stat. 42, 204; Wagenmakers et al. 2010, Cogn. Psychol. 60.

    Examples
    --------
    >>> draws = np.random.default_rng(0).normal(0.0, 0.5, 4000)
    >>> 0.8 < savage_dickey(draws, mean=0.0, sd=0.5) < 1.25
    True
    """
    prior = stats.norm(mean, sd).pdf(0.0)
    inside = draws.min() < 0.0 < draws.max()
    at_zero = (
        stats.gaussian_kde(draws)(0.0)[0]
        if inside
        else stats.norm(draws.mean(), draws.std(ddof=1)).pdf(0.0)
    )
    return float(min(prior / at_zero, MOST_EVIDENCE)) if at_zero > 0 else MOST_EVIDENCE
