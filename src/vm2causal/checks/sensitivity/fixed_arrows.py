"""Parameters of a layout held at a value, by a prior too tight for data to move."""

from __future__ import annotations

from dataclasses import replace
from math import log
from typing import Final

from vm2causal.model.structural_layout import Layout

TIGHT: Final = 0.01
"""Prior standard deviation of a parameter that is held fixed."""


def with_fixed(layout: Layout, name: str, row: int, value: float) -> Layout:
    """Hold one parameter of a block at a value; where the block is positive, at its size.

    Parameters
    ----------
    layout
        Parameters of the model, and where each enters.
    name
        Of a block of parameters.
    row
        Place of the parameter in the block, from 0.
    value
        To hold it at, on the scale of the block.
    """
    block = layout.block(name)
    mean, sd = block.mean.copy(), block.sd.copy()
    mean[row] = log(abs(value)) if block.positive else value
    sd[row] = TIGHT
    fixed = replace(block, mean=mean, sd=sd)
    return replace(
        layout, blocks=tuple(fixed if item.name == name else item for item in layout.blocks)
    )
