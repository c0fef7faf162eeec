"""How long the re-analysis takes, both sides in one run.

1. All selections and methods in one process: with the density that is compiled already against the
   ``pm.Model``, cold (its compilation counted) and warm (sampling alone).
2. ``vm2causal monitor fit`` from process start against a Bambi hierarchical binomial of the same
   table, from process start too.

Seconds of the processor as well as of the clock: a machine that others use too has both.

Run with ``uv run --group bench python benchmarks/monitor_speed.py``; add ``--skip-bambi`` to leave
the second part out.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

OURS = "from vm2causal.cli import main; main()"

BAMBI = """
import sys
import bambi as bmb
import pandas as pd

table = pd.read_csv(sys.argv[1])
model = bmb.Model(
    "p(events, at_risk) ~ 0 + interval + interval:calendar + interval:site + vm2:outcome"
    " + (0 + vm2 | interval)",
    table,
    family="binomial",
)
fit = model.fit(draws=1500, tune=1000, chains=4, cores=2, random_seed=1, progressbar=False)
import arviz as az

print("divergences", int(fit["sample_stats"]["diverging"].sum()))
ess = az.ess(fit["posterior"].to_dataset())
print("smallest ESS", min(float(values.min()) for values in ess.data_vars.values()))
"""


SIDES = ("compiled already", "pm.Model")


def time_in_one_process() -> dict[str, list[float]]:
    """Of each side: seconds by the clock and of the processor to compile, then those to sample.

    The sides take turns, fit by fit, so that what else runs on the machine slows both.
    """
    from vm2causal.inputs.published.reading import read_published
    from vm2causal.model.sampler.sampling import compile_model
    from vm2causal.monitor.cohort_data import cohort_data
    from vm2causal.monitor.cohort_sampling import sample_cohorts
    from vm2causal.monitor.cohorts import cohort_model, model_data

    tables = read_published()
    data = {selection: cohort_data(tables, selection) for selection in ("all", "as_intended")}
    began = both_clocks()
    compiled = compile_model(cohort_model(data["all"]))
    spent = {SIDES[0]: [0.0] * 4, SIDES[1]: [*since(began), 0.0, 0.0]}
    for selected in data.values():
        for clustered in (False, True):
            values = model_data(selected, clustered=clustered)
            for side, model in zip(SIDES, (None, compiled), strict=True):
                began = both_clocks()
                sample_cohorts(values, compiled=model, seed=1)
                for place, seconds in enumerate(since(began)):
                    spent[side][2 + place] += seconds
    return spent


def both_clocks() -> tuple[float, float]:
    return time.perf_counter(), time.process_time()


def since(began: tuple[float, float]) -> tuple[float, float]:
    wall, own = both_clocks()
    return wall - began[0], own - began[1]


def bambi_table(folder: Path) -> Path:
    """Write the intervals of the cohort model as counts, one row per group."""
    import numpy as np
    import pandas as pd

    from vm2causal.inputs.published.reading import read_published
    from vm2causal.monitor.cohort_data import cohort_data

    data = cohort_data(read_published(), "all")
    pupils = np.sqrt(data["pupils_lower"] * data["pupils_upper"])
    rows = [
        {
            "interval": key.replace(" ", "_"),
            "outcome": str(cell["outcome_of"].item()),
            "calendar": int(group in {"vm2", "landelijk"}),
            "site": int(group in {"vm2", "voorgaand"}),
            "vm2": int(group == "vm2"),
            "at_risk": round(float(cell["risk"].sel(group=group) * n)),
            "events": round(float(cell["events"].sel(group=group) * n)),
        }
        for key in map(str, data["interval"].to_numpy())
        for cell in [data.sel(interval=key)]
        for group in map(str, data["group"].to_numpy())
        for n in [float(pupils.sel(tranche=str(cell["tranche_of"].item()), group=group))]
    ]
    path = folder / "table.csv"
    pd.DataFrame(rows).to_csv(path, index=False)
    return path


def seconds(*command: str) -> float:
    """Wall-clock seconds of a process; its own lines go to standard error."""
    began = time.perf_counter()
    done = subprocess.run([sys.executable, *command], capture_output=True, text=True, check=True)
    if done.stdout and not done.stdout.startswith("{"):
        print(done.stdout.strip(), file=sys.stderr)
    return time.perf_counter() - began


def main() -> None:
    """Print both comparisons as ratios."""
    spent = time_in_one_process()
    ours, theirs = (spent[side] for side in SIDES)
    print(f"{'four fits, compiled already / pm.Model':<62}{'clock':>8}{'CPU':>8}")
    cold = [(ours[k] + ours[k + 2]) / (theirs[k] + theirs[k + 2]) for k in range(2)]
    warm = [ours[k + 2] / theirs[k + 2] for k in range(2)]
    for name, ratios in (("cold: compilation and sampling", cold), ("warm: sampling", warm)):
        print(f"{name:<62}{ratios[0]:>8.2f}{ratios[1]:>8.2f}")
    for side in SIDES:
        seconds_of = ", ".join(f"{value:.1f}" for value in spent[side])
        print(f"{side}: compile clock, CPU; sample clock, CPU [s]: {seconds_of}", file=sys.stderr)
    if "--skip-bambi" in sys.argv:
        return
    with tempfile.TemporaryDirectory() as folder:
        table = bambi_table(Path(folder))
        ours = seconds("-c", OURS, "monitor", "fit", "--json")
        bambi = seconds("-c", BAMBI, str(table))
    label = "vm2causal monitor fit / Bambi hierarchical binomial, from start"
    print(f"{label:<62}{ours / bambi:>8.2f}")


if __name__ == "__main__":
    main()
