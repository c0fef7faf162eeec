"""Log-density and gradient of any structural model, compiled once per installation.

A model is a list of operations on one array of slots: parameters, constants and what is computed
from them. The kernel runs the list forwards and then backwards (reverse-mode differentiation). The
arrays differ between models; the compiled code does not, and numba keeps it on disk. It is called
by the sampler through a C pointer, without the interpreter.

Terms added straight to the log-density have derivative 1 towards it, so the likelihood operations
pass their gradients on while running forwards.

Parameters may be moved in place. ``ROTATE``, ``SCALE``, ``CENTRE``, ``BEND`` and ``SHIFT`` put
them back on the way back, when their other operands must stand as they did; what ``AXPY``,
``GATHER``, ``MULADD`` and ``COMBINE`` add stays. So a slot that is read is not changed by anything
written after it, but where only its adjoint matters: as a term whose factor is constant.

Models have hundreds of small operations. An array of numba is seven numbers to hand on and a count
of references to keep, which for such an operation took longer than its work. So operations get
pointers: to the slots ``v``, their adjoints ``g``, a desk to work at, integers, floats, and their
own operands ``p``. Nothing checks where a pointer points:
:class:`~vm2causal.model.sampler.tape.Tape` hands out the places.
"""

from __future__ import annotations

from typing import Any, Final

import numba
import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

AXPY: Final = 1
"""o, c, x, n: slots[o + k] += slots[c] · slots[x + k], k < n"""
GATHER: Final = 2
"""o, c, base, i, n: slots[o + k] += slots[c] · slots[base + ints[i + k]], where that is ≥ 0"""
MULADD: Final = 3
"""i, n: slots[o[k]] += slots[a[k]] · slots[b[k]], with o, a and b n integers each from i"""
EXP: Final = 4
"""o, a, n: slots[o + k] = exp(slots[a + k])"""
BINOMIAL: Final = 5
"""i, f, a, b, n, runs: log-density of counts, η = slots[a + unit] + slots[b + pattern]

It is y η − t log(1 + e^η). Integers: where each run of cells of one unit ends, those units, and the
pattern of each cell. Floats: events y, trials t.
"""
SIGMOID: Final = 6
"""i, load, n, runs: log-density += log σ(sign · (slots[cut] − slots[load] · slots[score]))

Integers: where each run of one cut and sign ends, those cuts and signs, and the score of each.
"""
WEIGHTED_SIGMOID: Final = 7
"""i, f, keep, n: slots[target] += weight · log σ(sign · (slots[cut] − slots[score]))

Integers: cuts, scores, targets. Floats: signs, weights. What goes back is kept in n slots.
"""
GAP: Final = 8
"""i, f, n: weight · log(1 − exp(−slots[g])), to slots[target], or to the log-density"""
NORMAL: Final = 9
"""i, n: log N(slots[x]; slots[m], slots[s]), to slots[target], or to the log-density"""
CATEGORICAL: Final = 10
"""i, n, K: multinomial logit of K − 1 predictors, to slots[target], or to the log-density"""
LOGSUMEXP: Final = 11
"""i, first, n, blocks: log-density += log Σ exp of the slots of each block of the n from ``first``

Integers: the length of each block.
"""

POLAR: Final = 12
"""o, a: slots[o] = tanh(slots[a]), slots[o + 1] = 1 / cosh(slots[a])"""
ROTATE: Final = 13
"""Turns pairs of parameters in place: see :mod:`~vm2causal.model.sampler.coordinates`"""
PRIOR: Final = 14
"""log-density += that of the parameters' priors, as the parameters stand"""
WIDEN: Final = 15
"""o, a, c, n: slots[o + k] = log(1 + slots[c] e^(2 slots[a + k])) / 2; slots[c] is a constant"""
COMBINE: Final = 16
"""o, i, f, m, n: slots[o + k] += Σ slots[ints[i + j]] · floats[f + j n + k], k < n, j < m"""
ROWWISE: Final = 17
"""a, i, f, n, m: a likelihood compiled by itself, whose function stands at address ``a``

Integers: linear predictors and targets of n rows, then slots of m parameters that rows share.
Floats: what was observed, and what is known to be added to the predictor. The function is called
as :data:`~vm2causal.model.sampler.rowwise.SIGNATURE` says. Targets are all the log-density, or all
slots.
"""
SCALE: Final = 18
"""x, f, n, step: slots[x + k] *= slots[f + step · k], in place; log-density += their logarithms"""
CENTRE: Final = 19
"""Moves noise to where data put it: see :mod:`~vm2causal.model.sampler.coordinates`"""
BEND: Final = 20
"""i, c, n: slots[ints[i + k]] = log of what a standard deviation is, in place

With l = slots[c + k] the logarithm of its knee, x becomes l + log log(1 + e^(x − l)): far below the
knee x is the logarithm already, far above it the standard deviation in units of the knee.
"""
MIXTURE: Final = 21
"""i, shift, keep, out, sd, around, n: what missing levels seem to add to predictors of n units

Integers: slots of predictors without it, and of what data say of them (pulls, weights); then of
each unit its place, the slot of its first completion and how many there are. A completion adds what
stands in ``shift``; its weight is that of its slot so far, times what data say of it. Slots from
``out`` get n means, then n variances; shares are kept in ``keep``; ``sd`` and ``around`` are slots
of the standard deviations of units and of the group around them.
"""
SHIFT: Final = 22
"""i, m, sd, n: slots[ints[i + k]] += slots[m + k] / slots[sd], in place"""
SHARES: Final = 23
"""o, a, n: slots[o + k] = exp(slots[a + k]) / Σ exp(slots[a + j])"""

CENTRE_DESK: Final = 14
"""Floats on the desk of ``CENTRE`` per unit, or per carrier or group where these are more."""

ROWWISE_DESK: Final = 4
"""Floats on the desk of ``ROWWISE`` per row, and two for each shared parameter."""

