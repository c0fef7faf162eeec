from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).parent.parent

BATCH = """
from vm2causal.refits import Task, run_tasks
tasks = [Task(str(n), "refits_tasks:draw", {"scale": 1.0}, (1, n)) for n in range(20)]
"""
EXITS_AT_IMPORT = """
import os
if __name__ == "__mp_main__":
    os._exit(7)
"""
GUARDED = """
if __name__ == "__main__":
    print(len(run_tasks(tasks, folder=None, executor="processes:2").values))
"""
UNGUARDED = """
print(len(run_tasks(tasks, folder=None, executor="processes:2").values))
"""


def script(text: str, folder: Path) -> subprocess.CompletedProcess[str]:
    path = folder / "batch.py"
    path.write_text(f"import sys\nsys.path.insert(0, {str(TESTS)!r})\n{text}", encoding="utf-8")
    return subprocess.run(
        [sys.executable, str(path)], capture_output=True, text=True, timeout=120, check=False
    )


@pytest.mark.parametrize(
    ("text", "code"),
    [(EXITS_AT_IMPORT + BATCH + GUARDED, 7), (BATCH + UNGUARDED, 1)],
    ids=["exits at import", "script without a guard"],
)
def test_a_batch_whose_workers_never_come_up_ends_by_name(
    text: str, code: int, tmp_path: Path
) -> None:
    done = script(text, tmp_path)
    assert done.returncode == 1
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("vm2causal.errors.OptionError: No worker comes up: ")
    assert f"the last with exit code {code}. Got: 'processes:2'. Use --executor serial" in last
    # three attempts and the one under way, whatever the number of tasks
    assert int(last.split("comes up: ")[1].split()[0]) <= 4
