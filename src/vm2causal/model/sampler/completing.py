"""Operations that sum over what missing levels could have been."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from vm2causal.model.data.columns import Floats, Ints
from vm2causal.model.families.family import Rows
from vm2causal.model.missing.completions import Completion, cells_of
from vm2causal.model.sampler import kernel
from vm2causal.model.sampler.assembler import Assembler
from vm2causal.model.structural_layout import Layout
from vm2causal.model.structural_parameters import Predictor

Placed = list[tuple[int, Completion]]
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

    def _rows(self, name: str, *, imputed: bool) -> Placed:
        """Completions that a variable depends on, of units where it is imputed or of the others."""
        unseen = self._imputed_here(name)
        return [
            (row, item)
            for row, item in enumerate(self.completions)
            if name in item.affected and (item.unit in unseen) == imputed
        ]

    def _imputed_here(self, name: str) -> frozenset[int]:
        return frozenset(self.layout.imputed.get(name, ()))

    def _complete_one(self, name: str, rows: Placed, *, imputed: bool) -> None:
        units = np.array([item.unit for _, item in rows], dtype=np.int64)
        targets = np.array([self.targets + row for row, _ in rows], dtype=np.int64)
        predictors = self.layout.predictors_of[name]
        shifts = [self._shift(predictor, rows) for predictor in predictors]
        if self.layout.passes_on(name):
            self.passed_on |= {
                (name, row): slot for (row, _), slot in zip(rows, shifts[0], strict=True)
            }
        if imputed:
            self.complete_noise(name, predictors[0], units, shifts[0], targets)
        else:
            self.layout.family(name).complete(self, name, units, rows, shifts, targets)

    def complete_column(
        self, name: str, units: Ints, rows: Placed, shifts: Sequence[Ints], targets: Ints
    ) -> None:
        """Density of a column whose own value may be one of the levels filled in."""
        etas = tuple(
            self._sum(self.eta[name, predictor.level] + units, shift)
            for predictor, shift in zip(self.layout.predictors_of[name], shifts, strict=True)
        )
        column = self.data.columns[name]
        seen = (
            column.standardised[units] if column.numeric else self._ranks(name, rows).astype(float)
        )
        self.layout.family(name).write(self, name, Rows(seen, etas, units, targets))

    def _shift(self, predictor: Predictor, rows: Placed) -> Ints:
        """Slots of what the filled-in levels add to a predictor; written once."""
        key = predictor, rows[0][0]
        if key not in self.shifts:
            self.shifts[key] = self._written_shift(predictor, rows)
        return self.shifts[key]

    def _written_shift(self, predictor: Predictor, rows: Placed) -> Ints:
        out = self.tape.room(len(rows))
        products = [
            (out + place, first, second)
            for term in predictor.terms
            for place, first, second in term.filled_slots(self, rows)
        ]
        if products:
            self.tape.muladd(*zip(*products, strict=True))
        return np.arange(out, out + len(rows))

    def _sum(self, eta: Ints, shift: Ints) -> Ints:
        out = self.tape.room(len(eta))
        places = np.arange(out, out + len(eta))
        self.tape.muladd(places, [self.one] * len(eta), eta)
        self.tape.muladd(places, [self.one] * len(eta), shift)
        return places

    def _ranks(self, name: str, rows: Placed) -> Ints:
        column = self.data.columns[name]
        return np.array(
            [
                item.levels.get(name, -1 if column.missing[item.unit] else column.values[item.unit])
                for _, item in rows
            ],
            dtype=np.int64,
        )

    def complete_noise(
        self,
        name: str,
        predictor: Predictor,
        units: Ints,
        shift: Ints,
        targets: Ints,
    ) -> None:
        """Noise that makes up for the shift of each completion.

        The predictor was computed without the missing causes, so its noise is normal around what
        they would have added, in units of its standard deviation.
        """
        self.noise_shifts.setdefault(name, {}).update(
            {goal - self.targets: int(slot) for goal, slot in zip(targets, shift, strict=True)}
        )
        noise = self._noise(name, predictor, units)
        scaled = self.tape.room(len(units))
        places = np.arange(scaled, scaled + len(units))
        self.tape.muladd(places, [noise.sd] * len(units), noise.slots)
        # N(sd·z; shift, sd) is the density of the predictor; times sd it is that of z
        self.normals(places, shift, np.full(len(units), noise.sd), targets)
        if noise.log_sd is not None:
            self.tape.muladd(targets, [self.one] * len(units), [noise.log_sd] * len(units))

    def _noise(self, name: str, predictor: Predictor, units: Ints) -> _Noise:
        if self.layout.family(name).own_noise:
            start = self.layout.block("latent_z").dims["latent"].index(name) * self.units
            slots = [self.slot("latent_z", start + int(unit)) for unit in units]
            return _Noise(slots, self.one, None)
        if predictor.unit_effect is not None:
            row = predictor.unit_effect
            slots = [self.slot("unit_z", row * self.units + int(unit)) for unit in units]
            sd = self.slot("unit_sd", row)
            return _Noise(slots, sd, self.layout.offsets["unit_sd"] + row)
        labels = self.layout.block("imputed_z").dims["imputed"]
        slots = [
            self.slot("imputed_z", labels.index(f"{name}[{self.data.units[unit]}]"))
            for unit in units
        ]
        sd = self.shape_slot("residual_sd", name)
        logarithm = self.layout.offsets["residual_sd"] + sd - self.slot("residual_sd")
        return _Noise(slots, sd, logarithm)

    def complete_cells(self, name: str, units: Ints, shift: Ints, targets: Ints) -> None:
        """Counts of units without an effect of their own: events and the rest of each cell."""
        cells = self.data.cells[name]
        rows, cell = cells_of(cells, units)
        etas = self._sum(self.eta[name, None] + units[rows], shift[rows])
        self.tape.muladd(etas, [self.one] * len(rows), self.patterns[name] + cells.pattern[cell])
        failures = (cells.trials - cells.events)[cell]
        for sign, weights in ((-1.0, cells.events[cell]), (1.0, failures)):
            self._weighted(etas, sign, weights.astype(np.float64), targets[rows])

    def _weighted(self, etas: Ints, sign: float, weights: Floats, targets: Ints) -> None:
        if len(etas):
            ints = self.tape.integers(np.full(len(etas), self.zero), etas, targets)
            floats = self.tape.reals(np.full(len(etas), sign), weights)
            keep = self.tape.room(len(etas))
            self.tape.at_desk(kernel.DESK * len(etas))
            self.tape.do(kernel.WEIGHTED_SIGMOID, ints, floats, keep, len(etas))