DESK: Final = 2
"""Floats on the desk of ``BINOMIAL``, ``SIGMOID`` and ``WEIGHTED_SIGMOID`` per term."""

FIELDS: Final = 8
"""Integers per operation: its code and seven operands."""

HEADER: Final = 8
"""Integers before the arrays in a packed program: see
:class:`~vm2causal.model.sampler.tape.Program`."""

_LN2_HIGH: Final = 6.93147180369123816490e-01
_LN2_LOW: Final = 1.90821492927058770002e-10
_ROUND: Final = 6755399441055744.0
"""1.5 · 2^52: adding it leaves the rounded integer in the low bits."""
_HALF_LOG_2PI: Final = 0.9189385332046727

_SUMS: Final = {"reassoc", "contract", "nsz", "arcp"}
_FAST: Final = {"contract", "nsz", "arcp"}  # not "reassoc": it would undo the rounding by _ROUND


_instruction: Any = intrinsic
"""Makes what generates machine code into a function of the kernel; untyped, as the kernel is."""


@_instruction
def _pointer(_, array):
    """Pointer to the first element of an array, which must be kept by who calls."""

    def generate(context, builder, signature, args):
        return context.make_array(signature.args[0])(context, builder, args[0]).data

    return types.CPointer(array.dtype)(array), generate


@_instruction
def _at(_, pointer, place):
    """Pointer to an element."""

    def generate(context, builder, signature, args):
        return builder.gep(args[0], [args[1]])

    return pointer(pointer, types.intp), generate


@_instruction
def _bits(_, value):
    """The 64 bits of a float as an integer."""

    def generate(context, builder, signature, args):
        return builder.bitcast(args[0], context.get_value_type(types.int64))

    return types.int64(types.float64), generate


@_instruction
def _float(_, bits):
    """The float that has these 64 bits."""

    def generate(context, builder, signature, args):
        return builder.bitcast(args[0], context.get_value_type(types.float64))

    return types.float64(types.int64), generate


_FLOATS: Final = types.CPointer(types.float64)


@_instruction
def _call_rows(_, address, n, seen, eta, shared, weights, value, to_eta, to_shared):
    """Call a compiled likelihood by its address."""

    def generate(context, builder, signature, args):
        place, *operands = args
        kinds = [operand.type for operand in operands]
        function = ir.FunctionType(ir.VoidType(), kinds)
        builder.call(builder.inttoptr(place, function.as_pointer()), operands)
        return context.get_dummy_value()

    operands = (n, seen, eta, shared, weights, value, to_eta, to_shared)
    return types.void(address, *operands), generate


@numba.njit(cache=True, error_model="numpy", fastmath=_FAST)
def _exp_negative(value):
    """e^value where that is at most 1. Loops over it vectorise: no branch, no library call.

    By reduction to 2^k · e^r, |r| ≤ log(2)/2; the polynomial interpolates e^r at Chebyshev's nodes
    (relative error 2e−17).
    """
    x = max(value, -700.0)
    shifted = x * 1.4426950408889634 + _ROUND
    power = _float((_bits(shifted) << 52) + (1023 << 52))
    whole = shifted - _ROUND
    r = (x - whole * _LN2_HIGH) - whole * _LN2_LOW
    p = 2.5100375832561233664e-8
    p = p * r + 2.7620075879983366586e-7
    p = p * r + 2.7557268480310025526e-6
    p = p * r + 2.4801521322368693266e-5
    p = p * r + 1.9841269863040545271e-4
    p = p * r + 1.3888888917196719077e-3
    p = p * r + 8.3333333333300644495e-3
    p = p * r + 4.1666666666624161903e-2
    p = p * r + 1.6666666666666667452e-1
    p = p * r + 5.0000000000000010211e-1
    p = p * r + 1.0
    p = p * r + 1.0
    return p * power


@numba.njit(cache=True, error_model="numpy", fastmath=_FAST)
def _exp_negatives(values, n):
    """Overwrite values of at most 0 with their exponentials."""
    for k in range(n):
        values[k] = _exp_negative(values[k])


@numba.njit(cache=True, error_model="numpy", fastmath=_FAST)
def _softplus(eta):
    """log(1 + e^eta) and σ(eta); loops over it vectorise.

    log(1 + u) = 2 atanh(u / (2 + u)), with u = e^−|eta| and that argument at most 1/3. The
    polynomial interpolates atanh(√z)/√z at Chebyshev's nodes (relative error 5e−18).
    """
    u = _exp_negative(-abs(eta))
    over = 1.0 / ((2.0 + u) * (1.0 + u))
    s = u * (1.0 + u) * over
    z = s * s
    q = 8.0820228059717661105e-2
    q = q * z + 4.4003692430723369411e-2
    q = q * z + 6.0005364047953562676e-2
    q = q * z + 6.6570721048274680752e-2
    q = q * z + 7.6927850324793115517e-2
    q = q * z + 9.0908947180664290846e-2
    q = q * z + 1.1111111358713931495e-1
    q = q * z + 1.4285714283554378581e-1
    q = q * z + 2.0000000000007291337e-1
    q = q * z + 3.3333333333333329281e-1
    q = q * z + 1.0
    inverse = (2.0 + u) * over
    return max(eta, 0.0) + 2.0 * s * q, inverse if eta >= 0.0 else u * inverse


@numba.njit(cache=True, error_model="numpy", fastmath=_FAST)
def _softplus_terms(eta, terms, n):
    """Overwrite: eta → σ(eta); terms → log(1 + e^eta)."""
    for k in range(n):
        terms[k], eta[k] = _softplus(eta[k])


@numba.njit(cache=True, error_model="numpy", fastmath=_FAST)
def _binomial_terms(eta, terms, events, trials, n):
    """Overwrite: terms → log-densities given log-odds; eta → their derivatives."""
    for k in range(n):
        softplus, sigmoid = _softplus(eta[k])
        terms[k] = events[k] * eta[k] - trials[k] * softplus
        eta[k] = events[k] - trials[k] * sigmoid


