"""Observations that lie where the rest expects them, and observations that do not."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from checks.loo_pit_cases import fitted, simulated
from effects.regression_cases import model
from vm2causal.checks.gate.loo_pit import MOST_POINTS, loo_pit, transforms
from vm2causal.checks.replicate.posterior_predictive import posterior_predictive
from vm2causal.effects.forward import Forward
from vm2causal.model.data.structural_data import (
    study_data,
    table_data,
)
from vm2causal.model.structural_fit import StructuralFit
from workflow.study_cases import MODEL, study

pytestmark = pytest.mark.mcmc


def forward_of(fit: StructuralFit) -> Forward:
    return Forward(fit.layout, fit.posterior, seed=1)


# -- numbers: known in closed form ------------------------------------------------------------


@pytest.fixture(scope="module")
def line() -> pd.DataFrame:
    rng = np.random.default_rng(1)
    x = rng.normal(size=80)
    return pd.DataFrame({"x": x, "y": 0.3 * x + rng.normal(size=80)})


def test_a_regression_has_the_transforms_of_its_deleted_residuals(line: pd.DataFrame) -> None:
    """Left out of least squares, an observation is Student-t around what the others expect."""
    found = transforms(forward_of(fitted(table_data(LINE, line))), "y", seed=1)
    design = np.column_stack([np.ones(80), line["x"]])
    hat = design @ np.linalg.pinv(design)
    residual = line["y"] - hat @ line["y"]
    leverage = np.diag(hat)
    variance = (residual @ residual - residual**2 / (1 - leverage)) / (80 - 3)
    exact = stats.t(80 - 3).cdf(residual / np.sqrt(variance * (1 - leverage)))
    np.testing.assert_allclose(found.values, exact, atol=0.03)
    assert (found.pareto_k < 0.6).all()


LINE = model(["x", "y"], "x>y")


def test_numbers_scatter_as_the_model_says_or_do_not(line: pd.DataFrame) -> None:
    rng = np.random.default_rng(2)
    wild = line.assign(y=0.3 * line["x"] + rng.standard_t(1.2, 80))
    verdicts = {
        name: loo_pit(forward_of(fitted(table_data(LINE, table))), seed=1).set_index("variable")
        for name, table in (("right", line), ("wild", wild))
    }
    assert verdicts["right"].loc["y", "verdict"] == "ok"
    assert verdicts["wild"].loc["y", "verdict"] == "failure"
    assert verdicts["wild"].loc["y", "p"] < 0.001


# -- counts of a study ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def well_specified() -> StructuralFit:
    return fitted(simulated(0.0))


@pytest.fixture(scope="module")
def mis_specified() -> StructuralFit:
    return fitted(simulated(1.2))


def test_a_model_that_is_right_passes(well_specified: StructuralFit) -> None:
    found = loo_pit(forward_of(well_specified), seed=1)
    assert list(found["variable"]) == list(well_specified.layout.predictors_of)
    assert (found["verdict"] == "ok").all()
    assert (found["p"] > 0.05).all()
    points = found.set_index("variable")["points"]
    assert points["samenwerking"] == 40 * 3
    assert points["vsv"] == 40 * 3
    assert points["versnelling"] == 40


def test_counts_that_scatter_between_years_are_found(mis_specified: StructuralFit) -> None:
    """Shares by year and by sector are right; only one by one do they lie too far out."""
    found = loo_pit(forward_of(mis_specified), seed=1).set_index("variable")
    assert found.loc["vsv", "verdict"] == "failure"
    assert set(found.drop("vsv")["verdict"]) == {"ok"}
    shares = posterior_predictive(mis_specified)
    assert (shares["verdict"] != "failure").all()


def test_the_transforms_are_too_many_at_both_ends(
    well_specified: StructuralFit, mis_specified: StructuralFit
) -> None:
    right, wrong = (
        transforms(forward_of(fit), "vsv", seed=1).values for fit in (well_specified, mis_specified)
    )
    assert right.std() == pytest.approx(12**-0.5, abs=0.03)
    ends = ((wrong < 0.1) | (wrong > 0.9)).mean()
    assert ends > 0.3


def test_items_and_levels_are_uniform(well_specified: StructuralFit) -> None:
    for name in ("samenwerking", "versnelling"):
        values = transforms(forward_of(well_specified), name, seed=1).values
        assert values.min() >= 0.0
        assert values.max() <= 1.0
        assert stats.kstest(values, "uniform").pvalue > 0.05


def test_the_same_seed_gives_the_same(well_specified: StructuralFit) -> None:
    forward = forward_of(well_specified)
    one, other, third = (loo_pit(forward, seed=seed) for seed in (1, 1, 2))
    pd.testing.assert_frame_equal(one, other)
    first, last = (transforms(forward, "vsv", seed=seed).values for seed in (1, 2))
    assert (first != last).any()
    assert list(third["verdict"]) == list(one["verdict"])


# -- what cannot be judged --------------------------------------------------------------------


def test_one_year_of_many_pupils_cannot_be_left_out() -> None:
    """Each experiment's effect is then known from these counts alone."""
    data = study_data(MODEL, study(20, pupils=400, teldata=1))
    found = loo_pit(forward_of(fitted(data)), seed=1).set_index("variable")
    assert found.loc["binding", "unreliable"] > 0.25
    assert found.loc["binding", "verdict"] == "unjudged"
    assert np.isnan(found.loc["binding", "p"])
    assert found.loc["samenwerking", "verdict"] == "ok"


def test_too_few_draws_cannot_judge(well_specified: StructuralFit) -> None:
    few = well_specified.posterior.isel(draw=slice(None, 10))
    found = loo_pit(Forward(well_specified.layout, few, seed=1), seed=1)
    assert set(found["verdict"]) == {"unjudged"}


def test_of_many_observations_some_are_looked_at(line: pd.DataFrame) -> None:
    rng = np.random.default_rng(4)
    many = pd.DataFrame({"x": rng.normal(size=MOST_POINTS + 500)})
    many["y"] = 0.3 * many["x"] + rng.normal(size=len(many))
    found = loo_pit(forward_of(fitted(table_data(LINE, many))), seed=1)
    assert list(found["points"]) == [MOST_POINTS]
    assert list(found["verdict"]) == ["ok"]
