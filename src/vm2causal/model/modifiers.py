"""Which coefficients of a model vary between levels or depend on other causes, as it is laid out.

What the data cannot tell is left out (:mod:`~vm2causal.model.data.idle`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from math import log

import numpy as np

from vm2causal.errors import StudyError
from vm2causal.model.data.columns import Floats
from vm2causal.model.data.idle import why_idle
from vm2causal.model.data.structural_data import StructuralData
from vm2causal.model.result_names import BLOCKS, held_as, slopes_as
from vm2causal.model.structural_parameters import (
    HALF_NORMAL_MEDIAN,
    PRODUCT_SHARE,
    VARYING_SHARE,
    Block,
    Product,
    Weight,
)
from vm2causal.model.terms import (
    Coefficient,
    Modifier,
    ProductCoefficient,
    Term,
    VaryingCoefficient,
)
from vm2causal.spec.objects import Arrow


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
            if arrow is None or not (arrow.varies or arrow.depends_on):
                continue
            for name in (cause, *arrow.depends_on):
                self._require_coefficient(arrow, name, own)
            for group in arrow.varies:
                yield from self._by_level(arrow, group, own[cause])
            for moderator in arrow.depends_on:
                for first in own[cause]:
                    for second in own[moderator]:
                        yield self._product(first, second)

    def _require_coefficient(self, arrow: Arrow, name: str, own: dict[str, list[int]]) -> None:
        """A product, or a coefficient by level, needs one coefficient per unit of the table."""
        if name in own:
            return
        if name in self.data.covariates:
            why = "describes pupils within a unit"
        else:
            why = "is a group whose levels share strength"
        raise StudyError(
            f"What '{name}' does to '{arrow.effect}' cannot vary or depend on another cause: it "
            f"{why}.",
            value=f"{arrow.cause} -> {arrow.effect}",
            fix="Remove 'varies' or 'depends_on' from this arrow.",
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

    # -- parameters -------------------------------------------------------------------------------

    def blocks(self) -> Iterable[Block]:
        """Parameters of everything that was handed out."""
        if self.products:
            labels = tuple(item.label for item in self.products)
            sds = np.array([item.sd for item in self.products])
            yield Block("product", {BLOCKS["product"]: labels}, np.zeros(len(sds)), sds)
        for group in dict.fromkeys(name for name, _ in self.varying):
            yield from self._of_levels(group)

    def _of_levels(self, group: str) -> Iterator[Block]:
        name = slopes_as(group)
        own = [self.weights[index] for other, index in self.varying if other == group]
        on = {f"{name}_on": tuple(weight.label for weight in own)}
        scales: Floats = VARYING_SHARE * np.array([weight.sd for weight in own])
        middles = np.log(scales) + log(HALF_NORMAL_MEDIAN)
        yield Block(f"{name}_sd", on, middles, scales, positive=True, half_normal=True)
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
