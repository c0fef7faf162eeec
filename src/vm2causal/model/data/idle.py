"""Arrows that are declared to vary between levels where these data cannot tell whether they do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import numpy as np

from vm2causal.model.data.structural_data import StructuralData


class Idle(StrEnum):
    """Why an arrow cannot be seen to vary."""

    ONE_LEVEL = "one_level"
    CONSTANT_WITHIN = "constant_within"
    """Its cause has one value within each level."""


@dataclass(frozen=True)
class IdleVariation:
    """A declaration ``varies`` that these data cannot follow.

    Parameters
    ----------
    cause, effect
        Of the arrow.
    by
        The group or variable.
    """

    cause: str
    effect: str
    by: str
    reason: Idle

    def to_dict(self) -> dict[str, Any]:
        """As ``run.json`` has it."""
        return {
            "cause": self.cause,
            "effect": self.effect,
            "by": self.by,
            "reason": self.reason.value,
        }


def why_idle(data: StructuralData, cause: str, by: str) -> Idle | None:
    """Why what a cause does cannot be seen to vary between levels; None where it can.

    Parameters
    ----------
    by
        A group, or a variable with a level for every unit.
    """
    codes = data.levels_of(by).codes
    if len(set(codes.tolist())) < 2:
        return Idle.ONE_LEVEL
    column = data.columns.get(cause)
    if column is None:
        alone = len(set(codes.tolist())) == len(codes)
        return Idle.CONSTANT_WITHIN if alone else None
    known, levels = ~column.missing, int(codes.max()) + 1
    least, most = np.full(levels, np.inf), np.full(levels, -np.inf)
    np.minimum.at(least, codes[known], column.values[known])
    np.maximum.at(most, codes[known], column.values[known])
    return None if bool((most > least).any()) else Idle.CONSTANT_WITHIN


def idle_variations(data: StructuralData) -> Iterator[IdleVariation]:
    """Declarations that these data cannot follow, in the order of the arrows."""
    for arrow in data.spec.arrows:
        for by in arrow.varies:
            known = by in data.groups or (by in data.columns and not data.columns[by].missing.any())
            reason = why_idle(data, arrow.cause, by) if known else None
            if reason is not None:
                yield IdleVariation(*arrow.key, by, reason)


def without_idle(data: StructuralData) -> StructuralData:
    """The same data for a model that does not declare what they cannot follow."""
    idle = {(item.cause, item.effect, item.by) for item in idle_variations(data)}
    if not idle:
        return data
    arrows = tuple(
        arrow.model_copy(
            update={"varies": tuple(by for by in arrow.varies if (*arrow.key, by) not in idle)}
        )
        for arrow in data.spec.arrows
    )
    return replace(data, spec=data.spec.changed(arrows=arrows))
