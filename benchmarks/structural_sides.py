"""The sides of ``structural_speed.py``, each run in a process of its own; prints one JSON object.

Run by that benchmark as ``python benchmarks/structural_sides.py SIDE STUDY BEGAN TUNE DRAWS``, with
``BEGAN`` the ``time.time()`` at which the process was started; ``BENCH_SEED`` in the environment is
the seed.
"""

from __future__ import annotations

import json
import os
import resource
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

SEED = int(os.environ.get("BENCH_SEED", "1"))
"""Of chains, and of the study that comes second."""
GRADIENTS = 500
TEN_MILLION = 10_000_000
NUTPIE_TUNE = 400
PYMC_TUNE = 1_000
"""Warm-up of the other sides: what their samplers do by themselves. With ours they diverge."""

Run = dict[str, Any]


def drawn(compiled: Any, tune: int, draws: int, **options: Any) -> tuple[Any, Run]:
    """Sample a model of nutpie; its warm-up is kept, to count leapfrogs."""
    import nutpie

    began = time.perf_counter()
    tree = nutpie.sample(
        compiled,
        draws=draws,
        tune=tune,
        chains=4,
        cores=2,
        seed=SEED,
        progress_bar=False,
        save_warmup=True,
        **options,
    )
    seconds = time.perf_counter() - began
    kept = int(tree["sample_stats"]["n_steps"].sum())
    warm_up = int(tree["warmup_sample_stats"]["n_steps"].sum())
    return tree, {
        "sampling": seconds,
        "leapfrogs": kept + warm_up,
        "kept_share": kept / (kept + warm_up),
        "divergences": int(tree["sample_stats"]["diverging"].sum()),
    }


def smallest_ess(posterior: Any) -> float:
    """Smallest bulk ESS of any parameter."""
    import arviz as az

    found = az.ess(posterior)
    return min(float(values.min()) for values in found.data_vars.values())


def gradient_seconds(compiled: Any, size: int) -> float:
    """Median seconds of a log-density with its gradient, through the sampler's C pointer."""
    import ctypes

    import numpy as np

    point = np.random.default_rng(SEED).normal(0.0, 0.1, size)
    gradient, value = np.empty(size), np.empty(1)
    pointers = [ctypes.c_void_p] * 4
    call = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_uint64, *pointers)(
        compiled.compiled_logp_func.address
    )
    arrays = (point, gradient, value, compiled.user_data)
    addresses = [array.ctypes.data for array in arrays]
    return median_seconds(lambda: call(size, *addresses))


def median_seconds(call: Callable[[], object]) -> float:
    """Median wall-clock seconds of a call."""
    times = []
    for _ in range(GRADIENTS):
        began = time.perf_counter()
        call()
        times.append(time.perf_counter() - began)
    return statistics.median(times)


def structural_data(study: Path) -> Any:
    """The study as the model of 2012 takes it."""
    from vm2causal.inputs.study.files import read_study
    from vm2causal.model.data.spec_for_data import spec_for_data, study_columns
    from vm2causal.model.data.structural_data import study_data
    from vm2causal.spec import read_model

    frame = read_study(study)
    adapted = spec_for_data(read_model("onderzoeksmodel-2012"), study_columns(frame))
    return study_data(adapted.spec, frame)


def simulated_study(folder: str, seed: int, experiments: int | None = None) -> Path:
    """A study in a folder, as ``vm2causal study simulate`` writes it."""
    from vm2causal.inputs.published.reading import read_published
    from vm2causal.simulate import default_truth, simulate_study, write_simulated
    from vm2causal.spec import read_model

    spec = read_model("onderzoeksmodel-2012")
    truth = default_truth(spec, tables=read_published())
    study = Path(folder) / "study"
    frame = simulate_study(spec, truth, seed=seed, experiments=experiments)
    write_simulated(frame, truth, study, seed=seed)
    return study


def kernel_run(data: Any, began: float, tune: int, draws: int) -> tuple[Any, Any, Run]:
    """Layout, named posterior and measurements of data fitted with the kernel."""
    from vm2causal.model.sampler.compiled_model import compiled_program, named_draws
    from vm2causal.model.sampler.coordinates import sampler_program
    from vm2causal.model.sampler.densities import PARAMETERS
    from vm2causal.model.sampler.sampling import TRAJECTORY
    from vm2causal.model.structural_layout import structural_layout

    layout = structural_layout(data)
    program = sampler_program(layout)
    compiled = compiled_program(layout, program)
    tree, run = drawn(compiled, tune, draws, **TRAJECTORY)
    values = tree["posterior"][PARAMETERS].transpose("chain", "draw", ...).to_numpy()
    posterior = named_draws(layout, values)
    run |= {
        "total": time.time() - began,
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "parameters": program.size,
        "cells": sum(len(cells.unit) for cells in data.cells.values()),
        "operations": len(program.ops),
        "gradient": gradient_seconds(compiled, program.size),
        "gradient_python": python_gradient_seconds(program),
        "ess": smallest_ess(posterior),
    }
    return layout, posterior, run


def python_gradient_seconds(program: Any) -> float:
    """The same of ``Program.log_density``."""
    import numpy as np

    point = np.random.default_rng(SEED).normal(0.0, 0.1, program.size)
    return median_seconds(lambda: program.log_density(point))


