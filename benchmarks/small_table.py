"""How long a small table takes from process start: a fit, its effects, and the same in pathmc.

A table of 1,200 rows with three equations is simulated. Sides take turns, each in a process of its
own, so that what else the machine does weighs on all alike; printed are the median seconds of each
and their ratios to the first. The first round fills the caches of compiled code and is not counted.

Run with ``uv run python benchmarks/small_table.py --rounds 5``. ``--peer PYTHON`` names an
interpreter that has pathmc: ``uv venv peer``, then
``uv pip install --python peer/bin/python pathmc nutpie``. ``--before PYTHON`` names one that has
another version of vm2causal.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import vm2causal as vm

ARROWS = (
    "entry -> tutoring -> absence -> passed; entry -> absence; entry -> passed; tutoring -> passed"
)
SIZES = {"tutoring->passed": 0.8, "tutoring->absence": -0.5, "absence->passed": -0.6}

PATHMC = """
import arviz as az, pandas as pd, pathmc, sys
model = pathmc.model(
    "tutoring ~ entry\\nabsence ~ entry + tutoring\\npassed ~ entry + tutoring + absence",
    pd.read_csv(sys.argv[1]),
    families={"tutoring": "bernoulli", "passed": "bernoulli"},
)
fitted = model.fit(nuts_sampler="nutpie", random_seed=2013, progressbar=False)
found = az.ess(fitted["posterior"].to_dataset())
print("ESS", round(min(float(item.min()) for item in found.data_vars.values())))
"""
COMMAND = "from vm2causal.cli import main; import sys; sys.argv[0] = 'vm2causal'; main()"


def sides(folder: Path, peer: str | None, before: str | None) -> dict[str, list[str]]:
    """Commands by name."""
    table, model = str(folder / "pupils.csv"), str(folder / "model.yaml")
    found = {}
    for name, python in {"": sys.executable, " before": before}.items():
        if python is not None:
            fit = str(folder / f"fit{name.strip()}")
            start = [python, "-c", COMMAND]
            found[f"fit{name}"] = [*start, "fit", table, "--model", model, "--out", fit]
            found[f"effects{name}"] = [*start, "effects", fit]
    if peer is not None:
        found["pathmc"] = [peer, "-c", PATHMC, table]
    return found


def timed(command: list[str]) -> tuple[float, str]:
    """Seconds that a process took, and what it printed."""
    began = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return time.perf_counter() - began, done.stdout


def main() -> None:
    """Print a line per side."""
    parser = argparse.ArgumentParser(description="A small table from process start.")
    parser.add_argument("--rounds", type=int, default=3, help="Of all sides, beside the first.")
    parser.add_argument("--peer", help="Python that has pathmc.")
    parser.add_argument("--before", help="Python that has another version of vm2causal.")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp())
    try:
        model = vm.Model(ARROWS, binary=["tutoring", "passed"], queries=[("tutoring", "passed")])
        model.save(folder / "model.yaml")
        vm.simulate(model, 1200, effects=SIZES).to_csv(folder / "pupils.csv", index=False)
        commands = sides(folder, options.peer, options.before)
        taken: dict[str, list[float]] = {name: [] for name in commands}
        for turn in range(options.rounds + 1):
            for name, command in commands.items():
                seconds, said = timed(command)
                if turn:
                    taken[name].append(seconds)
                elif name == "pathmc":
                    print(f"pathmc: smallest {said.split('ESS')[-1].strip()} effective draws")
        first = median(taken["fit"])
        for name, seconds in taken.items():
            print(f"{name}: {median(seconds):.1f} s, {median(seconds) / first:.2f} of our fit")
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
