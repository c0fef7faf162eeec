"""Counts out of trials: pupils in cells, by years and kinds of pupils; binomial, by a logit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Final, override

import numpy as np
from scipy.sparse import csr_array
from scipy.special import expit, log_expit

from vm2causal.model.data.columns import YEAR, Column, Floats, Ints
from vm2causal.model.families.family import Distribution, Family, Link, Observed
from vm2causal.model.missing.completions import cells_of
from vm2causal.model.result_names import drawn_as
from vm2causal.model.sampler.information import (
    GaussianSummary,
    carriers,
    log_odds,
    summary_of_counts,
)
from vm2causal.model.structural_parameters import Predictor, Widths
from vm2causal.spec.words import Kind

if TYPE_CHECKING:
    from vm2causal.model.data.structural_data import StructuralData
    from vm2causal.model.equations import Equations
    from vm2causal.model.missing.completions import Completion
    from vm2causal.model.missing.definition import MissingLevels
    from vm2causal.model.sampler.assembler import Assembler
    from vm2causal.model.sampler.completing import CompletingAssembler
    from vm2causal.model.structural import Definition
    from vm2causal.model.structural_layout import Layout
    from vm2causal.model.world import World


_CHUNK: Final = 2_000_000
"""Log-odds computed at a time, so that memory stays flat whatever the number of cells."""

_CERTAIN: Final = 300.0
"""Log-odds beyond which nothing is computed, so that two of them add up without overflow."""


@dataclass(frozen=True)
class Trials(Distribution):
    """Events among trials that have one probability, in each cell.

    Parameters
    ----------
    logit
        Shape (draw, cell).
    trials
        Shape (cell,).
    """

    logit: Floats = field(repr=False)
    trials: Ints = field(repr=False)

    @override
    def log_density(self, seen: Floats) -> Floats:
        """Of a sequence of pupils, without binomial coefficient."""
        rest = self.trials - seen
        found: Floats = log_expit(self.logit) * seen + log_expit(-self.logit) * rest
        return found

    @override
    def reached(self, seen: Floats) -> tuple[Floats, Floats]:
        from scipy.stats import binom

        share = expit(self.logit)
        sides = (binom.cdf(most, self.trials, share) for most in (seen - 1, seen))
        below, up_to = (np.asarray(side) for side in sides)
        return below, up_to

    @override
    def draw(self, rng: np.random.Generator) -> Floats:
        drawn = rng.binomial(self.trials, expit(self.logit))
        return np.asarray(drawn, dtype=np.float64)

    @override
    def pull(self, seen: Floats, level: int | None) -> tuple[Floats, Floats]:
        share = expit(self.logit)
        return seen - self.trials * share, self.trials * (share * (1 - share))


class Counts(Family):
    """Events among trials, in cells of units."""

    kind: ClassVar[Kind] = Kind.COUNT
    link: ClassVar[Link] = Link.LOGIT

    @override
    def stands_alone(self, data: StructuralData, name: str) -> bool:
        """Cells have units of their own, so a count without causes is still a variable of them."""
        return True

    @override
    def coefficient_sd(self, column: Column | None, widths: Widths) -> float:
        """Per unit of log-odds."""
        return widths.log_odds

    @override
    def intercepts(self, data: StructuralData, label: str) -> list[str]:
        """One per year, where there are years."""
        if YEAR not in data.patterns:
            return [label]
        return [f"{label}, {YEAR} {year}" for year in sorted(set(data.patterns[YEAR]))]

    # -- the definition ---------------------------------------------------------------------------

    @override
    def define(self, model: Definition, name: str) -> None:
        import pymc as pm

        predictor = model.layout.predictors_of[name][0]
        propensity = pm.Deterministic(
            f"{drawn_as(name)}_propensity", model.eta[name, None], dims=model.data.unit
        )
        model.value[name] = propensity
        cells = model.data.cells[name]
        pattern = model.terms.pattern_part(predictor)
        keep = np.ones(len(cells.unit), dtype=bool)
        if model.observed and predictor.unit_effect is None:
            keep = ~np.isin(cells.unit, model.marginalised[name])
        pm.Binomial(
            drawn_as(name),
            n=cells.trials[keep],
            logit_p=propensity[cells.unit[keep]] + pattern[cells.pattern[keep]],
            observed=cells.events[keep] if model.observed else None,
        )

    @override
    def completed(self, model: MissingLevels, name: str, rows: Ints, units: Ints) -> Any:
        import pymc as pm
        import pytensor.tensor as pt

        predictor = model.layout.predictors_of[name][0]
        if predictor.unit_effect is not None:
            return model.of_noise(name, rows, units)
        (eta,) = model.etas(name, rows, units)
        cells = model.data.cells[name]
        some, cell = cells_of(cells, units)
        logit = eta[some] + model.terms.pattern_part(predictor)[cells.pattern[cell]]
        trials, events = cells.trials[cell], cells.events[cell]
        log_density = pm.logp(pm.Binomial.dist(n=trials, logit_p=logit), events)
        return pt.inc_subtensor(pt.zeros(len(units))[some], log_density)

    # -- the kernel -------------------------------------------------------------------------------

    @override
    def observe(self, writer: Assembler, name: str) -> None:
        cells, predictor = writer.data.cells[name], writer.layout.predictors_of[name][0]
        if predictor.unit_effect is not None:
            writer.without_prior("unit_z", name)
            keep = np.ones(len(cells.unit), dtype=bool)
        else:
            keep = ~np.isin(cells.unit, writer.marginalised[name])
        writer.binomials(name, predictor, keep)

    @override
    def complete(
        self,
        writer: CompletingAssembler,
        name: str,
        units: Ints,
        rows: list[tuple[int, Completion]],
        shifts: Sequence[Ints],
        targets: Ints,
    ) -> None:
        predictor = writer.layout.predictors_of[name][0]
        if predictor.unit_effect is None:
            writer.complete_cells(name, units, shifts[0], targets)
        else:
            writer.complete_noise(name, predictor, units, shifts[0], targets)

    # -- what data say of a predictor -------------------------------------------------------------

    @override
    def information(self, layout: Layout, predictor: Predictor) -> tuple[GaussianSummary, ...]:
        """Of each cell beside the intercept of its year, and added up by units."""
        cells, n = layout.data.cells[predictor.variable], len(layout.data.units)
        base = self.usual_intercepts(layout, predictor)[layout.data.pattern_years[cells.pattern]]
        carrier = carriers(layout, predictor)[cells.unit]
        found = summary_of_counts(cells.events, cells.trials, base, carrier)
        weight, pull = (np.bincount(cells.unit, part, n) for part in (found.weight, found.pull))
        return (GaussianSummary(weight, pull, cells=found.weight),)

    @override
    def usual_intercepts(self, layout: Layout, predictor: Predictor) -> Floats:
        cells, of_pattern = layout.data.cells[predictor.variable], layout.data.pattern_years
        year, years = of_pattern[cells.pattern], len(set(of_pattern.tolist()))
        events, trials = (np.bincount(year, n, years) for n in (cells.events, cells.trials))
        return log_odds(events, trials)

    # -- after the fit ----------------------------------------------------------------------------

    @override
    def observed(self, equations: Equations, name: str, world: World) -> Iterator[Observed]:
        cells = equations.data.cells[name]
        of_unit, of_pattern = world.predictors[name, None], equations.pattern_part(name)

        def given(rows: Ints) -> Trials:
            logit = of_unit[:, cells.unit[rows]] + of_pattern[:, cells.pattern[rows]]
            return Trials(logit, cells.trials[rows])

        yield Observed(
            cells.unit,
            cells.events.astype(np.float64),
            given,
            trials=cells.trials,
            pattern=cells.pattern,
        )

    @override
    def mean(self, equations: Equations, name: str, eta: Floats) -> Floats:
        """Probability of the event in a year, averaged over the cells of the unit by trials."""
        return _event_probability(equations, name, eta)

    @override
    def pulls(
        self, equations: Equations, item: Predictor, world: World, rows: Ints
    ) -> tuple[Floats, Floats]:
        (found,) = self.observed(equations, item.variable, world)
        score, information = found.given(rows).pull(found.seen[rows], None)
        return score, information.mean(axis=0)


def _event_probability(equations: Equations, name: str, eta: Floats) -> Floats:
    """Average over the cells of each unit, by trials; a unit without cells gets the usual ones."""
    cells = equations.data.cells[name]
    pattern = equations.pattern_part(name)
    units = eta.shape[1]
    total = np.bincount(cells.unit, weights=cells.trials, minlength=units)
    odds, multiplied = odds_of(eta), odds_of(pattern)
    found = np.zeros(odds.shape)
    step = max(1, _CHUNK // eta.shape[0])
    for first in range(0, len(cells.unit), step):
        unit, kind, trials = (
            item[first : first + step] for item in (cells.unit, cells.pattern, cells.trials)
        )
        chance = odds[unit]
        chance *= multiplied[kind]
        chance /= 1 + chance
        shares = trials / np.maximum(total, 1.0)[unit]
        found += csr_array((shares, (unit, np.arange(len(unit)))), (units, len(unit))) @ chance
    empty = np.flatnonzero(total == 0)
    if len(empty):
        shares = np.bincount(cells.pattern, weights=cells.trials, minlength=pattern.shape[1])
        shares = shares / shares.sum()
        found[empty] = (expit(eta[:, empty, np.newaxis] + pattern[:, np.newaxis]) @ shares).T
    return np.ascontiguousarray(found.T)


def odds_of(log_odds: Floats) -> Floats:
    """Odds with draws last; beyond ``_CERTAIN`` a hazard is 0 or 1 to the last digit anyway."""
    return np.exp(np.clip(log_odds, -_CERTAIN, _CERTAIN).T.copy())
