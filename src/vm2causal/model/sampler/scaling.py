"""Operations that move standard deviations, and what grows with them, in place.

They come before anything is computed from parameters. What they are for stands in
:mod:`~vm2causal.model.sampler.coordinates`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from vm2causal.model.data.columns import Floats
from vm2causal.model.result_names import held_as, slopes_as
from vm2causal.model.sampler import kernel
from vm2causal.model.sampler.completing import CompletingAssembler
from vm2causal.model.sampler.information import (
    SPREAD,
    gaussian_summaries,
    shared_information,
    usual_weight,
)
from vm2causal.model.sampler.noise import nested_noise, unit_noise
from vm2causal.model.structural_layout import Layout
from vm2causal.model.structural_parameters import Predictor, Scale
from vm2causal.model.terms import CurveDeviation, VaryingCoefficient

MANY: Final = 10
"""Levels from which data say something of the standard deviation of a group.

Of fewer they hardly say how large it may be: its logarithm is nearly as normal as by the prior.
"""
_SCALED_FROM: Final = 4.0
"""What data say of each level of a group, on average, from which its noise is scaled."""
_POWER: Final = 0.5
"""Half-way between noise and effect: good where data say much, and never far off."""
_KNEES: Final = (0.1, 10.0)
"""Least and largest knee. Below the least a standard deviation hardly matters, and where data know
one well its logarithm is as good."""
_LEAST: Final = 1e-9
"""What data say that say nothing, as a divisor."""


@dataclass(frozen=True)
class Scaling:
    """Noise that the sampler has multiplied by something that grows with its standard deviation s.

    Parameters
    ----------
    first, size
        Which parameters.
    log_sd
        Parameter that holds log s.
    information
        What data say of each, w: multiplied by √(1 + s² w), so that it is the noise where s is
        small, and the effect in units of its error where s is large. None for √s, half-way.
    """

    first: int
    size: int
    log_sd: int
    information: float | None = None


class ScalingAssembler(CompletingAssembler):
    """Also moves standard deviations, and what grows with them."""

    def __init__(self, layout: Layout) -> None:
        super().__init__(layout)
        self.summaries = {item: gaussian_summaries(layout, item) for item in layout.predictors}
        # of predictors of answers: log of how much coefficients grow with the noise of groups
        self.log_growth: dict[Predictor, int] = {}
        # filled before gaps and cuts are moved; per scale or gap, in their order
        self.narrow_gaps = self.log_width = self.log_ratio = 0

    def _move_at_once(self) -> None:
        self._bend()
        self._grow()
        if self.layout.scales:
            self._move_gaps()
        for scaling in self.scalings():
            factor = self._exponential(self._log_factor(scaling))
            self.tape.do(kernel.SCALE, scaling.first, factor, scaling.size)

    def _log_factor(self, scaling: Scaling) -> int:
        if scaling.information is None:
            return self._product(scaling.log_sd, self._number(-_POWER))
        widened = self.tape.room(1)
        self.tape.do(kernel.WIDEN, widened, scaling.log_sd, self._number(scaling.information), 1)
        return self._product(self.minus, widened)

    # -- standard deviations ----------------------------------------------------------------------

    def knees(self) -> dict[int, float]:
        """Knee of each standard deviation that is bent, by the parameter that is its logarithm.

        What data say of its square, at none, is half the sum of the squares of what they say of
        each level: below the root of the error of that the likelihood is flat.
        """
        squares: dict[int, float] = {}
        for predictor in self.layout.predictors:
            information = shared_information(self.layout, predictor, self.summaries[predictor])
            own = unit_noise(self.layout, predictor)
            levels = {
                self._log_sd(group, row): np.bincount(self.data.groups[group].codes, information)
                for group, row in (*predictor.pooled, *predictor.groups)
            }
            levels |= {
                self._log_sd_of_slopes(term): self._said_of_levels(term, information)
                for term in self._varying(predictor)
            }
            if own is not None and own.sd is not None:
                slot = self.layout.offsets["unit_sd"] + own.sd[1]
                levels[slot] = usual_weight(self.summaries[predictor])
            for slot, of_level in levels.items():
                if len(of_level) >= MANY:
                    squares[slot] = squares.get(slot, 0.0) + float(of_level @ of_level)
        return {
            slot: float(np.clip((2.0 / max(square, _LEAST)) ** 0.25, *_KNEES))
            for slot, square in sorted(squares.items())
        }

    def _bend(self) -> None:
        knees = self.knees()
        if knees:
            logs = self.tape.constant(np.log(list(knees.values())))
            self.tape.do(kernel.BEND, self.tape.integers(list(knees)), logs, len(knees))

    def scalings(self) -> tuple[Scaling, ...]:
        """Effects of groups that are not moved as nested noise, and of which data say much."""
        found = []
        for predictor in self.layout.predictors:
            nested = nested_noise(self.layout, predictor)
            moved = frozenset() if nested is None else nested.groups
            known = shared_information(self.layout, predictor, self.summaries[predictor]).sum()
            for group, row in (*predictor.pooled, *predictor.groups):
                levels = len(set(self.data.groups[group].codes.tolist()))
                if group not in moved and known >= _SCALED_FROM * levels:
                    size = self.layout.block(f"{held_as(group)}_z").shape[1]
                    first = self.layout.offsets[f"{held_as(group)}_z"] + row * size
                    found.append(Scaling(first, size, self._log_sd(group, row)))
            found += self._scaled_slopes(predictor)
            found += self._scaled_curves(predictor)
        return tuple(found)

    def _scaled_slopes(self, predictor: Predictor) -> Iterator[Scaling]:
        """Deviations of coefficients, by what data say of those of a level."""
        information = shared_information(self.layout, predictor, self.summaries[predictor])
        for term in self._varying(predictor):
            block, codes = f"{slopes_as(term.group)}_z", self.data.levels_of(term.group).codes
            said = self._said_of_levels(term, information)[np.unique(codes)]
            size = self.layout.block(block).shape[1]
            first = self.layout.offsets[block] + term.row * size
            # levels of which data say little must not be scaled as if they said much
            usual = float(np.exp(np.log(said + _LEAST).mean()))
            yield Scaling(first, size, self._log_sd_of_slopes(term), usual)

    def _scaled_curves(self, predictor: Predictor) -> Iterator[Scaling]:
        """Columns of curves, by what data say of each; of those that wiggle most it is least."""
        information = shared_information(self.layout, predictor, self.summaries[predictor])
        for term in predictor.modifiers:
            if not isinstance(term, CurveDeviation):
                continue
            values = self.known_column(term.index)
            assert values is not None  # every unit's value is known
            said = information @ term.curve(self.layout).columns(values) ** 2
            first = self.layout.offsets["arrow_curve_z"] + term.rows(self.layout).start
            log_sd = self.layout.offsets["arrow_curve_sd"] + term.row
            for place, much in enumerate(said):
                yield Scaling(first + place, 1, log_sd, float(much))

    @staticmethod
    def _varying(predictor: Predictor) -> list[VaryingCoefficient]:
        return [term for term in predictor.modifiers if isinstance(term, VaryingCoefficient)]

    def _log_sd_of_slopes(self, term: VaryingCoefficient) -> int:
        return self.layout.offsets[f"{slopes_as(term.group)}_sd"] + term.row

    def _said_of_levels(self, term: VaryingCoefficient, information: Floats) -> Floats:
        """What data say of the coefficient in each level, given what each unit says.

        What it is multiplied by has the square 1, as is usual, where it is computed.
        """
        known = self.known_column(term.index)
        squares = np.ones(self.units) if known is None else known**2
        return np.bincount(self.data.levels_of(term.group).codes, information * squares)

    def _log_sd(self, group: str, row: int) -> int:
        return self.layout.offsets[f"{held_as(group)}_sd"] + self.layout.sd_rows[group, row]

    # -- what grows with them ---------------------------------------------------------------------

    def _grow(self) -> None:
        """Answers vary more for groups, by √(1 + 0.4 s²), and so do coefficients."""
        for predictor in self.layout.predictors:
            if not self.layout.family(predictor.variable).single_answers:
                continue
            logs = [
                self._wider(self._log_sd(group, row), 1)
                for group, row in predictor.groups
                if len(self.data.groups[group].labels) >= MANY
            ]
            if not logs:
                continue
            growth = self.log_growth[predictor] = self.tape.room(1)
            self._add_products([(growth, self.one, slot) for slot in logs])
            factor = self._exponential(growth)
            for index in predictor.weights:
                self.tape.do(kernel.SCALE, self.slot("weight", index), factor, 1)

    def _wider(self, first: int, n: int) -> int:
        """Slots of log √(1 + 0.4 e^2x), of parameters x."""
        out = self.tape.room(n)
        self.tape.do(kernel.WIDEN, out, first, self._number(SPREAD), n)
        return out

    def _move_gaps(self) -> None:
        """Answers to an item vary the more for its construct: by √(1 + 0.4 λ²), and so do its cuts.

        Kept per scale are the logs of that and of the loading divided by it; of a variable itself
        those of how much its coefficients grow, and of one divided by that. Kept are the gaps too
        as they are before that: the cuts are moved by those.
        """
        offsets, scales = self.layout.offsets, self.layout.scales
        loading = offsets["loading"]
        self.log_width, self.log_ratio = self.tape.room(len(scales)), self.tape.room(len(scales))
        gaps = sum(len(scale.levels) - 2 for scale in scales)
        self.narrow_gaps = self.tape.room(gaps)
        self.tape.do(kernel.EXP, self.narrow_gaps, offsets["gap"], gaps)
        items = [scale for scale in scales if scale.loading is not None]
        wider = self._wider(loading, len(items))
        found = []
        for scale in scales:
            width = self._width(scale, wider)
            if width is None:
                continue
            found += [
                (self.log_width + scale.anchor, self.one, width),
                (self.log_ratio + scale.anchor, self.minus, width),
            ]
            if scale.loading is not None:
                ratio = self.log_ratio + scale.anchor
                found.append((ratio, self.one, loading + scale.loading))
            first = offsets["gap"] + scale.gaps
            found += [(first + gap, self.one, width) for gap in range(len(scale.levels) - 2)]
        self._add_products(found)

    def _width(self, scale: Scale, wider: int) -> int | None:
        """Slot of the log of by how much its answers vary more; None where that is 0."""
        if scale.loading is not None:
            return wider + scale.loading
        return self.log_growth.get(self.layout.predictors_of[scale.variable][0])

    # -- small sums -------------------------------------------------------------------------------

    def _add_products(self, terms: Sequence[tuple[int, int, int]]) -> None:
        """Add to slots the products of two others."""
        if terms:
            self.tape.muladd(*zip(*terms, strict=True))

    def _number(self, value: float) -> int:
        return self.tape.constant(np.array([value]))

    def _product(self, first: int, second: int) -> int:
        out = self.tape.room(1)
        self.tape.muladd([out], [first], [second])
        return out

    def _exponential(self, slot: int) -> int:
        out = self.tape.room(1)
        self.tape.do(kernel.EXP, out, slot, 1)
        return out
