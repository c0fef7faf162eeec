"""Arrows that bend: steps of one sign between levels, and penalised curves.

A monotone arrow changes what its coefficient is multiplied by; a smooth one has deviations from its
straight line beside its coefficient (:mod:`~vm2causal.model.terms.curve`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import pi, sqrt
from typing import Any, Final

import numpy as np

from vm2causal.model.data.columns import Column, Floats, Ints

STEP_LOG: Final = (0.0, pi / sqrt(6.0))
"""Log size of a step before all are divided by their sum.

With the standard deviation of the log of an exponential variable, log ratios of two steps scatter
as they do under a flat Dirichlet distribution, the prior of Bürkner & Charpentier (2020, Br. J.
Math. Stat. Psychol. 73, 420, section 2).
"""

LEAST_KNOTS: Final = 4
"""Different values that a cause needs for a curve; three are told by a straight line and a bend."""

MOST_KNOTS: Final = 8
"""Knots of a curve, at evenly spaced quantiles of its cause."""


@dataclass(frozen=True)
class Steps:
    """What a monotone arrow's coefficient is multiplied by in each level of its cause.

    Steps are shares of the way from the lowest level to the highest, which is as long as it is for
    an arrow of equal steps; so the coefficient is what the effect gains per standard deviation of
    the cause on average, whatever the steps.

    Parameters
    ----------
    first
        Row of its first step among all of the layout.
    matrix
        Shape (level, step): times the shares of the steps, what is entered for each level, with
        mean 0 over the units whose level is known.
    """

    first: int
    matrix: Floats = field(repr=False)

    @property
    def rows(self) -> slice:
        """Its steps among all of the layout."""
        return slice(self.first, self.first + self.matrix.shape[1])

    def by_level(self, sizes: Floats) -> Floats:
        """What is entered for each level in each draw, shape (draw, level).

        Parameters
        ----------
        sizes
            Of all steps of the layout before they are divided by their sum, shape (draw, step).
        """
        found: Floats = self.shares(sizes) @ self.matrix.T
        return found

    def shares(self, sizes: Floats) -> Floats:
        """Its steps as shares of the whole way, shape (draw, step)."""
        own = sizes[:, self.rows]
        found: Floats = own / own.sum(axis=1, keepdims=True)
        return found

    def define(self, sizes: Any) -> Any:
        """What is entered for each level, in the ``pm.Model``."""
        import pytensor.tensor as pt

        own = sizes[self.rows]
        return pt.dot(self.matrix, own / own.sum())


def steps_between(column: Column, first: int) -> Steps:
    """Steps between the levels of a column.

    Parameters
    ----------
    column
        Of an ordinal cause.
    first
        Row of its first step among all of the layout.

    Examples
    --------
    Equal steps are what a straight line is.

    >>> from vm2causal.spec.words import Kind
    >>> column = Column(Kind.ORDINAL, np.array([0.0, 1.0, 1.0, 2.0]), ("a", "b", "c"), 0, 1.0, 0.5)
    >>> steps_between(column, 0).by_level(np.ones((1, 2))).round(6).tolist()
    [[-2.0, 0.0, 2.0]]
    """
    levels = len(column.levels)
    climbed = np.tri(levels, levels - 1, -1) * (levels - 1) / column.scale
    shares = np.array([column.share(level) for level in range(levels)])
    return Steps(first, climbed - shares @ climbed)


def at_levels(by_level: Floats, ranks: Ints) -> Floats:
    """Per draw and unit what stands at its level.

    Parameters
    ----------
    by_level
        Shape (draw, level).
    ranks
        Shape (unit,) or (draw, unit).
    """
    whole = np.broadcast_to(ranks, (len(by_level), ranks.shape[-1]))
    return np.take_along_axis(by_level, whole, axis=1)


@dataclass(frozen=True)
class Curve:
    """Deviations of a curve from a straight line: natural cubic splines, penalised.

    Columns are scaled by the curvature that they bring, so that equal and independent normal
    coefficients are the penalty of a smoothing spline (Wood 2017, Generalized Additive Models,
    section 5.8); they have mean 0, and no slope, over the values that they were made for.

    Parameters
    ----------
    knots
        Where pieces meet, in the units in which the cause enters.
    matrix
        Times 1, x and the cubed distances above each knot: the columns at x, shape
        (2 + knot, column).
    """

    knots: Floats = field(repr=False)
    matrix: Floats = field(repr=False)

    @property
    def size(self) -> int:
        """Number of columns."""
        return int(self.matrix.shape[1])

    def columns(self, values: Floats) -> Floats:
        """The columns at values, one more dimension at the end."""
        above = np.maximum(values[..., np.newaxis] - self.knots, 0.0)
        whole = values[..., np.newaxis]
        powers = np.concatenate([np.ones_like(whole), whole, above**3], axis=-1)
        found: Floats = powers @ self.matrix
        return found

    def combined(self, values: Floats, coefficients: Floats) -> Floats:
        """The columns times the coefficients of each draw, shape (draw, unit).

        Parameters
        ----------
        values
            Shape (draw, unit) or (1, unit).
        coefficients
            Shape (draw, column).
        """
        start, slope, *cubes = (coefficients @ self.matrix.T).T[:, :, np.newaxis]
        found: Floats = start + slope * values
        # knot by knot: all columns at once would need as many times the memory
        for knot, cube in zip(self.knots, cubes, strict=True):
            found += cube * np.maximum(values - knot, 0.0) ** 3
        return found

    def slopes(self, values: Floats, coefficients: Floats) -> Floats:
        """Derivatives of :meth:`combined` by the values."""
        _, slope, *cubes = (coefficients @ self.matrix.T).T[:, :, np.newaxis]
        found: Floats = np.zeros_like(values) + slope
        for knot, cube in zip(self.knots, cubes, strict=True):
            found += 3.0 * cube * np.maximum(values - knot, 0.0) ** 2
        return found

    def define(self, values: Any) -> Any:
        """The columns at values that the ``pm.Model`` draws, shape (unit, column)."""
        import pytensor.tensor as pt

        values = pt.as_tensor_variable(values)
        above = pt.maximum(values[:, None] - self.knots, 0.0)
        ones = pt.ones_like(values)[:, None]
        return pt.dot(pt.concatenate([ones, values[:, None], above**3], axis=1), self.matrix)


def curve_through(values: Floats) -> Curve | None:
    """A curve for the values of a cause; None where it takes too few of them.

    Parameters
    ----------
    values
        As they enter predictors, shape (unit,), all known.

    Examples
    --------
    >>> values = np.linspace(-2.0, 2.0, 101)
    >>> columns = curve_through(values).columns(values)
    >>> bool(abs(values @ columns).max() < 1e-9), round(float((columns**2).sum() / 101), 9)
    (True, 1.0)
    """
    different = np.unique(values)
    if len(different) < LEAST_KNOTS:
        return None
    knots = np.unique(np.quantile(different, np.linspace(0, 1, min(MOST_KNOTS, len(different)))))
    natural = _natural(knots)
    columns = Curve(knots, natural).columns(values)
    line = np.column_stack([np.ones_like(values), values])
    along, *_ = np.linalg.lstsq(line, columns, rcond=None)
    matrix = natural.copy()
    matrix[:2] -= along
    left = columns - line @ along
    return Curve(knots, matrix / np.sqrt((left**2).sum(axis=1).mean()))


def _natural(knots: Floats) -> Floats:
    """Natural cubic splines with unit curvature each, beside straight lines, shape as ``matrix``.

    A natural spline is given by its second derivatives at the inner knots, which are linear between
    and 0 at both ends; its penalty is the integral of their square.
    """
    inner = len(knots) - 2
    gaps = np.diff(knots)
    second = np.zeros((len(knots), inner))
    second[1:-1] = np.eye(inner)
    before, after = second[:-1], second[1:]
    # the integral of the product of two lines over each gap
    crossed = (
        2 * before[:, :, None] * before[:, None, :] + 2 * after[:, :, None] * after[:, None, :]
    )
    crossed = (
        crossed + before[:, :, None] * after[:, None, :] + after[:, :, None] * before[:, None, :]
    )
    penalty = (crossed * gaps[:, None, None] / 6.0).sum(axis=0)
    worth, vectors = np.linalg.eigh(penalty)
    second = second @ (vectors / np.sqrt(worth))
    third = np.zeros((len(knots) + 1, second.shape[1]))
    third[1:-1] = np.diff(second, axis=0) / gaps[:, np.newaxis]
    return np.vstack([np.zeros((2, second.shape[1])), np.diff(third, axis=0) / 6.0])
