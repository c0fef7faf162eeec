"""What a term answers: everything that the package knows of one kind of contribution.

A linear predictor is a sum of terms. Whoever needs it loops over them: the ``pm.Model``, the
operations of the kernel, the equations of each draw, the sums over missing levels, the tests of
what an equation leaves out. To add one, see "Add a kind of term" in ``docs/architecture.md``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from vm2causal.model.data.columns import Floats, Ints

if TYPE_CHECKING:
    from vm2causal.model.equations import Equations
    from vm2causal.model.missing.definition import MissingLevels
    from vm2causal.model.sampler.assembler import Assembler
    from vm2causal.model.sampler.completing import CompletingAssembler, Placed
    from vm2causal.model.structural_layout import Layout
    from vm2causal.model.structural_parameters import Predictor
    from vm2causal.model.structural_terms import Terms
    from vm2causal.model.world import World


@dataclass(frozen=True)
class Scattered:
    """Effects with a variance: of a group, of units, of an unobserved cause.

    Parameters
    ----------
    name
        Of the group, unit or cause.
    codes
        Level per unit.
    variance
        Of the effects, posterior mean.
    """

    name: str
    codes: Ints = field(repr=False)
    variance: float


@dataclass(frozen=True)
class Term(ABC):
    """One contribution to a linear predictor; arrays have a value per unit unless ``of_cells``."""

    of_cells: ClassVar[bool] = False
    """Whether it adds to the cells of a count, so that arrays have a value per pattern of them."""
    is_noise: ClassVar[bool] = False
    """Whether the sampler moves it by what all other terms leave: it is written after those."""

    @abstractmethod
    def define(self, model: Terms, item: Predictor) -> Any:
        """What it adds in the ``pm.Model``."""

    def known(self, writer: Assembler) -> tuple[int, Floats] | None:
        """Slot of its coefficient and the column of the data it multiplies; None: see ``write``."""
        return None

    def write(self, writer: Assembler, item: Predictor, out: int) -> None:
        """Operations that add it to the slots from ``out``, where it is not ``known``."""
        raise NotImplementedError(type(self))

    @abstractmethod
    def value(self, equations: Equations, item: Predictor, world: World) -> Floats:
        """What it adds in a world, in each draw, shape (draw, unit) or (draw, pattern)."""

    def filled(self, model: MissingLevels, rows: Ints) -> Any:
        """What levels filled in for missing ones add in the ``pm.Model``; None where nothing."""
        return None

    def filled_slots(self, writer: CompletingAssembler, rows: Placed) -> list[tuple[int, int, int]]:
        """The same for the kernel: place of the completion, and two slots to multiply."""
        return []

    def scattered(self, equations: Equations, item: Predictor) -> Scattered | None:
        """Its effects and their variance, where they have one."""
        return None

    def spread(self, layout: Layout) -> tuple[str, int] | None:
        """Block and row of the standard deviation of its effects, where they share one."""
        return None
