"""Small models and fits that the second opinion and its relatives are tested on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from vm2causal.effects.forward import Forward
from vm2causal.model.data.structural_data import table_data
from vm2causal.model.sampler.sampling import SamplerSettings
from vm2causal.model.structural_fit import fit_structural
from vm2causal.spec import Arrow, CausalSpec, Variable

QUICK = SamplerSettings(400, 400, 4)


def model(
    variables: Mapping[str, Variable] | Sequence[str],
    arrows: str,
    groups: Sequence[str] = (),
) -> CausalSpec:
    """A model from ``"a>b b>c"``; variables given by name only are continuous."""
    if not isinstance(variables, Mapping):
        variables = {name: Variable() for name in variables}
    pairs = [arrow.split(">") for arrow in arrows.split()]
    return CausalSpec(
        name="test",
        variables=variables,
        arrows=[Arrow.model_validate({"from": cause, "to": effect}) for cause, effect in pairs],
        groups=groups,
        rows="units",
    )


def fitted(spec: CausalSpec, table: pd.DataFrame) -> Forward:
    fit = fit_structural(table_data(spec, table), seed=1, settings=QUICK)
    return Forward(fit.layout, fit.posterior)
