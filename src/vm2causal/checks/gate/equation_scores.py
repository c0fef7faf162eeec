"""How far each observation pulls at the linear predictor of its equation, and how hard it could.

The score of an observation is the derivative of its log-likelihood with respect to the linear
predictor. Its mean over the posterior, effects of groups and missing values included, is the score
of the likelihood in which those are integrated out (Fisher's identity; Louis 1982, J. R. Stat.
Soc. B 44, 226, equation 3.1). Tests of what an equation leaves out, and standard errors that do not
lean on its distribution, are made of these scores.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from vm2causal.effects.forward import Forward
from vm2causal.model.data.columns import Floats, Ints
from vm2causal.model.structural_parameters import Predictor
from vm2causal.model.terms import Modifier, PupilCoefficient
from vm2causal.model.terms import Scattered as Scattered

type _Key = int | tuple[Modifier, int]
"""A coefficient, or a column of what stands beside one."""

_LOT: Final = 2_000_000
"""Scores computed at a time, so that memory stays flat whatever the number of rows."""


@dataclass(frozen=True)
class Modified:
    """What one coefficient does not say, as a column of its equation.

    Parameters
    ----------
    term
        Which one.
    column
        What it is multiplied by, posterior mean per row: a cause, or a product of two.
    scores
        Posterior mean of score times that, per row.
    codes
        Level per row, each with a coefficient of its own; None where all rows share one.
    variance
        Of the coefficients beforehand: their variance between levels, or that of the prior.
    draws
        The coefficients in each draw, shape (draw, level), or (draw, 1) where rows share one.
    """

    term: Modifier
    column: Floats = field(repr=False)
    scores: Floats = field(repr=False)
    codes: Ints | None = field(repr=False)
    variance: float
    draws: Floats = field(repr=False)


@dataclass(frozen=True)
class Equation:
    """One linear predictor at its posterior: rows are units, or for counts of pupils cells.

    Parameters
    ----------
    item
        The linear predictor of one variable.
    unit
        Unit of each row, shape (row,).
    score
        Mean over the posterior of the derivative of the log-likelihood, per row.
    information
        What the variance of the score is if the model is right, given all effects, per row.
    entered
        By index of a coefficient what it is multiplied by, posterior mean per row.
    coefficient_scores
        By index of a coefficient the mean over the posterior of score times what is entered.
    starts
        Indicators of the intercepts, shape (row, intercept).
    scattered
        Effects with a variance.
    modified
        How coefficients vary between levels, and depend on other causes.
    """

    item: Predictor
    unit: Ints = field(repr=False)
    score: Floats = field(repr=False)
    information: Floats = field(repr=False)
    entered: Mapping[int, Floats] = field(repr=False)
    coefficient_scores: Mapping[int, Floats] = field(repr=False)
    starts: Floats = field(repr=False)
    scattered: tuple[Scattered, ...]
    modified: tuple[Modified, ...] = ()


def equations(forward: Forward) -> Iterator[Equation]:
    """The equation of every predictor that was fitted, in causal order.

    Parameters
    ----------
    forward
        Equations of a fit, with its data and posterior draws.
    """
    for items in forward.layout.predictors_of.values():
        for item in items:
            yield equation(forward, item)


def equation(forward: Forward, item: Predictor) -> Equation:
    """Scores and information of one predictor.

    Parameters
    ----------
    forward
        Equations of a fit, with its data and posterior draws.
    item
        The linear predictor of one variable.
    """
    cells = forward.data.cells.get(item.variable)
    unit = np.arange(len(forward.data.units)) if cells is None else cells.unit
    pattern = None if cells is None else cells.pattern
    of_pupils = {
        index: PupilCoefficient(index).entered(forward.layout)[cells.pattern]
        for index in item.cell_weights
        if cells is not None
    }
    columns = {index: forward.entered(index, forward.observed) for index in item.weights}
    entered = {index: _mean(forward, column)[unit] for index, column in columns.items()}
    modifying = {
        (term, place): column
        for term in item.modifiers
        for place, column in enumerate(term.columns(forward, columns))
    }
    wanted: dict[_Key, Floats] = dict(columns.items())
    wanted |= dict(modifying.items())
    score, information, scored = _accumulated(forward, item, unit, wanted)
    products = {index: scored[index] for index in columns}
    products |= {index: score * column for index, column in of_pupils.items()}
    return Equation(
        item,
        unit,
        score,
        information,
        entered | of_pupils,
        products,
        _starts(forward, item, pattern, len(unit)),
        tuple(
            replace(found, codes=found.codes[unit])
            for term in item.terms
            if (found := term.scattered(forward, item)) is not None
        ),
        tuple(
            _modified(forward, term, place, _mean(forward, column)[unit], scored[term, place], unit)
            for (term, place), column in modifying.items()
        ),
    )


def _modified(
    forward: Forward, term: Modifier, place: int, column: Floats, scores: Floats, unit: Ints
) -> Modified:
    codes, draws = term.codes(forward, unit), term.draws(forward)
    own = draws if codes is not None else draws[:, [place]]
    return Modified(term, column, scores, codes, term.variance(forward), own)


def _mean(forward: Forward, column: Floats) -> Floats:
    return np.broadcast_to(column, forward.shape).mean(axis=0)


def _accumulated(
    forward: Forward, item: Predictor, unit: Ints, columns: Mapping[_Key, Floats]
) -> tuple[Floats, Floats, dict[_Key, Floats]]:
    """Score, information and score times columns, averaged over draws, lots of rows at a time."""
    score, information = np.zeros(len(unit)), np.zeros(len(unit))
    products = {key: np.zeros(len(unit)) for key in columns}
    step, family = max(1, _LOT // forward.draws), forward.layout.family(item.variable)
    for first in range(0, len(unit), step):
        rows = np.arange(first, min(first + step, len(unit)))
        pulled, known = family.pulls(forward, item, forward.observed, rows)
        score[rows], information[rows] = pulled.mean(axis=0), known
        for key, product in products.items():
            causes = np.broadcast_to(columns[key], forward.shape)
            product[rows] = (pulled * causes[:, unit[rows]]).mean(axis=0)
    return score, information, products


def _starts(forward: Forward, item: Predictor, pattern: Ints | None, rows: int) -> Floats:
    if pattern is None:
        return np.ones((rows, 1))
    years = forward.data.pattern_years
    return np.eye(int(years.max()) + 1)[years[pattern]]


def shared_out(found: Equation, per_row: Floats, units: int) -> Floats:
    """Sums of rows by unit.

    Parameters
    ----------
    found
        Of :func:`equation`.
    per_row
        One number per row of the equation.
    units
        How many units there are.
    """
    totals: Floats = np.bincount(found.unit, weights=per_row, minlength=units)
    return totals
