"""Pieces of the ``pm.Model`` that its variables and its missing levels share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from vm2causal.model.structural_layout import Layout
from vm2causal.model.structural_parameters import Predictor, Scale
from vm2causal.model.terms import Term


@dataclass(frozen=True)
class Terms:
    """Parameters of a model put together; the mappings fill up while the model is built."""

    layout: Layout
    parameters: Mapping[str, Any]
    value: Mapping[str, Any]
    """Variables as they enter predictors: standardised, or on the scale of their predictor."""
    level: Mapping[str, Any]
    """Ranks of variables with levels; −1 where missing."""

    def shape(self, block: str, name: str) -> Any:
        """A parameter of the likelihood of a variable beside its linear predictor."""
        return self.parameters[block][self.layout.shape_row(block, name)]

    def cuts(self, scale: Scale) -> Any:
        """The anchored cut in the middle, gaps up and down from it."""
        import pytensor.tensor as pt

        anchor = self.parameters["cut"][scale.anchor]
        cuts, middle = len(scale.levels) - 1, scale.middle
        if cuts == 1:
            return anchor[None]
        gaps = self.parameters["gap"][scale.gaps : scale.gaps + cuts - 1]
        below = [-pt.sum(gaps[rank:middle]) for rank in range(middle)]
        above = [pt.sum(gaps[middle:rank]) for rank in range(middle + 1, cuts)]
        return anchor + pt.stack([*below, pt.zeros(()), *above])

    def pattern_part(self, predictor: Predictor) -> Any:
        """What years and kinds of pupils add to a predictor, per pattern."""
        return sum(item.define(self, predictor) for item in predictor.of_cells)

    def sd(self, term: Term) -> Any:
        """Standard deviation of the effects of a term."""
        spread = term.spread(self.layout)
        if spread is None:
            raise ValueError(term)
        return self.parameters[spread[0]][spread[1]]

    def hidden_parameter(self, index: int) -> Any:
        """Parameter of an arrow of an unobserved cause."""
        block, row = self.layout.hidden_place(index)
        return self.parameters[block][row]

    def entered_rank(self, index: int, rank: int) -> Any:
        """The same of one unit, whose cause has the level of that rank."""
        weight = self.layout.weights[index]
        if weight.steps is not None:
            return weight.steps.define(self.parameters["arrow_step"])[rank]
        return self.layout.data.columns[weight.cause].entered_rank(rank, weight.cause_level)

    def cause(self, index: int) -> Any:
        """What a coefficient is multiplied by, per unit."""
        import pytensor.tensor as pt

        weight = self.layout.weights[index]
        if weight.steps is not None:
            ranks = pt.cast(self.level[weight.cause], "int64")
            return pt.ge(ranks, 0) * weight.steps.define(self.parameters["arrow_step"])[ranks]
        if weight.cause_level is None:
            return self.value[weight.cause]
        column = self.layout.data.columns[weight.cause]
        here = pt.eq(self.level[weight.cause], weight.cause_level)
        known = pt.ge(self.level[weight.cause], 0)
        return known * (here - column.share(weight.cause_level))
