from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from vm2causal import storage
from vm2causal.errors import FitError, OptionError, OutputError
from vm2causal.refits import Results, Task, put_json, run_tasks, spawned_seeds
from vm2causal.refits.executors import DIED, Keep, Outcome
from vm2causal.refits.task_files import TASK_FOLDER, task_path, write_task
from vm2causal.unfinished import PARTIAL

TESTS = Path(__file__).parent.parent


def batch(number: int = 5, *, scale: float = 2.0, seconds: float = 0.0) -> list[Task]:
    arguments = {"scale": scale, "seconds": seconds}
    return [
        Task(f"draw-{place}", "refits_tasks:draw", arguments, seed)
        for place, seed in enumerate(spawned_seeds(3, number))
    ]


def failing() -> Task:
    return Task("root", "refits_tasks:fail", {"scale": 2.0}, (1,))


def deadly(mark: Path, times: int) -> Task:
    return Task(f"die-{times}", "refits_tasks:die", {"mark": str(mark), "times": times}, (1,))


@pytest.fixture
def whole(tmp_path: Path) -> Results:
    return run_tasks(batch(), folder=tmp_path / "whole")


def test_a_batch_has_the_values_of_its_seeds_and_is_taken_over(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    first = run_tasks(batch(3), folder=tmp_path, progress=lambda *now: told.append(now))
    assert list(first.values) == ["draw-0", "draw-1", "draw-2"]
    assert len({tuple(value["x"]) for value in first.values.values()}) == 3
    assert told == [(0, 3), (1, 3), (2, 3), (3, 3)]
    again = run_tasks(batch(5), folder=tmp_path, progress=lambda *now: told.append(now))
    assert again.resumed == ("draw-0", "draw-1", "draw-2")
    assert told[4:] == [(3, 5), (4, 5), (5, 5)]
    assert {name: again.values[name] for name in first.values} == first.values
    assert run_tasks(batch(5), folder=tmp_path, resume=False).values == again.values
    assert run_tasks(batch(5), folder=None).values == again.values


def test_a_failing_task_is_named_and_the_others_finish(tmp_path: Path) -> None:
    tasks = [failing(), *batch(2), Task("typo", "refits_tasks:drw", {}, (1,))]
    found = run_tasks(tasks, folder=tmp_path)
    assert list(found.values) == ["draw-0", "draw-1"]
    assert found.failures == {
        "root": "ValueError: no root at 2.0",
        "typo": "OptionError: There is no such function to run. Got: 'refits_tasks:drw'.",
    }
    assert run_tasks(tasks, folder=tmp_path).failures == found.failures


def test_a_killed_batch_is_resumed_to_the_same_bits(tmp_path: Path) -> None:
    whole = run_tasks(batch(12, seconds=0.05), folder=tmp_path / "whole")
    folder = tmp_path / "killed"
    program = (
        f"import sys; sys.path.insert(0, {str(TESTS)!r}); from pathlib import Path\n"
        "from refits.test_engine import batch; from vm2causal.refits import run_tasks\n"
        f"run_tasks(batch(12, seconds=0.05), folder=Path({str(folder)!r}))\n"
    )
    running = subprocess.Popen([sys.executable, "-c", program])
    finished = [task_path(folder, task) for task in batch(12, seconds=0.05)]
    deadline = time.monotonic() + 60
    while sum(path.exists() for path in finished) < 3 and time.monotonic() < deadline:
        time.sleep(0.01)
    os.kill(running.pid, signal.SIGKILL)
    assert running.wait() == -signal.SIGKILL
    (folder / TASK_FOLDER / f"{PARTIAL}left.json").write_text('{"half')
    with storage.telling(lambda cleared: None):
        resumed = run_tasks(batch(12, seconds=0.05), folder=folder)
    assert 3 <= len(resumed.resumed) < 12
    assert resumed.damaged == ()
    assert json.dumps(resumed.values) == json.dumps(whole.values)
    assert not list(folder.rglob(f"{PARTIAL}*"))


@pytest.mark.parametrize(
    "value", ["[1]", "3", "null", "[" * 100_000, "{"], ids=["list", "number", "null", "deep", "cut"]
)
def test_what_is_no_mapping_is_no_result_from_a_file_or_a_worker(
    value: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (task,) = batch(1)
    write_task(tmp_path, task, value)  # with the hash that belongs to it
    found = run_tasks([task], folder=tmp_path)
    assert found.damaged == (task.name,)
    assert found.values == run_tasks([task], folder=None).values

    def stranger(tasks: object, texts: object, keep: Keep) -> None:
        keep(task, Outcome(value))

    monkeypatch.setattr("vm2causal.refits.engine.executor_of", lambda name: stranger)
    found = run_tasks([task], folder=None)
    assert found.failures == {task.name: "what came back is not what a task returns"}


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: "",
        lambda text: text[: len(text) // 2],
        lambda text: text.replace("3.14", "3.15"),
        lambda text: text.replace("task/1", "task/2"),
        lambda text: "[]",
        lambda text: text.replace('"sha256"', '"sha"'),
    ],
    ids=["empty", "half", "altered", "other version", "no mapping", "no hash"],
)
def test_a_damaged_task_is_named_and_done_again(damage, tmp_path: Path, whole: Results) -> None:
    tasks = batch()
    run_tasks(tasks, folder=tmp_path)
    path = task_path(tmp_path, tasks[1])
    path.write_text(damage(path.read_text()))
    again = run_tasks(tasks, folder=tmp_path)
    assert again.damaged == ("draw-1",)
    assert again.values == whole.values
    assert run_tasks(tasks, folder=tmp_path).damaged == ()


def test_results_of_another_batch_are_not_mixed_in(tmp_path: Path) -> None:
    run_tasks(batch(3), folder=tmp_path)
    other = run_tasks(batch(3, scale=5.0), folder=tmp_path)
    assert (other.resumed, other.unrelated) == ((), 3)
    assert other.values["draw-0"] != run_tasks(batch(3), folder=tmp_path).values["draw-0"]


def test_a_file_put_under_the_name_of_another_task_is_damaged(tmp_path: Path) -> None:
    first, second = batch(2)
    run_tasks([first], folder=tmp_path)
    task_path(tmp_path, second).write_text(task_path(tmp_path, first).read_text())
    assert run_tasks([first, second], folder=tmp_path).damaged == ("draw-1",)


@pytest.mark.parametrize(
    "name", ["serail", "processes:0", "processes:two", "dask:", "dask://", "processes:", ""]
)
def test_an_unknown_executor_is_refused(name: str) -> None:
    with pytest.raises(
        OptionError, match=r"no such executor.*serial, processes, processes:4, dask"
    ):
        run_tasks(batch(1), folder=None, executor=name)


def test_two_tasks_of_one_name_are_refused() -> None:
    with pytest.raises(OptionError, match=r"a name of its own\. Got: 'draw-0'"):
        run_tasks([*batch(2), *batch(1)], folder=None)


def test_a_full_disk_ends_the_batch_and_keeps_what_is_finished(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_tasks(batch(2), folder=tmp_path)

    def full(path: Path, data: bytes) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(storage, "_write_bytes", full)
        with pytest.raises(OutputError, match="cannot be written: No space left on device"):
            run_tasks(batch(4), folder=tmp_path)
    assert run_tasks(batch(4), folder=tmp_path).resumed == ("draw-0", "draw-1")


def test_data_of_a_batch_must_be_there_and_whole(tmp_path: Path) -> None:
    reference = put_json([1, 2], tmp_path)
    task = Task("one", "refits_tasks:draw", {"scale": 1.0, "more": [reference]}, (1,))
    with pytest.raises(OptionError, match="need the folder of their batch"):
        run_tasks([task], folder=None)
    path = tmp_path / "data" / reference["file"]
    path.write_text(path.read_text().replace("2", "3"))
    with pytest.raises(FitError, match="its hash differs"):
        run_tasks([task], folder=tmp_path)
    path.unlink()
    with pytest.raises(FitError, match="cannot be read"):
        run_tasks([task], folder=tmp_path)


def test_processes_give_the_same_bits_and_survive_a_worker_that_dies(
    tmp_path: Path, whole: Results
) -> None:
    tasks = [*batch(), failing(), deadly(tmp_path / "a", 2), deadly(tmp_path / "b", 9)]
    found = run_tasks(tasks, folder=tmp_path / "batch", executor="processes:2")
    assert {name: found.values[name] for name in whole.values} == whole.values
    assert found.values["die-2"] == {"deaths": 2}
    assert found.failures == {"root": "ValueError: no root at 2.0", "die-9": DIED}
