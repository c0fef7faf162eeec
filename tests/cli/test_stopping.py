"""An interruption ends a command with one line and status 130, wherever it lands."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from command_line import run
from figure_cases import study_fit, written_fit
from vm2causal.errors import OutputError
from vm2causal.model.fits.fit_files import read_fit, write_fit

BEGIN = "import signal, time; signal.signal(signal.SIGINT, signal.default_int_handler)\n"

AT_IMPORT = (
    BEGIN
    + """
import sys
from importlib.abc import MetaPathFinder
class Stopping(MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name == {name!r}:
            sys.meta_path.remove(self)
            signal.raise_signal(signal.SIGINT)
sys.meta_path.insert(0, Stopping())
sys.argv = ["vm2causal", "identify", "onderzoeksmodel-2012", "--json"]
from vm2causal.__main__ import main
main()
"""
)

IN_COMPILER = (
    BEGIN
    + """
import numba
from numba.core.codegen import JITCodeLibrary
from vm2causal.cli.stopping import interruptible
compiled = JITCodeLibrary._object_compiled_hook
def interrupted(*arguments):
    # called by LLVM, which can pass on no exception of Python
    signal.raise_signal(signal.SIGINT)
    return compiled(*arguments)
JITCodeLibrary._object_compiled_hook = interrupted
with interruptible():
    numba.njit(lambda x: x + 1)(1)
    time.sleep(5)
    print("went on")
"""
)

AT_AN_END = (
    BEGIN
    + """
from vm2causal.cli.stopping import interruptible
class Ends:
    def __del__(self):
        signal.raise_signal(signal.SIGINT)
with interruptible():
    item = Ends()
    del item
    time.sleep(5)
    print("went on")
"""
)

SWALLOWED = (
    BEGIN
    + """
from vm2causal.cli.stopping import interruptible
with interruptible():
    try:
        signal.raise_signal(signal.SIGINT)
    except:
        raise ValueError("a compiler's own error")
"""
)

WHILE_ENDING = (
    BEGIN
    + """
import atexit, sys
atexit.register(lambda: signal.raise_signal(signal.SIGINT))
sys.argv = ["vm2causal", "model", "list"]
from vm2causal.__main__ import main
main()
"""
)


@pytest.mark.parametrize(
    "program",
    [AT_IMPORT.format(name=name) for name in ("typer", "vm2causal.identify", "networkx")]
    + [IN_COMPILER, AT_AN_END, SWALLOWED, WHILE_ENDING],
    ids=["typer", "identify", "networkx", "compiler", "end", "swallowed", "ending"],
)
def test_an_interruption_is_one_line_wherever_it_lands(program: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert done.stderr == "Interrupted.\n"
    assert done.returncode == 130
    assert "went on" not in done.stdout


@contextmanager
def disk_of(size: int) -> Iterator[None]:
    """Let no file grow beyond a size: what is written then fails as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    # Python would leave half of the compiled modules that it loads meanwhile
    sys.dont_write_bytecode, before = True, sys.dont_write_bytecode
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        sys.dont_write_bytecode = before
        signal.signal(signal.SIGXFSZ, handler)


def test_a_fit_that_no_room_is_left_for_leaves_the_earlier_one(tmp_path: Path) -> None:
    folder = written_fit(study_fit(), tmp_path / "fit")
    with disk_of(2_000), pytest.raises(OutputError, match="cannot be written: File too large"):
        write_fit(study_fit(), folder, {})
    read_fit(folder)
    assert [item.name for item in tmp_path.iterdir()] == ["fit"]


@pytest.mark.parametrize(
    "command",
    [("study", "simulate", "new"), ("study", "template", "new"), ("figure", "arrows", "fit")],
    ids=lambda command: command[0] + "-" + command[1],
)
def test_a_full_disk_is_one_line(
    command: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written_fit(study_fit(), tmp_path / "fit")
    monkeypatch.chdir(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    with disk_of(100):
        done = run(*command)
    assert done.returncode in (1, 2)
    assert "File too large" in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr
    assert [path for path in sorted(tmp_path.rglob("*")) if path.is_file()] == [
        path for path in before if path.is_file()
    ]


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is read-only to root")
def test_a_folder_that_is_read_only_is_one_line(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        done = run("study", "template", tmp_path / "new")
    finally:
        tmp_path.chmod(0o700)
    assert done.returncode == 2
    assert "cannot be written: Permission denied" in done.stderr
    assert len(done.stderr.splitlines()) == 1
