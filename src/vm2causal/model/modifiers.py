"""What a model says beside one coefficient per arrow, as it is laid out.

What the data cannot tell is left out (:mod:`~vm2causal.model.data.idle`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import log
from typing import Final

import numpy as np

from vm2causal.errors import StudyError
from vm2causal.model.data.columns import Floats
from vm2causal.model.data.idle import why_idle
from vm2causal.model.data.structural_data import StructuralData
from vm2causal.model.result_names import BLOCKS, held_as, slopes_as
from vm2causal.model.shapes import LEAST_KNOTS, STEP_LOG, Steps, curve_through, steps_between
from vm2causal.model.structural_parameters import (
    HALF_NORMAL_MEDIAN,
    PRODUCT_SHARE,
    VARYING_SHARE,
    Block,
    CurvePlace,
    GroupMeans,
    Product,
    Weight,
    normal_block,
)
from vm2causal.model.terms import (
    Coefficient,
    CurveDeviation,
    GroupMean,
    Modifier,
    ProductCoefficient,
    Term,
    VaryingCoefficient,
)
from vm2causal.spec.objects import MODIFYING, Arrow
from vm2causal.spec.words import ArrowShape

_NO_DIFFERENCE: Final = 1e-9
"""What rounding makes of equal standardised numbers."""


class Modifiers:
    """Hands out the parameters by which coefficients differ.

    Parameters
    ----------
    data
        What is laid out.
    weights
        Coefficients handed out so far; it grows while the model is laid out.
    """

    def __init__(self, data: StructuralData, weights: Sequence[Weight]) -> None:
        self.data = data
        self.spec = data.spec
        self.weights = weights
        self.varying: list[tuple[str, int]] = []
        self.products: list[Product] = []
        self.steps: list[str] = []
        self.curves: list[CurvePlace] = []
        self.group_means: list[GroupMeans] = []

    def terms(self, effect: str, causal: Sequence[Term]) -> Iterator[Modifier]:
        """What modifies the causal terms of one predictor of an effect.

        Raises
        ------
        StudyError
            When an arrow is declared to vary, or to depend on a cause, that cannot in these data.
        """
        own: dict[str, list[int]] = {}
        for term in causal:
            if isinstance(term, Coefficient):
                own.setdefault(self.weights[term.index].cause, []).append(term.index)
        for cause in self.spec.parents(effect):
            arrow = self.spec.arrow(cause, effect)
            if arrow is not None and arrow.modified:
                yield from self._of_arrow(arrow, own)

    def _of_arrow(self, arrow: Arrow, own: dict[str, list[int]]) -> Iterator[Modifier]:
        for name in (arrow.cause, *arrow.depends_on):
            self._require_coefficient(arrow, name, own)
        for group in arrow.varies:
            yield from self._by_level(arrow, group, own[arrow.cause])
        for moderator in arrow.depends_on:
            for first in own[arrow.cause]:
                for second in own[moderator]:
                    yield self._product(first, second)
        if arrow.shape is ArrowShape.SMOOTH:
            yield self._curve(arrow, own[arrow.cause])
        if arrow.split is not None:
            yield self._group_mean(arrow, arrow.split, own[arrow.cause])

    def _require_coefficient(self, arrow: Arrow, name: str, own: dict[str, list[int]]) -> None:
        """A product, or a coefficient by level, needs one coefficient per unit of the table."""
        if name in own:
            return
        if name in self.data.covariates:
            why = "describes pupils within a unit"
        else:
            why = "is a group whose levels share strength"
        raise StudyError(
            f"What '{name}' does to '{arrow.effect}' cannot vary, depend or bend: it {why}.",
            value=f"{arrow.cause} -> {arrow.effect}",
            fix="Remove "
            + ", ".join(f"'{key}'" for key in MODIFYING if getattr(arrow, key))
            + " from this arrow.",
        )

    # -- between levels ---------------------------------------------------------------------------

    def _by_level(self, arrow: Arrow, group: str, own: Sequence[int]) -> Iterator[Modifier]:
        self._require_known(arrow, group)
        if why_idle(self.data, arrow.cause, group) is not None:
            return
        for index in own:
            row = sum(name == group for name, _ in self.varying)
            self.varying.append((group, index))
            yield VaryingCoefficient(index, group, row)

    def _require_known(self, arrow: Arrow, name: str) -> None:
        """Of a variable by whose levels an arrow varies, every unit's level must be known."""
        if name in self.data.groups:
            return
        column = self.data.columns.get(name)
        if column is None:
            raise StudyError(
                f"The arrow {arrow.cause} -> {arrow.effect} varies by '{name}', which describes "
                "pupils within a unit.",
                value=name,
                fix="Remove it from 'varies'.",
            )
        if column.missing.any():
            raise StudyError(
                f"The arrow {arrow.cause} -> {arrow.effect} varies by '{name}', so every row must "
                "have a level of it.",
                row=int(column.missing.argmax()) + 1,
                column=self.spec.column(name),
                fix="Fill it in, leave those rows out, or remove it from 'varies'.",
            )

    # -- products ---------------------------------------------------------------------------------

    def _product(self, first: int, second: int) -> Modifier:
        one, other = self.weights[first], self.weights[second]
        source, _, target = one.label.partition(" -> ")
        moderator = other.label.partition(" -> ")[0]
        label = f"{source} × {moderator} -> {target}"
        self.products.append(Product(first, second, label, PRODUCT_SHARE * one.sd))
        return ProductCoefficient(len(self.products) - 1, first, second)

    # -- shapes ---------------------------------------------------------------------------------

    def steps_of(self, cause: str, label: str) -> Steps:
        """Steps of a monotone arrow between the levels of its cause.

        Raises
        ------
        StudyError
            When the cause has fewer than three levels, or describes pupils within a unit.
        """
        column = self.data.columns.get(cause)
        if column is None or len(column.levels) < 3:
            raise StudyError(
                f"A monotone arrow steps from level to level, and '{cause}' "
                + (
                    "describes pupils within a unit."
                    if column is None
                    else f"has {len(column.levels)} in these data."
                ),
                value=label,
                fix="Remove 'shape' from this arrow.",
            )
        found = steps_between(column, len(self.steps))
        pairs = zip(column.levels, column.levels[1:], strict=False)
        self.steps += [f"{label}: {low}–{high}" for low, high in pairs]
        return found

    def _curve(self, arrow: Arrow, own: Sequence[int]) -> Modifier:
        (index,) = own
        weight = self.weights[index]
        curve = curve_through(self._known_cause(arrow, "shape"))
        if curve is None:
            raise StudyError(
                f"A smooth arrow needs {LEAST_KNOTS} different values of its cause.",
                column=self.spec.column(arrow.cause),
                value=weight.label,
                fix="Remove 'shape: smooth' from this arrow.",
            )
        first = sum(place.curve.size for place in self.curves)
        self.curves.append(CurvePlace(weight.label, curve, first, VARYING_SHARE * weight.sd))
        return CurveDeviation(index, len(self.curves) - 1)

    def _group_mean(self, arrow: Arrow, group: str, own: Sequence[int]) -> Modifier:
        (index,) = own
        values, codes = self._known_cause(arrow, "split"), self.data.groups[group].codes
        means = np.bincount(codes, values) / np.maximum(np.bincount(codes), 1)
        within, between = np.abs(values - means[codes]).max(), np.ptp(means[codes])
        if min(within, between) <= _NO_DIFFERENCE:
            same = "one value in each" if within <= _NO_DIFFERENCE else "the same mean in every"
            raise StudyError(
                "Within and between groups cannot be told apart: "
                f"'{arrow.cause}' has {same} '{group}'.",
                column=self.spec.column(arrow.cause),
                value=f"{arrow.cause} -> {arrow.effect}",
                fix="Remove 'split' from this arrow.",
            )
        weight = self.weights[index]
        source, _, target = weight.label.partition(" -> ")
        label = f"{source} ({group}) -> {target}"
        self.group_means.append(GroupMeans(label, group, means[codes], weight.sd))
        return GroupMean(index, len(self.group_means) - 1)

    def _known_cause(self, arrow: Arrow, key: str) -> Floats:
        """What a cause enters with, which every unit must know for an arrow with this key."""
        column = self.data.columns[arrow.cause]
        if column.missing.any():
            raise StudyError(
                f"The arrow {arrow.cause} -> {arrow.effect} has '{key}', so every row must have a "
                f"value of '{arrow.cause}'.",
                row=int(column.missing.argmax()) + 1,
                column=self.spec.column(arrow.cause),
                fix=f"Fill it in, leave those rows out, or remove '{key}'.",
            )
        return column.standardised

    # -- parameters -------------------------------------------------------------------------------

    def blocks(self) -> Iterable[Block]:
        """Parameters of everything that was handed out."""
        if self.products:
            labels = tuple(item.label for item in self.products)
            sds = np.array([item.sd for item in self.products])
            yield Block("product", {BLOCKS["product"]: labels}, np.zeros(len(sds)), sds)
        if self.steps:
            dims = {BLOCKS["arrow_step"]: tuple(self.steps)}
            yield normal_block("arrow_step", dims, *STEP_LOG, positive=True)
        yield from self._of_curves()
        if self.group_means:
            own = {BLOCKS["arrow_group_mean"]: tuple(item.label for item in self.group_means)}
            spread = np.array([item.sd for item in self.group_means])
            yield Block("arrow_group_mean", own, np.zeros(len(spread)), spread)
        for group in dict.fromkeys(name for name, _ in self.varying):
            yield from self._of_levels(group)

    def _of_curves(self) -> Iterator[Block]:
        if not self.curves:
            return
        labels = tuple(item.label for item in self.curves)
        scales = np.array([item.sd for item in self.curves])
        yield _half_normal("arrow_curve_sd", {BLOCKS["arrow_curve_sd"]: labels}, scales)
        columns = tuple(
            f"{item.label}: {place + 1}" for item in self.curves for place in range(item.curve.size)
        )
        yield normal_block("arrow_curve_z", {BLOCKS["arrow_curve_z"]: columns}, 0.0, 1.0)

    def _of_levels(self, group: str) -> Iterator[Block]:
        name = slopes_as(group)
        own = [self.weights[index] for other, index in self.varying if other == group]
        on = {f"{name}_on": tuple(weight.label for weight in own)}
        scales: Floats = VARYING_SHARE * np.array([weight.sd for weight in own])
        yield _half_normal(f"{name}_sd", on, scales)
        labels = self.data.levels_of(group).labels
        if group not in self.spec.variables:
            dims = {**on, held_as(group): labels}
            shape = (len(own), len(labels))
            yield Block(f"{name}_z", dims, np.zeros(shape), np.ones(shape))
            return
        shape = (len(own), len(labels) - 1)
        contrasts = {f"{held_as(group)}_contrast": tuple(str(k + 1) for k in range(shape[1]))}
        levels = (f"{held_as(group)}_level", labels)
        yield Block(
            f"{name}_z", {**on, **contrasts}, np.zeros(shape), np.ones(shape), zero_sum=levels
        )


def _half_normal(name: str, dims: Mapping[str, tuple[str, ...]], scales: Floats) -> Block:
    middles = np.log(scales) + log(HALF_NORMAL_MEDIAN)
    return Block(name, dims, middles, scales, positive=True, half_normal=True)
