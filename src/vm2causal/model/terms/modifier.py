"""What one coefficient of a cause does not say: between levels, with another cause, along it."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from math import prod
from typing import TYPE_CHECKING

import numpy as np

from vm2causal.model.data.columns import Floats, Ints
from vm2causal.model.terms.term import Term

if TYPE_CHECKING:
    from vm2causal.model.equations import Equations
    from vm2causal.model.world import World


class Modifier(Term):
    """A term that stands beside the coefficient of a cause, and says what that leaves out."""

    @property
    @abstractmethod
    def multiplied(self) -> tuple[int, ...]:
        """Coefficients that it stands beside; see :meth:`columns`."""

    @abstractmethod
    def draws(self, equations: Equations) -> Floats:
        """Its coefficients in each draw, shape (draw, level) or (draw, column)."""

    @abstractmethod
    def variance(self, equations: Equations) -> float:
        """Of its coefficients: between levels, posterior mean, or else beforehand."""

    def columns(self, equations: Equations, entered: Mapping[int, Floats]) -> tuple[Floats, ...]:
        """What its coefficients are multiplied by, each of shape (draw, unit) or (1, unit).

        The product of its causes, of which every level has a coefficient, unless it says otherwise.

        Parameters
        ----------
        entered
            What coefficients of causes are multiplied by, by index.
        """
        return (np.asarray(prod(entered[index] for index in self.multiplied)),)

    def codes(self, equations: Equations, units: Ints) -> Ints | None:
        """Level of units; None where they share one coefficient."""
        return None

    @abstractmethod
    def slope(self, equations: Equations, index: int, world: World) -> Floats | None:
        """What it adds to a coefficient, in each draw and unit of a world.

        Parameters
        ----------
        index
            Of the coefficient among all of the layout.

        Returns
        -------
        ndarray, shape (draw, unit), or None
            None where it leaves that coefficient as it is.
        """
