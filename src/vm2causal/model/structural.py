"""The structural model as a ``pm.Model``: the definition of what is fitted.

Every variable with causes is a random variable given them, so the model generates: drawn from the
prior it makes whole studies, and ``pm.do`` on it intervenes. Conditioned on data it is the
posterior that the kernel of :mod:`~vm2causal.model.kernel` samples faster.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from vm2causal.model.columns import Floats, Ints
from vm2causal.model.marginal import completions, marginalised_units
from vm2causal.model.result_names import (
    COMPLETIONS,
    PATTERNS,
    answered_as,
    drawn_as,
    held_as,
)
from vm2causal.model.structural_layout import Layout
from vm2causal.model.structural_missing import MissingLevels
from vm2causal.model.structural_parameters import (
    Block,
    Predictor,
    Scale,
)
from vm2causal.model.structural_terms import Terms
from vm2causal.spec.words import Kind


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
    return _Definition(layout, observed).model()


class _Definition:
    """Builds the model variable by variable, in causal order."""

    def __init__(self, layout: Layout, observed: bool) -> None:
        self.layout = layout
        self.data = layout.data
        self.observed = observed
        self.eta: dict[tuple[str, int | None], Any] = {}
        self.value: dict[str, Any] = {}
        self.level: dict[str, Any] = {}
        self.parameters: dict[str, Any] = {}
        self.terms = Terms(layout, self.parameters)
        self.shared_sd: dict[int, Any] = {}
        self.completions = completions(layout) if observed else ()
        self.marginalised = marginalised_units(layout, self.completions)

    def model(self) -> Any:
        import pymc as pm

        coords: dict[str, list[Any]] = {
            dim: list(labels)
            for block in self.layout.blocks
            for place, (dim, labels) in enumerate(block.dims.items())
            if block.contrasts_of is None or place == 0
        }
        coords |= {name: list(item.labels) for name, item in self._pooled_groups().items()}
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

    def _pooled_groups(self) -> dict[str, Any]:
        return {
            f"{held_as(group)}_level": self.data.groups[group]
            for group in dict.fromkeys(name for name, _ in self.layout.pooled)
        }

    # -- parameters -------------------------------------------------------------------------------

    def _parameter(self, block: Block) -> None:
        import pymc as pm

        if not int(np.prod(block.shape)):
            return
        if block.contrasts_of is not None:
            held = held_as(block.contrasts_of)
            dims = (f"{held}_in", f"{held}_level")
            self.parameters[block.name] = pm.ZeroSumNormal(block.name, sigma=1.0, dims=dims)
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

        for name, column in self.data.columns.items():
            if name in self.layout.predictors_of:
                continue
            if column.kind is Kind.NOMINAL:
                filled = np.where(column.missing, -1, column.values)
                self.level[name] = pm.Data(drawn_as(name), filled, dims=self.data.unit)
            else:
                filled = np.where(column.missing, column.centre, column.values)
                self.value[name] = self._standardised(
                    name, pm.Data(drawn_as(name), filled, dims=self.data.unit)
                )
                self.value[name] = self._with_imputed(name, self.value[name], None)

    def _standardised(self, name: str, values: Any) -> Any:
        column = self.data.columns[name]
        return (values - column.centre) / column.scale

    def _with_imputed(self, name: str, values: Any, predictor: Predictor | None) -> Any:
        import pytensor.tensor as pt

        if not self.observed or name not in self.layout.imputed:
            return values
        units = np.array(self.layout.imputed[name])
        labels = self.layout.block("imputed_z").dims["imputed"]
        rows = np.array([labels.index(f"{name}[{self.data.units[unit]}]") for unit in units])
        noise = self.parameters["imputed_z"][rows]
        if predictor is not None:
            noise = self.eta[name, None][units] + self.terms.residual(predictor) * noise
        return pt.set_subtensor(pt.as_tensor_variable(values)[units], noise)

    def _variable(self, name: str) -> None:
        for predictor in self.layout.predictors_of[name]:
            self.eta[name, predictor.level] = self._predictor(predictor)
        kind = self.data.spec.variables[name].kind
        draw = {
            Kind.CONTINUOUS: self._continuous,
            Kind.BINARY: self._binary,
            Kind.ORDINAL: self._ordinal,
            Kind.NOMINAL: self._nominal,
            Kind.COUNT: self._count,
            Kind.LATENT: self._latent,
        }[kind]
        draw(name)

    def _predictor(self, predictor: Predictor) -> Any:
        import pytensor.tensor as pt

        eta: Any = pt.zeros(len(self.data.units))
        for index in predictor.weights:
            eta = eta + self.parameters["weight"][index] * self._cause(index)
        for group, row in predictor.pooled:
            effect = self._sd(group, row) * self.parameters[f"{held_as(group)}_z"][row]
            eta = eta + effect[pt.cast(self.level[group], "int64")]
        shared = self.layout.shared_group(predictor)
        for group, row in predictor.groups:
            sd = self._sd(group, row)
            if shared is not None and shared[0] == group:
                self.shared_sd[shared[1]] = sd
                sd = sd / pt.cosh(self._hidden_parameter(shared[1]))
            effect = sd * self.parameters[f"{held_as(group)}_z"][row]
            eta = eta + effect[self.data.groups[group].codes]
        for name, index in predictor.hidden:
            eta = eta + self._hidden(name, index)
        if predictor.unit_effect is not None:
            row = predictor.unit_effect
            eta = eta + self.parameters["unit_sd"][row] * self.parameters["unit_z"][row]
        if predictor.kind is not Kind.COUNT and predictor.intercepts is not None:
            eta = eta + self.parameters["intercept"][predictor.intercepts]
        return eta

    def _sd(self, group: str, row: int) -> Any:
        return self.parameters[f"{held_as(group)}_sd"][self.layout.sd_rows[group, row]]

    def _cause(self, index: int) -> Any:
        import pytensor.tensor as pt

        weight = self.layout.weights[index]
        if weight.cause_level is not None:
            column = self.data.columns[weight.cause]
            here = pt.eq(self.level[weight.cause], weight.cause_level)
            known = pt.ge(self.level[weight.cause], 0)
            return known * (here - column.share(weight.cause_level))
        return self.value[weight.cause]

    def _hidden_parameter(self, index: int) -> Any:
        block, row = self.layout.hidden_place(index)
        return self.parameters[block][row]

    def _hidden(self, name: str, index: int) -> Any:
        import pytensor.tensor as pt

        size = self._hidden_parameter(index)
        if index in self.shared_sd:
            size = self.shared_sd[index] * pt.tanh(size)
        sign = self.layout.hidden_signs[index] or 1.0
        effect = sign * size * self.parameters[f"{held_as(name)}_z"]
        group = self.layout.hidden[name]
        return effect if group == self.data.unit else effect[self.data.groups[group].codes]

    def _kept(self, name: str) -> Ints:
        if not self.observed:
            return np.arange(len(self.data.units))
        known = ~self.data.columns[name].missing
        known[self.marginalised[name]] = False
        return np.flatnonzero(known)

    def _seen(self, name: str, kept: Ints) -> Any:
        """What a variable is conditioned on; None when it is to be drawn."""
        if not self.observed:
            return None
        values = self.data.columns[name].values[kept]
        return values if self.data.columns[name].kind is Kind.CONTINUOUS else values.astype(int)

    def _dims(self, kept: Ints) -> str | None:
        return self.data.unit if len(kept) == len(self.data.units) else None

    def _continuous(self, name: str) -> None:
        import pymc as pm

        predictor = self.layout.predictors_of[name][0]
        column, kept = self.data.columns[name], self._kept(name)
        mean = column.centre + column.scale * self.eta[name, None][kept]
        sd = column.scale * self.terms.residual(predictor)
        drawn = pm.Normal(
            drawn_as(name), mean, sd, observed=self._seen(name, kept), dims=self._dims(kept)
        )
        if self.observed:
            self.value[name] = self._with_imputed(name, column.standardised, predictor)
        else:
            self.value[name] = self._standardised(name, drawn)

    def _binary(self, name: str) -> None:
        import pymc as pm

        kept = self._kept(name)
        drawn = pm.Bernoulli(
            drawn_as(name),
            logit_p=self.eta[name, None][kept],
            observed=self._seen(name, kept),
            dims=self._dims(kept),
        )
        self._as_cause(name, drawn)

    def _ordinal(self, name: str) -> None:
        kept = self._kept(name)
        scale = self.layout.scale(name)
        drawn = self._ordered(
            drawn_as(name),
            scale,
            self.eta[name, None][kept],
            self._seen(name, kept),
            self._dims(kept),
        )
        self._as_cause(name, drawn)

    def _ordered(self, name: str, scale: Scale, score: Any, seen: Any, dims: str | None) -> Any:
        import pymc as pm

        return pm.OrderedLogistic(
            name,
            eta=score,
            cutpoints=self.terms.cuts(scale),
            observed=seen,
            dims=dims,
            compute_p=False,
        )

    def _nominal(self, name: str) -> None:
        import pymc as pm
        import pytensor.tensor as pt

        kept = self._kept(name)
        levels = range(len(self.data.columns[name].levels))
        zeros = pt.zeros(len(kept))
        logits = [
            self.eta[name, level][kept] if (name, level) in self.eta else zeros for level in levels
        ]
        drawn = pm.Categorical(
            drawn_as(name),
            logit_p=pt.stack(logits, axis=-1),
            observed=self._seen(name, kept),
            dims=self._dims(kept),
        )
        self._as_cause(name, drawn)

    def _as_cause(self, name: str, drawn: Any) -> None:
        column = self.data.columns[name]
        if self.observed:
            self.level[name] = np.where(column.missing, -1, column.values)
            self.value[name] = column.standardised
        else:
            self.level[name] = drawn
            self.value[name] = self._standardised(name, drawn)

    def _latent(self, name: str) -> None:
        import pymc as pm

        latents = self.layout.block("latent_z").dims["latent"]
        noise = self.parameters["latent_z"][latents.index(name)]
        theta = pm.Deterministic(drawn_as(name), self.eta[name, None] + noise, dims=self.data.unit)
        self.value[name] = theta
        self.eta[name, None] = theta
        scales = [scale for scale in self.layout.scales if scale.variable == name]
        for scale, answers in zip(scales, self.data.items[name].T, strict=True):
            known = np.flatnonzero(answers >= 0) if self.observed else np.arange(len(answers))
            loading = self.parameters["loading"][scale.loading]
            seen = answers[known] if self.observed else None
            self._ordered(
                answered_as(scale.name), scale, loading * theta[known], seen, self._dims(known)
            )

    def _count(self, name: str) -> None:
        import pymc as pm

        predictor = self.layout.predictors_of[name][0]
        propensity = pm.Deterministic(
            f"{drawn_as(name)}_propensity", self.eta[name, None], dims=self.data.unit
        )
        self.value[name] = propensity
        cells = self.data.cells[name]
        pattern = self.terms.pattern_part(predictor)
        keep = np.ones(len(cells.unit), dtype=bool)
        if self.observed and predictor.unit_effect is None:
            keep = ~np.isin(cells.unit, self.marginalised[name])
        pm.Binomial(
            drawn_as(name),
            n=cells.trials[keep],
            logit_p=propensity[cells.unit[keep]] + pattern[cells.pattern[keep]],
            observed=cells.events[keep] if self.observed else None,
        )

    # -- missing levels ---------------------------------------------------------------------------
