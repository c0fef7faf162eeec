"""Log-density and gradient of the cohort model, compiled once per installation.

:func:`~vm2causal.monitor.cohorts.cohort_model` defines the model; here it is for machines, derived
by hand, and tests hold both equal. What differs between fits (shares, bounds, priors, which part of
the model is switched on, how many tranches there are) is data, packed in one array of numbers, so
that nothing is compiled for a fit. No function of another file and no number of one is compiled
in: numba's cache looks at this file only.

Parameters stand in this order, each in the order of its dims:
baseline (interval), national (interval), of the contrasts *site* and *effect* each mean (outcome),
year (period), log standard deviation of tranches (outcome) and raw (interval), then log-odds of
icc_beyond (outcome), site_correlation, pupils_position and early_position (tranche, group).
*national* is baseline + calendar, the log-odds of the tranche's own national cohort. That cohort
and the one before it have tens of thousands of pupils each, who tell the two log-odds, not the
difference.
"""

from __future__ import annotations

from typing import Any, Final

import numba
import numpy as np
from numba import types

SCALARS: Final = (
    "total",
    "intervals",
    "periods",
    "outcomes",
    "tranches",
    "groups",
    "clustered",
    "pooled",
    "tranche_sd",
    "tranche_sd_spread",
    "borging_sd",
    "year_sd",
    "unpooled_sd",
    "centredness",
    "least_per_site",
)
"""Single numbers at the head of the data, in this order; the first is how many there are in all."""

FIELDS: Final = (
    "baseline",
    "calendar",
    "mean_sd",
    "correlation",
    "icc",
    "outcome_of",
    "tranche_of",
    "period_of",
    "outcome_of_period",
    "in_borging",
    "in_calendar",
    "in_sites",
    "in_vm2",
    "icc_lower",
    "sites",
    "seen",
    "events",
    "events_per_early",
    "risk",
    "risk_per_early",
    "early_lower",
    "early_upper",
    "log_pupils_lower",
    "log_pupils_upper",
)
"""Arrays: after the single numbers the place of the first element of each, then all elements.

Arrays of two dims are flat, indices are whole numbers kept as floats. ``baseline`` and ``calendar``
hold mean and standard deviation of these priors, ``mean_sd`` those of the means of site and effect,
``correlation`` and ``icc`` the parameters of Beta priors.
"""

_INTERVALS, _PERIODS, _OUTCOMES, _TRANCHES, _GROUPS = range(1, 6)
_CLUSTERED, _POOLED, _TRANCHE_SD, _TRANCHE_SD_SPREAD, _BORGING_SD = range(6, 11)
_YEAR_SD, _UNPOOLED_SD, _CENTREDNESS, _LEAST_PER_SITE = range(11, 15)
_BASELINE, _CALENDAR, _MEAN_SD, _CORRELATION, _ICC = range(15, 20)
_OUTCOME_OF, _TRANCHE_OF, _PERIOD_OF, _OUTCOME_OF_PERIOD = range(20, 24)
_IN_BORGING, _IN_CALENDAR, _IN_SITES, _IN_VM2 = range(24, 28)
_ICC_LOWER, _SITES, _SEEN, _EVENTS, _EVENTS_PER_EARLY = range(28, 33)
_RISK, _RISK_PER_EARLY, _EARLY_LOWER, _EARLY_UPPER = range(33, 37)
_LOG_PUPILS_LOWER, _LOG_PUPILS_UPPER = range(37, 39)

_HALF_LOG_2PI: Final = 0.9189385332046727


@numba.njit(cache=True, error_model="numpy")
def element(d, field, k):
    """Element of an array among the data."""
    return d[int(d[field]) + k]


@numba.njit(cache=True, error_model="numpy")
def element_index(d, field, k):
    """The same of an array of indices."""
    return int(d[int(d[field]) + k])


