"""Log-density and gradient of any structural model, compiled once per installation.

A model is a list of operations on one array of slots: parameters, constants and what is computed
from them. The kernel runs the list forwards and then backwards (reverse-mode differentiation). The
arrays differ between models; the compiled code does not, and numba keeps it on disk. It is called
by the sampler through a C pointer, without the interpreter.

Terms added straight to the log-density have derivative 1 towards it, so the likelihood operations
pass their gradients on while running forwards.

Parameters may be moved in place. ``ROTATE``, ``SCALE`` and ``CENTRE`` put them back on the way
back, when their other operands must stand as they did; what ``AXPY``, ``GATHER``, ``MULADD`` and
``COMBINE`` add stays. So a slot that is read is not changed by anything written after it, but
where only its adjoint matters: as a term whose factor is constant.
"""

from __future__ import annotations

from typing import Any, Final

import numba
import numpy as np
from numba import types

AXPY: Final = 1
"""slots[o + k] += slots[c] · slots[x + k], k < n"""
GATHER: Final = 2
"""slots[o + k] += slots[c] · slots[base + index[k]], where index[k] ≥ 0"""
MULADD: Final = 3
"""slots[o[k]] += slots[a[k]] · slots[b[k]]"""
EXP: Final = 4
"""slots[o + k] = exp(slots[a + k])"""
BINOMIAL: Final = 5
"""log-density += y η − n log(1 + e^η), η = slots[a + i[k]] + slots[b + j[k]]"""
SIGMOID: Final = 6
"""log-density += log σ(sign · (slots[c] − slots[l] · slots[t]))"""
WEIGHTED_SIGMOID: Final = 7
"""The same times a weight, added to slots[target]"""
GAP: Final = 8
"""weight · log(1 − exp(−slots[g])), to slots[target], or to the log-density where target < 0"""
NORMAL: Final = 9
"""log N(slots[x]; slots[m], slots[s]), to slots[target], or to the log-density"""
CATEGORICAL: Final = 10
"""Multinomial logit of K − 1 predictors, to slots[target], or to the log-density"""
LOGSUMEXP: Final = 11
"""log-density += log Σ exp of the slots of each block"""

POLAR: Final = 12
"""slots[o] = tanh(slots[a]), slots[o + 1] = 1 / cosh(slots[a])"""
ROTATE: Final = 13
"""Turns pairs of parameters in place: see :mod:`~vm2causal.model.coordinates`"""
PRIOR: Final = 14
"""log-density += that of the parameters' priors, as the parameters stand"""
WIDEN: Final = 15
"""slots[o + k] = log(1 + slots[c] e^(2 slots[a + k])) / 2, k < n; slots[c] is a constant"""
COMBINE: Final = 16
"""slots[o + k] += Σ slots[c[j]] · floats[j, k], k < n, j < m"""
SCALE: Final = 17
"""slots[x + k] *= slots[f + step · k], k < n, in place; log-density += the factors' logarithms"""
CENTRE: Final = 18
"""Moves noise to where data put it: see :mod:`~vm2causal.model.coordinates`"""

ROOM: Final = 9
"""Slots per unit, or carrier or group where these are more, that ``CENTRE`` works in."""

FIELDS: Final = 8
"""Integers per operation: its code and seven operands."""

HEADER: Final = 8
"""Integers before the arrays in a packed program: see :class:`~vm2causal.model.tape.Program`."""

_LN2_HIGH: Final = 6.93147180369123816490e-01
_LN2_LOW: Final = 1.90821492927058770002e-10
_ROUND: Final = 6755399441055744.0
"""1.5 · 2^52: adding it leaves the rounded integer in the low bits."""
_HALF_LOG_2PI: Final = 0.9189385332046727

_PLACE: Final = np.uint64
"""Of an index: unsigned, so that it is not looked at for counting from the end."""

_SUMS: Final = {"reassoc", "contract", "nsz", "arcp"}
_FAST: Final = {"contract", "nsz", "arcp"}  # not "reassoc": it would undo the rounding by _ROUND


