"""Posteriors that were not sampled: effects are functions of draws, wherever these come from."""

from __future__ import annotations

import numpy as np
import pandas as pd

from vm2causal.checks.replicate.prior_predictive import prior_draws
from vm2causal.effects.contrasts import Contrast
from vm2causal.effects.forward import Forward, World
from vm2causal.model.data.structural_data import StructuralData, table_data
from vm2causal.model.structural_layout import structural_layout
from vm2causal.spec import CausalSpec
from vm2causal.spec.objects import Arrow, Variable

LINEAR = CausalSpec(
    name="linear",
    variables={
        **{name: Variable() for name in ("x", "m", "k", "y")},
        "u": Variable(observed=False),
    },
    arrows=[
        Arrow(cause=cause, effect=effect)
        for cause, effect in (
            ("x", "m"),
            ("x", "k"),
            ("m", "k"),
            ("m", "y"),
            ("k", "y"),
            ("x", "y"),
            ("u", "m"),
            ("u", "y"),
        )
    ],
    groups=["herd"],
)
"""Numbers only: x acts on y by itself, through m, through k, and through m and k."""

SEPARABLE = CausalSpec(
    name="separable",
    variables={name: item for name, item in LINEAR.variables.items() if name != "u"},
    arrows=[arrow for arrow in LINEAR.arrows if arrow.cause != "u"],
    groups=["herd"],
)
"""The same without what is not observed behind m and y: what runs through them can be told."""


def linear_table(rows: int = 30) -> pd.DataFrame:
    rng = np.random.default_rng(4)
    table = pd.DataFrame(rng.normal(3, 2, (rows, 4)), columns=list("xmky"))
    return table.assign(herd=rng.choice(list("abc"), rows))


def prior_forward(data: StructuralData, *, draws: int = 50, seed: int = 1) -> Forward:
    """Forward runs of draws from the prior."""
    layout = structural_layout(data)
    return Forward(layout, prior_draws(layout, draws=draws, seed=seed), draws=draws)


def drawn_once(forward: Forward, contrast: Contrast) -> tuple[World, World]:
    """Both sides of a contrast, every variable downstream drawn once per draw of the posterior."""
    kept = forward.untouched(contrast.above)
    high, low = (forward.world(done, held=kept) for done in (contrast.above, contrast.below))
    return high, low


def linear_forward(spec: CausalSpec = LINEAR) -> Forward:
    return prior_forward(table_data(spec, linear_table()))


def coefficient(forward: Forward, cause: str, effect: str) -> np.ndarray:
    """Draws of a coefficient between numbers, in their own units."""
    columns = forward.data.columns
    labels = [weight.label for weight in forward.layout.weights]
    draws = forward.weight(labels.index(f"{cause} -> {effect}"))[:, 0]
    return draws * columns[effect].scale / columns[cause].scale
