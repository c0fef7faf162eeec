"""What an arrow's posterior says beside what the literature says."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

import numpy as np
import numpy.typing as npt

from vm2causal.model.data.columns import LEAST_INFORMATION, Column, Floats, construct_information
from vm2causal.model.data.structural_data import StructuralData
from vm2causal.spec.words import Sign

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


class Verdict(StrEnum):
    """What the data say of an arrow."""

    ONDERSTEUND = "ondersteund"
    EEN_EFFECT = "een_effect"
    """A direction where the model expected none: found, not supported."""
    GEEN_AANWIJZING = "geen_aanwijzing"
    TEGENGESPROKEN = "tegengesproken"
    ONBESLIST = "onbeslist"
    NIET_TOETSBAAR = "niet_toetsbaar"


CLEAREST: Final = (
    Verdict.TEGENGESPROKEN,
    Verdict.ONDERSTEUND,
    Verdict.EEN_EFFECT,
    Verdict.ONBESLIST,
    Verdict.GEEN_AANWIJZING,
    Verdict.NIET_TOETSBAAR,
)
"""Order in which the levels of a nominal cause or effect give an arrow its verdict."""
DIRECTED: Final = frozenset({Verdict.TEGENGESPROKEN, Verdict.ONDERSTEUND, Verdict.EEN_EFFECT})
"""Verdicts that name a direction, which can be the wrong one."""


class Untestable(StrEnum):
    """Why an arrow cannot be tested."""

    NO_VARIATION = "no_variation"
    NO_OVERLAP = "no_overlap"
    PRIOR_ONLY = "prior_only"
    UNOBSERVED = "unobserved"
    NOT_IDENTIFIED = "not_identified"


def verdict(
    lower: float, upper: float, *, sign: Sign | None, untestable: Untestable | None, logit: bool
) -> Verdict:
    """Judge one coefficient by its interval: first against practically nothing, then against 0.

    *Geen aanwijzing* where the interval lies within the region of practical equivalence, also if
    0 is not in it. Otherwise a direction where the interval excludes 0: *ondersteund* on the
    expected side, *tegengesproken* on the other, *een effect* where no side was expected. It is
    the direction that is decided; the interval may still reach into the region. *Onbeslist* where
    it holds 0 and reaches out of the region.

    Parameters
    ----------
    lower, upper
        Ends of the interval of the standardised coefficient.
    sign
        The expected direction, if there is one.
    untestable
        Why the data cannot weigh it; None when they can.
    logit
        Whether the effect is on the logit scale.

    References
    ----------
    Kruschke (2018), Advances in Methods and Practices in Psychological Science 1, 270: an interval
    within the region accepts the null value for practical purposes, whatever it says of 0.

    Examples
    --------
    >>> ask = {"sign": Sign.PLUS, "untestable": None, "logit": True}
    >>> verdict(0.003, 0.126, **ask).value, verdict(0.003, 0.5, **ask).value
    ('geen_aanwijzing', 'ondersteund')
    """
    if untestable is not None:
        return Verdict.NIET_TOETSBAAR
    width = rope_width(logit)
    if -width < lower and upper < width:
        return Verdict.GEEN_AANWIJZING
    found = direction(lower, upper)
    if found is None:
        return Verdict.ONBESLIST
    if sign is None:
        return Verdict.EEN_EFFECT
    return Verdict.ONDERSTEUND if found is sign else Verdict.TEGENGESPROKEN


def direction(lower: float, upper: float) -> Sign | None:
    """Side of 0 on which an interval lies; None where it holds 0.

    Parameters
    ----------
    lower, upper
        Ends of an interval.
    """
    if lower > 0:
        return Sign.PLUS
    return Sign.MINUS if upper < 0 else None


def rope_width(logit: bool) -> float:
    """Half-width of the region of practical equivalence of a standardised coefficient.

    Parameters
    ----------
    logit
        Whether the coefficient acts on log-odds rather than on standard deviations.
    """
    return ROPE * (LOGIT_SD if logit else 1.0)


def why_untestable(
    data: StructuralData, cause: str, effect: str, *, contraction: float
) -> Untestable | None:
    """Why the data cannot weigh an arrow; None when they can.

    Parameters
    ----------
    data
        The data as the model takes them, one row per unit.
    cause
        Name of the variable that is intervened on.
    effect
        Name of the variable whose response is asked for.
    contraction
        Posterior over prior standard deviation of its coefficient.
    """
    if hardly_varies(data, cause) or _is_constant(data, effect):
        return Untestable.NO_VARIATION
    if _lacks_overlap(data, cause, effect):
        return Untestable.NO_OVERLAP
    return Untestable.PRIOR_ONLY if contraction > CONTRACTION else None


def _is_constant(data: StructuralData, effect: str) -> bool:
    """Whether an effect has one value throughout, so that nothing of it can be explained."""
    column = data.column(effect)
    return column is not None and not column.varies


def hardly_varies(data: StructuralData, name: str) -> bool:
    """Whether one value takes nearly all units, or a construct's items hardly tell them apart.

    Parameters
    ----------
    data
        The data as the model takes them, one row per unit.
    name
        Of a variable of the model.
    """
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
    if column is None or column.kind.unordered:
        return False
    others = [
        data.columns[name]
        for name in data.spec.parents(effect)
        if name != cause and name in data.columns and data.columns[name].kind.unordered
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
