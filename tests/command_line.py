"""The command line as the tests use it: in this process, or in one of its own."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from functools import cache
from io import StringIO
from pathlib import Path
from typing import Any
from unittest.mock import patch

import jsonschema

import vm2causal
from vm2causal.cli import main

_PROGRAM = (
    "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
    "from vm2causal.__main__ import main; main()"
)
"""The command line; what a shell starts in the background would ignore interruptions."""

SCHEMAS = Path(vm2causal.__file__).parent / "schemas"


@dataclass(frozen=True)
class Done:
    """What a command left behind."""

    returncode: int
    stdout: str
    stderr: str


def run(*arguments: object) -> Done:
    """Run a command in this process: starting Python anew takes longer than most answers.

    An error that the command line does not turn into a message comes out as it is.
    """
    handler = signal.getsignal(signal.SIGTERM)
    stdout, stderr = StringIO(), StringIO()
    try:
        with (
            patch.object(sys, "argv", ["vm2causal", *map(str, arguments)]),
            redirect_stdout(stdout),
            redirect_stderr(stderr),
        ):
            code = _exit_code()
    finally:
        signal.signal(signal.SIGTERM, handler)
    return Done(code, stdout.getvalue(), stderr.getvalue())


def _exit_code() -> int:
    try:
        main()
    except SystemExit as ended:
        return int(ended.code or 0)
    raise AssertionError("the command line ends with an exit status")


@contextmanager
def started(*arguments: object) -> Iterator[subprocess.Popen[str]]:
    """Start a command in a process of its own, which does not outlive the test."""
    with subprocess.Popen(
        [sys.executable, "-c", _PROGRAM, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def run_apart(*arguments: object) -> Done:
    """Run a command in a process of its own, where whatever is printed by whomever counts."""
    with started(*arguments) as process:
        stdout, stderr = process.communicate()
    return Done(process.returncode, stdout, stderr)


def valid(document: str, name: str) -> dict[str, Any]:
    """The document, after holding it against its schema."""
    found: dict[str, Any] = json.loads(document)
    assert not [f"{item.json_path}: {item.message}" for item in _rules(name).iter_errors(found)]
    return found


@cache
def _rules(name: str) -> jsonschema.Draft202012Validator:
    schema = (SCHEMAS / f"{name}.schema.json").read_text(encoding="utf-8")
    return jsonschema.Draft202012Validator(json.loads(schema))
