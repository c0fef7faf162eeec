"""One engine for everything that fits many times.

A batch is a list of tasks and a folder. What is finished stands in the folder and is not done
again; only this process writes there, whatever computes. Numbers do not depend on the executor,
the order or an interruption, since a task's seed is its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from vm2causal.errors import OptionError
from vm2causal.refits.data_files import read_files, references
from vm2causal.refits.executors import Outcome, executor_of
from vm2causal.refits.task_files import (
    TASK_FOLDER,
    DamagedTask,
    NoResult,
    read_task,
    task_path,
    value_of,
    write_task,
)
from vm2causal.refits.tasks import Task
from vm2causal.storage import require_writable_folder

Progress = Callable[[int, int], None]
"""Told how many tasks are finished, and out of how many."""


_NO_RESULT: Final = "what came back is not what a task returns"


@dataclass(frozen=True)
class Results:
    """What came of a batch.

    Parameters
    ----------
    values
        By name what each task returned, in the order of the tasks.
    failures
        By name why a task has no value.
    resumed
        Names of tasks that an earlier run had finished.
    damaged
        Names of tasks whose file was damaged, and which were done again.
    unrelated
        Files of finished tasks in the folder that belong to other models, data, settings or
        versions of the code; nothing of them is used.
    """

    values: Mapping[str, dict[str, Any]] = field(repr=False)
    failures: Mapping[str, str]
    resumed: tuple[str, ...] = field(default=(), repr=False)
    damaged: tuple[str, ...] = ()
    unrelated: int = 0


def run_tasks(
    tasks: Sequence[Task],
    *,
    folder: Path | None,
    executor: str = "serial",
    resume: bool = True,
    progress: Progress = lambda done, total: None,
) -> Results:
    """Run a batch of tasks.

    Parameters
    ----------
    tasks
        To be computed; no two have the same name.
    folder
        Where finished tasks are kept; None keeps nothing, and then no task may refer to a file.
    executor
        ``serial``, ``processes``, ``processes:4``, ``dask`` or ``dask://host:port``.
    resume
        Take over what an earlier run finished.
    progress
        Called at the start and after every task.

    Raises
    ------
    OptionError
        When there is no such executor, its scheduler does not answer, or two tasks have one name.
    OutputError
        When a result cannot be written; what is finished stays.
    FitError
        When a file that a task refers to is missing or damaged.
    """
    run = executor_of(executor)
    _require_names(tasks)
    texts = _texts(tasks, folder)
    found, damaged = _finished(tasks, folder) if resume and folder is not None else ({}, ())
    unrelated = _unrelated(tasks, folder)
    todo = [task for task in tasks if task.name not in found]
    resumed = tuple(found)
    failures: dict[str, str] = {}
    progress(len(found), len(tasks))

    def keep(task: Task, outcome: Outcome) -> None:
        value = _value(outcome)
        if outcome.value is None or value is None:
            failures[task.name] = _NO_RESULT if outcome.value is not None else outcome.failure
        else:
            if folder is not None:
                write_task(folder, task, outcome.value)
            found[task.name] = value
        progress(len(found) + len(failures), len(tasks))

    if todo:
        run(todo, texts, keep)
    values = {task.name: found[task.name] for task in tasks if task.name in found}
    failed = {task.name: failures[task.name] for task in tasks if task.name in failures}
    return Results(values, failed, resumed, damaged, unrelated)


def _value(outcome: Outcome) -> dict[str, Any] | None:
    try:
        return None if outcome.value is None else value_of(outcome.value)
    except NoResult:
        return None


def _require_names(tasks: Sequence[Task]) -> None:
    name, times = Counter(task.name for task in tasks).most_common(1)[0] if tasks else ("", 0)
    if times > 1:
        raise OptionError("Every task of a batch has a name of its own.", value=name)


def _texts(tasks: Sequence[Task], folder: Path | None) -> dict[str, str]:
    names = {name for task in tasks for name in references(task.arguments)}
    if folder is None:
        if names:
            raise OptionError(
                "Tasks that refer to files need the folder of their batch.", value=min(names)
            )
        return {}
    require_writable_folder(folder)
    return read_files(iter(names), folder)


def _finished(
    tasks: Sequence[Task], folder: Path
) -> tuple[dict[str, dict[str, Any]], tuple[str, ...]]:
    found, damaged = {}, []
    for task in tasks:
        try:
            value = read_task(folder, task)
        except DamagedTask:
            damaged.append(task.name)
            continue
        if value is not None:
            found[task.name] = value
    return found, tuple(damaged)


def _unrelated(tasks: Sequence[Task], folder: Path | None) -> int:
    if folder is None:
        return 0
    own = {task_path(folder, task).name for task in tasks}
    return sum(path.name not in own for path in (folder / TASK_FOLDER).glob("*.json"))
