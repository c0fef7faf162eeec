"""From a fit on disk to what the data say against its model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final

from vm2causal.checks.falsify.absent_arrow import SETTINGS
from vm2causal.checks.falsify.false_alarms import FalseAlarms, measure_false_alarms
from vm2causal.checks.falsify.falsification import (
    FIRST,
    Independences,
    independence_tasks,
    judge,
    unsettled,
    without_few,
)
from vm2causal.checks.falsify.independence_plan import PlannedTest, plan_tests
from vm2causal.checks.falsify.permuted_graphs import (
    PermutedGraphs,
    permuted_of,
    permuted_task,
    visible_graph,
)
from vm2causal.checks.falsify.result import Falsification
from vm2causal.checks.falsify.rivals import FOLDS, compare_rivals, rival_data
from vm2causal.checks.falsify.unit_table import unit_table
from vm2causal.errors import FitError, OptionError, SizeLimitError
from vm2causal.identify.graph_falsification import GraphFalsification, falsify_with_dowhy
from vm2causal.model.data.structural_data import StructuralData
from vm2causal.model.sampler.sampling import SamplerSettings
from vm2causal.refits import Results, Task, run_tasks
from vm2causal.spec import CausalSpec
from vm2causal.workflow.effects import FitOnDisk

Progress = Callable[[int, int], None]

DOWHY_PERMUTATIONS: Final = 20
"""Its own default at a significance level of 5%."""
DOWHY_SECONDS: Final = 120.0


def falsify_fit(
    opened: FitOnDisk,
    *,
    folder: Path,
    seed: int,
    rivals: Sequence[CausalSpec] = (),
    folds: int = FOLDS,
    false_alarms: int = 0,
    dowhy_seconds: float = DOWHY_SECONDS,
    first_look: bool = False,
    executor: str = "serial",
    resume: bool = True,
    progress: Progress = lambda done, total: None,
) -> Falsification:
    """Test every implied independence and the whole graph; compare rivals; count false alarms.

    Parameters
    ----------
    opened
        A fit as :func:`~vm2causal.workflow.effects.open_fit` reads it.
    folder
        Where finished refits are kept.
    seed
        Of the random numbers, 0 or more; the same seed gives the same result.
    rivals
        Models to compare with the fitted one.
    folds
        Of the k-fold comparison where LOO fails; 0 for none.
    false_alarms
        Data sets to draw from the fitted model and to test; 0 for none.
    dowhy_seconds
        Time that DoWhy's second opinion may take; 0 for none.
    first_look
        Whether tests begin with few draws, and only those near a limit get the usual number.
    executor
        ``serial``, ``processes`` (``processes:4`` for so many), ``dask``, or
        ``dask://HOST:PORT``.
    resume
        Whether finished refits in the folder are used again; otherwise all are fitted anew.
    progress
        Called after each part with the numbers of parts done and of all parts.

    Raises
    ------
    OptionError
        When two models have one name, or there is no such executor.
    FitError
        When the comparison with shuffled graphs failed.
    StudyError
        When the data cannot be arranged for a rival.
    """
    data = opened.forward.data
    models = _models(data, rivals)
    batch = _Batch(partial(run_tasks, folder=folder, executor=executor, resume=resume,
                           progress=progress))  # fmt: skip
    plan = plan_tests(opened.forward)
    found = _independences(data, plan, batch, folder, seed, first_look=first_look)
    independences = without_few(found, data)
    permuted = _permuted(data, batch, folder, seed)
    dowhy, silent = _ask_dowhy(data, dowhy_seconds, seed)
    compared = None
    if len(models) > 1:
        compared = compare_rivals(models, batch.run, folder=folder, seed=seed, folds=folds)
    alarms = _false_alarms(opened, plan, batch, folder, false_alarms, seed)
    return Falsification(
        without_few(independences, data),
        permuted,
        dowhy,
        silent,
        compared,
        alarms,
        tuple(batch.damaged),
    )


def _independences(
    data: StructuralData,
    plan: Sequence[PlannedTest],
    batch: _Batch,
    folder: Path,
    seed: int,
    *,
    first_look: bool,
) -> Independences:
    def tasks(settings: SamplerSettings) -> list[Task]:
        return independence_tasks(data, plan, folder=folder, seed=seed, settings=settings)

    if not first_look:
        return judge(plan, batch.run(tasks(SETTINGS)))
    first = batch.run(tasks(FIRST))
    near = unsettled(judge(plan, first))
    names = {test.name for test in plan if (test.cause, test.effect) in near}
    whole = batch.run([task for task in tasks(SETTINGS) if task.name in names])
    return judge(
        plan,
        replace(
            first,
            values={**first.values, **whole.values},
            failures={
                name: why for name, why in first.failures.items() if name not in whole.values
            },
        ),
    )


def _permuted(data: StructuralData, batch: _Batch, folder: Path, seed: int) -> PermutedGraphs:
    task = permuted_task(data, folder=folder, seed=seed)
    results = batch.run([task])
    if task.name in results.failures:
        raise FitError(
            "The comparison with shuffled graphs failed.",
            value=results.failures[task.name],
            fix="Report this with the model file: it is a fault of vm2causal.",
        )
    return permuted_of(results.values[task.name])


class _Batch:
    """Runs tasks, and remembers what was damaged."""

    def __init__(self, run: Callable[[Sequence[Task]], Results]) -> None:
        self._run = run
        self.damaged: list[str] = []

    def run(self, tasks: Sequence[Task]) -> Results:
        results = self._run(tasks)
        self.damaged += results.damaged
        return results


def _models(data: StructuralData, rivals: Sequence[CausalSpec]) -> dict[str, StructuralData]:
    models = {data.spec.name: data}
    for rival in rivals:
        if rival.name in models:
            raise OptionError(
                "Models that are compared need names of their own.",
                value=rival.name,
                fix="Change the 'name' in the rival's model file.",
            )
        models[rival.name] = rival_data(data, rival)
    return models


def _ask_dowhy(
    data: StructuralData, seconds: float, seed: int
) -> tuple[GraphFalsification | None, str | None]:
    if not seconds:
        return None, "off"
    table = unit_table(data)
    try:
        found = falsify_with_dowhy(
            visible_graph(data.spec.graph, table),
            table,
            permutations=DOWHY_PERMUTATIONS,
            seconds=seconds,
            seed=seed,
        )
    except SizeLimitError:
        return None, "time"
    return found, "rows" if found is None else None


def _false_alarms(
    opened: FitOnDisk,
    plan: Sequence[PlannedTest],
    batch: _Batch,
    folder: Path,
    replications: int,
    seed: int,
) -> FalseAlarms | None:
    if not replications:
        return None
    return measure_false_alarms(
        opened.forward, plan, batch.run, folder=folder, replications=replications, seed=seed
    )
