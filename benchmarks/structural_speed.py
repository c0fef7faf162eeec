"""Speed and memory of the structural model, against straightforward PyMC and Bambi.

Every side runs in a process of its own and is timed from its start, on two cores: with empty
compile caches, and with the caches that the first run filled. Where a run does not end on a
smallest bulk ESS of 400, its kept draws are scaled to that; warm-up and everything before are not.

Run with ``uv run --group bench python benchmarks/structural_speed.py``; ``--only warm,bambi`` runs
some parts, ``--tune`` and ``--draws`` change the length of our chains. Other sides warm up as long
as their samplers do by themselves.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

DEMO = Path(__file__).resolve().parent.parent / "data" / "demo"
SIDES = Path(__file__).with_name("structural_sides.py")
ESS = 400
CORES = 2

Run = dict[str, Any]
Row = tuple[str, float, float]
"""What is compared, the figure, and the most it may be."""


class Bench:
    """Runs sides with one pair of compile caches, and shows what they measured."""

    def __init__(self, folder: Path, tune: int, draws: int, seed: int) -> None:
        self.folder = folder
        self.seed = seed
        self.tune = tune
        self.draws = draws
        self.warm: dict[str, Run] = {}

    def run(self, side: str, study: Path = DEMO, *, cache: str = "warm") -> Run:
        """Measure one side; its caches are those of ``cache``, made where they are not there."""
        places = self.folder / cache
        environment = os.environ | {
            "BENCH_SEED": str(self.seed),
            "NUMBA_CACHE_DIR": str(places / "numba"),
            "PYTENSOR_FLAGS": f"base_compiledir={places / 'pytensor'}",
        }
        arguments = [str(study), str(time.time()), str(self.tune), str(self.draws)]
        done = subprocess.run(
            [sys.executable, str(SIDES), side, *arguments],
            stdout=subprocess.PIPE,
            env=environment,
            text=True,
            check=True,
        )
        measured: Run = json.loads(done.stdout.splitlines()[-1])
        for name, part in measured.items():
            if isinstance(part, dict):
                show(f"{side}, {name}", part)
        if "ess" in measured:
            show(f"{side}, {cache}", measured)
        return measured

    def twice(self, side: str, study: Path = DEMO) -> tuple[Run, Run]:
        """With empty caches, then with those that this filled."""
        cache = f"{side} alone"
        return self.run(side, study, cache=cache), self.run(side, study, cache=cache)

    def warmed(self, side: str) -> Run:
        """The run with filled caches, made at most once."""
        if side not in self.warm:
            cold, self.warm[side] = self.twice(side)
            self.warm[f"{side} cold"] = cold
        return self.warm[side]

    def cold(self, side: str) -> Run:
        """The run with empty caches, made at most once."""
        self.warmed(side)
        return self.warm[f"{side} cold"]


def show(title: str, run: Run) -> None:
    """Print every figure of a run, so that the next bottleneck can be seen."""
    figures = ", ".join(
        f"{name} {value:.3g}" if isinstance(value, float) else f"{name} {value}"
        for name, value in run.items()
    )
    print(f"{title}: {figures}", file=sys.stderr)


def seconds(run: Run) -> float:
    """From process start to the ESS that is asked, with the draws that takes."""
    kept = run["sampling"] * run["kept_share"]
    return float(run["total"] - kept + kept * ESS / run["ess"])


def cold(bench: Bench) -> Iterator[Row]:
    """Both sides with empty caches."""
    ratio = seconds(bench.cold("ours")) / seconds(bench.cold("plain"))
    yield "empty caches: ours / plain PyMC", ratio, 0.6


def warm(bench: Bench) -> Iterator[Row]:
    """Both sides with filled caches."""
    ratio = seconds(bench.warmed("ours")) / seconds(bench.warmed("plain"))
    yield "warm caches: ours / plain PyMC", ratio, 1 / 3


def sampling(bench: Bench) -> Iterator[Row]:
    """How near sampling comes to its gradients."""
    run = bench.warmed("ours")
    floor = run["leapfrogs"] * run["gradient"] / CORES
    yield "sampling / (leapfrogs × gradient / cores)", run["sampling"] / floor, 3.0


def bambi(bench: Bench) -> Iterator[Row]:
    """The outcome regression alone."""
    table = bench.folder / "outcome.csv"
    sys.path.insert(0, str(SIDES.parent))
    from structural_sides import outcome_table

    outcome_table(DEMO).to_csv(table, index=False)
    ours, theirs = bench.twice("outcome", table), bench.twice("bambi", table)
    for name, a, b in zip(("empty", "warm"), ours, theirs, strict=True):
        yield f"{name} caches: outcome regression, ours / Bambi", seconds(a) / seconds(b), 0.5


def second(bench: Bench) -> Iterator[Row]:
    """A second study in one process; the first with its imports and with empty caches."""
    run = bench.run("second", cache="second alone")
    first, again = run["first"], run["second"]
    yield "second study / first, all", seconds(again) / seconds(first), 0.25
    before = again["total"] - again["sampling"]
    ratio = before / (first["total"] - first["sampling"])
    yield "second study / first, until sampling", ratio, 0.25


def pupils(bench: Bench) -> Iterator[Row]:
    """Ten million pupils against the shipped number, in the same cells."""
    run = bench.run("pupils")
    few, many = run["few"], run["many"]
    yield "10 million pupils / shipped: sampling", many["sampling"] / few["sampling"], 1.3
    # more pupils make a narrower posterior: this is the same per leapfrog
    each = [part["sampling"] / part["leapfrogs"] for part in (many, few)]
    yield "10 million pupils / shipped: per leapfrog", each[0] / each[1], 1.3


def effects(bench: Bench) -> Iterator[Row]:
    """Every arrow weighed."""
    yield "effects of all arrows, seconds", bench.warmed("ours")["effects"], 10.0


def memory(bench: Bench) -> Iterator[Row]:
    """Largest memory of a fit with its effects."""
    yield "peak memory, GiB", bench.warmed("ours")["peak_mib"] / 1024, 2.0


PARTS: dict[str, Callable[[Bench], Iterator[Row]]] = {
    "cold": cold,
    "warm": warm,
    "sampling": sampling,
    "bambi": bambi,
    "second": second,
    "pupils": pupils,
    "effects": effects,
    "memory": memory,
}


def main() -> None:
    """Print the table of ratios."""
    parser = argparse.ArgumentParser(description="Speed and memory of the structural model.")
    parser.add_argument("--only", default=",".join(PARTS), help="Parts, separated by commas.")
    parser.add_argument("--tune", type=int, default=150)
    parser.add_argument("--draws", type=int, default=1_500)
    parser.add_argument("--seed", type=int, default=1, help="Of chains and of the second study.")
    options = parser.parse_args()
    wanted = options.only.split(",")
    unknown = sorted(set(wanted) - set(PARTS))
    if unknown:
        parser.error(f"no such part: {', '.join(unknown)}; one of {', '.join(PARTS)}")
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder), options.tune, options.draws, options.seed)
        rows = [row for part in wanted for row in PARTS[part](bench)]
    print(f"{'comparison':<52}{'value':>8}{'target':>8}")
    for label, value, most in rows:
        print(f"{label:<52}{value:>8.2f}{most:>8.2f}  {'pass' if value <= most else 'miss'}")


if __name__ == "__main__":
    main()
