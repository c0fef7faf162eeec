"""Where tasks are computed: in this process, in others, or on a cluster.

An executor is called with tasks, the files they refer to, and what to do with each outcome, in
whatever order they come. Data travel by value, once to each worker: workers need neither the
folder of the batch nor the working directory of this process.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from vm2causal.cores import usable_cores
from vm2causal.errors import OptionError
from vm2causal.refits.data_files import resolved
from vm2causal.refits.task_files import value_text
from vm2causal.refits.tasks import Task, function_of


@dataclass(frozen=True)
class Outcome:
    """What came of a task: the text of its value, or why there is none.

    Parameters
    ----------
    value
        As text; None where the task failed.
    failure
        Why there is no value.
    """

    value: str | None
    failure: str = ""


Texts = Mapping[str, str]
Keep = Callable[[Task, Outcome], None]
Run = Callable[[Sequence[Task], Texts, Keep], None]

_SCHEMES: Final = {"dask": "tcp", "dask+tls": "tls"}
"""How a scheduler is reached, by the name of its executor."""

ATTEMPTS: Final = 3
"""Workers that a task may bring down before it counts as failed."""

DIED: Final = f"the worker died {ATTEMPTS} times on this task"


def executor_of(name: str) -> Run:
    """Executor of a name.

    Parameters
    ----------
    name
        ``serial``, ``processes``, ``processes:N``, ``dask``, ``dask://HOST:PORT`` or
        ``dask+tls://HOST:PORT``.

    Raises
    ------
    OptionError
        When there is none, or what it needs is not installed.
    """
    kind, _, rest = name.partition(":")
    if name == "serial":
        return run_serially
    if kind == "processes" and (name == kind or rest.isdecimal()) and rest != "0":
        from vm2causal.refits.processes import run_in_processes

        return partial(run_in_processes, workers=int(rest) if rest else usable_cores())
    if name == "dask" or (kind in _SCHEMES and rest.startswith("//") and rest[2:]):
        from vm2causal.refits.cluster import run_on_cluster

        address = f"{_SCHEMES[kind]}://{rest[2:]}" if rest else None
        return partial(run_on_cluster, address=address)
    raise OptionError(
        "There is no such executor.",
        value=name,
        fix="One of: serial, processes, processes:4, dask, dask://host:port, dask+tls://host:port.",
    )


def run_serially(tasks: Sequence[Task], texts: Texts, keep: Keep) -> None:
    """Compute tasks one after the other, here.

    Parameters
    ----------
    tasks
        To be computed.
    texts
        Content of the files that arguments refer to, by name.
    keep
        Called with every task and its outcome, as it comes.
    """
    for task in tasks:
        keep(task, computed(task, texts))


def computed(task: Task, texts: Texts) -> Outcome:
    """Run one task; whatever it raises is its outcome, so that the others go on.

    Parameters
    ----------
    task
        To be run.
    texts
        Content of the files that arguments refer to, by name.
    """
    try:
        value = function_of(task.function)(resolved(task.arguments, texts), task.seed)
        return Outcome(value_text(dict(value)))
    # what a task may raise is unknown here, and is reported by its name
    except Exception as error:
        return Outcome(None, f"{type(error).__name__}: {error}")
