"""Equations at a penalised fit in closed form, so that score tests need no sampler."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd

from effects.regression_cases import model
from vm2causal.checks.gate.equation_scores import Equation, Scattered
from vm2causal.checks.gate.score_test import Background, background
from vm2causal.model.data.columns import Floats, Ints
from vm2causal.model.data.structural_data import table_data
from vm2causal.model.structural_layout import Layout, structural_layout

LEVELS, PER_LEVEL = 30, 12
CODES: Ints = np.repeat(np.arange(LEVELS), PER_LEVEL)
SIZE = LEVELS * PER_LEVEL


@cache
def _layout() -> Layout:
    x, y = drawn(np.random.default_rng(0))
    table = pd.DataFrame({"x": x, "y": y, "g": [f"g{code}" for code in CODES]})
    return structural_layout(table_data(model(["x", "y"], "x>y", ["g"]), table))


def linear(x: Floats, y: Floats, *, variance: float = 0.25) -> Background:
    """y on x with effects of a group, at the fit that has the given variances: 1 within."""
    layout = _layout()
    (item,) = layout.predictors_of["y"]
    member = np.eye(LEVELS)[CODES]
    design = np.column_stack([x, np.ones(SIZE), member])
    precision = np.array([layout.weights[0].sd ** -2.0, 1e-8, *([1 / variance] * LEVELS)])
    fitted = np.linalg.solve(design.T @ design + np.diag(precision), design.T @ y)
    score = y - design @ fitted
    found = Equation(
        item,
        np.arange(SIZE),
        score,
        np.ones(SIZE),
        {0: x},
        {0: x * score},
        np.ones((SIZE, 1)),
        (Scattered("g", CODES, variance),),
    )
    return background(found, layout)


def drawn(rng: np.random.Generator) -> tuple[Floats, Floats]:
    """A cause, and an effect that follows the model: slope 0.5."""
    x = rng.normal(size=SIZE)
    y = 0.5 * x + 0.5 * rng.normal(size=LEVELS)[CODES] + rng.normal(size=SIZE)
    return x, y


def measured(rng: np.random.Generator) -> tuple[Background, Floats, Floats]:
    """y on a cause that is known up to noise, at its most likely slope; no groups.

    Returns
    -------
    Background, array, array
        The equation; the posterior mean m of the cause; per row the posterior mean of score times
        cause, which with variance v is (y − a − b m) m − b v.
    """
    noise = 0.8
    cause = rng.normal(size=SIZE)
    seen = cause + noise * rng.normal(size=SIZE)
    y = cause + rng.normal(size=SIZE)
    start, slope = 0.0, 1.0
    for _ in range(100):  # expectation and maximisation, to the fixed point
        variance = 1 / (1 + noise**-2 + slope**2)
        mean = variance * (seen / noise**2 + slope * (y - start))
        spread = mean @ mean + SIZE * variance - SIZE * mean.mean() ** 2
        slope = (mean @ y - SIZE * mean.mean() * y.mean()) / spread
        start = y.mean() - slope * mean.mean()
    score = y - start - slope * mean
    along = score * mean - slope * variance
    found = replace(
        linear(mean, y).equation,
        score=score,
        entered={0: mean},
        coefficient_scores={0: along},
        scattered=(),
    )
    return background(found, _layout()), mean, along
