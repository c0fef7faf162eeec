"""Parameters of the cohort model: in one vector for the sampler, and by name for everybody else.

The order in which they stand is that of :mod:`~vm2causal.monitor.cohort_density`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import xarray as xr
from scipy.special import expit, logit

from vm2causal.model.data.columns import Floats
from vm2causal.monitor.cohort_axes import (
    COORDS,
    IN_BORGING,
    IN_CALENDAR,
    IN_SITES,
    IN_VM2,
    OUTCOME_OF,
    OUTCOME_OF_PERIOD,
    PERIOD_OF,
    TRANCHE_OF,
)
from vm2causal.monitor.cohorts import (
    BASELINE_PRIOR,
    CALENDAR_PRIOR,
    CENTREDNESS,
    LEAST_PER_SITE,
    MEAN_SD,
    TRANCHE_SD_SPREAD,
    UNPOOLED_SD,
    YEAR_SD,
)

Values = Mapping[str, Floats]
"""Of the model's data, from :func:`~vm2causal.monitor.cohorts.model_data`."""

CONTRASTS: Final = ("site", "effect")
_CELL: Final = ("tranche", "group")

PLACES: Final[Mapping[str, tuple[str, ...]]] = {
    "baseline": ("interval",),
    "national": ("interval",),
    **{
        f"{name}_{part}": (dim,)
        for name in CONTRASTS
        for part, dim in {
            "mean": "outcome",
            "year_raw": "period",
            "tranche_sd": "outcome",
            "raw": "interval",
        }.items()
    },
    "icc_beyond": ("outcome",),
    "site_correlation": (),
    "pupils_position": _CELL,
    "early_position": _CELL,
}
"""Dims of what stands in the vector, in its order."""

_SHARES: Final = ("icc_beyond", "site_correlation", "pupils_position", "early_position")
"""Between 0 and 1: their log-odds stand in the vector."""


def _shape(dims: tuple[str, ...]) -> tuple[int, ...]:
    return tuple(len(COORDS[dim]) for dim in dims)


SIZE: Final = sum(int(np.prod(_shape(dims))) for dims in PLACES.values())
"""Numbers in the vector."""


def packed(values: Values) -> Floats:
    """The model's data in one array, as :mod:`~vm2causal.monitor.cohort_density` reads them.

    Parameters
    ----------
    values
        From :func:`~vm2causal.monitor.cohorts.model_data`.
    """
    from vm2causal.monitor.cohort_density import FIELDS, SCALARS

    single: dict[str, Any] = {
        **{f"{dim}s": len(COORDS[dim]) for dim in COORDS},
        **{name: values[name] for name in ("clustered", "pooled", "tranche_sd", "borging_sd")},
        "tranche_sd_spread": TRANCHE_SD_SPREAD,
        "year_sd": YEAR_SD,
        "unpooled_sd": UNPOOLED_SD,
        "centredness": CENTREDNESS,
        "least_per_site": LEAST_PER_SITE,
    }
    several: dict[str, Any] = {
        **values,
        "baseline": BASELINE_PRIOR,
        "calendar": CALENDAR_PRIOR,
        "mean_sd": [MEAN_SD[name] for name in CONTRASTS],
        "correlation": values["site_correlation_prior"],
        "icc": values["icc_prior"],
        "outcome_of": OUTCOME_OF,
        "tranche_of": TRANCHE_OF,
        "period_of": PERIOD_OF,
        "outcome_of_period": OUTCOME_OF_PERIOD,
        "in_borging": IN_BORGING,
        "in_calendar": IN_CALENDAR,
        "in_sites": IN_SITES,
        "in_vm2": IN_VM2,
        "log_pupils_lower": np.log(values["pupils_lower"]),
        "log_pupils_upper": np.log(values["pupils_upper"]),
    }
    parts = [np.ravel(np.asarray(several[name], dtype=np.float64)) for name in FIELDS]
    head = len(SCALARS) + len(FIELDS)
    places = head + np.cumsum([0, *(len(part) for part in parts)])
    single["total"] = places[-1]
    return np.concatenate([[float(single[name]) for name in SCALARS], places[:-1], *parts])


def named_parameters(draws: Floats, values: Values) -> xr.Dataset:
    """Draws of the vector → variables as the ``pm.Model`` names them.

    Parameters
    ----------
    draws
        Shape (chain, draw, :data:`SIZE`).
    values
        Data of the model that was sampled.

    Returns
    -------
    xarray.Dataset
        Parameters and what follows from them, dims (chain, draw, …).
    """
    found = _split(draws)
    found["calendar"] = found.pop("national") - found["baseline"]
    for name in CONTRASTS:
        location, scale = _pooling(found, name, values)
        away = found[f"{name}_raw"] - CENTREDNESS * location
        found[name] = location + scale ** (1 - CENTREDNESS) * away
    lower = values["icc_lower"]
    found["icc"] = lower + (1 - lower) * found["icc_beyond"]
    low, high = np.log(values["pupils_lower"]), np.log(values["pupils_upper"])
    found["pupils"] = np.exp(low + found["pupils_position"] * (high - low))
    computed = {"calendar": ("interval",), "icc": ("outcome",), "pupils": _CELL}
    dims = {**PLACES, **computed, **dict.fromkeys(CONTRASTS, ("interval",))}
    return xr.Dataset(
        {name: (("chain", "draw", *dims[name]), array) for name, array in found.items()},
        {**COORDS, "chain": np.arange(draws.shape[0]), "draw": np.arange(draws.shape[1])},
    )


