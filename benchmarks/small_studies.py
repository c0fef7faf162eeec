"""How well the sampler moves in small simulated studies with missing levels.

There the standard deviation of experiments may come near zero, and the posterior has separate
peaks. Every study is fitted with the defaults of ``vm2causal fit``; printed are, per study, the
divergences of each fit and the smallest bulk ESS of each, and its time against the first study's.

Run with ``uv run python benchmarks/small_studies.py``; ``--fits 2`` fits each study twice only.
"""

from __future__ import annotations

import argparse
import tempfile
from typing import Any

STUDIES = ((12, 3), (12, 5), (36, 3), (36, 4), (36, 5))
"""Experiments and seed of each simulated study."""


def study_layout(experiments: int, seed: int) -> Any:
    """Layout of a simulated study."""
    from structural_sides import simulated_study, structural_data

    from vm2causal.model.structural_layout import structural_layout

    with tempfile.TemporaryDirectory() as folder:
        return structural_layout(structural_data(simulated_study(folder, seed, experiments)))


def measured(layout: Any, fits: int) -> tuple[list[int], list[int], float]:
    """Divergences and smallest ESS of fits with seeds from 1, and the seconds all took."""
    from structural_sides import smallest_ess

    from vm2causal.model.sampler.coordinates import sampler_program
    from vm2causal.model.sampler.sampling import sample_structural
    from vm2causal.model.structural_fit import SETTINGS

    program = sampler_program(layout)
    divergences, smallest, seconds = [], [], 0.0
    for seed in range(1, fits + 1):
        tree = sample_structural(layout, program, seed=seed, settings=SETTINGS)
        seconds += tree.attrs["sampling_seconds"]
        divergences.append(int(tree["sample_stats"]["diverging"].sum()))
        smallest.append(round(smallest_ess(tree["posterior"].to_dataset())))
    return divergences, smallest, seconds


def main() -> None:
    """Print one line per study."""
    parser = argparse.ArgumentParser(description="Small simulated studies with missing levels.")
    parser.add_argument("--fits", type=int, default=8, help="Of each study, with seeds from 1.")
    options = parser.parse_args()
    first = 0.0
    for experiments, seed in STUDIES:
        found, smallest, seconds = measured(study_layout(experiments, seed), options.fits)
        first = first or seconds
        print(
            f"{experiments} experiments, seed {seed}: divergences {found} ({sum(found)}), "
            f"smallest ESS {smallest}, time {seconds / first:.1f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
