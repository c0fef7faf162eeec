"""What several tests share: the shipped tables, and fits that are expensive to make."""

from __future__ import annotations

import os
from collections.abc import Generator

import pytest
import xarray as xr
from hypothesis import settings

from vm2causal.inputs.published.reading import PublishedTables, read_published
from vm2causal.monitor.cohort_data import cohort_data

# how long one example takes says more about the machine than about the code
settings.register_profile("any-machine", deadline=None)
settings.load_profile("any-machine")
# a tenth of what compiling a model takes: where in the code each node of its graph was made
os.environ.setdefault("PYTENSOR_FLAGS", "traceback__limit=0")


_FIRST = ("cohort fits", "notebooks/", "tests/test_docs.py", "tests/browser/")
"""Groups that take a minute or more: begun last, one process would wait for the other."""


@pytest.hookimpl(tryfirst=True)  # before the groups are read
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Two processes share the tests: a file stays whole, and one of them makes the fits."""
    for item in items:
        item.add_marker(pytest.mark.xdist_group(_group(item)))
    if getattr(config.option, "loadgroup", False):
        items.sort(key=_place)


def _group(item: pytest.Item) -> str:
    expensive = {"monitor", "sectors"} & set(getattr(item, "fixturenames", ()))
    return "cohort fits" if expensive else item.nodeid.split("::")[0]


def _place(item: pytest.Item) -> int:
    found = (place for place, name in enumerate(_FIRST) if _group(item).startswith(name))
    return next(found, len(_FIRST))


@pytest.hookimpl(wrapper=True)
def pytest_collect_file() -> Generator[None, list[pytest.Collector], list[pytest.Collector]]:
    """Examples stand in the docstrings of the package; searching the tests for them takes long."""
    collectors = yield
    return [item for item in collectors if type(item).__name__ != "DoctestModule"]


def pytest_collection_finish(session: pytest.Session) -> None:
    """Groups that are not kept together make every shared fit once per process."""
    apart = [item.nodeid for item in session.items if "@" not in item.nodeid.rsplit("::", 1)[-1]]
    if getattr(session.config.option, "loadgroup", False) and apart:
        raise pytest.UsageError(f"pytest-xdist does not group tests, such as {apart[0]}")


@pytest.fixture(scope="session")
def tables() -> PublishedTables:
    return read_published()


@pytest.fixture(scope="session")
def everyone(tables: PublishedTables) -> xr.Dataset:
    return cohort_data(tables, "all")


@pytest.fixture(scope="session")
def monitor(tables: PublishedTables):
    """The whole re-analysis, with sensitivity, fitted once for the whole session."""
    from vm2causal.workflow import fit_monitor

    return fit_monitor(tables, with_sensitivity=True)


@pytest.fixture(scope="session")
def sectors(tables: PublishedTables):
    """Stopping by sector, fitted once for the whole session."""
    from vm2causal.workflow import fit_sectors

    return fit_sectors(tables)
