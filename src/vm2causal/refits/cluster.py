"""Tasks on a Dask cluster: one of this machine by default, or the one of a running scheduler.

Files that tasks refer to are sent to the workers once, by value, so that a worker needs no shared
disk; results come back to this process, which alone writes them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from queue import Empty, SimpleQueue
from typing import Any, Final
from uuid import uuid4

from vm2causal.cores import share_of_cores, usable_cores
from vm2causal.errors import OptionError
from vm2causal.refits.executors import ATTEMPTS, DIED, Keep, Outcome, Texts, computed
from vm2causal.refits.tasks import Task, code_version

PATIENCE: Final = 10
"""Seconds that a scheduler has to answer."""

MOST_LOSSES: Final = 100
"""Tasks that a cluster may lose before they are given up."""

LOST: Final = "the cluster lost this task again and again"

_LOOK: Final = 1.0
"""Seconds without an outcome after which the state of the tasks is looked at."""

_HERE: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_HOST: Final = re.compile(r"[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\]")

OTHER_VERSION: Final = "the worker has another version of vm2causal or of its packages"


def run_on_cluster(
    tasks: Sequence[Task], texts: Texts, keep: Keep, *, address: str | None = None
) -> None:
    """Compute tasks on a Dask cluster.

    Parameters
    ----------
    tasks
        To be computed.
    texts
        Content of the files that arguments refer to, by name.
    keep
        Called with every task and its outcome, as it comes.
    address
        ``tcp://host:port`` or ``tls://host:port`` of a scheduler; None starts a cluster on this
        machine, one worker per core.

    Raises
    ------
    OptionError
        When Dask is not installed, the address is no such thing or would send data of pupils over
        a network as they are, or the scheduler does not answer or has no workers.
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
    """Tasks on their way through a cluster.

    Outcomes come as events, which the scheduler passes on as it gets them. Fetched as results they
    would stand on the worker until then, and be lost with it.
    """

    def __init__(self, client: Any, tasks: Sequence[Task], texts: Texts, *, check: bool) -> None:
        self.client = client
        self.code = code_version() if check else None
        self.topic = f"vm2causal-{uuid4().hex}"
        self.events: SimpleQueue[tuple[str, Outcome]] = SimpleQueue()
        client.subscribe_topic(self.topic, self._received)
        # computed, not scattered: what is scattered is lost with the worker that holds it
        self.texts = {name: client.submit(str, text, pure=False) for name, text in texts.items()}
        self.tasks = {task.name: task for task in tasks}
        self.futures = {task.name: self._submitted(task) for task in tasks}
        self.losses = 0

    def run(self, keep: Keep) -> None:
        """Hand over outcomes until every task has one."""
        try:
            while self.futures:
                name, outcome = self._next()
                # a task whose worker died just after it may come twice
                if self.futures.pop(name, None) is not None:
                    keep(self.tasks[name], outcome)
        finally:
            self.client.unsubscribe_topic(self.topic)

    def _next(self) -> tuple[str, Outcome]:
        while True:
            with suppress(Empty):
                return self.events.get(timeout=_LOOK)
            for name, future in self.futures.items():
                if future.status == "error":
                    return name, Outcome(None, _reason(future))
                if future.status in ("cancelled", "lost", "finished"):
                    self.losses += 1
                    if self.losses > MOST_LOSSES:
                        return name, Outcome(None, LOST)
                    self.futures[name] = self._submitted(self.tasks[name])

    def _received(self, event: tuple[Any, dict[str, Any]]) -> None:
        self.events.put(_outcome(event))

    def _submitted(self, task: Task) -> Any:
        names, contents = list(self.texts), list(self.texts.values())
        return self.client.submit(
            _computed, task, names, contents, self.code, self.topic, pure=False
        )


def _outcome(event: Any) -> tuple[str, Outcome]:
    """Whose outcome an event tells, and which; from a worker that says otherwise none counts."""
    message = event[1] if isinstance(event, tuple | list) and len(event) == 2 else None
    if not isinstance(message, Mapping):
        return "", Outcome(None)
    name, value, failure = (message.get(key) for key in ("name", "value", "failure"))
    if value is not None and not isinstance(value, str):
        value, failure = None, f"the worker returned {type(value).__name__} where a text is due"
    return str(name), Outcome(value, str(failure))


def _reason(future: Any) -> str:
    from distributed import KilledWorker

    error = future.exception()
    return DIED if isinstance(error, KilledWorker) else f"{type(error).__name__}: {error}"


def _computed(
    task: Task, names: list[str], contents: list[str], code: str | None, topic: str
) -> None:
    """On a worker: run a task and tell what came of it."""
    from distributed import get_worker

    if code is not None and code != code_version():
        outcome = Outcome(None, OTHER_VERSION)
    else:
        # a worker runs as many tasks at a time as it has threads: one core is what each may use
        with share_of_cores(1):
            outcome = computed(task, dict(zip(names, contents, strict=True)))
    message = {"name": task.name, "value": outcome.value, "failure": outcome.failure}
    get_worker().log_event(topic, message)


def _contact(address: str) -> str:
    """The address as Dask takes it, once it is one that may be used.

    What a scheduler sends is run, and what it is sent are data of pupils. So it is TCP with TLS, by
    the certificates of Dask's own configuration, or TCP on this machine; over a network without TLS
    only where that configuration says that encryption is not required.
    """
    import dask

    scheme, _, place = address.partition("://")
    host, _, port = place.rpartition(":")
    if not _HOST.fullmatch(host) or not port.isdecimal():
        raise OptionError(
            "A scheduler is named by its host and port.",
            value=place,
            fix="Write dask://host:port, or dask+tls://host:port for one with TLS.",
        )
    plain = dask.config.get("distributed.comm.require-encryption", None) is False
    if scheme != "tls" and host.strip("[]") not in _HERE and not plain:
        raise OptionError(
            "Data would go over the network to this scheduler unencrypted.",
            value=place,
            fix="Use dask+tls://host:port with certificates in Dask's configuration, or set "
            "DASK_DISTRIBUTED__COMM__REQUIRE_ENCRYPTION=false; see docs/refits.md.",
        )
    return address


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
                n_workers=usable_cores(),
                threads_per_worker=1,
                dashboard_address=None,
                silence_logs=40,
            ) as cluster,
            Client(cluster) as client,
        ):
            yield client
        return
    try:
        client = Client(_contact(address), timeout=PATIENCE, set_as_default=False)
        client.wait_for_workers(1, timeout=PATIENCE)
    except (TimeoutError, OSError, ValueError, TypeError) as error:
        raise OptionError(
            f"No Dask scheduler with workers answers there within {PATIENCE} seconds.",
            value=address,
            fix="Start one: dask scheduler, and dask worker HOST:PORT on each machine.",
        ) from error
    with client:
        yield client
