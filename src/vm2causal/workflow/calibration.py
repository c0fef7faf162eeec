"""Calibrating the models, and asking what a study of some size could show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from vm2causal.checks.calibrate.calibration import Calibration, calibration_tasks, judge
from vm2causal.checks.calibrate.design_analysis import DesignAnalysis, design_tasks, sum_up
from vm2causal.errors import OptionError, Vm2CausalError
from vm2causal.inputs.published.reading import read_published
from vm2causal.model.data.spec_for_data import spec_for_study, spec_for_table
from vm2causal.model.data.structural_data import StructuralData, study_data, table_data
from vm2causal.monitor.cohort_calibration import cohort_calibration_tasks
from vm2causal.monitor.simulated_cohorts import DIGITS
from vm2causal.refits import Results, Task, run_tasks
from vm2causal.refits.engine import Progress
from vm2causal.simulate import (
    default_truth,
    plain_truth,
    simulate_study,
    simulate_table,
    with_missing_share,
)
from vm2causal.simulate.study_model import COUNTS, GIVEN
from vm2causal.simulate.truth import Truth
from vm2causal.spec import CausalSpec

ROWS_PER_GROUP: Final = 4
"""Rows per level of a declared group in the plain table that a model without a study gets."""


def calibrate_model(
    spec: CausalSpec,
    *,
    size: int,
    simulations: int,
    folder: Path,
    seed: int,
    executor: str = "serial",
    resume: bool = True,
    progress: Progress = lambda done, total: None,
) -> tuple[Calibration, Results]:
    """Calibrate the structural model of a model file on a template of data.

    Parameters
    ----------
    spec
        The causal model, as read from its file.
    size
        Experiments of the template, or rows for a model that describes no VM2 study.
    simulations
        Simulated data sets, each fitted once, at least 1; per size in a design analysis.
    folder
        Of the batch; finished simulations stay there.
    seed
        Of the random numbers, 0 or more; the same seed gives the same result.
    executor
        ``serial``, ``processes`` (``processes:4`` for so many), ``dask``, or
        ``dask://HOST:PORT``.
    resume
        Whether finished refits in the folder are used again; otherwise all are fitted anew.
    progress
        Called after each part with the numbers of parts done and of all parts.
    """
    tasks = calibration_tasks(
        template_data(spec, size=size, seed=seed),
        folder=folder,
        simulations=simulations,
        seed=seed,
    )
    results = _run(tasks, folder=folder, executor=executor, resume=resume, progress=progress)
    return judge(results.values, results.failures), results


def calibrate_cohorts(
    *,
    simulations: int,
    folder: Path,
    seed: int,
    digits: int = DIGITS,
    executor: str = "serial",
    resume: bool = True,
    progress: Progress = lambda done, total: None,
) -> tuple[Calibration, Results]:
    """Calibrate the cohort model on publications like the real one.

    Parameters
    ----------
    simulations
        Simulated data sets, each fitted once, at least 1; per size in a design analysis.
    folder
        Of the batch; finished simulations stay there.
    seed
        Of the random numbers, 0 or more; the same seed gives the same result.
    digits
        Decimals of the simulated percentages; the sources print one.
    executor
        ``serial``, ``processes`` (``processes:4`` for so many), ``dask``, or
        ``dask://HOST:PORT``.
    resume
        Whether finished refits in the folder are used again; otherwise all are fitted anew.
    progress
        Called after each part with the numbers of parts done and of all parts.
    """
    tasks = cohort_calibration_tasks(
        read_published(), folder=folder, simulations=simulations, seed=seed, digits=digits
    )
    results = _run(tasks, folder=folder, executor=executor, resume=resume, progress=progress)
    return judge(results.values, results.failures), results


def template_data(spec: CausalSpec, *, size: int, seed: int) -> StructuralData:
    """Data whose units, groups, causes without causes and trials a calibration holds fixed.

    Parameters
    ----------
    spec
        The causal model, as read from its file.
    size
        Units (experiments of a study, rows of a table).
    seed
        Of the random numbers, 0 or more; the same seed gives the same result.
    """
    if all(name in spec.variables for name in (*GIVEN, *COUNTS, "status")):
        truth = with_missing_share(_study_truth(spec), questionnaire=0.0, item=0.0)
        study = simulate_study(spec, truth, experiments=size, seed=seed)
        adapted = spec_for_study(spec, study)
        return study_data(adapted.spec, study)
    groups = [name for name in spec.groups if name not in spec.variables]
    levels = dict.fromkeys(groups, max(2, size // ROWS_PER_GROUP))
    truth = plain_truth(spec, groups=groups)
    table = simulate_table(spec, truth, rows=size, groups=levels, seed=seed)
    return table_data(spec_for_table(spec, table).spec, table)


def analyse_design(
    spec: CausalSpec,
    *,
    experiments: Sequence[int],
    effects: Mapping[str, float],
    simulations: int,
    folder: Path,
    seed: int,
    level: float = 0.95,
    executor: str = "serial",
    resume: bool = True,
    progress: Progress = lambda done, total: None,
) -> tuple[DesignAnalysis, Results]:
    """Simulate studies of several sizes from the default truth, fit them, and count verdicts.

    Parameters
    ----------
    spec
        The causal model, as read from its file.
    experiments
        Sizes of study to compare, in experiments, each at least 2.
    effects
        By term; in place of those of the default truth.
    simulations
        Simulated data sets, each fitted once, at least 1; per size in a design analysis.
    folder
        Where finished simulations are kept.
    seed
        Of the random numbers, 0 or more; the same seed gives the same result.
    level
        Probability that each interval holds, between 0 and 1.
    executor
        ``serial``, ``processes`` (``processes:4`` for so many), ``dask``, or
        ``dask://HOST:PORT``.
    resume
        Whether finished refits in the folder are used again; otherwise all are fitted anew.
    progress
        Called after each part with the numbers of parts done and of all parts.
    """
    truth = _study_truth(spec).with_effects(dict(effects))
    tasks = design_tasks(
        spec,
        truth,
        experiments=experiments,
        simulations=simulations,
        folder=folder,
        seed=seed,
        level=level,
    )
    results = _run(tasks, folder=folder, executor=executor, resume=resume, progress=progress)
    found = sum_up(tasks, results.values, results.failures, spec=spec, truth=truth)
    return found, results


def sizes_of(text: str) -> tuple[int, ...]:
    """Numbers of experiments, as written on the command line.

    Parameters
    ----------
    text
        Numbers of experiments with commas between them, such as ``12,36``.

    Raises
    ------
    OptionError
        When they are no whole numbers of at least 2.

    Examples
    --------
    >>> sizes_of("12, 36")
    (12, 36)
    """
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isdecimal() and int(part) > 1 for part in parts):
        raise OptionError(
            "Numbers of experiments are whole numbers of at least 2, with commas between them.",
            value=text,
            fix="Write, for example, --experiments 12,36,157.",
        )
    return tuple(dict.fromkeys(int(part) for part in parts))


def _study_truth(spec: CausalSpec) -> Truth:
    return default_truth(spec, tables=read_published())


def _run(
    tasks: Sequence[Task], *, folder: Path, executor: str, resume: bool, progress: Progress
) -> Results:
    results = run_tasks(tasks, folder=folder, executor=executor, resume=resume, progress=progress)
    if not results.values:
        name, reason = next(iter(results.failures.items()))
        raise Vm2CausalError(f"No simulation has a result; {name}: {reason}")
    return results
