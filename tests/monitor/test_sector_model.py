"""The kernel's density of stopping by sector against the ``pm.Model`` that defines it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from vm2causal.inputs.published.reading import PublishedTables
from vm2causal.monitor.sector_model import (
    SIZE,
    named_sectors,
    sample_sectors,
    sector_counts,
    sector_model,
    sector_program,
)

STORED = Path(__file__).parent / "published_posterior.json"


def test_density_and_gradient_are_those_of_the_definition(tables: PublishedTables) -> None:
    """But for the constant of the binomial coefficients."""
    counts = sector_counts(tables)
    model, program = sector_model(counts), sector_program(counts)
    outputs = [model.logp(), model.dlogp()]
    function = model.compile_fn(outputs, inputs=model.value_vars, mode="FAST_COMPILE")
    order = [value.name for value in model.value_vars]
    # the program's order
    assert [name.removesuffix("_log__").removesuffix("_zerosum__") for name in order] == [
        "tranche_log_odds", "sector_sd", "sector_raw", "interaction_sd", "interaction_raw",
    ]  # fmt: skip
    shapes = {name: np.shape(value) for name, value in model.initial_point().items()}
    rng = np.random.default_rng(6)
    apart = []
    for _ in range(5):
        point = rng.normal(0, 0.7, SIZE)
        ends = np.cumsum([int(np.prod(shapes[name])) for name in order])
        parts = np.split(point, ends[:-1])
        there = {name: part.reshape(shapes[name]) for name, part in zip(order, parts, strict=True)}
        density, slopes = function(there)
        found, gradient = program.log_density(point)
        np.testing.assert_allclose(gradient, slopes, rtol=1e-9, atol=1e-9)
        apart.append(found - float(density))
        named = named_sectors(point[np.newaxis, np.newaxis])
        for name in ("sector_raw", "probability"):
            assert set(named[name].dims) - {"chain", "draw"} == set(model.named_vars_to_dims[name])
    np.testing.assert_allclose(apart, apart[0], atol=1e-9)


@pytest.mark.mcmc
def test_the_published_posterior_is_that_of_the_pm_model(tables: PublishedTables) -> None:
    import arviz as az

    stored = json.loads(STORED.read_text(encoding="utf-8"))["sectors"]
    posterior = sample_sectors(sector_counts(tables), seed=2)["posterior"].to_dataset()
    ess = az.ess(posterior[list(stored)])
    for name, numbers in stored.items():
        sd = np.array(numbers["sd"])
        away = posterior[name].mean(("chain", "draw")).to_numpy() - np.array(numbers["mean"])
        error = sd * np.sqrt(1 / ess[name].to_numpy() + 1 / numbers["ess"])
        assert abs(away / error).max() < 4, name
        spread = posterior[name].std(("chain", "draw")).to_numpy()
        np.testing.assert_allclose(spread, sd, rtol=0.1, err_msg=name)
