"""What several tests share: the shipped tables, and fits that are expensive to make."""

from __future__ import annotations

import pytest
import xarray as xr
from hypothesis import settings

from vm2causal.inputs.published.reading import PublishedTables, read_published
from vm2causal.model.cohort_data import cohort_data
from vm2causal.model.cohorts import compile_cohort_model
from vm2causal.model.sampling import CompiledModel

# how long one example takes says more about the machine than about the code
settings.register_profile("any-machine", deadline=None)
settings.load_profile("any-machine")


@pytest.hookimpl(tryfirst=True)  # before the groups are read
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Two processes share the tests: a file stays whole, and one of them makes the fits."""
    for item in items:
        expensive = {"monitor", "compiled"} & set(getattr(item, "fixturenames", ()))
        group = "cohort fits" if expensive else item.nodeid.split("::")[0]
        item.add_marker(pytest.mark.xdist_group(group))


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
def compiled(everyone: xr.Dataset) -> CompiledModel:
    """The cohort model, compiled once for the whole session."""
    return compile_cohort_model(everyone)


@pytest.fixture(scope="session")
def monitor(tables: PublishedTables, compiled: CompiledModel):
    """The whole re-analysis, with sensitivity, on the session's compiled model."""
    from vm2causal.workflow import monitor as job

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(job, "compile_cohort_model", lambda data: compiled)
        return job.fit_monitor(tables, with_sensitivity=True)
