"""The noise in a predictor: effects of groups and of units, and which of them are nested."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from vm2causal.model.data.columns import Ints
from vm2causal.model.result_names import held_as

if TYPE_CHECKING:
    from vm2causal.model.structural_layout import Layout
    from vm2causal.model.structural_parameters import Predictor


@dataclass(frozen=True)
class Noise:
    """Independent standard normal effects of the levels of a group, or of units.

    Parameters
    ----------
    first
        Parameter of the first level.
    codes
        Level of each unit.
    levels
        Number of levels.
    sd
        Block and row of the standard deviation; None where that is 1.
    group
        Name of the group; None for units.
    """

    first: int
    codes: Ints = field(repr=False)
    levels: int
    sd: tuple[str, int] | None
    group: str | None


@dataclass(frozen=True)
class NestedNoise:
    """The finest noise of a predictor, and that of the finest group around it, holding it whole.

    Parameters
    ----------
    inner, outer
        The two; without such a group ``outer`` is None.
    of_inner
        Level of the outer noise of each level of the inner one; empty without a group.
    """

    inner: Noise
    outer: Noise | None
    of_inner: Ints = field(repr=False)

    @property
    def parts(self) -> tuple[Noise, ...]:
        """Those that there are."""
        return (self.inner,) if self.outer is None else (self.outer, self.inner)

    @property
    def groups(self) -> frozenset[str]:
        """Groups whose effects they are."""
        return frozenset(noise.group for noise in self.parts if noise.group is not None)


def group_noise(layout: Layout, group: str, row: int) -> Noise:
    """The effect of a group in the predictor that has a row of its block."""
    members = layout.data.groups[group]
    levels = len(members.labels)
    first = layout.offsets[f"{held_as(group)}_z"] + row * levels
    return Noise(
        first, members.codes, levels, (f"{held_as(group)}_sd", layout.sd_rows[group, row]), group
    )


def unit_noise(layout: Layout, predictor: Predictor) -> Noise | None:
    """The effect of units of their own: of counts of pupils, and of constructs."""
    n = len(layout.data.units)
    units = np.arange(n)
    if predictor.unit_effect is not None:
        row = predictor.unit_effect
        return Noise(layout.offsets["unit_z"] + row * n, units, n, ("unit_sd", row), None)
    if layout.family(predictor.variable).own_noise:
        row = layout.block("latent_z").dims["latent"].index(predictor.variable)
        return Noise(layout.offsets["latent_z"] + row * n, units, n, None, None)
    return None


def nested_noise(layout: Layout, predictor: Predictor) -> NestedNoise | None:
    """The finest noise of a predictor with the group around it; None without any noise."""
    groups = [group_noise(layout, group, row) for group, row in predictor.groups]
    groups.sort(key=lambda noise: -noise.levels)
    own = unit_noise(layout, predictor)
    if own is None and not groups:
        return None
    inner, around = (groups[0], groups[1:]) if own is None else (own, groups)
    for outer in around:
        of_inner = np.zeros(inner.levels, dtype=np.int64)
        of_inner[inner.codes] = outer.codes
        coarser = len(set(outer.codes.tolist())) < len(set(inner.codes.tolist()))
        if coarser and np.array_equal(of_inner[inner.codes], outer.codes):
            return NestedNoise(inner, outer, of_inner)
    return NestedNoise(inner, None, np.zeros(0, dtype=np.int64))
