"""How often 95% intervals cover: many small tables with a known truth, each fitted.

``PYTHONPATH=tests uv run python -m effects.calibration`` prints the last table of
docs/calibration.md.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pandas as pd

from effects.declared import declared_link
from vm2causal.effects.arrows import arrow_table
from vm2causal.effects.forward import Forward
from vm2causal.inputs.study.frame import Origin
from vm2causal.model.data.structural_data import table_data
from vm2causal.model.sampler.sampling import SamplerSettings
from vm2causal.model.structural_fit import fit_structural
from vm2causal.simulate import plain_truth, simulate_table
from vm2causal.spec import CausalSpec
from vm2causal.spec.objects import Arrow, Variable

REPLICATIONS: Final = 100
ROWS: Final = 80
HERDS: Final = 10
SETTINGS: Final = SamplerSettings(draws=400, tune=400, chains=2)
DOCUMENT: Final = Path(__file__).parents[2] / "docs" / "calibration.md"

SPEC: Final = CausalSpec(
    name="calibration",
    variables={
        "size": Variable(),
        "plan": Variable(kind="nominal", levels=("none", "some", "full"), reference="none"),
        "trust": Variable(kind="latent", items=("t1", "t2", "t3", "t4"), levels=tuple("12345")),
        "open": Variable(kind="binary", levels=("no", "yes")),
        "grade": Variable(kind="ordinal", levels=("low", "mid", "high")),
        "score": Variable(),
        "cases": Variable(kind="count", trials="of"),
        "quality": Variable(observed=False),
    },
    arrows=[
        Arrow(cause=cause, effect=effect, sign=sign)
        for cause, effect, sign in (
            ("size", "trust", "+"),
            ("size", "open", None),
            ("plan", "grade", "+"),
            ("trust", "open", "+"),
            ("trust", "grade", "-"),
            ("open", "score", "+"),
            ("grade", "score", "+"),
            ("trust", "score", None),
            ("score", "cases", "-"),
            ("plan", "cases", "+"),
            ("grade", "cases", None),
            ("quality", "trust", "+"),
            ("quality", "cases", "-"),
        )
    ],
    rows="units",
    groups=["herd"],
)
"""Every kind of variable; arrows without a sign are drawn as zero."""


def replicate(seed: int) -> pd.DataFrame:
    """Fit one table: a row per arrow with what was declared and whether the interval covers it."""
    truth = plain_truth(SPEC, groups=("herd",))
    table = simulate_table(SPEC, truth, rows=ROWS, groups={"herd": HERDS}, seed=seed)
    data = table_data(SPEC, table, origin=Origin.SYNTHETIC)
    fit = fit_structural(data, seed=seed, settings=SETTINGS)
    arrows = arrow_table(Forward(fit.layout, fit.posterior, draws=800))
    rows = []
    for row in arrows.itertuples():
        if not isinstance(row.link, dict):
            continue
        declared = declared_link(SPEC, truth, row)
        contrast = f" ({row.contrast})" if SPEC.variables[row.cause].kind == "nominal" else ""
        rows.append(
            {
                "arrow": f"{row.cause} → {row.effect}{contrast}",
                "declared": declared,
                "estimate": row.link["mean"],
                "covered": row.link["lower"] <= declared <= row.link["upper"],
                "contradicted": _contradicted(row, declared),
            }
        )
    return pd.DataFrame(rows)


def _contradicted(row: object, declared: float) -> bool:
    """A verdict of the wrong direction; that of an effect of zero is an error of the first kind."""
    if row.verdict not in ("ondersteund", "tegengesproken") or declared == 0:
        return False
    return row.link["mean"] * declared < 0


def coverage(replications: int = REPLICATIONS) -> pd.DataFrame:
    """Share covered per arrow, in the order of the model."""
    drawn = pd.concat([replicate(seed) for seed in range(1, replications + 1)])
    return drawn.groupby("arrow", sort=False).agg(
        declared=("declared", "first"),
        estimate=("estimate", "mean"),
        covered=("covered", "mean"),
        contradicted=("contradicted", "sum"),
    )


def document(found: pd.DataFrame, replications: int = REPLICATIONS) -> str:
    """The section with the table."""
    lines = [
        f"| {arrow} | {row.declared:.2f} | {row.estimate:.2f} | {row.covered:.0%} |"
        for arrow, row in found.iterrows()
    ]
    return "\n".join(
        [
            "## Coverage at declared effects",
            "",
            "How often the 95% interval of an arrow's `link` covers the declared effect:"
            f" {replications} simulated tables of {ROWS} rows",
            f"in {HERDS} herds, one fit each, every kind of variable, a herd effect on each of"
            " them and an unobserved cause",
            "behind two. The priors do not know the truth, and pull it towards zero; an estimate is"
            " the mean of the",
            "posterior means. A share of 100 replications has a standard error of 2%.",
            "",
            "| arrow | declared | mean estimate | covered |",
            "|---|---:|---:|---:|",
            *lines,
            f"| **all** | | | **{found['covered'].mean():.1%}** |",
            "",
            f"Verdicts of the wrong direction: {found['contradicted'].sum():.0f} of"
            f" {len(found) * replications:,}.",
            "",
            "Made by `PYTHONPATH=tests uv run python -m effects.calibration`; the slow tests repeat"
            " it.",
            "",
        ]
    )


if __name__ == "__main__":
    print(document(coverage()))
