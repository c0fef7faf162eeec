import sys
from importlib.util import find_spec

import arviz as az
import numpy as np
import pytest
import xarray as xr

from model.structural_cases import STUDY_SPEC, small_study
from vm2causal.errors import OptionError
from vm2causal.model.sampling import SamplerSettings
from vm2causal.model.structural_data import StructuralData, study_data
from vm2causal.model.structural_fit import Backend, StructuralFit, fit_structural

SETTINGS = SamplerSettings(draws=500, tune=500, chains=4)


@pytest.fixture(scope="module")
def data() -> StructuralData:
    return study_data(STUDY_SPEC, small_study(60, missing=0.1))


@pytest.fixture(scope="module")
def kernel(data: StructuralData) -> StructuralFit:
    return fit_structural(data, seed=1, settings=SETTINGS)


@pytest.mark.mcmc
def test_the_same_seed_gives_the_same_draws(data: StructuralData, kernel: StructuralFit) -> None:
    xr.testing.assert_identical(
        fit_structural(data, seed=1, settings=SETTINGS).posterior, kernel.posterior
    )


def test_jax_that_is_not_installed_is_named(
    data: StructuralData, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "jax", None)
    with pytest.raises(OptionError, match=r"JAX is not installed\. Got: 'jax'\. Install it: pip"):
        fit_structural(data, seed=1, backend=Backend.JAX)


@pytest.mark.slow
@pytest.mark.parametrize("backend", [Backend.PYMC, Backend.JAX])
def test_every_backend_gives_the_same_posterior(
    data: StructuralData, kernel: StructuralFit, backend: Backend
) -> None:
    if backend is Backend.JAX and find_spec("jax") is None:
        pytest.skip("JAX is an optional extra and not installed here")
    other = fit_structural(data, seed=1, backend=backend, settings=SETTINGS).posterior
    assert set(other.data_vars) == set(kernel.posterior.data_vars)
    for name in ("weight", "intercept", "cut", "loading", "school_sd", "unit_sd"):
        first, second = kernel.posterior[[name]], other[[name]].transpose(..., *_dims(kernel, name))
        spread = first.var(("chain", "draw")) / az.ess(first)
        spread = spread + second.var(("chain", "draw")) / az.ess(second)
        away = first.mean(("chain", "draw")) - second.mean(("chain", "draw"))
        # some sixty comparisons: 4.5 standard errors is passed by chance once in 2,000 runs
        assert float((np.abs(away) / np.sqrt(spread))[name].max()) < 4.5


def _dims(fit: StructuralFit, name: str) -> tuple[str, ...]:
    return tuple(str(dim) for dim in fit.posterior[name].dims[2:])