@numba.njit(cache=True, error_model="numpy", fastmath=_FAST)
def _softplus_terms(eta, scratch, bits, n):
    """Overwrite: eta → σ(eta); scratch → log(1 + e^eta). Vectorises: no branch, no library call.

    e^−|x| by reduction to 2^k · e^r with a Taylor polynomial on |r| ≤ log(2)/2 (error below
    3e−16); log(1 + u) = 2 atanh(u / (2 + u)) by its series, whose argument is at most 1/3.
    """
    for k in range(n):
        x = -min(abs(eta[k]), 700.0)
        shifted = x * 1.4426950408889634 + _ROUND
        scratch[k] = shifted
    whole = scratch.view(np.int64)
    for k in range(n):
        bits[k] = (whole[k] << 52) + (1023 << 52)
    power = bits.view(np.float64)
    for k in range(n):
        x = -min(abs(eta[k]), 700.0)
        i = scratch[k] - _ROUND
        r = (x - i * _LN2_HIGH) - i * _LN2_LOW
        p = 1.0 / 6227020800.0
        p = p * r + 1.0 / 479001600.0
        p = p * r + 1.0 / 39916800.0
        p = p * r + 1.0 / 3628800.0
        p = p * r + 1.0 / 362880.0
        p = p * r + 1.0 / 40320.0
        p = p * r + 1.0 / 5040.0
        p = p * r + 1.0 / 720.0
        p = p * r + 1.0 / 120.0
        p = p * r + 1.0 / 24.0
        p = p * r + 1.0 / 6.0
        p = p * r + 0.5
        p = p * r + 1.0
        p = p * r + 1.0
        u = p * power[k]
        s = u / (2.0 + u)
        z = s * s
        q = 1.0 / 31.0
        q = q * z + 1.0 / 29.0
        q = q * z + 1.0 / 27.0
        q = q * z + 1.0 / 25.0
        q = q * z + 1.0 / 23.0
        q = q * z + 1.0 / 21.0
        q = q * z + 1.0 / 19.0
        q = q * z + 1.0 / 17.0
        q = q * z + 1.0 / 15.0
        q = q * z + 1.0 / 13.0
        q = q * z + 1.0 / 11.0
        q = q * z + 1.0 / 9.0
        q = q * z + 1.0 / 7.0
        q = q * z + 1.0 / 5.0
        q = q * z + 1.0 / 3.0
        q = q * z + 1.0
        scratch[k] = max(eta[k], 0.0) + 2.0 * s * q
        inverse = 1.0 / (1.0 + u)
        eta[k] = inverse if eta[k] >= 0.0 else u * inverse


@numba.njit(cache=True, error_model="numpy", fastmath=_SUMS)
def _dot(a, b):
    """Sum of products in any order, so that it vectorises."""
    total = 0.0
    for k in range(len(a)):
        total += a[k] * b[k]
    return total


@numba.njit(cache=True, error_model="numpy", fastmath=_SUMS)
def _sum(a):
    """Sum in any order."""
    total = 0.0
    for k in range(len(a)):
        total += a[k]
    return total


@numba.njit(cache=True, error_model="numpy")
def _binomial(v, g, ints, floats, i0, f0, a, b, n):
    """Cells of one unit stand together: what they pass on to it is added up first."""
    units, patterns = ints[i0 : i0 + n], ints[i0 + n : i0 + 2 * n]
    events, trials = floats[f0 : f0 + n], floats[f0 + n : f0 + 2 * n]
    of_unit, of_pattern, to_unit, to_pattern = v[a:], v[b:], g[a:], g[b:]
    eta = np.empty(n)
    scratch = np.empty(n)
    bits = np.empty(n, dtype=np.int64)
    for k in range(n):
        eta[k] = of_unit[_PLACE(units[k])] + of_pattern[_PLACE(patterns[k])]
    total = _dot(events, eta)
    _softplus_terms(eta, scratch, bits, n)
    total -= _dot(trials, scratch)
    last, gathered = units[0] if n else 0, 0.0
    for k in range(n):
        r = events[k] - trials[k] * eta[k]
        if units[k] != last:
            to_unit[_PLACE(last)] += gathered
            last, gathered = units[k], 0.0
        gathered += r
        to_pattern[_PLACE(patterns[k])] += r
    to_unit[_PLACE(last)] += gathered
    return total


