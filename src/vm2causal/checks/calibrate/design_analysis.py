"""What a study of a given size could show: simulated, fitted, and counted per arrow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from vm2causal.effects.verdict import Verdict
from vm2causal.inputs.rows import row_dicts
from vm2causal.model.sampler.sampling import REFIT_SETTINGS, SamplerSettings
from vm2causal.model.structural_parameters import Priors
from vm2causal.refits import Task, put_json, put_spec, spawned_seeds
from vm2causal.simulate import Term, Truth
from vm2causal.spec import CausalSpec

ASSURED: Final = 0.8
"""Probability of support from which an arrow is said to be weighable."""
SETTINGS: Final = REFIT_SETTINGS
"""Of each refit."""
RUN: Final = "vm2causal.checks.calibrate.design_run:run_design"

_NAMES: Final = ["cause", "effect", "contrast", "effect_level"]


@dataclass(frozen=True)
class DesignAnalysis:
    """What studies of several sizes could show.

    Parameters
    ----------
    table
        One row per number of ``experiments`` and arrow (or level of it): the ``true`` effect as
        the truth states it (None where it states none), mean ``width`` of the standardised
        interval where the arrow could be tested, ``wrong`` (share of simulations whose interval
        excludes 0 on the wrong side, or at all where the truth is 0), ``assurance`` and a share
        per verdict.
        The share ``ondersteund`` of an effect that is there is its assurance, with that of
        ``een_effect`` where the model expects no sign.
    simulations
        Finished ones per number of experiments.
    failures
        Tasks without a result, and why.
    """

    table: pd.DataFrame
    simulations: Mapping[int, int]
    failures: Mapping[str, str] = field(default_factory=dict)

    def weighable(self, experiments: int) -> pd.DataFrame:
        """Arrows with a true effect that so many experiments support often enough.

        Parameters
        ----------
        experiments
            A size among those that were simulated.
        """
        real = self.real(experiments)
        return real[real["assurance"] >= ASSURED]

    def real(self, experiments: int) -> pd.DataFrame:
        """Arrows with a true effect.

        Parameters
        ----------
        experiments
            A size among those that were simulated.
        """
        own = self.table[self.table["experiments"] == experiments]
        return own[own["true"].notna() & (own["true"] != 0)]


def design_tasks(
    spec: CausalSpec,
    truth: Truth,
    *,
    experiments: Sequence[int],
    simulations: int,
    folder: Path,
    seed: int,
    level: float = 0.95,
    priors: Priors = Priors.NEUTRAL,
    settings: SamplerSettings = SETTINGS,
) -> list[Task]:
    """Tasks of a design analysis.

    Parameters
    ----------
    spec
        The causal model, as read from its file.
    truth
        From which studies are drawn.
    experiments
        Sizes of study.
    simulations
        Studies of each size; more of them keep the first ones as they are.
    folder
        Of the batch; what all tasks share is written there.
    seed
        Of the random numbers, 0 or more; the same seed gives the same result.
    level
        Probability that each interval holds, between 0 and 1.
    priors
        ``neutral`` (around no effect), ``evidence`` (those that arrows carry) or ``weak``
        (neutral, twice as wide).
    settings
        Draws, tuning steps and chains of the sampler.
    """
    fixed = {
        "spec": put_spec(spec, folder),
        "truth": put_json(truth.model_dump(mode="json", by_alias=True), folder),
        "level": level,
        "priors": priors.value,
        "settings": asdict(settings),
    }
    return [
        Task(f"{size}-experiments-{number + 1:04d}", RUN, {**fixed, "experiments": size}, own)
        for size in experiments
        for number, own in enumerate(spawned_seeds(seed, simulations))
    ]


def sum_up(
    tasks: Sequence[Task],
    values: Mapping[str, Mapping[str, Any]],
    failures: Mapping[str, str],
    *,
    spec: CausalSpec,
    truth: Truth,
) -> DesignAnalysis:
    """Count over simulations, per size and arrow.

    Parameters
    ----------
    tasks
        Of :func:`design_tasks`.
    values
        By task, as :func:`~vm2causal.checks.calibrate.design_run.run_design` returns it.
    failures
        By task, why it has no value.
    spec
        The causal model, as read from its file.
    truth
        What is true in the simulated studies.
    """
    sizes = {task.name: int(task.arguments["experiments"]) for task in tasks}
    rows = [
        {"experiments": sizes[name], **arrow}
        for name, value in values.items()
        for arrow in value["arrows"]
    ]
    done = pd.Series([sizes[name] for name in values], dtype=np.int64).value_counts()
    counts = {size: int(done.get(size, 0)) for size in dict.fromkeys(sizes.values())}
    found = pd.DataFrame(rows, columns=["experiments", *_NAMES, "verdict", "lower", "upper"])
    order = {arrow.key: place for place, arrow in enumerate(spec.arrows)}
    grouped = found.groupby(["experiments", *_NAMES], dropna=False, sort=False)
    table = pd.DataFrame(
        [
            {name: part[name].iloc[0] for name in ("experiments", *_NAMES)}
            | _counted(part, _true_effect(spec, truth, part.iloc[0]), counts)
            for _, part in grouped
        ]
    )
    place = [order.get((row["cause"], row["effect"]), len(order)) for row in row_dicts(table)]
    table = table.assign(place=place).sort_values(["experiments", "place"], kind="stable")
    table = table.drop(columns="place").reset_index(drop=True)
    table[_NAMES] = table[_NAMES].astype(object).where(table[_NAMES].notna(), None)
    return DesignAnalysis(table, counts, dict(failures))


def _counted(part: pd.DataFrame, true: float | None, counts: Mapping[int, int]) -> dict[str, Any]:
    """Shares of all simulations; an arrow that a study could not even hold was not testable."""
    simulations = counts[int(part["experiments"].iloc[0])]
    testable = part[part["verdict"] != Verdict.NIET_TOETSBAAR.value]
    lower, upper = testable["lower"].astype(float), testable["upper"].astype(float)
    verdicts = part["verdict"].value_counts()
    shares = {item.value: float(verdicts.get(item.value, 0) / simulations) for item in Verdict}
    shares[Verdict.NIET_TOETSBAAR.value] += (simulations - len(part)) / simulations
    wrong = None
    if true is not None:
        above, below = lower > 0, upper < 0
        beyond = above | below if true == 0 else (below if true > 0 else above)
        wrong = float(beyond.sum() / simulations)
    width = float((upper - lower).mean()) if len(testable) else None
    assurance = shares[Verdict.ONDERSTEUND.value] + shares[Verdict.EEN_EFFECT.value]
    return {"true": true, "width": width, "wrong": wrong, "assurance": assurance} | shares


def _true_effect(spec: CausalSpec, truth: Truth, row: pd.Series[Any]) -> float | None:
    nominal = spec.variables[row["cause"]].kind.unordered
    contrast = row["contrast"]
    level = contrast.split(" vs ")[0] if nominal and isinstance(contrast, str) else None
    outcome = row["effect_level"] if isinstance(row["effect_level"], str) else None
    return truth.effects.get(str(Term(row["cause"], row["effect"], level, outcome)))
