"""The published cohorts as what they are: a difference-in-differences of competing risks.

Four groups of pupils are followed per tranche: VM2 (``vm2``), the ordinary route at the same
schools one year earlier (``voorgaand``) and both national cohorts (``landelijk``,
``landelijk_voorgaand``). On the log-odds of leaving (vsv) and of qualifying (SK) in a year, given
that neither happened before,

    η[interval, group] = baseline[interval]
        + calendar[interval]   for vm2 and landelijk
        + site[interval]       for vm2 and voorgaand
        + effect[interval]     for vm2

so that ``effect`` is the difference-in-differences under parallel trends on this scale
(discrete-time competing risks: Allison 1982, Sociological Methodology 13, eq. 12-15; logistic
difference-in-differences: Puhani 2012, Economics Letters 115, 85-87). It is partially pooled over
tranches and years. Pupils sit in schools, so shares of the site groups are beta-binomial with the
design effect 1 + (m − 1)ρ, where m is the mean number of pupils per site and ρ the intra-class
correlation (Kish 1965, Survey Sampling, 5.4). VM2 and ``voorgaand`` are pupils of the same sites, a
year apart: the part of the variance between sites that both have in common moves both shares alike
and is in ``site``; what is left of ρ for each of them alone is (1 − κ)ρ, with κ the correlation of
the two shares over sites (variance of a difference of matched clusters: Donner & Klar 2000, Design
and Analysis of Cluster Randomization Trials, 4.3). Unpublished start populations are latent within
their bounds; so is the share with an SK within two years.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import xarray as xr

from vm2causal.inputs.published.schema import OUTCOMES
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

IccPrior = Mapping[str, tuple[float, float]]
"""By outcome the two parameters of a Beta distribution."""

ICC_PRIOR: Final[IccPrior] = {"vsv": (8.0, 192.0), "sk": (8.0, 140.0)}
"""Beta prior of what the intra-class correlation is beyond its lower bound: means 0.04 and 0.054.

With the bound (:mod:`~vm2causal.monitor.site_variance`) the means for all starters are 0.05 for vsv
(95% between 0.03 and 0.08) and 0.10 for SK (0.07 to 0.14): whether an experiment ran decides much
of who qualifies, and little of who leaves. Fairly narrow on purpose: totals per cohort hold no
sites to learn it from, and a wide prior lets tranches that happen to agree argue clustering away.
Other values are sensitivity analyses.
"""

ICC_LOW: Final[IccPrior] = {"vsv": (2.0, 998.0), "sk": (2.0, 998.0)}
ICC_HIGH: Final[IccPrior] = {"vsv": (20.0, 200.0), "sk": (20.0, 180.0)}
"""Sensitivity analyses: hardly beyond the bound (0.002), and about 0.09 or 0.10 beyond it."""

SITE_CORRELATION_PRIOR: Final = (2.0, 14.0)
"""Beta prior of κ, how alike VM2 and ``voorgaand`` are of one site: mean 0.13, 95% 0.02 to 0.32.

No source publishes shares by site. Both groups have the building and the neighbourhood in common,
not the route, its teachers or its partner; the prior counts on little, as a correlation that is not
there would make intervals too narrow. None and most of it are sensitivity analyses.
"""

BASELINE_PRIOR: Final = (-3.0, 2.0)
CALENDAR_PRIOR: Final = (0.0, 0.5)
"""Mean and standard deviation of normal priors [log-odds]."""

MEAN_SD: Final[Mapping[str, float]] = {"site": 0.5, "effect": 1.0}
"""Standard deviation of the normal prior of what a contrast is on average, about 0 [log-odds]."""

TRANCHE_SD: Final = 0.15
"""Median of the prior of how much contrasts differ between tranches, on the log-odds scale."""

TRANCHE_SD_SPREAD: Final = 0.5
"""Standard deviation of the logarithm of that."""

BORGING_SD: Final = 0.5
"""Extra standard deviation of site and effect contrasts of B1 and B2 around those of T1 and T2.

