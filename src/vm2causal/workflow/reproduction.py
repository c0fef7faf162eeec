"""What is needed to make the same numbers again."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Mapping
from functools import cache
from importlib import metadata
from typing import TYPE_CHECKING, Any, Final

from vm2causal.refits import code_version

if TYPE_CHECKING:
    from vm2causal.inputs.published.reading import PublishedTables

_PACKAGES: Final = (
    "vm2causal", "pymc", "nutpie", "arviz", "pandas", "numpy", "xarray",
    "arviz-base", "arviz-stats", "dowhy", "duckdb", "llvmlite", "networkx", "numba", "openpyxl",
    "pyarrow", "pyreadstat", "pytensor", "scipy",
)  # fmt: skip
"""Packages that may move a digit: they read, compute, sample or sum up."""

_NO_NUMBERS: Final = frozenset({"cli", "report"})
"""Parts of this package that show what a job found and can change none of it."""


def installed() -> dict[str, Any]:
    """Versions of Python, of what makes the numbers and of its linear algebra; the machine."""
    return {
        "python": platform.python_version(),
        "versions": {name: metadata.version(name) for name in _PACKAGES} | _linear_algebra(),
        "machine": _machine(),
    }


@cache
def _linear_algebra() -> dict[str, str]:
    """BLAS and LAPACK that NumPy and SciPy were built with, each with its version."""
    import numpy
    import scipy

    found = {}
    for package in (numpy, scipy):
        parts = package.show_config(mode="dicts")["Build Dependencies"]
        for part in ("blas", "lapack"):
            name, version = (parts[part].get(key, "?") for key in ("name", "version"))
            found[f"{part}-{package.__name__}"] = f"{name} {version}"
    return found


@cache
def _machine() -> dict[str, str]:
    """What compiled code is made for: the same versions may round otherwise elsewhere."""
    from llvmlite.binding import get_host_cpu_name

    return {
        "system": platform.system(),
        "libc": " ".join(platform.libc_ver()).strip(),
        "architecture": platform.machine(),
        "processor": get_host_cpu_name(),
    }


def code_of_jobs() -> str:
    """Hash of the code that makes the numbers of a job; a version may be changed in place.

    Examples
    --------
    >>> len(code_of_jobs())
    16
    """
    return code_version(outside=_NO_NUMBERS)


def differences(record: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """What is otherwise now than where something was made: name, then and now.

    An earlier version noted less; what it did not note is not compared.

    Parameters
    ----------
    record
        ``run.json`` of a fit or of a run.

    Examples
    --------
    >>> differences(installed())
    []
    >>> differences({"python": "3.1"})[0][:2]
    ('python', '3.1')
    """
    now = installed()
    pairs = [("python", record.get("python"), now["python"])]
    pairs += [("code", record.get("code"), code_of_jobs())]
    for part in ("versions", "machine"):
        made = record.get(part, {})
        pairs += [(name, said, now[part].get(name, "–")) for name, said in made.items()]
    return [(name, str(said), here) for name, said, here in pairs if said not in (None, here)]


def changed_versions(record: Mapping[str, Any]) -> list[str]:
    """Packages that are installed in another version than made a fit.

    Parameters
    ----------
    record
        ``run.json`` of a fit.

    Examples
    --------
    >>> changed_versions(installed())
    []
    >>> changed_versions({"versions": {"numpy": "0.1"}})[0].startswith("numpy 0.1, now ")
    True
    """
    made = record.get("versions", {})
    now = installed()["versions"]
    return [
        f"{name} {version}, now {now.get(name, '–')}"
        for name, version in made.items()
        if now.get(name) != version
    ]


def provenance(tables: PublishedTables, *, seed: int) -> dict[str, Any]:
    """What is needed to make the same numbers again: versions, seed and a hash of the data.

    Parameters
    ----------
    tables
        The published tables of the monitor.
    seed
        Of the random numbers, 0 or more; the same seed gives the same result.
    """
    return {
        "schema": "vm2causal/run/2",
        "origin": "published",
        **installed(),
        "seed": seed,
        "data_sha256": hash_of_tables(tables),
    }


def hash_of_tables(tables: PublishedTables) -> str:
    """SHA-256 of every published table.

    Parameters
    ----------
    tables
        The published tables of the monitor.
    """
    from vm2causal.inputs.published.schema import SCHEMAS

    digest = hashlib.sha256()
    for name in SCHEMAS:
        digest.update(getattr(tables, name).to_csv(index=False).encode())
    return digest.hexdigest()