@numba.njit(cache=True, error_model="numpy", fastmath=_SUMS)
def _sum(a, first, end):
    """Sum in any order, so that it vectorises."""
    total = 0.0
    for k in range(first, end):
        total += a[k]
    return total


@numba.njit(cache=True, error_model="numpy", fastmath=_SUMS)
def _binomial(v, g, desk, ints, floats, p):
    """Cells of one unit stand together: what they pass on to it is added up first."""
    n, runs = p[5], p[6]
    ends, units, patterns = _at(ints, p[1]), _at(ints, p[1] + runs), _at(ints, p[1] + 2 * runs)
    of_unit, of_pattern, to_unit, to_pattern = (
        _at(v, p[3]),
        _at(v, p[4]),
        _at(g, p[3]),
        _at(g, p[4]),
    )
    eta, terms = desk, _at(desk, n)
    first = 0
    for j in range(runs):
        own = of_unit[units[j]]
        for k in range(first, ends[j]):
            eta[k] = own + of_pattern[patterns[k]]
        first = ends[j]
    _binomial_terms(eta, terms, _at(floats, p[2]), _at(floats, p[2] + n), n)
    first = 0
    for j in range(runs):
        to_unit[units[j]] += _sum(eta, first, ends[j])
        first = ends[j]
    for k in range(n):
        to_pattern[patterns[k]] += eta[k]
    return _sum(terms, 0, n)


@numba.njit(cache=True, error_model="numpy", fastmath=_SUMS)
def _sigmoid(v, g, desk, ints, p):
    """Answers to an item share its loading, and equal answers a cut: each is added to once."""
    load, n, runs = p[2], p[3], p[4]
    ends, cuts = _at(ints, p[1]), _at(ints, p[1] + runs)
    signs, scores = _at(ints, p[1] + 2 * runs), _at(ints, p[1] + 3 * runs)
    eta, terms = desk, _at(desk, n)
    loading = v[load]
    first = 0
    for j in range(runs):
        cut, sign = v[cuts[j]], float(signs[j])
        for k in range(first, ends[j]):
            eta[k] = sign * (loading * v[scores[k]] - cut)
        first = ends[j]
    _softplus_terms(eta, terms, n)
    first, to_load = 0, 0.0
    for j in range(runs):
        sign, to_score = float(signs[j]), -float(signs[j]) * loading
        g[cuts[j]] += sign * _sum(eta, first, ends[j])
        for k in range(first, ends[j]):
            to_load -= sign * eta[k] * v[scores[k]]
            g[scores[k]] += to_score * eta[k]
        first = ends[j]
    g[load] += to_load
    return -_sum(terms, 0, n)


@numba.njit(cache=True, error_model="numpy")
def _weighted_sigmoid(v, g, desk, ints, floats, p, backwards):
    n = p[4]
    cuts, scores, targets = _at(ints, p[1]), _at(ints, p[1] + n), _at(ints, p[1] + 2 * n)
    signs, weights, eta = _at(floats, p[2]), _at(floats, p[2] + n), _at(v, p[3])
    if backwards:
        for k in range(n):
            r = g[targets[k]] * weights[k] * signs[k] * eta[k]
            g[cuts[k]] += r
            g[scores[k]] -= r
        return
    for k in range(n):
        eta[k] = signs[k] * (v[scores[k]] - v[cuts[k]])
    _softplus_terms(eta, desk, n)
    for k in range(n):
        v[targets[k]] -= weights[k] * desk[k]


@numba.njit(cache=True, error_model="numpy")
def _gap(v, g, ints, floats, p, backwards):
    n = p[3]
    slots, targets, weights = _at(ints, p[1]), _at(ints, p[1] + n), _at(floats, p[2])
    total = 0.0
    for k in range(n):
        slot, target, weight = slots[k], targets[k], weights[k]
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
def _normal(v, g, ints, p, backwards):
    """Many rows have the same standard deviation: its logarithm is taken once."""
    n = p[2]
    xs, means = _at(ints, p[1]), _at(ints, p[1] + n)
    sds, targets = _at(ints, p[1] + 2 * n), _at(ints, p[1] + 3 * n)
    total = 0.0
    sd, inverse, norm, to_sd = sds[0], 0.0, 0.0, 0.0
    for k in range(n):
        if k == 0 or sds[k] != sd:
            g[sd] += to_sd
            sd, to_sd = sds[k], 0.0
            inverse = 1.0 / v[sd]
            norm = np.log(v[sd]) + _HALF_LOG_2PI
        x, m, target = xs[k], means[k], targets[k]
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
def _log_norm(v, row, levels):
    """log(1 + Σ exp) of the slots in a row."""
    high = 0.0
    for j in range(levels - 1):
        high = max(high, v[row[j]])
    mass = np.exp(-high)
    for j in range(levels - 1):
        mass += np.exp(v[row[j]] - high)
    return high + np.log(mass)


@numba.njit(cache=True, error_model="numpy")
def _categorical(v, g, ints, p, backwards):
    """Rows hold the slots of K − 1 predictors, then the one observed (−1: the reference)."""
    n, levels = p[2], p[3]
    total = 0.0
    for k in range(n):
        row = _at(ints, p[1] + k * (levels + 1))
        seen, target = row[levels - 1], row[levels]
        if backwards and target < 0:
            continue  # passed on while running forwards
        norm = _log_norm(v, row, levels)
        if not backwards:
            value = (v[row[seen]] if seen >= 0 else 0.0) - norm
            if target < 0:
                total += value
            else:
                v[target] += value
        if backwards == (target >= 0):
            adjoint = g[target] if target >= 0 else 1.0
            for j in range(levels - 1):
                g[row[j]] -= adjoint * np.exp(v[row[j]] - norm)
            if seen >= 0:
                g[row[seen]] += adjoint
    return total


