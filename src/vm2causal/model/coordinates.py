"""Coordinates in which the sampler moves easily; the model itself stays as it is.

*Turned.* Data tell what a group and its units add up to, and hardly how it is divided. With s the
standard deviation of the group and σ that of its n units, the sum over a group's units varies by
s√n and σ together; how much of it is the group's own depends on s / σ. Sampled as they stand, group
and unit trade off along a line whose slope changes with s, which makes log s move slowly. So the
sampler gets, per group, the direction of the sum and the one at right angles to it: a rotation by
θ = atan(√n s / σ) in the plane of the group's noise and the mean of its units'. Noise is normal and
independent and stays so when turned, and of the second direction the likelihood knows nothing. The
same holds for an unobserved cause and the rest of the group effect that it shares.

*Scaled.* Where data say much about each level of a group, its noise (its effect divided by s) has
to follow s: curvature grows with s², until steps that suit the bulk of the posterior are too long
in its tail. The sampler gets that noise times √s, half-way to the effect itself (Papaspiliopoulos,
Roberts & Sköld 2007, Statistical Science 22).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from vm2causal.model import kernel
from vm2causal.model.columns import Floats, Ints
from vm2causal.model.structural_layout import RICH, Layout
from vm2causal.model.structural_parameters import Predictor
from vm2causal.model.tape import Program, Tape
from vm2causal.spec.words import Kind


@dataclass(frozen=True)
class Split:
    """The arrow's parameter a of an unobserved cause, which takes tanh(a) of a group's effect."""

    parameter: int
    positive: bool
    """Whether a is the exponential of the parameter."""
    sign: float = 1.0

    def angle(self, draws: Floats) -> Floats:
        """A per draw."""
        values: Floats = draws[..., self.parameter]
        return np.exp(values) if self.positive else values


@dataclass(frozen=True)
class Rotation:
    """One rotation: which parameters, and by what angle.

    Parameters
    ----------
    group, unit
        First parameters of the noise of groups and of units.
    codes
        Group of each unit.
    group_sd, unit_sd
        Parameters that hold log s and log σ; without the latter σ is 1. Without both it is the
        rotation of an unobserved cause (``group``) and the rest (``unit``): tan θ = sinh(a).
    split
        Of the group's effect only 1 / cosh(a) is this noise.
    centring
        c, where the noise of a unit has standard deviation σ^c and is multiplied by σ^(1 − c).
    """

    group: int
    unit: int
    codes: Ints = field(repr=False)
    group_sd: int | None = None
    unit_sd: int | None = None
    split: Split | None = None
    centring: float = 0.0


@dataclass(frozen=True)
class Scaling:
    """Noise that the sampler has multiplied by a power of its standard deviation.

    Parameters
    ----------
    first, size
        Which parameters.
    log_sd
        Parameter that holds log s.
    """

    first: int
    size: int
    log_sd: int


_POWER: Final = 0.5
"""Half-way between noise and effect: good where data say much, and never far off."""


def scalings(layout: Layout) -> tuple[Scaling, ...]:
    """Effects of groups about each level of which there is much information."""
    turned = {first for item in rotations(layout) for first in (item.group, item.unit)}
    found = [
        _scaling(layout, group, row)
        for predictor in layout.predictors
        for group, row in (*predictor.pooled, *predictor.groups)
        if _information(layout, predictor, group) >= RICH
    ]
    return tuple(scaling for scaling in found if scaling.first not in turned)


def rotations(layout: Layout) -> tuple[Rotation, ...]:
    """Rotations of a layout, in the order in which they turn the sampler's coordinates back."""
    return (*_of_units(layout), *_of_unobserved_causes(layout))


def sampler_program(layout: Layout, program: Program) -> Program:
    """The same log-density in the sampler's coordinates."""
    tape = Tape.in_front_of(program)
    one = tape.constant(np.ones(1))
    for rotation in rotations(layout):
        _write(tape, rotation, one)
    for scaling in scalings(layout):
        factor = _exponential(tape, _weighted(tape, scaling.log_sd, -_POWER))
        tape.do(kernel.SCALE, scaling.first, factor, scaling.size)
    return tape.joined(program)