@numba.njit(cache=True, error_model="numpy")
def _passed_cuts(v, cuts, loads, scores, signs):
    """σ(η) and log(1 + e^η) of η = −sign · (cut − loading · score)."""
    n = len(cuts)
    eta = np.empty(n)
    scratch = np.empty(n)
    bits = np.empty(n, dtype=np.int64)
    for k in range(n):
        c, load, t = _PLACE(cuts[k]), _PLACE(loads[k]), _PLACE(scores[k])
        eta[k] = -signs[k] * (v[c] - v[load] * v[t])
    _softplus_terms(eta, scratch, bits, n)
    return eta, scratch


@numba.njit(cache=True, error_model="numpy")
def _sigmoid(v, g, ints, floats, i0, f0, n):
    """Answers to an item share its loading, and equal answers a cut: each is added to once."""
    cuts, loads, scores = (
        ints[i0 : i0 + n],
        ints[i0 + n : i0 + 2 * n],
        ints[i0 + 2 * n : i0 + 3 * n],
    )
    signs = floats[f0 : f0 + n]
    eta, scratch = _passed_cuts(v, cuts, loads, scores, signs)
    cut, factor = (cuts[0], loads[0]) if n else (0, 0)
    to_cut, to_factor = 0.0, 0.0
    for k in range(n):
        if cuts[k] != cut:
            g[cut] += to_cut
            cut, to_cut = cuts[k], 0.0
        if loads[k] != factor:
            g[factor] += to_factor
            factor, to_factor = loads[k], 0.0
        t = _PLACE(scores[k])
        r = signs[k] * eta[k]
        to_cut += r
        to_factor -= r * v[t]
        g[t] -= r * v[_PLACE(factor)]
    g[cut] += to_cut
    g[factor] += to_factor
    return -_sum(scratch)


@numba.njit(cache=True, error_model="numpy")
def _weighted_sigmoid(v, g, ints, floats, i0, f0, n, backwards):
    cuts, loads, scores = (
        ints[i0 : i0 + n],
        ints[i0 + n : i0 + 2 * n],
        ints[i0 + 2 * n : i0 + 3 * n],
    )
    targets = ints[i0 + 3 * n : i0 + 4 * n]
    signs, weights = floats[f0 : f0 + n], floats[f0 + n : f0 + 2 * n]
    eta, scratch = _passed_cuts(v, cuts, loads, scores, signs)
    if not backwards:
        for k in range(n):
            v[_PLACE(targets[k])] -= weights[k] * scratch[k]
        return
    factor, to_factor = loads[0] if n else 0, 0.0
    for k in range(n):
        if loads[k] != factor:
            g[factor] += to_factor
            factor, to_factor = loads[k], 0.0
        t = _PLACE(scores[k])
        r = g[_PLACE(targets[k])] * weights[k] * signs[k] * eta[k]
        g[_PLACE(cuts[k])] += r
        to_factor -= r * v[t]
        g[t] -= r * v[_PLACE(factor)]
    g[factor] += to_factor


@numba.njit(cache=True, error_model="numpy")
def _gap(v, g, ints, floats, i0, f0, n, backwards):
    total = 0.0
    for k in range(n):
        slot, target, weight = ints[i0 + k], ints[i0 + n + k], floats[f0 + k]
        if not backwards:
            value = weight * np.log(-np.expm1(-v[slot]))
            if target < 0:
                total += value
            else:
                v[target] += value
        if backwards == (target >= 0):
            adjoint = g[target] if target >= 0 else 1.0
            g[slot] += adjoint * weight / np.expm1(v[slot])
    return total


@numba.njit(cache=True, error_model="numpy")
def _normal(v, g, ints, i0, n, backwards):
    """Many rows have the same standard deviation: its logarithm is taken once."""
    xs, means = ints[i0 : i0 + n], ints[i0 + n : i0 + 2 * n]
    sds, targets = ints[i0 + 2 * n : i0 + 3 * n], ints[i0 + 3 * n : i0 + 4 * n]
    total = 0.0
    sd, inverse, norm, to_sd = sds[0] if n else 0, 0.0, 0.0, 0.0
    for k in range(n):
        if k == 0 or sds[k] != sd:
            g[sd] += to_sd
            sd, to_sd = sds[k], 0.0
            inverse = 1.0 / v[sd]
            norm = np.log(v[sd]) + _HALF_LOG_2PI
        x, m, target = _PLACE(xs[k]), _PLACE(means[k]), targets[k]
        scaled = (v[x] - v[m]) * inverse
        if not backwards:
            value = -0.5 * scaled * scaled - norm
            if target < 0:
                total += value
            else:
                v[target] += value
        if backwards == (target >= 0):
            adjoint = g[target] if target >= 0 else 1.0
            g[x] -= adjoint * scaled * inverse
            g[m] += adjoint * scaled * inverse
            to_sd += adjoint * (scaled * scaled - 1.0) * inverse
    g[sd] += to_sd
    return total


