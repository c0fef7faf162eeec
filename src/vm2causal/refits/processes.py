"""Tasks in processes of this machine, each started anew and fed one task at a time.

The parent knows what each worker is at, so that a worker that dies costs one task one attempt;
one that dies before it stood ready costs none, and when none comes up the batch ends. A worker
whose parent died finds its pipe closed and ends.
"""

from __future__ import annotations

import multiprocessing
import signal
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from typing import Final

from vm2causal.cores import share_of_cores, usable_cores
from vm2causal.errors import OptionError
from vm2causal.refits.executors import ATTEMPTS, DIED, Keep, Outcome, Texts, computed
from vm2causal.refits.tasks import Task

_READY: Final = "ready"
"""What a worker says first, before any outcome."""


@dataclass(frozen=True)
class _Worker:
    """A process and this end of its pipe."""

    process: SpawnProcess
    pipe: Connection

    def give(self, task: Task) -> None:
        # that it died is found out where its answer is awaited
        with suppress(BrokenPipeError):
            self.pipe.send(task)

    def answer(self) -> Outcome | str | None:
        """What came of the task, or that the worker stands ready; None when it died."""
        try:
            said: Outcome | str = self.pipe.recv()
        except (EOFError, ConnectionResetError):
            return None
        return said

    def stop(self) -> None:
        self.process.kill()
        self.process.join()
        self.pipe.close()


def run_in_processes(tasks: Sequence[Task], texts: Texts, keep: Keep, *, workers: int) -> None:
    """Compute tasks in as many processes as there are workers.

    Parameters
    ----------
    tasks
        To be computed.
    texts
        Content of the files that arguments refer to, by name.
    keep
        Called with every task and its outcome, as it comes.
    workers
        Processes at a time, at least 1.

    Raises
    ------
    OptionError
        When no worker comes up.
    """
    batch = _Batch(tasks, texts, workers)
    try:
        for _ in range(min(workers, len(tasks))):
            batch.feed(None)
        while batch.busy:
            # a pipe is ready when its worker has something to say, or died
            for pipe in wait([worker.pipe for worker in batch.busy]):
                batch.collect(pipe, keep)
    finally:
        for worker in batch.busy:
            worker.stop()


class _Batch:
    """What waits, and who is busy with what."""

    def __init__(self, tasks: Sequence[Task], texts: Texts, workers: int) -> None:
        self.waiting = deque(tasks)
        self.texts = texts
        self.workers = workers
        self.share = usable_cores() // max(min(workers, len(tasks)), 1)
        self.busy: dict[_Worker, Task] = {}
        self.ready: set[_Worker] = set()
        self.deaths: Counter[str] = Counter()
        self.stillborn = 0

    def feed(self, worker: _Worker | None) -> None:
        """Give a worker, or a new one, its next task; without tasks it may go."""
        if not self.waiting:
            if worker is not None:
                worker.stop()
            return
        worker = worker or _started(self.texts, self.share)
        task = self.waiting.popleft()
        self.busy[worker] = task
        worker.give(task)

    def collect(self, pipe: object, keep: Keep) -> None:
        """Take what a worker says, and put it to work again before that is written."""
        worker = next(found for found in self.busy if found.pipe is pipe)
        said = worker.answer()
        if isinstance(said, str):
            self.ready.add(worker)
            self.stillborn = 0
            return
        task = self.busy.pop(worker)
        if said is not None:
            self.feed(worker)
            keep(task, said)
            return
        worker.stop()
        if worker in self.ready:
            self._died_on(task, keep)
        else:
            self._never_came_up(task, worker)

    def _died_on(self, task: Task, keep: Keep) -> None:
        """Replace a worker that died on a task, which is tried again or given up."""
        self.deaths[task.name] += 1
        tried_enough = self.deaths[task.name] == ATTEMPTS
        if not tried_enough:
            self.waiting.append(task)
        self.feed(None)
        if tried_enough:
            keep(task, Outcome(None, DIED))

    def _never_came_up(self, task: Task, worker: _Worker) -> None:
        """Replace a worker that did not live to see its task, unless that is of no use."""
        self.waiting.appendleft(task)
        self.stillborn += 1
        if self.stillborn < max(ATTEMPTS, self.workers):
            self.feed(None)
        elif not self.busy:
            raise OptionError(
                f"No worker comes up: {self.stillborn} processes in a row ended before their "
                f"first task, the last with exit code {worker.process.exitcode}.",
                value=f"processes:{self.workers}",
                fix="Use --executor serial, or mend what ends them (it stands above): a script "
                "that starts a batch does so under 'if __name__ == \"__main__\":', as workers "
                "import it.",
            )


def _started(texts: Texts, share: int) -> _Worker:
    # a fresh interpreter: threads of a sampler do not survive a fork
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_serve, args=(there, texts, share), daemon=True)
    with _uninterrupted():
        process.start()
    there.close()
    return _Worker(process, here)


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Hold interruptions back; a process that is started meanwhile never gets one.

    They are for the parent to deal with: a child that is still loading would end in a traceback.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _serve(pipe: Connection, texts: Texts, share: int) -> None:
    """Answer tasks until the parent goes, with this worker's share of the cores."""
    # an interruption is for the parent to deal with
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with suppress(EOFError, BrokenPipeError, ConnectionResetError), share_of_cores(share):
        pipe.send(_READY)
        while True:
            pipe.send(computed(pipe.recv(), texts))
