"""A program for the kernel, and the tape on which one is written."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from vm2causal.model.data.columns import Floats, Ints
from vm2causal.model.sampler import kernel

Operands = npt.NDArray[np.int32]
"""Half as wide as other integers: they are read in every evaluation, and fit in the cache so."""


@dataclass(frozen=True)
class Program:
    """Operations, their operands and the slots they work on.

    Parameters
    ----------
    size
        Number of parameters; the first slots.
    ops, ints, floats
        See :mod:`~vm2causal.model.sampler.kernel`.
    slots
        Constants at their place, 0 elsewhere.
    priors
        Mean, precision and log normaliser per parameter, shape (3 · size,).
    desk
        Number of floats that operations need to work with.
    """

    size: int
    ops: Ints = field(repr=False)
    ints: Operands = field(repr=False)
    floats: Floats = field(repr=False)
    slots: Floats = field(repr=False)
    priors: Floats = field(repr=False)
    desk: int

    def packed(self) -> Ints:
        """Everything in one array of 64-bit words, as the kernel reads it through a pointer."""
        header = np.zeros(kernel.HEADER, dtype=np.int64)
        lengths = [len(part) for part in (self.ops, self.ints, self.floats, self.slots)]
        header[:5] = [*lengths, self.desk]
        parts = [self.floats, self.slots, self.priors]
        words = [np.ascontiguousarray(part).view(np.int64) for part in parts]
        pairs = np.zeros(2 * ((len(self.ints) + 1) // 2), dtype=np.int32)
        pairs[: len(self.ints)] = self.ints
        return np.concatenate([header, self.ops.ravel(), pairs.view(np.int64), *words])

    def log_density(self, q: Floats) -> tuple[float, Floats]:
        """Log-density and gradient at one point of the unconstrained parameters, shape (size,)."""
        value, gradient, _ = self.run(q)
        return value, gradient

    def run(self, q: Floats) -> tuple[float, Floats, Floats]:
        """Log-density, gradient and the slots as they stand after both, shape (slot,)."""
        gradient, slots = np.empty(self.size), self.slots.copy()
        value = kernel.log_density(
            np.asarray(q, dtype=np.float64), gradient, *self._arrays(slots), self.priors
        )
        return float(value), gradient, slots

    def parameters(self, q: Floats) -> Floats:
        """Parameters of the model at one point of those that the program takes, shape (size,)."""
        found = np.empty(self.size)
        point = np.asarray(q, dtype=np.float64)
        kernel.model_parameters(point, found, *self._arrays(self.slots.copy()))
        return found

    def _arrays(self, slots: Floats) -> tuple[Floats, Floats, Ints, Operands, Floats]:
        return slots, np.empty(len(slots) + self.desk), self.ops, self.ints, self.floats


class Tape:
    """Slots, operands and operations, in the order in which they are written.

    Parameters
    ----------
    size
        Number of parameters; they have the first slots.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self.constants: list[Floats] = []
        self.used = size
        self.ops: list[list[int]] = []
        self.ints: list[Operands] = []
        self.n_ints = 0
        self.floats: list[Floats] = []
        self.n_floats = 0
        self.desk = 0

    def constant(self, values: Floats) -> int:
        """Put constants in slots; the first slot."""
        place = self.used
        self.constants.append(np.asarray(values, dtype=np.float64))
        self.used += len(values)
        return place

    def room(self, n: int) -> int:
        """Slots that begin at 0; the first."""
        return self.constant(np.zeros(n))

    def integers(self, *arrays: Sequence[int] | Ints) -> int:
        """Append integer operands; the place of the first."""
        place = self.n_ints
        for array in arrays:
            values = np.asarray(array, dtype=np.int32)
            self.ints.append(values)
            self.n_ints += len(values)
        return place

    def reals(self, *arrays: Sequence[float] | Floats | Ints) -> int:
        """Append real operands; the place of the first."""
        place = self.n_floats
        for array in arrays:
            values = np.asarray(array, dtype=np.float64)
            self.floats.append(values)
            self.n_floats += len(values)
        return place

    def at_desk(self, floats: int) -> None:
        """Tell how many floats an operation needs to work with."""
        self.desk = max(self.desk, floats)

    def do(self, code: int, *operands: int) -> None:
        """Append an operation."""
        self.ops.append([code, *operands, *[0] * (kernel.FIELDS - 1 - len(operands))])

    def muladd(self, out: Iterable[int], a: Iterable[int], b: Iterable[int]) -> None:
        """Append products to be added: slots[out] += slots[a] · slots[b]."""
        columns = [np.array(list(slots), dtype=np.int64) for slots in (out, a, b)]
        if len(columns[0]):
            self.do(kernel.MULADD, self.integers(*columns), len(columns[0]))

    def combine(self, out: int, terms: Sequence[tuple[int, Floats]]) -> None:
        """Append a sum of constant columns: slots[out + k] += Σ slots[slot] · column[k]."""
        if terms:
            columns = np.array([column for _, column in terms])
            ints, floats = self.integers([slot for slot, _ in terms]), self.reals(columns.ravel())
            self.do(kernel.COMBINE, out, ints, floats, *columns.shape)

    def program(self, priors: Floats) -> Program:
        """What was written, with the priors of the parameters."""
        return Program(
            self.size,
            self._operations(),
            np.concatenate([np.zeros(0, dtype=np.int32), *self.ints]),
            np.concatenate([np.zeros(0), *self.floats]),
            np.concatenate([np.zeros(self.size), *self.constants]),
            priors,
            self.desk,
        )

    def _operations(self) -> Ints:
        return np.array(self.ops, dtype=np.int64).reshape(-1, kernel.FIELDS)
