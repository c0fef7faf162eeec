"""The density of the event study with its gradient, compiled once per installation.

:func:`~vm2causal.monitor.did.event_study.event_study_model` is the definition; tests hold both
equal. Whatever differs between tables stands in the data, ``d``: scalars, then places of fields.
"""

from __future__ import annotations

from typing import Any, Final

import numba
import numpy as np
from numba import types

from vm2causal.monitor.cohort_density import (
    element,
    element_index,
    log_gamma,
    normal_prior,
    softplus_of,
)

COMPILED_WITH: Final = "665b3799"
"""Checksum of the functions taken from the file of the cohorts' density.

Numba looks at the file of a function only. A test holds this to what those functions are, so
that this file changes with them and nothing stale is run.
"""

SCALARS: Final = (
    "total", "cells", "grid", "series", "groups", "periods", "exposures", "targets", "iccs",
    "pooled", "group_mean", "group_sd", "period_sd", "effect_sd", "year_sd", "sd_median",
    "sd_spread", "unpooled_sd", "icc_a", "icc_b", "least_per_cluster",
)  # fmt: skip
FIELDS: Final = (
    "group_of", "period_of", "target_of", "icc_of", "series_of_exposure", "series_of_target",
    "exposure_of_target", "centred", "clusters", "trials", "low", "high",
)  # fmt: skip
"""Order in which data are packed: scalars, the places of fields, the fields."""

(
    _TOTAL, _CELLS, _GRID, _SERIES, _GROUPS, _PERIODS, _EXPOSURES, _TARGETS, _ICCS,
    _POOLED, _GROUP_MEAN, _GROUP_SD, _PERIOD_SD, _EFFECT_SD, _YEAR_SD, _SD_MEDIAN,
    _SD_SPREAD, _UNPOOLED_SD, _ICC_A, _ICC_B, _LEAST,
) = range(len(SCALARS))  # fmt: skip
(
    _GROUP_OF, _PERIOD_OF, _TARGET_OF, _ICC_OF, _SERIES_OF_EXPOSURE, _SERIES_OF_TARGET,
    _EXPOSURE_OF_TARGET, _CENTRED, _CLUSTERS, _TRIALS, _LOW, _HIGH,
) = range(len(SCALARS), len(SCALARS) + len(FIELDS))  # fmt: skip

_NOTHING: Final = 1e-20
"""Terms this much smaller than their sum end it."""


@numba.njit(cache=True, error_model="numpy")
def _choose(n, k):
    return log_gamma(n + 1.0)[0] - log_gamma(k + 1.0)[0] - log_gamma(n - k + 1.0)[0]


@numba.njit(cache=True, error_model="numpy")
def _middle(n, low, high, share):
    """The likeliest count of those possible, where sums start."""
    return min(max(np.floor((n + 1.0) * share), low), high)


@numba.njit(cache=True, error_model="numpy")
def _binomial(n, low, high, log_odds):
    """Log-probability of a count between two; its derivative by log-odds."""
    softplus, share = softplus_of(log_odds)
    first = _middle(n, low, high, share)
    odds = np.exp(log_odds)
    total, mean, term, k = 1.0, first, 1.0, first
    while k < high:
        term *= odds * (n - k) / (k + 1.0)
        k += 1.0
        total += term
        mean += term * k
        if term < _NOTHING * total:
            break
    term, k = 1.0, first
    while k > low:
        term *= k / ((n - k + 1.0) * odds)
        k -= 1.0
        total += term
        mean += term * k
        if term < _NOTHING * total:
            break
    # the first term was counted as itself
    value = _choose(n, first) + first * log_odds - n * softplus + np.log(total)
    return value, mean / total - n * share


