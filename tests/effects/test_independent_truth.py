"""Totals against a simulator of numpy alone: paths of a construct not fitted stay.

Nothing of the package draws these data or says what is true of them: the truth is the difference
between what the same people do when x is set to 1 and to 0.
"""

import numpy as np
import pandas as pd
import pytest

from vm2causal.effects.contrasts import Contrast
from vm2causal.effects.forward import Forward
from vm2causal.effects.totals import totals_table
from vm2causal.model.data.spec_for_data import spec_for_table
from vm2causal.model.data.structural_data import table_data
from vm2causal.model.sampler.sampling import SamplerSettings
from vm2causal.model.structural_fit import fit_structural
from vm2causal.spec import Arrow, CausalSpec, Variable

pytestmark = pytest.mark.mcmc

SETTINGS = SamplerSettings(draws=400, tune=150, chains=2)
STEP = Contrast("x", 1.0, 0.0, "1", "0")
DIRECT = 0.3
THROUGH = 1.0 * 0.8 * 0.6
"""Of x on y: by itself; and through the construct, then m."""

SPEC = CausalSpec(
    name="independent",
    variables={
        **{name: Variable(kind="continuous") for name in ("x", "m", "y")},
        "z": Variable(kind="binary", levels=("no", "yes")),
        "care": Variable(kind="latent", items=("c1", "c2", "c3"), levels=tuple("12345")),
        "quit": Variable(kind="binary", levels=("no", "yes")),
    },
    arrows=[
        Arrow(cause=cause, effect=effect)
        for cause, effect in (
            ("z", "x"), ("z", "care"), ("x", "care"), ("care", "m"), ("m", "y"), ("x", "y"),
            ("z", "y"), ("y", "quit"),
        )
    ],
)  # fmt: skip


def simulated(rows: int, seed: int, *, x: float | None = None) -> pd.DataFrame:
    """People, by numpy; with ``x`` the same people when that is done to each of them."""
    rng = np.random.default_rng(seed)
    noise = rng.normal(size=(6, rows))
    luck = rng.random((4, rows))
    z = luck[0] < 0.4
    own = 0.5 * z + noise[0] if x is None else np.full(rows, x)
    care = 1.0 * own + 0.5 * z + 0.5 * noise[1]
    m = 0.8 * care + 0.6 * noise[2]
    y = DIRECT * own + 0.6 * m - 0.4 * z + noise[3]
    leaves = luck[1] < 1 / (1 + np.exp(1.0 - 0.9 * y))
    table = {"x": own, "z": np.where(z, "yes", "no"), "m": m, "y": y,
             "quit": np.where(leaves, "yes", "no")}  # fmt: skip
    # everybody is content: nearly every answer is the highest
    for place in (1, 2, 3):
        low = rng.random(rows) < 0.02
        table[f"c{place}"] = np.where(low, "4", "5")
    return pd.DataFrame(table)


@pytest.fixture(scope="module")
def found() -> pd.DataFrame:
    table = simulated(900, seed=5)
    adapted = spec_for_table(SPEC, table)
    assert adapted.left_out == ("care",)
    fit = fit_structural(table_data(adapted.spec, table), seed=2, settings=SETTINGS)
    forward = Forward(fit.layout, fit.posterior, seed=2)
    rows = totals_table(forward, [STEP], {"x": ["y", "quit"]})
    return pd.DataFrame(list(rows["natural"]), index=rows["effect"])


def test_the_total_of_a_mean_holds_what_runs_through_the_construct(found: pd.DataFrame) -> None:
    row = found.loc["y"]
    assert abs(row["mean"] - (DIRECT + THROUGH)) < 3 * row["sd"]
    # without those paths it would be far away
    assert row["mean"] - DIRECT > 5 * row["sd"]


def test_the_total_of_a_chance_is_that_of_people_who_do_otherwise(found: pd.DataFrame) -> None:
    worlds = [simulated(400_000, seed=9, x=value)["quit"] == "yes" for value in (1.0, 0.0)]
    truth = float(worlds[0].mean() - worlds[1].mean())
    row = found.loc["quit"]
    assert abs(row["mean"] - truth) < 3 * row["sd"]
    without = truth * DIRECT / (DIRECT + THROUGH)
    assert row["mean"] - without > 3 * row["sd"]
