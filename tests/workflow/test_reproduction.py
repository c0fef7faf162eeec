"""Which changes of the code make a finished job count no more."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from vm2causal.refits import code_version, tasks
from vm2causal.workflow.reproduction import code_of_jobs


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A package of one module in each of some parts, in the place of this one."""
    for part in ("model", "workflow", "report", "cli"):
        (tmp_path / part).mkdir()
        (tmp_path / part / "module.py").write_text("one = 1")
    monkeypatch.setattr(tasks.resources, "files", lambda name: tmp_path)
    code_version.cache_clear()
    yield tmp_path
    code_version.cache_clear()


@pytest.mark.parametrize(
    ("part", "tasks_differ", "jobs_differ"),
    [
        ("model", True, True),
        ("workflow", False, True),
        ("report", False, False),
        ("cli", False, False),
    ],
)
def test_a_job_is_other_where_what_can_make_its_numbers_is(
    package: Path, part: str, tasks_differ: bool, jobs_differ: bool
) -> None:
    before = code_version(), code_of_jobs()
    (package / part / "module.py").write_text("one = 2")
    code_version.cache_clear()
    assert (code_version() != before[0], code_of_jobs() != before[1]) == (tasks_differ, jobs_differ)