@numba.njit(cache=True, error_model="numpy")
def _beta_binomial(n, low, high, log_odds, precision):
    """The same with a beta-distributed share; derivatives by log-odds and by a + b."""
    share = softplus_of(log_odds)[1]
    a, b = precision * share, precision * (1.0 - share)
    first = _middle(n, low, high, share)
    of_a, to_of_a = log_gamma(a)
    of_b, to_of_b = log_gamma(b)
    of_both, to_of_both = log_gamma(precision)
    up, to_up = log_gamma(first + a)
    down, to_down = log_gamma(n - first + b)
    every, to_every = log_gamma(n + precision)
    value = _choose(n, first) + up - of_a + down - of_b - every + of_both
    at_a, at_b = to_up - to_of_a, to_down - to_of_b
    total, to_a, to_b = 1.0, at_a, at_b
    term, k, now_a, now_b = 1.0, first, at_a, at_b
    while k < high:
        term *= (n - k) * (k + a) / ((k + 1.0) * (n - k - 1.0 + b))
        now_a += 1.0 / (k + a)
        now_b -= 1.0 / (n - k - 1.0 + b)
        k += 1.0
        total += term
        to_a += term * now_a
        to_b += term * now_b
    term, k, now_a, now_b = 1.0, first, at_a, at_b
    while k > low:
        k -= 1.0
        term *= (k + 1.0) * (n - k - 1.0 + b) / ((n - k) * (k + a))
        now_a -= 1.0 / (k + a)
        now_b += 1.0 / (n - k - 1.0 + b)
        total += term
        to_a += term * now_a
        to_b += term * now_b
    to_a, to_b = to_a / total, to_b / total
    to_log_odds = (to_a - to_b) * precision * share * (1.0 - share)
    to_precision = share * to_a + (1.0 - share) * to_b - to_every + to_of_both
    return value + np.log(total), to_log_odds, to_precision


@numba.njit(cache=True, error_model="numpy")
def _possible(d, cell, place, log_odds, icc):
    """One number of pupils that a cell may have; derivatives by log-odds and ICC."""
    n, low, high = element(d, _TRIALS, place), element(d, _LOW, place), element(d, _HIGH, place)
    if icc < 0.0:
        value, to_log_odds = _binomial(n, low, high, log_odds)
        return value, to_log_odds, 0.0
    beside = max(n / element(d, _CLUSTERS, cell) - 1.0, d[_LEAST])
    wanted = (n - 1.0) / (beside * icc)
    value, to_log_odds, to_precision = _beta_binomial(
        n, low, high, log_odds, max(wanted - 1.0, 1.0)
    )
    to_icc = -to_precision * wanted / icc if wanted - 1.0 > 1.0 else 0.0
    return value, to_log_odds, to_icc


@numba.njit(cache=True, error_model="numpy")
def _cell(d, cell, log_odds, icc):
    """Log-probability of what is known of a cell: the mean over numbers of pupils."""
    grid = int(d[_GRID])
    total, to_log_odds, to_icc, largest, numbers = 0.0, 0.0, 0.0, -np.inf, 0
    for g in range(grid):
        place = cell * grid + g
        if element(d, _TRIALS, place) == 0.0:
            continue
        numbers += 1
        if element(d, _LOW, place) > element(d, _HIGH, place):
            continue
        value, of_log_odds, of_icc = _possible(d, cell, place, log_odds, icc)
        if value > largest:
            scale = np.exp(largest - value)
            total, to_log_odds, to_icc = total * scale, to_log_odds * scale, to_icc * scale
            largest = value
        weight = np.exp(value - largest)
        total += weight
        to_log_odds += weight * of_log_odds
        to_icc += weight * of_icc
    return largest + np.log(total / numbers), to_log_odds / total, to_icc / total


@numba.njit(cache=True, error_model="numpy")
def _pooling(q, d, at_mean, at_raw, at_sd, target):
    """Location and scale of an effect."""
    if d[_POOLED] == 0.0:
        return 0.0, d[_UNPOOLED_SD]
    exposure, series = (
        element_index(d, _EXPOSURE_OF_TARGET, target),
        element_index(d, _SERIES_OF_TARGET, target),
    )
    mean = q[at_mean + element_index(d, _SERIES_OF_EXPOSURE, exposure)]
    location = mean + d[_EFFECT_SD] * d[_YEAR_SD] * q[at_raw + exposure]
    return location, np.exp(q[at_sd + series])


