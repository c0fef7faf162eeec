"""The compiled density of the cohort model against the ``pm.Model`` that defines it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from scipy import special
from scipy.special import logit

from vm2causal.inputs.published.reading import PublishedTables
from vm2causal.model.sampler.sampling import compile_model
from vm2causal.monitor import cohort_density
from vm2causal.monitor.cohort_data import cohort_data
from vm2causal.monitor.cohort_parameters import (
    SIZE,
    named_parameters,
    packed,
    prior_draw,
    starting_point,
    vector,
)
from vm2causal.monitor.cohort_sampling import sample_cohorts
from vm2causal.monitor.cohorts import ICC_HIGH, cohort_model, model_data

STORED = Path(__file__).parent / "published_posterior.json"
"""Means and standard deviations of 40,000 draws of the ``pm.Model``, by nutpie: see its note."""


def evaluated(values: dict[str, Any], point: np.ndarray) -> tuple[float, np.ndarray]:
    gradient = np.empty(SIZE)
    return cohort_density.log_density(point, gradient, packed(values)), gradient


@pytest.fixture(scope="module")
def defined(everyone: xr.Dataset):
    """The ``pm.Model`` with a function for its density and gradient."""
    model = cohort_model(everyone)
    outputs = [model.logp(), model.dlogp()]
    return model, model.compile_fn(outputs, inputs=model.value_vars, mode="FAST_COMPILE")


@pytest.fixture(
    params=["binomial", "clustered", "unpooled", "as intended", "other priors"], scope="module"
)
def values(request: pytest.FixtureRequest, everyone: xr.Dataset, tables: PublishedTables):
    options: dict[str, Any] = {
        "binomial": {"clustered": False},
        "clustered": {"clustered": True},
        "unpooled": {"clustered": True, "pooled": False},
        "as intended": {"clustered": True},
        "other priors": {
            "clustered": True, "icc_prior": ICC_HIGH, "site_correlation_prior": (80.0, 20.0),
            "tranche_sd": 0.5, "borging_sd": 0.0,
        },
    }[request.param]  # fmt: skip
    data = cohort_data(tables, "as_intended") if request.param == "as intended" else everyone
    return model_data(data, **options)


def points(values: dict[str, Any]) -> list[np.ndarray]:
    """Where chains start, near it, and anywhere in the prior."""
    rng = np.random.default_rng(20)
    start = starting_point(values)
    far = [prior_draw(values, rng) for _ in range(3)]
    anywhere = [
        vector({str(name): item.to_numpy()[0, 0] for name, item in draw.items()}) for draw in far
    ]
    return [start, *(start + rng.normal(0, 0.4, SIZE) for _ in range(3)), *anywhere]


def unconstrained(model: Any, values: dict[str, Any], point: np.ndarray) -> dict[str, Any]:
    """A point of ours as the ``pm.Model`` takes it."""
    named = named_parameters(point[np.newaxis, np.newaxis], values)
    found = {}
    for value in model.value_vars:
        name = value.name.removesuffix("__")
        for suffix, transform in (("_log", np.log), ("_logodds", logit), ("_interval", logit)):
            if name.endswith(suffix) and name.removesuffix(suffix) in named:
                name = name.removesuffix(suffix)
                found[value.name] = transform(named[name].to_numpy()[0, 0])
                break
        else:
            found[value.name] = named[name].to_numpy()[0, 0]
    return found


def test_density_and_gradient_are_those_of_the_definition(defined, values) -> None:
    model, function = defined
    for name, value in values.items():
        model.set_data(name, value)
    for point in points(values):
        there = unconstrained(model, values, point)
        density, slopes = function(there)
        sizes = [np.size(there[value.name]) for value in model.value_vars]
        parts = np.split(slopes, np.cumsum(sizes)[:-1])
        by_name = {value.name: part for value, part in zip(model.value_vars, parts, strict=True)}
        # ours has baseline + calendar where the model has calendar
        by_name["baseline"] = by_name["baseline"] - by_name["calendar"]
        order = [
            "baseline", "calendar",
            "site_mean", "site_year_raw", "site_tranche_sd_log__", "site_raw",
            "effect_mean", "effect_year_raw", "effect_tranche_sd_log__", "effect_raw",
            "icc_beyond_logodds__", "site_correlation_logodds__",
            "pupils_position_interval__", "early_position_interval__",
        ]  # fmt: skip
        expected = np.concatenate([by_name[name] for name in order])
        found, gradient = evaluated(values, point)
        assert found == pytest.approx(float(density), rel=1e-9, abs=1e-8)
        np.testing.assert_allclose(gradient, expected, rtol=1e-7, atol=1e-7)


def test_names_and_the_vector_are_each_others_inverse(everyone: xr.Dataset) -> None:
    values = model_data(everyone, clustered=True)
    draw = prior_draw(values, np.random.default_rng(1))
    point = vector({str(name): item.to_numpy()[0, 0] for name, item in draw.items()})
    again = named_parameters(point[np.newaxis, np.newaxis], values)
    xr.testing.assert_allclose(draw, again, rtol=1e-10)
    model = cohort_model(everyone)
    named = {item.name for item in [*model.free_RVs, *model.deterministics]}
    assert set(again.data_vars) == named
    for name in named:
        assert again[name].dims[2:] == tuple(model.named_vars_to_dims.get(name, ()))


def test_the_gamma_function_is_scipys() -> None:
    x = np.exp(np.random.default_rng(4).uniform(-12, 14, 3_000))
    found = np.array([cohort_density.log_gamma(value) for value in x])
    np.testing.assert_allclose(found[:, 0], special.gammaln(x), rtol=1e-13, atol=3e-14)
    np.testing.assert_allclose(found[:, 1], special.digamma(x), rtol=1e-13, atol=3e-14)


@pytest.mark.parametrize("x", [0.0, -0.5, -3.0, np.nan])
def test_no_count_below_minus_one_has_a_density(x: float) -> None:
    assert np.isnan(cohort_density.log_gamma(x)).all()


def test_places_in_the_data_are_those_of_the_names() -> None:
    """The code counts places, the packing names them."""
    names = (*cohort_density.SCALARS, *cohort_density.FIELDS)
    for place, name in enumerate(names):
        if name != "total":
            assert getattr(cohort_density, f"_{name.upper()}") == place


def test_it_is_compiled_from_one_file() -> None:
    """Numba's cache looks at the file of a function only: with another one it could be stale."""
    own = vars(cohort_density)
    parts = {name: part.py_func for name, part in own.items() if hasattr(part, "py_func")}
    assert len(parts) > 10
    assert {part.__code__.co_filename for part in parts.values()} == {cohort_density.__file__}
    for part in parts.values():
        used = {name for name in part.__code__.co_names if name in own} - set(parts) - {"np"}
        # numbers of this file: another one that changed would not be seen
        assert all(isinstance(own[name], int | float) for name in used), used


