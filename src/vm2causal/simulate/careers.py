"""Pupils of simulated experiments: who they are, and where they are at each teldatum."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import expit

from vm2causal.inputs.study.frame import PUPILS, TELDATUM
from vm2causal.simulate.generate import (
    FloatArray,
    IntArray,
    Units,
    Values,
    draw_variables,
    intercepts,
    linear_predictor,
    stream,
)
from vm2causal.simulate.study_model import COUNTS, pupil_variables
from vm2causal.simulate.terms import levels_of
from vm2causal.simulate.truth import Sizes, Truth
from vm2causal.spec import CausalSpec

POSITIONS: Final = ("vm2", "ander_onderwijs", "vsv", "sk")
_VM2, _ANDER, _VSV, _SK = range(4)
_AFTER: Final = len(POSITIONS)


def draw_sizes(
    sizes: Sizes, tranche: Iterable[str], status: Iterable[str], *, seed: int
) -> IntArray:
    """Number of pupils that each experiment starts with.

    Parameters
    ----------
    seed
        Of the random numbers, 0 or more; the same seed gives the same result.
    """
    mean = np.array([sizes.mean[t][s] - 1 for t, s in zip(tranche, status, strict=True)])
    rng = stream(seed, "sizes")
    return 1 + rng.poisson(mean * rng.gamma(sizes.shape, 1 / sizes.shape, size=mean.size))


def draw_careers(
    spec: CausalSpec,
    truth: Truth,
    units: Units,
    values: Values,
    *,
    pupils: IntArray,
    teldata: IntArray,
    names: npt.NDArray[Any],
    seed: int,
) -> pd.DataFrame:
    """Draw pupils and their careers, and count who had the same.

    Parameters
    ----------
    spec
        The causal model, as read from its file.
    units, values
        The experiments and what was drawn of them.
    pupils, teldata
        Per experiment its pupils at the start, and its yearly teldata.
    names
        Names of the experiments.
    seed
        Of the random numbers, 0 or more; the same seed gives the same result.

    Returns
    -------
    pandas.DataFrame
        Careers of a ``StudyFrame``, in the order of the experiments.
    """
    of = np.repeat(np.arange(units.size), pupils)
    each = Units(
        of.size,
        {group: index[of] for group, index in units.groups.items()},
        {name: array[of] for name, array in values.items()},
    )
    who = pupil_variables(spec)
    known = draw_variables(spec, truth, each, seed=seed, leave=COUNTS)
    hazards = {
        name: _hazards(spec, truth, name, units, values, of)
        + linear_predictor(spec, truth, name, known, causes=who, size=of.size)[:, None]
        for name in COUNTS
    }
    positions = _follow(hazards, truth, rng=stream(seed, "careers"))
    after = np.arange(positions.shape[1])[None, :] >= teldata[of][:, None]
    positions[after] = _AFTER
    return _cells(spec, of, {name: known[name] for name in who}, positions, names)


def _hazards(
    spec: CausalSpec, truth: Truth, name: str, units: Units, values: Values, of: IntArray
) -> FloatArray:
    """Logit hazard per pupil and year, without what the pupil adds."""
    yearly = intercepts(spec, truth, name, units)
    return np.asarray((yearly + values[name][:, None])[of])


def _follow(hazards: dict[str, FloatArray], truth: Truth, *, rng: np.random.Generator) -> IntArray:
    """Position of each pupil at each teldatum, ``(pupil, year)``."""
    pupils, years = hazards["vsv"].shape
    returning = 0.0 if truth.population is None else truth.population.terugkeer
    now = np.full(pupils, _VM2)
    positions = np.empty((pupils, years), dtype=np.int64)
    for year in range(years):
        chance = {name: expit(hazard[:, year]) for name, hazard in hazards.items()}
        was, enrolled = now, np.isin(now, (_VM2, _ANDER))
        drawn = rng.random((4, pupils))
        leaves = enrolled & (drawn[0] < chance["vsv"])
        qualifies = enrolled & ~leaves & (drawn[1] < chance["sk"])
        switches = (was == _VM2) & ~leaves & ~qualifies & (drawn[2] >= chance["binding"])
        returns = (was == _VSV) & (drawn[3] < returning)
        now = np.select([leaves, qualifies, switches | returns], [_VSV, _SK, _ANDER], default=was)
        positions[:, year] = now
    return positions


def _cells(
    spec: CausalSpec,
    of: IntArray,
    who: dict[str, IntArray],
    positions: IntArray,
    names: npt.NDArray[Any],
) -> pd.DataFrame:
    """Count pupils with the same course."""
    labels: dict[str, npt.NDArray[Any]] = {"experiment": names}
    labels |= {spec.column(name): np.array(levels_of(spec.variables[name])) for name in who}
    years = {f"{TELDATUM}{year + 1}": positions[:, year] for year in range(positions.shape[1])}
    labels |= dict.fromkeys(years, np.array([*POSITIONS, None], dtype=object))
    codes = np.stack([of, *who.values(), *years.values()])
    shape = tuple(len(values) for values in labels.values())
    cells, counts = np.unique(np.ravel_multi_index(tuple(codes), shape), return_counts=True)
    columns = zip(labels.items(), np.unravel_index(cells, shape), strict=True)
    frame = {column: pd.array(values[code], dtype="str") for (column, values), code in columns}
    return pd.DataFrame(frame).assign(**{PUPILS: counts.astype(np.int64)})
