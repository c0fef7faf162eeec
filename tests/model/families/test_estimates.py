"""Likelihoods beside maximum likelihood of another package, on data with a known truth."""

import numpy as np
import pandas as pd
import pytest
from statsmodels.discrete.discrete_model import NegativeBinomial
from statsmodels.miscmodels.tmodel import TLinearModel

from vm2causal.effects.forward import Forward
from vm2causal.effects.responses import mean_response
from vm2causal.model.data.structural_data import table_data
from vm2causal.model.sampler.sampling import SamplerSettings
from vm2causal.model.structural_fit import StructuralFit, fit_structural
from vm2causal.model.structural_parameters import Priors
from vm2causal.spec import Arrow, CausalSpec, Variable

pytestmark = pytest.mark.mcmc

ROWS = 800
SETTINGS = SamplerSettings(draws=1_000, tune=400, chains=2)


def fitted(table: pd.DataFrame, **effect: str) -> StructuralFit:
    """y on x, with priors that say next to nothing beside 800 rows."""
    spec = CausalSpec(
        name="one",
        variables={"x": Variable(), "y": Variable(**effect)},
        arrows=[Arrow(cause="x", effect="y")],
        rows="units",
    )
    return fit_structural(table_data(spec, table), seed=1, priors=Priors.WEAK, settings=SETTINGS)


def slope(fit: StructuralFit) -> tuple[float, float]:
    """Per standard deviation of x."""
    draws = fit.posterior["weight"].to_numpy().ravel()
    return float(draws.mean()), float(draws.std())


def shape(fit: StructuralFit, name: str) -> float:
    return float(np.median(fit.posterior[name]))


def test_a_count_without_a_ceiling() -> None:
    """log rate = 0.5 + 0.6 x, φ = 1.5, hours from a half to three."""
    rng = np.random.default_rng(4)
    x, hours = rng.normal(size=ROWS), rng.uniform(0.5, 3.0, ROWS)
    mean = hours * np.exp(0.5 + 0.6 * x)
    table = pd.DataFrame({"x": x, "y": rng.poisson(rng.gamma(1.5, mean / 1.5)), "hours": hours})
    fit = fitted(table, kind="negative_binomial", exposure="hours")
    design = np.column_stack([np.ones(ROWS), (x - x.mean()) / x.std()])
    other = NegativeBinomial(table["y"], design, exposure=hours).fit(disp=0)
    found, sd = slope(fit)
    assert found == pytest.approx(other.params.iloc[1], abs=0.15 * other.bse.iloc[1])
    assert sd == pytest.approx(other.bse.iloc[1], rel=0.12)
    assert found / x.std() == pytest.approx(0.6, abs=3 * sd)
    assert shape(fit, "negative_binomial_shape") == pytest.approx(
        1 / other.params.iloc[2], rel=0.05
    )
    forward = Forward(fit.layout, fit.posterior, draws=500)
    rates = mean_response(forward, forward.world({"x": 1.0}), "y")
    assert rates.mean() == pytest.approx(np.exp(1.1), rel=0.1)


def test_a_number_with_outliers() -> None:
    """y = 2 + 1.5 x + 3 t, 3 degrees of freedom; least squares knows less."""
    rng = np.random.default_rng(5)
    x = rng.normal(size=ROWS)
    y = 2.0 + 1.5 * x + 3.0 * rng.standard_t(3, ROWS)
    table = pd.DataFrame({"x": x, "y": y})
    fit = fitted(table, kind="student_t")
    design = np.column_stack([np.ones(ROWS), (x - x.mean()) / x.std()])
    other = TLinearModel(y / y.std(), design).fit(disp=0)
    found, sd = slope(fit)
    assert found == pytest.approx(other.params[1], abs=0.15 * other.bse[1])
    assert sd == pytest.approx(other.bse[1], rel=0.12)
    assert shape(fit, "student_t_shape") == pytest.approx(other.params[2], rel=0.15)
    _, of_least_squares = slope(fitted(table, kind="continuous"))
    assert sd < 0.9 * of_least_squares