@numba.njit(cache=True, error_model="numpy")
def _categorical(v, g, ints, i0, n, levels, backwards):
    """Rows hold the slots of K − 1 predictors, then the one observed (−1: the reference)."""
    total = 0.0
    width = levels + 1
    for k in range(n):
        row = i0 + k * width
        seen, target = ints[row + levels - 1], ints[row + levels]
        high = 0.0
        for j in range(levels - 1):
            high = max(high, v[ints[row + j]])
        denominator = np.exp(-high)
        for j in range(levels - 1):
            denominator += np.exp(v[ints[row + j]] - high)
        if not backwards:
            value = -high - np.log(denominator)
            if seen >= 0:
                value += v[ints[row + seen]]
            if target < 0:
                total += value
            else:
                v[target] += value
        if backwards == (target >= 0):
            adjoint = g[target] if target >= 0 else 1.0
            for j in range(levels - 1):
                slot = ints[row + j]
                g[slot] -= adjoint * np.exp(v[slot] - high) / denominator
            if seen >= 0:
                g[ints[row + seen]] += adjoint
    return total


@numba.njit(cache=True, error_model="numpy")
def _logsumexp(v, g, ints, i0, blocks):
    """Blocks of consecutive slots, each given by its first and its length."""
    total = 0.0
    for k in range(blocks):
        first, length = ints[i0 + 2 * k], ints[i0 + 2 * k + 1]
        high = v[first]
        for j in range(1, length):
            high = max(high, v[first + j])
        mass = 0.0
        for j in range(length):
            mass += np.exp(v[first + j] - high)
        for j in range(length):
            g[first + j] += np.exp(v[first + j] - high) / mass
        total += high + np.log(mass)
    return total


@numba.njit(cache=True, error_model="numpy", fastmath=_SUMS)
def _axpy(v, g, o, c, x, n, backwards):
    """Slices and two loops, so that both vectorise: a result is never its own operand."""
    factor = v[c]
    if backwards:
        adjoint, to, of = g[o : o + n], g[x : x + n], v[x : x + n]
        gathered = 0.0
        for k in range(n):
            gathered += adjoint[k] * of[k]
        for k in range(n):
            to[k] += adjoint[k] * factor
        g[c] += gathered
    else:
        out, term = v[o : o + n], v[x : x + n]
        for k in range(n):
            out[k] += factor * term[k]


@numba.njit(cache=True, error_model="numpy", fastmath=_SUMS)
def _combine(v, g, ints, floats, o, i0, f0, m, n, backwards):
    """Columns of constants: only their coefficients have an adjoint."""
    for j in range(m):
        slot, column = ints[i0 + j], floats[f0 + j * n : f0 + (j + 1) * n]
        if backwards:
            adjoint, gathered = g[o : o + n], 0.0
            for k in range(n):
                gathered += adjoint[k] * column[k]
            g[slot] += gathered
        else:
            out, factor = v[o : o + n], v[slot]
            for k in range(n):
                out[k] += factor * column[k]


@numba.njit(cache=True, error_model="numpy")
def _gather(v, g, ints, o, c, base, i0, n, backwards):
    slots, terms = ints[i0 : i0 + n], v[base:]
    factor = v[c]
    if not backwards:
        out = v[o : o + n]
        for k in range(n):
            if slots[k] >= 0:
                out[k] += factor * terms[_PLACE(slots[k])]
        return
    adjoint, to = g[o : o + n], g[base:]
    gathered = 0.0
    for k in range(n):
        if slots[k] >= 0:
            slot = _PLACE(slots[k])
            gathered += adjoint[k] * terms[slot]
            to[slot] += adjoint[k] * factor
    g[c] += gathered


