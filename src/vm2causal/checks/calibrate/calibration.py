"""Simulation-based calibration: of the structural model planned, of any model judged.

Over parameters drawn from the prior and data drawn from them, the rank of every true value among
posterior draws is uniform if the sampler, the program and the generator are right.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from vm2causal.checks.calibrate.rank_spread import spread
from vm2causal.checks.calibrate.ranks import RANK_DRAWS
from vm2causal.checks.gate.rank_uniformity import holm, uniformity
from vm2causal.checks.replicate.simulated_data import completed
from vm2causal.effects.verdict import Verdict, rope_width
from vm2causal.model.data.structural_data import StructuralData
from vm2causal.model.sampler.sampling import REFIT_SETTINGS, SamplerSettings
from vm2causal.model.structural_parameters import Priors
from vm2causal.refits import Task, put_data, spawned_seeds

ALPHA: Final = 0.05
"""How often a right model may be called wrong, over all quantities together."""
SIMULATIONS: Final = 400
"""Unless told otherwise: they find 95% intervals that cover 90% four times in five."""
SHORTFALLS: Final = (0.90, 0.84)
"""Real coverages of 95% intervals for which a calibration says how likely it would find them."""
COVERAGES: Final = (0.5, 0.8, 0.95)
"""Central intervals whose coverage is counted."""
SIZES: Final = (0.0, 1.0, 2.5, 5.0, np.inf)
"""Bounds of true effect sizes, in half-widths of the region of practical equivalence."""
SETTINGS: Final = REFIT_SETTINGS
"""Of each refit: a thousand draws, of which 99 are ranked among."""

_OPEN: Final = tuple(
    item for item in Verdict if item not in (Verdict.NIET_TOETSBAAR, Verdict.EEN_EFFECT)
)
"""Verdicts on a coefficient whose sign is expected, and that data can weigh."""

_DERIVED: Final = ("total[", "indirect[", "log_density", "risk_difference[", "log_odds[")
"""How names of quantities begin that follow from parameters and data."""

RUN: Final = "vm2causal.checks.calibrate.calibration_run:run_simulation"


@dataclass(frozen=True)
class Calibration:
    """What a calibration found.

    Parameters
    ----------
    ranks
        One row per simulation, one column per quantity; missing where the data of a simulation do
        not define the quantity.
    table
        Per quantity: ``quantity``, ``derived``, ``simulations``, ``mean_rank`` (as a share, 0.5
        expected), ``spread`` (size of errors over the size that posteriors claim, 1 expected),
        ``p_value`` (twice the smaller of that of the whole distribution of ranks and that of their
        spread), ``adjusted`` (Holm, over all quantities), ``flagged``, and the coverage of central
        intervals.
    verdicts
        Per size of the true coefficient: how often which verdict, and which of them are wrong.
    divergences
        Simulations with any divergence.
    failures
        Tasks without a result, and why.
    redrawn
        Simulated data that no fit can be asked of, and that were drawn again.
    """

    ranks: pd.DataFrame = field(repr=False)
    table: pd.DataFrame
    verdicts: pd.DataFrame
    divergences: int
    failures: Mapping[str, str]
    redrawn: int = 0

    @property
    def passed(self) -> bool:
        """Whether no quantity is flagged and every simulation has a result."""
        return not self.table["flagged"].any() and not self.failures

    def power(self, coverage: float) -> float:
        """Probability that one quantity whose 95% intervals cover so often had been found.

        By the test of its spread alone, after the correction for the number of quantities, and by
        the fewest simulations that define any quantity: of the others it is larger.

        Parameters
        ----------
        coverage
            True coverage of intervals that claim 95%, between 0 and 1.
        """
        number = int(self.table["simulations"].min())
        return spread(number, RANK_DRAWS).power(coverage, alpha=ALPHA / (2 * len(self.table)))


def calibration_tasks(
    data: StructuralData,
    *,
    folder: Path,
    simulations: int,
    seed: int,
    priors: Priors = Priors.NEUTRAL,
    settings: SamplerSettings = SETTINGS,
    function: str = RUN,
) -> list[Task]:
    """Tasks of a calibration.

    Parameters
    ----------
    data
        A template: its units, groups, variables without causes, trials and missing answers stay.
    folder
        Of the batch.
    simulations
        More of them keep the first ones as they are.
    seed
        Of the random numbers, 0 or more; the same seed gives the same result.
    priors
        ``neutral`` (around no effect), ``evidence`` (those that arrows carry) or ``weak``
        (neutral, twice as wide).
    settings
        Draws, tuning steps and chains of the sampler.
    function
        What runs a task, as ``module:function``.
    """
    template = put_data(completed(data, seed=seed), folder)
    arguments = {"data": template, "priors": priors.value, "settings": asdict(settings)}
    return [
        Task(f"simulation-{number + 1:04d}", function, arguments, own)
        for number, own in enumerate(spawned_seeds(seed, simulations))
    ]


def judge(
    values: Mapping[str, Mapping[str, Any]], failures: Mapping[str, str] | None = None
) -> Calibration:
    """Judge what came of the tasks.

    Parameters
    ----------
    values
        By task, as :func:`~vm2causal.checks.calibrate.calibration_run.simulation` or
        :func:`~vm2causal.monitor.cohort_calibration.cohort_simulation` returns it.
    failures
        By task, why it has no value.
    """
    runs = list(values.values())
    ranks = pd.DataFrame([run["ranks"] for run in runs], index=list(values))
    return Calibration(
        ranks=ranks,
        table=_rank_table(ranks),
        verdicts=verdict_rates(
            [row for run in runs for row in run["weights"].values()],
        ),
        divergences=sum(run["divergences"] > 0 for run in runs),
        failures=dict(failures or {}),
        redrawn=sum(run.get("redrawn", 0) for run in runs),
    )


def _rank_table(ranks: pd.DataFrame) -> pd.DataFrame:
    null = {
        # two tests per quantity
        number: uniformity(number, RANK_DRAWS, quantities=2 * ranks.shape[1])
        for number in sorted(set(ranks.notna().sum()))
    }
    rows = []
    for name in ranks.columns:
        known = ranks[name].dropna().to_numpy(np.int64)
        scores = spread(len(known), RANK_DRAWS)
        smaller = min(null[len(known)].p_value(known), scores.p_value(known))
        place = (known + 0.5) / (RANK_DRAWS + 1)
        rows.append(
            {
                "quantity": name,
                "derived": name.startswith(_DERIVED),
                "simulations": len(known),
                "mean_rank": float(place.mean()),
                "spread": scores.ratio(known),
                "p_value": min(2 * smaller, 1.0),
            }
            | {
                f"coverage_{round(100 * level)}": float((abs(place - 0.5) < level / 2).mean())
                for level in COVERAGES
            }
        )
    table = pd.DataFrame(rows)
    adjusted = holm(table["p_value"].to_numpy(np.float64))
    return table.assign(adjusted=adjusted, flagged=adjusted < ALPHA)


def coverage_by_kind(found: Calibration) -> pd.DataFrame:
    """Mean coverage per kind of quantity, where what all of a kind have in common shows.

    Parameters
    ----------
    found
        Of :func:`judge`.

    Returns
    -------
    pandas.DataFrame
        ``kind`` (a name without its label), ``number`` of quantities, a mean coverage per central
        interval and, as ``error_80``, the standard error of that of 80% over simulations, which
        allows for quantities of one simulation being dependent; in the order of the quantities.
    """
    levels = [f"coverage_{round(100 * level)}" for level in COVERAGES]
    kind = found.table["quantity"].str.partition("[")[0].rename("kind")
    grouped = found.table.groupby(kind, sort=False)
    place = (found.ranks + 0.5) / (RANK_DRAWS + 1)
    covered = (abs(place - 0.5) < 0.4).where(found.ranks.notna()).astype(float)
    shares = covered.T.groupby(kind.to_numpy(), sort=False).mean().T
    return grouped[levels].mean().assign(number=grouped.size(), error_80=shares.sem()).reset_index()


def verdict_rates(weights: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """How often which verdict, by size of the true coefficient.

    Parameters
    ----------
    weights
        Of each the ``true`` coefficient, whether its effect is on the ``logit`` scale, and the
        ``verdict`` of a model that expects the true sign.

    Returns
    -------
    pandas.DataFrame
        ``smallest`` and ``largest`` size (in half-widths of the region of practical equivalence),
        ``number``, and a share per verdict. ``tegengesproken`` is always an error: the interval
        excludes 0 on the wrong side and is not practically nothing; ``geen_aanwijzing`` is one
        where the size is above 1.
    """
    found = pd.DataFrame(weights, columns=["true", "logit", "verdict"])
    width = np.where(found["logit"].astype(bool), rope_width(True), rope_width(False))
    size: pd.Series[float] = found["true"].abs() / width
    rows = []
    for smallest, largest in pairwise(SIZES):
        part = found["verdict"][(size >= smallest) & (size < largest)]
        if len(part):
            shares = {item.value: float((part == item.value).mean()) for item in _OPEN}
            rows.append({"smallest": smallest, "largest": largest, "number": len(part)} | shares)
    return pd.DataFrame(rows)