@numba.njit(cache=True, error_model="numpy")
def _effect_back(q, gradient, d, at_mean, at_raw, at_sd, place, target, to):
    """Hand on the adjoint of an effect; the density of its raw value."""
    location, scale = _pooling(q, d, at_mean, at_raw, at_sd, target)
    c = element(d, _CENTRED, target)
    sd, rest = scale**c, scale ** (1.0 - c)
    value, to_mean = normal_prior(q, gradient, place, c * location, sd)
    gradient[place] += to * rest
    if d[_POOLED] != 0.0:
        scaled, away = to_mean * sd, q[place] - c * location
        to_location = c * to_mean + to * (1.0 - c * rest)
        exposure = element_index(d, _EXPOSURE_OF_TARGET, target)
        gradient[at_mean + element_index(d, _SERIES_OF_EXPOSURE, exposure)] += to_location
        gradient[at_raw + exposure] += d[_EFFECT_SD] * d[_YEAR_SD] * to_location
        to_log_scale = (scaled * scaled - 1.0) * c + to * (1.0 - c) * rest * away
        gradient[at_sd + element_index(d, _SERIES_OF_TARGET, target)] += to_log_scale
    return value


@numba.njit(cache=True, error_model="numpy")
def _priors(q, gradient, d, at_mean, at_raw, at_sd, at_icc):
    """Density of everything but raw effects; writes nothing but gradients."""
    total = 0.0
    for k in range(int(d[_GROUPS])):
        total += normal_prior(q, gradient, k, d[_GROUP_MEAN], d[_GROUP_SD])[0]
    for k in range(int(d[_PERIODS])):
        total += normal_prior(q, gradient, int(d[_GROUPS]) + k, 0.0, d[_PERIOD_SD])[0]
    for k in range(int(d[_SERIES])):
        total += normal_prior(q, gradient, at_mean + k, 0.0, d[_EFFECT_SD])[0]
        total += normal_prior(q, gradient, at_sd + k, np.log(d[_SD_MEDIAN]), d[_SD_SPREAD])[0]
    for k in range(int(d[_EXPOSURES])):
        total += normal_prior(q, gradient, at_raw + k, 0.0, 1.0)[0]
    a, b = d[_ICC_A], d[_ICC_B]
    for k in range(int(d[_ICCS])):
        softplus, share = softplus_of(q[at_icc + k])
        gradient[at_icc + k] += a - (a + b) * share
        norm = log_gamma(a + b)[0] - log_gamma(a)[0] - log_gamma(b)[0]
        total += a * q[at_icc + k] - (a + b) * softplus + norm
    return total


