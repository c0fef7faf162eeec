"""How long the re-analysis takes, both sides in one run.

1. All selections and methods in one process against the first one alone (compile once, swap data).
2. ``vm2causal monitor fit`` from process start against a Bambi hierarchical binomial of the same
   table, from process start too.

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


def time_in_one_process() -> list[tuple[str, float]]:
    """Seconds of the first fit with its compilation, and of everything."""
    from vm2causal.inputs.published.reading import read_published
    from vm2causal.model.sampler.sampling import sample_posterior
    from vm2causal.monitor.cohort_data import cohort_data
    from vm2causal.monitor.cohorts import compile_cohort_model, model_data

    tables = read_published()
    began = time.perf_counter()
    everyone = cohort_data(tables, "all")
    compiled = compile_cohort_model(everyone)
    sample_posterior(compiled, data=model_data(everyone, clustered=False), seed=1)
    first = time.perf_counter() - began
    for selection in ("all", "as_intended"):
        data = cohort_data(tables, selection)
        for clustered in (False, True):
            if (selection, clustered) != ("all", False):
                sample_posterior(compiled, data=model_data(data, clustered=clustered), seed=1)
    return [("first fit, compiled", first), ("all fits", time.perf_counter() - began)]


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
    """Print both comparisons as a table of ratios."""
    (_, first), (_, everything) = time_in_one_process()
    print(f"{'comparison':<62}{'ratio':>8}")
    print(f"{'all selections and methods / the first one alone':<62}{everything / first:>8.2f}")
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