@numba.njit(cache=True, error_model="numpy")
def _rowwise(v, g, desk, ints, floats, p, backwards):
    """Added straight to the log-density, gradients are passed on at once; to slots, going back."""
    n, m = p[4], p[5]
    etas, targets, slots = _at(ints, p[2]), _at(ints, p[2] + n), _at(ints, p[2] + 2 * n)
    seen, added = _at(floats, p[3]), _at(floats, p[3] + n)
    straight = n > 0 and targets[0] < 0
    if backwards and straight:
        return 0.0
    eta, weights, value, to_eta = desk, _at(desk, n), _at(desk, 2 * n), _at(desk, 3 * n)
    shared, to_shared = _at(desk, 4 * n), _at(desk, 4 * n + m)
    for k in range(n):
        eta[k] = v[etas[k]] + added[k]
        weights[k] = 1.0 if straight else g[targets[k]]
    for j in range(m):
        shared[j] = v[slots[j]]
        to_shared[j] = 0.0
    _call_rows(p[1], n, seen, eta, shared, weights, value, to_eta, to_shared)
    total = 0.0
    for k in range(n):
        if straight:
            total += value[k]
        elif not backwards:
            v[targets[k]] += value[k]
    if straight or backwards:
        for k in range(n):
            g[etas[k]] += weights[k] * to_eta[k]
        for j in range(m):
            g[slots[j]] += to_shared[j]
    return total


@numba.njit(cache=True, error_model="numpy")
def _below_highest(terms, n):
    """Subtract from terms the highest of them; that."""
    high = terms[0]
    for j in range(1, n):
        high = max(high, terms[j])
    for j in range(n):
        terms[j] -= high
    return high


@numba.njit(cache=True, error_model="numpy")
def _logsumexp(v, g, desk, ints, p):
    terms, to_terms, n, blocks = desk, _at(g, p[2]), p[3], p[4]
    lengths, done, total = _at(ints, p[1]), 0, 0.0
    for k in range(n):
        terms[k] = v[p[2] + k]
    for k in range(blocks):
        total += _below_highest(_at(terms, done), lengths[k])
        done += lengths[k]
    _exp_negatives(terms, n)
    done = 0
    for k in range(blocks):
        mass = _sum(terms, done, done + lengths[k])
        total += np.log(mass)
        for j in range(done, done + lengths[k]):
            to_terms[j] += terms[j] / mass
        done += lengths[k]
    return total


@numba.njit(cache=True, error_model="numpy", fastmath=_SUMS)
def _axpy(v, g, p, backwards):
    """A result is never its own operand."""
    factor, n = v[p[2]], p[4]
    if backwards:
        adjoint, to, of = _at(g, p[1]), _at(g, p[3]), _at(v, p[3])
        gathered = 0.0
        for k in range(n):
            gathered += adjoint[k] * of[k]
        for k in range(n):
            to[k] += adjoint[k] * factor
        g[p[2]] += gathered
    else:
        out, term = _at(v, p[1]), _at(v, p[3])
        for k in range(n):
            out[k] += factor * term[k]


@numba.njit(cache=True, error_model="numpy", fastmath=_SUMS)
def _combine(v, g, ints, floats, p, backwards):
    """Columns of constants: only their coefficients have an adjoint."""
    slots, m, n = _at(ints, p[2]), p[4], p[5]
    for j in range(m):
        column = _at(floats, p[3] + j * n)
        if backwards:
            adjoint, gathered = _at(g, p[1]), 0.0
            for k in range(n):
                gathered += adjoint[k] * column[k]
            g[slots[j]] += gathered
        else:
            out, factor = _at(v, p[1]), v[slots[j]]
            for k in range(n):
                out[k] += factor * column[k]


@numba.njit(cache=True, error_model="numpy", fastmath=_SUMS)
def _gather(v, g, ints, p, backwards):
    slots, terms, n = _at(ints, p[4]), _at(v, p[3]), p[5]
    factor = v[p[2]]
    if not backwards:
        out = _at(v, p[1])
        for k in range(n):
            if slots[k] >= 0:
                out[k] += factor * terms[slots[k]]
        return
    adjoint, to = _at(g, p[1]), _at(g, p[3])
    gathered = 0.0
    for k in range(n):
        if slots[k] >= 0:
            gathered += adjoint[k] * terms[slots[k]]
            to[slots[k]] += adjoint[k] * factor
    g[p[2]] += gathered


@numba.njit(cache=True, error_model="numpy")
def _muladd(v, g, ints, p, backwards):
    n = p[2]
    outs, firsts, seconds = _at(ints, p[1]), _at(ints, p[1] + n), _at(ints, p[1] + 2 * n)
    if not backwards:
        for k in range(n):
            v[outs[k]] += v[firsts[k]] * v[seconds[k]]
        return
    # many terms in a row share their first factor: its adjoint is added to once
    factor, gathered = firsts[0], 0.0
    for k in range(n):
        if firsts[k] != factor:
            g[factor] += gathered
            factor, gathered = firsts[k], 0.0
        adjoint, second = g[outs[k]], seconds[k]
        gathered += adjoint * v[second]
        g[second] += adjoint * v[factor]
    g[factor] += gathered


@numba.njit(cache=True, error_model="numpy")
def _exp(v, g, p, backwards):
    to, of, n = _at(v, p[1]), _at(v, p[2]), p[3]
    if backwards:
        from_, back = _at(g, p[1]), _at(g, p[2])
        for k in range(n):
            back[k] += from_[k] * to[k]
    else:
        for k in range(n):
            to[k] = np.exp(of[k])


@numba.njit(cache=True, error_model="numpy")
def _shares_of(v, g, p, backwards):
    to, of, n = _at(v, p[1]), _at(v, p[2]), p[3]
    if backwards:
        from_, back = _at(g, p[1]), _at(g, p[2])
        along = 0.0
        for k in range(n):
            along += from_[k] * to[k]
        for k in range(n):
            back[k] += to[k] * (from_[k] - along)
        return
    highest = of[0]
    for k in range(1, n):
        highest = max(highest, of[k])
    total = 0.0
    for k in range(n):
        to[k] = np.exp(of[k] - highest)
        total += to[k]
    for k in range(n):
        to[k] /= total


