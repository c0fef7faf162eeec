"""Counts without a ceiling: negative binomial, the log of the rate is the linear predictor.

The variance of a count with mean μ is μ + μ² / φ (Hilbe 2011, Negative Binomial Regression, 2nd
ed., NB2); φ is what brms calls ``shape``. With an exposure e (pupils, hours, years) the mean is e
times the rate.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar, Final, override

import numpy as np
import pandas as pd
from scipy.special import polygamma

from vm2causal.errors import StudyError
from vm2causal.model.data.columns import Column, Floats, Ints
from vm2causal.model.families.family import Distribution, Link, Rows, Shape
from vm2causal.model.families.numbers import Numbers
from vm2causal.model.gauss import two_nodes
from vm2causal.model.sampler.information import GaussianSummary
from vm2causal.model.structural_parameters import Predictor, Widths
from vm2causal.spec import CausalSpec
from vm2causal.spec.words import Kind

if TYPE_CHECKING:
    from vm2causal.model.data.structural_data import StructuralData
    from vm2causal.model.equations import Equations
    from vm2causal.model.sampler.assembler import Assembler
    from vm2causal.model.structural_layout import Layout
    from vm2causal.model.structural_terms import Terms

DISPERSION: Final = Shape("negative_binomial_shape", lambda widths: (math.log(3.0), 1.5))
"""φ: between 0.16, where nearly all events fall to a few units, and 57, nearly Poisson, in 95 of
100 cases."""

_USUAL_SHAPE: Final = 3.0
"""φ where data are only looked at to find where to begin."""

_MOST: Final = 1e15
"""Largest rate to draw a count from, which a prior may exceed."""


@dataclass(frozen=True)
class Counted(Distribution):
    """Counts of units, standardised as their column is.

    Parameters
    ----------
    column
        With the centre and scale of the counts.
    mean
        Shape (draw, row).
    shape
        φ, shape (draw, 1).
    """

    column: Column
    mean: Floats = field(repr=False)
    shape: Floats = field(repr=False)

    def _counts(self, seen: Floats) -> Floats:
        found: Floats = np.rint(self.column.centre + self.column.scale * seen)
        return found

    @property
    def _law(self) -> tuple[Floats, Floats]:
        return self.shape, self.shape / (self.shape + self.mean)

    @override
    def log_density(self, seen: Floats) -> Floats:
        from scipy.stats import nbinom

        return np.asarray(nbinom.logpmf(self._counts(seen), *self._law))

    @override
    def reached(self, seen: Floats) -> tuple[Floats, Floats]:
        from scipy.stats import nbinom

        counts = self._counts(seen)
        below, up_to = (np.asarray(nbinom.cdf(most, *self._law)) for most in (counts - 1, counts))
        return below, up_to

    @override
    def draw(self, rng: np.random.Generator) -> Floats:
        rates = rng.gamma(np.broadcast_to(self.shape, self.mean.shape), self.mean / self.shape)
        drawn = (rng.poisson(np.minimum(rates, _MOST)) - self.column.centre) / self.column.scale
        return np.asarray(drawn, dtype=np.float64)

    @override
    def pull(self, seen: Floats, level: int | None) -> tuple[Floats, Floats]:
        share = self.shape / (self.shape + self.mean)
        return (self._counts(seen) - self.mean) * share, self.mean * share


class NegativeBinomial(Numbers):
    """Counts without a ceiling, with an exposure where a model file names one."""

    kind: ClassVar[Kind] = Kind.NEGATIVE_BINOMIAL
    link: ClassVar[Link] = Link.LOG
    shapes: ClassVar[tuple[Shape, ...]] = (DISPERSION,)

    @override
    def read(self, spec: CausalSpec, name: str, frame: pd.DataFrame) -> Column:
        column = super().read(spec, name, frame)
        wrong = (column.values < 0) | (column.values != np.floor(column.values))
        _refuse(spec.column(name), frame, wrong & ~column.missing, "a whole number from 0")
        exposed = spec.variables[name].exposure
        if exposed is None:
            return column
        if exposed not in frame:
            raise StudyError(
                f"'{name}' has an exposure that is not there: column '{exposed}'.",
                value=", ".join(map(str, list(frame.columns)[:12])),
                fix="Name its column in the model file, or remove 'exposure'.",
            )
        exposure = pd.to_numeric(frame[exposed], errors="coerce").to_numpy(np.float64)
        known = ~column.missing
        _refuse(exposed, frame, known & ~(np.isfinite(exposure) & (exposure > 0)), "above 0")
        return replace(column, exposure=np.where(np.isfinite(exposure), exposure, 1.0))

    @override
    def intercept_prior(
        self, data: StructuralData, predictor: Predictor, widths: Widths
    ) -> tuple[float, float]:
        """Around the log of the rate in the data, whose unit is anybody's choice."""
        return float(_log_rate(data.columns[predictor.variable])), widths.intercept

    @override
    def pm(self, terms: Terms, name: str, etas: Sequence[Any], units: Ints) -> Any:
        import pymc as pm
        import pytensor.tensor as pt

        exposure = exposures(terms.layout.data.columns[name])[units]
        alpha = terms.shape(DISPERSION.block, name)
        return pm.NegativeBinomial.dist(mu=exposure * pt.exp(etas[0]), alpha=alpha)

    @override
    def write(self, writer: Assembler, name: str, rows: Rows) -> None:
        column = writer.data.columns[name]
        counts = replace(rows, seen=column.values[rows.units])
        shared = [writer.shape_slot(DISPERSION.block, name)]
        writer.rowwise(log_densities, counts, np.log(exposures(column)[rows.units]), shared)

    @override
    def information(self, layout: Layout, predictor: Predictor) -> tuple[GaussianSummary, ...]:
        """At the rate that each unit seems to have, halfway to that of all."""
        column = layout.data.columns[predictor.variable]
        known, exposure = layout.data.seen(predictor.variable), exposures(column)
        counts = np.where(known, column.values, 0.0)
        eta = np.log((counts + 1.0) / (exposure + np.exp(-_log_rate(column))))
        mean = exposure * np.exp(eta)
        weight = np.where(known, mean / (1.0 + mean / _USUAL_SHAPE), 0.0)
        return (GaussianSummary(weight, weight * (eta + (counts - mean) / mean)),)

    @override
    def usual_intercepts(self, layout: Layout, predictor: Predictor) -> Floats:
        return np.array([_log_rate(layout.data.columns[predictor.variable])])

    @override
    def given(self, equations: Equations, name: str, eta: Floats, units: Ints) -> Counted:
        column = equations.data.columns[name]
        mean = exposures(column)[units] * np.exp(eta)
        return Counted(column, mean, equations.parameter_of(DISPERSION.block, name))

    @override
    def mean(self, equations: Equations, name: str, eta: Floats) -> Floats:
        """The rate: the expected count where the exposure is 1, or where there is none."""
        rate: Floats = np.exp(eta)
        return rate

    @override
    def own_variance(self, equations: Equations, name: str) -> Floats:
        """Of the log of a count around the mean of all (Nakagawa, Johnson & Schielzeth 2017).

        J. R. Soc. Interface 14, 20170213, equation 2.10: ψ′((1 / μ + 1 / φ)⁻¹).
        """
        mean = exposures(equations.data.columns[name]).mean() * math.exp(
            _log_rate(equations.data.columns[name])
        )
        phi = equations.parameter_of(DISPERSION.block, name)
        return np.asarray(polygamma(1, 1.0 / (1.0 / mean + 1.0 / phi)))

    @override
    def nodes(
        self, equations: Equations, name: str, eta: Floats
    ) -> list[tuple[Floats | float, Floats]]:
        """Two counts with the mean, variance and skewness of the distribution."""
        law = self.given(equations, name, eta, np.arange(len(equations.data.units)))
        mean, phi = law.mean, law.shape
        sd = np.sqrt(mean + mean**2 / phi)
        skewness = (phi + 2 * mean) / np.sqrt(phi * mean * (phi + mean))
        centre, scale = law.column.centre, law.column.scale
        return [
            (chance, (mean + away * sd - centre) / scale) for chance, away in two_nodes(skewness)
        ]


