"""What a world means for a variable, on the scale people count in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from scipy.sparse import csr_array

from vm2causal.effects.forward import Forward, World
from vm2causal.model.data.columns import Floats, Ints
from vm2causal.model.data.structural_data import YEAR
from vm2causal.model.families.counts import odds_of

CAREER_OUTCOMES: Final = ("vsv", "sk")
"""Counts that end a career: what share of the starters is there at the last teldatum."""


def mean_response(
    forward: Forward, world: World, name: str, *, shift: Floats | float = 0.0
) -> Floats:
    """Expected value of a variable per unit, shape (draw, unit).

    Parameters
    ----------
    forward
        Equations of a fit, with its data and posterior draws.
    world
        Values of every variable per draw and unit, as observed or under an intervention.
    name
        Of the variable whose response is computed.
    shift
        Added to the linear predictor, shape (draw, unit).

    Returns
    -------
    ndarray
        Binary: the probability of its second level. Ordinal: the expected rank. Numbers: in their
        own unit. Latent: its score. Count out of trials: the probability of the event in a year,
        averaged over the cells of the unit by their trials.
    """
    return forward.layout.family(name).mean(forward, name, world.predictors[name, None] + shift)


def level_response(forward: Forward, world: World, name: str, level: int) -> Floats:
    """Probability of one level of a nominal variable per unit, shape (draw, unit).

    Parameters
    ----------
    forward
        Equations of a fit, with its data and posterior draws.
    world
        Values of every variable per draw and unit, as observed or under an intervention.
    name
        Of the variable whose response is computed.
    level
        Rank of the level, from 0.
    """
    return forward.level_probabilities(name, world)[:, :, level]


_ROWS: Final = 32
"""Kinds of starters followed at a time: their arrays stay within the cache of a processor."""


@dataclass(frozen=True)
class _Kinds:
    """Starters of one unit and kind, by unit: their number, and their pattern in each year."""

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
        first = np.flatnonzero(patterns[YEAR].to_numpy()[cells.pattern] == years[0])
        first = first[np.argsort(cells.unit[first], kind="stable")]
        kinds = kind_of.to_numpy()[cells.pattern[first]]
        return _Kinds(
            cells.unit[first],
            cells.trials[first].astype(np.float64),
            np.array([[lookup.get((kind, year), -1) for year in years] for kind in kinds]),
        )

    @cached_property
    def _pattern_odds(self) -> dict[str, Floats]:
        """What a year and a kind multiply the odds of each hazard by, shape (pattern + 1, draw).

        The last row is that of a year in which nothing can happen any more.
        """
        ends = np.zeros((1, self.forward.draws))
        return {
            name: np.concatenate([odds_of(self.forward.pattern_part(name)), ends])
            for name in CAREER_OUTCOMES
        }

    def shares(self, world: World) -> dict[str, Floats]:
        """Share of the starters of each unit that is vsv, and that holds SK, at its last teldatum.

        Parameters
        ----------
        world
            Values of every variable per draw and unit, as observed or under an intervention.

        Returns
        -------
        dict of ndarray, shape (draw, unit)
        """
        if self.data.years is None:
            raise ValueError("careers need teldata")
        kinds = self._kinds
        odds = {name: odds_of(world.predictors[name, None]) for name in CAREER_OUTCOMES}
        followed = {
            name: np.empty((len(kinds.unit), self.forward.draws)) for name in CAREER_OUTCOMES
        }
        for first in range(0, len(kinds.unit), _ROWS):
            part = slice(first, first + _ROWS)
            for name, share in self._followed(odds, part).items():
                followed[name][part] = share
        return {
            name: np.ascontiguousarray((self._share_of_unit @ share).T)
            for name, share in followed.items()
        }

    def _followed(self, odds: Mapping[str, Floats], part: slice) -> dict[str, Floats]:
        """Shares of some kinds of starters, shape (kind, draw).

        Parameters
        ----------
        odds
            Of each hazard in a year whose pattern adds nothing, shape (unit, draw).
        """
        unit, patterns = self._kinds.unit[part], self._kinds.patterns[part]
        vsv_odds, sk_odds = (odds[name][unit] for name in CAREER_OUTCOMES)
        vsv_years, sk_years = (self._pattern_odds[name] for name in CAREER_OUTCOMES)
        lasts = np.asarray(self.data.years)[unit, np.newaxis] > np.arange(patterns.shape[1])
        column = np.where(lasts & (patterns >= 0), patterns, -1)
        at_risk = np.ones((len(unit), self.forward.draws))
        sk = np.zeros_like(at_risk)
        for year in range(column.shape[1]):
            back = 1 - at_risk - sk
            back *= self._return_rate.T
            back *= column[:, [year]] >= 0
            stays = at_risk / (1 + vsv_odds * vsv_years[column[:, year]])
            at_risk = stays / (1 + sk_odds * sk_years[column[:, year]])
            sk += stays - at_risk
            at_risk += back
        return {"vsv": 1 - at_risk - sk, "sk": sk}

    @cached_property
    def _share_of_unit(self) -> csr_array:
        """What part of the starters of a unit each kind is, shape (unit, kind)."""
        kinds, units = self._kinds, len(self.data.units)
        total = np.bincount(kinds.unit, weights=kinds.starters, minlength=units)
        parts = kinds.starters / np.maximum(total, 1.0)[kinds.unit]
        places = np.arange(len(kinds.unit))
        return csr_array((parts, (kinds.unit, places)), shape=(units, len(places)))