@numba.njit(cache=True, error_model="numpy")
def _polar(v, g, p, backwards):
    o, a = p[1], p[2]
    if backwards:
        g[a] += v[o + 1] * (v[o + 1] * g[o] - v[o] * g[o + 1])
    else:
        v[o] = np.tanh(v[a])
        v[o + 1] = 1.0 / np.cosh(v[a])


@numba.njit(cache=True, error_model="numpy")
def _widen(v, g, p, backwards):
    o, a, n = p[1], p[2], p[4]
    for k in range(n):
        ratio = v[p[3]] * np.exp(2.0 * v[a + k])
        if backwards:
            g[a + k] += g[o + k] * ratio / (1.0 + ratio)
        else:
            v[o + k] = 0.5 * np.log1p(ratio)


@numba.njit(cache=True, error_model="numpy")
def _rotate(v, g, p, backwards):
    """Turn pairs of parameters in place by the angle whose sine and cosine stand at ``polar``."""
    first, second, polar, n = p[1], p[2], p[3], p[4]
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


@numba.njit(cache=True, error_model="numpy")
def _scale(v, g, p, backwards):
    """Scale parameters in place, with the logarithm of what that does to their density."""
    x, factor, n, step = p[1], p[2], p[3], p[4]
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
def _bend(v, g, ints, p, backwards):
    """Bend parameters in place, with the logarithm of what that does to their density."""
    places, knees, n = _at(ints, p[1]), _at(v, p[2]), p[3]
    total = 0.0
    for k in range(n):
        x, knee = places[k], knees[k]
        if backwards:
            above = np.exp(v[x] - knee)
            share = -np.expm1(-above)
            slope = share / above
            g[x] = g[x] * slope + 1.0 - share - slope
            v[x] = knee + above + np.log(share)
        else:
            away = v[x] - knee
            above = max(away, 0.0) + np.log1p(np.exp(-abs(away)))
            v[x] = knee + np.log(above)
            # the slope is σ(away) / above, and log σ(away) = away − above
            total += away - above - np.log(above)
    return total


@numba.njit(cache=True, error_model="numpy")
def _shift(v, g, ints, p, backwards):
    places, by, to_by, n = _at(ints, p[1]), _at(v, p[2]), _at(g, p[2]), p[4]
    sd = v[p[3]]
    for k in range(n):
        x = places[k]
        if backwards:
            v[x] -= by[k] / sd
            to_by[k] += g[x] / sd
            g[p[3]] -= g[x] * by[k] / (sd * sd)
        else:
            v[x] += by[k] / sd


@numba.njit(cache=True, error_model="numpy")
def _shares(v, head, shift, share, before, n, rows):
    """Write the share of each completion, given what data say of its unit."""
    means, pulls, weights = head[0], head[1], head[2]
    done = 0
    for k in range(n):
        unit, targets, length = head[3 + 3 * k], head[4 + 3 * k], head[5 + 3 * k]
        worth = v[weights + unit]
        towards = v[pulls + unit] - worth * v[means + unit]
        inverse = 0.5 / (1.0 + before * worth)
        for j in range(length):
            s = shift[done + j]
            share[done + j] = v[targets + j] - s * (worth * s - 2.0 * towards) * inverse
        _below_highest(_at(share, done), length)
        done += length
    _exp_negatives(share, rows)
    done = 0
    for k in range(n):
        length = head[5 + 3 * k]
        mass = _sum(share, done, done + length)
        for j in range(done, done + length):
            share[j] /= mass
        done += length


@numba.njit(cache=True, error_model="numpy")
def _mixture(v, g, ints, p, backwards):
    head, shift, share, n = _at(ints, p[1]), _at(v, p[2]), _at(v, p[3]), p[7]
    out, sd, around = p[4], v[p[5]], v[p[6]]
    before, done = sd * sd + around * around, 0
    if not backwards:
        rows = 0
        for k in range(n):
            rows += head[5 + 3 * k]
        _shares(v, head, shift, share, before, n, rows)
    for k in range(n):
        unit, targets, length = head[3 + 3 * k], head[4 + 3 * k], head[5 + 3 * k]
        if backwards:
            _mixture_adjoint(v, g, head, p, unit, targets, done, length, out + k, before)
        else:
            mean, variance = 0.0, 0.0
            for j in range(done, done + length):
                mean += share[j] * shift[j]
            for j in range(done, done + length):
                variance += share[j] * (shift[j] - mean) ** 2
            v[out + k], v[out + n + k] = mean, variance
        done += length


@numba.njit(cache=True, error_model="numpy")
def _mixture_adjoint(v, g, head, p, unit, targets, done, length, out, before):
    """Adjoints of the completions of a unit, and of all that their shares hang on."""
    means, pulls, weights, n = head[0], head[1], head[2], p[7]
    shift, to_shift, share = _at(v, p[2] + done), _at(g, p[2] + done), _at(v, p[3] + done)
    mean, variance, to_mean, to_variance = v[out], v[out + n], g[out], g[out + n]
    worth = v[weights + unit]
    towards = v[pulls + unit] - worth * v[means + unit]
    inverse = 1.0 / (1.0 + before * worth)
    to_towards, to_worth, to_inverse = 0.0, 0.0, 0.0
    for j in range(length):
        s, away = shift[j], shift[j] - mean
        a = share[j] * (to_mean * away + to_variance * (away * away - variance))
        g[targets + j] += a
        to_shift[j] += share[j] * (to_mean + 2.0 * to_variance * away)
        to_shift[j] -= a * (worth * s - towards) * inverse
        to_towards += a * s * inverse
        to_worth -= 0.5 * a * s * s * inverse
        to_inverse -= 0.5 * a * s * (worth * s - 2.0 * towards)
    to_spread = -to_inverse * inverse * inverse
    g[pulls + unit] += to_towards
    g[means + unit] -= to_towards * worth
    g[weights + unit] += to_worth + to_spread * before - to_towards * v[means + unit]
    g[p[5]] += 2.0 * to_spread * worth * v[p[5]]
    g[p[6]] += 2.0 * to_spread * worth * v[p[6]]