@numba.njit(cache=True, error_model="numpy")
def log_gamma(x):
    """Log Γ(x) and its derivative, for x > 0; NaN elsewhere.

    Parameters
    ----------
    x
        A number.

    Notes
    -----
    Stirling's series from 10 on (DLMF 5.11.1 and 5.11.2), to which smaller arguments are led by
    the recurrence (5.5.1); absolute error below 1e−14 there, relative beyond.
    """
    if not x > 0.0:
        return np.nan, np.nan
    product, slope = 1.0, 0.0
    while x < 10.0:
        product *= x
        slope += 1.0 / x
        x += 1.0
    log_x, u = np.log(x), 1.0 / x
    z = u * u
    series = u * (
        1.0 / 12.0
        - z * (1.0 / 360.0 - z * (1.0 / 1260.0 - z * (1.0 / 1680.0 - z * (1.0 / 1188.0
        - z * (691.0 / 360360.0 - z / 156.0)))))
    )  # fmt: skip
    series_slope = z * (
        1.0 / 12.0
        - z * (1.0 / 120.0 - z * (1.0 / 252.0 - z * (1.0 / 240.0 - z * (1.0 / 132.0
        - z * (691.0 / 32760.0 - z / 12.0)))))
    )  # fmt: skip
    value = (x - 0.5) * log_x - x + _HALF_LOG_2PI + series
    if product != 1.0:
        value -= np.log(product)
    return value, log_x - 0.5 * u - series_slope - slope


@numba.njit(cache=True, error_model="numpy")
def softplus_of(x):
    """log(1 + e^x) and σ(x)."""
    u = np.exp(-abs(x))
    inverse = 1.0 / (1.0 + u)
    return max(x, 0.0) + np.log1p(u), inverse if x >= 0.0 else u * inverse


@numba.njit(cache=True, error_model="numpy")
def normal_prior(q, gradient, place, mean, sd):
    """Density of one parameter, whose gradient is passed on; derivative by the mean beside it."""
    scaled = (q[place] - mean) / sd
    gradient[place] -= scaled / sd
    return -0.5 * scaled * scaled - np.log(sd) - _HALF_LOG_2PI, scaled / sd


@numba.njit(cache=True, error_model="numpy")
def _beta(q, gradient, place, a, b):
    """Density of the log-odds of what has a Beta prior, passed on; and that share."""
    softplus, share = softplus_of(q[place])
    norm = log_gamma(a + b)[0] - log_gamma(a)[0] - log_gamma(b)[0]
    gradient[place] += a - (a + b) * share
    return a * q[place] - (a + b) * softplus + norm, share


@numba.njit(cache=True, error_model="numpy")
def _national(q, gradient, d, intervals):
    """Priors of baseline and of calendar, the difference of two parameters."""
    total = 0.0
    for i in range(intervals):
        total += normal_prior(q, gradient, i, element(d, _BASELINE, 0), element(d, _BASELINE, 1))[0]
        value, to_mean = normal_prior(
            q, gradient, intervals + i, q[i] + element(d, _CALENDAR, 0), element(d, _CALENDAR, 1)
        )
        gradient[i] += to_mean
        total += value
    return total


@numba.njit(cache=True, error_model="numpy")
def _pooling(q, d, first, mean_sd, i):
    """Location and scale of an interval's contrast; the latter's derivative by log tranche sd."""
    outcomes, periods = int(d[_OUTCOMES]), int(d[_PERIODS])
    period, outcome = element_index(d, _PERIOD_OF, i), element_index(d, _OUTCOME_OF, i)
    mean = q[first + element_index(d, _OUTCOME_OF_PERIOD, period)]
    location = d[_POOLED] * (mean + mean_sd * d[_YEAR_SD] * q[first + outcomes + period])
    tranche = np.exp(q[first + outcomes + periods + outcome])
    extra = d[_BORGING_SD] * element(d, _IN_BORGING, i)
    together = np.sqrt(tranche * tranche + extra * extra)
    scale = d[_POOLED] * together + (1.0 - d[_POOLED]) * d[_UNPOOLED_SD]
    return location, scale, d[_POOLED] * tranche * tranche / together


@numba.njit(cache=True, error_model="numpy")
def _contrasts(q, gradient, d, first, mean_sd, values):
    """Write the contrast of each interval; the density of its priors but for the raw values."""
    outcomes, periods, intervals = int(d[_OUTCOMES]), int(d[_PERIODS]), len(values)
    total, c = 0.0, d[_CENTREDNESS]
    for o in range(outcomes):
        total += normal_prior(q, gradient, first + o, 0.0, mean_sd)[0]
        place = first + outcomes + periods + o
        total += normal_prior(q, gradient, place, np.log(d[_TRANCHE_SD]), d[_TRANCHE_SD_SPREAD])[0]
    for p in range(periods):
        total += normal_prior(q, gradient, first + outcomes + p, 0.0, 1.0)[0]
    raw = first + 2 * outcomes + periods
    for i in range(intervals):
        location, scale, _ = _pooling(q, d, first, mean_sd, i)
        values[i] = location + scale ** (1.0 - c) * (q[raw + i] - c * location)
    return total