def exposures(column: Column) -> Floats:
    """Exposure of each unit; 1 where there is none."""
    return np.ones(len(column.values)) if column.exposure is None else column.exposure


def _log_rate(column: Column) -> float:
    known = ~column.missing
    events, exposure = column.values[known].sum(), exposures(column)[known].sum()
    return math.log((events + 0.5) / (exposure + 0.5 * exposure / max(int(known.sum()), 1)))


def _refuse(label: str, frame: pd.DataFrame, wrong: Any, rule: str) -> None:
    if wrong.any():
        row = int(wrong.argmax())
        raise StudyError(
            f"'{label}' must be {rule}.",
            row=row + 1,
            column=label,
            value=frame[label].iloc[row],
            fix="Correct the value, or the kind of the variable in the model file.",
        )


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
    """See :data:`vm2causal.model.sampler.rowwise.SIGNATURE`; shared is φ."""
    phi = shared[0]
    log_phi, gamma_phi = math.log(phi), math.lgamma(phi)
    for k in range(n):
        y, mean = seen[k], math.exp(eta[k])
        # ψ(y + φ) − ψ(φ), by recurrence to where the asymptotic series is exact to 1e-16
        difference = 0.0
        for end in range(2):
            x, sign = phi + end * y, 2.0 * end - 1.0
            while x < 10.0:
                difference -= sign / x
                x += 1.0
            z = 1.0 / (x * x)
            series = 1 / 12 - z * (
                1 / 120 - z * (1 / 252 - z * (1 / 240 - z * (1 / 132 - z / 47.4)))
            )
            difference += sign * (math.log(x) - 0.5 / x - z * series)
        total = math.log(phi + mean)
        value[k] = math.lgamma(y + phi) - gamma_phi - math.lgamma(y + 1.0)
        value[k] += phi * (log_phi - total) + y * (eta[k] - total)
        to_eta[k] = phi * (y - mean) / (phi + mean)
        slope = difference + log_phi - total + 1.0 - (y + phi) / (phi + mean)
        to_shared[0] += weights[k] * slope
