"""Missing levels in the ``pm.Model``: the log of the sum over what they could have been."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from vm2causal.model.columns import Ints
from vm2causal.model.marginal import Completion, cells_of
from vm2causal.model.structural_parameters import Predictor
from vm2causal.model.structural_terms import Terms
from vm2causal.spec.words import Kind

_MINUS_INFINITY: Final = -1e30


class MissingLevels:
    """Densities of the completions, given the predictors without the missing causes."""

    def __init__(
        self,
        terms: Terms,
        eta: Mapping[tuple[str, int | None], Any],
        completions: tuple[Completion, ...],
    ) -> None:
        self.terms = terms
        self.layout = terms.layout
        self.data = terms.layout.data
        self.parameters = terms.parameters
        self.eta = eta
        self.completions = completions
        self.passed_on: dict[str, Any] = {}

    def density(self) -> Any:
        """Log of the sum over completions of the densities they touch, added over blocks."""
        import pytensor.tensor as pt

        density = pt.as_tensor_variable(
            np.array([item.log_weight for item in self.completions], dtype=np.float64)
        )
        for name in self.layout.order:
            rows = np.array(
                [row for row, item in enumerate(self.completions) if name in item.affected],
                dtype=int,
            )
            unseen = np.array(
                [self.completions[row].unit in self.layout.imputed.get(name, ()) for row in rows],
                dtype=bool,
            )
            for part, imputed in ((rows[unseen], True), (rows[~unseen], False)):
                if len(part):
                    density = pt.inc_subtensor(
                        density[part], self._completed_density(name, part, imputed)
                    )
        return self._sum_of_blocks(density)

    def _sum_of_blocks(self, density: Any) -> Any:
        import pytensor.tensor as pt

        blocks = np.array([item.block for item in self.completions])
        longest = int(np.bincount(blocks).max())
        place = np.full((blocks.max() + 1, longest), len(blocks))
        for block in range(blocks.max() + 1):
            members = np.flatnonzero(blocks == block)
            place[block, : len(members)] = members
        padded = pt.concatenate([density, pt.as_tensor_variable([_MINUS_INFINITY])])
        return pt.logsumexp(padded[place], axis=1).sum()

    def _completed_density(self, name: str, rows: Ints, imputed: bool) -> Any:
        import pymc as pm
        import pytensor.tensor as pt

        units = np.array([self.completions[row].unit for row in rows])
        predictors = self.layout.predictors_of[name]
        shifts = [self._shift(predictor, rows) for predictor in predictors]
        if self.layout.passes_on(name):
            nothing = pt.zeros(len(self.completions))
            self.passed_on[name] = pt.set_subtensor(nothing[rows], shifts[0])
        kind = self.data.spec.variables[name].kind
        first = predictors[0]
        counts_rows = kind is Kind.COUNT and first.unit_effect is None
        if kind is Kind.LATENT or imputed or (kind is Kind.COUNT and not counts_rows):
            noise, sd = self._noise_of(name, first, units)
            return pm.logp(pm.Normal.dist(shifts[0] / sd, 1.0), noise)
        etas = [
            self.eta[name, item.level][units] + shift
            for item, shift in zip(predictors, shifts, strict=True)
        ]
        if counts_rows:
            return self._completed_counts(name, units, etas[0])
        return self._completed_levels(name, rows, units, etas)

    def _completed_counts(self, name: str, units: Ints, eta: Any) -> Any:
        import pymc as pm
        import pytensor.tensor as pt

        cells = self.data.cells[name]
        some, cell = cells_of(cells, units)
        pattern = self.terms.pattern_part(self.layout.predictors_of[name][0])
        logit = eta[some] + pattern[cells.pattern[cell]]
        trials, events = cells.trials[cell], cells.events[cell]
        log_density = pm.logp(pm.Binomial.dist(n=trials, logit_p=logit), events)
        return pt.inc_subtensor(pt.zeros(len(units))[some], log_density)

    def _completed_levels(self, name: str, rows: Ints, units: Ints, etas: list[Any]) -> Any:
        import pymc as pm
        import pytensor.tensor as pt

        column = self.data.columns[name]
        values = np.array(
            [
                self.completions[row].levels.get(name, column.values[unit])
                for row, unit in zip(rows, units, strict=True)
            ]
        )
        if column.kind is Kind.CONTINUOUS:
            sd = column.scale * self.terms.residual(self.layout.predictors_of[name][0])
            return pm.logp(pm.Normal.dist(column.centre + column.scale * etas[0], sd), values)
        ranks = values.astype(int)
        if column.kind is Kind.BINARY:
            return pm.logp(pm.Bernoulli.dist(logit_p=etas[0]), ranks)
        if column.kind is Kind.ORDINAL:
            scale = self.layout.scale(name)
            return pm.logp(
                pm.OrderedLogistic.dist(eta=etas[0], cutpoints=self.terms.cuts(scale)), ranks
            )
        logits = {
            item.level: eta for item, eta in zip(self.layout.predictors_of[name], etas, strict=True)
        }
        zeros = pt.zeros(len(rows))
        stacked = pt.stack([logits.get(level, zeros) for level in range(len(column.levels))], -1)
        return pm.logp(pm.Categorical.dist(logit_p=stacked), ranks)

    def _shift(self, predictor: Predictor, rows: Ints) -> Any:
        """What the filled-in levels add to a predictor."""
        import pytensor.tensor as pt

        shift: Any = pt.zeros(len(rows))
        for index in predictor.weights:
            weight = self.layout.weights[index]
            if weight.cause in self.passed_on:
                passed = self.passed_on[weight.cause][rows]
                shift = shift + self.parameters["weight"][index] * passed
            column = self.data.columns.get(weight.cause)
            if column is None:
                continue
            entered = np.zeros(len(rows))
            for k, row in enumerate(rows):
                rank = self.completions[row].levels.get(weight.cause)
                if rank is not None:
                    entered[k] = column.entered_rank(rank, weight.cause_level)
            if entered.any():
                shift = shift + self.parameters["weight"][index] * entered
        return shift

    def _noise_of(self, name: str, predictor: Predictor, units: Ints) -> tuple[Any, Any]:
        """Noise of a variable, and the standard deviation that the predictor multiplies it by."""
        if predictor.kind is Kind.LATENT:
            row = self.layout.block("latent_z").dims["latent"].index(name)
            return self.parameters["latent_z"][row][units], 1.0
        if predictor.unit_effect is not None:
            row = predictor.unit_effect
            return self.parameters["unit_z"][row][units], self.parameters["unit_sd"][row]
        labels = self.layout.block("imputed_z").dims["imputed"]
        rows = np.array([labels.index(f"{name}[{self.data.units[unit]}]") for unit in units])
        return self.parameters["imputed_z"][rows], self.terms.residual(predictor)