@numba.njit(cache=True, error_model="numpy")
def _muladd(v, g, ints, i0, n, backwards):
    outs, firsts, seconds = (
        ints[i0 : i0 + n],
        ints[i0 + n : i0 + 2 * n],
        ints[i0 + 2 * n : i0 + 3 * n],
    )
    if not backwards:
        for k in range(n):
            v[_PLACE(outs[k])] += v[_PLACE(firsts[k])] * v[_PLACE(seconds[k])]
        return
    # many terms in a row share their first factor: its adjoint is added to once
    factor, gathered = firsts[0] if n else 0, 0.0
    for k in range(n):
        if firsts[k] != factor:
            g[factor] += gathered
            factor, gathered = firsts[k], 0.0
        adjoint, second = g[_PLACE(outs[k])], _PLACE(seconds[k])
        gathered += adjoint * v[second]
        g[second] += adjoint * v[_PLACE(factor)]
    g[factor] += gathered


@numba.njit(cache=True, error_model="numpy")
def _exp(v, g, o, a, n, backwards):
    for k in range(n):
        if backwards:
            g[a + k] += g[o + k] * v[o + k]
        else:
            v[o + k] = np.exp(v[a + k])


@numba.njit(cache=True, error_model="numpy")
def _polar(v, g, o, a, backwards):
    if backwards:
        g[a] += v[o + 1] * (v[o + 1] * g[o] - v[o] * g[o + 1])
    else:
        v[o] = np.tanh(v[a])
        v[o + 1] = 1.0 / np.cosh(v[a])


@numba.njit(cache=True, error_model="numpy")
def _widen(v, g, o, a, c, n, backwards):
    for k in range(n):
        ratio = v[c] * np.exp(2.0 * v[a + k])
        if backwards:
            g[a + k] += g[o + k] * ratio / (1.0 + ratio)
        else:
            v[o + k] = 0.5 * np.log1p(ratio)


@numba.njit(cache=True, error_model="numpy")
def _rotate(v, g, first, second, polar, n, backwards):
    """Turn pairs of parameters in place by the angle whose sine and cosine stand at ``polar``."""
    sin, cos = v[polar], v[polar + 1]
    if backwards:
        to_sin, to_cos = 0.0, 0.0
        for k in range(n):
            one, other = v[first + k], v[second + k]
            to_one, to_other = g[first + k], g[second + k]
            v[first + k] = cos * one + sin * other
            v[second + k] = cos * other - sin * one
            g[first + k] = cos * to_one + sin * to_other
            g[second + k] = cos * to_other - sin * to_one
            to_sin += to_other * v[first + k] - to_one * v[second + k]
            to_cos += to_one * v[first + k] + to_other * v[second + k]
        g[polar] += to_sin
        g[polar + 1] += to_cos
    else:
        for k in range(n):
            one, other = v[first + k], v[second + k]
            v[first + k] = cos * one - sin * other
            v[second + k] = sin * one + cos * other


@numba.njit(cache=True, error_model="numpy", fastmath=_FAST)
def _told(v, of_unit, mean, pulls, weights, weight, pull):
    """Write per carrier of noise the weight of its units' data, and their pull beside the mean."""
    units = len(of_unit)
    means, towards, worth = (
        v[mean : mean + units],
        v[pulls : pulls + units],
        v[weights : weights + units],
    )
    weight[:] = 0.0
    pull[:] = 0.0
    for k in range(units):
        c = _PLACE(of_unit[k])
        weight[c] += worth[k]
        pull[c] += towards[k] - worth[k] * means[k]


@numba.njit(cache=True, error_model="numpy", fastmath=_FAST)
def _placed(noise, weight, pull, sd):
    """Put noise around what data say of it, in place; the log of what that does to its volume."""
    total, product = 0.0, 1.0
    for k in range(len(noise)):
        left = 1.0 / (1.0 + sd * sd * weight[k])
        noise[k] = noise[k] * np.sqrt(left) + sd * left * pull[k]
    for k in range(len(noise)):
        product *= 1.0 + sd * sd * weight[k]
        if product > 1e200:
            total, product = total + np.log(product), 1.0
    return -0.5 * (total + np.log(product))


@numba.njit(cache=True, error_model="numpy", fastmath=_SUMS)
def _taken_back(noise, adjoint, weight, pull, sd, to_weight, to_pull):
    """Undo :func:`_placed`, with the volume's and the noise's adjoints; that of ``sd``."""
    to_sd = 0.0
    for k in range(len(noise)):
        left = 1.0 / (1.0 + sd * sd * weight[k])
        root = np.sqrt(left)
        moved = sd * left * pull[k]
        x = (noise[k] - moved) / root
        to_precision = -left * (adjoint[k] * (0.5 * x * root + moved) + 0.5)
        to_sd += adjoint[k] * pull[k] * left + 2.0 * to_precision * sd * weight[k]
        to_weight[k] = to_precision * sd * sd
        to_pull[k] = adjoint[k] * sd * left
        noise[k] = x
        adjoint[k] *= root
    return to_sd


