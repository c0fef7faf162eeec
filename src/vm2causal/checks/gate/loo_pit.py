"""Whether each observation lies where the rest of the data expect it.

The probability integral transform of an observation is the probability, given all the others, of
a smaller one. Over all observations these are uniform when the model is right: too many near 0 and
1 when the data scatter more than the model can say, such as counts that differ more between years
than chance allows, which no average over experiments shows. What is left out is one answer, one
number or level, or all counts of one unit in one year.

References
----------
Gelfand, Dey, Chang (1992), Bayesian Statistics 4, 147; Vehtari, Gelman, Gabry (2017), Statistics
and Computing 27, 1413 (leaving out by Pareto smoothed importance sampling); Czado, Gneiting, Held
(2009), Biometrics 65, 1254 (transforms of counts); Tesso, Vehtari (2026), arXiv:2603.02928 (whether
they are uniform, :mod:`~vm2causal.checks.gate.dependent_uniformity`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pandas as pd

from vm2causal.checks.gate.dependent_uniformity import p_uniform
from vm2causal.checks.gate.pareto_smoothing import batches, good_k, smoothed_weights
from vm2causal.checks.gate.rank_uniformity import holm
from vm2causal.effects.forward import Forward
from vm2causal.model.data.columns import Floats, Ints
from vm2causal.model.families import Observed

LIMIT: Final = 0.01
"""Probability, over all variables of a fit together, of failing a model that is right."""
MOST_POINTS: Final = 2_000
"""Observations of a variable that are looked at: with more, no model would be good enough."""
MOST_UNRELIABLE: Final = 0.25
"""Share of points that cannot be left out reliably above which a variable does not pass.