@numba.njit(cache=True, error_model="numpy")
def log_density(q, gradient, d):
    """Log-density of the parameters; writes its gradient.

    Parameters
    ----------
    q, gradient
        Parameters and where to write the derivative, shape (size,): groups, periods, mean of each
        series, periods since the start, log standard deviations, raw effects, log-odds of ICCs.
    d
        The data, packed.
    """
    groups, targets = int(d[_GROUPS]), int(d[_TARGETS])
    at_mean = groups + int(d[_PERIODS])
    at_raw = at_mean + int(d[_SERIES])
    at_sd = at_raw + int(d[_EXPOSURES])
    at_effect = at_sd + int(d[_SERIES])
    at_icc = at_effect + targets
    for k in range(len(q)):
        gradient[k] = 0.0
    total = _priors(q, gradient, d, at_mean, at_raw, at_sd, at_icc)
    effects, to_effects = np.empty(targets), np.zeros(targets)
    for k in range(targets):
        c = element(d, _CENTRED, k)
        location, scale = _pooling(q, d, at_mean, at_raw, at_sd, k)
        effects[k] = location + scale ** (1.0 - c) * (q[at_effect + k] - c * location)
    for cell in range(int(d[_CELLS])):
        group, period = element_index(d, _GROUP_OF, cell), element_index(d, _PERIOD_OF, cell)
        target, outcome = element_index(d, _TARGET_OF, cell), element_index(d, _ICC_OF, cell)
        log_odds = q[group]
        if period >= 0:
            log_odds += q[groups + period]
        if target >= 0:
            log_odds += effects[target]
        icc = softplus_of(q[at_icc + outcome])[1] if outcome >= 0 else -1.0
        value, to_log_odds, to_icc = _cell(d, cell, log_odds, icc)
        total += value
        gradient[group] += to_log_odds
        if period >= 0:
            gradient[groups + period] += to_log_odds
        if target >= 0:
            to_effects[target] += to_log_odds
        if outcome >= 0:
            gradient[at_icc + outcome] += to_icc * icc * (1.0 - icc)
    for k in range(targets):
        total += _effect_back(
            q, gradient, d, at_mean, at_raw, at_sd, at_effect + k, k, to_effects[k]
        )
    return total


@numba.njit(cache=True, error_model="numpy")
def _parameters(z, packed):
    """The sampler's coordinates → parameters, by the linear map at the end of the data."""
    size = len(z)
    centre = len(packed) - size * (size + 1)
    q = packed[centre : centre + size].copy()
    for i in range(size):
        row = centre + size * (i + 1)
        for k in range(size):
            q[i] += packed[row + k] * z[k]
    return q


@numba.njit(cache=True, error_model="numpy")
def _sampled(z, gradient, packed):
    """Log-density in the sampler's coordinates but for a constant; writes its gradient."""
    size = len(z)
    own = np.empty(size)
    value = log_density(_parameters(z, packed), own, packed)
    first = len(packed) - size * size
    for k in range(size):
        gradient[k] = 0.0
    for i in range(size):
        for k in range(size):
            gradient[k] += packed[first + size * i + k] * own[i]
    return value


_FLOATS: Final = types.CPointer(types.float64)
_SIGNATURE: Final = types.int64(types.uint64, _FLOATS, _FLOATS, _FLOATS, _FLOATS)
_EXPAND: Final = types.int64(types.uint64, types.uint64, _FLOATS, _FLOATS, _FLOATS)


@numba.cfunc(_SIGNATURE, cache=True)
def log_density_pointer(size: Any, z_: Any, gradient_: Any, out_: Any, packed_: Any) -> Any:
    """The density as the sampler calls it.

    Parameters
    ----------
    size
        Number of parameters.
    z_, gradient_, out_
        Pointers to the sampler's coordinates, and to where gradient and log-density go.
    packed_
        Points to the data: what :func:`log_density` reads, a centre, and the map by rows.
    """
    total: Any = np.int64(packed_[0])
    gradient = numba.carray(gradient_, (size,))
    value = _sampled(numba.carray(z_, (size,)), gradient, numba.carray(packed_, (total,)))
    out = numba.carray(out_, (1,))
    out[0] = value
    if not np.isfinite(value):
        return 4
    for k in range(np.int64(size)):
        if not np.isfinite(gradient[k]):
            return 3
    return 0


@numba.cfunc(_EXPAND, cache=True)
def draw_pointer(size: Any, expanded: Any, z_: Any, out_: Any, packed_: Any) -> Any:
    """Turn a draw into the parameters.

    Parameters
    ----------
    size, expanded
        Number of parameters, and as many again.
    z_, out_
        Pointers to the sampler's coordinates and to where the parameters go.
    packed_
        Points to the data.
    """
    total: Any = np.int64(packed_[0])
    q = _parameters(numba.carray(z_, (size,)), numba.carray(packed_, (total,)))
    out = numba.carray(out_, (expanded,))
    for k in range(np.int64(size)):
        out[k] = q[k]
    return 0
