"""The structural model as a ``pm.Model``: the definition of what is fitted.

Every variable with causes is a random variable given them, so the model generates: drawn from the
prior it makes whole studies, and ``pm.do`` on it intervenes. Conditioned on data it is the
posterior that the kernel of :mod:`~vm2causal.model.sampler.kernel` samples faster.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from vm2causal.model.data.columns import Floats, Ints
from vm2causal.model.missing.completions import completions, marginalised_units
from vm2causal.model.missing.definition import MissingLevels
from vm2causal.model.result_names import (
    COMPLETIONS,
    PATTERNS,
    drawn_as,
)
from vm2causal.model.structural_layout import Layout
from vm2causal.model.structural_parameters import Block, Predictor
from vm2causal.model.structural_terms import Terms


def structural_model(layout: Layout, *, observed: bool = True) -> Any:
    """Build the ``pm.Model`` of a layout.

    Parameters
    ----------
    observed
        True: conditioned on the data, missing levels summed out. False: every variable is drawn
        from its causes for every unit and cell, for prior prediction and ``pm.do``; variables
        without causes keep their data (missing values: their centre).

    Returns
    -------
    pymc.Model
        Random variables are named after the variables of the model, as
        :func:`~vm2causal.model.result_names.drawn_as` has it, and answers to items as
        :func:`~vm2causal.model.result_names.answered_as` has; dims are those of the layout.
    """
    return Definition(layout, observed).model()


class Definition:
    """Builds the model variable by variable, in causal order; families add their own part.

    Parameters
    ----------
    layout, observed
        See :func:`structural_model`.
    """

    def __init__(self, layout: Layout, observed: bool) -> None:
        self.layout = layout
        self.data = layout.data
        self.observed = observed
        self.eta: dict[tuple[str, int | None], Any] = {}
        self.value: dict[str, Any] = {}
        self.level: dict[str, Any] = {}
        self.parameters: dict[str, Any] = {}
        self.terms = Terms(layout, self.parameters, self.value, self.level)
        self.completions = completions(layout) if observed else ()
        self.marginalised = marginalised_units(layout, self.completions)

    def model(self) -> Any:
        """Build it."""
        import pymc as pm

        coords: dict[str, list[Any]] = {
            dim: list(labels)
            for block in self.layout.blocks
            for place, (dim, labels) in enumerate(block.dims.items())
            if block.zero_sum is None or place == 0
        }
        coords |= {
            block.zero_sum[0]: list(block.zero_sum[1])
            for block in self.layout.blocks
            if block.zero_sum is not None
        }
        coords[self.data.unit] = list(self.data.units)
        coords[PATTERNS] = list(range(len(self.data.patterns)))
        with pm.Model(coords=coords) as model:
            for block in self.layout.blocks:
                self._parameter(block)
            self._exogenous()
            for name in self.layout.order:
                if name in self.layout.predictors_of:
                    self._variable(name)
            if self.completions:
                density = MissingLevels(self.terms, self.eta, self.completions).density()
                pm.Potential(COMPLETIONS, density)
        return model

    # -- parameters -------------------------------------------------------------------------------

    def _parameter(self, block: Block) -> None:
        import pymc as pm

        if not int(np.prod(block.shape)):
            return
        if block.zero_sum is not None:
            dims = (next(iter(block.dims)), block.zero_sum[0])
            self.parameters[block.name] = pm.ZeroSumNormal(block.name, sigma=1.0, dims=dims)
        elif block.half_normal:
            self.parameters[block.name] = pm.HalfNormal(
                block.name, block.sd, dims=tuple(block.dims)
            )
        elif block.positive:
            self.parameters[block.name] = pm.LogNormal(
                block.name, block.mean, block.sd, dims=tuple(block.dims)
            )
        elif block.name in ("unit_z", "latent_z", "imputed_z"):
            self.parameters[block.name] = self._noise(block)
        else:
            self.parameters[block.name] = pm.Normal(
                block.name, block.mean, block.sd, dims=tuple(block.dims)
            )

    def _noise(self, block: Block) -> Any:
        """Standard normal, but flat where its density stands among the completions."""
        import pymc as pm

        kept = np.ones(block.shape)
        for name, units in self.marginalised.items():
            kept = self._without(block, name, units, kept)
        if kept.all():
            return pm.Normal(block.name, 0.0, 1.0, dims=tuple(block.dims))
        noise = pm.Flat(block.name, dims=tuple(block.dims))
        pm.Potential(
            f"{block.name}_density", (kept * pm.logp(pm.Normal.dist(0.0, 1.0), noise)).sum()
        )
        return noise

    def _without(self, block: Block, name: str, units: Ints, kept: Floats) -> Floats:
        rows = next(iter(block.dims.values()))
        if block.name == "imputed_z":
            for unit in set(units) & set(self.layout.imputed.get(name, ())):
                kept[rows.index(f"{name}[{self.data.units[unit]}]")] = 0.0
        elif name in rows:
            kept[rows.index(name), units] = 0.0
        return kept

    # -- variables --------------------------------------------------------------------------------

    def _exogenous(self) -> None:
        """Variables without causes, as data that ``pm.do`` can replace."""
        import pymc as pm
        import pytensor.tensor as pt

        for name, column in self.data.columns.items():
            if name in self.layout.predictors_of:
                continue
            if column.kind.unordered:
                filled = np.where(column.missing, -1, column.values)
                self.level[name] = pm.Data(drawn_as(name), filled, dims=self.data.unit)
            else:
                filled = np.where(column.missing, column.centre, column.values)
                drawn = pm.Data(drawn_as(name), filled, dims=self.data.unit)
                if column.levels:
                    absent = column.missing & pt.eq(drawn, column.centre)
                    self.level[name] = pt.switch(absent, -1, drawn)
                self.value[name] = self.standardised(name, drawn)
                self.value[name] = self.with_imputed(name, self.value[name], None)

    def standardised(self, name: str, values: Any) -> Any:
        """Values as they enter predictors."""
        column = self.data.columns[name]
        return (values - column.centre) / column.scale

    def with_imputed(self, name: str, values: Any, predictor: Predictor | None) -> Any:
        """Standardised values with the missing ones, which are parameters, put in place."""
        import pytensor.tensor as pt

        if not self.observed or name not in self.layout.imputed:
            return values
        units = np.array(self.layout.imputed[name])
        labels = self.layout.block("imputed_z").dims["imputed"]
        rows = np.array([labels.index(f"{name}[{self.data.units[unit]}]") for unit in units])
        noise = self.parameters["imputed_z"][rows]
        if predictor is not None:
            residual = self.terms.shape("residual_sd", name)
            noise = self.eta[name, None][units] + residual * noise
        return pt.set_subtensor(pt.as_tensor_variable(values)[units], noise)

    def _variable(self, name: str) -> None:
        for predictor in self.layout.predictors_of[name]:
            self.eta[name, predictor.level] = self._predictor(predictor)
        self.layout.family(name).define(self, name)

    def _predictor(self, predictor: Predictor) -> Any:
        import pytensor.tensor as pt

        eta: Any = pt.zeros(len(self.data.units))
        for term in predictor.of_units:
            eta = eta + term.define(self.terms, predictor)
        return eta

    def kept(self, name: str) -> Ints:
        """Units at which a column is a random variable of its own."""
        if not self.observed:
            return np.unique(self.data.own_units(name))
        known = self.data.seen(name)
        known[self.marginalised[name]] = False
        return np.flatnonzero(known)

    def whole(self, name: str, drawn: Any) -> Any:
        """What was drawn once for several units, at each of them."""
        if self.data.group_of(name) is None:
            return drawn
        return drawn[np.unique(self.data.own_units(name), return_inverse=True)[1]]

    def draw(self, label: str, distribution: Any, name: str, kept: Ints) -> Any:
        """Make a column a random variable, conditioned on its data where there are."""
        seen = None
        if self.observed:
            values = self.data.columns[name].values[kept]
            seen = values if distribution.dtype.startswith("float") else values.astype(int)
        return self.register(label, distribution, seen, kept)

    def register(self, label: str, distribution: Any, seen: Any, units: Ints) -> Any:
        """Give a distribution a name in the model, and what was observed of it."""
        import pymc as pm

        dims = (self.data.unit,) if len(units) == len(self.data.units) else None
        return pm.modelcontext(None).register_rv(distribution, label, observed=seen, dims=dims)
