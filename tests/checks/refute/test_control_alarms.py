"""How often a negative control of the demo alarms where its truth is known to hold nothing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from vm2causal.checks.refute.refitted_effect import AttackedQuery, refit_effect
from vm2causal.model.data.spec_for_data import spec_for_data, study_columns
from vm2causal.model.data.structural_data import study_data
from vm2causal.model.structural_parameters import Priors
from vm2causal.simulate import simulate_study
from vm2causal.simulate.truth import read_truth
from vm2causal.spec import read_model

TRUTH = Path(__file__).parents[3] / "data" / "demo-truth.yaml"
CONTROL = AttackedQuery(
    cause="samenwerking",
    effect="leerlingenaantal",
    given=("communicatie", "sector", "tranche", "zelfde_bestuur"),
    assumed=("schoolkwaliteit",),
    high=None,
    low=None,
    contrast="q75 vs q25",
    full=False,
    priors=Priors.NEUTRAL,
)


@pytest.mark.slow  # sixty studies
@pytest.mark.mcmc
def test_a_control_alarms_in_as_many_studies_as_it_claims() -> None:
    spec, truth = read_model("onderzoeksmodel-2012"), read_truth(TRUTH)
    positive = []
    for seed in range(1001, 1061):
        study = simulate_study(spec, truth, experiments=157, seed=seed)
        data = study_data(spec_for_data(spec, study_columns(study)).spec, study)
        positive.append(refit_effect(data, CONTROL, seed=seed)["p_positive"])
    chance = np.array(positive)
    alarms = int((2 * np.minimum(chance, 1 - chance) < 0.05).sum())
    print(f"{alarms} of {len(chance)} studies below 5%")
    assert 0 < alarms <= stats.binom.isf(0.01, len(chance), 0.05)
    assert stats.kstest(chance, "uniform").pvalue > 0.01
