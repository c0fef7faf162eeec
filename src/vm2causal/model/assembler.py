"""From a layout to operations: parameters, predictors in causal order, likelihoods."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from vm2causal.model import kernel
from vm2causal.model.columns import Floats, Ints
from vm2causal.model.marginal import completions, marginalised_units
from vm2causal.model.noise import NestedNoise, Noise, group_noise, nested_noise
from vm2causal.model.result_names import held_as
from vm2causal.model.structural_layout import Layout, pattern_years
from vm2causal.model.structural_parameters import (
    Predictor,
    Scale,
    zero_sum_basis,
)
from vm2causal.model.tape import Program, Tape
from vm2causal.spec.words import Kind

_TOTAL: Final = -1
"""Target of a term that is added straight to the log-density."""


@dataclass(frozen=True)
class Split:
    """Slots of a group's standard deviation s, of tanh(a) and 1 / cosh(a), and of both times s."""

    sd: int
    polar: int
    cause: int
    rest: int


class Assembler:
    """Writes the operations of a layout in causal order."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.data = layout.data
        self.units = len(layout.data.units)
        self.tape = Tape(layout.size)
        self.exponentials: dict[str, int] = {}
        self.eta: dict[tuple[str, int | None], int] = {}
        self.value: dict[str, int] = {}
        self.completions = completions(layout)
        self.marginalised = marginalised_units(layout, self.completions)
        self.no_prior: list[int] = []
        self.patterns: dict[str, int] = {}
        self.splits: dict[int, Split] = {}

    def program(self) -> Program:
        """Write everything."""
        self.one = self.tape.constant(np.ones(1))
        self.zero = self.tape.constant(np.zeros(1))
        self.minus = self.tape.constant(-np.ones(1))
        self._move_at_once()
        self._exponentiate()
        self.level_effects = self._level_effects()
        self._move_terms()
        self.cuts = self._cut_slots()
        self._exogenous()
        self._move_hidden()
        self._begin_completions()
        for name in self.layout.order:
            for predictor in self.layout.predictors_of.get(name, ()):
                self.eta[name, predictor.level] = self._predictor(predictor)
            if name in self.layout.predictors_of:
                self._observe(name)
                self._complete(name)
        self._sum_completions()
        # of the parameters as they stand when everything that moves them has been done
        self.tape.do(kernel.PRIOR)
        return self.tape.program(self._priors())

    def _move_at_once(self) -> None:
        """Move parameters before anything is computed from them; here they are not moved."""

    def _move_terms(self) -> None:
        """Move intercepts and cuts when effects of levels are known; here they are not moved."""

    def _move_hidden(self) -> None:
        """Move unobserved causes before anything that they act on; here they are not moved."""

    def _begin_completions(self) -> None:
        """Write what is known of missing levels before anything else; here nothing is."""

    def _complete(self, name: str) -> None:
        """Write what a variable says of missing levels; nothing, where none is missing."""

    def _sum_completions(self) -> None:
        """Sum over what missing levels could have been; nothing, where none is missing."""

    def _slot(self, block: str, index: int = 0) -> int:
        """Slot of a parameter, exponentiated where it is positive."""
        start = self.exponentials.get(block, self.layout.offsets[block])
        return start + index

    # -- parameters -------------------------------------------------------------------------------

    def _exponentiate(self) -> None:
        for block in self.layout.blocks:
            size = int(np.prod(block.shape))
            if block.positive and size:
                out = self.tape.room(size)
                self.tape.do(kernel.EXP, out, self.layout.offsets[block.name], size)
                self.exponentials[block.name] = out

    def _level_effects(self) -> dict[tuple[str, int], int]:
        """Slots of the zero-sum effects of each pooled nominal cause, before their scale."""
        found: dict[tuple[str, int], int] = {}
        for group in dict.fromkeys(name for name, _ in self.layout.pooled):
            rows, contrasts = self.layout.block(f"{held_as(group)}_z").shape
            levels = contrasts + 1
            constants = self.tape.constant(zero_sum_basis(levels).ravel())
            out = self.tape.room(rows * levels)
            row, level, contrast = np.indices((rows, levels, contrasts)).reshape(3, -1)
            self.tape.muladd(
                out + row * levels + level,
                constants + level * contrasts + contrast,
                self._slot(f"{held_as(group)}_z") + row * contrasts + contrast,
            )
            found |= {(group, place): out + place * levels for place in range(rows)}
        return found

    def _cut_slots(self) -> dict[int, int]:
        """Cutpoints of each scale, by its anchor: the middle one, and gaps up and down from it."""
        found, terms = {}, []
        for scale in self.layout.scales:
            cuts = len(scale.levels) - 1
            out = found[scale.anchor] = self.tape.room(cuts)
            anchor = self._slot("cut", scale.anchor)
            terms += [(out + rank, self.one, anchor) for rank in range(cuts)]
            for rank in range(cuts):
                low, high = sorted((rank, scale.middle))
                sign = self.one if rank > scale.middle else self.minus
                gaps = self._slot("gap", scale.gaps)
                terms += [(out + rank, sign, gaps + gap) for gap in range(low, high)]
        if terms:
            self.tape.muladd(*zip(*terms, strict=True))
        return found

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
            self.value[name] = self.tape.constant(column.standardised)
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
            self.tape.muladd(out, [self.one] * len(units), noise)
            return
        eta = self.eta[name, None]
        self.tape.muladd(out, [self.one] * len(units), [eta + unit for unit in units])
        self.tape.muladd(out, [self._residual(predictor)] * len(units), noise)

    def _residual(self, predictor: Predictor) -> int:
        names = self.layout.block("residual_sd").dims["continuous"]
        return self._slot("residual_sd", names.index(predictor.variable))

    def _predictor(self, predictor: Predictor) -> int:
        out = self.tape.room(self.units)
        self._add_causes(out, predictor)
        for group, row in predictor.pooled:
            scaled = self._slot(f"{held_as(group)}_sd", self.layout.sd_rows[group, row])
            codes = self.tape.integers(self.data.groups[group].codes)
            self.tape.do(
                kernel.GATHER, out, scaled, self.level_effects[group, row], codes, self.units
            )
        self._add_noise(predictor, out)
        return out

    def _add_noise(self, predictor: Predictor, out: int) -> None:
        """Effects of groups, of unobserved causes and of units; the nested ones last."""
        nested, shared = nested_noise(self.layout, predictor), self.layout.shared_group(predictor)
        if shared is not None:
            row = self.layout.sd_rows[shared[0], dict(predictor.groups)[shared[0]]]
            self._split(shared[1], self._slot(f"{held_as(shared[0])}_sd", row))
        last = frozenset() if nested is None else nested.groups
        groups = [group_noise(self.layout, *place) for place in predictor.groups]
        anchored = self._anchored(predictor, last)
        for noise in groups:
            if noise.group not in last:
                self._add(out, noise, predictor)
        for name, index in predictor.hidden:
            if index != anchored:
                self._add_hidden(out, name, index)
        if nested is None:
            return
        self._move(predictor, nested, out)
        for noise in nested.parts:
            self._add(out, noise, predictor)
        for name, index in predictor.hidden:
            if index == anchored:
                self._add_hidden(out, name, index)

    def _move(self, predictor: Predictor, nested: NestedNoise, out: int) -> None:
        """Move noise before it is used, all other terms standing in ``out``; here it is not."""

    def _add(self, out: int, noise: Noise, predictor: Predictor) -> None:
        sd, z = self._noise_sd(noise, predictor), noise.first
        if noise.group is None:
            self.tape.do(kernel.AXPY, out, sd, z, self.units)
        else:
            self.tape.do(kernel.GATHER, out, sd, z, self.tape.integers(noise.codes), self.units)

    def _noise_sd(self, noise: Noise, predictor: Predictor) -> int:
        """Slot of a standard deviation: of a shared group's effect, what its cause leaves it."""
        shared = self.layout.shared_group(predictor)
        if shared is not None and noise.group == shared[0]:
            return self.splits[shared[1]].rest
        return self.one if noise.sd is None else self._slot(*noise.sd)

    def _anchored(self, predictor: Predictor, groups: frozenset[str]) -> int | None:
        """Index of the unobserved cause that has its anchor in the effect of one of the groups."""
        shared = self.layout.shared_group(predictor)
        if shared is None or shared[0] not in groups:
            return None
        return shared[1] if self.layout.hidden_signs[shared[1]] is not None else None

    def _add_causes(self, out: int, predictor: Predictor) -> None:
        """Causes times their coefficients, and the intercept."""
        for index in predictor.weights:
            if not self._is_known(index):
                cause, slot = self.layout.weights[index].cause, self._slot("weight", index)
                column = self.data.columns.get(cause)
                computed = self.eta.get((cause, None)) if column is None else None
                values = self.value[cause] if computed is None else computed
                self.tape.do(kernel.AXPY, out, slot, values, self.units)
        self.tape.combine(out, self._known_terms(predictor))

    def _is_known(self, index: int) -> bool:
        """Whether what a coefficient is multiplied by stands in the data."""
        cause = self.layout.weights[index].cause
        return cause in self.data.columns and cause not in self.layout.imputed

    def _known_terms(self, predictor: Predictor) -> list[tuple[int, Floats]]:
        """Slots of coefficients of causes in the data, and of the intercept, with their columns."""
        found = []
        for index in filter(self._is_known, predictor.weights):
            weight = self.layout.weights[index]
            entered = self.data.columns[weight.cause].entered(weight.cause_level)
            found.append((self._slot("weight", index), entered))
        if predictor.kind is not Kind.COUNT and predictor.intercepts is not None:
            found.append((self._slot("intercept", predictor.intercepts), np.ones(self.units)))
        return found

    def _split(self, index: int, sd: int) -> None:
        """Split a group's standard deviation between an unobserved cause and the rest."""
        block, row = self.layout.hidden_place(index)
        polar, parts = self.tape.room(2), self.tape.room(2)
        self.tape.do(kernel.POLAR, polar, self._slot(block, row))
        self.tape.muladd([parts, parts + 1], [sd, sd], [polar, polar + 1])
        self.splits[index] = Split(sd, polar, parts, parts + 1)

    def _add_hidden(self, out: int, name: str, index: int) -> None:
        split, z = self.splits.get(index), self._slot(f"{held_as(name)}_z")
        weight = self._slot(*self.layout.hidden_place(index)) if split is None else split.cause
        sign = self.layout.hidden_signs[index]
        if sign is not None and sign < 0:
            negative = self.tape.room(1)
            self.tape.muladd([negative], [self.minus], [weight])
            weight = negative
        group = self.layout.hidden[name]
        if group == self.data.unit:
            self.tape.do(kernel.AXPY, out, weight, z, self.units)
        else:
            codes = self.tape.integers(self.data.groups[group].codes)
            self.tape.do(kernel.GATHER, out, weight, z, codes, self.units)

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
            self._without_prior("unit_z", name)
            keep = np.ones(len(cells.unit), dtype=bool)
        else:
            keep = ~np.isin(cells.unit, self.marginalised[name])
        self.patterns[name] = self._pattern_part(predictor)
        ends, firsts = runs_of(cells.unit[keep])
        ints = self.tape.integers(ends, cells.unit[keep][firsts], cells.pattern[keep])
        floats = self.tape.reals(cells.events[keep], cells.trials[keep])
        places = self.eta[name, None], self.patterns[name]
        self.tape.at_desk(kernel.DESK * len(keep))
        self.tape.do(kernel.BINOMIAL, ints, floats, *places, int(keep.sum()), len(ends))

    def _pattern_part(self, predictor: Predictor) -> int:
        """What years and kinds of pupils add to the predictor."""
        patterns = len(self.data.patterns)
        out = self.tape.room(patterns)
        if predictor.intercepts is None:
            raise ValueError(predictor.variable)
        rows = self.tape.integers(pattern_years(self.layout))
        base = self._slot("intercept", predictor.intercepts)
        self.tape.do(kernel.GATHER, out, self.one, base, rows, patterns)
        self.tape.combine(
            out,
            [
                (self._slot("weight", index), self._covariate(index))
                for index in predictor.cell_weights
            ],
        )
        return out

    def _covariate(self, index: int) -> Floats:
        """What a coefficient of pupils is multiplied by, per pattern."""
        weight = self.layout.weights[index]
        return self.data.covariates[weight.cause].entered(weight.cause_level)

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
            scale = self.layout.scale(name)
            self._observe_scale(scale, ranks, eta, self.one)
        else:
            signs = np.where(ranks == 1, -1, 1)
            self._sigmoids(np.full(len(kept), self.zero), signs, eta, self.one)

    def _sigmoids(self, cuts: Ints, signs: Ints, scores: Ints, loading: int) -> None:
        """Terms in any order: the kernel adds up first what equal cuts and signs receive."""
        order = np.lexsort((signs, cuts))
        cuts, signs = cuts[order], signs[order]
        ends, firsts = runs_of(cuts, signs)
        if len(cuts):
            ints = self.tape.integers(ends, cuts[firsts], signs[firsts], scores[order])
            self.tape.at_desk(kernel.DESK * len(cuts))
            self.tape.do(kernel.SIGMOID, ints, loading, len(cuts), len(ends))

    def _observe_scale(self, scale: Scale, ranks: Ints, scores: Ints, loading: int) -> None:
        """An answer lies below its upper cut and above its lower one."""
        first, last = self.cuts[scale.anchor], len(scale.levels) - 1
        below, above = ranks < last, ranks > 0
        cuts = first + np.concatenate([ranks[below], ranks[above] - 1])
        both = np.concatenate([scores[below], scores[above]])
        signs = np.repeat([1, -1], [below.sum(), above.sum()])
        self._sigmoids(cuts, signs, both, loading)
        inner = np.bincount(ranks, minlength=last + 1)[1:last]
        self._gaps(
            [self._slot("gap", scale.gaps + gap) for gap in range(last - 1)],
            [_TOTAL] * (last - 1),
            inner.astype(np.float64),
        )

    def _gaps(self, slots: Sequence[int], targets: Sequence[int], weights: Floats) -> None:
        some = np.flatnonzero(weights)
        if len(some):
            ints = self.tape.integers(np.array(slots)[some], np.array(targets)[some])
            self.tape.do(kernel.GAP, ints, self.tape.reals(weights[some]), len(some))

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
            ints = self.tape.integers(rows.ravel())
            self.tape.do(kernel.CATEGORICAL, ints, len(rows), len(predictors) + 1)

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
            self.tape.do(kernel.NORMAL, self.tape.integers(x, mean, sd, targets), len(x))


def runs_of(*columns: Ints) -> tuple[Ints, Ints]:
    """Where runs of equal rows end, and where they begin."""
    rows = len(columns[0])
    new = np.ones(rows, dtype=bool)
    new[1:] = np.any([column[1:] != column[:-1] for column in columns], axis=0)
    firsts = np.flatnonzero(new)
    return np.append(firsts[1:], rows)[: len(firsts)], firsts
