"""Effects on what describes a group: as sure as there are groups, not as there are rows."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from vm2causal.effects.contrasts import chosen_contrast
from vm2causal.effects.forward import Forward
from vm2causal.effects.mediation import mediation_table
from vm2causal.effects.totals import totals_table
from vm2causal.model.data.structural_data import StructuralData, table_data
from vm2causal.model.sampler.sampling import SamplerSettings
from vm2causal.model.structural import structural_model
from vm2causal.model.structural_fit import fit_structural
from vm2causal.model.structural_layout import structural_layout
from vm2causal.spec import Arrow, CausalSpec, Variable

SCHOOLS, PUPILS = 40, 25


def replay(seed: int) -> tuple[StructuralData, pd.DataFrame]:
    """Schools draw t and M = .8 t + e; pupils Y = .5 M + .3 t + u + e. Also a row per school."""
    rng = np.random.default_rng(seed)
    t = rng.permutation(np.repeat([0, 1], SCHOOLS // 2))
    m = 0.8 * t + rng.normal(size=SCHOOLS)
    of = np.repeat(np.arange(SCHOOLS), PUPILS)
    y = (0.5 * m + 0.3 * t + 0.5 * rng.normal(size=SCHOOLS))[of] + rng.normal(size=len(of))
    schools = pd.DataFrame({"t": t, "m": m})
    spec = CausalSpec(
        name="replay",
        variables={
            "t": Variable(kind="binary", level="school"),
            "m": Variable(level="school"),
            "y": Variable(),
        },
        arrows=[
            Arrow(cause="t", effect="m"),
            Arrow(cause="t", effect="y"),
            Arrow(cause="m", effect="y"),
        ],
        groups=["school"],
    )
    table = schools.iloc[of].assign(y=y, school=[f"s{k}" for k in of])
    return table_data(spec, table.reset_index(drop=True)), schools


@pytest.mark.mcmc
def test_a_cause_of_schools_is_as_sure_as_there_are_schools() -> None:
    data, schools = replay(3)
    settings = SamplerSettings(draws=500, tune=300, chains=2)
    fit = fit_structural(data, seed=1, settings=settings)
    assert int(fit.tree["sample_stats"]["diverging"].sum()) == 0
    forward = Forward(fit.layout, fit.posterior, seed=1)
    (contrast,) = chosen_contrast(forward, "t", "1", "0")
    on_m = totals_table(forward, [contrast], {"t": ["m"]}).iloc[0]["natural"]
    of = [schools.loc[schools["t"] == side, "m"] for side in (1, 0)]
    difference = of[0].mean() - of[1].mean()
    error = np.sqrt(sum(part.var() * 19 / 38 for part in of) * 2 / 20)
    # least squares on a row per school; the prior on a contrast is wide beside it
    assert on_m["mean"] == pytest.approx(difference, abs=0.1 * error)
    assert on_m["sd"] == pytest.approx(error, rel=0.12)
    indirect = mediation_table(forward, contrast, "y").iloc[0]["indirect"]
    assert abs(indirect["mean"] - 0.4) < 2 * indirect["sd"]
    assert 0.1 < indirect["sd"] < 0.25


def test_a_generating_model_draws_a_value_once_for_its_level() -> None:
    import pymc as pm

    data, _ = replay(4)
    model = structural_model(structural_layout(data), observed=False)
    drawn = pm.draw([model["m"], model["y"]], random_seed=1, mode="FAST_COMPILE")
    assert (drawn[0].shape, drawn[1].shape) == ((SCHOOLS,), (SCHOOLS * PUPILS,))