def ours(study: Path, began: float, tune: int, draws: int) -> Run:
    """The shipped study with the kernel, then every arrow weighed."""
    layout, posterior, run = kernel_run(structural_data(study), began, tune, draws)
    from vm2causal.effects.arrows import arrow_table
    from vm2causal.effects.forward import Forward

    started = time.perf_counter()
    table = arrow_table(Forward(layout, posterior))
    run |= {"effects": time.perf_counter() - started, "arrows": len(table)}
    run["peak_mib"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return run


def plain(study: Path, began: float, _tune: int, draws: int) -> Run:
    """The same in straightforward PyMC."""
    import nutpie
    from structural_plain import plain_model, read_plain

    experiments, cells = read_plain(study)
    model = plain_model(experiments, cells)
    started = time.perf_counter()
    compiled = nutpie.compile_pymc_model(model)
    compiling = time.perf_counter() - started
    tree, run = drawn(compiled, NUTPIE_TUNE, draws)
    return run | {
        "total": time.time() - began,
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "compiling": compiling,
        "parameters": int(compiled.n_dim),
        "cells": len(cells),
        "gradient": gradient_seconds(compiled, compiled.n_dim),
        "ess": smallest_ess(tree["posterior"].to_dataset()),
    }


def second(study: Path, began: float, tune: int, draws: int) -> Run:
    """A study of the same shape after the first, in one process."""
    import tempfile

    _, _, first = kernel_run(structural_data(study), began, tune, draws)
    with tempfile.TemporaryDirectory() as folder:
        other = simulated_study(folder, SEED)
        started = time.time()
        _, _, again = kernel_run(structural_data(other), started, tune, draws)
    return {"first": first, "second": again}


def pupils(study: Path, began: float, tune: int, draws: int) -> Run:
    """The shipped study, and the same with ten million pupils in its cells."""
    from dataclasses import replace

    data = structural_data(study)
    factor = round(TEN_MILLION / data.weights.sum())
    many = {
        name: replace(cells, events=cells.events * factor, trials=cells.trials * factor)
        for name, cells in data.cells.items()
    }
    _, _, few_run = kernel_run(data, began, tune, draws)
    _, _, many_run = kernel_run(replace(data, cells=many), began, tune, draws)
    return {"few": few_run, "many": many_run, "factor": factor}


def outcome_table(study: Path) -> Any:
    """Pupils at risk of vsv per cell, beside what their experiment is like."""
    import pandas as pd

    from vm2causal.inputs.study.files import read_study
    from vm2causal.inputs.study.flows import yearly_flows

    frame = read_study(study)
    flows = yearly_flows(frame)
    flows = flows[flows["vsv_van"] > 0].reset_index(drop=True)
    kept = flows.groupby("experiment")[["binding", "binding_van"]].sum()
    share = (kept["binding"] + 1) / (kept["binding_van"] + 2)
    columns = ["experiment", "school", "sector", "tranche"]
    table = flows.merge(frame.experiments[columns], on="experiment")
    table = table.assign(gebleven=table["experiment"].map(share), jaar=table["jaar"].astype(str))
    names = [*columns, "jaar", "geslacht", "leeftijd", "lwoo", "gebleven", "vsv", "vsv_van"]
    return pd.DataFrame({name: table[name].to_numpy() for name in names})


OUTCOME_MODEL = """
schema: vm2causal/model/1
name: outcome
variables:
  gebleven: {kind: continuous}
  tranche: {kind: binary, levels: [T1, T2]}
  jaar: {kind: nominal, levels: ["1", "2", "3", "4"], reference: "1"}
  geslacht: {kind: binary, levels: [meisje, jongen]}
  leeftijd: {kind: nominal, levels: [jonger, gemiddeld, ouder], reference: jonger}
  lwoo: {kind: binary, levels: [nee, ja]}
  vsv: {kind: count, trials: vsv_van}
arrows:
  - {from: gebleven, to: vsv}
  - {from: tranche, to: vsv}
  - {from: jaar, to: vsv}
  - {from: geslacht, to: vsv}
  - {from: leeftijd, to: vsv}
  - {from: lwoo, to: vsv}
groups: [experiment, school, sector]
"""


def outcome(study: Path, began: float, tune: int, draws: int) -> Run:
    """The regression of vsv alone with the kernel, on the table in ``study``."""
    import pandas as pd

    from vm2causal.model.data.structural_data import table_data
    from vm2causal.spec import read_model

    model = study.with_suffix(".yaml")
    model.write_text(OUTCOME_MODEL, encoding="utf-8")
    table = pd.read_csv(study, dtype={"jaar": str})
    return kernel_run(table_data(read_model(model), table), began, tune, draws)[2]


def bambi(study: Path, began: float, _tune: int, draws: int) -> Run:
    """The same regression in Bambi, as it comes."""
    import bambi as bmb
    import pandas as pd

    table = pd.read_csv(study, dtype={"jaar": str})
    model = bmb.Model(
        "p(vsv, vsv_van) ~ gebleven + tranche + jaar + geslacht + leeftijd + lwoo"
        " + (1 | experiment) + (1 | school) + (1 | sector)",
        table,
        family="binomial",
    )
    tree = model.fit(
        draws=draws, tune=PYMC_TUNE, chains=4, cores=2, random_seed=SEED, progressbar=False
    )
    return {
        "total": time.time() - began,
        # without compiling
        "sampling": float(tree["posterior"].attrs["sampling_time"]),
        "kept_share": draws / (draws + PYMC_TUNE),
        "divergences": int(tree["sample_stats"]["diverging"].sum()),
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "cells": len(table),
        "ess": smallest_ess(tree["posterior"].to_dataset()),
    }


SIDES: dict[str, Callable[[Path, float, int, int], Run]] = {
    "ours": ours,
    "plain": plain,
    "second": second,
    "pupils": pupils,
    "outcome": outcome,
    "bambi": bambi,
}


def main() -> None:
    """Run one side."""
    side, study, began, tune, draws = sys.argv[1:]
    print(json.dumps(SIDES[side](Path(study), float(began), int(tune), int(draws))))


if __name__ == "__main__":
    main()
