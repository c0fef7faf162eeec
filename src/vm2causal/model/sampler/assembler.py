"""From a layout to operations: parameters, predictors in causal order, likelihoods."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vm2causal.model.data.columns import Floats, Ints
from vm2causal.model.families.family import TOTAL, Rows
from vm2causal.model.missing.completions import completions, marginalised_units
from vm2causal.model.result_names import held_as, slopes_as
from vm2causal.model.sampler import half_normal, kernel
from vm2causal.model.sampler.noise import NestedNoise, Noise, nested_noise
from vm2causal.model.sampler.rowwise import compiled
from vm2causal.model.sampler.tape import Program, Tape
from vm2causal.model.structural_layout import Layout
from vm2causal.model.structural_parameters import (
    Predictor,
    Scale,
    zero_sum_basis,
)
from vm2causal.model.terms import (
    GroupEffect,
    Term,
    UnitEffect,
    UnobservedCause,
    VaryingCoefficient,
)


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
        self.entered: dict[tuple[str, int | None], int] = {}
        self.stepped: dict[int, int] = {}
        self.levels_of_steps: dict[int, int] = {}
        self.written_deviations: dict[tuple[str, int], int] = {}

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
                self.layout.family(name).observe(self, name)
                self._complete(name)
        self._sum_completions()
        # of the parameters as they stand when everything that moves them has been done
        self._half_normals()
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

    def slot(self, block: str, index: int = 0) -> int:
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
        """Slots of effects that sum to zero, before their scale; by what their name begins with.

        Those of a nominal cause that is a group, and of coefficients by the levels of a variable.
        """
        found: dict[tuple[str, int], int] = {}
        for block in self.layout.blocks:
            if block.zero_sum is None:
                continue
            rows, contrasts = block.shape
            levels = contrasts + 1
            constants = self.tape.constant(zero_sum_basis(levels).ravel())
            out = self.tape.room(rows * levels)
            row, level, contrast = np.indices((rows, levels, contrasts)).reshape(3, -1)
            self.tape.muladd(
                out + row * levels + level,
                constants + level * contrasts + contrast,
                self.slot(block.name) + row * contrasts + contrast,
            )
            begins = block.name.removesuffix("_z")
            found |= {(begins, place): out + place * levels for place in range(rows)}
        return found

    def _cut_slots(self) -> dict[int, int]:
        """Cutpoints of each scale, by its anchor: the middle one, and gaps up and down from it."""
        found, terms = {}, []
        for scale in self.layout.scales:
            cuts = len(scale.levels) - 1
            out = found[scale.anchor] = self.tape.room(cuts)
            anchor = self.slot("cut", scale.anchor)
            terms += [(out + rank, self.one, anchor) for rank in range(cuts)]
            for rank in range(cuts):
                low, high = sorted((rank, scale.middle))
                sign = self.one if rank > scale.middle else self.minus
                gaps = self.slot("gap", scale.gaps)
                terms += [(out + rank, sign, gaps + gap) for gap in range(low, high)]
        if terms:
            self.tape.muladd(*zip(*terms, strict=True))
        return found

    def _priors(self) -> Floats:
        mean = np.concatenate([block.mean.ravel() for block in self.layout.blocks])
        sd = np.concatenate([block.sd.ravel() for block in self.layout.blocks])
        precision = 1.0 / sd**2
        norm = -np.log(sd) - 0.5 * np.log(2 * np.pi)
        half = np.concatenate(
            [np.full(int(np.prod(block.shape)), block.half_normal) for block in self.layout.blocks]
        )
        precision[half] = 0.0
        norm[half] = half_normal.constant(sd[half])
        precision[self.no_prior] = 0.0
        norm[self.no_prior] = 0.0
        return np.concatenate([mean, precision, norm])

    def _half_normals(self) -> None:
        """Densities of standard deviations that may be 0; parameters are their logarithms."""
        for block in self.layout.blocks:
            size = int(np.prod(block.shape))
            if block.half_normal and size:
                places = self.layout.offsets[block.name] + np.arange(size)
                rows = Rows(block.sd.ravel(), (places,), np.arange(size))
                self.rowwise(half_normal.log_densities, rows, np.zeros(size), ())

    # -- predictors -------------------------------------------------------------------------------

    def _exogenous(self) -> None:
        """Standardised values of causes, with the imputed ones among them."""
        for name, column in self.data.columns.items():
            if column.kind.unordered:
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
        noise = [self.slot("imputed_z", place + k) for k in range(len(units))]
        out = [self.value[name] + unit for unit in units]
        if predictor is None:
            self.tape.muladd(out, [self.one] * len(units), noise)
            return
        eta = self.eta[name, None]
        self.tape.muladd(out, [self.one] * len(units), [eta + unit for unit in units])
        residual = self.shape_slot("residual_sd", name)
        self.tape.muladd(out, [residual] * len(units), noise)

    def _predictor(self, predictor: Predictor) -> int:
        out = self.tape.room(self.units)
        self._add_terms(out, predictor, predictor.fixed)
        self._add_noise(predictor, out)
        return out

    def _add_terms(self, out: int, predictor: Predictor, terms: Sequence[Term]) -> None:
        """Columns of the data times their coefficients in one operation, all else term by term."""
        known = [term.known(self) for term in terms]
        self.tape.combine(out, [pair for pair in known if pair is not None])
        for term, pair in zip(terms, known, strict=True):
            if pair is None:
                term.write(self, predictor, out)

    def known_terms(self, predictor: Predictor) -> list[tuple[int, Floats]]:
        """Slots of coefficients of causes in the data, and of the intercept, with their columns."""
        return [pair for term in predictor.fixed if (pair := term.known(self)) is not None]

    def known_column(self, index: int) -> Floats | None:
        """What a coefficient is multiplied by, where that is a column of the data."""
        weight = self.layout.weights[index]
        column = self.data.columns.get(weight.cause)
        if column is None or weight.cause in self.layout.imputed or weight.steps is not None:
            return None
        return column.entered(weight.cause_level)

    def entered_slots(self, index: int) -> int:
        """Slots of what a coefficient is multiplied by, one per unit."""
        weight = self.layout.weights[index]
        if weight.steps is not None:
            return self._stepped(index)
        if weight.cause not in self.data.columns and (weight.cause, None) in self.eta:
            return self.eta[weight.cause, None]
        if weight.cause_level is None:
            return self.value[weight.cause]
        key = weight.cause, weight.cause_level
        if key not in self.entered:
            column = self.data.columns[weight.cause]
            self.entered[key] = self.tape.constant(column.entered(weight.cause_level))
        return self.entered[key]

    def entered_rank(self, index: int, rank: int) -> int:
        """Slot of what a coefficient is multiplied by where its cause has the level of a rank."""
        weight = self.layout.weights[index]
        if weight.steps is not None:
            return self._levels_of_steps(index) + rank
        entered = self.data.columns[weight.cause].entered_rank(rank, weight.cause_level)
        return self.tape.constant(np.array([entered]))

    def _stepped(self, index: int) -> int:
        """Slots of what a monotone arrow's coefficient is multiplied by; 0 where missing."""
        if index not in self.stepped:
            column = self.data.columns[self.layout.weights[index].cause]
            ranks = np.where(column.missing, -1, column.values).astype(np.int64)
            out = self.stepped[index] = self.tape.room(self.units)
            self.add_by_level(out, self.one, self._levels_of_steps(index), ranks)
        return self.stepped[index]

    def _levels_of_steps(self, index: int) -> int:
        """Slots of what is entered for each level of a monotone arrow's cause; written once."""
        if index not in self.levels_of_steps:
            steps = self.layout.weights[index].steps
            assert steps is not None
            levels, number = steps.matrix.shape
            shares, out = self.tape.room(number), self.tape.room(levels)
            first = self.layout.offsets["arrow_step"] + steps.first
            self.tape.do(kernel.SHARES, shares, first, number)
            constants = self.tape.constant(steps.matrix.ravel())
            level, step = np.indices((levels, number)).reshape(2, -1)
            self.tape.muladd(out + level, constants + np.arange(level.size), shares + step)
            self.levels_of_steps[index] = out
        return self.levels_of_steps[index]

    def deviations(self, term: VaryingCoefficient) -> int:
        """Slots of how far a coefficient lies from its mean in each level; written once."""
        key = term.group, term.row
        if key not in self.written_deviations:
            name, levels = slopes_as(term.group), len(self.data.levels_of(term.group).labels)
            out = self.written_deviations[key] = self.tape.room(levels)
            effects = self.level_effects.get((name, term.row))
            first = self.slot(f"{name}_z") + term.row * levels if effects is None else effects
            self.times(out, self.slot(f"{name}_sd", term.row), first, levels)
        return self.written_deviations[key]

    def times(self, out: int, factor: int, first: int, n: int) -> None:
        """Add to n slots those from ``first``, times one factor."""
        self.tape.do(kernel.AXPY, out, factor, first, n)

    def add(self, out: int, coefficient: int, first: int) -> None:
        """Add to a predictor the slots from ``first``, one per unit, times a coefficient."""
        self.times(out, coefficient, first, self.units)

    def add_by_level(self, out: int, coefficient: int, first: int, codes: Ints) -> None:
        """Add to slots that of their level among those from ``first``, times a coefficient."""
        self.tape.do(kernel.GATHER, out, coefficient, first, self.tape.integers(codes), len(codes))

    def _add_noise(self, predictor: Predictor, out: int) -> None:
        """Effects of groups, of unobserved causes and of units; the nested ones last."""
        nested, shared = nested_noise(self.layout, predictor), self.layout.shared_group(predictor)
        if shared is not None:
            row = self.layout.sd_rows[shared[0], dict(predictor.groups)[shared[0]]]
            self._split(shared[1], self.slot(f"{held_as(shared[0])}_sd", row))
        groups = frozenset[str]() if nested is None else nested.groups
        anchored = self._anchored(predictor, groups)
        for term in predictor.noise:
            if nested is None or not self._is_nested(term, groups, anchored):
                term.write(self, predictor, out)
        if nested is None:
            return
        self._move(predictor, nested, out)
        for term in predictor.noise:
            if self._is_nested(term, groups, anchored):
                term.write(self, predictor, out)
        if self.layout.family(predictor.variable).own_noise:
            self.add_noise(nested.inner, predictor, out)

    @staticmethod
    def _is_nested(term: Term, groups: frozenset[str], anchored: int | None) -> bool:
        """Whether a term is of the noise that is moved together, or anchored in it."""
        match term:
            case GroupEffect(group=group):
                return group in groups
            case UnobservedCause(index=index):
                return index == anchored
        return isinstance(term, UnitEffect)

    def _move(self, predictor: Predictor, nested: NestedNoise, out: int) -> None:
        """Move noise before it is used, all other terms standing in ``out``; here it is not."""

    def add_noise(self, noise: Noise, predictor: Predictor, out: int) -> None:
        """Add effects times their standard deviation."""
        sd, z = self._noise_sd(noise, predictor), noise.first
        if noise.group is None:
            self.add(out, sd, z)
        else:
            self.add_by_level(out, sd, z, noise.codes)

    def _noise_sd(self, noise: Noise, predictor: Predictor) -> int:
        """Slot of a standard deviation: of a shared group's effect, what its cause leaves it."""
        shared = self.layout.shared_group(predictor)
        if shared is not None and noise.group == shared[0]:
            return self.splits[shared[1]].rest
        return self.one if noise.sd is None else self.slot(*noise.sd)

    def _anchored(self, predictor: Predictor, groups: frozenset[str]) -> int | None:
        """Index of the unobserved cause that has its anchor in the effect of one of the groups."""
        shared = self.layout.shared_group(predictor)
        if shared is None or shared[0] not in groups:
            return None
        return shared[1] if self.layout.hidden_signs[shared[1]] is not None else None

    def _split(self, index: int, sd: int) -> None:
        """Split a group's standard deviation between an unobserved cause and the rest."""
        block, row = self.layout.hidden_place(index)
        polar, parts = self.tape.room(2), self.tape.room(2)
        self.tape.do(kernel.POLAR, polar, self.slot(block, row))
        self.tape.muladd([parts, parts + 1], [sd, sd], [polar, polar + 1])
        self.splits[index] = Split(sd, polar, parts, parts + 1)

    # -- likelihoods ------------------------------------------------------------------------------

    def kept(self, name: str) -> Ints:
        """Units whose density of a variable stands in the log-density itself."""
        known = self.data.seen(name)
        known[self.marginalised[name]] = False
        return np.flatnonzero(known)

    def without_prior(self, block: str, name: str) -> None:
        """Noise whose density stands among the completions has no prior of its own."""
        dims = self.layout.block(block).dims
        row = next(iter(dims.values())).index(name)
        start = self.layout.offsets[block] + row * self.units
        self.no_prior += [start + int(unit) for unit in self.marginalised[name]]

    def shape_slot(self, block: str, name: str) -> int:
        """Slot of a parameter of a likelihood beside its predictor."""
        return self.slot(block, self.layout.shape_row(block, name))

    def binomials(self, name: str, predictor: Predictor, keep: npt.NDArray[np.bool_]) -> None:
        """Densities of events in cells, which years and kinds of pupils add to as well."""
        cells = self.data.cells[name]
        self.patterns[name] = self._pattern_part(predictor)
        ends, firsts = runs_of(cells.unit[keep])
        ints = self.tape.integers(ends, cells.unit[keep][firsts], cells.pattern[keep])
        floats = self.tape.reals(cells.events[keep], cells.trials[keep])
        places = self.eta[name, None], self.patterns[name]
        self.tape.at_desk(kernel.DESK * len(keep))
        self.tape.do(kernel.BINOMIAL, ints, floats, *places, int(keep.sum()), len(ends))

    def _pattern_part(self, predictor: Predictor) -> int:
        """What years and kinds of pupils add to the predictor."""
        out = self.tape.room(len(self.data.patterns))
        self._add_terms(out, predictor, predictor.of_cells)
        return out

    def sigmoids(
        self, cuts: Ints, signs: Ints, scores: Ints, loading: int, targets: Ints | None
    ) -> None:
        """Terms log σ(sign · (cut − loading · score)), to slots, or to the log-density.

        Straight to the log-density they may come in any order: the kernel adds up first what equal
        cuts and signs receive. To slots they have no loading.
        """
        if not len(cuts):
            return
        self.tape.at_desk(kernel.DESK * len(cuts))
        if targets is not None:
            ints = self.tape.integers(cuts, scores, targets)
            floats = self.tape.reals(signs, np.ones(len(cuts)))
            keep = self.tape.room(len(cuts))
            self.tape.do(kernel.WEIGHTED_SIGMOID, ints, floats, keep, len(cuts))
            return
        order = np.lexsort((signs, cuts))
        cuts, signs = cuts[order], signs[order]
        ends, firsts = runs_of(cuts, signs)
        ints = self.tape.integers(ends, cuts[firsts], signs[firsts], scores[order])
        self.tape.do(kernel.SIGMOID, ints, loading, len(cuts), len(ends))

    def gaps(self, scale: Scale, ranks: Ints, targets: Ints | None) -> None:
        """Terms log(1 − e^−gap) of answers between two cuts."""
        last = len(scale.levels) - 1
        if targets is None:
            weights = np.bincount(ranks, minlength=last + 1)[1:last].astype(np.float64)
            gap = np.flatnonzero(weights)
            weights, goals = weights[gap], np.full(len(gap), TOTAL)
        else:
            inner = (ranks > 0) & (ranks < last)
            gap, goals, weights = ranks[inner] - 1, targets[inner], np.ones(int(inner.sum()))
        if len(gap):
            slots = self.slot("gap", scale.gaps) + gap
            self.tape.do(
                kernel.GAP, self.tape.integers(slots, goals), self.tape.reals(weights), len(gap)
            )

    def categorical(self, rows: Ints) -> None:
        """Rows of a multinomial logit: slots of predictors, the place of the one seen, target."""
        if len(rows):
            ints = self.tape.integers(rows.ravel())
            self.tape.do(kernel.CATEGORICAL, ints, len(rows), rows.shape[1] - 1)

    def rowwise(
        self, likelihood: Callable[..., None], rows: Rows, added: Floats, shared: Sequence[int]
    ) -> None:
        """Densities of a likelihood that is compiled by itself.

        Parameters
        ----------
        likelihood
            See :func:`~vm2causal.model.sampler.rowwise.compiled`.
        added
            What is known to be added to the linear predictor of each row.
        shared
            Slots of the parameters that rows share.
        """
        n, m = len(rows.units), len(shared)
        if n:
            ints = self.tape.integers(rows.etas[0], rows.goals, shared)
            floats = self.tape.reals(rows.seen, added)
            self.tape.at_desk(kernel.ROWWISE_DESK * n + 2 * m)
            self.tape.do(kernel.ROWWISE, compiled(likelihood).address, ints, floats, n, m)

    def normals(self, x: Ints, mean: Ints, sd: Ints, targets: Ints) -> None:
        """Normal densities of slots."""
        if len(x):
            self.tape.do(kernel.NORMAL, self.tape.integers(x, mean, sd, targets), len(x))

    def impute_effect(self, name: str) -> None:
        """Put imputed values in place, which are computed, not observed."""
        labels = self.layout.block("imputed_z").dims["imputed"]
        start = self.layout.offsets["imputed_z"]
        for unit in set(self.marginalised[name]) & set(self.layout.imputed[name]):
            self.no_prior.append(start + labels.index(f"{name}[{self.data.units[unit]}]"))
        self._impute(name, self.layout.predictors_of[name][0])


def runs_of(*columns: Ints) -> tuple[Ints, Ints]:
    """Where runs of equal rows end, and where they begin."""
    rows = len(columns[0])
    new = np.ones(rows, dtype=bool)
    new[1:] = np.any([column[1:] != column[:-1] for column in columns], axis=0)
    firsts = np.flatnonzero(new)
    return np.append(firsts[1:], rows)[: len(firsts)], firsts
