"""Operations that sum over what missing levels could have been."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from vm2causal.model import kernel
from vm2causal.model.assembler import Assembler
from vm2causal.model.columns import Floats, Ints
from vm2causal.model.marginal import Completion, cells_of
from vm2causal.model.structural_layout import Layout
from vm2causal.model.structural_parameters import Predictor
from vm2causal.spec.words import Kind

Rows = list[tuple[int, Completion]]
"""Completions with their places among all."""


@dataclass(frozen=True)
class _Noise:
    """Slots of the noise of a variable, of its standard deviation and the log of that if not 0."""

    slots: list[int]
    sd: int
    log_sd: int | None


class CompletingAssembler(Assembler):
    """Also writes the completions of missing levels, after everything else."""

    def __init__(self, layout: Layout) -> None:
        super().__init__(layout)
        self.passed_on: dict[tuple[str, int], int] = {}
        self.targets = 0
        self.noise_shifts: dict[str, dict[int, int]] = {}
        self.shifts: dict[tuple[Predictor, int], Ints] = {}

    def _begin_completions(self) -> None:
        weights = np.array([item.log_weight for item in self.completions])
        self.targets = self.tape.constant(weights)

    def _complete(self, name: str) -> None:
        for rows, imputed in ((self._rows(name, imputed=here), here) for here in (True, False)):
            if rows:
                self._complete_one(name, rows, imputed=imputed)

    def _sum_completions(self) -> None:
        if not self.completions:
            return
        lengths = np.bincount([item.block for item in self.completions])
        n = len(self.completions)
        self.tape.at_desk(n)
        ints = self.tape.integers(lengths)
        self.tape.do(kernel.LOGSUMEXP, ints, self.targets, n, len(lengths))

    def _rows(self, name: str, *, imputed: bool) -> Rows:
        """Completions that a variable depends on, of units where it is imputed or of the others."""
        unseen = self._imputed_here(name)
        return [
            (row, item)
            for row, item in enumerate(self.completions)
            if name in item.affected and (item.unit in unseen) == imputed
        ]

    def _imputed_here(self, name: str) -> frozenset[int]:
        return frozenset(self.layout.imputed.get(name, ()))

    def _complete_one(self, name: str, rows: Rows, *, imputed: bool) -> None:
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

    def _shift(self, predictor: Predictor, rows: Rows) -> Ints:
        """Slots of what the filled-in levels add to a predictor; written once."""
        key = predictor, rows[0][0]
        if key not in self.shifts:
            self.shifts[key] = self._written_shift(predictor, rows)
        return self.shifts[key]

    def _written_shift(self, predictor: Predictor, rows: Rows) -> Ints:
        out = self.tape.room(len(rows))
        terms = []
        for index in predictor.weights:
            weight = self.layout.weights[index]
            for k, (row, item) in enumerate(rows):
                slot = self.passed_on.get((weight.cause, row))
                if weight.cause in item.levels:
                    rank = item.levels[weight.cause]
                    column = self.data.columns[weight.cause]
                    value = column.entered_rank(rank, weight.cause_level)
                    slot = self.tape.constant(np.array([value]))
                if slot is not None:
                    terms.append((out + k, self._slot("weight", index), slot))
        if terms:
            self.tape.muladd(*zip(*terms, strict=True))
        return np.arange(out, out + len(rows))

    def _sum(self, eta: Ints, shift: Ints) -> Ints:
        out = self.tape.room(len(eta))
        places = np.arange(out, out + len(eta))
        self.tape.muladd(places, [self.one] * len(eta), eta)
        self.tape.muladd(places, [self.one] * len(eta), shift)
        return places

    def _ranks(self, name: str, rows: Rows) -> Ints:
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
        self.noise_shifts.setdefault(name, {}).update(
            {goal - self.targets: int(slot) for goal, slot in zip(targets, shift, strict=True)}
        )
        noise = self._noise(name, predictor, units)
        scaled = self.tape.room(len(units))
        places = list(range(scaled, scaled + len(units)))
        self.tape.muladd(places, [noise.sd] * len(units), noise.slots)
        # N(sd·z; shift, sd) is the density of the predictor; times sd it is that of z
        self._normals(places, list(shift), [noise.sd] * len(units), targets)
        if noise.log_sd is not None:
            self.tape.muladd(targets, [self.one] * len(units), [noise.log_sd] * len(units))

    def _noise(self, name: str, predictor: Predictor, units: Ints) -> _Noise:
        if predictor.kind is Kind.LATENT:
            start = self.layout.block("latent_z").dims["latent"].index(name) * self.units
            slots = [self._slot("latent_z", start + int(unit)) for unit in units]
            return _Noise(slots, self.one, None)
        if predictor.unit_effect is not None:
            row = predictor.unit_effect
            slots = [self._slot("unit_z", row * self.units + int(unit)) for unit in units]
            sd = self._slot("unit_sd", row)
            return _Noise(slots, sd, self.layout.offsets["unit_sd"] + row)
        labels = self.layout.block("imputed_z").dims["imputed"]
        slots = [
            self._slot("imputed_z", labels.index(f"{name}[{self.data.units[unit]}]"))
            for unit in units
        ]
        sd = self._residual(predictor)
        logarithm = self.layout.offsets["residual_sd"] + sd - self._slot("residual_sd")
        return _Noise(slots, sd, logarithm)

    def _complete_levels(
        self, name: str, kind: Kind, ranks: Ints, etas: Ints, targets: Sequence[int]
    ) -> None:
        goal = np.asarray(targets, dtype=np.int64)
        if kind is Kind.BINARY:
            signs = np.where(ranks == 1, -1.0, 1.0)
            self._weighted(np.full(len(ranks), self.zero), etas, signs, np.ones(len(ranks)), goal)
            return
        scale = self.layout.scale(name)
        first, last = self.cuts[scale.anchor], len(scale.levels) - 1
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
            ints = self.tape.integers(cuts, etas, targets)
            floats, keep = self.tape.reals(signs, weights), self.tape.room(len(cuts))
            self.tape.at_desk(kernel.DESK * len(cuts))
            self.tape.do(kernel.WEIGHTED_SIGMOID, ints, floats, keep, len(cuts))

    def _complete_counts(self, name: str, units: Ints, shift: Ints, targets: Sequence[int]) -> None:
        """Counts of units without an effect of their own: events and the rest of each cell."""
        cells = self.data.cells[name]
        rows, cell = cells_of(cells, units)
        etas = self._sum(self.eta[name, None] + units[rows], shift[rows])
        self.tape.muladd(etas, [self.one] * len(rows), self.patterns[name] + cells.pattern[cell])
        goal = np.asarray(targets, dtype=np.int64)[rows]
        zero = np.full(len(rows), self.zero)
        events = cells.events[cell].astype(np.float64)
        failures = (cells.trials - cells.events)[cell].astype(np.float64)
        self._weighted(zero, etas, -np.ones(len(rows)), events, goal)
        self._weighted(zero, etas, np.ones(len(rows)), failures, goal)
