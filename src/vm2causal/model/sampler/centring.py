"""Operations that move parameters from the sampler's coordinates to the model's, in place.

What they are for stands in :mod:`~vm2causal.model.sampler.coordinates`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from vm2causal.model.data.columns import Floats
from vm2causal.model.result_names import held_as
from vm2causal.model.sampler import kernel
from vm2causal.model.sampler.information import (
    GaussianSummary,
    answers,
    middle_cut,
    shared_information,
)
from vm2causal.model.sampler.noise import NestedNoise, Noise, group_noise, unit_noise
from vm2causal.model.sampler.scaling import ScalingAssembler
from vm2causal.model.sampler.starting_signs import children_of, unsplit
from vm2causal.model.structural_parameters import Predictor, Scale
from vm2causal.model.terms import PupilCoefficient

_OF_VARIANCE: Final = 0.2
"""Share of the variance of what missing levels add that is taken as that of one normal.

With all of it, a level has a narrow peak where the standard deviation of units is small, in which
the sampler's steps are too long; with none, peaks are far apart.
"""
_LEAST: Final = 1e-9
"""What data say that say nothing, as a divisor."""


class CentringAssembler(ScalingAssembler):
    """Also moves parameters from the sampler's coordinates to the model's, in place."""

    def _move_terms(self) -> None:
        means = self._level_means()
        self._move_intercepts(means)
        self._move_years()
        if self.layout.scales:
            self._move_cuts({item.variable: slot for item, slot in means.items()})

    def _move_intercepts(self, means: Mapping[Predictor, int]) -> None:
        found = []
        for predictor in self.layout.predictors:
            if predictor.intercepts is not None and predictor in means:
                most = int(self._information_of_years(predictor).argmax())
                place = self.slot("intercept", predictor.intercepts + most)
                growth, mean = self.log_growth.get(predictor), means[predictor]
                if growth is not None:
                    mean = self._product(mean, self._exponential(self._product(growth, self.minus)))
                found.append((place, self.minus, mean))
        self._add_products(found)
        # last, since it is undone with the intercepts as they stand
        for predictor, growth in self.log_growth.items():
            if predictor.intercepts is not None:
                place = self.slot("intercept", predictor.intercepts)
                self.tape.do(kernel.SCALE, place, self._exponential(growth), 1)

    def _level_means(self) -> dict[Predictor, int]:
        """Slot of the mean over units of the effects of zero-sum groups, per predictor."""
        found: dict[Predictor, int] = {}
        effects, scaled = [], []
        for predictor in self.layout.predictors:
            per_unit = shared_information(self.layout, predictor, self.summaries[predictor])
            for group, row in predictor.pooled:
                effect = self.level_effects[held_as(group), row]
                codes = self.data.groups[group].codes
                information = np.bincount(codes, per_unit)
                shares = self.tape.constant(information / max(information.sum(), _LEAST))
                mean = self.tape.room(1)
                effects += [(mean, shares + k, effect + k) for k in range(len(information))]
                if predictor not in found:
                    found[predictor] = self.tape.room(1)
                sd = self.slot(f"{held_as(group)}_sd", self.layout.sd_rows[group, row])
                scaled.append((found[predictor], sd, mean))
        self._add_products(effects)
        self._add_products(scaled)
        return found

    def _move_years(self) -> None:
        """Mean and differences → intercepts: the mean stands at the year that data say most of."""
        found = []
        for predictor in self.layout.predictors:
            if predictor.intercepts is None:
                continue
            information = self._information_of_years(predictor)
            first, most = self.slot("intercept", predictor.intercepts), int(information.argmax())
            others = [year for year in range(len(information)) if year != most]
            shares = -information / max(information[most], _LEAST)
            found += [(first + most, first + year, shares[year]) for year in others]
        factors = self.tape.constant(np.array([share for *_, share in found]))
        kept = self.tape.room(len(found))
        self._add_products([(kept + k, self.one, mean) for k, (mean, *_) in enumerate(found)])
        self._add_products([(mean, factors + k, year) for k, (mean, year, _) in enumerate(found)])
        self._add_products([(year, self.one, kept + k) for k, (_, year, _) in enumerate(found)])

    def _information_of_years(self, predictor: Predictor) -> Floats:
        """What data say of the intercept of each year of a count."""
        of_cells = self.summaries[predictor][0].cells
        if of_cells is None:
            return np.ones(1)
        years = self.data.pattern_years
        year = years[self.data.cells[predictor.variable].pattern]
        return np.bincount(year, of_cells, len(set(years.tolist())))

    def _move_cuts(self, means: Mapping[str, int]) -> None:
        """Cuts of shares of answers → cuts given the score; first the one that data say most of."""
        offsets, scales = self.layout.offsets, self.layout.scales
        ratios, factors = self.tape.room(len(scales)), self.tape.room(len(scales))
        self.tape.do(kernel.EXP, ratios, self.log_ratio, len(scales))
        self.tape.do(kernel.EXP, factors, self.log_width, len(scales))
        found = []
        for scale in scales:
            cut = offsets["cut"] + scale.anchor
            if scale.variable in means:
                found.append((cut, ratios + scale.anchor, means[scale.variable]))
            best = middle_cut(answers(self.layout, scale), scale)
            low, high = sorted((scale.middle, best))
            sign = self.minus if best > scale.middle else self.one
            found += [(cut, sign, self.narrow_gaps + scale.gaps + gap) for gap in range(low, high)]
        self._add_products(found)
        # last, since it is undone with the cuts as they stand
        self.tape.do(kernel.SCALE, offsets["cut"], factors, len(scales), 1)

    def _move_hidden(self) -> None:
        for name in unsplit(self.layout):
            pull, weight = self.tape.room(self.units), self.tape.room(self.units)
            informed = False
            for predictor, index in children_of(self.layout, name):
                # noise of units of its own stands between such an effect and its data
                if unit_noise(self.layout, predictor) is None:
                    self._add_information(predictor, index, pull, weight)
                    informed = True
            if informed:
                self._centre_hidden(name, pull, weight)

    def _add_information(self, predictor: Predictor, index: int, pull: int, weight: int) -> None:
        """Add what an effect says of its unobserved cause, beside the causes in the data."""
        sign = self.minus if (self.layout.hidden_signs[index] or 1.0) < 0 else self.one
        arrow = self._product(sign, self.slot(*self.layout.hidden_place(index)))
        mean, taken = self.tape.room(self.units), self.tape.room(self.units)
        self.tape.combine(mean, self.known_terms(predictor))
        pulls, weights = self._working(predictor)
        every = range(self.units)
        columns = ([slot + unit for unit in every] for slot in (taken, weights, mean))
        self.tape.muladd(*columns)
        left = self._copy(pulls)
        self.tape.do(kernel.AXPY, left, self.minus, taken, self.units)
        self.tape.do(kernel.AXPY, pull, arrow, left, self.units)
        self.tape.do(kernel.AXPY, weight, self._product(arrow, arrow), weights, self.units)

    def _centre_hidden(self, name: str, pull: int, weight: int) -> None:
        group = self.layout.hidden[name]
        levels = self.data.groups.get(group)
        codes = np.arange(self.units) if group == self.data.unit or levels is None else levels.codes
        number = self.layout.block(f"{held_as(name)}_z").shape[0]
        first = self.layout.offsets[f"{held_as(name)}_z"]
        cause = Noise(first, codes, number, None, None)
        nested = NestedNoise(cause, None, np.zeros(0, dtype=np.int64))
        mean, spread = self.tape.room(self.units), self.tape.room(number)
        self._centre(nested, (mean, pull, weight, self.zero, self.one, spread))

    def _move(self, predictor: Predictor, nested: NestedNoise, out: int) -> None:
        inner, outer = nested.inner, nested.outer
        data = self._working(predictor)
        # a copy, since noise will be added to the predictor
        mean, spread = self._copy(out), self.tape.room(inner.levels)
        around, sd = (
            self.zero if noise is None else self._whole_sd(noise, predictor)
            for noise in (outer, inner)
        )
        missing = self._missing(predictor, inner)
        if not missing:
            self._centre(nested, (mean, *data, around, sd, spread))
        else:
            added = self._seem(predictor, missing, (mean, *data), sd, around)
            mean = self._with_levels(missing, added, mean, spread)
            self._centre(nested, (mean, *data, around, sd, spread))
            places = self.tape.integers([inner.first + unit for unit, *_ in missing])
            self.tape.do(kernel.SHIFT, places, added, sd, len(missing))
        self._turn(predictor, nested)

    def _centre(self, nested: NestedNoise, slots: tuple[int, ...]) -> None:
        """Move noise to where the data of the slots put it."""
        inner, outer = nested.inner, nested.outer
        head = [
            inner.first,
            -1 if outer is None else outer.first,
            self.units,
            inner.levels,
            0 if outer is None else outer.levels,
        ]
        ints = self.tape.integers(head, inner.codes, nested.of_inner)
        self.tape.at_desk(kernel.CENTRE_DESK * max(head[2:]))
        self.tape.do(kernel.CENTRE, ints, *slots)

    def _copy(self, slots: int) -> int:
        out = self.tape.room(self.units)
        self.tape.do(kernel.AXPY, out, self.one, slots, self.units)
        return out

    def _missing(self, predictor: Predictor, inner: Noise) -> list[tuple[int, int, int]]:
        """Units whose noise makes up for missing levels, first completion and number of each."""
        if inner.group is not None:
            return []
        found: dict[int, tuple[int, int, int]] = {}
        for row, item in self._rows(predictor.variable, imputed=False):
            unit, first, length = found.get(item.block, (item.unit, self.targets + row, 0))
            found[item.block] = unit, first, length + 1
        return list(found.values())

    def _seem(
        self,
        predictor: Predictor,
        missing: Sequence[tuple[int, int, int]],
        places: tuple[int, int, int],
        sd: int,
        around: int,
    ) -> int:
        """Slots of what missing levels seem to add to the predictors of units, and of variances."""
        rows = self._rows(predictor.variable, imputed=False)
        shift, keep = self._shift(predictor, rows), self.tape.room(len(rows))
        out = self.tape.room(2 * len(missing))
        ints = self.tape.integers(places, np.ravel(missing))
        self.tape.do(kernel.MIXTURE, ints, int(shift[0]), keep, out, sd, around, len(missing))
        return out

    def _with_levels(
        self, missing: Sequence[tuple[int, int, int]], added: int, mean: int, spread: int
    ) -> int:
        """Slots of predictors with what missing levels seem to add; writes their variances."""
        out, part = self._copy(mean), self._number(_OF_VARIANCE)
        variances = added + len(missing)
        terms = [(out + unit, self.one, added + k) for k, (unit, *_) in enumerate(missing)]
        terms += [(spread + unit, part, variances + k) for k, (unit, *_) in enumerate(missing)]
        self._add_products(terms)
        return out

    def _whole_sd(self, noise: Noise, predictor: Predictor) -> int:
        """Slot of a standard deviation, with the part of an unobserved cause that is anchored."""
        anchored = self._anchored(predictor, frozenset({noise.group or ""}))
        if anchored is not None:
            return self.splits[anchored].sd
        return self._noise_sd(noise, predictor)

    def _turn(self, predictor: Predictor, nested: NestedNoise) -> None:
        """Turn an anchored cause and the rest: of their sum and what is at right angles to it."""
        index = self._anchored(predictor, nested.groups)
        if index is None:
            return
        cause = next(name for name, place in predictor.hidden if place == index)
        group = self.layout.hidden[cause]
        noise = group_noise(self.layout, group, dict(predictor.groups)[group])
        polar, sign = self.splits[index].polar, self.layout.hidden_signs[index]
        angle = self.tape.room(2)
        signs = self.tape.constant(np.array([-1.0 if sign is not None and sign < 0 else 1.0, 1.0]))
        self.tape.muladd([angle, angle + 1], [polar, polar + 1], [signs, signs + 1])
        second = self.layout.offsets[f"{held_as(cause)}_z"]
        self.tape.do(kernel.ROTATE, noise.first, second, angle, noise.levels)

    # -- what data say ----------------------------------------------------------------------------

    def _working(self, predictor: Predictor) -> tuple[int, int]:
        """Slots of what data say of a predictor, per unit: weights times responses, and weights."""
        pull, weight = np.zeros(self.units), np.zeros(self.units)
        scaled = []
        responses = self.summaries[predictor]
        for item in responses:
            factors = self._factors(item, predictor)
            if factors is None:
                pull, weight = pull + item.pull, weight + item.weight
            else:
                scaled.append((item, *factors))
        pull_slot, weight_slot = self.tape.constant(pull), self.tape.constant(weight)
        pulls = [(factor, item.pull) for item, factor, _ in scaled]
        pulls += [self._cut(item, item.scale) for item in responses if item.scale is not None]
        for item in responses:
            if item.cells is not None:
                pulls += self._patterns(predictor, item.cells)
        self.tape.combine(pull_slot, pulls)
        self.tape.combine(weight_slot, [(square, item.weight) for item, _, square in scaled])
        return pull_slot, weight_slot

    def _cut(self, item: GaussianSummary, scale: Scale) -> tuple[int, Floats]:
        """What the cut of an answer adds to the pull."""
        cut = self.cuts[scale.anchor] + item.cut
        if scale.loading is not None:
            cut = self._product(self.slot("loading", scale.loading), cut)
        return cut, item.weight

    def _factors(self, item: GaussianSummary, predictor: Predictor) -> tuple[int, int] | None:
        """Slots of what pulls and weights are multiplied by, where they are."""
        if item.scale is not None and item.scale.loading is not None:
            loading = self.slot("loading", item.scale.loading)
            return loading, self._product(loading, loading)
        if not item.residual:
            return None
        row = self.layout.shape_row("residual_sd", predictor.variable)
        log_sd = self.layout.offsets["residual_sd"] + row
        precision = self._exponential(self._product(log_sd, self._number(-2.0)))
        return precision, precision

    def _patterns(self, predictor: Predictor, weight: Floats) -> list[tuple[int, Floats]]:
        """What years and kinds of pupils, adding to the predictor too, take from the pull."""
        cells = self.data.cells[predictor.variable]
        years = self.data.pattern_years[cells.pattern]
        found = []
        for year in range(int(years.max(initial=0)) + 1):
            slot = self.slot("intercept", (predictor.intercepts or 0) + year)
            found.append((slot, -np.bincount(cells.unit, weight * (years == year), self.units)))
        for index in predictor.cell_weights:
            values = PupilCoefficient(index).entered(self.layout)[cells.pattern]
            slot = self.slot("weight", index)
            found.append((slot, -np.bincount(cells.unit, weight * values, self.units)))
        return found