@numba.njit(cache=True, error_model="numpy")
def _centre(v, g, ints, i0, mean, pulls, weights, outer, inner, room, backwards):
    """Noise of groups and of carriers in them: from its place around the data's, in place.

    Integers: first slots of the noise of carriers and of groups (−1: no groups), numbers of units,
    carriers and groups, the carrier of each unit and the group of each carrier. ``inner`` and
    ``outer`` are the slots of their standard deviations; ``mean``, ``pulls`` and ``weights`` those
    of what units' predictors are without the noise, and of what their data say. ``room`` is the
    first of ROOM times as many slots to work in as there are units, or carriers or groups where
    these are more. Returns the log of the volume.
    """
    first, around = ints[i0], ints[i0 + 1]
    units, carriers, groups = ints[i0 + 2], ints[i0 + 3], ints[i0 + 4]
    of_unit = ints[i0 + 5 : i0 + 5 + units]
    of_carrier = ints[i0 + 5 + units : i0 + 5 + units + carriers]
    width = max(units, carriers, groups)
    desk = v[room : room + ROOM * width].reshape((ROOM, width))
    weight, pull, to_weight, to_pull = desk[0], desk[1], desk[2], desk[3]
    weight, pull = weight[:carriers], pull[:carriers]
    to_weight, to_pull = to_weight[:carriers], to_pull[:carriers]
    _told(v, of_unit, mean, pulls, weights, weight, pull)
    noise, adjoint, sd = v[first : first + carriers], g[first : first + carriers], v[inner]
    if around < 0:
        if not backwards:
            return _placed(noise, weight, pull, sd)
        g[inner] += _taken_back(noise, adjoint, weight, pull, sd, to_weight, to_pull)
        _told_adjoint(v, g, of_unit, mean, pulls, weights, to_weight, to_pull)
        return 0.0
    effect, to_effect, s = v[around : around + groups], g[around : around + groups], v[outer]
    group_weight, group_pull = desk[4][:groups], desk[5][:groups]
    group_weight[:] = 0.0
    group_pull[:] = 0.0
    for k in range(carriers):
        j, share = _PLACE(of_carrier[k]), 1.0 / (1.0 + sd * sd * weight[k])
        group_weight[j] += weight[k] * share
        group_pull[j] += pull[k] * share
    volume = 0.0 if backwards else _placed(effect, group_weight, group_pull, s)
    given = desk[6][:carriers]
    for k in range(carriers):
        given[k] = pull[k] - weight[k] * s * effect[_PLACE(of_carrier[k])]
    if not backwards:
        return volume + _placed(noise, weight, given, sd)
    to_sd, to_s = _taken_back(noise, adjoint, weight, given, sd, to_weight, to_pull), 0.0
    for k in range(carriers):
        j = _PLACE(of_carrier[k])
        to_weight[k] -= to_pull[k] * s * effect[j]
        to_s -= to_pull[k] * weight[k] * effect[j]
        to_effect[j] -= to_pull[k] * weight[k] * s
    to_group_weight, to_group_pull = desk[7][:groups], desk[8][:groups]
    to_s += _taken_back(
        effect, to_effect, group_weight, group_pull, s, to_group_weight, to_group_pull
    )
    for k in range(carriers):
        j, share = _PLACE(of_carrier[k]), 1.0 / (1.0 + sd * sd * weight[k])
        to_share = to_group_weight[j] * weight[k] + to_group_pull[j] * pull[k]
        to_weight[k] += to_group_weight[j] * share - to_share * share * share * sd * sd
        to_pull[k] += to_group_pull[j] * share
        to_sd -= 2.0 * to_share * share * share * sd * weight[k]
    g[inner] += to_sd
    g[outer] += to_s
    _told_adjoint(v, g, of_unit, mean, pulls, weights, to_weight, to_pull)
    return 0.0