@numba.njit(cache=True, error_model="numpy")
def _contrasts_back(q, gradient, d, first, mean_sd, to_values):
    """Hand on the adjoints of contrasts; the density of the raw values."""
    outcomes, periods, intervals = int(d[_OUTCOMES]), int(d[_PERIODS]), len(to_values)
    total, c = 0.0, d[_CENTREDNESS]
    raw = first + 2 * outcomes + periods
    for i in range(intervals):
        location, scale, slope = _pooling(q, d, first, mean_sd, i)
        sd, rest, to = scale**c, scale ** (1.0 - c), to_values[i]
        value, to_mean = normal_prior(q, gradient, raw + i, c * location, sd)
        total += value
        gradient[raw + i] += to * rest
        scaled = to_mean * sd
        away = q[raw + i] - c * location
        to_location = c * to_mean + to * (1.0 - c * rest)
        to_scale = ((scaled * scaled - 1.0) * c + to * (1.0 - c) * rest * away) / scale
        period, outcome = element_index(d, _PERIOD_OF, i), element_index(d, _OUTCOME_OF, i)
        gradient[first + element_index(d, _OUTCOME_OF_PERIOD, period)] += d[_POOLED] * to_location
        gradient[first + outcomes + period] += d[_POOLED] * mean_sd * d[_YEAR_SD] * to_location
        gradient[first + outcomes + periods + outcome] += to_scale * slope
    return total


@numba.njit(cache=True, error_model="numpy")
def _counted(at_risk, count, log_odds):
    """Binomial mass but for its coefficient; derivatives by count, by the rest and by log-odds."""
    softplus, share = softplus_of(log_odds)
    rest = at_risk - count
    value = count * (log_odds - softplus) - rest * softplus
    return value, log_odds - softplus, -softplus, count - at_risk * share


@numba.njit(cache=True, error_model="numpy")
def _clustered(at_risk, count, log_odds, sites, icc, least):
    """Beta-binomial mass but for its coefficient.

    With it the derivatives by count, by the rest, by log-odds, by those at risk (where count and
    rest stay as they are) and by the intra-class correlation.
    """
    rest = at_risk - count
    per_site = at_risk / sites - 1.0
    within = max(per_site, least)
    wanted = (at_risk - 1.0) / (within * icc)
    precision = max(wanted - 1.0, 1.0)
    share = softplus_of(log_odds)[1]
    first = precision * share
    second = precision - first
    a, to_a = log_gamma(first)
    b, to_b = log_gamma(second)
    both, to_both = log_gamma(precision)
    counted, to_count = log_gamma(count + first)
    left, to_rest = log_gamma(rest + second)
    every, to_every = log_gamma(at_risk + precision)
    value = (counted - a) + (left - b) - (every - both)
    to_first, to_second = to_count - to_a, to_rest - to_b
    to_log_odds = precision * share * (1.0 - share) * (to_first - to_second)
    to_precision = share * to_first + (1.0 - share) * to_second - to_every + to_both
    to_risk, to_icc = -to_every, 0.0
    if wanted - 1.0 > 1.0:
        slope = wanted / (at_risk - 1.0)
        if per_site > least:
            slope -= wanted / (per_site * sites)
        to_risk += to_precision * slope
        to_icc = -to_precision * wanted / icc
    return value, to_count, to_rest, to_log_odds, to_risk, to_icc


@numba.njit(cache=True, error_model="numpy")
def _cell(d, place, pupils, early, log_odds, sites, icc, in_sites):
    """Log-density of one share; derivatives by log-odds, pupils, early share and icc."""
    risk = element(d, _RISK, place) + element(d, _RISK_PER_EARLY, place) * early
    events = element(d, _EVENTS, place) + element(d, _EVENTS_PER_EARLY, place) * early
    at_risk, count = pupils * risk, pupils * events
    rest = at_risk - count
    every, to_every = log_gamma(at_risk + 1.0)
    counted, to_counted = log_gamma(count + 1.0)
    left, to_left = log_gamma(rest + 1.0)
    to_risk, to_icc = 0.0, 0.0
    if in_sites:
        value, to_count, to_rest, to_log_odds, to_risk, to_icc = _clustered(
            at_risk, count, log_odds, sites, icc, d[_LEAST_PER_SITE]
        )
    else:
        value, to_count, to_rest, to_log_odds = _counted(at_risk, count, log_odds)
    to_count -= to_counted
    to_rest -= to_left
    to_risk += to_every + to_rest
    to_count -= to_rest
    value += every - counted - left + np.log(pupils)
    to_pupils = to_risk * risk + to_count * events + 1.0 / pupils
    to_early = pupils * (
        to_risk * element(d, _RISK_PER_EARLY, place)
        + to_count * element(d, _EVENTS_PER_EARLY, place)
    )
    return value, to_log_odds, to_pupils, to_early, to_icc


