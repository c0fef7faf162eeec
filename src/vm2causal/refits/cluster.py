"""Tasks on a Dask cluster: one of this machine by default, or the one of a running scheduler.

Files that tasks refer to are sent to the workers once, by value, so that a worker needs no shared
disk; results come back to this process, which alone writes them.
"""

from __future__ import annotations

import asyncio
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
    from distributed import KilledWorker, as_completed

    with _client(address) as client:
        sent = client.scatter(dict(texts), broadcast=True, hash=False) if texts else {}
        code = code_version()
        futures = {
            client.submit(
                _computed, task, list(sent), list(sent.values()), code, pure=False, retries=0
            ): task
            for task in tasks
        }
        for future in as_completed(futures):
            task = futures.pop(future)
            error = future.exception()
            if error is None:
                outcome = future.result()
            elif isinstance(error, KilledWorker):
                outcome = Outcome(None, DIED)
            else:
                outcome = Outcome(None, f"{type(error).__name__}: {error}")
            keep(task, outcome)


def _computed(task: Task, names: list[str], contents: list[str], code: str) -> Outcome:
    if code != code_version():
        return Outcome(None, OTHER_VERSION)
    return computed(task, dict(zip(names, contents, strict=True)))


@contextmanager
def _client(address: str | None) -> Iterator[Any]:
    import dask
    from distributed import Client, LocalCluster

    settings = {"distributed.scheduler.allowed-failures": ATTEMPTS - 1}
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
    except (OSError, ValueError, asyncio.TimeoutError) as error:
        raise OptionError(
            f"No Dask scheduler with workers answers there within {PATIENCE} seconds.",
            value=f"dask://{address}",
            fix="Start one: dask scheduler, and dask worker HOST:PORT on each machine.",
        ) from error
    with client:
        yield client
