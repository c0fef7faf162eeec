"""How near simulated studies come to the published margins: the table of docs/simulator.md.

Run with ``uv run python benchmarks/simulator_margins.py``. The mean and standard deviation are
those of 200 studies of the default truth, seeds 0 to 199.
"""

from __future__ import annotations

import pandas as pd

from vm2causal.inputs.published.reading import read_published
from vm2causal.simulate import default_truth, published_margins, simulate_study, study_margins
from vm2causal.simulate.margins import BOTH
from vm2causal.spec import read_model

STUDIES = 200

PARTS = {"all": "all", "as_intended": "as intended"}


def margins() -> pd.DataFrame:
    """Published percentage, and mean and standard deviation of the simulated ones."""
    spec, tables = read_model("onderzoeksmodel-2012"), read_published()
    truth = default_truth(spec, tables=tables)
    simulated = pd.concat(
        [study_margins(simulate_study(spec, truth, seed=seed)) for seed in range(STUDIES)],
        axis="columns",
    )
    return pd.DataFrame(
        {
            "published": published_margins(tables),
            "mean": simulated.mean(axis="columns"),
            "sd": simulated.std(axis="columns"),
        }
    ).dropna()


def main() -> None:
    print("| | tranche | of | year | published | mean | sd |")
    print("|---|---|---|---|---|---|---|")
    for (quantity, tranche, part, year), row in margins().iterrows():
        # by sector: how many stopped, over both tranches; single cells hold few experiments
        if part not in PARTS and (quantity, tranche) != ("gestopt", BOTH):
            continue
        shown = [quantity, tranche, PARTS.get(part, part), year or ""]
        numbers = [f"{row[name]:.1f}" for name in ("published", "mean", "sd")]
        print(f"| {' | '.join(map(str, shown + numbers))} |")


if __name__ == "__main__":
    main()