@numba.njit(cache=True, error_model="numpy")
def _shares(q, gradient, d, contrasts, hidden, icc, to_contrasts, to_hidden, to_icc):
    """Density of everything that is published; adjoints of what it follows from."""
    intervals, groups, total = int(d[_INTERVALS]), int(d[_GROUPS]), 0.0
    for i in range(intervals):
        if element(d, _SEEN, i) == 0.0:
            continue
        tranche, outcome = element_index(d, _TRANCHE_OF, i), element_index(d, _OUTCOME_OF, i)
        for g in range(groups):
            own = tranche * groups + g
            base = intervals + i if element(d, _IN_CALENDAR, g) == 1.0 else i
            log_odds = (
                q[base]
                + contrasts[0, i] * element(d, _IN_SITES, g)
                + contrasts[1, i] * element(d, _IN_VM2, g)
            )
            value, to_odds, to_pupils, to_early, of_icc = _cell(
                d,
                i * groups + g,
                hidden[0, own],
                hidden[1, own],
                log_odds,
                element(d, _SITES, tranche),
                icc[outcome],
                d[_CLUSTERED] * element(d, _IN_SITES, g) == 1.0,
            )
            total += value
            gradient[base] += to_odds
            to_contrasts[0, i] += to_odds * element(d, _IN_SITES, g)
            to_contrasts[1, i] += to_odds * element(d, _IN_VM2, g)
            to_hidden[0, own] += to_pupils
            to_hidden[1, own] += to_early
            to_icc[outcome] += of_icc
    return total


@numba.njit(cache=True, error_model="numpy")
def _alone(q, gradient, d, first, icc):
    """Write what of each intra-class correlation is of one group alone; the density of both."""
    outcomes = len(icc)
    total, common = _beta(
        q, gradient, first + outcomes, element(d, _CORRELATION, 0), element(d, _CORRELATION, 1)
    )
    for o in range(outcomes):
        value, beyond = _beta(
            q, gradient, first + o, element(d, _ICC, 2 * o), element(d, _ICC, 2 * o + 1)
        )
        total += value
        icc[o] = (element(d, _ICC_LOWER, o) + (1.0 - element(d, _ICC_LOWER, o)) * beyond) * (
            1.0 - common
        )
    return total


@numba.njit(cache=True, error_model="numpy")
def _alone_back(q, gradient, d, first, icc, to_icc):
    outcomes = len(icc)
    common = softplus_of(q[first + outcomes])[1]
    for o in range(outcomes):
        beyond = softplus_of(q[first + o])[1]
        slope = (1.0 - element(d, _ICC_LOWER, o)) * (1.0 - common) * beyond * (1.0 - beyond)
        gradient[first + o] += to_icc[o] * slope
        gradient[first + outcomes] -= to_icc[o] * icc[o] * common


@numba.njit(cache=True, error_model="numpy")
def _hidden(q, gradient, d, first, pupils, early):
    """Write start populations and early shares within their bounds; the density of where."""
    total, cells = 0.0, len(pupils)
    for k in range(cells):
        value, place = _beta(q, gradient, first + k, 1.0, 1.0)
        width = element(d, _LOG_PUPILS_UPPER, k) - element(d, _LOG_PUPILS_LOWER, k)
        pupils[k] = np.exp(element(d, _LOG_PUPILS_LOWER, k) + place * width)
        total += value
        value, place = _beta(q, gradient, first + cells + k, 1.0, 1.0)
        early[k] = element(d, _EARLY_LOWER, k) + place * (
            element(d, _EARLY_UPPER, k) - element(d, _EARLY_LOWER, k)
        )
        total += value
    return total