@numba.njit(cache=True, error_model="numpy", fastmath=_FAST)
def _told_adjoint(v, g, of_unit, mean, pulls, weights, to_weight, to_pull):
    units = len(of_unit)
    means, worth = v[mean : mean + units], v[weights : weights + units]
    to_mean, to_pulls = g[mean : mean + units], g[pulls : pulls + units]
    to_weights = g[weights : weights + units]
    for k in range(units):
        c = _PLACE(of_unit[k])
        to_weights[k] += to_weight[c] - to_pull[c] * means[k]
        to_pulls[k] += to_pull[c]
        to_mean[k] -= to_pull[c] * worth[k]


@numba.njit(cache=True, error_model="numpy", fastmath=_SUMS)
def _prior(v, g, priors, size):
    """Independent normals; their gradient is passed on at once."""
    total = 0.0
    for k in range(size):
        away = v[k] - priors[k]
        total += priors[2 * size + k] - 0.5 * away * away * priors[size + k]
        g[k] -= away * priors[size + k]
    return total


@numba.njit(cache=True, error_model="numpy")
def _linear(v, g, ints, floats, code, p0, p1, p2, p3, p4, backwards):
    """Compute slots from slots, and their adjoints."""
    if code == AXPY:
        _axpy(v, g, p0, p1, p2, p3, backwards)
    elif code == COMBINE:
        _combine(v, g, ints, floats, p0, p1, p2, p3, p4, backwards)
    elif code == GATHER:
        _gather(v, g, ints, p0, p1, p2, p3, p4, backwards)
    elif code == MULADD:
        _muladd(v, g, ints, p0, p1, backwards)
    elif code == POLAR:
        _polar(v, g, p0, p1, backwards)
    elif code == ROTATE:
        _rotate(v, g, p0, p1, p2, p3, backwards)
    elif code == WIDEN:
        _widen(v, g, p0, p1, p2, p3, backwards)
    else:
        _exp(v, g, p0, p1, p2, backwards)


@numba.njit(cache=True, error_model="numpy")
def _scale(v, g, x, factor, n, step, backwards):
    """Scale parameters in place, with the logarithm of what that does to their density."""
    total = 0.0
    for k in range(n):
        f = v[factor + step * k]
        if backwards:
            v[x + k] /= f
            g[factor + step * k] += 1.0 / f + g[x + k] * v[x + k]
            g[x + k] *= f
        else:
            v[x + k] *= f
            total += np.log(f)
    return total


@numba.njit(cache=True, error_model="numpy")
def _moved(v, g, ints, code, p0, p1, p2, p3, p4, p5, p6, backwards):
    """Change parameters in place, with the log of what that does to their volume."""
    if code == SCALE:
        return _scale(v, g, p0, p1, p2, p3, backwards)
    return _centre(v, g, ints, p0, p1, p2, p3, p4, p5, p6, backwards)


@numba.njit(cache=True, error_model="numpy")
def _likelihood(v, g, ints, floats, code, p0, p1, p2, p3, p4, backwards):
    """Terms of the log-density, or of the slots of completions."""
    total = 0.0
    if code == WEIGHTED_SIGMOID:
        _weighted_sigmoid(v, g, ints, floats, p0, p1, p2, backwards)
    elif code == GAP:
        total = _gap(v, g, ints, floats, p0, p1, p2, backwards)
    elif code == NORMAL:
        total = _normal(v, g, ints, p0, p1, backwards)
    elif code == CATEGORICAL:
        total = _categorical(v, g, ints, p0, p1, p2, backwards)
    elif not backwards:
        if code == BINOMIAL:
            total = _binomial(v, g, ints, floats, p0, p1, p2, p3, p4)
        elif code == SIGMOID:
            total = _sigmoid(v, g, ints, floats, p0, p1, p2)
        elif code == LOGSUMEXP:
            total = _logsumexp(v, g, ints, p0, p1)
    return total


