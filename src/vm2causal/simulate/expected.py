"""Margins that a truth implies, worked out over the experiments instead of drawn.

The chances of every kind of pupil are followed through the years, and every status has its chance;
only the experiments are drawn. Smooth in the effects, so that calibration can solve for them.
"""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import expit

from vm2causal.simulate.draw import DrawnExperiments, require_population
from vm2causal.simulate.generate import FloatArray, group_effects, intercepts, linear_predictor
from vm2causal.simulate.margins import BOTH, INDEX, STATUSES, TRANCHES
from vm2causal.simulate.study_model import pupil_variables
from vm2causal.simulate.terms import levels_of
from vm2causal.simulate.truth import Truth
from vm2causal.spec import CausalSpec, Kind


def expected_margins(spec: CausalSpec, truth: Truth, drawn: DrawnExperiments) -> pd.Series[float]:
    """Percentages of the careers, and of the status by tranche and by sector.

    Parameters and index are those of ``expected_careers``.

    Parameters
    ----------
    spec
        The causal model, as read from its file.
    """
    chances = 100 * status_chances(spec, truth, drawn)
    tranche, sector = drawn.levels(spec, "tranche"), drawn.levels(spec, "sector")
    places = {(name, "all"): tranche == name for name in TRANCHES}
    places |= {(BOTH, str(name)): sector == name for name in np.unique(sector)}
    rows = {
        (status, *place, 0): float(mean)
        for place, members in places.items()
        for status, mean in zip(STATUSES, chances[members].mean(axis=0), strict=True)
    }
    status = pd.Series(rows, name="percent").rename_axis(INDEX)
    return pd.concat([expected_careers(spec, truth, drawn), status])


def expected_careers(spec: CausalSpec, truth: Truth, drawn: DrawnExperiments) -> pd.Series[float]:
    """Percentages of the starters with vsv, with SK and in VM2.

    Parameters
    ----------
    spec
        A model in which status follows from the careers and causes none of them.
    drawn
        Experiments; the more of them, the nearer to what the truth implies. Covariates of pupils
        must be binary or ordinal and without causes.

    Returns
    -------
    pandas.Series
        On the index of ``margins.study_margins``.
    """
    chances = _positions(spec, truth, drawn)
    tranche, status = drawn.levels(spec, "tranche"), status_chances(spec, truth, drawn)
    sizes = require_population(truth).sizes.mean
    pupils = status * np.array([[sizes[name][level] for level in STATUSES] for name in tranche])
    intended = np.array([level != "gestopt" for level in STATUSES])
    rows = {}
    for name in TRANCHES:
        for part, within in (("all", np.ones_like(intended)), ("as_intended", intended)):
            weight = pupils @ within * (tranche == name)
            for year in range(require_population(truth).teldata[name]):
                for quantity, share in chances.items():
                    mean = np.average(share[:, year], weights=weight)
                    rows[quantity, name, part, year + 1] = 100 * float(mean)
    return pd.Series(rows, name="percent").rename_axis(INDEX)


def status_chances(spec: CausalSpec, truth: Truth, drawn: DrawnExperiments) -> FloatArray:
    """Chance of each status given all that causes it, ``(experiment, status)``, as ``STATUSES``.

    Parameters
    ----------
    spec
        The causal model, as read from its file.
    """
    causes, size = spec.parents("status"), drawn.units.size
    eta = linear_predictor(spec, truth, "status", drawn.values, causes=causes, size=size)
    eta += group_effects(truth, "status", drawn.units, seed=drawn.seed)
    below = expit(intercepts(spec, truth, "status", drawn.units) - eta[:, None])
    ends = np.zeros((size, 1)), np.ones((size, 1))
    chances = np.diff(np.concatenate([ends[0], below, ends[1]], axis=1), axis=1)
    order = [levels_of(spec.variables["status"]).index(level) for level in STATUSES]
    return np.asarray(chances[:, order])


def _positions(spec: CausalSpec, truth: Truth, drawn: DrawnExperiments) -> dict[str, FloatArray]:
    """Chance per experiment and year of vsv, SK and VM2, over all kinds of pupils."""
    years = int(drawn.teldata.max())
    total = {name: np.zeros((drawn.units.size, years)) for name in ("vsv", "sk", "vm2")}
    for codes, weight in kinds_of_pupils(spec, truth):
        hazards = {
            name: expit(_logit_hazards(spec, truth, name, drawn, codes))
            for name in ("vsv", "sk", "binding")
        }
        for name, share in follow(hazards, terugkeer=require_population(truth).terugkeer).items():
            total[name] += weight * share
    return total


def follow(hazards: dict[str, FloatArray], *, terugkeer: float) -> dict[str, FloatArray]:
    """Shares with vsv, with SK and in VM2 at each teldatum, ``(experiment, year)``."""
    experiments, years = hazards["vsv"].shape
    vm2, other = np.ones(experiments), np.zeros(experiments)
    vsv, qualified = np.zeros(experiments), np.zeros(experiments)
    shares = {name: np.empty((experiments, years)) for name in ("vsv", "sk", "vm2")}
    for year in range(years):
        leaves, qualifies, stays = (hazards[name][:, year] for name in ("vsv", "sk", "binding"))
        going_on = (1 - leaves) * (1 - qualifies)
        at_risk, returns = vm2 + other, terugkeer * vsv
        vsv = vsv - returns + at_risk * leaves
        qualified = qualified + at_risk * (1 - leaves) * qualifies
        other = (other + vm2 * (1 - stays)) * going_on + returns
        vm2 = vm2 * going_on * stays
        for name, share in (("vsv", vsv), ("sk", qualified), ("vm2", vm2)):
            shares[name][:, year] = share
    return shares


def kinds_of_pupils(
    spec: CausalSpec, truth: Truth
) -> list[tuple[dict[str, npt.NDArray[np.int64]], float]]:
    """Every combination of the covariates, as codes of length one, with its probability.

    Parameters
    ----------
    spec
        The causal model, as read from its file.
    """
    names = pupil_variables(spec)
    shares = [_shares(spec, truth, name) for name in names]
    return [
        (
            {name: np.array([code]) for name, code in zip(names, codes, strict=True)},
            float(np.prod([share[code] for share, code in zip(shares, codes, strict=True)])),
        )
        for codes in itertools.product(*(range(len(share)) for share in shares))
    ]


def _shares(spec: CausalSpec, truth: Truth, name: str) -> FloatArray:
    """Probability of each level of a binary or ordinal variable without causes."""
    variable, constants = spec.variables[name], np.array(truth.equations[name].intercept)
    binary = variable.kind is Kind.BINARY
    below = expit(-constants if binary else constants)
    shares = np.diff(np.concatenate([[0.0], below, [1.0]]))
    assert shares.size == len(levels_of(variable))
    return np.asarray(shares)


def _logit_hazards(
    spec: CausalSpec,
    truth: Truth,
    name: str,
    drawn: DrawnExperiments,
    codes: dict[str, npt.NDArray[Any]],
) -> FloatArray:
    yearly = intercepts(spec, truth, name, drawn.units)
    pupil = linear_predictor(spec, truth, name, codes, causes=tuple(codes), size=1)
    return yearly + drawn.values[name][:, None] + pupil
