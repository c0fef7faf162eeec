"""Small tables with a known graph behind them, and fits of them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from vm2causal.effects.forward import Forward
from vm2causal.model.data.structural_data import StructuralData, table_data
from vm2causal.model.sampler.sampling import SamplerSettings
from vm2causal.model.structural_fit import StructuralFit, fit_structural
from vm2causal.spec import Arrow, CausalSpec, Variable

QUICK = SamplerSettings(draws=250, tune=300, chains=2)


def chain(name: str = "chain", arrows: str = "start-middle middle-end") -> CausalSpec:
    """Three numbers and the sickness of animals, in herds."""
    pairs = [pair.split("-") for pair in arrows.split()]
    return CausalSpec(
        name=name,
        variables={
            "start": Variable(),
            "middle": Variable(),
            "end": Variable(kind="ordinal", levels=("low", "mid", "high")),
        },
        arrows=[Arrow(cause=cause, effect=effect) for cause, effect in pairs],
        groups=["herd"],
    )


def chain_table(rows: int = 150, *, extra: float = 0.0, seed: int = 4) -> pd.DataFrame:
    """start → middle → end, and start → end of size ``extra``."""
    rng = np.random.default_rng(seed)
    herd = rng.integers(0, 15, rows)
    start = rng.normal(size=rows)
    middle = 0.8 * start + 0.3 * rng.normal(size=15)[herd] + rng.normal(size=rows)
    score = 1.0 * middle + extra * start + rng.logistic(size=rows)
    end = np.array(["low", "mid", "high"])[np.digitize(score, [-1.0, 1.0])]
    return pd.DataFrame(
        {"herd": [f"h{k}" for k in herd], "start": start, "middle": middle, "end": end}
    )


def chain_data(**options: float) -> StructuralData:
    return table_data(chain(), chain_table(**options))


def fitted(data: StructuralData) -> tuple[StructuralFit, Forward]:
    fit = fit_structural(data, seed=1, settings=QUICK)
    return fit, Forward(fit.layout, fit.posterior, draws=500, seed=1)