@numba.njit(cache=True, error_model="numpy", fastmath=_FAST)
def _told(v, of_unit, mean, pulls, weights, units, weight, pull, carriers):
    """Write per carrier of noise the weight of its units' data, and their pull beside the mean."""
    means, towards, worth = _at(v, mean), _at(v, pulls), _at(v, weights)
    for k in range(carriers):
        weight[k] = 0.0
        pull[k] = 0.0
    for k in range(units):
        c = of_unit[k]
        weight[c] += worth[k]
        pull[c] += towards[k] - worth[k] * means[k]


@numba.njit(cache=True, error_model="numpy", fastmath=_FAST)
def _told_adjoint(v, g, of_unit, mean, pulls, weights, units, to_weight, to_pull):
    means, worth = _at(v, mean), _at(v, weights)
    to_mean, to_pulls, to_weights = _at(g, mean), _at(g, pulls), _at(g, weights)
    for k in range(units):
        c = of_unit[k]
        to_weights[k] += to_weight[c] - to_pull[c] * means[k]
        to_pulls[k] += to_pull[c]
        to_mean[k] -= to_pull[c] * worth[k]


@numba.njit(cache=True, error_model="numpy", fastmath=_FAST)
def _left(left, weight, sd, n):
    """Write what data of some weight leave of the variance of standard normal noise."""
    for k in range(n):
        left[k] = 1.0 / (1.0 + sd * sd * weight[k])


@numba.njit(cache=True, error_model="numpy", fastmath=_FAST)
def _left_of_spread(left, share, precision, weight, spread, sd, n):
    """The same of noise with that variance and another added, divided by that; and shares.

    ``precision`` is that of the noise before data are seen, ``share`` what it is of that after.
    """
    for k in range(n):
        precision[k] = 1.0 / (1.0 + spread[k] / (sd * sd))
    for k in range(n):
        left[k] = 1.0 / (precision[k] + sd * sd * weight[k])
        share[k] = precision[k] * left[k]


@numba.njit(cache=True, error_model="numpy", fastmath=_FAST)
def _placed(noise, left, pull, sd, n):
    """Put noise around what data say of it, in place; the log of what that does to its volume."""
    for k in range(n):
        noise[k] = noise[k] * np.sqrt(left[k]) + sd * left[k] * pull[k]
    total, product = 0.0, 1.0
    for k in range(n):
        product *= left[k]
        if product < 1e-200:
            total, product = total + np.log(product), 1.0
    return 0.5 * (total + np.log(product))


@numba.njit(cache=True, error_model="numpy", fastmath=_SUMS)
def _taken_back(noise, adjoint, left, weight, pull, sd, to_weight, to_pull, to_precision, n):
    """Undo :func:`_placed`, with the volume's and the noise's adjoints; that of ``sd``.

    In loops over few arrays each: over more, LLVM does not vectorise them.
    """
    for k in range(n):
        noise[k] = (noise[k] - sd * left[k] * pull[k]) / np.sqrt(left[k])
        to_pull[k] = adjoint[k] * sd * left[k]
    to_sd = 0.0
    for k in range(n):
        root = np.sqrt(left[k])
        moved = 0.5 * noise[k] * root + sd * left[k] * pull[k]
        to_weight[k] = -left[k] * (adjoint[k] * moved + 0.5)
        to_sd += adjoint[k] * pull[k] * left[k] + 2.0 * to_weight[k] * sd * weight[k]
        adjoint[k] *= root
    for k in range(n):
        to_precision[k] = to_weight[k]
        to_weight[k] *= sd * sd
    return to_sd


@numba.njit(cache=True, error_model="numpy", fastmath=_SUMS)
def _given_groups(to_weight, to_pull, weight, of_carrier, effect, to_effect, s, n):
    """Adjoints of effects of groups through the pull that they leave to carriers; that of ``s``."""
    to_s = 0.0
    for k in range(n):
        j = of_carrier[k]
        to_weight[k] -= to_pull[k] * s * effect[j]
        to_s -= to_pull[k] * weight[k] * effect[j]
        to_effect[j] -= to_pull[k] * weight[k] * s
    return to_s


@numba.njit(cache=True, error_model="numpy", fastmath=_SUMS)
def _of_groups(to_weight, to_pull, weight, pull, share, of_carrier, to_worth, towards, to_share, n):
    """Adjoints of carriers' data and shares through what they say of groups."""
    for k in range(n):
        j = of_carrier[k]
        to_share[k] = to_worth[j] * weight[k] + towards[j] * pull[k]
        to_weight[k] += to_worth[j] * share[k]
        to_pull[k] += towards[j] * share[k]


@numba.njit(cache=True, error_model="numpy", fastmath=_SUMS)
def _of_shares(to_precision, to_weight, to_share, share, left, weight, sd, n):
    """Adjoints of precisions and weights through shares; that of ``sd``."""
    to_sd = 0.0
    for k in range(n):
        whole = -to_share[k] * share[k] * left[k]
        to_precision[k] += to_share[k] * left[k] + whole
        to_weight[k] += whole * sd * sd
        to_sd += 2.0 * whole * sd * weight[k]
    return to_sd


@numba.njit(cache=True, error_model="numpy", fastmath=_SUMS)
def _of_precisions(to_spread, to_precision, precision, spread, sd, n):
    """Adjoints of what is added to the variance of noise through its precision; that of ``sd``."""
    to_sd = 0.0
    for k in range(n):
        slope = to_precision[k] * precision[k] * precision[k] / (sd * sd)
        to_spread[k] -= slope
        to_sd += 2.0 * slope * spread[k] / sd
    return to_sd


