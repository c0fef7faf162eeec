"""A large simulated study gives back its declared effects through the whole model."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from effects.declared import declared_link
from vm2causal.effects.arrows import arrow_table
from vm2causal.effects.forward import Forward
from vm2causal.model.data.spec_for_data import SpecForData, spec_for_study
from vm2causal.model.data.structural_data import study_data
from vm2causal.model.sampler.sampling import SamplerSettings
from vm2causal.model.structural_fit import StructuralFit, fit_structural
from vm2causal.simulate import Truth, read_truth, simulate_study
from vm2causal.spec import CausalSpec, read_model

pytestmark = pytest.mark.mcmc

CHANGED: Mapping[str, float] = {
    "vmbo_examen->versnelling": 0.5,  # the model expects −
    "mbo_stof->binding": 0.3,  # the model expects −
    "samenwerking->status": 0.0,
}
SETTINGS = SamplerSettings(draws=1_000, tune=300, chains=2)
"""Enough that the ends of 99.9% intervals are not those of a few draws."""
EXCEPTION = ("tranche", "status")
"""The declared exception to proportional odds (``simulate.truth``): not one effect to recover."""


@dataclass(frozen=True)
class Recovered:
    truth: Truth
    spec: CausalSpec
    adapted: SpecForData
    fit: StructuralFit
    table: pd.DataFrame

    def rows(self) -> list[tuple[Any, float]]:
        """Fitted arrows beside what was declared."""
        return [
            (row, declared_link(self.spec, self.truth, row))
            for row in self.table.itertuples()
            if isinstance(row.link, dict) and not row.through
            if (row.cause, row.effect) != EXCEPTION
        ]


def recover(experiments: int) -> Recovered:
    spec = read_model("onderzoeksmodel-2012")
    path = Path(__file__).parents[2] / "data" / "demo-truth.yaml"
    truth = read_truth(path).with_effects(CHANGED)
    study = simulate_study(spec, truth, experiments=experiments, seed=3)
    adapted = spec_for_study(spec, study)
    fit = fit_structural(study_data(adapted.spec, study), seed=1, settings=SETTINGS)
    forward = Forward(fit.layout, fit.posterior, draws=2_000)
    table = arrow_table(forward, level=0.999, unfitted=adapted.unfitted)
    return Recovered(truth, spec, adapted, fit, table)


@pytest.fixture(
    scope="module",
    params=[pytest.param(100, id="100"), pytest.param(400, id="400", marks=pytest.mark.slow)],
)
def recovered(request: pytest.FixtureRequest) -> Recovered:
    return recover(request.param)


def test_every_interval_covers_what_was_declared(recovered: Recovered) -> None:
    rows = recovered.rows()
    assert len(rows) > 60
    for row, declared in rows:
        # 2,000 draws hardly reach the 99.9% ends: half a standard deviation beside them
        slack = 0.5 * row.link["sd"]
        where = (row.cause, row.effect, row.contrast, row.effect_level)
        assert row.link["lower"] - slack <= declared <= row.link["upper"] + slack, where


def test_intervals_say_something(recovered: Recovered) -> None:
    """Standardised errors are neither all small nor all large."""
    scores = pd.Series([(row.link["mean"] - t) / row.link["sd"] for row, t in recovered.rows()])
    assert 0.6 < scores.std() < 1.4
    assert abs(scores.mean()) < 0.5


def test_no_verdict_contradicts_what_was_declared(recovered: Recovered) -> None:
    for row, declared in recovered.rows():
        where = (row.cause, row.effect, row.contrast)
        signed = -declared if row.expected == "-" else declared
        if row.verdict == "ondersteund":
            assert declared != 0, where
            assert pd.isna(row.expected) or signed > 0, where
        if row.verdict == "tegengesproken":
            assert declared != 0, where
            assert signed < 0, where


def test_the_strong_effects_are_found(recovered: Recovered) -> None:
    found = recovered.table.set_index(["cause", "effect"])["verdict"]
    assert found["binding", "sk"] == "ondersteund"
    assert found["mbo_stof", "binding"] in ("tegengesproken", "onbeslist")
    assert found["samenwerking", "status"] in ("onbeslist", "geen_aanwijzing")


def test_constant_pedagogy_cannot_be_tested(recovered: Recovered) -> None:
    assert recovered.adapted.left_out == ("pedagogiek",)
    rows = recovered.table[
        (recovered.table["cause"] == "pedagogiek") | (recovered.table["effect"] == "pedagogiek")
    ]
    assert len(rows) == 2
    assert set(rows["verdict"]) == {"niet_toetsbaar"}
    assert set(rows["untestable"]) == {"no_variation"}


def test_what_runs_through_pedagogy_stays(recovered: Recovered) -> None:
    """Cooperation acts on attachment through pedagogy alone, as far as arrows go."""
    (row,) = recovered.table[recovered.table["through"].astype(bool)].itertuples()
    assert (row.cause, row.effect, row.through) == ("samenwerking", "binding", ("pedagogiek",))
    effects = recovered.truth.effects
    declared = effects["samenwerking->pedagogiek"] * effects["pedagogiek->binding"]
    assert row.link["lower"] <= declared <= row.link["upper"]
    assert pd.isna(row.literature)
    assert pd.isna(row.expected)


def test_the_sampler_had_no_trouble(recovered: Recovered) -> None:
    assert int(recovered.fit.tree["sample_stats"]["diverging"].sum()) == 0