Their earlier pupils are those outside VM2 at sites that ran it already: another kind of comparison,
so that they share little strength with the tranches.
"""

UNPOOLED_SD: Final = 2.5
"""Prior standard deviation on the log-odds scale where pooling is switched off."""

YEAR_SD: Final = 0.5
"""How much effects differ between years since the start, relative to their prior scale."""

LEAST_PER_SITE: Final = 0.1
"""Pupils of a site beside the first, at least: a design effect is that of more than one pupil."""

CENTREDNESS: Final = 0.5
"""Between 0 (non-centred) and 1 (centred); half-way the published counts leave no divergences."""

_DATA: Final[dict[str, tuple[str, ...]]] = {
    "events": ("interval", "group"),
    "events_per_early": ("interval", "group"),
    "risk": ("interval", "group"),
    "risk_per_early": ("interval", "group"),
    "seen": ("interval",),
    "early_lower": ("tranche", "group"),
    "early_upper": ("tranche", "group"),
    "pupils_lower": ("tranche", "group"),
    "pupils_upper": ("tranche", "group"),
    "sites": ("tranche",),
    "icc_lower": ("outcome",),
    "icc_prior": ("outcome", "beta_parameter"),
    "site_correlation_prior": ("beta_parameter",),
    "tranche_sd": (),
    "borging_sd": (),
    "clustered": (),
    "pooled": (),
}


def cohort_model(data: xr.Dataset, *, clustered: bool = True, pooled: bool = True) -> Any:
    """Build the difference-in-differences model of one selection of pupils.

    Parameters
    ----------
    data
        From :func:`~vm2causal.monitor.cohort_data.cohort_data`.
    clustered
        Whether pupils of a site resemble each other; otherwise shares are binomial.
    pooled
        Whether effects and site differences share strength over tranches and years.

    Returns
    -------
    pymc.Model
        With named dims ``interval``, ``period``, ``outcome``, ``tranche`` and ``group``; all data
        are ``pm.Data``.
    """
    import pymc as pm

    with pm.Model(coords=COORDS | {"beta_parameter": ["a", "b"]}) as model:
        values = model_data(data, clustered=clustered, pooled=pooled)
        known = {name: pm.Data(name, values[name], dims=dims) for name, dims in _DATA.items()}
        log_odds = _log_odds(known)
        early = _early_share(known)
        risk = known["risk"] + known["risk_per_early"] * early[TRANCHE_OF]
        events = known["events"] + known["events_per_early"] * early[TRANCHE_OF]
        pupils = _pupils(known)[TRANCHE_OF]
        density = _share_log_density(events, risk, pupils, log_odds, known)
        pm.Potential("shares", (density * known["seen"][:, None]).sum())
    return model


def model_data(
    data: xr.Dataset,
    *,
    clustered: bool,
    pooled: bool = True,
    icc_prior: IccPrior = ICC_PRIOR,
    site_correlation_prior: tuple[float, float] = SITE_CORRELATION_PRIOR,
    tranche_sd: float = TRANCHE_SD,
    borging_sd: float = BORGING_SD,
) -> dict[str, npt.NDArray[np.float64]]:
    """Values of the model's ``pm.Data`` for one fit.

    Parameters
    ----------
    data
        Of :func:`~vm2causal.monitor.cohort_data.cohort_data`.
    clustered
        Whether sites differ; otherwise counts are binomial.
    pooled
        Whether effects of tranches share a distribution.
    icc_prior
        By outcome the two parameters of the Beta prior of the intra-class correlation beyond its
        lower bound.
    site_correlation_prior
        Those of how alike VM2 and ``voorgaand`` are of one site.
    tranche_sd
        Prior median of how much tranches differ [log-odds]; small pools nearly completely.
    borging_sd
        Extra standard deviation of the contrasts of B1 and B2; 0 pools them like the tranches.
    """
    values = {
        name: data[name].transpose(*dims).to_numpy().astype(float)
        for name, dims in _DATA.items()
        if name in data
    }
    return values | {
        "clustered": np.array(float(clustered)),
        "pooled": np.array(float(pooled)),
        "icc_prior": np.array([icc_prior[outcome] for outcome in OUTCOMES]),
        "site_correlation_prior": np.array(site_correlation_prior),
        "tranche_sd": np.array(tranche_sd),
        "borging_sd": np.array(borging_sd),
    }


def _log_odds(known: dict[str, Any]) -> Any:
    """Log-odds of the hazards, shape (interval, group)."""
    import pymc as pm

    # thousands of national pupils a cell: baseline and calendar need no pooling
    baseline = pm.Normal("baseline", *BASELINE_PRIOR, dims="interval")
    calendar = pm.Normal("calendar", *CALENDAR_PRIOR, dims="interval")
    return (
        baseline[:, None]
        + calendar[:, None] * IN_CALENDAR
        + _around_period("site", known)[:, None] * IN_SITES
        + _around_period("effect", known)[:, None] * IN_VM2
    )


def _around_period(name: str, known: dict[str, Any]) -> Any:
    """Contrast per interval, pooled over tranches within a year, and over years."""
    import pymc as pm
    import pytensor.tensor as pt

    mean_sd = MEAN_SD[name]
    mean = pm.Normal(f"{name}_mean", 0.0, mean_sd, dims="outcome")
    # three or four years cannot tell how much years differ, so that scale is given
    year_raw = pm.Normal(f"{name}_year_raw", 0.0, 1.0, dims="period")
    period = mean[OUTCOME_OF_PERIOD] + mean_sd * YEAR_SD * year_raw
    tranche_sd = pm.LogNormal(
        f"{name}_tranche_sd", pt.log(known["tranche_sd"]), TRANCHE_SD_SPREAD, dims="outcome"
    )
    pooled = known["pooled"]
    location = pooled * period[PERIOD_OF]
    extra = known["borging_sd"] * IN_BORGING
    scale = pooled * pt.sqrt(tranche_sd[OUTCOME_OF] ** 2 + extra**2) + (1 - pooled) * UNPOOLED_SD
    # partly centred: some intervals are rich in counts, others poor
    raw = pm.Normal(f"{name}_raw", CENTREDNESS * location, scale**CENTREDNESS, dims="interval")
    return pm.Deterministic(
        name,
        location + scale ** (1 - CENTREDNESS) * (raw - CENTREDNESS * location),
        dims="interval",
    )


def _pupils(known: dict[str, Any]) -> Any:
    """Start population, shape (tranche, group); log-uniform between its bounds."""
    import pymc as pm
    import pytensor.tensor as pt

    position = pm.Uniform("pupils_position", 0.0, 1.0, dims=("tranche", "group"))
    lower, upper = pt.log(known["pupils_lower"]), pt.log(known["pupils_upper"])
    return pm.Deterministic(
        "pupils", pt.exp(lower + position * (upper - lower)), dims=("tranche", "group")
    )


def _early_share(known: dict[str, Any]) -> Any:
    """Share with an SK within two years, shape (tranche, group); uniform between its bounds."""
    import pymc as pm

    position = pm.Uniform("early_position", 0.0, 1.0, dims=("tranche", "group"))
    return known["early_lower"] + position * (known["early_upper"] - known["early_lower"])


def _icc_of_one_group(known: dict[str, Any]) -> Any:
    """Intra-class correlation less what both groups of a site have in common, shape (outcome,)."""
    import pymc as pm

    prior, lower = known["icc_prior"], known["icc_lower"]
    beyond = pm.Beta("icc_beyond", prior[:, 0], prior[:, 1], dims="outcome")
    icc = pm.Deterministic("icc", lower + (1 - lower) * beyond, dims="outcome")
    common = known["site_correlation_prior"]
    return icc * (1 - pm.Beta("site_correlation", common[0], common[1]))


def _share_log_density(
    events: Any, risk: Any, pupils: Any, log_odds: Any, known: dict[str, Any]
) -> Any:
    """Log-density of shares with a known fraction but possibly unknown number of pupils.

    A binomial or beta-binomial mass at ``k = pupils × events``, continued to real ``k`` by gamma
    functions, times ``pupils``: the Jacobian from count to share.
    """
    import pytensor.tensor as pt

    at_risk, count = pupils * risk, pupils * events
    rest = at_risk - count
    choose = pt.gammaln(at_risk + 1) - pt.gammaln(count + 1) - pt.gammaln(rest + 1)
    binomial = -count * pt.softplus(-log_odds) - rest * pt.softplus(log_odds)
    # the design effect 1 + (m - 1)ρ as the precision a + b of the beta distribution
    icc = _icc_of_one_group(known)[OUTCOME_OF][:, None]
    per_site = at_risk / known["sites"][TRANCHE_OF][:, None]
    in_sites = known["clustered"] * IN_SITES
    precision = (at_risk - 1) / (pt.maximum(per_site - 1, LEAST_PER_SITE) * icc) - 1
    precision = pt.switch(in_sites, pt.maximum(precision, 1.0), 1.0)
    first = precision * pt.sigmoid(log_odds)
    second = precision - first
    beta_binomial = (
        (pt.gammaln(count + first) - pt.gammaln(first))
        + (pt.gammaln(rest + second) - pt.gammaln(second))
        - (pt.gammaln(at_risk + precision) - pt.gammaln(precision))
    )
    return choose + pt.switch(in_sites, beta_binomial, binomial) + pt.log(pupils)
