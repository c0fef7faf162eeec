"""The check of transforms: how often it fails where it should, and where it should not.

    uv run python benchmarks/loo_pit_power.py [--times 1000] [--sizes 20,40,80,200]

Prints, per design and number of observations, in how many of 100 data sets transforms of
observations that were left out are called not uniform at 1 in 100: by the test of the gate / by the
whole distribution function at once (made for independent transforms) / by PIET-C of ArviZ. The
transforms are exact, in closed form; nothing here samples, and no design shares code with the
package.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from functools import partial

import numpy as np
from arviz_stats.base import array_stats
from scipy import stats

from vm2causal.checks.gate.dependent_uniformity import p_uniform
from vm2causal.checks.gate.rank_uniformity import uniformity

Array = np.ndarray
LEVEL = 0.01
RANKS = 100


def errors(kind: str, cause: Array, rng: np.random.Generator) -> Array:
    """Of mean 0, given the cause."""
    n = len(cause)
    made: Mapping[str, Callable[[], Array]] = {
        "right": lambda: rng.normal(size=n),
        "t with 5 degrees": lambda: rng.standard_t(5, n),
        "t with 3 degrees": lambda: rng.standard_t(3, n),
        "exponential": lambda: rng.exponential(size=n) - 1,
        "gamma (skewness 1)": lambda: rng.gamma(4, size=n) - 4,
        "2% outliers": lambda: np.where(rng.random(n) < 0.02, 6, 1) * rng.normal(size=n),
        "sd grows with the cause": lambda: np.exp(0.7 * cause) * rng.normal(size=n),
        "two humps": lambda: np.where(rng.random(n) < 0.5, -2, 2) + rng.normal(size=n),
    }
    return made[kind]()


def regression(kind: str, causes: int, n: int, rng: np.random.Generator) -> Array:
    """Of rows left out of least squares: Student's t of deleted residuals."""
    design = np.column_stack([np.ones(n), rng.normal(size=(n, causes))])
    y = 0.5 * design[:, 1] + errors(kind, design[:, 1], rng)
    q = np.linalg.qr(design)[0]
    residual, leverage = y - q @ (q.T @ y), (q**2).sum(axis=1)
    free = n - causes - 2
    variance = (residual @ residual - residual**2 / (1 - leverage)) / free
    return stats.t(free).cdf(residual / np.sqrt(variance * (1 - leverage)))


def classes(kind: str, n: int, rng: np.random.Generator) -> Array:
    """In classes of five that differ as much as pupils do, with known variances."""
    code = np.repeat(np.arange(n // 5), 5)
    y = rng.normal(size=n // 5)[code] + errors(kind, np.zeros(n), rng)
    precision = np.linalg.inv(np.eye(n) + (code[:, None] == code))
    own = np.diag(precision)
    return stats.norm.cdf((precision @ y) / np.sqrt(own))


def counts(icc: float, n: int, rng: np.random.Generator) -> Array:
    """Events out of 25, by the share in all other units."""
    share = rng.beta(0.2 * (1 / icc - 1), 0.8 * (1 / icc - 1), n) if icc else np.full(n, 0.2)
    y = rng.binomial(25, share)
    others = (y.sum() - y) / (25 * (n - 1))
    low, high = stats.binom.cdf(y - 1, 25, others), stats.binom.cdf(y, 25, others)
    return low + rng.random(n) * (high - low)


DESIGNS: Mapping[str, Callable[[int, np.random.Generator], Array]] = {
    "right: one cause": partial(regression, "right", 1),
    "right: seven causes": partial(regression, "right", 7),
    "right: classes of five": partial(classes, "right"),
    "right: counts": partial(counts, 0.0),
    "counts, ICC 0.05": partial(counts, 0.05),
    "classes of five, t with 3 degrees": partial(classes, "t with 3 degrees"),
    **{
        kind: partial(regression, kind, 1)
        for kind in (
            "t with 5 degrees", "t with 3 degrees", "exponential", "gamma (skewness 1)",
            "2% outliers", "sd grows with the cause", "two humps",
        )
    },
}  # fmt: skip


def p_values(values: Array) -> list[float]:
    values = np.clip(values, 1e-300, 1 - 1e-16)
    ranks = np.minimum((values * RANKS).astype(np.int64), RANKS - 1)
    whole = uniformity(len(values), RANKS - 1).p_value(ranks)
    return [
        p_uniform(values),
        whole,
        float(array_stats.uniformity_test(values, method="piet_c")[0]),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=1_000, help="data sets per design and size")
    parser.add_argument("--sizes", default="20,40,80,200")
    options = parser.parse_args()
    sizes = [int(size) for size in options.sizes.split(",")]
    print(" | ".join(("| design", *(f"n = {size}" for size in sizes), "")).strip())
    print("|---|" + "---:|" * len(sizes))
    for name, draw in DESIGNS.items():
        cells = []
        for size in sizes:
            rng = np.random.default_rng([size, *name.encode()])
            found = np.array([p_values(draw(size, rng)) for _ in range(options.times)])
            cells.append(" / ".join(f"{share:.1f}" for share in 100 * (found < LEVEL).mean(axis=0)))
        print(f"| {name} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
