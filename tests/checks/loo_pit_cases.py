"""Studies that the model describes, and studies that it does not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.special import expit

from vm2causal.model.data.structural_data import YEAR, StructuralData, study_data
from vm2causal.model.sampler.sampling import SamplerSettings
from vm2causal.model.structural_fit import StructuralFit, fit_structural
from workflow.study_cases import MODEL, study

SETTINGS = SamplerSettings(draws=300, tune=300, chains=2)


def fitted(data: StructuralData) -> StructuralFit:
    return fit_structural(data, seed=1, settings=SETTINGS)


def simulated(shock: float) -> StructuralData:
    """Early leaving differs between experiments, and by ``shock`` between their years too."""
    data = study_data(MODEL, study(40, pupils=25, teldata=3))
    rng = np.random.default_rng(5)
    cells, years = data.cells["vsv"], data.patterns[YEAR].to_numpy()
    own = 0.4 * rng.normal(size=len(data.units))
    yearly = shock * rng.normal(size=(len(data.units), years.max() + 1))
    logit = -1.0 + own[cells.unit] + yearly[cells.unit, years[cells.pattern]]
    events = rng.binomial(cells.trials, expit(logit))
    return replace(data, cells={**data.cells, "vsv": replace(cells, events=events)})
