"""Binary variables: the log-odds of the second level are the linear predictor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, override

import numpy as np
from scipy.special import expit

from vm2causal.model.data.columns import Column, Floats, Ints
from vm2causal.model.families.family import Link, Rows
from vm2causal.model.families.levels import Levels
from vm2causal.model.sampler.information import GaussianSummary, log_odds, summary_of_levels
from vm2causal.model.structural_parameters import Predictor, Widths
from vm2causal.spec.words import Kind

if TYPE_CHECKING:
    from vm2causal.model.equations import Equations
    from vm2causal.model.sampler.assembler import Assembler
    from vm2causal.model.structural_layout import Layout
    from vm2causal.model.structural_terms import Terms
    from vm2causal.model.world import World


class Bernoulli(Levels):
    """One of two levels, by a logit."""

    kind: ClassVar[Kind] = Kind.BINARY
    link: ClassVar[Link] = Link.LOGIT
    single_answers: ClassVar[bool] = True

    @override
    def coefficient_sd(self, column: Column | None, widths: Widths) -> float:
        """That of the level against the other, as of a nominal one, per standard deviation."""
        return widths.contrast * (1.0 if column is None else column.scale)

    @override
    def pm(self, terms: Terms, name: str, etas: Sequence[Any], units: Ints) -> Any:
        import pymc as pm

        return pm.Bernoulli.dist(logit_p=etas[0])

    @override
    def write(self, writer: Assembler, name: str, rows: Rows) -> None:
        signs = np.where(rows.seen == 1, -1, 1)
        cuts = np.full(len(signs), writer.zero)
        writer.sigmoids(cuts, signs, rows.etas[0], writer.one, rows.targets)

    @override
    def information(self, layout: Layout, predictor: Predictor) -> tuple[GaussianSummary, ...]:
        return (summary_of_levels(layout, predictor, self.usual_intercepts(layout, predictor)),)

    @override
    def usual_intercepts(self, layout: Layout, predictor: Predictor) -> Floats:
        column = layout.data.columns[predictor.variable]
        known = column.values[~column.missing]
        return log_odds(np.array([(known == 1).sum()]), np.array([float(len(known))]))

    @override
    def chances(self, equations: Equations, name: str, world: World, units: Ints | slice) -> Floats:
        high = expit(world.predictors[name, None][:, units])
        return np.stack([1 - high, high], axis=-1)

    @override
    def mean(self, equations: Equations, name: str, eta: Floats) -> Floats:
        """Probability of the second level."""
        probability: Floats = expit(eta)
        return probability
