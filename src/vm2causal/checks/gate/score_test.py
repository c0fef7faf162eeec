"""Score tests of what an equation leaves out, without fitting it again.

Columns that are not in an equation are held against its scores. If the equation is right their
products have mean zero and a known covariance, given that coefficients and effects of groups were
estimated; a sum of their squares that is too large says that the columns matter.

References
----------
Lin (1997), Biometrika 84, 309: score tests of variance components. Zhang & Lin (2003),
Biostatistics 4, 57: their distribution. White (1982), Econometrica 50, 1: robust covariance.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from scipy.linalg import cho_factor, cho_solve, eigvalsh
from scipy.sparse import csr_array, hstack
from scipy.special import ndtri

from vm2causal.checks.gate.equation_scores import Equation
from vm2causal.checks.gate.quadratic_form import POWER, least_found, tail
from vm2causal.model.data.columns import Floats, Ints
from vm2causal.model.structural_layout import Layout

_FLAT: Final = 1e-8
"""Precision of an intercept beforehand."""
_LEAST_VARIANCE: Final = 1e-8
_LOT: Final = 2_000_000
_LEFT: Final = 1e-6
"""Share of a column that must be new to the equation; with less there is nothing to test."""


@dataclass(frozen=True)
class ScoreTest:
    """What a test found.

    Parameters
    ----------
    p
        That scores of a right equation lie as far out.
    size
        Of the coefficients that are left out, one step from zero: the coefficient itself with one
        column, else their standard deviation.
    detectable
        The smallest size that the test finds with probability .8, at its level.
    """

    p: float
    size: float
    detectable: float


@dataclass(frozen=True)
class Background:
    """What an equation estimates, factored once for all tests on it.

    Parameters
    ----------
    equation
        The equation that is tested.
    columns
        Coefficients, intercepts and effects with a variance, shape (row, column).
    precision
        Beforehand, per column.
    factor
        Cholesky factor of the information of its coefficients, as SciPy solves with it.
    """

    equation: Equation
    columns: csr_array = field(repr=False)
    precision: Floats = field(repr=False)
    factor: tuple[Floats, bool] = field(repr=False)


def background(found: Equation, layout: Layout) -> Background:
    """Prepare an equation for tests.

    Parameters
    ----------
    found
        Of :func:`~vm2causal.checks.gate.equation_scores.equation`.
    layout
        Parameters of the model, and where each enters.
    """
    fixed = np.column_stack([*found.entered.values(), found.starts])
    precision = [layout.weights[index].sd ** -2.0 for index in found.entered]
    precision += [_FLAT] * found.starts.shape[1]
    parts = [csr_array(fixed)]
    for effects in found.scattered:
        if effects.variance > _LEAST_VARIANCE:
            parts.append(membership(effects.codes))
            precision += [1 / effects.variance] * parts[-1].shape[1]
    for one in found.modified:
        if one.variance > _LEAST_VARIANCE:
            column = one.column[:, np.newaxis]
            levels = csr_array(column) if one.codes is None else times(one.codes, column)
            parts.append(levels)
            precision += [1 / one.variance] * levels.shape[1]
    columns, prior = csr_array(hstack(parts)), np.array(precision)
    squares = (columns.T @ _weighted(columns, found.information)).toarray()
    return Background(found, columns, prior, cho_factor(squares + np.diag(prior)))


def membership(codes: Ints) -> csr_array:
    """Indicators of levels, shape (row, level).

    Parameters
    ----------
    codes
        Level of each row, from 0.
    """
    places = np.arange(len(codes))
    return csr_array((np.ones(len(codes)), (places, codes)), shape=(len(codes), codes.max() + 1))


def times(codes: Ints, column: Floats) -> csr_array:
    """Indicators of levels, each multiplied by a column, shape (row, level)."""
    return csr_array(membership(codes).multiply(column))


def score_test(
    ready: Background,
    added: csr_array,
    *,
    level: float,
    wide: bool,
    scores: Floats | None = None,
) -> ScoreTest | None:
    """Test whether columns that are not in an equation belong in it.

    Parameters
    ----------
    ready
        Of :func:`background`.
    added
        Shape (row, column).
    level
        At which ``detectable`` is told.
    wide
        Whether the columns are many, each with few rows: the levels of a group. Their scores are
        then taken to scatter more by one factor, if at all; otherwise each row tells how much its
        own does.
    scores
        Of the columns, where they are themselves uncertain: the sum over rows of the posterior mean
        of score times column. The product of two means is another number, since a cause that is
        measured goes along with what its effect says of it.

    Returns
    -------
    ScoreTest or None
        None where the columns hold nothing that is new to the equation.
    """
    known, score = ready.equation.information, ready.equation.score
    weighted = _weighted(added, known)
    crossed = (ready.columns.T @ weighted).toarray()
    explained = cho_solve(ready.factor, crossed)
    total = (added.T @ weighted).toarray()
    covariance = total - crossed.T @ explained
    if np.trace(covariance) <= _LEFT * np.trace(total):
        return None
    model = np.maximum(eigvalsh(covariance), 0.0)
    robust = _robust(ready, added, explained, model, wide=wide)
    found = added.T @ score if scores is None else scores
    value = float(found @ found)
    worse = robust if tail(value, robust) > tail(value, model) else model
    p = tail(value, worse)
    if added.shape[1] == 1:
        size = float(found[0] / covariance[0, 0])
        return ScoreTest(p, size, _least_coefficient(worse[0], model[0], level))
    spread = max(0.0, (value - float(model.sum())) / float((model**2).sum()))
    return ScoreTest(p, float(np.sqrt(spread)), least_found(worse, level))


def _robust(
    ready: Background, added: csr_array, explained: Floats, model: Floats, *, wide: bool
) -> Floats:
    """Eigenvalues of the covariance of scores, from how much they do scatter."""
    known, score = ready.equation.information, ready.equation.score
    excess = expected = 0.0
    squares = explained.T @ (explained * ready.precision[:, np.newaxis])
    step = max(1, _LOT // added.shape[1])
    for first in range(0, len(score), step):
        rows = slice(first, first + step)
        rest = added[rows].toarray() - ready.columns[rows] @ explained
        pulled = rest * score[rows, np.newaxis]
        if wide:
            excess += float((pulled**2).sum())
            expected += float((rest**2 * known[rows, np.newaxis]).sum())
        else:
            squares += pulled.T @ pulled
    if wide:
        return model * max(1.0, excess / expected)
    eigenvalues: Floats = np.maximum(eigvalsh(squares), 0.0)
    return eigenvalues


def _weighted(columns: csr_array, weights: Floats) -> csr_array:
    return csr_array(columns.multiply(weights[:, np.newaxis]))


def _least_coefficient(used: float, model: float, level: float) -> float:
    """Normal quantiles of level and power, in units of the coefficient."""
    quantiles = float(ndtri(1 - level / 2) + ndtri(POWER))
    return quantiles * float(np.sqrt(used)) / model
