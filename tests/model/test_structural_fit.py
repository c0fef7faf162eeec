"""Fits of small and hard data: sampled without error, and as wide as what is known."""

import sys
from dataclasses import replace
from importlib.util import find_spec

import arviz as az
import numpy as np
import pandas as pd
import pytest
import xarray as xr

from model.structural_cases import (
    EVERY_KIND,
    OTHER_NAMES,
    STUDY_SPEC,
    by_other_names,
    small_study,
    table_of_every_kind,
)
from vm2causal.errors import OptionError
from vm2causal.inputs.study.frame import StudyFrame
from vm2causal.model.data.structural_data import StructuralData, study_data, table_data
from vm2causal.model.sampler.sampling import SamplerSettings
from vm2causal.model.structural_fit import Backend, StructuralFit, fit_structural
from vm2causal.model.structural_layout import structural_layout
from vm2causal.model.structural_parameters import GROUP_LOG_SD, LOG_ODDS_SD, WEIGHT_SD
from vm2causal.spec import CausalSpec
from vm2causal.spec.objects import Arrow, Variable

pytestmark = pytest.mark.mcmc

QUICK = SamplerSettings(draws=250, tune=300, chains=2)


def fitted(study: StudyFrame) -> StructuralFit:
    fit = fit_structural(study_data(STUDY_SPEC, study), seed=1, settings=QUICK)
    for values in fit.posterior.data_vars.values():
        assert np.isfinite(values).all()
    return fit


def sd(fit: StructuralFit, arrow: str) -> float:
    return float(fit.posterior["weight"].sel(arrow_weight=arrow).std())


def test_one_experiment_leaves_the_prior_of_what_differs_between_them() -> None:
    fit = fitted(small_study(1))
    assert sd(fit, "versnelling -> binding") == pytest.approx(WEIGHT_SD, rel=0.2)
    assert sd(fit, "binding -> vsv") == pytest.approx(LOG_ODDS_SD, rel=0.2)
    # what pupils differ in is known
    assert sd(fit, "lwoo -> vsv") < 0.9 * WEIGHT_SD


def test_one_sector_leaves_the_prior_of_its_differences() -> None:
    study = small_study(16)
    fit = fitted(replace(study, experiments=study.experiments.assign(sector="techniek")))
    logs = np.log(fit.posterior["sector_sd"])
    assert float(logs.mean()) == pytest.approx(GROUP_LOG_SD[0], abs=0.3)
    assert float(logs.std()) == pytest.approx(GROUP_LOG_SD[1], abs=0.25)


def test_more_experiments_say_more() -> None:
    few, many = (fitted(small_study(number)) for number in (12, 120))
    arrow = "versnelling -> binding"
    assert sd(many, arrow) < 0.6 * sd(few, arrow) < 0.6 * WEIGHT_SD


def test_a_linear_model_gives_the_exact_posterior_mean() -> None:
    """One cause and a known spread: between the prior and least squares, by their precisions."""
    rng = np.random.default_rng(3)
    x = rng.normal(size=400)
    table = pd.DataFrame({"x": x, "y": 0.4 * x + rng.normal(size=400)})
    spec = CausalSpec(
        name="line",
        variables={"x": Variable(), "y": Variable()},
        arrows=[Arrow(cause="x", effect="y")],
    )
    fit = fit_structural(
        table_data(spec, table), seed=1, settings=SamplerSettings(draws=1500, tune=500, chains=2)
    )
    slope = float(np.corrcoef(table["x"], table["y"])[0, 1])
    variance = (1 - slope**2) / 400
    shrunk = slope / (1 + variance / WEIGHT_SD**2)
    draws = fit.posterior["weight"].to_numpy()
    assert draws.mean() == pytest.approx(shrunk, abs=4 * np.sqrt(variance / 1000))
    assert draws.std() == pytest.approx(np.sqrt(variance), rel=0.08)


def test_the_order_of_rows_changes_no_conclusion() -> None:
    """Sampled anew from shuffled rows: the same posterior within Monte Carlo error."""
    study = small_study(40)
    shuffled = replace(
        study,
        experiments=study.experiments.sample(frac=1, random_state=0).reset_index(drop=True),
    )
    one, other = (fitted(item).posterior["weight"] for item in (study, shuffled))
    away = one.mean(("chain", "draw")) - other.mean(("chain", "draw"))
    spread = one.std(("chain", "draw"))
    # 500 draws each, of which at least 100 count as independent: five standard errors
    assert (abs(away) < 5 * spread * np.sqrt(2 / 100)).all()


def test_a_fit_says_how_it_was_made() -> None:
    fit = fitted(small_study(4))
    assert fit.backend is Backend.KERNEL
    assert fit.seed == 1
    assert fit.timings["compile_s"] == 0.0
    assert set(fit.timings) == {"build_s", "compile_s", "sample_s"}
    assert fit.posterior.sizes["chain"] == 2
    assert fit.posterior.sizes["draw"] == 250


@pytest.mark.slow
@pytest.mark.parametrize(
    "backend",
    [
        Backend.PYMC,
        pytest.param(
            Backend.JAX,
            marks=pytest.mark.skipif(
                find_spec("jax") is None,
                reason="JAX is an extra of the package: uv sync --extra jax",
            ),
        ),
    ],
)
def test_every_backend_samples_the_same_posterior(backend: Backend) -> None:
    """Means differ by what Monte Carlo errors allow, over all parameters together.

    Variables, items and groups have names that a fit has for itself.
    """
    data = _every_kind_by_other_names()
    kernel, other = (
        fit_structural(data, seed=2, backend=choice).posterior
        for choice in (Backend.KERNEL, backend)
    )
    names = structural_names(other)
    assert set(kernel.data_vars) == set(names)
    away = []
    for name in names:
        assert kernel[name].dims == other[name].dims
        means = [fit[name].mean(("chain", "draw")) for fit in (kernel, other)]
        errors = [az.mcse(fit[name]) for fit in (kernel, other)]
        away.append(((means[0] - means[1]) / np.hypot(*errors)).to_numpy().ravel())
    scores = np.concatenate(away)
    assert len(scores) > 100
    # standard normal if the posteriors are one; more than 5 once in a million
    assert np.abs(scores).max() < 5.0
    assert scores.std() < 1.25


def test_jax_that_is_asked_for_and_absent_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jax", None)
    data = table_data(EVERY_KIND, table_of_every_kind(20))
    with pytest.raises(OptionError, match=r"JAX is not installed\. Got: 'jax'\. Install it: pip"):
        fit_structural(data, seed=1, backend=Backend.JAX, settings=QUICK)


def _every_kind_by_other_names() -> StructuralData:
    table = table_of_every_kind(60).rename(columns=OTHER_NAMES)
    return table_data(by_other_names(EVERY_KIND, OTHER_NAMES), table)


def structural_names(posterior: xr.Dataset) -> list[str]:
    """Parameters alone: PyMC also keeps what is computed from them."""
    layout = structural_layout(_every_kind_by_other_names())
    blocks = {block.name for block in layout.blocks}
    return [str(name) for name in posterior.data_vars if name in blocks]