def model_coordinates(layout: Layout, draws: Floats) -> Floats:
    """Draws in the sampler's coordinates → parameters of the model.

    Parameters
    ----------
    draws
        Last axis: parameters. Not changed.
    """
    found = draws.copy()
    for rotation in rotations(layout):
        _turn(found, rotation)
    for scaling in scalings(layout):
        noise = slice(scaling.first, scaling.first + scaling.size)
        found[..., noise] *= np.exp(-_POWER * found[..., scaling.log_sd, None])
    return found


def _scaling(layout: Layout, group: str, row: int) -> Scaling:
    size = layout.block(f"{group}_z").shape[1]
    first = layout.offsets[f"{group}_z"] + row * size
    return Scaling(first, size, layout.offsets[f"{group}_sd"] + row)


def _information(layout: Layout, predictor: Predictor, group: str) -> float:
    """About one level's effect, roughly: a whole unit of it where a unit says one number."""
    data = layout.data
    levels = len(set(data.groups[group].codes.tolist()))
    if predictor.kind is Kind.COUNT and predictor.unit_effect is None:
        return data.cells[predictor.variable].information() / levels
    of_unit = 1.0 if predictor.kind in (Kind.CONTINUOUS, Kind.LATENT, Kind.COUNT) else 0.25
    return of_unit * len(data.units) / levels


def _of_units(layout: Layout) -> Iterator[Rotation]:
    """Of every variable whose units have noise of their own inside a group's."""
    for predictor in layout.predictors:
        inner = _innermost(layout, predictor)
        outer = None if inner is None else _around(layout, predictor, inner.codes)
        if inner is None or outer is None:
            continue
        (group, row), codes = outer
        levels = len(layout.data.groups[group].labels)
        shared = layout.shared_group(predictor)
        split = _split(layout, shared[1]) if shared is not None and shared[0] == group else None
        yield Rotation(
            group=layout.offsets[f"{group}_z"] + row * levels,
            unit=inner.first,
            codes=codes,
            group_sd=layout.offsets[f"{group}_sd"] + row,
            unit_sd=inner.log_sd,
            # the anchor's cause and rest are one effect until they are turned back themselves
            split=None if split is not None and split.positive else split,
            centring=inner.centring,
        )


@dataclass(frozen=True)
class _Noise:
    """The finest noise of a predictor: first parameter, log σ, centring, and whose units have it.

    ``codes`` gives the carrier of the noise per unit of the data.
    """

    first: int
    log_sd: int | None
    centring: float
    codes: Ints


def _innermost(layout: Layout, predictor: Predictor) -> _Noise | None:
    units = np.arange(len(layout.data.units))
    if predictor.unit_effect is not None:
        row = predictor.unit_effect
        first = layout.offsets["unit_z"] + row * len(units)
        return _Noise(first, layout.offsets["unit_sd"] + row, layout.centring[row], units)
    if predictor.kind is Kind.LATENT:
        row = layout.block("latent_z").dims["latent"].index(predictor.variable)
        return _Noise(layout.offsets["latent_z"] + row * len(units), None, 0.0, units)
    if not predictor.groups:
        return None
    group, row = max(predictor.groups, key=lambda item: _levels(layout, item[0]))
    first = layout.offsets[f"{group}_z"] + row * _levels(layout, group)
    log_sd = layout.offsets[f"{group}_sd"] + row
    return _Noise(first, log_sd, 0.0, layout.data.groups[group].codes)


def _around(
    layout: Layout, predictor: Predictor, carriers: Ints
) -> tuple[tuple[str, int], Ints] | None:
    """The largest group in which carriers of noise lie whole, with the group of each carrier."""
    for group, row in sorted(predictor.groups, key=lambda item: -_levels(layout, item[0])):
        codes = layout.data.groups[group].codes
        of_carrier = np.zeros(int(carriers.max(initial=-1)) + 1, dtype=np.int64)
        of_carrier[carriers] = codes
        coarser = len(set(codes.tolist())) < len(set(carriers.tolist()))
        if coarser and np.array_equal(of_carrier[carriers], codes):
            return (group, row), of_carrier
    return None


def _levels(layout: Layout, group: str) -> int:
    return len(layout.data.groups[group].labels)


