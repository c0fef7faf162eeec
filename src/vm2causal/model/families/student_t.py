"""Continuous variables with outliers: Student's t around the linear predictor.

Robust regression by t errors: Lange, Little & Taylor 1989, J. Am. Stat. Assoc. 84, 881.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Final, override

import numpy as np

from vm2causal.model.data.columns import Floats, Ints
from vm2causal.model.families.family import Distribution, Rows, Shape
from vm2causal.model.families.numbers import RESIDUAL, Located
from vm2causal.spec.words import Kind

if TYPE_CHECKING:
    from vm2causal.model.equations import Equations
    from vm2causal.model.sampler.assembler import Assembler
    from vm2causal.model.structural_terms import Terms

FREEDOM: Final = Shape("student_t_shape", lambda widths: (math.log(12.0), 0.9))
"""Degrees of freedom ν: between 2 and 70 in 95 of 100 cases, with median 12.

Below 2 the scale is no standard deviation any more, above 70 the distribution is as good as normal;
near the Gamma(2, 0.1) of Juárez & Steel 2010, J. Bus. Econ. Stat. 28, 52.
"""

_QUANTILES: Final = (0.1, 0.3, 0.5, 0.7, 0.9)
"""Middles of five parts of equal probability, which stand for the distribution."""


@dataclass(frozen=True)
class HeavyTailed(Distribution):
    """Student's t: centre of shape (draw, row), scale and degrees of freedom (draw, 1)."""

    centre: Floats = field(repr=False)
    scale: Floats = field(repr=False)
    freedom: Floats = field(repr=False)

    @override
    def log_density(self, seen: Floats) -> Floats:
        from scipy.stats import t

        return np.asarray(t.logpdf(seen, self.freedom, self.centre, self.scale))

    @override
    def reached(self, seen: Floats) -> tuple[Floats, Floats]:
        from scipy.stats import t

        below = np.asarray(t.cdf(seen, self.freedom, self.centre, self.scale))
        return below, below

    @override
    def draw(self, rng: np.random.Generator) -> Floats:
        drawn: Floats = self.centre + self.scale * rng.standard_t(
            np.broadcast_to(self.freedom, self.centre.shape)
        )
        return drawn

    @override
    def pull(self, seen: Floats, level: int | None) -> tuple[Floats, Floats]:
        """Lange, Little & Taylor 1989, section 3 and appendix B."""
        away, nu = (seen - self.centre) / self.scale, self.freedom
        score = (nu + 1) * away / (nu + away**2) / self.scale
        information = (nu + 1) / (nu + 3) / self.scale**2
        return score, np.broadcast_to(information, score.shape)


class StudentT(Located):
    """Student's t around the predictor, with a scale and degrees of freedom."""

    kind: ClassVar[Kind] = Kind.STUDENT_T
    shapes: ClassVar[tuple[Shape, ...]] = (RESIDUAL, FREEDOM)

    @override
    def pm(self, terms: Terms, name: str, etas: Sequence[Any], units: Ints) -> Any:
        import pymc as pm

        column = terms.layout.data.columns[name]
        return pm.StudentT.dist(
            nu=terms.shape("student_t_shape", name),
            mu=column.centre + column.scale * etas[0],
            sigma=column.scale * terms.shape("residual_sd", name),
        )

    @override
    def write(self, writer: Assembler, name: str, rows: Rows) -> None:
        shared = [writer.shape_slot(shape.block, name) for shape in self.shapes]
        writer.rowwise(log_densities, rows, np.zeros(len(rows.units)), shared)

    @override
    def given(self, equations: Equations, name: str, eta: Floats, units: Ints) -> HeavyTailed:
        shapes = (equations.parameter_of(shape.block, name) for shape in self.shapes)
        return HeavyTailed(eta, *shapes)

    @override
    def own_variance(self, equations: Equations, name: str) -> Floats:
        """That of the distribution; where ν is 2 or less there is none, and ν is taken as 2.1."""
        scale, nu = (equations.parameter_of(shape.block, name) for shape in self.shapes)
        nu = np.maximum(nu, 2.1)
        variance: Floats = scale**2 * nu / (nu - 2.0)
        return variance

    @override
    def nodes(
        self, equations: Equations, name: str, eta: Floats
    ) -> list[tuple[Floats | float, Floats]]:
        from scipy.stats import t

        scale, freedom = (equations.parameter_of(shape.block, name) for shape in self.shapes)
        share = 1.0 / len(_QUANTILES)
        return [(share, eta + scale * np.asarray(t.ppf(q, freedom))) for q in _QUANTILES]


def log_densities(
    n: int,
    seen: Any,
    eta: Any,
    shared: Any,
    weights: Any,
    value: Any,
    to_eta: Any,
    to_shared: Any,
) -> None:
    """See :data:`vm2causal.model.sampler.rowwise.SIGNATURE`; shared are the scale and ν."""
    scale, nu = shared[0], shared[1]
    # ψ((ν + 1) / 2) − ψ(ν / 2), by recurrence to where the asymptotic series is exact to 1e-16
    difference = 0.0
    for half in range(2):
        x, sign = 0.5 * (nu + half), 2.0 * half - 1.0
        while x < 10.0:
            difference -= sign / x
            x += 1.0
        y = 1.0 / (x * x)
        series = 1 / 12 - y * (1 / 120 - y * (1 / 252 - y * (1 / 240 - y * (1 / 132 - y / 47.4))))
        difference += sign * (math.log(x) - 0.5 / x - y * series)
    norm = math.lgamma(0.5 * (nu + 1.0)) - math.lgamma(0.5 * nu)
    norm -= 0.5 * math.log(nu * math.pi) + math.log(scale)
    for k in range(n):
        away = (seen[k] - eta[k]) / scale
        square = away * away / nu
        grown = math.log1p(square)
        slope = (nu + 1.0) * away / (nu * (1.0 + square))
        value[k] = norm - 0.5 * (nu + 1.0) * grown
        to_eta[k] = slope / scale
        to_shared[0] += weights[k] * (slope * away - 1.0) / scale
        to_shared[1] += weights[k] * 0.5 * (difference - 1.0 / nu - grown + slope * away / nu)
