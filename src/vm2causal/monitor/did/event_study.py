"""The event study of counts, as a ``pm.Model``: the definition.

In each series (an outcome, counted so long after the start) the log-odds of group ``i`` in period
``t`` are

    η[i, t] = group[i] + period[t] + effect[i, t]   (effect from the start of treatment on)

so that every treated cell has an effect of its own and untreated cells alone decide groups and
periods: the saturated two-way model of Wooldridge (2021, SSRN 3906345, eq. 6.33), whose logistic
form is in Wooldridge (2023, The Econometrics Journal 26). Effects are partially pooled: around a
mean of each period since the start, and these around the mean of the series. Counts are binomial,
or beta-binomial with the design effect 1 + (m − 1)ρ where clusters are known; a masked or rounded
count has the probability of all counts that it may be, and a number of pupils that is known to a
range the mean over it, even on the log scale.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from vm2causal.model.data.columns import Floats
from vm2causal.monitor.cohorts import (
    LEAST_PER_SITE,
    MEAN_SD,
    TRANCHE_SD,
    TRANCHE_SD_SPREAD,
    UNPOOLED_SD,
    YEAR_SD,
)
from vm2causal.monitor.did.group_time import DEFAULT_ICC
from vm2causal.monitor.did.layout import EventLayout

GROUP_PRIOR: Final = (-1.5, 2.5)
PERIOD_SD: Final = 1.0
"""Normal priors of groups, and of periods beside the first [log-odds]."""

EFFECT_SD: Final = MEAN_SD["effect"]
"""Of the mean effect of a series about 0 [log-odds]."""

ICC_COUNTS: Final = 8.0
"""First parameter of the beta prior of the intra-class correlation; its mean is the user's."""


def event_study_model(layout: EventLayout, *, icc: float = DEFAULT_ICC, pooled: bool = True) -> Any:
    """Build the event study.

    Parameters
    ----------
    layout
        Of :func:`~vm2causal.monitor.did.layout.event_layout`.
    icc
        Prior mean of the intra-class correlation, where clusters are known; above 0, below 1.
    pooled
        Whether effects share strength; otherwise each has a wide prior of its own.

    Returns
    -------
    pymc.Model
        Dims ``series``, ``group``, ``period``, ``exposure``, ``target`` and ``outcome``.
    """
    import pymc as pm
    import pytensor.tensor as pt

    with pm.Model(coords=coordinates(layout)) as model:
        group = pm.Normal("group", *GROUP_PRIOR, dims="groups")
        log_odds = group[layout.group_of]
        if layout.periods:
            period = pm.Normal("period", 0.0, PERIOD_SD, dims="periods")
            later = layout.period_of >= 0
            log_odds = log_odds + later * period[np.maximum(layout.period_of, 0)]
        effect = _effects(layout, pooled)
        treated = layout.target_of >= 0
        log_odds = log_odds + treated * effect[np.maximum(layout.target_of, 0)]
        precision = None
        if layout.outcomes:
            shape = (ICC_COUNTS, ICC_COUNTS * (1 - icc) / icc)
            correlation = pm.Beta("icc", *shape, dims="outcomes")
            precision = _precision(layout, correlation)
        pm.Potential("counts", _log_mass(layout, log_odds, precision, pt).sum())
    return model


def coordinates(layout: EventLayout) -> dict[str, list[str]]:
    """Labels of the dims of parameters.

    Parameters
    ----------
    layout
        Of :func:`~vm2causal.monitor.did.layout.event_layout`.
    """
    return {
        "series": [" ".join(map(str, item)) for item in layout.series],
        "groups": [" ".join(map(str, item)) for item in layout.groups],
        "periods": [" ".join(map(str, item)) for item in layout.periods],
        "exposures": [" ".join(map(str, item)) for item in layout.exposures],
        "targets": [str(item) for item in layout.targets],
        "outcomes": list(layout.outcomes),
    }


def _effects(layout: EventLayout, pooled: bool) -> Any:
    import pymc as pm

    mean = pm.Normal("effect_mean", 0.0, EFFECT_SD, dims="series")
    raw = pm.Normal("exposure_raw", 0.0, 1.0, dims="exposures")
    sd = pm.LogNormal("effect_sd", np.log(TRANCHE_SD), TRANCHE_SD_SPREAD, dims="series")
    around = mean[layout.series_of_exposure] + EFFECT_SD * YEAR_SD * raw
    location = around[layout.exposure_of_target] if pooled else 0.0 * raw[layout.exposure_of_target]
    own = sd[layout.series_of_target]
    scale = own if pooled else 0.0 * own + UNPOOLED_SD
    centred = layout.centred
    moved = pm.Normal("effect_raw", centred * location, scale**centred, dims="targets")
    away = moved - centred * location
    return pm.Deterministic("effect", location + scale ** (1 - centred) * away, dims="targets")


def _precision(layout: EventLayout, icc: Any) -> Any:
    """The sum a + b of the beta parameters for the design effect 1 + (m − 1)ρ; by row and grid."""
    import pytensor.tensor as pt

    trials = np.maximum(layout.trials, 1.0)
    beside = np.maximum(trials / layout.clusters[:, None] - 1, LEAST_PER_SITE)
    own = icc[np.maximum(layout.icc_of, 0)][:, None]
    return pt.maximum((trials - 1) / (beside * own) - 1, 1.0)


def _log_mass(layout: EventLayout, log_odds: Any, precision: Any, pt: Any) -> Any:
    """Log-probability of what is known of the count of every row."""
    counts, allowed = _every_count(layout)
    n = layout.trials[:, :, None]
    eta = log_odds[:, None, None]
    rest = np.maximum(n - counts, 0.0)
    choose = pt.gammaln(n + 1) - pt.gammaln(counts + 1) - pt.gammaln(rest + 1)
    mass = -counts * pt.softplus(-eta) - rest * pt.softplus(eta)
    if precision is not None:
        every = precision[:, :, None]
        first = every * pt.sigmoid(eta)
        second = every - first
        clustered = (
            (pt.gammaln(counts + first) - pt.gammaln(first))
            + (pt.gammaln(rest + second) - pt.gammaln(second))
            - (pt.gammaln(n + every) - pt.gammaln(every))
        )
        mass = pt.switch((layout.icc_of >= 0)[:, None, None], clustered, mass)
    known = (layout.trials > 0).sum(axis=1)
    whole = pt.switch(allowed, choose + mass, -np.inf)
    return pt.logsumexp(whole.reshape((len(known), -1)), axis=1) - np.log(known)


def _every_count(layout: EventLayout) -> tuple[Floats, Any]:
    """Counts from low to high, shape (row, grid, most); and which of these there are."""
    most = int(np.max(layout.high - layout.low)) + 1
    counts = layout.low[:, :, None] + np.arange(most)
    allowed = (counts <= layout.high[:, :, None]) & (layout.trials > 0)[:, :, None]
    return np.where(allowed, counts, 0.0), allowed
