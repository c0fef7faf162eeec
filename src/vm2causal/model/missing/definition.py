"""Missing levels in the ``pm.Model``: the log of the sum over what they could have been."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from vm2causal.model.data.columns import Ints
from vm2causal.model.missing.completions import Completion
from vm2causal.model.structural_parameters import Predictor
from vm2causal.model.structural_terms import Terms

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
        units = np.array([self.completions[row].unit for row in rows])
        if imputed:
            return self.of_noise(name, rows, units)
        return self.layout.family(name).completed(self, name, rows, units)

    def _shifts(self, name: str, rows: Ints) -> list[Any]:
        """What the filled-in levels add to each predictor of a variable."""
        import pytensor.tensor as pt

        shifts = [self._shift(predictor, rows) for predictor in self.layout.predictors_of[name]]
        if self.layout.passes_on(name):
            nothing = pt.zeros(len(self.completions))
            self.passed_on[name] = pt.set_subtensor(nothing[rows], shifts[0])
        return shifts

    def etas(self, name: str, rows: Ints, units: Ints) -> list[Any]:
        """Predictors of a variable with what the filled-in levels add."""
        items = self.layout.predictors_of[name]
        return [
            self.eta[name, item.level][units] + shift
            for item, shift in zip(items, self._shifts(name, rows), strict=True)
        ]

    def of_noise(self, name: str, rows: Ints, units: Ints) -> Any:
        """Density of noise that makes up for what the levels add."""
        import pymc as pm

        noise, sd = self._noise_of(name, self.layout.predictors_of[name][0], units)
        return pm.logp(pm.Normal.dist(self._shifts(name, rows)[0] / sd, 1.0), noise)

    def of_column(self, name: str, rows: Ints, units: Ints) -> Any:
        """Density of a column whose own value may be one of the levels filled in."""
        import pymc as pm

        column = self.data.columns[name]
        values = np.array(
            [
                self.completions[row].levels.get(name, column.values[unit])
                for row, unit in zip(rows, units, strict=True)
            ]
        )
        etas = self.etas(name, rows, units)
        distribution = self.layout.family(name).pm(self.terms, name, etas, units)
        return pm.logp(distribution, values if column.numeric else values.astype(int))

    def _shift(self, predictor: Predictor, rows: Ints) -> Any:
        """What the filled-in levels add to a predictor."""
        import pytensor.tensor as pt

        shift: Any = pt.zeros(len(rows))
        for term in predictor.terms:
            added = term.filled(self, rows)
            shift = shift if added is None else shift + added
        return shift

    def _noise_of(self, name: str, predictor: Predictor, units: Ints) -> tuple[Any, Any]:
        """Noise of a variable, and the standard deviation that the predictor multiplies it by."""
        if self.layout.family(name).own_noise:
            row = self.layout.block("latent_z").dims["latent"].index(name)
            return self.parameters["latent_z"][row][units], 1.0
        if predictor.unit_effect is not None:
            row = predictor.unit_effect
            return self.parameters["unit_z"][row][units], self.parameters["unit_sd"][row]
        labels = self.layout.block("imputed_z").dims["imputed"]
        rows = np.array([labels.index(f"{name}[{self.data.units[unit]}]") for unit in units])
        return self.parameters["imputed_z"][rows], self.terms.shape("residual_sd", name)
