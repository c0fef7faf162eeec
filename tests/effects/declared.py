"""What a simulated truth says an arrow is, on the scale of the arrow table's ``link``."""

from __future__ import annotations

from typing import Any

from vm2causal.simulate import Truth
from vm2causal.spec import CausalSpec
from vm2causal.spec.words import Kind


def declared_link(spec: CausalSpec, truth: Truth, row: Any) -> float:
    """Effect of a row of the arrow table, per natural unit of a number.

    The truth is per declared scale of a number; levels, scores and log-odds enter as they are.
    """
    cause, effect = spec.variables[row.cause], spec.variables[row.effect]
    level = f"[{row.contrast.split(' vs ')[0]}]" if cause.kind is Kind.NOMINAL else ""
    outcome = f"[{row.effect_level}]" if effect.kind is Kind.NOMINAL else ""
    declared = truth.effects[f"{row.cause}{level}->{row.effect}{outcome}"]
    if cause.kind is Kind.CONTINUOUS:
        declared /= truth.equations[row.cause].scale
    if effect.kind is Kind.CONTINUOUS:
        declared *= truth.equations[row.effect].scale
    return declared
