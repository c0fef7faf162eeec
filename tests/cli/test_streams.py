"""Printing where not every character can be shown, or nobody reads any more."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from vm2causal.cli.streams import prepare_stream, prepare_streams

_PROGRAM = "from vm2causal.cli import main; main()"
QUESTION = ("identify", "onderzoeksmodel-2012", "--cause", "samenwerking", "--effect", "vsv",
            "--no-second-opinion", "--lang", "nl")  # fmt: skip


def _run(*arguments: str, stdout: int, **environment: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-c", _PROGRAM, *arguments],
        stdout=stdout,
        stderr=subprocess.PIPE,
        env={**os.environ, **environment},
        check=False,
    )


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252"])
def test_a_pipe_gets_utf_8_whatever_the_code_page(encoding: str) -> None:
    done = _run(*QUESTION, "--json", stdout=subprocess.PIPE, PYTHONIOENCODING=encoding)
    assert done.returncode == 0, done.stderr
    (found,) = json.loads(done.stdout.decode("utf-8"))["queries"]
    assert found["cause"] == "samenwerking"
    done = _run("model", "list", stdout=subprocess.PIPE, PYTHONIOENCODING=encoding)
    assert done.returncode == 0, done.stderr
    assert "│ maatwerk-2014" in done.stdout.decode("utf-8")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no full device")
@pytest.mark.parametrize("options", [(*QUESTION, "--json"), ("model", "list")])
def test_a_full_standard_output_is_one_line(options: tuple[str, ...]) -> None:
    with Path("/dev/full").open("wb") as full:
        done = _run(*options, stdout=full.fileno())
    assert done.returncode == 1
    assert done.stderr.decode() == (
        "Error: standard output cannot be written: No space left on device.\n"
    )


def test_a_closed_pipe_is_one_line() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    try:
        done = _run(*QUESTION, stdout=writer)
    finally:
        os.close(writer)
    assert done.returncode == 1
    assert done.stderr.decode() == "Error: standard output cannot be written: Broken pipe.\n"


class _Console(io.TextIOWrapper):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("encoding", "shown"),
    [
        ("cp1252", "a -> b: -0,3 é €"),
        ("latin-1", "a -> b: -0,3 é EUR"),
        ("ascii", "a -> b: -0,3 e EUR"),
        ("utf-8", "a → b: −0,3 é €"),
    ],
)
def test_a_console_shows_what_it_can(encoding: str, shown: str) -> None:
    prepare_streams()
    held = io.BytesIO()
    console = _Console(held, encoding=encoding)
    prepare_stream(console)
    console.write("a → b: −0,3 é €")
    console.flush()
    assert held.getvalue().decode(encoding) == shown
