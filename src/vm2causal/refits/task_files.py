"""A finished task on disk: one file, named by the key of the task, whole or not there."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any, Final

import numpy as np

from vm2causal.plain_files import read_json
from vm2causal.refits.tasks import Task
from vm2causal.storage import write_atomically

SCHEMA: Final = "vm2causal/task/1"
"""What the file of a finished task says under ``schema``."""

TASK_FOLDER: Final = "tasks"
"""Folder of these files, within that of the batch."""


class DamagedTask(Exception):
    """The file of a finished task is not what was written."""


class NoResult(Exception):
    """What came back is no text of what a task returns."""


def task_path(folder: Path, task: Task) -> Path:
    """Where the result of a task stands, or will.

    Parameters
    ----------
    folder
        Of the batch.
    task
        Described completely.
    """
    return folder / TASK_FOLDER / f"{task.key}.json"


def write_task(folder: Path, task: Task, value: str) -> None:
    """Write the result of a task.

    Parameters
    ----------
    folder
        Of the batch.
    task
        Described completely.
    value
        As :func:`value_text` gives it.
    """
    record = {"schema": SCHEMA, "name": task.name, "sha256": _digest(task, value), "value": value}
    write_atomically(task_path(folder, task), json.dumps(record, ensure_ascii=False) + "\n")


def read_task(folder: Path, task: Task) -> dict[str, Any] | None:
    """Result of a finished task; None when it is not finished.

    Parameters
    ----------
    folder
        Of the batch.
    task
        Described completely.

    Raises
    ------
    DamagedTask
        When there is a file and it is not whole.
    """
    try:
        record = read_json(task_path(folder, task))
        value = record["value"]
        whole = record["schema"] == SCHEMA and record["sha256"] == _digest(task, value)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise DamagedTask(task.name) from error
    if not whole:
        raise DamagedTask(task.name)
    try:
        return value_of(value)
    except NoResult as error:
        raise DamagedTask(task.name) from error


def value_text(value: Any) -> str:
    """What a task returned, as text: numbers keep every bit, arrays become lists.

    Parameters
    ----------
    value
        Made of numbers, texts, lists, mappings and arrays.

    Examples
    --------
    >>> value_of(value_text({"x": np.array([0.1, 1 / 3])}))
    {'x': [0.1, 0.3333333333333333]}
    """
    return json.dumps(value, default=_plain, ensure_ascii=False)


def value_of(text: Any) -> dict[str, Any]:
    """What a task returned, from its text.

    Parameters
    ----------
    text
        Of :func:`value_text`; whatever else a stranger's file or worker gives is refused.

    Raises
    ------
    NoResult
        When it is no text of a mapping.
    """
    try:
        found = json.loads(text)
    except (TypeError, ValueError, RecursionError) as error:
        raise NoResult from error
    if not isinstance(found, dict):
        raise NoResult
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    raise TypeError(f"a task returns plain values and arrays, not {type(value).__name__}")


def _digest(task: Task, value: str) -> str:
    return hashlib.sha256(f"{task.key}\n{value}".encode()).hexdigest()
