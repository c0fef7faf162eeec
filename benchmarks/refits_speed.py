"""How long refits take, both sides of each comparison in one run; about five minutes on two cores.

``refit``
    A first fit in a fresh process, through PyMC's own compilation and through the kernel, against a
    refit of the same model to other data in a process that has fitted before.
``calibration``
    One simulation through the refits engine against one of a plain loop, which builds and compiles
    its ``pm.Model`` for every simulation.
``refuter``
    DoWhy's placebo refuter with 100 simulations, once with an estimator that compiles nothing and
    once with the same estimator on a ``pm.Model`` that is compiled for each fit.
``dask``
    A batch on a cluster of one worker against two, with equal results.

Sides that compile are timed on one or two fits and multiplied; what is extrapolated says so.

Run with ``uv run --extra cluster python benchmarks/refits_speed.py``; name parts to run only those,
``--size N`` for studies of another number of experiments.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

SIMULATIONS = 8
REFUTATIONS = 100
COMPILED_REFUTATIONS = 2
"""From which 100 are extrapolated."""
MODEL = "onderzoeksmodel-2012"

FRESH = """
import sys
import time
began = time.perf_counter()
from vm2causal.checks.calibrate.calibration import SETTINGS
from vm2causal.model.structural_fit import Backend, fit_structural
from vm2causal.spec import read_model
from vm2causal.workflow.calibration import template_data

spec = read_model("{model}")
for seed in range({fits}):
    data = template_data(spec, size={size}, seed=seed)
    fit_structural(data, seed=seed, backend=Backend("{backend}"), settings=SETTINGS)
    print(time.perf_counter() - began)
    began = time.perf_counter()
"""


def fit_seconds(size: int, backend: str, fits: int) -> list[float]:
    """Of fits to other data each in one fresh process; the first includes imports."""
    program = FRESH.format(model=MODEL, size=size, backend=backend, fits=fits)
    done = subprocess.run(
        [sys.executable, "-c", program], check=True, stdout=subprocess.PIPE, text=True
    )
    return [float(line) for line in done.stdout.split()]


def compare_refits(size: int) -> None:
    (compiled,) = fit_seconds(size, "pymc", 1)
    first, second, third = fit_seconds(size, "kernel", 3)
    refit = (second + third) / 2
    print(f"a refit takes {refit / first:.3f} of a first fit through the kernel")
    print(f"  and {refit / compiled:.3f} of a first fit that compiles a pm.Model")


def compare_calibrations(size: int) -> None:
    from vm2causal.checks.calibrate.calibration import SETTINGS
    from vm2causal.model.structural_fit import Backend, fit_structural

    seconds, _ = batch_seconds(size, "serial", SIMULATIONS)
    # importing, and compiling the code that all models share, are behind the plain loop too by now
    data = template(size, 2)
    began = time.perf_counter()
    fit_structural(data, seed=1, backend=Backend.PYMC, settings=SETTINGS)
    plain = time.perf_counter() - began
    ratio = plain * SIMULATIONS / seconds
    print(f"calibration: {ratio:.1f} simulations in the time of one that compiles")
    print(f"  ({SIMULATIONS} of ours; the plain loop extrapolated from 1, without its ranks)")


def template(size: int, seed: int) -> Any:
    from vm2causal.spec import read_model
    from vm2causal.workflow.calibration import template_data

    return template_data(read_model(MODEL), size=size, seed=seed)


def batch_seconds(size: int, executor: str, number: int) -> tuple[float, dict[str, Any]]:
    from vm2causal.checks.calibrate.calibration import calibration_tasks
    from vm2causal.refits import run_tasks

    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        data = template(size, 1)
        tasks = calibration_tasks(data, folder=place, simulations=number, seed=1)
        began = time.perf_counter()
        results = run_tasks(tasks, folder=place, executor=executor)
        seconds = time.perf_counter() - began
    if results.failures:
        raise RuntimeError(str(results.failures))
    return seconds, dict(results.values)


def compare_refuters(size: int) -> None:
    from vm2causal.effects import outcome_regression
    from vm2causal.model.structural_fit import Backend, fit_structural

    with warnings.catch_warnings():
        # DoWhy warns of constructs without a column at every step
        warnings.simplefilter("ignore")
        refute = placebo_refuter()
        refute(1)
        ours = seconds_of(partial(refute, REFUTATIONS))
        compiling = partial(fit_structural, backend=Backend.PYMC)
        with patch.object(outcome_regression, "fit_structural", compiling):
            few = seconds_of(partial(refute, COMPILED_REFUTATIONS))
    theirs = few * REFUTATIONS / COMPILED_REFUTATIONS
    print(f"refuter of {REFUTATIONS}: {theirs / ours:.0f} times as fast as one that compiles")
    print(f"  (that one extrapolated from {COMPILED_REFUTATIONS})")


def placebo_refuter() -> Callable[[int], Any]:
    """DoWhy's placebo refuter of the question in ``docs/dowhy.md``, by number of simulations."""
    import dowhy
    import pandas as pd

    from vm2causal.model.sampler.sampling import SamplerSettings
    from vm2causal.spec import read_model

    question = dowhy.CausalModel(
        pd.read_csv("data/demo/experiments.csv"),
        "leerlingenaantal",
        "continuiteit",
        graph=read_model(MODEL).graph.to_networkx(),
    )
    estimand = question.identify_effect(method_name="minimal-adjustment")
    settings = SamplerSettings(draws=500, tune=300, chains=2)
    estimate = question.estimate_effect(
        estimand,
        method_name="backdoor.vm2causal.estimators.HierarchicalEstimator",
        method_params={"init_params": {"groups": ["school"], "settings": settings, "seed": 1}},
        control_value=12,
        treatment_value=18,
    )

    def refute(simulations: int) -> Any:
        return question.refute_estimate(
            estimand,
            estimate,
            method_name="placebo_treatment_refuter",
            placebo_type="permute",
            num_simulations=simulations,
            random_state=1,
        )

    return refute


def seconds_of(run: Callable[[], Any]) -> float:
    began = time.perf_counter()
    run()
    return time.perf_counter() - began


def compare_clusters(size: int) -> None:
    one, first = cluster_seconds(size, 1)
    two, second = cluster_seconds(size, 2)
    print(f"Dask: two workers {one / two:.2f} times as fast as one")
    print("  results identical" if first == second else "  RESULTS DIFFER")


def cluster_seconds(size: int, workers: int) -> tuple[float, dict[str, Any]]:
    """A batch on a cluster whose workers have run a task before."""
    from distributed import LocalCluster

    with LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=None) as cluster:
        executor = cluster.scheduler_address.replace("tcp://", "dask://")
        batch_seconds(size, executor, workers)
        return batch_seconds(size, executor, SIMULATIONS)


PARTS: dict[str, Callable[[int], None]] = {
    "refit": compare_refits,
    "calibration": compare_calibrations,
    "refuter": compare_refuters,
    "dask": compare_clusters,
}


def main() -> None:
    parser = argparse.ArgumentParser(description="How long refits take.")
    parser.add_argument("parts", nargs="*", help=f"some of {', '.join(PARTS)}; all by default")
    parser.add_argument("--size", type=int, default=36, help="experiments of a simulated study")
    asked = parser.parse_args()
    unknown = sorted(set(asked.parts) - set(PARTS))
    if unknown:
        parser.error(f"there is no part {unknown[0]!r}; there are {', '.join(PARTS)}")
    os.chdir(Path(__file__).parent.parent)
    for name in asked.parts or PARTS:
        PARTS[name](asked.size)
        sys.stdout.flush()


if __name__ == "__main__":
    main()
