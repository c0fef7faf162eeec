"""What a family answers: everything that the package knows of one kind of variable.

All other modules loop over variables and ask their families. To add one, see "Add a likelihood" in
``docs/architecture.md``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any, ClassVar, Final

import numpy as np
import pandas as pd

from vm2causal.model.data.columns import Column, Floats, Ints, read_column
from vm2causal.model.structural_parameters import Predictor, Widths
from vm2causal.spec import CausalSpec
from vm2causal.spec.words import Kind

if TYPE_CHECKING:
    from vm2causal.model.data.structural_data import StructuralData
    from vm2causal.model.equations import Equations
    from vm2causal.model.missing.completions import Completion
    from vm2causal.model.missing.definition import MissingLevels
    from vm2causal.model.sampler.assembler import Assembler
    from vm2causal.model.sampler.completing import CompletingAssembler
    from vm2causal.model.sampler.information import GaussianSummary
    from vm2causal.model.structural import Definition
    from vm2causal.model.structural_layout import Layout
    from vm2causal.model.structural_terms import Terms
    from vm2causal.model.world import World

TOTAL: Final = -1
"""Target of a density that is added straight to that of all data."""


class Link(Enum):
    """Scale of the linear predictor."""

    IDENTITY = "identity"
    LOGIT = "logit"
    LOG = "log"


@dataclass(frozen=True)
class Shape:
    """A positive parameter of a likelihood beside its linear predictor, one per variable.

    Parameters
    ----------
    block
        Name of the parameter in a fit; it ends in ``_shape``, or is one of
        :data:`~vm2causal.model.result_names.BLOCKS`.
    prior
        Location and standard deviation of its logarithm, given the widths of a fit's priors.
    """

    block: str
    prior: Callable[[Widths], tuple[float, float]]


class Distribution(ABC):
    """What each draw expects of some observations; arrays have shape (draw, row)."""

    @abstractmethod
    def log_density(self, seen: Floats) -> Floats:
        """Log-density of observations, shape (row,)."""

    @abstractmethod
    def reached(self, seen: Floats) -> tuple[Floats, Floats]:
        """Probability of less than was observed, and of that much at most."""

    @abstractmethod
    def draw(self, rng: np.random.Generator) -> Floats:
        """Other observations."""

    @abstractmethod
    def pull(self, seen: Floats, level: int | None) -> tuple[Floats, Floats]:
        """Derivative of the log-density by the linear predictor (of a level), and information."""


@dataclass(frozen=True)
class Observed:
    """Observations of a variable, or of one item of it, one row each.

    Parameters
    ----------
    unit
        Unit of each row.
    seen
        What was observed: a standardised number, the rank of a level, or events.
    given
        Distribution of some of the rows.
    item
        Name of the item, where there are several.
    levels
        Labels of the levels, where there are.
    trials
        Out of how many the events are.
    pattern
        Kind of pupils and year of each row, where there are several to a unit.
    """

    unit: Ints = field(repr=False)
    seen: Floats = field(repr=False)
    given: Callable[[Ints], Distribution] = field(repr=False)
    item: str | None = None
    levels: tuple[str, ...] = ()
    trials: Ints | None = field(default=None, repr=False)
    pattern: Ints | None = field(default=None, repr=False)

    @property
    def rows(self) -> Ints:
        """Places of all rows."""
        return np.arange(len(self.unit))


@dataclass(frozen=True)
class Rows:
    """Observations whose density is written for the kernel.

    Parameters
    ----------
    seen
        Standardised numbers or ranks, shape (row,).
    etas
        Slot of each linear predictor, one array of shape (row,) per predictor.
    units
        Unit of each row.
    targets
        Slot to which the log-density of each row is added; None for that of all data.
    """

    seen: Floats = field(repr=False)
    etas: tuple[Ints, ...] = field(repr=False)
    units: Ints = field(repr=False)
    targets: Ints | None = field(default=None, repr=False)

    @property
    def goals(self) -> Ints:
        """Target of each row; :data:`TOTAL` for the log-density of all data."""
        return np.full(len(self.units), TOTAL) if self.targets is None else self.targets


class Family(ABC):
    """One kind of variable; see the module."""

    kind: ClassVar[Kind]
    link: ClassVar[Link]
    shapes: ClassVar[tuple[Shape, ...]] = ()
    own_noise: ClassVar[str | None] = None
    """Block of the standard normal noise of units that a variable is itself, where it is."""
    single_answers: ClassVar[bool] = False
    """Whether a unit's answer scatters as a logistic variable does, and so the more for groups."""
    imputed: ClassVar[bool] = False
    """Whether a missing value can be drawn with the parameters, as normal noise."""

    # -- data -------------------------------------------------------------------------------------

    def read(self, spec: CausalSpec, name: str, frame: pd.DataFrame) -> Column:
        """Arrange the column of a variable, and refuse what it may not hold."""
        return read_column(spec, name, frame[spec.column(name)])

    # -- parameters -------------------------------------------------------------------------------

    def predicted(self, data: StructuralData, name: str) -> tuple[int | None, ...]:
        """Levels with a linear predictor of their own; one None where there is a single one."""
        return (None,)

    def scales(
        self, spec: CausalSpec, data: StructuralData, name: str
    ) -> Iterator[tuple[str, tuple[str, ...], bool]]:
        """Ordered scales: the name of each, its levels, and whether it has a loading."""
        return iter(())

    def intercepts(self, data: StructuralData, label: str) -> list[str]:
        """Labels of the intercepts of a predictor; none where cuts do it."""
        return [label]

    def intercept_prior(
        self, data: StructuralData, predictor: Predictor, widths: Widths
    ) -> tuple[float, float]:
        """Mean and standard deviation of the prior of an intercept."""
        return 0.0, widths.intercept

    def coefficient_sd(self, column: Column | None, widths: Widths) -> float:
        """Prior standard deviation of a coefficient of this variable as a cause."""
        return widths.weight

    def stands_alone(self, data: StructuralData, name: str) -> bool:
        """Whether a variable has an equation although nothing in the model acts on it."""
        return False

    # -- the definition ---------------------------------------------------------------------------

    @abstractmethod
    def define(self, model: Definition, name: str) -> None:
        """Add the random variables of a variable to the ``pm.Model``."""

    def pm(self, terms: Terms, name: str, etas: Sequence[Any], units: Ints) -> Any:
        """Distribution of a column in PyMC, given its linear predictors at some units."""
        raise NotImplementedError(self.kind)

    def completed(self, model: MissingLevels, name: str, rows: Ints, units: Ints) -> Any:
        """Log-density in each completion of missing levels, in the ``pm.Model``."""
        return model.of_column(name, rows, units)

    # -- the kernel -------------------------------------------------------------------------------

    @abstractmethod
    def observe(self, writer: Assembler, name: str) -> None:
        """Write the density of the observations of a variable."""

    def write(self, writer: Assembler, name: str, rows: Rows) -> None:
        """Write the density of observations of a column."""
        raise NotImplementedError(self.kind)

    def complete(
        self,
        writer: CompletingAssembler,
        name: str,
        units: Ints,
        rows: list[tuple[int, Completion]],
        shifts: Sequence[Ints],
        targets: Ints,
    ) -> None:
        """Write the density in each completion, whose levels add ``shifts`` to the predictors."""
        writer.complete_column(name, units, rows, shifts, targets)

    # -- what data say of a predictor -------------------------------------------------------------

    @abstractmethod
    def information(self, layout: Layout, predictor: Predictor) -> tuple[GaussianSummary, ...]:
        """What the data say of a linear predictor, as a normal likelihood says it, per unit."""

    def usual_intercepts(self, layout: Layout, predictor: Predictor) -> Floats | None:
        """Values of the intercepts that agree with the averages in the data; None: the prior's."""
        return None

    # -- after the fit ----------------------------------------------------------------------------

    @abstractmethod
    def observed(self, equations: Equations, name: str, world: World) -> Iterator[Observed]:
        """The observations, with what each draw expects of them in a world."""

    @abstractmethod
    def mean(self, equations: Equations, name: str, eta: Floats) -> Floats:
        """Expected value given the linear predictor, shape (draw, unit)."""

    def own_variance(self, equations: Equations, name: str) -> Floats:
        """Variance on the link scale of what nothing explains, shape (draw, 1).

        That of a logistic variable for a logit (Goldstein, Browne & Rasbash 2002, Understanding
        Statistics 1, 223, method C).
        """
        return np.full((equations.draws, 1), np.pi**2 / 3)

    def value(
        self, equations: Equations, name: str, world: World, rng: np.random.Generator
    ) -> Floats:
        """A value of a column for every unit: a standardised number or a rank."""
        raise NotImplementedError(self.kind)

    def chances(self, equations: Equations, name: str, world: World, units: Ints | slice) -> Floats:
        """Probability of each level, shape (draw, unit, level)."""
        raise NotImplementedError(self.kind)

    def nodes(
        self, equations: Equations, name: str, eta: Floats
    ) -> list[tuple[Floats | float, Floats]]:
        """Few values that stand for a number's distribution: chances, and standardised values."""
        raise NotImplementedError(self.kind)

    def pulls(
        self, equations: Equations, item: Predictor, world: World, rows: Ints
    ) -> tuple[Floats, Floats]:
        """Score of some rows for a predictor, shape (draw, row), and information, shape (row,).

        Rows are those of the observations where there are several to a unit, else units.
        """
        (found,) = self.observed(equations, item.variable, world)
        place = np.full(len(equations.data.units), -1)
        place[found.unit] = found.rows
        here = np.flatnonzero(place[rows] >= 0)
        own = place[rows[here]]
        pulled, known = found.given(own).pull(found.seen[own], item.level)
        score, information = np.zeros((equations.draws, len(rows))), np.zeros(len(rows))
        score[:, here], information[here] = pulled, known.mean(axis=0)
        return score, information