def vector(parameters: Mapping[str, Floats]) -> Floats:
    """One value of each parameter → the vector, shape (SIZE,).

    Parameters
    ----------
    parameters
        By their names in the ``pm.Model``, each on its own scale.
    """
    known = {**parameters, "national": parameters["baseline"] + parameters["calendar"]}
    for name in _SHARES:
        known[name] = logit(known[name])
    for name in CONTRASTS:
        known[f"{name}_tranche_sd"] = np.log(known[f"{name}_tranche_sd"])
    return np.concatenate([np.ravel(known[name]) for name in PLACES])


def prior_draw(values: Values, rng: np.random.Generator) -> xr.Dataset:
    """One draw of all parameters from the prior, and what follows from them.

    Parameters
    ----------
    values
        Data of the model: its priors, and the bounds of what is not published.
    rng
        Where the numbers come from.

    Returns
    -------
    xarray.Dataset
        Variables and dims as in a posterior of the model; ``chain`` and ``draw`` have length 1.
    """
    size = {name: _shape(dims) for name, dims in PLACES.items()}
    drawn: dict[str, Any] = {
        "baseline": rng.normal(*BASELINE_PRIOR, size["baseline"]),
        "calendar": rng.normal(*CALENDAR_PRIOR, size["baseline"]),
        "icc_beyond": rng.beta(values["icc_prior"][:, 0], values["icc_prior"][:, 1]),
        "site_correlation": rng.beta(*values["site_correlation_prior"]),
    }
    for name in CONTRASTS:
        drawn[f"{name}_mean"] = rng.normal(0.0, MEAN_SD[name], size[f"{name}_mean"])
        drawn[f"{name}_year_raw"] = rng.normal(size=size[f"{name}_year_raw"])
        drawn[f"{name}_tranche_sd"] = rng.lognormal(
            np.log(values["tranche_sd"]), TRANCHE_SD_SPREAD, size[f"{name}_tranche_sd"]
        )
        location, scale = _pooling(drawn, name, values)
        drawn[f"{name}_raw"] = rng.normal(CENTREDNESS * location, scale**CENTREDNESS)
    for name in ("pupils_position", "early_position"):
        drawn[name] = rng.uniform(size=size[name])
    return named_parameters(vector(drawn)[np.newaxis, np.newaxis], values)


def starting_point(values: Values) -> Floats:
    """Where chains start, apart from jitter: prior means, and national log-odds as published.

    Parameters
    ----------
    values
        Data of the model.
    """
    sums = {
        name: 0.5 * (values["early_lower"] + values["early_upper"])[TRANCHE_OF]
        * values[f"{name}_per_early"] + values[name]
        for name in ("events", "risk")
    }  # fmt: skip
    share = np.clip(sums["events"] / sums["risk"], 1e-4, 0.999)
    seen = values["seen"] == 1
    own, earlier = (np.flatnonzero((IN_SITES == 0) & (on == IN_CALENDAR))[0] for on in (1, 0))
    middle: dict[str, Any] = {name: np.zeros(_shape(dims)) for name, dims in PLACES.items()}
    middle["baseline"] = np.where(seen, logit(share[:, earlier]), BASELINE_PRIOR[0])
    middle["calendar"] = np.where(seen, logit(share[:, own]), BASELINE_PRIOR[0])
    middle["calendar"] -= middle["baseline"]
    middle["icc_beyond"] = values["icc_prior"][:, 0] / values["icc_prior"].sum(axis=1)
    common = values["site_correlation_prior"]
    middle["site_correlation"] = common[0] / common.sum()
    for name in CONTRASTS:
        middle[f"{name}_tranche_sd"] = np.full(
            _shape(PLACES[f"{name}_tranche_sd"]), values["tranche_sd"]
        )
    for name in ("pupils_position", "early_position"):
        middle[name] = middle[name] + 0.5
    return vector(middle)


def _split(draws: Floats) -> dict[str, Floats]:
    """The vector's parts on their own scales, dims (chain, draw, …)."""
    found, first = {}, 0
    for name, dims in PLACES.items():
        shape = _shape(dims)
        last = first + int(np.prod(shape))
        part = draws[..., first:last].reshape(*draws.shape[:-1], *shape)
        if name in _SHARES:
            part = expit(part)
        elif name.endswith("_tranche_sd"):
            part = np.exp(part)
        found[name], first = part, last
    return found


def _pooling(parameters: Mapping[str, Floats], name: str, values: Values) -> tuple[Floats, Floats]:
    """Location and scale of a contrast before its own data, shape (…, interval)."""
    mean, year = parameters[f"{name}_mean"], parameters[f"{name}_year_raw"]
    period = mean[..., OUTCOME_OF_PERIOD] + MEAN_SD[name] * YEAR_SD * year
    extra = values["borging_sd"] * IN_BORGING
    together = np.hypot(parameters[f"{name}_tranche_sd"][..., OUTCOME_OF], extra)
    pooled = values["pooled"]
    return pooled * period[..., PERIOD_OF], pooled * together + (1 - pooled) * UNPOOLED_SD
