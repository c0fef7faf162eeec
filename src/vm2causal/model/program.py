"""The structural model as the arrays that the kernel runs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from vm2causal.model import kernel
from vm2causal.model.columns import Floats, Ints
from vm2causal.model.marginal import Completion, cells_of, completions, marginalised_units
from vm2causal.model.structural_layout import Layout
from vm2causal.model.structural_parameters import Predictor, Scale, zero_sum_basis
from vm2causal.spec.words import Kind

_TOTAL: Final = -1
"""Target of a term that is added straight to the log-density."""


@dataclass(frozen=True)
class Program:
    """Operations, their operands and the slots they work on.

    Parameters
    ----------
    size
        Number of parameters; the first slots.
    ops, ints, floats
        See :mod:`~vm2causal.model.kernel`.
    slots
        Constants at their place, 0 elsewhere.
    priors
        Mean, precision and log normaliser per parameter, shape (3 · size,).
    """

    size: int
    ops: Ints = field(repr=False)
    ints: Ints = field(repr=False)
    floats: Floats = field(repr=False)
    slots: Floats = field(repr=False)
    priors: Floats = field(repr=False)

    def packed(self) -> Ints:
        """Everything in one array of 64-bit words, as the kernel reads it through a pointer."""
        header = np.zeros(kernel.HEADER, dtype=np.int64)
        header[:4] = (len(self.ops), len(self.ints), len(self.floats), len(self.slots))
        parts = [self.floats, self.slots, self.priors]
        words = [np.ascontiguousarray(part).view(np.int64) for part in parts]
        return np.concatenate([header, self.ops.ravel(), self.ints, *words])

    def log_density(self, q: Floats) -> tuple[float, Floats]:
        """Log-density and gradient at one point of the unconstrained parameters, shape (size,)."""
        gradient = np.empty(self.size)
        value = kernel.log_density(
            np.asarray(q, dtype=np.float64),
            gradient,
            self.slots.copy(),
            np.empty(len(self.slots)),
            self.ops,
            self.ints,
            self.floats,
            self.priors,
            self.size,
        )
        return float(value), gradient


@dataclass(frozen=True)
class _Noise:
    """Slots of the noise of a variable, what it is multiplied by, and its standard deviation.

    ``log_factor`` holds (weight, parameter) pairs that add up to the log of the factor.
    """

    slots: list[int]
    factor: int
    sd: int
    log_factor: list[tuple[int, int]]


def structural_program(layout: Layout) -> Program:
    """Translate a layout into a program for the kernel."""
    return _Assembler(layout).program()


class _Assembler:
    """Collects slots and operations in causal order."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.data = layout.data
        self.units = len(layout.data.units)
        self.constants: list[Floats] = []
        self.used = layout.size
        self.ops: list[list[int]] = []
        self.ints: list[Ints] = []
        self.n_ints = 0
        self.floats: list[Floats] = []
        self.n_floats = 0
        self.exponentials: dict[str, int] = {}
        self.eta: dict[tuple[str, int | None], int] = {}
        self.value: dict[str, int] = {}
        self.completions = completions(layout)
        self.marginalised = marginalised_units(layout, self.completions)
        self.no_prior: list[int] = []
        self.patterns: dict[str, int] = {}
        self.hidden_part: dict[int, int] = {}
        self.passed_on: dict[tuple[str, int], int] = {}
        self.indicators: dict[tuple[str, int], int] = {}
        self.unit_factors: dict[int, tuple[int, int]] = {}

    def program(self) -> Program:
        self.one = self._constant(np.ones(1))
        self.zero = self._constant(np.zeros(1))
        self.minus = self._constant(-np.ones(1))
        self._exponentiate()
        self.level_effects = self._level_effects()
        self.cuts = {scale.name: self._cut_slots(scale) for scale in self.layout.scales}
        self._exogenous()
        for name in self.layout.order:
            for predictor in self.layout.predictors_of.get(name, ()):
                self.eta[name, predictor.level] = self._predictor(predictor)
            if name in self.layout.predictors_of:
                self._observe(name)
        self._complete()
        slots = np.zeros(self.used)
        place = self.layout.size
        for constant in self.constants:
            slots[place : place + len(constant)] = constant
            place += len(constant)
        return Program(
            self.layout.size,
            np.array(self.ops, dtype=np.int64).reshape(-1, kernel.FIELDS),
            np.concatenate([np.zeros(0, dtype=np.int64), *self.ints]),
            np.concatenate([np.zeros(0), *self.floats]),
            slots,
            self._priors(),
        )

    # -- slots, operands, operations --------------------------------------------------------------

    def _constant(self, values: Floats) -> int:
        place = self.used
        self.constants.append(np.asarray(values, dtype=np.float64))
        self.used += len(values)
        return place

    def _room(self, n: int) -> int:
        return self._constant(np.zeros(n))

    def _integers(self, *arrays: Sequence[int] | Ints) -> int:
        place = self.n_ints
        for array in arrays:
            values = np.asarray(array, dtype=np.int64)
            self.ints.append(values)
            self.n_ints += len(values)
        return place

    def _reals(self, *arrays: Sequence[float] | Floats | Ints) -> int:
        place = self.n_floats
        for array in arrays:
            values = np.asarray(array, dtype=np.float64)
            self.floats.append(values)
            self.n_floats += len(values)
        return place

    def _do(self, code: int, *operands: int) -> None:
        self.ops.append([code, *operands, *[0] * (kernel.FIELDS - 1 - len(operands))])

    def _muladd(self, out: Iterable[int], a: Iterable[int], b: Iterable[int]) -> None:
        columns = [np.array(list(slots), dtype=np.int64) for slots in (out, a, b)]
        if len(columns[0]):
            self._do(kernel.MULADD, self._integers(*columns), len(columns[0]))

    def _slot(self, block: str, index: int = 0) -> int:
        """Slot of a parameter, exponentiated where it is positive."""
        start = self.exponentials.get(block, self.layout.offsets[block])
        return start + index

    # -- parameters -------------------------------------------------------------------------------

    def _exponentiate(self) -> None:
        for block in self.layout.blocks:
            size = int(np.prod(block.shape))
            if block.positive and size:
                out = self._room(size)
                self._do(kernel.EXP, out, self.layout.offsets[block.name], size)
                self.exponentials[block.name] = out

    def _level_effects(self) -> dict[tuple[str, int], int]:
        """Slots of the zero-sum effects of each pooled nominal cause, before their scale."""
        found = {}
        for group in dict.fromkeys(name for name, _ in self.layout.pooled):
            rows, contrasts = self.layout.block(f"{group}_z").shape
            basis = zero_sum_basis(contrasts + 1)
            constants = self._constant(basis.ravel())
            for row in range(rows):
                out = self._room(contrasts + 1)
                pairs = [(i, j) for i in range(contrasts + 1) for j in range(contrasts)]
                self._muladd(
                    (out + i for i, _ in pairs),
                    (constants + i * contrasts + j for i, j in pairs),
                    (self._slot(f"{group}_z", row * contrasts + j) for _, j in pairs),
                )
                found[group, row] = out
        return found

    def _cut_slots(self, scale: Scale) -> int:
        """Cutpoints of a scale: the middle one, and gaps up and down from it."""
        cuts = len(scale.levels) - 1
        out = self._room(cuts)
        terms = [(out + rank, self.one, self._slot("cut", scale.anchor)) for rank in range(cuts)]
        for rank in range(cuts):
            low, high = sorted((rank, scale.middle))
            sign = self.one if rank > scale.middle else self.minus
            terms += [
                (out + rank, sign, self._slot("gap", scale.gaps + gap)) for gap in range(low, high)
            ]
        self._muladd(*zip(*terms, strict=True))
        return out

    def _priors(self) -> Floats:
        mean = np.concatenate([block.mean.ravel() for block in self.layout.blocks])
        sd = np.concatenate([block.sd.ravel() for block in self.layout.blocks])
        precision = 1.0 / sd**2
        norm = -np.log(sd) - 0.5 * np.log(2 * np.pi)
        precision[self.no_prior] = 0.0
        norm[self.no_prior] = 0.0
        return np.concatenate([mean, precision, norm])

    # -- predictors -------------------------------------------------------------------------------

    def _exogenous(self) -> None:
        """Standardised values of causes, with the imputed ones among them."""
        for name, column in self.data.columns.items():
            if column.kind is Kind.NOMINAL:
                continue
            self.value[name] = self._constant(column.standardised)
            if name in self.layout.imputed and name not in self.layout.predictors_of:
                self._impute(name, None)

    def _impute(self, name: str, predictor: Predictor | None) -> None:
        """Missing continuous values: their predictor plus noise, or standard normal."""
        place = 0
        for other, units in self.layout.imputed.items():
            if other == name:
                break
            place += len(units)
        units = self.layout.imputed[name]
        noise = [self._slot("imputed_z", place + k) for k in range(len(units))]
        out = [self.value[name] + unit for unit in units]
        if predictor is None:
            self._muladd(out, [self.one] * len(units), noise)
            return
        eta = self.eta[name, None]
        self._muladd(out, [self.one] * len(units), [eta + unit for unit in units])
        self._muladd(out, [self._residual(predictor)] * len(units), noise)

    def _residual(self, predictor: Predictor) -> int:
        names = self.layout.block("residual_sd").dims["continuous"]
        return self._slot("residual_sd", names.index(predictor.variable))

    def _predictor(self, predictor: Predictor) -> int:
        out = self._room(self.units)
        for index in predictor.weights:
            self._add_cause(out, index)
        for group, row in predictor.pooled:
            scaled = self._slot(f"{group}_sd", row)
            codes = self._integers(self.data.groups[group].codes)
            self._do(kernel.GATHER, out, scaled, self.level_effects[group, row], codes, self.units)
        shared = self.layout.shared_group(predictor)
        for group, row in predictor.groups:
            members = self.data.groups[group]
            z = self._slot(f"{group}_z", row * len(members.labels))
            codes = self._integers(members.codes)
            sd = self._slot(f"{group}_sd", row)
            if shared is not None and shared[0] == group:
                sd = self._split(sd, shared[1])
            self._do(kernel.GATHER, out, sd, z, codes, self.units)
        for name, index in predictor.hidden:
            self._add_hidden(out, name, index)
        if predictor.unit_effect is not None:
            z = self._slot("unit_z", predictor.unit_effect * self.units)
            factor, _ = self._unit_factors(predictor.unit_effect)
            self._do(kernel.AXPY, out, factor, z, self.units)
        if predictor.kind is not Kind.COUNT and predictor.intercepts is not None:
            ones = self._constant(np.ones(self.units))
            intercept = self._slot("intercept", predictor.intercepts)
            self._do(kernel.AXPY, out, intercept, ones, self.units)
        if predictor.kind is Kind.LATENT:
            latents = self.layout.block("latent_z").dims["latent"]
            z = self._slot("latent_z", latents.index(predictor.variable) * self.units)
            self._do(kernel.AXPY, out, self.one, z, self.units)
        return out

    def _add_cause(self, out: int, index: int) -> None:
        weight = self.layout.weights[index]
        slot = self._slot("weight", index)
        if weight.cause_level is not None:
            entered = self._indicator(weight.cause, weight.cause_level)
            self._do(kernel.AXPY, out, slot, entered, self.units)
            return
        values = self.value.get(weight.cause, self.eta.get((weight.cause, None)))
        if values is None:
            raise KeyError(weight.cause)
        self._do(kernel.AXPY, out, slot, values, self.units)

    def _split(self, sd: int, index: int) -> int:
        """Split a group's standard deviation between an unobserved cause and the rest."""
        block, row = self.layout.hidden_place(index)
        polar, parts = self._room(2), self._room(2)
        self._do(kernel.POLAR, polar, self._slot(block, row))
        self._muladd([parts, parts + 1], [sd, sd], [polar, polar + 1])
        self.hidden_part[index] = parts
        return parts + 1

    def _unit_factors(self, row: int) -> tuple[int, int]:
        """Slots of what multiplies the noise of a unit effect, and of the noise's own sd."""
        if row not in self.unit_factors:
            centring = self.layout.centring[row]
            logarithm = self.layout.offsets["unit_sd"] + row
            powers, out = self._room(2), self._room(2)
            weights = self._constant(np.array([1 - centring, centring]))
            self._muladd([powers, powers + 1], [weights, weights + 1], [logarithm, logarithm])
            self._do(kernel.EXP, out, powers, 2)
            self.unit_factors[row] = (out, out + 1)
        return self.unit_factors[row]

    def _indicator(self, cause: str, level: int) -> int:
        key = (cause, level)
        if key not in self.indicators:
            self.indicators[key] = self._constant(self.data.columns[cause].indicator(level))
        return self.indicators[key]

    def _add_hidden(self, out: int, name: str, index: int) -> None:
        block, row = self.layout.hidden_place(index)
        weight, z = self.hidden_part.get(index, self._slot(block, row)), self._slot(f"{name}_z")
        sign = self.layout.hidden_signs[index]
        if sign is not None and sign < 0:
            negative = self._room(1)
            self._muladd([negative], [self.minus], [weight])
            weight = negative
        group = self.layout.hidden[name]
        if group == self.data.unit:
            self._do(kernel.AXPY, out, weight, z, self.units)
        else:
            codes = self._integers(self.data.groups[group].codes)
            self._do(kernel.GATHER, out, weight, z, codes, self.units)

    # -- likelihoods ------------------------------------------------------------------------------

    def _observe(self, name: str) -> None:
        kind = self.data.spec.variables[name].kind
        predictor = self.layout.predictors_of[name][0]
        if kind is Kind.COUNT:
            self._observe_counts(name, predictor)
        elif kind is Kind.LATENT:
            self._without_prior("latent_z", name)
            self._observe_items(name)
        elif kind is Kind.NOMINAL:
            self._observe_nominal(name)
        elif kind is Kind.CONTINUOUS:
            self._observe_continuous(name, predictor)
        else:
            self._observe_levels(name)

    def _kept(self, name: str) -> Ints:
        """Units whose density of a variable stands in the log-density itself."""
        known = ~self.data.columns[name].missing
        known[self.marginalised[name]] = False
        return np.flatnonzero(known)

    def _without_prior(self, block: str, name: str) -> None:
        """Noise whose density stands among the completions has no prior of its own."""
        dims = self.layout.block(block).dims
        row = next(iter(dims.values())).index(name)
        start = self.layout.offsets[block] + row * self.units
        self.no_prior += [start + int(unit) for unit in self.marginalised[name]]

    def _observe_counts(self, name: str, predictor: Predictor) -> None:
        cells = self.data.cells[name]
        if predictor.unit_effect is not None:
            if self.layout.centring[predictor.unit_effect]:
                self._unit_noise(name, predictor.unit_effect)
            else:
                self._without_prior("unit_z", name)
            keep = np.ones(len(cells.unit), dtype=bool)
        else:
            keep = ~np.isin(cells.unit, self.marginalised[name])
        n = int(keep.sum())
        self.patterns[name] = self._pattern_part(predictor)
        ints = self._integers(cells.unit[keep], cells.pattern[keep])
        floats = self._reals(cells.events[keep], cells.trials[keep])
        self._do(kernel.BINOMIAL, ints, floats, self.eta[name, None], self.patterns[name], n)

    def _unit_noise(self, name: str, row: int) -> None:
        """Density of centred unit effects, but of those that stand among the completions."""
        start = self.layout.offsets["unit_z"] + row * self.units
        self.no_prior += range(start, start + self.units)
        kept = np.setdiff1d(np.arange(self.units), self.marginalised[name])
        n = len(kept)
        _, sd = self._unit_factors(row)
        self._normals(list(start + kept), [self.zero] * n, [sd] * n, [_TOTAL] * n)

    def _pattern_part(self, predictor: Predictor) -> int:
        """What years and kinds of pupils add to the predictor."""
        patterns = len(self.data.patterns)
        out = self._room(patterns)
        if predictor.intercepts is None:
            raise ValueError(predictor.variable)
        rows = self._integers(pattern_years(self.layout))
        base = self._slot("intercept", predictor.intercepts)
        self._do(kernel.GATHER, out, self.one, base, rows, patterns)
        for index in predictor.cell_weights:
            weight = self.layout.weights[index]
            column = self.data.covariates[weight.cause]
            values = (
                column.standardised
                if weight.cause_level is None
                else column.indicator(weight.cause_level)
            )
            self._do(
                kernel.AXPY, out, self._slot("weight", index), self._constant(values), patterns
            )
        return out

    def _observe_items(self, name: str) -> None:
        theta = self.eta[name, None]
        scales = [scale for scale in self.layout.scales if scale.variable == name]
        for scale, answers in zip(scales, self.data.items[name].T, strict=True):
            known = np.flatnonzero(answers >= 0)
            loading = self._slot("loading", scale.loading or 0)
            self._observe_scale(scale, answers[known], theta + known, loading)

    def _observe_levels(self, name: str) -> None:
        kept = self._kept(name)
        ranks = self.data.columns[name].values[kept].astype(np.int64)
        eta = self.eta[name, None] + kept
        if self.data.spec.variables[name].kind is Kind.ORDINAL:
            scale = next(scale for scale in self.layout.scales if scale.name == name)
            self._observe_scale(scale, ranks, eta, self.one)
        else:
            signs = np.where(ranks == 1, -1.0, 1.0)
            zero = np.full(len(kept), self.zero)
            self._sigmoids(zero, np.full(len(kept), self.one), eta, signs)

    def _sigmoids(self, cuts: Ints, loadings: Ints, scores: Ints, signs: Floats) -> None:
        if len(cuts):
            ints = self._integers(cuts, loadings, scores)
            self._do(kernel.SIGMOID, ints, self._reals(signs), len(cuts))

    def _observe_scale(self, scale: Scale, ranks: Ints, scores: Ints, loading: int) -> None:
        """An answer lies below its upper cut and above its lower one."""
        first, last = self.cuts[scale.name], len(scale.levels) - 1
        below, above = ranks < last, ranks > 0
        cuts = first + np.concatenate([ranks[below], ranks[above] - 1])
        both = np.concatenate([scores[below], scores[above]])
        signs = np.concatenate([np.ones(below.sum()), -np.ones(above.sum())])
        # the kernel adds what equal cuts receive together first
        order = np.argsort(cuts, kind="stable")
        self._sigmoids(cuts[order], np.full(len(cuts), loading), both[order], signs[order])
        inner = np.bincount(ranks, minlength=last + 1)[1:last]
        self._gaps(
            [self._slot("gap", scale.gaps + gap) for gap in range(last - 1)],
            [_TOTAL] * (last - 1),
            inner.astype(np.float64),
        )

    def _gaps(self, slots: Sequence[int], targets: Sequence[int], weights: Floats) -> None:
        some = np.flatnonzero(weights)
        if len(some):
            ints = self._integers(np.array(slots)[some], np.array(targets)[some])
            self._do(kernel.GAP, ints, self._reals(weights[some]), len(some))

    def _observe_nominal(self, name: str) -> None:
        kept = self._kept(name)
        ranks = self.data.columns[name].values[kept].astype(np.int64)
        self._categorical(name, kept, ranks, np.zeros((len(kept), 0)), [_TOTAL] * len(kept))

    def _categorical(
        self, name: str, units: Ints, ranks: Ints, etas: Floats, targets: Sequence[int]
    ) -> None:
        """Rows of the multinomial logit; ``etas`` are slots that replace the predictors'."""
        predictors = self.layout.predictors_of[name]
        slots = (
            etas.astype(np.int64)
            if etas.shape[1]
            else np.column_stack([self.eta[name, item.level] + units for item in predictors])
        )
        place = {item.level: row for row, item in enumerate(predictors)}
        seen = np.array([place.get(int(rank), -1) for rank in ranks], dtype=np.int64)
        rows = np.column_stack([slots, seen, np.asarray(targets, dtype=np.int64)])
        if len(rows):
            ints = self._integers(rows.ravel())
            self._do(kernel.CATEGORICAL, ints, len(rows), len(predictors) + 1)

    def _observe_continuous(self, name: str, predictor: Predictor) -> None:
        kept = self._kept(name)
        # the data have a slot of their own: imputed values are computed, not observed
        self._normals(
            [self.value[name] + unit for unit in kept],
            [self.eta[name, None] + unit for unit in kept],
            [self._residual(predictor)] * len(kept),
            [_TOTAL] * len(kept),
        )
        if name in self.layout.imputed:
            self._without_imputed_prior(name)
            self._impute(name, predictor)

    def _without_imputed_prior(self, name: str) -> None:
        labels = self.layout.block("imputed_z").dims["imputed"]
        start = self.layout.offsets["imputed_z"]
        for unit in set(self.marginalised[name]) & set(self.layout.imputed[name]):
            self.no_prior.append(start + labels.index(f"{name}[{self.data.units[unit]}]"))

    def _normals(
        self, x: Sequence[int], mean: Sequence[int], sd: Sequence[int], targets: Sequence[int]
    ) -> None:
        if len(x):
            self._do(kernel.NORMAL, self._integers(x, mean, sd, targets), len(x))

    # -- missing levels ---------------------------------------------------------------------------

    def _complete(self) -> None:
        """Sum over the completions of what is missing."""
        if not self.completions:
            return
        weights = np.array([item.log_weight for item in self.completions])
        self.targets = self._constant(weights)
        for name in self.layout.order:
            rows = [
                (row, item) for row, item in enumerate(self.completions) if name in item.affected
            ]
            unseen = self._imputed_here(name)
            for part in (
                [row for row in rows if row[1].unit in unseen],
                [row for row in rows if row[1].unit not in unseen],
            ):
                if part:
                    self._complete_one(name, part, imputed=part[0][1].unit in unseen)
        blocks = np.bincount([item.block for item in self.completions])
        firsts = self.targets + np.concatenate([[0], np.cumsum(blocks)[:-1]])
        pairs = np.column_stack([firsts, blocks]).ravel()
        self._do(kernel.LOGSUMEXP, self._integers(pairs), len(blocks))

    def _imputed_here(self, name: str) -> frozenset[int]:
        return frozenset(self.layout.imputed.get(name, ()))

    def _complete_one(
        self, name: str, rows: list[tuple[int, Completion]], *, imputed: bool
    ) -> None:
        units = np.array([item.unit for _, item in rows], dtype=np.int64)
        targets = [self.targets + row for row, _ in rows]
        predictors = self.layout.predictors_of[name]
        shifts = [self._shift(predictor, rows) for predictor in predictors]
        if self.layout.passes_on(name):
            self.passed_on |= {
                (name, row): slot for (row, _), slot in zip(rows, shifts[0], strict=True)
            }
        kind = self.data.spec.variables[name].kind
        if kind in (Kind.LATENT, Kind.COUNT) or imputed:
            self._complete_noise(name, predictors[0], units, shifts[0], targets)
            return
        etas = [
            self._sum(self.eta[name, predictor.level] + units, shift)
            for predictor, shift in zip(predictors, shifts, strict=True)
        ]
        ranks = self._ranks(name, rows)
        if kind is Kind.CONTINUOUS:
            values = [self.value[name] + unit for unit in units]
            sd = [self._residual(predictors[0])] * len(rows)
            self._normals(values, list(etas[0]), sd, targets)
        elif kind is Kind.NOMINAL:
            stacked = np.column_stack(etas).astype(np.float64)
            self._categorical(name, units, ranks, stacked, targets)
        else:
            self._complete_levels(name, kind, ranks, etas[0], targets)

    def _shift(self, predictor: Predictor, rows: list[tuple[int, Completion]]) -> Ints:
        """Slots of what the filled-in levels add to a predictor."""
        out = self._room(len(rows))
        terms = []
        for index in predictor.weights:
            weight = self.layout.weights[index]
            for k, (row, item) in enumerate(rows):
                slot = self.passed_on.get((weight.cause, row))
                if weight.cause in item.levels:
                    value = self._entered(weight.cause, weight.cause_level, item)
                    slot = self._constant(np.array([value]))
                if slot is not None:
                    terms.append((out + k, self._slot("weight", index), slot))
        if terms:
            self._muladd(*zip(*terms, strict=True))
        return np.arange(out, out + len(rows))

    def _entered(self, cause: str, level: int | None, item: Completion) -> float:
        column, rank = self.data.columns[cause], item.levels[cause]
        if level is not None:
            return float(rank == level) - column.share(level)
        return (rank - column.centre) / column.scale

    def _sum(self, eta: Ints, shift: Ints) -> Ints:
        out = self._room(len(eta))
        places = np.arange(out, out + len(eta))
        self._muladd(places, [self.one] * len(eta), eta)
        self._muladd(places, [self.one] * len(eta), shift)
        return places

    def _ranks(self, name: str, rows: list[tuple[int, Completion]]) -> Ints:
        column = self.data.columns[name]
        return np.array(
            [
                item.levels.get(name, -1 if column.missing[item.unit] else column.values[item.unit])
                for _, item in rows
            ],
            dtype=np.int64,
        )

    def _complete_noise(
        self,
        name: str,
        predictor: Predictor,
        units: Ints,
        shift: Ints,
        targets: Sequence[int],
    ) -> None:
        """Noise that makes up for the shift of each completion.

        The predictor was computed without the missing causes, so its noise is normal around what
        they would have added, in units of its standard deviation.
        """
        if predictor.kind is Kind.COUNT and predictor.unit_effect is None:
            self._complete_counts(name, units, shift, targets)
            return
        noise = self._noise(name, predictor, units)
        scaled = self._room(len(units))
        places = list(range(scaled, scaled + len(units)))
        self._muladd(places, [noise.factor] * len(units), noise.slots)
        # N(factor·z; shift, sd) is the density of the predictor; times the factor it is that of z
        self._normals(places, list(shift), [noise.sd] * len(units), targets)
        for weight, parameter in noise.log_factor:
            self._muladd(targets, [weight] * len(units), [parameter] * len(units))

    def _noise(self, name: str, predictor: Predictor, units: Ints) -> _Noise:
        if predictor.kind is Kind.LATENT:
            start = self.layout.block("latent_z").dims["latent"].index(name) * self.units
            slots = [self._slot("latent_z", start + int(unit)) for unit in units]
            return _Noise(slots, self.one, self.one, [])
        if predictor.unit_effect is not None:
            row = predictor.unit_effect
            slots = [self._slot("unit_z", row * self.units + int(unit)) for unit in units]
            logarithm = self.layout.offsets["unit_sd"] + row
            factor, _ = self._unit_factors(row)
            power = self._constant(np.array([1 - self.layout.centring[row]]))
            return _Noise(slots, factor, self._slot("unit_sd", row), [(power, logarithm)])
        labels = self.layout.block("imputed_z").dims["imputed"]
        slots = [
            self._slot("imputed_z", labels.index(f"{name}[{self.data.units[unit]}]"))
            for unit in units
        ]
        sd = self._residual(predictor)
        logarithm = self.layout.offsets["residual_sd"] + sd - self._slot("residual_sd")
        return _Noise(slots, sd, sd, [(self.one, logarithm)])

    def _complete_levels(
        self, name: str, kind: Kind, ranks: Ints, etas: Ints, targets: Sequence[int]
    ) -> None:
        goal = np.asarray(targets, dtype=np.int64)
        if kind is Kind.BINARY:
            signs = np.where(ranks == 1, -1.0, 1.0)
            self._weighted(np.full(len(ranks), self.zero), etas, signs, np.ones(len(ranks)), goal)
            return
        scale = next(scale for scale in self.layout.scales if scale.name == name)
        first, last = self.cuts[name], len(scale.levels) - 1
        below, above = ranks < last, ranks > 0
        self._weighted(
            first + np.concatenate([ranks[below], ranks[above] - 1]),
            np.concatenate([etas[below], etas[above]]),
            np.concatenate([np.ones(below.sum()), -np.ones(above.sum())]),
            np.ones(int(below.sum() + above.sum())),
            np.concatenate([goal[below], goal[above]]),
        )
        inner = below & above
        slots = [self._slot("gap", scale.gaps + int(rank) - 1) for rank in ranks[inner]]
        self._gaps(slots, list(goal[inner]), np.ones(int(inner.sum())))

    def _weighted(
        self, cuts: Ints, etas: Ints, signs: Floats, weights: Floats, targets: Ints
    ) -> None:
        if len(cuts):
            ints = self._integers(cuts, np.full(len(cuts), self.one), etas, targets)
            floats = self._reals(signs, weights)
            self._do(kernel.WEIGHTED_SIGMOID, ints, floats, len(cuts))

    def _complete_counts(self, name: str, units: Ints, shift: Ints, targets: Sequence[int]) -> None:
        """Counts of units without an effect of their own: events and the rest of each cell."""
        cells = self.data.cells[name]
        rows, cell = cells_of(cells, units)
        etas = self._sum(self.eta[name, None] + units[rows], shift[rows])
        self._muladd(etas, [self.one] * len(rows), self.patterns[name] + cells.pattern[cell])
        goal = np.asarray(targets, dtype=np.int64)[rows]
        zero = np.full(len(rows), self.zero)
        events = cells.events[cell].astype(np.float64)
        failures = (cells.trials - cells.events)[cell].astype(np.float64)
        self._weighted(zero, etas, -np.ones(len(rows)), events, goal)
        self._weighted(zero, etas, np.ones(len(rows)), failures, goal)


def pattern_years(layout: Layout) -> Ints:
    """Per pattern the place of its year among the years; zeros for a flat table."""
    patterns = layout.data.patterns
    if "jaar" not in patterns:
        return np.zeros(len(patterns), dtype=np.int64)
    years = sorted(set(patterns["jaar"]))
    return np.array([years.index(year) for year in patterns["jaar"]], dtype=np.int64)
