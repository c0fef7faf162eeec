"""Equations at a penalised fit in closed form, so that score tests need no sampler."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd

from effects.regression_cases import model
from vm2causal.checks.equation_scores import Equation, Scattered
from vm2causal.checks.score_test import Background, background
from vm2causal.model.columns import Floats, Ints
from vm2causal.model.structural_data import table_data
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