@numba.njit(cache=True, error_model="numpy")
def _centre(v, g, desk, ints, p, backwards):
    """Noise of groups and of carriers in them: from its place around the data's, in place.

    Integers: first slots of the noise of carriers and of groups (−1: no groups), numbers of units,
    carriers and groups, the carrier of each unit and the group of each carrier. ``inner`` and
    ``outer`` are the slots of their standard deviations; ``mean``, ``pulls`` and ``weights`` those
    of what units' predictors are without the noise, and of what their data say; ``spread`` those of
    what is to be added to the variance of each carrier. Returns the log of the volume.
    """
    mean, pulls, weights, outer, inner = p[2], p[3], p[4], p[5], p[6]
    head = _at(ints, p[1])
    first, around, units, carriers, groups = head[0], head[1], head[2], head[3], head[4]
    of_unit, of_carrier = _at(head, 5), _at(head, 5 + units)
    width = max(units, carriers, groups)
    weight, pull, left, share = desk, _at(desk, width), _at(desk, 2 * width), _at(desk, 3 * width)
    precision, to_precision = _at(desk, 4 * width), _at(desk, 5 * width)
    to_weight, to_pull = _at(desk, 6 * width), _at(desk, 7 * width)
    noise, adjoint, sd = _at(v, first), _at(g, first), v[inner]
    spread, to_spread = _at(v, p[7]), _at(g, p[7])
    _told(v, of_unit, mean, pulls, weights, units, weight, pull, carriers)
    _left_of_spread(left, share, precision, weight, spread, sd, carriers)
    if around < 0:
        if not backwards:
            return _placed(noise, left, pull, sd, carriers)
        to_sd = _taken_back(
            noise, adjoint, left, weight, pull, sd, to_weight, to_pull, to_precision, carriers
        )
    else:
        effect, to_effect, s = _at(v, around), _at(g, around), v[outer]
        worth, towards, rest = _at(desk, 8 * width), _at(desk, 9 * width), _at(desk, 10 * width)
        given, to_share = _at(desk, 11 * width), _at(desk, 11 * width)
        to_worth, to_towards = _at(desk, 12 * width), _at(desk, 13 * width)
        for j in range(groups):
            worth[j] = 0.0
            towards[j] = 0.0
        for k in range(carriers):
            worth[of_carrier[k]] += weight[k] * share[k]
            towards[of_carrier[k]] += pull[k] * share[k]
        _left(rest, worth, s, groups)
        volume = 0.0 if backwards else _placed(effect, rest, towards, s, groups)
        for k in range(carriers):
            given[k] = pull[k] - weight[k] * s * effect[of_carrier[k]]
        if not backwards:
            return volume + _placed(noise, left, given, sd, carriers)
        to_sd = _taken_back(
            noise, adjoint, left, weight, given, sd, to_weight, to_pull, to_precision, carriers
        )
        to_s = _given_groups(to_weight, to_pull, weight, of_carrier, effect, to_effect, s, carriers)
        # what groups were told is needed no more: their precision has no adjoint to keep
        to_s += _taken_back(
            effect, to_effect, rest, worth, towards, s, to_worth, to_towards, worth, groups
        )
        _of_groups(
            to_weight,
            to_pull,
            weight,
            pull,
            share,
            of_carrier,
            to_worth,
            to_towards,
            to_share,
            carriers,
        )
        to_sd += _of_shares(to_precision, to_weight, to_share, share, left, weight, sd, carriers)
        g[outer] += to_s
    to_sd += _of_precisions(to_spread, to_precision, precision, spread, sd, carriers)
    g[inner] += to_sd
    _told_adjoint(v, g, of_unit, mean, pulls, weights, units, to_weight, to_pull)
    return 0.0


@numba.njit(cache=True, error_model="numpy", fastmath=_SUMS)
def _prior(v, g, priors, size):
    """Independent normals; their gradient is passed on at once."""
    means, precisions, norms = priors, _at(priors, size), _at(priors, 2 * size)
    total = 0.0
    for k in range(size):
        away = v[k] - means[k]
        total += norms[k] - 0.5 * away * away * precisions[k]
        g[k] -= away * precisions[k]
    return total


@numba.njit(cache=True, error_model="numpy")
def _computed_once(v, g, p, backwards):
    """The same for operations of which a model has a few."""
    if p[0] == POLAR:
        _polar(v, g, p, backwards)
    elif p[0] == WIDEN:
        _widen(v, g, p, backwards)
    elif p[0] == SHARES:
        _shares_of(v, g, p, backwards)
    else:
        return False
    return True


@numba.njit(cache=True, error_model="numpy")
def _computed(v, g, ints, floats, p, backwards):
    """Compute slots from slots, or their adjoints; whether the operation is of this kind."""
    code = p[0]
    if code == AXPY:
        _axpy(v, g, p, backwards)
    elif code == COMBINE:
        _combine(v, g, ints, floats, p, backwards)
    elif code == GATHER:
        _gather(v, g, ints, p, backwards)
    elif code == MULADD:
        _muladd(v, g, ints, p, backwards)
    elif code == EXP:
        _exp(v, g, p, backwards)
    elif code == ROTATE:
        _rotate(v, g, p, backwards)
    elif code == MIXTURE:
        _mixture(v, g, ints, p, backwards)
    else:
        return _computed_once(v, g, p, backwards)
    return True


@numba.njit(cache=True, error_model="numpy")
def _moved(v, g, desk, ints, p, backwards):
    """Change parameters in place, with the log of what that does to their volume."""
    if p[0] == SCALE:
        return _scale(v, g, p, backwards)
    if p[0] == BEND:
        return _bend(v, g, ints, p, backwards)
    if p[0] == SHIFT:
        _shift(v, g, ints, p, backwards)
        return 0.0
    return _centre(v, g, desk, ints, p, backwards)


