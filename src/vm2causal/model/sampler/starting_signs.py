"""Where chains start with an unobserved cause: at the signs that its effects agree with.

The sign of an unobserved cause is that of its first arrow, which is positive by its prior. With
three effects or more there is a second mode all the same: the first arrow next to nothing, the
others with their signs turned. It has next to no mass, and a chain that starts near it stays: to
leave it the other arrows would have to pass 0, where nothing explains that their effects go
together. So chains start where the signs fit.

A cause that shares a standard deviation with effects of its own group has other coordinates
(:mod:`~vm2causal.model.sampler.coordinates`, *Turned*), and starts as all else does.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np

from vm2causal.model.data.columns import Floats
from vm2causal.model.sampler.information import gaussian_summaries, usual_weight
from vm2causal.model.structural_layout import Layout
from vm2causal.model.structural_parameters import Predictor

SIZE: Final = 0.4
"""Arrows start at this, with their signs: below the middle of the prior of the first."""


def unsplit(layout: Layout) -> tuple[str, ...]:
    """Unobserved causes that share no standard deviation with the effect of a group."""
    return tuple(
        name
        for name in layout.hidden
        if not any(_is_split(layout, *child) for child in children_of(layout, name))
    )


def children_of(layout: Layout, name: str) -> list[tuple[Predictor, int]]:
    """Predictors that an unobserved cause acts on, and the index of each arrow."""
    return [
        (item, index) for item in layout.predictors for cause, index in item.hidden if cause == name
    ]


def _is_split(layout: Layout, item: Predictor, index: int) -> bool:
    shared = layout.shared_group(item)
    return shared is not None and shared[1] == index


def hidden_start(layout: Layout) -> dict[int, float]:
    """Starting values of the arrows of unobserved causes, by parameter; of :func:`unsplit` ones.

    Their signs are those of the first principal component of what data say of the effects beside
    their other causes, turned so that the first arrow has its declared sign.
    """
    found: dict[int, float] = {}
    for name in unsplit(layout):
        children = children_of(layout, name)
        left = np.column_stack([_left(layout, name, item) for item, _ in children])
        values, vectors = np.linalg.eigh(left.T @ left)
        loadings = vectors[:, values.argmax()]
        signs = [layout.hidden_signs[index] for _, index in children]
        anchor, declared = next((k, sign) for k, sign in enumerate(signs) if sign is not None)
        turned = declared * np.sign(loadings[anchor] * loadings)
        for (_, index), sign, direction in zip(children, signs, turned, strict=True):
            if sign is None:
                block, row = layout.hidden_place(index)
                found[layout.offsets[block] + row] = SIZE * float(direction)
    return found


def _left(layout: Layout, name: str, item: Predictor) -> Floats:
    """What data say of an effect beside its other causes, per level of the cause, standardised."""
    summaries = gaussian_summaries(layout, item)
    weight, pull = usual_weight(summaries), np.sum([part.pull for part in summaries], axis=0)
    response = np.where(weight > 0, pull / np.where(weight > 0, weight, 1.0), 0.0)
    design = np.column_stack([np.ones(len(response)), *_causes(layout, item)])
    root = np.sqrt(weight)
    slopes, *_ = np.linalg.lstsq(design * root[:, np.newaxis], response * root, rcond=None)
    left = np.where(weight > 0, response - design @ slopes, 0.0)
    group = layout.hidden[name]
    if group != layout.data.unit:
        codes = layout.data.groups[group].codes
        levels = len(layout.data.groups[group].labels)
        total = np.bincount(codes, weight, levels)
        left = np.bincount(codes, weight * left, levels) / np.where(total > 0, total, 1.0)
    spread = left.std()
    return left / spread if spread > 0 else left


def _causes(layout: Layout, item: Predictor) -> Iterable[Floats]:
    """What the observed causes enter with, where they have a column."""
    for index in item.weights:
        weight = layout.weights[index]
        column = layout.data.columns.get(weight.cause)
        if column is not None:
            entered = column.entered(weight.cause_level)
            yield np.where(column.missing, 0.0, entered)
    for group, _ in item.pooled:
        codes = layout.data.groups[group].codes
        yield from (codes == code for code in range(1, int(codes.max()) + 1))