Such points lie too near the middle. So it still fails if its transforms scatter too much, which
they would do all the more; otherwise it is not judged.
"""

_LOT: Final = 256
_UNIFORM_VARIANCE: Final = 1 / 12


@dataclass(frozen=True)
class Expected:
    """What each draw expects of observations, arrays of shape (draw, point).

    Parameters
    ----------
    log_likelihood
        Of the observation.
    below, up_to
        Probability of less than what was observed, and of that much at most.
    drawn
        Whether these are 0 and 1, of one replicate per draw, and no probabilities.
    """

    log_likelihood: Floats = field(repr=False)
    below: Floats = field(repr=False)
    up_to: Floats = field(repr=False)
    drawn: bool = False


@dataclass(frozen=True)
class Transforms:
    """Transforms of the observations of one variable, and how reliably each was left out.

    Parameters
    ----------
    values
        Between 0 and 1, one per observation.
    pareto_k
        Shape of the tail of the importance weights; above about 0.7 the transform is
        unreliable.
    """

    values: Floats = field(repr=False)
    pareto_k: Floats = field(repr=False)


def loo_pit(forward: Forward, *, seed: int) -> pd.DataFrame:
    """Judge whether the transforms of every variable are uniform.

    Parameters
    ----------
    forward
        Equations of a fit, with its data and posterior draws.
    seed
        Of the choice among many points, and of the place of a discrete observation within its
        own probability.

    Returns
    -------
    pandas.DataFrame
        Per variable ``points``, ``unreliable`` (share of points whose Pareto k is too high; these
        lie too near the middle), ``p`` (that uniform transforms lie as far out, adjusted for the
        number of variables by Holm; None where not judged) and ``verdict``: ``ok``, ``failure`` or
        ``unjudged``.
    """
    rows = [
        _row(name, found, limit=good_k(forward.draws))
        for name in forward.layout.predictors_of
        if len((found := transforms(forward, name, seed=seed)).values)
    ]
    return _judged(pd.DataFrame(rows, columns=["variable", "points", "unreliable", "p"]))


def _row(name: str, found: Transforms, *, limit: float) -> dict[str, Any]:
    unreliable = float((found.pareto_k > limit).mean())
    scattered = float(((found.values - 0.5) ** 2).mean()) >= _UNIFORM_VARIANCE
    asked = scattered or unreliable <= MOST_UNRELIABLE
    return {
        "variable": name,
        "points": len(found.values),
        "unreliable": unreliable,
        "p": p_uniform(found.values) if asked else np.nan,
    }


def transforms(forward: Forward, name: str, *, seed: int) -> Transforms:
    """Probability integral transforms of a variable, each given all other observations.

    Parameters
    ----------
    forward
        Equations of a fit, with its data and posterior draws.
    name
        Of a variable with an equation.
    seed
        As of :func:`loo_pit`.
    """
    # a stream per variable: one variable more leaves the others as they were
    rng = np.random.default_rng([seed, *name.encode()])
    values, shapes = [np.zeros(0)], [np.zeros(0)]
    for expected in _expected(forward, name, rng):
        weights, k = smoothed_weights(-expected.log_likelihood.T)
        low, high = ((weights * side.T).sum(axis=1) for side in (expected.below, expected.up_to))
        place = low + rng.random(len(low)) * (high - low)
        # nothing beyond the heaviest replicate can be told from impossible
        finest = weights.max(axis=1) if expected.drawn else np.zeros(len(low))
        values.append(np.clip(place, finest, np.maximum(1 - finest, finest)))
        shapes.append(k)
    return Transforms(np.clip(np.concatenate(values), 0.0, 1.0), np.concatenate(shapes))


def _judged(table: pd.DataFrame) -> pd.DataFrame:
    p = table["p"].to_numpy(dtype=np.float64, copy=True)
    known = ~np.isnan(p)
    p[known] = holm(p[known])
    failed = known & (p < LIMIT)
    unjudged = ~failed & (table["unreliable"].to_numpy() > MOST_UNRELIABLE)
    verdict = np.select([failed, unjudged], ["failure", "unjudged"], "ok")
    return table.assign(p=np.where(unjudged, np.nan, p), verdict=verdict)


def _expected(forward: Forward, name: str, rng: np.random.Generator) -> Iterator[Expected]:
    parts = list(forward.layout.family(name).observed(forward, name, forward.observed))
    for part in parts:
        if part.pattern is not None:
            yield from _of_blocks(forward, part, part.pattern, rng)
            continue
        known = _some(part.rows, MOST_POINTS // len(parts), rng)
        for lot in batches(len(known), _LOT):
            rows = known[lot]
            given, seen = part.given(rows), part.seen[rows]
            yield Expected(given.log_density(seen), *given.reached(seen))


def _some(places: Ints, most: int, rng: np.random.Generator) -> Ints:
    """All places, or so many of them at random."""
    return places if len(places) <= most else np.sort(rng.choice(places, most, replace=False))


def _of_blocks(
    forward: Forward, part: Observed, pattern: Ints, rng: np.random.Generator
) -> Iterator[Expected]:
    """All cells of a unit in a year are left out together; their sum is what is transformed.

    A cell holds a pupil or two: by itself it cannot show that counts scatter too much.
    """
    keys = np.column_stack([part.unit, forward.data.pattern_years[pattern]])
    block = np.unique(keys, axis=0, return_inverse=True)[1].ravel()
    order = np.argsort(block, kind="stable")
    parts = np.split(order, np.flatnonzero(np.diff(block[order])) + 1) if len(order) else []
    chosen = _some(np.arange(len(parts)), MOST_POINTS, rng)
    for lot in batches(len(chosen), _LOT):
        own = [parts[place] for place in chosen[lot]]
        rows = np.concatenate(own)
        starts = np.cumsum([0, *(len(cells) for cells in own[:-1])])
        given, events = part.given(rows), part.seen[rows]
        drawn = np.add.reduceat(given.draw(rng), starts, axis=1)
        seen = np.add.reduceat(events, starts)
        below, up_to = (side.astype(np.float64) for side in (drawn < seen, drawn <= seen))
        density = np.add.reduceat(given.log_density(events), starts, axis=1)
        yield Expected(density, below, up_to, drawn=True)