@numba.njit(cache=True, error_model="numpy")
def _likelihood(v, g, desk, ints, floats, p, backwards):
    """Terms of the log-density, or of the slots of completions."""
    code, total = p[0], 0.0
    if code == WEIGHTED_SIGMOID:
        _weighted_sigmoid(v, g, desk, ints, floats, p, backwards)
    elif code == GAP:
        total = _gap(v, g, ints, floats, p, backwards)
    elif code == NORMAL:
        total = _normal(v, g, ints, p, backwards)
    elif code == CATEGORICAL:
        total = _categorical(v, g, ints, p, backwards)
    elif code == ROWWISE:
        total = _rowwise(v, g, desk, ints, floats, p, backwards)
    elif not backwards:
        if code == BINOMIAL:
            total = _binomial(v, g, desk, ints, floats, p)
        elif code == SIGMOID:
            total = _sigmoid(v, g, desk, ints, p)
        elif code == LOGSUMEXP:
            total = _logsumexp(v, g, desk, ints, p)
    return total


@numba.njit(cache=True, error_model="numpy")
def _density(v, g, desk, ops, steps, ints, floats, priors, size):
    """Log-density at the parameters in ``v``; their adjoints are left in ``g``."""
    total = 0.0
    # one loop for both ways: with a constant direction numba would compile everything twice
    for step in range(2 * steps):
        backwards = step >= steps
        p = _at(ops, FIELDS * (2 * steps - 1 - step if backwards else step))
        if _computed(v, g, ints, floats, p, backwards):
            continue
        if p[0] >= SCALE:
            total += _moved(v, g, desk, ints, p, backwards)
        elif p[0] != PRIOR:
            total += _likelihood(v, g, desk, ints, floats, p, backwards)
        elif not backwards:
            total += _prior(v, g, priors, size)
    return total


@numba.njit(cache=True, error_model="numpy")
def log_density(q, gradient, v, g, ops, ints, floats, priors):
    """Log-density at ``q``; writes its gradient.

    Parameters
    ----------
    q, gradient
        Parameters and where to write the derivative, shape (size,).
    v, g
        Slots, filled with the constants of the program, and room for their adjoints and then the
        desk of the operations.
    ops
        Operations, shape (n, FIELDS).
    ints, floats
        Their operands.
    priors
        Mean, precision and log normaliser of each parameter, shape (3 · size,); precision 0 for a
        parameter whose density stands among the operations.
    """
    size = len(q)
    # loops: assigning slices takes numba longer than many an operation
    for k in range(size):
        v[k] = q[k]
    for k in range(len(v)):
        g[k] = 0.0
    total = _density(
        _pointer(v),
        _pointer(g),
        _at(_pointer(g), len(v)),
        _pointer(ops),
        len(ops),
        _pointer(ints),
        _pointer(floats),
        _pointer(priors),
        size,
    )
    for k in range(size):
        gradient[k] = g[k]
    return total


@numba.njit(cache=True, error_model="numpy")
def model_parameters(q, out, v, g, ops, ints, floats):
    """Parameters of the model from those that the sampler sees; :func:`log_density`, forwards."""
    size = len(q)
    for k in range(size):
        v[k] = q[k]
    slots, adjoints, operands, reals = _pointer(v), _pointer(g), _pointer(ints), _pointer(floats)
    desk = _at(adjoints, len(v))
    # not the constant False, for which numba would compile everything again
    backwards = size < 0
    for step in range(len(ops)):
        p = _at(_pointer(ops), FIELDS * step)
        if _computed(slots, adjoints, operands, reals, p, backwards):
            continue
        if p[0] >= SCALE:
            _moved(slots, adjoints, desk, operands, p, backwards)
        elif p[0] != PRIOR:
            # completions hang on densities, and where noise is put on completions
            _likelihood(slots, adjoints, desk, operands, reals, p, backwards)
    for k in range(size):
        out[k] = v[k]


_POINTER: Final = _FLOATS
_SIGNATURE: Final = types.int64(types.uint64, _POINTER, _POINTER, _POINTER, types.voidptr)
_EXPAND: Final = types.int64(types.uint64, types.uint64, _POINTER, _POINTER, types.voidptr)


@numba.njit(cache=True, error_model="numpy")
def _unpacked(program_, size):
    """Arrays of a packed program, and one for adjoints and the desk."""
    header = numba.carray(program_, (HEADER,), np.int64)
    n_ops, n_ints, n_floats, n_slots = header[0], header[1], header[2], header[3]
    words = HEADER + n_ops * FIELDS + (n_ints + 1) // 2
    everything = numba.carray(program_, (words + n_floats + n_slots + 3 * size,), np.int64)
    ops = everything[HEADER : HEADER + n_ops * FIELDS].reshape((n_ops, FIELDS))
    ints = everything[HEADER + n_ops * FIELDS : words].view(np.int32)
    rest = everything[words:].view(np.float64)
    floats, slots = rest[:n_floats], rest[n_floats : n_floats + n_slots]
    priors = rest[n_floats + n_slots :]
    return ops, ints, floats, slots, priors, np.empty(n_slots + header[4])


@numba.cfunc(_SIGNATURE, cache=True)
def log_density_pointer(size: Any, q_: Any, gradient_: Any, out_: Any, program_: Any) -> Any:
    """The kernel as the sampler calls it; ``program_`` points to a packed program."""
    n = np.int64(size)
    ops, ints, floats, slots, priors, adjoints = _unpacked(program_, n)
    q = numba.carray(q_, (size,))
    gradient = numba.carray(gradient_, (size,))
    out = numba.carray(out_, (1,))
    value = log_density(q, gradient, slots.copy(), adjoints, ops, ints, floats, priors)
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
    ops, ints, floats, slots, _, adjoints = _unpacked(program_, n)
    q = numba.carray(q_, (size,))
    out = numba.carray(out_, (expanded,))
    model_parameters(q, out, slots.copy(), adjoints, ops, ints, floats)
    return 0
