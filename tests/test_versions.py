"""The versions that a checkout follows are those that the tests run with, and hold no address."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from importlib import metadata
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parent.parent
SCRIPT = ROOT / "maintenance" / "versions.py"


def script() -> ModuleType:
    spec = spec_from_file_location("versions", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def project() -> str:
    return (ROOT / "pyproject.toml").read_text(encoding="utf-8")


def pins() -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for line in tomllib.loads(project())["tool"]["uv"]["constraint-dependencies"]:
        name, version = re.fullmatch(r"([a-z0-9-]+)==(\S+)(?: ; .+)?", line).groups()
        found.setdefault(name, set()).add(version)
    return found


def test_every_package_that_is_installed_has_the_pinned_version() -> None:
    """A new dependency is pinned too: uv run python maintenance/versions.py pin."""
    kept = pins()
    normal = {
        re.sub(r"[-_.]+", "-", item.name).lower(): item.version
        for item in metadata.distributions()
        # setuptools brings packages of its own, which are seen once it is imported
        if "_vendor" not in str(item.locate_file(""))
    }
    other = {
        name: (version, kept[name])
        for name, version in normal.items()
        if name in kept and version not in kept[name]
    }
    assert other == {}
    wanted = script().direct(project())
    assert {"numpy", "numba", "zarr", "typst"} <= wanted
    assert wanted <= kept.keys()


def test_the_repository_holds_no_address_of_an_index() -> None:
    pinned = project().partition("constraint-dependencies")[2].partition("\n]")[0]
    assert "://" not in pinned
    assert "index" not in tomllib.loads(project())["tool"]["uv"]


def test_pins_are_replaced_whole() -> None:
    module = script()
    bare = module.without_pins(project())
    assert "constraint-dependencies" not in tomllib.loads(bare)["tool"]["uv"]
    again = module.with_pins(module.with_pins(project(), ["one==1"]), ["two==2 ; os_name == 'nt'"])
    assert tomllib.loads(again)["tool"]["uv"] == tomllib.loads(bare)["tool"]["uv"] | {
        "constraint-dependencies": ["two==2 ; os_name == 'nt'"]
    }
    assert module.without_pins(again) == bare


@pytest.mark.slow
@pytest.mark.parametrize("resolution", ["lowest", "newest"])
def test_the_core_holds_with_the_lowest_and_the_newest_versions(resolution: str) -> None:
    asked = subprocess.run(
        [os.environ.get("UV", "uv"), "lock", "--upgrade", "--dry-run"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if asked.returncode != 0:
        pytest.skip(f"the package index that uv is configured with does not answer: {asked.stderr}")
    done = subprocess.run(
        [sys.executable, SCRIPT, "try", resolution], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-4_000:] + done.stderr[-4_000:]
