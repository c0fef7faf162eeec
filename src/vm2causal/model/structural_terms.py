"""Pieces of the ``pm.Model`` that its variables and its missing levels share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from vm2causal.model.structural_layout import Layout, pattern_years
from vm2causal.model.structural_parameters import Predictor, Scale


@dataclass(frozen=True)
class Terms:
    """Parameters of a model put together; the mapping fills up while the model is built."""

    layout: Layout
    parameters: Mapping[str, Any]

    def residual(self, predictor: Predictor) -> Any:
        """Residual standard deviation of a continuous variable."""
        names = self.layout.block("residual_sd").dims["continuous"]
        return self.parameters["residual_sd"][names.index(predictor.variable)]

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
        years = pattern_years(self.layout)
        part = self.parameters["intercept"][(predictor.intercepts or 0) + years]
        for index in predictor.cell_weights:
            weight = self.layout.weights[index]
            values = self.layout.data.covariates[weight.cause].entered(weight.cause_level)
            part = part + self.parameters["weight"][index] * values
        return part
