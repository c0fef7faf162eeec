"""How long refits take, all sides in one run.

1. A cold fit in a fresh process, through PyMC's own compilation and through the kernel, against a
   refit of the same model to other data in a process that has fitted before.
2. One simulation of a calibration through the refits engine against one that compiles its PyMC
   model anew, as simuk does (simuk is not a dependency; where it is not installed it is not run).
3. A batch on a Dask cluster of one worker against two, with equal results.

Run with ``uv run --extra cluster python benchmarks/refits_speed.py``; add the number of experiments
of the simulated study (36 by default).
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

SIMULATIONS = 12
MODEL = "onderzoeksmodel-2012"

COLD = """
import sys
from vm2causal.checks.calibration import SETTINGS
from vm2causal.model.structural_fit import Backend, fit_structural
from vm2causal.spec import read_model
from vm2causal.workflow.calibration import template_data

data = template_data(read_model("{model}"), size={size}, seed=1)
fit_structural(data, seed=1, backend=Backend("{backend}"), settings=SETTINGS)
"""


def template(size: int, seed: int) -> Any:
    from vm2causal.spec import read_model
    from vm2causal.workflow.calibration import template_data

    return template_data(read_model(MODEL), size=size, seed=seed)


def cold_seconds(size: int, backend: str) -> float:
    program = COLD.format(model=MODEL, size=size, backend=backend)
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", program], check=True)
    return time.perf_counter() - began


def refit_seconds(size: int) -> float:
    """Mean of three, each to other data, after a first fit."""
    from vm2causal.checks.calibration import SETTINGS
    from vm2causal.model.structural_fit import fit_structural

    data = [template(size, seed) for seed in (1, 2, 3, 4)]
    fit_structural(data[0], seed=1, settings=SETTINGS)
    began = time.perf_counter()
    for item in data[1:]:
        fit_structural(item, seed=1, settings=SETTINGS)
    return (time.perf_counter() - began) / 3


def batch_seconds(size: int, executor: str, number: int) -> tuple[float, dict[str, Any]]:
    from vm2causal.checks.calibration import calibration_tasks
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


def cluster_seconds(size: int, workers: int) -> tuple[float, dict[str, Any]]:
    """A batch on a cluster whose workers have run a task before."""
    from distributed import LocalCluster

    with LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=None) as cluster:
        executor = cluster.scheduler_address.replace("tcp://", "dask://")
        batch_seconds(size, executor, workers)
        return batch_seconds(size, executor, SIMULATIONS)


def main() -> None:
    size = int(sys.argv[1]) if len(sys.argv) > 1 else 36
    pymc, kernel = cold_seconds(size, "pymc"), cold_seconds(size, "kernel")
    refit = refit_seconds(size)
    print(f"cold fit, PyMC {pymc:.1f} s; cold fit, kernel {kernel:.1f} s; refit {refit:.2f} s")
    print(f"refit / cold: {refit / pymc:.3f} of PyMC, {refit / kernel:.3f} of the kernel")
    seconds, _ = batch_seconds(size, "serial", SIMULATIONS)
    each = seconds / SIMULATIONS
    print(
        f"calibration: {each:.2f} s a simulation; {pymc / each:.1f} times a compiling one's speed"
    )
    one, first = cluster_seconds(size, 1)
    two, second = cluster_seconds(size, 2)
    print(f"Dask: {one:.1f} s on one worker, {two:.1f} s on two: {one / two:.2f} times as fast")
    print("results identical" if first == second else "RESULTS DIFFER")


if __name__ == "__main__":
    main()
