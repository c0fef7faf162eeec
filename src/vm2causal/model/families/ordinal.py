"""Ordinal variables: the log-odds of at most a level are its cut minus the linear predictor.

Proportional odds (McCullagh 1980, J. R. Stat. Soc. B 42, 109).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, override

import numpy as np
from scipy.special import expit

from vm2causal.model.data.columns import Floats, Ints
from vm2causal.model.families.family import Distribution, Link, Rows
from vm2causal.model.families.levels import LEAST, Chances, Levels
from vm2causal.model.sampler.information import GaussianSummary, answers, summary_of_answers
from vm2causal.model.structural_parameters import Predictor, Scale
from vm2causal.spec import CausalSpec
from vm2causal.spec.words import Kind

if TYPE_CHECKING:
    from vm2causal.model.data.structural_data import StructuralData
    from vm2causal.model.equations import Equations
    from vm2causal.model.sampler.assembler import Assembler
    from vm2causal.model.structural_layout import Layout
    from vm2causal.model.structural_terms import Terms
    from vm2causal.model.world import World


@dataclass(frozen=True)
class Ordered(Distribution):
    """Answers on an ordered scale.

    Parameters
    ----------
    score
        Linear predictor, or loading times construct, shape (draw, row).
    cuts
        Shape (draw, cut).
    """

    score: Floats = field(repr=False)
    cuts: Floats = field(repr=False)

    @override
    def reached(self, seen: Floats) -> tuple[Floats, Floats]:
        ends = np.full((len(self.cuts), 1), np.inf)
        bounds = np.concatenate([-ends, self.cuts, ends], axis=1)
        ranks = seen.astype(np.int64)
        return expit(bounds[:, ranks] - self.score), expit(bounds[:, ranks + 1] - self.score)

    @override
    def log_density(self, seen: Floats) -> Floats:
        below, up_to = self.reached(seen)
        found: Floats = np.log(np.maximum(up_to - below, LEAST))
        return found

    @override
    def draw(self, rng: np.random.Generator) -> Floats:
        answer = self.score + rng.logistic(size=self.score.shape)
        passed = (answer[:, :, np.newaxis] > self.cuts[:, np.newaxis]).sum(axis=-1)
        return passed.astype(np.float64)

    @override
    def pull(self, seen: Floats, level: int | None) -> tuple[Floats, Floats]:
        """McCullagh 1980, section 2.5."""
        low, high = self.reached(seen)
        return low + high - 1.0, low * (1 - low) + high * (1 - high)

    def chances(self) -> Chances:
        """Probability of each level."""
        below = expit(self.cuts[:, np.newaxis] - self.score[:, :, np.newaxis])
        ends = np.zeros((*self.score.shape, 1)), np.ones((*self.score.shape, 1))
        return Chances(np.diff(np.concatenate([ends[0], below, ends[1]], axis=2), axis=2))


class Ordinal(Levels):
    """One of several levels in order, by cumulative logits."""

    kind: ClassVar[Kind] = Kind.ORDINAL
    link: ClassVar[Link] = Link.LOGIT
    single_answers: ClassVar[bool] = True

    @override
    def scales(
        self, spec: CausalSpec, data: StructuralData, name: str
    ) -> Iterator[tuple[str, tuple[str, ...], bool]]:
        yield name, data.columns[name].levels, False

    @override
    def intercepts(self, data: StructuralData, label: str) -> list[str]:
        return []

    @override
    def pm(self, terms: Terms, name: str, etas: Sequence[Any], units: Ints) -> Any:
        return ordered_logistic(terms, terms.layout.scale(name), etas[0])

    @override
    def write(self, writer: Assembler, name: str, rows: Rows) -> None:
        ranks = rows.seen.astype(np.int64)
        scale = writer.layout.scale(name)
        write_answers(writer, scale, ranks, rows.etas[0], writer.one, rows.targets)

    @override
    def information(self, layout: Layout, predictor: Predictor) -> tuple[GaussianSummary, ...]:
        scale = layout.scale(predictor.variable)
        return summary_of_answers(answers(layout, scale)[:, np.newaxis], [scale])

    @override
    def given(self, equations: Equations, name: str, world: World, units: Ints | slice) -> Ordered:
        cuts = equations.cuts(equations.layout.scale(name))
        return Ordered(world.predictors[name, None][:, units], cuts)

    @override
    def chances(self, equations: Equations, name: str, world: World, units: Ints | slice) -> Floats:
        return self.given(equations, name, world, units).chances().of_level

    @override
    def value(
        self, equations: Equations, name: str, world: World, rng: np.random.Generator
    ) -> Floats:
        return Chances(self.chances(equations, name, world, slice(None))).draw(rng)

    @override
    def mean(self, equations: Equations, name: str, eta: Floats) -> Floats:
        """Expected rank."""
        cuts = equations.cuts(equations.layout.scale(name))
        ranks: Floats = sum(expit(eta - cuts[:, [k]]) for k in range(cuts.shape[1]))
        return ranks


def ordered_logistic(terms: Terms, scale: Scale, score: Any) -> Any:
    """Distribution of answers on a scale in PyMC."""
    import pymc as pm

    return pm.OrderedLogistic.dist(eta=score, cutpoints=terms.cuts(scale), compute_p=False)


def write_answers(
    writer: Assembler, scale: Scale, ranks: Ints, scores: Ints, loading: int, targets: Ints | None
) -> None:
    """An answer lies below its upper cut and above its lower one.

    Of a level between two cuts the probability is σ(upper − η) σ(η − lower) (1 − e^−gap).
    """
    first, last = writer.cuts[scale.anchor], len(scale.levels) - 1
    below, above = ranks < last, ranks > 0
    writer.sigmoids(
        first + np.concatenate([ranks[below], ranks[above] - 1]),
        np.repeat([1, -1], [below.sum(), above.sum()]),
        np.concatenate([scores[below], scores[above]]),
        loading,
        None if targets is None else np.concatenate([targets[below], targets[above]]),
    )
    writer.gaps(scale, ranks, targets)
