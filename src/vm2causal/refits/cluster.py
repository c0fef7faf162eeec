"""Tasks on a Dask cluster: one of this machine by default, or the one of a running scheduler.

Files that tasks refer to are sent to the workers once, by value, so that a worker needs no shared
disk; results come back to this process, which alone writes them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any, Final

from vm2causal.errors import OptionError
from vm2causal.refits.executors import ATTEMPTS, DIED, Keep, Outcome, Texts, computed, cores
from vm2causal.refits.tasks import Task, code_version

PATIENCE: Final = 10
"""Seconds that a scheduler has to answer."""

OTHER_VERSION: Final = "the worker has another version of vm2causal or of its packages"


def run_on_cluster(
    tasks: Sequence[Task], texts: Texts, keep: Keep, *, address: str | None = None
) -> None:
    """Compute tasks on a Dask cluster.

    Parameters
    ----------
    address
        ``host:port`` of a scheduler; None starts a cluster on this machine, one worker per core.

    Raises
    ------
    OptionError
        When Dask is not installed, or the scheduler does not answer or has no workers.
    """
    if find_spec("distributed") is None:
        raise OptionError(
            "Dask is not installed.",
            value="dask",
            fix="Install it: pip install 'vm2causal[cluster]'.",
        )
    with _client(address) as client:
        _Batch(client, tasks, texts, check=address is not None).run(keep)


class _Batch:
    """Tasks on their way through a cluster."""

    def __init__(self, client: Any, tasks: Sequence[Task], texts: Texts, *, check: bool) -> None:
        self.client = client
        self.code = code_version() if check else None
        # computed, not scattered: what is scattered is lost with the worker that holds it
        self.texts = {
            name: client.submit(str, text, key=f"vm2causal-{name}") for name, text in texts.items()
        }
        self.tasks = {self._submitted(task): task for task in tasks}
        self.losses: Counter[str] = Counter()

    def run(self, keep: Keep) -> None:
        from distributed import as_completed

        results = as_completed(list(self.tasks), with_results=True, raise_errors=False)
        for future, result in results:
            task = self.tasks.pop(future)
            if future.cancelled() and self.losses[task.name] + 1 < ATTEMPTS:
                # its result was lost with a worker before it came here
                self.losses[task.name] += 1
                again = self._submitted(task)
                self.tasks[again] = task
                results.add(again)
            else:
                keep(task, _outcome(result))

    def _submitted(self, task: Task) -> Any:
        names, contents = list(self.texts), list(self.texts.values())
        return self.client.submit(_computed, task, names, contents, self.code, pure=False)


def _outcome(result: Any) -> Outcome:
    from distributed import KilledWorker

    if isinstance(result, Outcome):
        return result
    # an error of the cluster comes as (type, error, traceback)
    error = result[1] if isinstance(result, tuple) else result
    if isinstance(error, KilledWorker):
        return Outcome(None, DIED)
    return Outcome(None, f"{type(error).__name__}: {error}")


def _computed(task: Task, names: list[str], contents: list[str], code: str | None) -> Outcome:
    if code is not None and code != code_version():
        return Outcome(None, OTHER_VERSION)
    return computed(task, dict(zip(names, contents, strict=True)))


@contextmanager
def _client(address: str | None) -> Iterator[Any]:
    import dask
    from distributed import Client, LocalCluster

    # saturation 1: a task that only waits on a worker is not blamed for its death
    settings = {
        "distributed.scheduler.allowed-failures": ATTEMPTS - 1,
        "distributed.scheduler.worker-saturation": 1.0,
    }
    if address is None:
        with (
            dask.config.set(settings),
            LocalCluster(
                n_workers=cores(), threads_per_worker=1, dashboard_address=None, silence_logs=40
            ) as cluster,
            Client(cluster) as client,
        ):
            yield client
        return
    try:
        client = Client(f"tcp://{address}", timeout=PATIENCE, set_as_default=False)
        client.wait_for_workers(1, timeout=PATIENCE)
    except (TimeoutError, OSError, ValueError) as error:
        raise OptionError(
            f"No Dask scheduler with workers answers there within {PATIENCE} seconds.",
            value=f"dask://{address}",
            fix="Start one: dask scheduler, and dask worker HOST:PORT on each machine.",
        ) from error
    with client:
        yield client
