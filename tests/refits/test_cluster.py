"""Real clusters of distributed: one in this process's care, and a scheduler with two workers."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from refits.test_engine import TESTS, batch, deadly, failing
from vm2causal.errors import OptionError
from vm2causal.refits import Task, cluster, put_data, run_tasks
from vm2causal.refits.executors import DIED


def test_a_scheduler_that_does_not_answer_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "PATIENCE", 1)
    with pytest.raises(OptionError, match=r"No Dask scheduler.*Got: 'dask://127\.0\.0\.1:9'"):
        run_tasks(batch(1), folder=None, executor="dask://127.0.0.1:9")


def test_without_dask_the_mend_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "find_spec", lambda name: None)
    with pytest.raises(OptionError, match=r"pip install 'vm2causal\[cluster\]'"):
        run_tasks(batch(1), folder=None, executor="dask")


@pytest.mark.slow
def test_a_cluster_of_this_machine_survives_workers_that_die(tmp_path: Path) -> None:
    whole = run_tasks(batch(), folder=None)
    tasks = [*batch(), failing(), deadly(tmp_path / "a", 2), deadly(tmp_path / "b", 9)]
    found = run_tasks(tasks, folder=tmp_path / "batch", executor="dask")
    assert {name: found.values[name] for name in whole.values} == whole.values
    assert found.values["die-2"] == {"deaths": 2}
    assert found.failures == {"root": "ValueError: no root at 2.0", "die-9": DIED}


def started(*arguments: str, folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "distributed.cli." + arguments[0], *arguments[1:]],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(TESTS)},
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """A scheduler and two workers on loopback, each with a working directory of its own."""
    places = [tmp_path / name for name in ("scheduler", "one", "two")]
    for place in places:
        place.mkdir()
    scheduler = started(
        "dask_scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard", folder=places[0]
    )
    running = [scheduler]
    try:
        found = None
        while found is None and scheduler.stderr is not None:
            found = re.search(r"tcp://(127\.0\.0\.1:\d+)", scheduler.stderr.readline())
        assert found is not None
        for place in places[1:]:
            options = ("--nthreads", "1", "--no-dashboard")
            running.append(started("dask_worker", found.group(1), *options, folder=place))
        yield found.group(1)
    finally:
        for process in reversed(running):
            process.terminate()
        for process in running:
            process.communicate(timeout=30)


@pytest.mark.slow
def test_a_running_scheduler_gives_the_same_bits(address: str, tmp_path: Path) -> None:
    from model.structural_cases import STUDY_SPEC, small_study
    from vm2causal.model.data.structural_data import study_data

    folder = tmp_path / "batch"
    data = put_data(study_data(STUDY_SPEC, small_study()), folder)
    described = Task("described", "refits_tasks:describe", {"data": data}, (1,))
    shares = Task("shares", "refits_tasks:cores", {}, (1,))
    tasks = [*batch(8, seconds=0.1), described]
    here = run_tasks(tasks, folder=folder)
    time.sleep(1.0)
    there = run_tasks(tasks, folder=folder, executor=f"dask://{address}", resume=False)
    assert there.failures == {}
    assert json.dumps(there.values) == json.dumps(here.values)
    assert there.values["described"]["units"] == 24
    alone = run_tasks([shares], folder=None, executor=f"dask://{address}")
    assert alone.values["shares"]["cores"] == 1
