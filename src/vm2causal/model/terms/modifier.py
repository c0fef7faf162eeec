"""What changes the coefficient of a cause: between the levels of a group, or with another cause."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

from vm2causal.model.data.columns import Floats, Ints
from vm2causal.model.terms.term import Term

if TYPE_CHECKING:
    from vm2causal.model.equations import Equations
    from vm2causal.model.world import World


class Modifier(Term):
    """A term that stands beside a coefficient, whose cause it multiplies by something else too."""

    @property
    @abstractmethod
    def multiplied(self) -> tuple[int, ...]:
        """Coefficients whose causes' product its own coefficients are multiplied by."""

    @abstractmethod
    def draws(self, equations: Equations) -> Floats:
        """Its coefficients in each draw, shape (draw, level), or (draw, 1) where there is one."""

    @abstractmethod
    def variance(self, equations: Equations) -> float:
        """Of its coefficients: between levels, posterior mean, or else beforehand."""

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
