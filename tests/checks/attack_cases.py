"""Small tables with a known truth, and what attacks on them start from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from vm2causal.checks.refute.refitted_effect import AttackedQuery, attacked_query
from vm2causal.effects.forward import Forward
from vm2causal.model.data.structural_data import table_data
from vm2causal.model.sampler.sampling import SamplerSettings
from vm2causal.model.structural_fit import StructuralFit, fit_structural
from vm2causal.model.structural_parameters import Priors
from vm2causal.spec import CausalSpec

QUICK = SamplerSettings(draws=250, tune=300, chains=2)


def spec_of(
    variables: Mapping[str, Mapping[str, Any]],
    arrows: Sequence[tuple[str, str]],
    groups: Sequence[str] = (),
) -> CausalSpec:
    content = {
        "name": "attacked",
        "variables": variables,
        "arrows": [{"from": cause, "to": effect} for cause, effect in arrows],
        "groups": groups,
    }
    return CausalSpec.model_validate(content)


def fitted(spec: CausalSpec, table: pd.DataFrame, **options: Any) -> tuple[StructuralFit, Forward]:
    fit = fit_structural(table_data(spec, table), seed=1, settings=QUICK, **options)
    return fit, Forward(fit.layout, fit.posterior, seed=1)


def query_of(
    forward: Forward, cause: str = "x", effect: str = "y", **options: Any
) -> AttackedQuery:
    found = attacked_query(forward, cause, effect, priors=Priors.NEUTRAL, **options)
    assert isinstance(found, AttackedQuery), found
    return found


def apart(query: AttackedQuery) -> float:
    """How far the two values lie apart that a query compares."""
    assert query.high is not None
    assert query.low is not None
    return query.high - query.low


CONFOUNDED = spec_of({"z": {}, "x": {}, "y": {}}, [("z", "x"), ("z", "y"), ("x", "y")])


def confounded_table(rows: int = 300, *, a: float = 0.0, b: float = 0.0) -> pd.DataFrame:
    """Linear, effect 0.5 of x on y; an unmeasured cause adds a to x and b to y."""
    rng = np.random.default_rng(4)
    z, u = rng.standard_normal((2, rows))
    x = 0.5 * z + a * u + rng.standard_normal(rows)
    y = 0.5 * x + 0.5 * z + b * u + rng.standard_normal(rows)
    return pd.DataFrame({"z": z, "x": x, "y": y})
