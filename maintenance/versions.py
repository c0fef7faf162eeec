"""Versions: pin those that the tests ran with, raise them, and try the lowest and the newest.

::

    uv run python maintenance/versions.py pin       # those of uv.lock into pyproject.toml
    uv run python maintenance/versions.py raise     # the newest into uv.lock; then test, then pin
    uv run python maintenance/versions.py try lowest   # or newest: resolve, install, core tests

Pinned versions stand in ``[tool.uv] constraint-dependencies`` of ``pyproject.toml``: a checkout
follows them with ``uv run``, the wheel keeps its ranges, and they name no address.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parent.parent
UV = os.environ.get("UV", "uv")
"""As ``uv run`` tells what it starts."""

CORE = (
    "tests/test_storage.py",
    "tests/test_unfinished.py",
    "tests/spec",
    "tests/identify",
    "tests/hostile/test_fits.py",
    "tests/model/sampler/test_program.py",
    "tests/cli/test_verify.py",
)
"""Run with other versions: reading, identification, densities, a sampled fit, its hashes."""

_PINNED = re.compile(r"\nconstraint-dependencies = \[\n.*?\n\]\n", re.DOTALL)
_SHIPPED = ("src", "tests", "models", "data", "README.md", "LICENSE", "CITATION.cff", "docs")


def without_pins(project: str) -> str:
    """``pyproject.toml`` without pinned versions."""
    return _PINNED.sub("\n", project)


def with_pins(project: str, pins: list[str]) -> str:
    """``pyproject.toml`` with other pinned versions."""
    listed = "\n".join(f'    "{pin}",' for pin in pins)
    table = f"\nconstraint-dependencies = [\n{listed}\n]\n"
    head, found, tail = without_pins(project).partition("[tool.uv]\n")
    if not found:
        raise SystemExit("pyproject.toml has no table [tool.uv].")
    body, _, rest = tail.partition("\n\n")
    return f"{head}{found}{body}{table}\n{rest}"


def locked(folder: Path) -> list[str]:
    """Every version in ``uv.lock``, with the systems that it is for; no hash and no address."""
    done = subprocess.run(
        [UV, "export", "--frozen", "--all-groups", "--all-extras", "--no-emit-project",
         "--no-hashes", "--no-annotate", "--no-header"],
        cwd=folder, capture_output=True, text=True, check=True,
    )  # fmt: skip
    pins = [line.strip() for line in done.stdout.splitlines() if line.strip()]
    strange = [pin for pin in pins if "://" in pin or "==" not in pin]
    if strange:
        raise SystemExit(f"No version of a package: {', '.join(strange)}")
    return pins


def pin() -> None:
    """Write the versions of ``uv.lock`` into ``pyproject.toml``."""
    path = ROOT / "pyproject.toml"
    pins = locked(ROOT)
    path.write_text(with_pins(path.read_text(encoding="utf-8"), pins), encoding="utf-8")
    print(f"{len(pins)} versions pinned.")


def raise_all() -> None:
    """Lock the newest versions that the ranges allow; the tests say whether to pin them."""
    path = ROOT / "pyproject.toml"
    path.write_text(without_pins(path.read_text(encoding="utf-8")), encoding="utf-8")
    subprocess.run([UV, "lock", "--upgrade"], cwd=ROOT, check=True)


def tried(resolution: str) -> int:
    """Install other versions beside those that are pinned, and run the core tests with them."""
    with TemporaryDirectory(prefix="vm2causal-versions-") as made:
        folder = Path(made)
        for name in _SHIPPED:
            source = ROOT / name
            copy = shutil.copytree if source.is_dir() else shutil.copy2
            copy(source, folder / name)
        project = without_pins((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
        (folder / "pyproject.toml").write_text(project, encoding="utf-8")
        rule = {"lowest": "lowest-direct", "newest": "highest"}[resolution]
        subprocess.run(
            [UV, "sync", "--python", sys.executable, "--resolution", rule], cwd=folder, check=True
        )
        found = [pin for pin in locked(folder) if pin.partition("==")[0] in direct(project)]
        print(f"{resolution}: {', '.join(found)}", flush=True)
        return subprocess.run(
            [UV, "run", "--no-sync", "pytest", "-q", "-n0", *CORE], cwd=folder, check=False
        ).returncode


def direct(project: str) -> set[str]:
    """Names of the packages that the wheel asks for."""
    listed = project.partition("\ndependencies = [")[2].partition("\n]")[0]
    return set(re.findall(r'"([a-zA-Z0-9_-]+)[><=]', listed))


def main() -> None:
    """Do what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    asked = parser.add_subparsers(dest="task", required=True)
    asked.add_parser("pin")
    asked.add_parser("raise")
    trying = asked.add_parser("try")
    trying.add_argument("resolution", choices=("lowest", "newest"))
    given = parser.parse_args()
    if given.task == "try":
        sys.exit(tried(given.resolution))
    {"pin": pin, "raise": raise_all}[given.task]()


if __name__ == "__main__":
    main()
