"""Draws depend on the seed alone: neither on threads nor on the process."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import nutpie
import pytest

from model.structural_cases import EVERY_KIND, table_of_every_kind
from vm2causal.checks.calibrate.calibration import calibration_tasks
from vm2causal.model.data.structural_data import table_data
from vm2causal.model.sampler.compiled_model import compiled_program
from vm2causal.model.sampler.coordinates import sampler_program
from vm2causal.model.sampler.densities import PARAMETERS
from vm2causal.model.sampler.kernel import log_density_pointer
from vm2causal.model.sampler.sampling import SamplerSettings
from vm2causal.model.structural_layout import structural_layout
from vm2causal.refits import run_tasks


@pytest.mark.mcmc
def test_draws_do_not_depend_on_the_number_of_threads() -> None:
    layout = structural_layout(table_data(EVERY_KIND, table_of_every_kind(30)))
    compiled = compiled_program(layout, sampler_program(layout))
    options = {"draws": 60, "tune": 60, "chains": 3, "seed": 5, "progress_bar": False}
    one, two = (
        nutpie.sample(compiled, cores=cores, **options)["posterior"][PARAMETERS].to_numpy()
        for cores in (1, 2)
    )
    assert np.array_equal(one, two)


@pytest.mark.mcmc
def test_a_fit_in_another_process_has_the_same_bits(tmp_path: Path) -> None:
    tasks = calibration_tasks(
        table_data(EVERY_KIND, table_of_every_kind(30)),
        folder=tmp_path,
        simulations=2,
        seed=4,
        settings=SamplerSettings(draws=60, tune=100, chains=2),
    )
    # the process that compiles the kernel, once per installation, may differ in the last bits from
    # all that find it on disk, so two others are compared where this one did
    here = run_tasks(
        tasks,
        folder=tmp_path,
        executor="serial" if log_density_pointer.cache_hits else "processes:1",
    )
    there = run_tasks(tasks, folder=tmp_path, executor="processes:1", resume=False)
    assert not here.failures
    assert json.dumps(there.values) == json.dumps(here.values)
