"""Whether a fitted model generates data like those it was fitted to.

Every variable is drawn anew given the observed values of its causes. Shares of events by year and
by sector, shares of levels and answers, means and spreads are compared (Gelman, Meng, Stern 1996,
Statistica Sinica 6). Their tail probabilities lie nearer to one half than uniform ones would,
because the same data made the fit: a value in the tail is a finding, values in the middle are no
proof.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from vm2causal.checks.replicate.predictive import draws_for, summaries, table_of
from vm2causal.effects.forward import Forward
from vm2causal.model.data.columns import Floats
from vm2causal.model.structural_fit import StructuralFit

WARN: Final = 3.0
"""Standard deviations of the replicates from their mean beyond which a summary is a warning…"""
FAIL: Final = 4.5
"""… and a failure. With some 200 summaries chance alone gives one beyond it in 1 of 700 fits."""

_ROUNDING: Final = 1e-9


def posterior_predictive(fit: StructuralFit, *, seed: int | None = None) -> pd.DataFrame:
    """Compare the data with what the fit generates.

    Parameters
    ----------
    fit
        A fit of the structural model: layout, data and posterior draws.
    seed
        Of the replicates; that of the fit by default.

    Returns
    -------
    pandas.DataFrame
        Per summary: ``observed``, ``mean`` and ``sd`` of its replicates, ``p``, the share of
        replicates above the data (half of those equal to it counted), ``distance`` in standard
        deviations and ``verdict``: ``ok``, ``warning`` or ``failure``.
    """
    chosen = fit.seed if seed is None else seed
    draws = draws_for(len(fit.layout.data.units))
    forward = Forward(fit.layout, fit.posterior, draws=draws, seed=chosen)
    found = summaries(forward, forward.observed, by_sector=True, seed=chosen)
    table = table_of(found)
    observed = table["observed"].to_numpy()
    replicated = np.array([summary.replicated for summary in found]).reshape(len(found), -1)
    seen = observed[:, np.newaxis]
    p = (replicated > seen).mean(axis=1) + 0.5 * (replicated == seen).mean(axis=1)
    mean, sd = replicated.mean(axis=1), replicated.std(axis=1)
    distance = _distance(observed, mean, sd)
    return table.assign(mean=mean, sd=sd, p=p, distance=distance, verdict=_verdicts(distance))


def _distance(observed: Floats, mean: Floats, sd: Floats) -> Floats:
    """Distance in standard deviations; no distance where replicates all equal the data."""
    apart = observed - mean
    with np.errstate(divide="ignore", invalid="ignore"):
        distance: Floats = np.where(np.abs(apart) < _ROUNDING, 0.0, apart / sd)
    return distance


def _verdicts(distance: Floats) -> npt.NDArray[np.str_]:
    far = np.abs(distance)
    verdicts: npt.NDArray[np.str_] = np.select(
        [far > FAIL, far > WARN], ["failure", "warning"], "ok"
    )
    return verdicts