@numba.njit(cache=True, error_model="numpy")
def _hidden_back(q, gradient, d, first, pupils, to_pupils, to_early):
    cells = len(pupils)
    for k in range(cells):
        place = softplus_of(q[first + k])[1]
        width = element(d, _LOG_PUPILS_UPPER, k) - element(d, _LOG_PUPILS_LOWER, k)
        gradient[first + k] += to_pupils[k] * pupils[k] * width * place * (1.0 - place)
        place = softplus_of(q[first + cells + k])[1]
        width = element(d, _EARLY_UPPER, k) - element(d, _EARLY_LOWER, k)
        gradient[first + cells + k] += to_early[k] * width * place * (1.0 - place)


@numba.njit(cache=True, error_model="numpy")
def log_density(q, gradient, d):
    """Log-density of the parameters; writes its gradient.

    Parameters
    ----------
    q, gradient
        Parameters and where to write the derivative, shape (size,).
    d
        The data, packed.
    """
    intervals, periods, outcomes = int(d[_INTERVALS]), int(d[_PERIODS]), int(d[_OUTCOMES])
    cells = int(d[_TRANCHES]) * int(d[_GROUPS])
    at_site = 2 * intervals
    at_effect = at_site + 2 * outcomes + periods + intervals
    at_icc = at_effect + 2 * outcomes + periods + intervals
    at_hidden = at_icc + outcomes + 1
    for k in range(len(q)):
        gradient[k] = 0.0
    contrasts, to_contrasts = np.empty((2, intervals)), np.zeros((2, intervals))
    icc, to_icc = np.empty(outcomes), np.zeros(outcomes)
    hidden, to_hidden = np.empty((2, cells)), np.zeros((2, cells))
    total = _national(q, gradient, d, intervals)
    total += _contrasts(q, gradient, d, at_site, element(d, _MEAN_SD, 0), contrasts[0])
    total += _contrasts(q, gradient, d, at_effect, element(d, _MEAN_SD, 1), contrasts[1])
    total += _alone(q, gradient, d, at_icc, icc)
    total += _hidden(q, gradient, d, at_hidden, hidden[0], hidden[1])
    total += _shares(q, gradient, d, contrasts, hidden, icc, to_contrasts, to_hidden, to_icc)
    total += _contrasts_back(q, gradient, d, at_site, element(d, _MEAN_SD, 0), to_contrasts[0])
    total += _contrasts_back(q, gradient, d, at_effect, element(d, _MEAN_SD, 1), to_contrasts[1])
    _alone_back(q, gradient, d, at_icc, icc, to_icc)
    _hidden_back(q, gradient, d, at_hidden, hidden[0], to_hidden[0], to_hidden[1])
    return total


_FLOATS: Final = types.CPointer(types.float64)
_SIGNATURE: Final = types.int64(types.uint64, _FLOATS, _FLOATS, _FLOATS, _FLOATS)
_EXPAND: Final = types.int64(types.uint64, types.uint64, _FLOATS, _FLOATS, _FLOATS)


@numba.cfunc(_SIGNATURE, cache=True)
def log_density_pointer(size: Any, q_: Any, gradient_: Any, out_: Any, packed_: Any) -> Any:
    """The density as the sampler calls it.

    Parameters
    ----------
    size
        Number of parameters.
    q_, gradient_, out_
        Pointers to the parameters, and to where gradient and log-density go.
    packed_
        Points to the data.
    """
    total: Any = np.int64(packed_[0])
    packed = numba.carray(packed_, (total,))
    gradient = numba.carray(gradient_, (size,))
    value = log_density(numba.carray(q_, (size,)), gradient, packed)
    out = numba.carray(out_, (1,))
    out[0] = value
    if not np.isfinite(value):
        return 4
    for k in range(np.int64(size)):
        if not np.isfinite(gradient[k]):
            return 3
    return 0


@numba.cfunc(_EXPAND, cache=True)
def draw_pointer(size: Any, expanded: Any, q_: Any, out_: Any, packed_: Any) -> Any:
    """Hand a draw on as it is; parameters are named after sampling.

    Parameters
    ----------
    size, expanded
        Number of parameters, and as many again.
    q_, out_
        Pointers to the parameters and to where they go.
    packed_
        Points to the data, which have no part in this.
    """
    q, out = numba.carray(q_, (size,)), numba.carray(out_, (expanded,))
    for k in range(np.int64(size)):
        out[k] = q[k]
    return 0
