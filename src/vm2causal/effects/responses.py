"""What a world means for a variable, on the scale people count in."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from scipy.special import expit

from vm2causal.effects.forward import Forward, World
from vm2causal.model.columns import Floats, Ints
from vm2causal.model.structural_data import YEAR
from vm2causal.spec.words import Kind

CAREER_OUTCOMES: Final = ("vsv", "sk")
"""Counts that end a career: what share of the starters is there at the last teldatum."""

_CHUNK: Final = 2_000_000
"""Log-odds computed at a time, so that memory stays flat whatever the number of cells."""


def mean_response(
    forward: Forward, world: World, name: str, *, shift: Floats | float = 0.0
) -> Floats:
    """Expected value of a variable per unit, shape (draw, unit).

    Parameters
    ----------
    shift
        Added to the linear predictor, shape (draw, unit).

    Returns
    -------
    ndarray
        Binary: the probability of its second level. Ordinal: the expected rank. Continuous: its
        own unit. Latent: its score. Count: the probability of the event in a year, averaged over
        the cells of the unit by their trials.
    """
    kind = forward.data.spec.variables[name].kind
    eta = world.predictors[name, None] + shift
    if kind is Kind.COUNT:
        return _event_probability(forward, name, eta)
    if kind is Kind.CONTINUOUS:
        column = forward.data.columns[name]
        return column.centre + column.scale * eta
    if kind is Kind.LATENT:
        return eta
    if kind is Kind.BINARY:
        probability: Floats = expit(eta)
        return probability
    cuts = forward.cuts(forward.scale(name))
    ranks: Floats = sum(expit(eta - cuts[:, [k]]) for k in range(cuts.shape[1]))
    return ranks


def level_response(forward: Forward, world: World, name: str, level: int) -> Floats:
    """Probability of one level of a nominal variable per unit, shape (draw, unit)."""
    return forward.level_probabilities(name, world)[:, :, level]


def _event_probability(forward: Forward, name: str, eta: Floats) -> Floats:
    """Average over the cells of each unit, by trials; a unit without cells gets the usual ones."""
    cells = forward.data.cells[name]
    pattern = forward.pattern_part(name)
    units = eta.shape[1]
    total = np.bincount(cells.unit, weights=cells.trials, minlength=units)
    found = np.zeros(eta.shape)
    order = np.argsort(cells.unit, kind="stable")
    step = max(1, _CHUNK // eta.shape[0])
    for first in range(0, len(order), step):
        part = order[first : first + step]
        unit = cells.unit[part]
        weighted = expit(eta[:, unit] + pattern[:, cells.pattern[part]]) * cells.trials[part]
        starts = np.flatnonzero(np.diff(unit, prepend=-1))
        found[:, unit[starts]] += np.add.reduceat(weighted, starts, axis=1)
    found /= np.maximum(total, 1.0)
    empty = np.flatnonzero(total == 0)
    if len(empty):
        shares = np.bincount(cells.pattern, weights=cells.trials, minlength=pattern.shape[1])
        shares = shares / shares.sum()
        usual = expit(eta[:, empty, np.newaxis] + pattern[:, np.newaxis])
        found[:, empty] = usual @ shares
    return found


@dataclass(frozen=True)
class _Kinds:
    """Starters of one unit and kind: their number, and their pattern in each year."""

    unit: Ints
    starters: Floats
    patterns: Ints


class Careers:
    """Follows starters from year to year under the hazards of a world.

    vsv is net: who left early may be back in education a year later, at the rate observed in the
    data, which no arrow of the model touches.
    """

    def __init__(self, forward: Forward) -> None:
        self.forward = forward
        self.data = forward.data

    @property
    def possible(self) -> bool:
        """Whether the data are careers with both outcomes, counted in every year."""
        return (
            self.data.years is not None
            and all(name in self.data.cells for name in CAREER_OUTCOMES)
            and set(self.data.patterns[YEAR]) == set(range(1, int(self.data.years.max()) + 1))
        )

    @cached_property
    def _return_rate(self) -> Floats:
        """Draws of the yearly rate of return, uniform prior, shape (draw, 1)."""
        returned, out_of = self.data.returned
        rng = self.forward.noise("terugkeer")
        return rng.beta(1 + returned, 1 + out_of - returned, (self.forward.draws, 1))

    @cached_property
    def _kinds(self) -> _Kinds:
        cells, patterns = self.data.cells["vsv"], self.data.patterns
        covariates = [name for name in patterns.columns if name != YEAR]
        years = sorted(set(patterns[YEAR]))
        kind_of = patterns.groupby(covariates).ngroup() if covariates else patterns[YEAR] * 0
        lookup = {
            (kind, year): place
            for place, (kind, year) in enumerate(zip(kind_of, patterns[YEAR], strict=True))
        }
        first = patterns[YEAR].to_numpy()[cells.pattern] == years[0]
        kinds = kind_of.to_numpy()[cells.pattern[first]]
        return _Kinds(
            cells.unit[first],
            cells.trials[first].astype(np.float64),
            np.array([[lookup.get((kind, year), -1) for year in years] for kind in kinds]),
        )

    def shares(self, world: World) -> dict[str, Floats]:
        """Share of the starters of each unit that is vsv, and that holds SK, at its last teldatum.

        Returns
        -------
        dict of ndarray, shape (draw, unit)
        """
        kinds, years = self._kinds, self.data.years
        if years is None:
            raise ValueError("careers need teldata")
        draws, units = self.forward.shape
        at_risk = np.ones((draws, len(kinds.unit)))
        vsv, sk = np.zeros_like(at_risk), np.zeros_like(at_risk)
        parts = {name: self.forward.pattern_part(name) for name in CAREER_OUTCOMES}
        for year in range(kinds.patterns.shape[1]):
            column = kinds.patterns[:, year]
            runs = (years[kinds.unit] > year) & (column >= 0)
            hazard = {
                name: expit(world.predictors[name, None][:, kinds.unit] + parts[name][:, column])
                * runs
                for name in CAREER_OUTCOMES
            }
            back = self._return_rate * vsv * runs
            left = at_risk * hazard["vsv"]
            done = (at_risk - left) * hazard["sk"]
            at_risk = at_risk - left - done + back
            vsv, sk = vsv + left - back, sk + done
        return {
            name: self._per_unit(share, kinds, units) for name, share in (("vsv", vsv), ("sk", sk))
        }

    def _per_unit(self, share: Floats, kinds: _Kinds, units: int) -> Floats:
        total = np.bincount(kinds.unit, weights=kinds.starters, minlength=units)
        found = np.zeros((share.shape[0], units))
        order = np.argsort(kinds.unit, kind="stable")
        unit = kinds.unit[order]
        starts = np.flatnonzero(np.diff(unit, prepend=-1))
        weighted = share[:, order] * kinds.starters[order]
        found[:, unit[starts]] = np.add.reduceat(weighted, starts, axis=1)
        return found / np.maximum(total, 1.0)
