"""How far each observation pulls at the linear predictor of its equation, and how hard it could.

The score of an observation is the derivative of its log-likelihood with respect to the linear
predictor. Its mean over the posterior, effects of groups and missing values included, is the score
of the likelihood in which those are integrated out (Fisher's identity; Louis 1982, J. R. Stat.
Soc. B 44, 226, equation 3.1). Tests of what an equation leaves out, and standard errors that do not
lean on its distribution, are made of these scores.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from scipy.special import expit

from vm2causal.effects.forward import Forward
from vm2causal.model.columns import Floats, Ints
from vm2causal.model.structural_layout import pattern_years
from vm2causal.model.structural_parameters import Predictor
from vm2causal.spec.words import Kind

_LOT: Final = 2_000_000
"""Scores computed at a time, so that memory stays flat whatever the number of rows."""


@dataclass(frozen=True)
class Scattered:
    """Effects with a variance: of a group, of units, of an unobserved cause.

    Parameters
    ----------
    name
        Of the group, unit or cause.
    codes
        Level per row.
    variance
        Of the effects, posterior mean.
    """

    name: str
    codes: Ints = field(repr=False)
    variance: float


@dataclass(frozen=True)
class Equation:
    """One linear predictor at its posterior: rows are units, or for counts of pupils cells.

    Parameters
    ----------
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
    """

    item: Predictor
    unit: Ints = field(repr=False)
    score: Floats = field(repr=False)
    information: Floats = field(repr=False)
    entered: Mapping[int, Floats] = field(repr=False)
    coefficient_scores: Mapping[int, Floats] = field(repr=False)
    starts: Floats = field(repr=False)
    scattered: tuple[Scattered, ...]


def equations(forward: Forward) -> Iterator[Equation]:
    """The equation of every predictor that was fitted, in causal order."""
    for items in forward.layout.predictors_of.values():
        for item in items:
            yield equation(forward, item)


def equation(forward: Forward, item: Predictor) -> Equation:
    """Scores and information of one predictor."""
    cells = forward.data.cells.get(item.variable)
    unit = np.arange(len(forward.data.units)) if cells is None else cells.unit
    pattern = None if cells is None else cells.pattern
    of_pupils = {
        index: forward.data.covariates[weight.cause].entered(weight.cause_level)[cells.pattern]
        for index in item.cell_weights
        if cells is not None
        for weight in [forward.layout.weights[index]]
    }
    entered = {
        index: forward.entered(index, forward.observed).mean(axis=0)[unit] for index in item.weights
    }
    score, information, products = _accumulated(forward, item, unit)
    products |= {index: score * column for index, column in of_pupils.items()}
    return Equation(
        item,
        unit,
        score,
        information,
        entered | of_pupils,
        products,
        _starts(forward, item, pattern, len(unit)),
        tuple(_scattered(forward, item, unit)),
    )


def _accumulated(
    forward: Forward, item: Predictor, unit: Ints
) -> tuple[Floats, Floats, dict[int, Floats]]:
    """Score, information and score times causes, averaged over draws, lots of rows at a time."""
    score, information = np.zeros(len(unit)), np.zeros(len(unit))
    products = {index: np.zeros(len(unit)) for index in item.weights}
    step = max(1, _LOT // forward.draws)
    for first in range(0, len(unit), step):
        rows = np.arange(first, min(first + step, len(unit)))
        pulled, known = _pulled(forward, item, rows)
        score[rows], information[rows] = pulled.mean(axis=0), known
        for index, product in products.items():
            causes = np.broadcast_to(forward.entered(index, forward.observed), forward.shape)
            product[rows] = (pulled * causes[:, unit[rows]]).mean(axis=0)
    return score, information, products


def _pulled(forward: Forward, item: Predictor, rows: Ints) -> tuple[Floats, Floats]:
    """Scores of some rows, shape (draw, row), and their information."""
    if item.kind is Kind.COUNT:
        return _of_counts(forward, item, rows)
    if item.kind is Kind.LATENT:
        latents = forward.layout.block("latent_z").dims["latent"]
        noise = forward.parameters["latent_z"][:, latents.index(item.variable)][:, rows]
        # a construct is known only as far as its items tell
        return noise, np.maximum(1.0 - noise.var(axis=0), 0.0)
    column = forward.data.columns[item.variable]
    here = ~column.missing[rows]
    if item.kind is Kind.CONTINUOUS:
        precision = forward.residual_sd(item.variable) ** -2.0
        mean = forward.observed.predictors[item.variable, None][:, rows]
        score = (column.standardised[rows] - mean) * precision
        return score * here, precision.mean() * here
    score, information = _of_levels(forward, item, rows)
    return score * here, information.mean(axis=0) * here


def _of_counts(forward: Forward, item: Predictor, rows: Ints) -> tuple[Floats, Floats]:
    cells = forward.data.cells[item.variable]
    eta = forward.observed.predictors[item.variable, None][:, cells.unit[rows]]
    share = expit(eta + forward.pattern_part(item.variable)[:, cells.pattern[rows]])
    score = cells.events[rows] - cells.trials[rows] * share
    return score, cells.trials[rows] * (share * (1 - share)).mean(axis=0)


def _of_levels(forward: Forward, item: Predictor, rows: Ints) -> tuple[Floats, Floats]:
    """Scores and information of binary, ordinal and nominal effects, shape (draw, row)."""
    ranks = np.nan_to_num(forward.data.columns[item.variable].values[rows]).astype(np.int64)
    if item.kind is Kind.ORDINAL:
        cuts = forward.cuts(forward.layout.scale(item.variable))
        ends = np.full((forward.draws, 1), np.inf)
        bounds = np.concatenate([-ends, cuts, ends], axis=1)
        eta = forward.observed.predictors[item.variable, None][:, rows]
        low, high = expit(bounds[:, ranks] - eta), expit(bounds[:, ranks + 1] - eta)
        # of proportional odds: McCullagh 1980, J. R. Stat. Soc. B 42, 109, section 2.5
        return low + high - 1.0, low * (1 - low) + high * (1 - high)
    level = 1 if item.level is None else item.level
    chances = forward.level_probabilities(item.variable, forward.observed)[:, rows, level]
    return (ranks == level) - chances, chances * (1 - chances)


def _starts(forward: Forward, item: Predictor, pattern: Ints | None, rows: int) -> Floats:
    if pattern is None:
        return np.ones((rows, 1))
    years = pattern_years(forward.layout)
    return np.eye(int(years.max()) + 1)[years[pattern]]


def _scattered(forward: Forward, item: Predictor, unit: Ints) -> Iterator[Scattered]:
    layout, data = forward.layout, forward.data
    for group, row in (*item.pooled, *item.groups):
        variance = float((forward.group_sd(group, row) ** 2).mean())
        yield Scattered(group, data.groups[group].codes[unit], variance)
    if item.unit_effect is not None:
        spread = forward.parameters["unit_sd"][:, item.unit_effect]
        yield Scattered(data.unit, unit, float((spread**2).mean()))
    shared = layout.shared_group(item)
    for name, index in item.hidden:
        if shared is not None and shared[1] == index:
            continue  # a part of the effects of its group, which stand above
        block, row = layout.hidden_place(index)
        group = layout.hidden[name]
        codes = unit if group == data.unit else data.groups[group].codes[unit]
        yield Scattered(name, codes, float((forward.parameters[block][:, row] ** 2).mean()))


def shared_out(found: Equation, per_row: Floats, units: int) -> Floats:
    """Sums of rows by unit."""
    totals: Floats = np.bincount(found.unit, weights=per_row, minlength=units)
    return totals
