"""The parameters of a structural model: their kinds, their priors and the reasons for these."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from math import exp, log, sqrt
from typing import Final

import numpy as np

from vm2causal.model.data.columns import Floats
from vm2causal.model.shapes import Curve, Steps
from vm2causal.model.terms import (
    Coefficient,
    GroupEffect,
    Intercept,
    Modifier,
    PooledLevels,
    PupilCoefficient,
    Term,
    UnitEffect,
    UnobservedCause,
    YearIntercepts,
)
from vm2causal.spec.words import Kind

WEIGHT_SD: Final = 0.5
"""Neutral prior of an arrow: link scale of the effect per standard deviation of the cause."""

CONTRAST_SD: Final = 1.5
"""Of a level against the reference, or of the one level of a binary cause against the other.

With 1 the published contrasts of cbpp (log-odds −1.0 to −1.6, standard errors 0.3 to 0.4) came out
9 to 15% too small; with 1.5 it is 4 to 7%.
"""

LOG_ODDS_SD: Final = 1.0
"""Of an arrow per unit of log-odds of a count."""

INTERCEPT_SD: Final = 2.5
"""Intercepts and middle cutpoints on the logit scale (Gelman et al. 2008, Ann. Appl. Stat. 2)."""

GROUP_LOG_SD: Final = (log(0.4), 0.75)
"""Log standard deviation of group effects: between 0.09 and 1.7 in 95 of 100 cases."""

RESIDUAL_LOG_SD: Final = (log(0.8), 0.5)
"""Log residual standard deviation of a standardised continuous effect."""

GAP_LOG: Final = (0.0, 0.75)
"""Log distance between neighbouring cutpoints."""

LOADING_LOG: Final = (0.0, 0.4)
"""Log loading of an item; positive, so that more of the construct is a higher answer."""

HIDDEN_LOG: Final = (log(0.5), 0.5)
"""Log size of the first arrow of an unobserved cause; its sign is the declared one."""

HIDDEN_SD: Final = 0.5
"""The other arrows of an unobserved cause."""

VARYING_SHARE: Final = 0.5
"""Scale of the half-normal prior of how much an arrow's coefficient differs between levels, in
standard deviations of its own prior: most arrows differ little, and none at all is possible.