def standardised(found: xr.Dataset, stored: dict[str, Any]) -> np.ndarray:
    """Differences of means over the Monte Carlo error of both, for every number."""
    import arviz as az

    ess = az.ess(found[list(stored)])
    parts = []
    for name, numbers in stored.items():
        sd = np.array(numbers["sd"])
        away = found[name].mean(("chain", "draw")).to_numpy() - np.array(numbers["mean"])
        moves = sd > 1e-6
        error = sd * np.sqrt(1 / ess[name].to_numpy() + 1 / numbers["ess"])
        parts.append(np.ravel((away / np.where(moves, error, 1.0))[moves]))
    return np.concatenate(parts)


@pytest.mark.mcmc
def test_the_published_posterior_is_that_of_the_pm_model(monitor) -> None:
    stored = json.loads(STORED.read_text(encoding="utf-8"))["cohorts"]
    posterior = monitor.fits["all", "did_clustered"].posterior
    apart = standardised(posterior, stored)
    assert len(apart) > 60
    assert abs(apart).max() < 4.2  # of some hundred numbers
    for name, numbers in stored.items():
        spread = posterior[name].std(("chain", "draw")).to_numpy()
        np.testing.assert_allclose(spread, numbers["sd"], rtol=0.12, atol=1e-5, err_msg=name)


@pytest.mark.slow  # PyTensor compiles the model
@pytest.mark.mcmc
def test_the_pm_model_can_be_sampled_in_its_place(everyone: xr.Dataset) -> None:
    stored = json.loads(STORED.read_text(encoding="utf-8"))["cohorts"]
    values = model_data(everyone, clustered=True)
    tree = sample_cohorts(values, compiled=compile_model(cohort_model(everyone)), seed=3)
    posterior = tree["posterior"].to_dataset()
    assert abs(standardised(posterior, stored)).max() < 4.2