@numba.njit(cache=True, error_model="numpy")
def log_density(q, gradient, v, g, ops, ints, floats, priors, size):
    """Log-density at ``q``; writes its gradient.

    Parameters
    ----------
    q, gradient
        Parameters and where to write the derivative, shape (size,).
    v, g
        Slots, filled with the constants of the program, and room for their adjoints.
    ops
        Operations, shape (n, FIELDS).
    ints, floats
        Their operands.
    priors
        Mean, precision and log normaliser of each parameter, shape (3, size); precision 0 for a
        parameter whose density stands among the operations.
    """
    total = 0.0
    for k in range(size):
        v[k] = q[k]
    g[:] = 0.0
    steps = ops.shape[0]
    # one loop for both ways: with a constant direction numba would compile everything twice
    for step in range(2 * steps):
        backwards = step >= steps
        p = ops[2 * steps - 1 - step if backwards else step]
        c = p[0]
        if c == PRIOR:
            total += 0.0 if backwards else _prior(v, g, priors, size)
        elif c <= EXP or c in (POLAR, ROTATE, WIDEN, COMBINE):
            _linear(v, g, ints, floats, c, p[1], p[2], p[3], p[4], p[5], backwards)
        elif c >= SCALE:
            total += _moved(v, g, ints, c, p[1], p[2], p[3], p[4], p[5], p[6], p[7], backwards)
        else:
            total += _likelihood(v, g, ints, floats, c, p[1], p[2], p[3], p[4], p[5], backwards)
    for k in range(size):
        gradient[k] = g[k]
    return total


@numba.njit(cache=True, error_model="numpy")
def model_parameters(q, out, v, g, ops, ints, floats, size):
    """Parameters of the model from those that the sampler sees; :func:`log_density`, forwards."""
    for k in range(size):
        v[k] = q[k]
    # not the constant False, for which numba would compile everything again
    backwards = size < 0
    for step in range(ops.shape[0]):
        p = ops[step]
        c = p[0]
        if c <= EXP or c in (POLAR, ROTATE, WIDEN, COMBINE):
            _linear(v, g, ints, floats, c, p[1], p[2], p[3], p[4], p[5], backwards)
        elif c >= SCALE:
            _moved(v, g, ints, c, p[1], p[2], p[3], p[4], p[5], p[6], p[7], backwards)
    for k in range(size):
        out[k] = v[k]


_POINTER = types.CPointer(types.double)
_SIGNATURE = types.int64(types.uint64, _POINTER, _POINTER, _POINTER, types.voidptr)
_EXPAND = types.int64(types.uint64, types.uint64, _POINTER, _POINTER, types.voidptr)


@numba.njit(cache=True, error_model="numpy")
def _unpacked(program_, size):
    """Arrays of a packed program: operations, operands, slots and priors."""
    header = numba.carray(program_, (HEADER,), np.int64)
    n_ops, n_ints, n_floats, n_slots = header[0], header[1], header[2], header[3]
    n_ints_all = HEADER + n_ops * FIELDS + n_ints
    everything = numba.carray(program_, (n_ints_all + n_floats + n_slots + 3 * size,), np.int64)
    ops = everything[HEADER : HEADER + n_ops * FIELDS].reshape((n_ops, FIELDS))
    ints = everything[HEADER + n_ops * FIELDS : n_ints_all]
    rest = everything[n_ints_all:].view(np.float64)
    floats, slots = rest[:n_floats], rest[n_floats : n_floats + n_slots]
    return ops, ints, floats, slots, rest[n_floats + n_slots :]


@numba.cfunc(_SIGNATURE, cache=True)
def log_density_pointer(size: Any, q_: Any, gradient_: Any, out_: Any, program_: Any) -> Any:
    """The kernel as the sampler calls it; ``program_`` points to a packed program."""
    n = np.int64(size)
    ops, ints, floats, slots, priors = _unpacked(program_, n)
    g = np.empty(len(slots))
    q = numba.carray(q_, (size,))
    gradient = numba.carray(gradient_, (size,))
    out = numba.carray(out_, (1,))
    value = log_density(q, gradient, slots.copy(), g, ops, ints, floats, priors, n)
    out[0] = value
    if not np.isfinite(value):
        return 4
    for k in range(n):
        if not np.isfinite(gradient[k]):
            return 3
    return 0


@numba.cfunc(_EXPAND, cache=True)
def model_parameters_pointer(size: Any, expanded: Any, q_: Any, out_: Any, program_: Any) -> Any:
    """Hand a draw on as the model's parameters; they are named after sampling."""
    n = np.int64(size)
    ops, ints, floats, slots, _ = _unpacked(program_, n)
    q = numba.carray(q_, (size,))
    out = numba.carray(out_, (expanded,))
    model_parameters(q, out, slots.copy(), np.empty(len(slots)), ops, ints, floats, n)
    return 0