With 0.25 an arrow that acts in one sector of four only came out 5% too small there."""

PRODUCT_SHARE: Final = 0.5
"""Prior standard deviation of what an arrow's coefficient gains per unit of a moderator, in those
of its own prior: interactions are usually smaller than what they modify."""

HALF_NORMAL_MEDIAN: Final = 0.6745
"""Of a half-normal with scale 1."""


class Priors(StrEnum):
    """Which priors a fit uses; see :func:`widths_of`."""

    NEUTRAL = "neutral"
    """The same for every arrow of a kind, around no effect."""
    EVIDENCE = "evidence"
    """Those that arrows carry, where they do."""
    WEAK = "weak"
    """Neutral, and twice as wide: to see whether the usual ones decide."""


@dataclass(frozen=True)
class Widths:
    """How wide the priors of a fit are.

    Parameters
    ----------
    weight, contrast, log_odds, hidden, intercept
        Standard deviations of normal priors around 0.
    group_log, residual_log, gap_log
        Location and standard deviation of a logarithm.
    """

    weight: float = WEIGHT_SD
    contrast: float = CONTRAST_SD
    log_odds: float = LOG_ODDS_SD
    hidden: float = HIDDEN_SD
    intercept: float = INTERCEPT_SD
    group_log: tuple[float, float] = GROUP_LOG_SD
    residual_log: tuple[float, float] = RESIDUAL_LOG_SD
    gap_log: tuple[float, float] = GAP_LOG

    @property
    def pooled_difference(self) -> float:
        """Prior standard deviation of the difference of two levels that share strength."""
        place, spread = self.group_log
        return sqrt(2.0) * exp(place + spread**2)

    def times(self, factor: float) -> Widths:
        """Every prior that many times as wide, of a standard deviation its logarithm."""
        return Widths(
            self.weight * factor,
            self.contrast * factor,
            self.log_odds * factor,
            self.hidden * factor,
            self.intercept * factor,
            *((place, spread * factor) for place, spread in self._logs),
        )

    @property
    def _logs(self) -> tuple[tuple[float, float], ...]:
        return self.group_log, self.residual_log, self.gap_log


WEAKER: Final = 2.0
"""How many times as wide the weak priors are."""


def widths_of(priors: Priors) -> Widths:
    """Widths of the priors that a fit uses where an arrow carries none of its own.

    Loadings of items and the first arrow of an unobserved cause keep theirs: they settle the scale
    and the sign of what nobody saw, and say nothing of an effect. So do the shapes of likelihoods.

    Examples
    --------
    >>> widths_of(Priors.WEAK).contrast / widths_of(Priors.NEUTRAL).contrast
    2.0
    """
    return Widths().times(WEAKER) if priors is Priors.WEAK else Widths()


@dataclass(frozen=True)
class Weight:
    """One coefficient of an arrow: per cause level and effect level where these are nominal."""

    cause: str
    effect: str
    cause_level: int | None
    effect_level: int | None
    label: str
    mean: float
    sd: float
    steps: Steps | None = None
    """Of a monotone arrow; None where its cause enters as it is."""


@dataclass(frozen=True)
class Predictor:
    """The linear predictor of a variable, or of one level of a nominal one: a sum of terms."""

    variable: str
    level: int | None
    kind: Kind
    terms: tuple[Term, ...]

    @cached_property
    def of_units(self) -> tuple[Term, ...]:
        """Terms with a value per unit."""
        return tuple(term for term in self.terms if not term.of_cells)

    @cached_property
    def of_cells(self) -> tuple[Term, ...]:
        """Terms with a value per kind of pupil and year, in the cells of a count."""
        return tuple(term for term in self.terms if term.of_cells)

    @cached_property
    def noise(self) -> tuple[Term, ...]:
        """Terms that the sampler moves by what all others leave."""
        return tuple(term for term in self.of_units if term.is_noise)

    @cached_property
    def fixed(self) -> tuple[Term, ...]:
        """The other terms with a value per unit."""
        return tuple(term for term in self.of_units if not term.is_noise)

    @cached_property
    def weights(self) -> tuple[int, ...]:
        """Indices of the coefficients of causes on the main unit."""
        return tuple(term.index for term in self.terms if isinstance(term, Coefficient))

    @cached_property
    def cell_weights(self) -> tuple[int, ...]:
        """Of causes that describe pupils."""
        return tuple(term.index for term in self.terms if isinstance(term, PupilCoefficient))

    @cached_property
    def pooled(self) -> tuple[tuple[str, int], ...]:
        """Nominal causes whose levels share strength, with the row of their effects."""
        return tuple(
            (term.group, term.row) for term in self.terms if isinstance(term, PooledLevels)
        )

    @cached_property
    def hidden(self) -> tuple[tuple[str, int], ...]:
        """Unobserved causes, with the index of their arrows."""
        return tuple(
            (term.cause, term.index) for term in self.terms if isinstance(term, UnobservedCause)
        )

    @cached_property
    def modifiers(self) -> tuple[Modifier, ...]:
        """Terms that change what coefficients are, between levels or with other causes."""
        return tuple(term for term in self.terms if isinstance(term, Modifier))

    @cached_property
    def groups(self) -> tuple[tuple[str, int], ...]:
        """Groups with random intercepts, with the row of their effects."""
        return tuple((one.group, one.row) for one in self.terms if isinstance(one, GroupEffect))

    @cached_property
    def unit_effect(self) -> int | None:
        """Row of ``unit_sd``, for counts of pupils; None where units have no own effect."""
        return next((term.row for term in self.terms if isinstance(term, UnitEffect)), None)

    @cached_property
    def intercepts(self) -> int | None:
        """Index of the intercept; for counts by year, of the first; None where cutpoints do it."""
        for term in self.terms:
            if isinstance(term, Intercept):
                return term.index
            if isinstance(term, YearIntercepts):
                return term.first
        return None


@dataclass(frozen=True)
class Block:
    """Parameters of one name: independent normals, exponentiated where ``positive``.

    Parameters
    ----------
    dims
        Labels of each dimension, in order.
    mean, sd
        Of the priors; of positive ones those of their logarithm, or of a half-normal the logarithm
        of its median and its scale.
    zero_sum
        Dimension and labels of effects that sum to zero, of which these, along the last dimension,
        are the contrasts; None where they need not.
    half_normal
        Whether positive ones have half-normal priors, which reach to 0.
    """

    name: str
    dims: Mapping[str, tuple[str, ...]]
    mean: Floats = field(repr=False)
    sd: Floats = field(repr=False)
    positive: bool = False
    zero_sum: tuple[str, tuple[str, ...]] | None = None
    half_normal: bool = False

    @property
    def shape(self) -> tuple[int, ...]:
        """Length of each dimension."""
        return tuple(len(labels) for labels in self.dims.values())


@dataclass(frozen=True)
class Product:
    """The coefficient of a product of two causes of one effect.

    Parameters
    ----------
    first, second
        Indices of the coefficients of the two causes.
    sd
        Of its prior, around 0.
    """

    first: int
    second: int
    label: str
    sd: float


@dataclass(frozen=True)
class CurvePlace:
    """The curve of a smooth arrow.

    Parameters
    ----------
    label
        Of its arrow.
    curve
        Its columns.
    first
        Row of the first of them among all of the layout.
    sd
        Scale of the half-normal prior of how far it lies from a straight line, link scale.
    """

    label: str
    curve: Curve
    first: int
    sd: float


@dataclass(frozen=True)
class GroupMeans:
    """What the mean of a cause in its group has a coefficient for.

    Parameters
    ----------
    label
        Of the arrow, with the group.
    group
        Whose means they are.
    column
        Mean of each unit's group, in the units in which the cause enters.
    sd
        Of the prior of the coefficient, around 0.
    """

    label: str
    group: str
    column: Floats = field(repr=False)
    sd: float


@dataclass(frozen=True)
class Scale:
    """An ordinal scale: an item of a construct, or an ordinal variable itself."""

    name: str
    variable: str
    levels: tuple[str, ...]
    anchor: int
    """Row of ``cut``; the cut in the middle."""
    gaps: int
    """First row of ``gap``; one per pair of neighbouring cuts."""
    loading: int | None
    """Row of ``loading``; None for a variable itself."""

    @property
    def middle(self) -> int:
        """Rank of the anchored cut."""
        return (len(self.levels) - 2) // 2


def zero_sum_basis(levels: int) -> Floats:
    """Orthonormal columns that sum to zero, as ``pm.ZeroSumNormal`` uses them.

    Returns
    -------
    ndarray, shape (levels, levels − 1)

    Examples
    --------
    >>> basis = zero_sum_basis(4)
    >>> bool(abs(basis.sum(axis=0)).max() < 1e-12)
    True
    """
    free = np.eye(levels - 1)
    total = free.sum(axis=0)
    norm = total / (np.sqrt(levels) + levels)
    fill = norm - total / np.sqrt(levels)
    basis: Floats = np.vstack([free, fill]) - norm
    return basis


def normal_block(
    name: str,
    dims: Mapping[str, tuple[str, ...]],
    mean: float,
    sd: float,
    *,
    positive: bool = False,
    zero_sum: tuple[str, tuple[str, ...]] | None = None,
) -> Block:
    """Parameters with one prior in common."""
    shape = tuple(len(labels) for labels in dims.values())
    return Block(name, dims, np.full(shape, mean), np.full(shape, sd), positive, zero_sum)
