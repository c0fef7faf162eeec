"""``vm2causal run`` and ``brief`` from the command line: mistakes and interruptions."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import pytest

from command_line import run, started
from vm2causal.storage import write_atomically


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("run", "--seed", "18446744073709551616"), "Invalid value for '--seed'"),
        (("run", "--attacks", "hard"), "'hard' is not one of 'none', 'quick', 'full'"),
        (("run", "--model", "onderzoeksmodel-1999"), "onderzoeksmodel-1999"),
        (("run", "--study", "no-such-folder"), "no-such-folder"),
        (("brief", "no-such-fit"), "no-such-fit"),
    ],
)
def test_mistakes_end_with_status_two_and_no_traceback(
    arguments: tuple[str, ...], message: str, tmp_path: Path
) -> None:
    done = run(*arguments, "--out", tmp_path / "out")
    assert done.returncode == 2, done.stderr
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize("command", [("run",), ("brief", "no-such-fit")])
def test_an_unwritable_out_is_found_before_any_work(
    command: tuple[str, ...], tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("in the way")
    done = run(*command, "--out", str(tmp_path / "file" / "results"))
    assert done.returncode == 2
    assert "cannot be written" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.mcmc
def test_an_interrupted_run_says_so_and_leaves_no_record(tmp_path: Path, number: int) -> None:
    out = tmp_path / "out"
    write_atomically(out / "run.json", '{"schema": "vm2causal/run/1", "files": []}')
    with started("run", "--out", out) as process:
        while (out / "run.json").exists() and process.poll() is None:
            time.sleep(0.1)
        time.sleep(2)
        process.send_signal(number)
        _, said = process.communicate(timeout=120)
    assert process.returncode == 128 + number
    assert "Traceback" not in said
    # what the earlier run wrote is still known
    assert [path.name for path in out.rglob("*")] == ["files.json"]
