"""How often the tests of independences sound an alarm when the model is right.

Data are drawn from the fitted model and put through the same tests. Independences of variables
that the model has no equation for are not among them: it does not say how those come about.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
from scipy.special import betaincinv

from vm2causal.checks.falsify.absent_arrow import SETTINGS
from vm2causal.checks.falsify.falsification import Holding, independence_tasks, judge
from vm2causal.checks.falsify.independence_plan import PlannedTest
from vm2causal.checks.replicate.new_units import replicated
from vm2causal.effects.forward import Forward
from vm2causal.model.sampler.sampling import SamplerSettings
from vm2causal.refits import Results, Task

Run = Callable[[Sequence[Task]], Results]

LEVEL: Final = 0.05
"""Tail probability that counts as an alarm of one test by itself."""


@dataclass(frozen=True)
class FalseAlarms:
    """Alarms on data from the model itself.

    Parameters
    ----------
    replications
        Data sets drawn.
    table
        One row per data set: ``tests``, ``below`` (tails below 5%), ``violated`` (after
        multiplicity is handled) and ``failed`` (tests that did not run or converge).
    """

    replications: int
    table: pd.DataFrame = field(repr=False)

    @property
    def per_test(self) -> float:
        """Share of all tests with a tail below 5%."""
        return float(self.table["below"].sum() / max(int(self.table["tests"].sum()), 1))

    @property
    def per_test_error(self) -> float | None:
        """Its standard error over data sets, whose tests go together; None where there is one."""
        number = len(self.table)
        if number < 2:
            return None
        apart = self.table["below"] - self.per_test * self.table["tests"]
        summed = np.sqrt(float((apart**2).sum()) * number / (number - 1))
        return float(summed / max(int(self.table["tests"].sum()), 1))

    @property
    def any_violated_at_most(self) -> float:
        """Upper end of a one-sided 95% interval of that share (Clopper and Pearson)."""
        number, found = len(self.table), int((self.table["violated"] > 0).sum())
        return float(betaincinv(found + 1, number - found, 0.95)) if found < number else 1.0

    @property
    def any_violated(self) -> float:
        """Share of the data sets in which any independence is called violated."""
        return float((self.table["violated"] > 0).mean())


def measure_false_alarms(
    forward: Forward,
    plan: Sequence[PlannedTest],
    run: Run,
    *,
    folder: Path,
    replications: int,
    seed: int,
    settings: SamplerSettings = SETTINGS,
) -> FalseAlarms:
    """Draw data from the fitted model and test what it implies on them.

    Parameters
    ----------
    forward
        Equations of a fit, with its data and posterior draws.
    plan
        Of :func:`~vm2causal.checks.falsify.independence_plan.plan_tests`.
    run
        Runs tasks.
    folder
        Where finished refits are kept.
    replications
        Data sets to draw, each from another draw of the posterior.
    seed
        Of the random numbers, 0 or more; the same seed gives the same result.
    settings
        Draws, tuning steps and chains of the sampler.
    """
    generated = [test for test in plan if test.effect in forward.layout.predictors_of]
    draws = np.linspace(0, forward.draws - 1, replications).astype(int)
    tasks: list[Task] = []
    for number, draw in enumerate(draws):
        data = replicated(forward, int(draw), seed=seed + number)
        tasks += independence_tasks(
            data,
            generated,
            folder=folder,
            seed=seed + number,
            prefix=_prefix(number),
            settings=settings,
        )
    results = run(tasks)
    rows = []
    for number in range(replications):
        found = judge(generated, results, prefix=_prefix(number))
        planned = sum(test.untested is None for test in generated)
        rows.append(
            {
                "tests": found.tested,
                "below": int((found.table["tail"] < LEVEL).sum()),
                "violated": found.count(Holding.VIOLATED),
                "failed": planned - found.tested,
            }
        )
    return FalseAlarms(replications, pd.DataFrame(rows))


def _prefix(number: int) -> str:
    return f"replicate-{number:03d}/"