def _of_unobserved_causes(layout: Layout) -> Iterator[Rotation]:
    """Of the first effect of each unobserved cause, which anchors it."""
    for predictor in layout.predictors:
        shared = layout.shared_group(predictor)
        if shared is None:
            continue
        group, index = shared
        split = _split(layout, index)
        if not split.positive:
            continue
        cause = next(name for name, place in predictor.hidden if place == index)
        levels = len(layout.data.groups[group].labels)
        row = dict(predictor.groups)[group]
        yield Rotation(
            group=layout.offsets[f"{cause}_z"],
            unit=layout.offsets[f"{group}_z"] + row * levels,
            codes=np.arange(levels),
            split=split,
        )


def _split(layout: Layout, index: int) -> Split:
    block, row = layout.hidden_place(index)
    sign = layout.hidden_signs[index]
    return Split(layout.offsets[block] + row, sign is not None, 1.0 if sign is None else sign)


def _write(tape: Tape, rotation: Rotation, one: int) -> None:
    """Operations of one rotation; ``one`` is a slot that holds 1."""
    numerator, denominator, scale = one, one, one
    if rotation.split is not None:
        tanh, sech = _write_split(tape, rotation.split)
        numerator, denominator = (tanh, sech) if rotation.group_sd is None else (sech, one)
    if rotation.group_sd is not None:
        numerator = _product(tape, numerator, _exponential(tape, rotation.group_sd))
    if rotation.unit_sd is not None:
        denominator = _exponential(tape, rotation.unit_sd)
        scale = _exponential(tape, _weighted(tape, rotation.unit_sd, rotation.centring))
    counts = np.bincount(rotation.codes)
    members = np.argsort(rotation.codes, kind="stable")
    head = [rotation.group, rotation.unit, len(counts)]
    tape.do(kernel.ROTATE, tape.integers(head, counts, members), numerator, denominator, scale)


def _write_split(tape: Tape, split: Split) -> tuple[int, int]:
    """Slots of sign · tanh(a) and 1 / cosh(a)."""
    angle = _exponential(tape, split.parameter) if split.positive else split.parameter
    polar = tape.room(2)
    tape.do(kernel.POLAR, polar, angle)
    return _weighted(tape, polar, split.sign), polar + 1


def _exponential(tape: Tape, slot: int) -> int:
    out = tape.room(1)
    tape.do(kernel.EXP, out, slot, 1)
    return out


def _weighted(tape: Tape, slot: int, weight: float) -> int:
    return _product(tape, slot, tape.constant(np.array([weight])))


def _product(tape: Tape, first: int, second: int) -> int:
    out = tape.room(1)
    tape.muladd([out], [first], [second])
    return out


def _turn(draws: Floats, rotation: Rotation) -> None:
    """Turn draws back in place; as ``ROTATE`` of the kernel does."""
    counts = np.bincount(rotation.codes)
    there = np.flatnonzero(counts)
    n = counts[there]
    members = np.argsort(rotation.codes, kind="stable")
    numerator, denominator, scale = _ratio(draws, rotation)
    length = np.sqrt(denominator**2 + n * numerator**2)
    sin, cos = np.sqrt(n) * numerator / length, denominator / length
    units = draws[..., rotation.unit + members]
    starts = np.concatenate([[0], np.cumsum(n)[:-1]])
    along = np.add.reduceat(units, starts, axis=-1) / np.sqrt(n)
    across = draws[..., rotation.group + there]
    shift = (cos * along - scale * sin * across - along) / np.sqrt(n)
    draws[..., rotation.unit + members] = units + np.repeat(shift, n, axis=-1)
    draws[..., rotation.group + there] = sin * along / scale + cos * across


def _ratio(draws: Floats, rotation: Rotation) -> tuple[Floats, Floats, Floats]:
    """Numerator and denominator of tan θ / √n, and the scale of the units' noise."""
    one = np.ones((*draws.shape[:-1], 1))
    numerator, denominator, scale = one, one, one
    if rotation.split is not None:
        angle = rotation.split.angle(draws)[..., None]
        numerator = 1 / np.cosh(angle)
        if rotation.group_sd is None:
            numerator, denominator = rotation.split.sign * np.tanh(angle), numerator
    if rotation.group_sd is not None:
        numerator = numerator * np.exp(draws[..., rotation.group_sd, None])
    if rotation.unit_sd is not None:
        log_sd = draws[..., rotation.unit_sd, None]
        denominator, scale = np.exp(log_sd), np.exp(rotation.centring * log_sd)
    return numerator, denominator, scale
