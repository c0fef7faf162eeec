"""Real clusters of distributed: one in this process's care, and a scheduler with two workers."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import dask
import pytest

from refits.test_engine import TESTS, batch, deadly, failing
from vm2causal.errors import OptionError
from vm2causal.refits import Task, cluster, put_data, run_tasks
from vm2causal.refits.executors import DIED


def test_a_scheduler_that_does_not_answer_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "PATIENCE", 1)
    with pytest.raises(OptionError, match=r"No Dask scheduler.*Got: 'tcp://127\.0\.0\.1:9'"):
        run_tasks(batch(1), folder=None, executor="dask://127.0.0.1:9")


@pytest.mark.parametrize(
    "address",
    ["inproc://1.2.3.4/5/6", "tls://a:1", "user@host:1", "host", "host:port", "host:1/path", ":1"],
)
def test_what_is_no_host_and_port_is_refused(address: str) -> None:
    with pytest.raises(OptionError, match=r"named by its host and port.* Write dask://host:port"):
        run_tasks(batch(1), folder=None, executor=f"dask://{address}")


def test_nothing_goes_over_a_network_unencrypted_unless_that_is_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(
        OptionError, match=r"over the network .* unencrypted.*dask\+tls://host:port"
    ):
        run_tasks(batch(1), folder=None, executor="dask://192.0.2.1:8786")
    monkeypatch.setattr(cluster, "PATIENCE", 0.2)
    said = dask.config.set({"distributed.comm.require-encryption": False})
    with said, pytest.raises(OptionError, match="No Dask scheduler"):
        run_tasks(batch(1), folder=None, executor="dask://192.0.2.1:8786")


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An authority of its own, which signs one certificate for scheduler, worker and client."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("certificates are made with openssl, which is not installed")
    folder = tmp_path_factory.mktemp("tls")
    new = ("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2")
    subject = ("-subj", "/CN=vm2causal test", "-addext", "subjectAltName=IP:127.0.0.1")
    files = {name: str(folder / f"{name}.pem") for name in ("key", "cert")}
    subprocess.run(
        [openssl, *new, *subject, "-keyout", files["key"], "-out", files["cert"]],
        check=True,
        capture_output=True,
    )
    return files


@pytest.mark.slow
def test_a_scheduler_with_tls_is_reached_by_the_certificates_of_dasks_configuration(
    certificates: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from distributed import LocalCluster, Security

    monkeypatch.setattr(cluster, "PATIENCE", 5)
    parts = [
        f"{part}.{name}" for part in ("scheduler", "worker", "client") for name in certificates
    ]
    tls = {f"distributed.comm.tls.{part}": certificates[part.split(".")[1]] for part in parts}
    tls |= {"distributed.comm.tls.ca-file": certificates["cert"]}
    whole = run_tasks(batch(3), folder=None).values
    with (
        dask.config.set(tls | {"distributed.comm.require-encryption": True}),
        LocalCluster(
            n_workers=1, threads_per_worker=1, protocol="tls://", dashboard_address=None,
            security=Security(),
        ) as running,
    ):  # fmt: skip
        place = running.scheduler_address
        assert place.startswith("tls://127.0.0.1:")
        assert run_tasks(batch(3), folder=None, executor=f"dask+{place}").values == whole
        without = dask.config.set(dict.fromkeys(tls))
        with without, pytest.raises(OptionError, match=r"No Dask scheduler.*Got: 'tls://"):
            run_tasks(batch(1), folder=None, executor=f"dask+{place}")


@pytest.mark.parametrize(
    ("event", "name", "failure"),
    [
        (("t", {"name": "a", "value": 3, "failure": ""}), "a", "the worker returned int where"),
        (("t", {"name": "a", "value": {"x": 1}, "failure": ""}), "a", "returned dict where"),
        (("t", "text"), "", ""),
        (None, "", ""),
        (("t", {}), "None", "None"),
    ],
)
def test_a_worker_that_says_something_else_has_no_outcome(
    event: object, name: str, failure: str
) -> None:
    found, outcome = cluster._outcome(event)
    assert (found, outcome.value) == (name, None)
    assert failure in outcome.failure


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
