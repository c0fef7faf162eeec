"""What a job that was killed leaves is cleared away or put back; what a living one writes stays."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from vm2causal.errors import OutputError
from vm2causal.storage import alone_in, require_writable_folder, telling, write_folder_atomically
from vm2causal.unfinished import PARTIAL, Cleared, clear_left, unfinished_file, unfinished_folder

WRITES = """
import sys, time
from pathlib import Path
from vm2causal.storage import write_folder_atomically
def write(fresh):
    fresh.mkdir()
    (fresh / "content").write_text("new")
    print("writing", flush=True)
    time.sleep(60)
write_folder_atomically(Path(sys.argv[1]) / "fit", write)
"""

DIES_BETWEEN = """
import os, sys
from pathlib import Path
from vm2causal.storage import write_folder_atomically
move = Path.replace
def once(self, target):
    moved = move(self, target)
    os.kill(os.getpid(), 9)
Path.replace = once
write_folder_atomically(Path(sys.argv[1]) / "fit", Path.mkdir)
"""

HOLDS = """
import sys, time
from pathlib import Path
from vm2causal.storage import alone_in
with alone_in(Path(sys.argv[1]), beside=sys.argv[2] == "beside"):
    print("at work", flush=True)
    time.sleep(60)
"""


@contextmanager
def other_process(program: str, *arguments: object) -> Iterator[subprocess.Popen[str]]:
    """A process that has said its first line."""
    with subprocess.Popen(
        [sys.executable, "-c", program, *map(str, arguments)], stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline()
            yield process
        finally:
            process.kill()


def test_what_a_living_job_writes_stays_and_what_a_killed_one_left_goes(tmp_path: Path) -> None:
    with other_process(WRITES, tmp_path) as process:
        assert clear_left(tmp_path) == Cleared()
        assert len(list(tmp_path.glob(f"{PARTIAL}*"))) == 1
        process.send_signal(signal.SIGKILL)
        process.wait()
    told: list[Cleared] = []
    with telling(told.append):
        require_writable_folder(tmp_path)
    assert told == [Cleared(1)]
    assert list(tmp_path.iterdir()) == []


def test_an_earlier_result_that_was_moved_aside_by_a_killed_job_is_put_back(tmp_path: Path) -> None:
    (tmp_path / "fit").mkdir()
    (tmp_path / "fit" / "content").write_text("old")
    died = subprocess.run([sys.executable, "-c", DIES_BETWEEN, tmp_path], check=False)
    assert died.returncode == -signal.SIGKILL
    assert not (tmp_path / "fit").exists()
    told: list[Cleared] = []
    with telling(told.append):
        require_writable_folder(tmp_path, below=False)
    assert told == [Cleared(0, ("fit",))]
    assert [item.name for item in tmp_path.iterdir()] == ["fit"]
    assert (tmp_path / "fit" / "content").read_text() == "old"


def test_an_interruption_between_the_two_moves_puts_the_earlier_result_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_folder_atomically(tmp_path / "fit", Path.mkdir)
    (path / "content").write_text("old")
    move = Path.replace

    def interrupted(self: Path, target: Path) -> Path:
        move(self, target)
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_folder_atomically(path, Path.mkdir)
    assert [item.name for item in tmp_path.iterdir()] == ["fit"]
    assert (path / "content").read_text() == "old"


@pytest.mark.parametrize("place", ["in", "beside"])
def test_one_job_writes_to_a_folder_and_a_dead_one_holds_nothing(
    tmp_path: Path, place: str
) -> None:
    folder, beside = tmp_path / "out", place == "beside"
    if not beside:
        folder.mkdir()
    with other_process(HOLDS, folder, place) as process:
        with (
            pytest.raises(OutputError, match=r"Another job is writing to this folder\. Got: 'out'"),
            alone_in(folder, beside=beside),
        ):
            pytest.fail("two jobs at once")
        process.send_signal(signal.SIGKILL)
        process.wait()
    with alone_in(folder, beside=beside):
        pass
    assert not list(tmp_path.rglob(f"{PARTIAL}*"))


def test_the_lock_of_a_killed_job_is_no_unfinished_work(tmp_path: Path) -> None:
    with other_process(HOLDS, tmp_path, "in") as process:
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert clear_left(tmp_path) == Cleared()
    assert list(tmp_path.iterdir()) == []


def test_other_things_of_that_name_are_left_alone(tmp_path: Path) -> None:
    """Links lead elsewhere, and pipes and sockets are written by nothing here."""
    kept = tmp_path / "elsewhere"
    kept.mkdir()
    (kept / "content").write_text("mine")
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / f"{PARTIAL}link").symlink_to(kept)
    assert clear_left(folder) == Cleared()
    assert (kept / "content").exists()
    (folder / f"{PARTIAL}made").mkdir()
    (folder / f"{PARTIAL}made" / "aside").symlink_to(kept)
    assert clear_left(folder) == Cleared(1)
    assert (kept / "content").exists()


def test_nothing_is_put_in_the_place_of_what_stands_there(tmp_path: Path) -> None:
    for name, content in ((f"{PARTIAL}x/aside/fit", "old"), ("fit", "new")):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "content").write_text(content)
    assert clear_left(tmp_path) == Cleared(1)
    assert (tmp_path / "fit" / "content").read_text() == "new"


def test_without_a_listener_it_is_a_warning(tmp_path: Path) -> None:
    (tmp_path / f"{PARTIAL}x").write_text("half")
    with pytest.warns(UserWarning, match="1 unfinished files or folders cleared away"):
        require_writable_folder(tmp_path)


@pytest.mark.parametrize("make", [unfinished_file, unfinished_folder])
def test_what_is_taken_before_it_is_held_is_made_anew(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    make: Callable[..., AbstractContextManager[Path]],
) -> None:
    """Another job may clear it away between making and holding it."""
    opened, taken = os.open, []

    def late(path: str, flags: int, *mode: int, **options: int) -> int:
        if PARTIAL in str(path) and not flags & os.O_CREAT and not taken:
            taken.append(path)
            assert clear_left(tmp_path) == Cleared(1)
        return opened(path, flags, *mode, **options)

    monkeypatch.setattr("vm2causal.unfinished.os.open", late)
    with make(tmp_path) as made:
        assert made.exists()
        assert made != taken[0]
    assert list(tmp_path.iterdir()) == []
