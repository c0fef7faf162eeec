import arviz as az
import numpy as np
import pandas as pd
import pytest
import xarray as xr

from effects.regression_cases import model
from model.fit_cases import stand_in_fit
from vm2causal.checks.sensitivity.power_scaling import log_densities, power_scaling, thinned
from vm2causal.checks.sensitivity.prior_sensitivity import prior_sensitivity
from vm2causal.effects.contrasts import Contrast
from vm2causal.model.data.structural_data import table_data
from vm2causal.model.sampler.sampling import SamplerSettings
from vm2causal.model.structural_fit import StructuralFit, fit_structural
from vm2causal.spec import CausalSpec, Variable

SETTINGS = SamplerSettings(draws=500, tune=300, chains=4)
STEP = Contrast("x", 2.0, 0.0, "2", "0")
LINE = model(["x", "y"], "x>y")


def line(rows: int) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    x = rng.normal(size=rows)
    return pd.DataFrame({"x": x, "y": 2 * x + 0.3 * rng.normal(size=rows)})


def fitted(spec: CausalSpec, table: pd.DataFrame) -> StructuralFit:
    return fit_structural(table_data(spec, table), seed=1, settings=SETTINGS)


@pytest.mark.mcmc
def test_few_rows_leave_a_prior_in_the_way_and_many_do_not() -> None:
    """Nearly all of y is x, five prior standard deviations and more from nothing."""
    few, many = (prior_sensitivity(fitted(LINE, line(rows)), {STEP: ["y"]}) for rows in (6, 400))
    (row,) = few.to_dict("records")
    assert (row["cause"], row["effect"], row["contrast"]) == ("x", "y", "2 vs 0")
    assert row["flag"] == "prior_data_conflict"
    (other,) = many.to_dict("records")
    assert other["flag"] == "none"
    assert other["prior"] < 0.05 < other["likelihood"]
    assert other["prior"] < row["prior"]


@pytest.mark.mcmc
def test_the_total_of_one_arrow_is_as_sensitive_as_the_arrow() -> None:
    fit = fitted(LINE, line(40))
    few = thinned(fit.posterior)
    weight = few["weight"].isel(arrow_weight=0).transpose("chain", "draw").to_numpy()
    (expected,) = power_scaling(fit.layout, few, {"w": weight}).to_dict("records")
    (found,) = prior_sensitivity(fit, {STEP: ["y"]}).to_dict("records")
    for name in ("prior", "likelihood"):
        assert found[name] == pytest.approx(expected[name], rel=1e-3)


def test_one_row_per_effect_also_of_a_nominal_one() -> None:
    rng = np.random.default_rng(2)
    spec = model({"x": Variable(), "y": Variable(), "plan": Variable(kind="nominal")}, "x>y x>plan")
    table = pd.DataFrame(rng.normal(size=(40, 2)), columns=["x", "y"])
    table["plan"] = rng.choice(["a", "b", "c"], 40)
    fit = stand_in_fit(table_data(spec, table), draws=60)
    found = prior_sensitivity(fit, {STEP: ["y", "plan"]})
    assert list(found["effect"]) == ["y", "plan"]
    assert found[["prior", "likelihood"]].notna().all(axis=None)


def test_nothing_to_scale_is_nothing_to_tell() -> None:
    fit = stand_in_fit(table_data(LINE, line(20)), draws=60)
    assert prior_sensitivity(fit, {}).empty
    assert prior_sensitivity(stand_in_fit(fit.layout.data, draws=20), {STEP: ["y"]}).empty
    # x acts on nothing when nothing is done
    assert prior_sensitivity(fit, {Contrast("x", 1.0, 1.0, "1", "1"): ["y"]}).empty
    # the levels of a group share strength: their prior is that of the group, and no arrow's
    spec = model({"g": Variable(kind="nominal"), "y": Variable()}, "g>y", groups=["g"])
    table = line(30).assign(g=list("abc") * 10)[["g", "y"]]
    pooled = stand_in_fit(table_data(spec, table), draws=60)
    assert prior_sensitivity(pooled, {Contrast("g", 1.0, 0.0, "b", "a"): ["y"]}).empty


def test_sensitivities_are_those_of_arviz() -> None:
    """Which smooths one weight more or less; one prior that pulls against a skewed posterior."""
    fit = stand_in_fit(table_data(LINE, line(40)), draws=400)
    posterior = fit.posterior
    shape, dims = (posterior.sizes["chain"], posterior.sizes["draw"]), ("chain", "draw")
    draws = np.random.default_rng(7).gamma(3.0, 1.0, shape)
    densities = log_densities(fit.layout, posterior)
    tree = xr.DataTree.from_dict(
        {
            "posterior": xr.Dataset({"q": (dims, draws + densities.prior)}, posterior.coords),
            "log_prior": xr.Dataset({"a": (dims, densities.prior)}, posterior.coords),
            "log_likelihood": xr.Dataset({"b": (dims, densities.likelihood)}, posterior.coords),
        }
    )
    found = power_scaling(fit.layout, posterior, {"q": draws + densities.prior}).iloc[0]
    for group in ("prior", "likelihood"):
        expected = float(az.psense(tree, group=group)["q"])
        assert found[group] == pytest.approx(expected, rel=0.02)
