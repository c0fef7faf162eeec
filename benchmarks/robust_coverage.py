"""Coverage of 95% intervals of arrows, direct effects and shares where variances differ.

    uv run python benchmarks/robust_coverage.py [--times 200] [--rows 200]

Tables of x → m → y and x → y in straight lines, whose noise grows with |x|, drawn by numpy; each is
fitted and every interval held against the truth: as the model gives it, and as wide as the robust
standard error makes it. Prints coverage in percent and the mean factor.
"""

from __future__ import annotations

import argparse

import numpy as np
import pandas as pd

from vm2causal.checks.gate.arrow_licences import licensed_arrows
from vm2causal.checks.gate.robust_spread import Drawn, spreads_of
from vm2causal.effects.arrows import arrow_table
from vm2causal.effects.contrasts import chosen_contrast
from vm2causal.effects.forward import Forward
from vm2causal.effects.mediation import mediation_shares
from vm2causal.effects.totals import direct_effect
from vm2causal.inputs.rows import row_dicts
from vm2causal.model.data.structural_data import table_data
from vm2causal.model.sampler.sampling import SamplerSettings
from vm2causal.model.structural_fit import fit_structural
from vm2causal.spec import Arrow, CausalSpec, Variable

A, B, C = 0.4, 0.5, 0.3
TRUTH = {"indirect": A * B, "direct": C, "total": C + A * B, "arrow x → y": C, "arrow x → m": A}
GATE = {"predictions": [{"variable": name, "state": "failed"} for name in "my"], "tests": []}


def drawn(rng: np.random.Generator, rows: int) -> pd.DataFrame:
    x = rng.normal(size=rows)
    spread = np.exp(0.6 * np.abs(x))
    m = A * x + spread * rng.normal(size=rows)
    y = B * m + C * x + spread * rng.normal(size=rows)
    return pd.DataFrame({"x": x, "m": m, "y": y})


def intervals(table: pd.DataFrame) -> list[tuple[str, float, float, float, float]]:
    """Name, mean, ends and factor of each."""
    spec = CausalSpec(
        name="coverage",
        variables={name: Variable(kind="continuous") for name in table},
        arrows=[Arrow(cause=a, effect=b) for a, b in (("x", "m"), ("m", "y"), ("x", "y"))],
    )
    settings = SamplerSettings(draws=500, tune=150, chains=2)
    fit = fit_structural(table_data(spec, table.astype(str)), seed=1, settings=settings)
    forward = Forward(fit.layout, fit.posterior, seed=1)
    (contrast,) = chosen_contrast(forward, "x", "1", "0")
    (share,) = mediation_shares(forward, contrast, "y")
    parts = share.averaged(forward.data.weights_for("y"))
    held = direct_effect(forward, contrast, "y")["natural"].to_numpy().mean(axis=1)
    wholes = [Drawn(contrast, "y", parts["total"]), Drawn(contrast, "y", held, "direct")]
    found = spreads_of(
        forward, [Drawn(contrast, "y", parts["indirect"], "indirect", ("m",)), *wholes]
    )
    told = [
        (row["kind"], row["mean"], row["lower"], row["upper"], row["factor"])
        for row in row_dicts(found)
    ]
    plain, wide = arrow_table(forward), licensed_arrows(forward, arrow_table(forward), GATE, {})
    for own, row in zip(row_dicts(plain), row_dicts(wide), strict=True):
        if row["cause"] == "x":
            link = own["link"]
            factor = row["robust"]["factor"]
            name = f"arrow x → {row['effect']}"
            told.append((name, link["mean"], link["lower"], link["upper"], factor))
    return told


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=200)
    parser.add_argument("--rows", type=int, default=200)
    options = parser.parse_args()
    rng = np.random.default_rng(0)
    found: dict[str, list[tuple[bool, bool, float]]] = {name: [] for name in TRUTH}
    for _ in range(options.times):
        for name, mean, lower, upper, factor in intervals(drawn(rng, options.rows)):
            low, high = (mean + factor * (end - mean) for end in (lower, upper))
            truth = TRUTH[name]
            found[name].append((lower <= truth <= upper, low <= truth <= high, factor))
    print("| | the model's interval | the robust one | factor |\n|---|---:|---:|---:|")
    for name, rows in found.items():
        model, robust, factor = np.mean(rows, axis=0)
        print(f"| {name} | {100 * model:.0f}% | {100 * robust:.0f}% | {factor:.2f} |")


if __name__ == "__main__":
    main()
