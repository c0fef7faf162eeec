"""What is needed to make the same numbers again."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Mapping
from importlib import metadata
from typing import TYPE_CHECKING, Any, Final

from vm2causal.refits import code_version

if TYPE_CHECKING:
    from vm2causal.inputs.published.reading import PublishedTables

_PACKAGES: Final = ("vm2causal", "pymc", "nutpie", "arviz", "pandas", "numpy", "xarray")

_NO_NUMBERS: Final = frozenset({"cli", "report"})
"""Parts of this package that show what a job found and can change none of it."""


def installed() -> dict[str, Any]:
    """Versions of Python and of the packages that make the numbers."""
    return {
        "python": platform.python_version(),
        "versions": {name: metadata.version(name) for name in _PACKAGES},
    }


def code_of_jobs() -> str:
    """Hash of the code that makes the numbers of a job; a version may be changed in place.

    Examples
    --------
    >>> len(code_of_jobs())
    16
    """
    return code_version(outside=_NO_NUMBERS)


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


def provenance(
    tables: PublishedTables, *, seed: int, timings: Mapping[str, float]
) -> dict[str, Any]:
    """What is needed to make the same numbers again: versions, seed and a hash of the data.

    Parameters
    ----------
    tables
        The published tables of the monitor.
    seed
        Of the random numbers, 0 or more; the same seed gives the same result.
    timings
        Seconds by part of the job.
    """
    return {
        "schema": "vm2causal/run/1",
        "origin": "published",
        **installed(),
        "seed": seed,
        "data_sha256": hash_of_tables(tables),
        "timings": dict(timings),
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
