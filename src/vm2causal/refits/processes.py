"""Tasks in processes of this machine, each started anew and fed one task at a time.

The parent knows what each worker is at, so that a worker that dies costs one task one attempt. A
worker whose parent died finds its pipe closed and ends.
"""

from __future__ import annotations

import multiprocessing
import signal
from collections import Counter, deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess

from vm2causal.refits.executors import ATTEMPTS, DIED, Keep, Outcome, Texts, computed
from vm2causal.refits.tasks import Task


@dataclass(frozen=True)
class _Worker:
    """A process and this end of its pipe."""

    process: SpawnProcess
    pipe: Connection

    def give(self, task: Task) -> None:
        # that it died is found out where its answer is awaited
        with suppress(BrokenPipeError):
            self.pipe.send(task)

    def answer(self) -> Outcome | None:
        """What came of the task; None when the worker died."""
        try:
            outcome: Outcome = self.pipe.recv()
        except (EOFError, ConnectionResetError):
            return None
        return outcome

    def stop(self) -> None:
        self.process.kill()
        self.process.join()
        self.pipe.close()


def run_in_processes(tasks: Sequence[Task], texts: Texts, keep: Keep, *, workers: int) -> None:
    """Compute tasks in as many processes as there are workers."""
    batch = _Batch(tasks, texts)
    try:
        for _ in range(min(workers, len(tasks))):
            batch.feed(None)
        while batch.busy:
            # a pipe is ready when its worker has answered, or died
            for pipe in wait([worker.pipe for worker in batch.busy]):
                batch.collect(pipe, keep)
    finally:
        for worker in batch.busy:
            worker.stop()


class _Batch:
    """What waits, and who is busy with what."""

    def __init__(self, tasks: Sequence[Task], texts: Texts) -> None:
        self.waiting = deque(tasks)
        self.texts = texts
        self.busy: dict[_Worker, Task] = {}
        self.deaths: Counter[str] = Counter()

    def feed(self, worker: _Worker | None) -> None:
        """Give a worker, or a new one, its next task; without tasks it may go."""
        if not self.waiting:
            if worker is not None:
                worker.stop()
            return
        worker = worker or _started(self.texts)
        task = self.waiting.popleft()
        self.busy[worker] = task
        worker.give(task)

    def collect(self, pipe: object, keep: Keep) -> None:
        """Take what a worker answers, and put it to work again before that is written."""
        worker = next(found for found in self.busy if found.pipe is pipe)
        task = self.busy.pop(worker)
        outcome = worker.answer()
        if outcome is not None:
            self.feed(worker)
            keep(task, outcome)
            return
        worker.stop()
        self.deaths[task.name] += 1
        tried_enough = self.deaths[task.name] == ATTEMPTS
        if not tried_enough:
            self.waiting.append(task)
        self.feed(None)
        if tried_enough:
            keep(task, Outcome(None, DIED))


def _started(texts: Texts) -> _Worker:
    # a fresh interpreter: threads of a sampler do not survive a fork
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_serve, args=(there, texts), daemon=True)
    process.start()
    there.close()
    return _Worker(process, here)


def _serve(pipe: Connection, texts: Texts) -> None:
    """Answer tasks until the parent goes."""
    # an interruption is for the parent to deal with
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with suppress(EOFError, BrokenPipeError, ConnectionResetError):
        while True:
            pipe.send(computed(pipe.recv(), texts))
