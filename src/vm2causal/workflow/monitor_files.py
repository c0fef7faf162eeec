"""The re-analysis of the monitor on disk: written once, taken over by a run that is resumed."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final

import pandas as pd
import xarray as xr

from vm2causal.checks.gate.diagnostics import Diagnostics
from vm2causal.disclosure.exemption import Exempt, exempt
from vm2causal.errors import FitError
from vm2causal.inputs.published.reading import PublishedTables
from vm2causal.model.fits.array_files import read_arrays, write_arrays
from vm2causal.model.sampler.sampling import SamplerSettings
from vm2causal.monitor.cohort_data import cohort_data
from vm2causal.plain_files import read_json
from vm2causal.report.documents.json_text import to_json
from vm2causal.report.documents.records import records
from vm2causal.storage import write_atomically, write_folder_atomically
from vm2causal.timings import TIMINGS_FILE, read_timings, timings_text
from vm2causal.workflow.monitor import (
    CohortFit,
    MonitorResult,
    SectorResult,
    monitor_result,
)
from vm2causal.workflow.reproduction import code_of_jobs, hash_of_tables, installed

_RECORD: Final = "monitor.json"
_UNUSABLE: Final = (
    FitError, OSError, ValueError, KeyError, TypeError, RuntimeError, AttributeError
)  # fmt: skip
"""In how many ways what stands there may not be what was written."""


@dataclass(frozen=True)
class Reanalysis:
    """Everything that was sampled for the published tables.

    Parameters
    ----------
    monitor
        Of :func:`~vm2causal.workflow.monitor.fit_monitor`.
    sectors
        Of :func:`~vm2causal.workflow.monitor.fit_sectors`.
    """

    monitor: MonitorResult = field(repr=False)
    sectors: SectorResult = field(repr=False)


def reanalysis_key(tables: PublishedTables, *, seed: int, settings: SamplerSettings | None) -> str:
    """What must be the same for a finished re-analysis to be taken over.

    What evaluates the model is always the same here, and part of the code.

    Parameters
    ----------
    tables
        The published tables of the monitor.
    seed
        Of the random numbers, 0 or more; the same seed gives the same result.
    settings
        Draws, tuning steps and chains of the sampler; the defaults of the job where None.
    """
    parts = {
        "data": hash_of_tables(tables),
        "seed": seed,
        "settings": None if settings is None else asdict(settings),
        "code": code_of_jobs(),
        **installed(),
    }
    return hashlib.sha256(to_json(exempt(parts, Exempt.PUBLISHED)).encode()).hexdigest()


def write_reanalysis(found: Reanalysis, folder: Path, *, key: str) -> list[Path]:
    """Write the fits, and last the record without which they do not count.

    Parameters
    ----------
    found
        What was sampled.
    folder
        Of the fits and their record.
    key
        Hash of what the numbers depend on: tables, code, seed and settings.

    Raises
    ------
    OutputError
        When ``folder`` cannot be written.
    """
    (folder / _RECORD).unlink(missing_ok=True)
    paths, digests = [], {}
    for (selection, method), fit in found.monitor.fits.items():
        name = f"{selection}-{method}"
        path = folder / f"{name}.zarr"
        paths.append(write_folder_atomically(path, partial(write_arrays, fit.tree)))
        digests[name] = _digest(fit.tree)
    record = {
        "schema": "vm2causal/monitor-fits/1",
        "key": key,
        "fits": [
            {
                "selection": selection,
                "method": method,
                "sha256": digests[f"{selection}-{method}"],
                "diagnostics": fit.diagnostics.to_dict(),
            }
            for (selection, method), fit in found.monitor.fits.items()
        ],
        "sensitivity": records(found.monitor.sensitivity),
        "parallel_trends": records(found.monitor.parallel_trends),
        "sectors": {
            "stop": records(found.sectors.stop),
            "contrasts": records(found.sectors.contrasts),
            "diagnostics": found.sectors.diagnostics.to_dict(),
        },
    }
    paths.append(write_atomically(folder / TIMINGS_FILE, timings_text(found.monitor.timings)))
    paths.append(
        write_atomically(folder / _RECORD, to_json(exempt(record, Exempt.PUBLISHED)) + "\n")
    )
    return paths


def read_reanalysis(
    folder: Path, tables: PublishedTables, *, key: str, seed: int
) -> Reanalysis | None:
    """A finished re-analysis; None where there is none for this key, or it is damaged.

    What is not exactly what was written is done again, never mixed in.

    Parameters
    ----------
    folder
        Of the fits and their record.
    tables
        The published tables of the monitor.
    key
        Hash of what the numbers depend on: tables, code, seed and settings.
    seed
        Of the random numbers, 0 or more; the same seed gives the same result.
    """
    try:
        record = read_json(folder / _RECORD)
        if record["key"] != key:
            return None
        fits = _fits(folder, record, tables)
        sensitivity = pd.DataFrame(record["sensitivity"])
        trends = pd.DataFrame(record["parallel_trends"])
        sectors = record["sectors"]
        found = SectorResult(
            pd.DataFrame(sectors["stop"]),
            pd.DataFrame(sectors["contrasts"]),
            _diagnostics(sectors["diagnostics"]),
        )
        timings = read_timings(folder)
    except _UNUSABLE:
        return None
    monitor = monitor_result(tables, fits, sensitivity, trends, seed=seed, timings=timings)
    return Reanalysis(monitor, found)


def stored_fits(folder: Path, tables: PublishedTables) -> dict[tuple[str, str], CohortFit]:
    """Fits of a re-analysis as they were written, whatever made them.

    Parameters
    ----------
    folder
        Of the fits and their record.
    tables
        The published tables of the monitor.

    Raises
    ------
    FitError
        When there are none, or they are not what was written.
    """
    try:
        return _fits(folder, read_json(folder / _RECORD), tables)
    except _UNUSABLE as error:
        raise FitError(
            "These fits of the monitor are not what was written.",
            file=f"{folder.name}/{_RECORD}",
            value=str(error),
            fix="Run it again with --afresh.",
        ) from error


def _fits(
    folder: Path, record: Mapping[str, Any], tables: PublishedTables
) -> dict[tuple[str, str], CohortFit]:
    return {
        (item["selection"], item["method"]): _read_fit(folder, item, tables)
        for item in record["fits"]
    }


def _read_fit(folder: Path, item: Mapping[str, Any], tables: PublishedTables) -> CohortFit:
    selection, method = item["selection"], item["method"]
    stored = read_arrays(folder / f"{selection}-{method}.zarr")
    tree = xr.DataTree.from_dict({name: stored.decoded(name) for name in sorted(stored.groups)})
    if _digest(tree) != item["sha256"]:
        raise ValueError("the draws are not those that were written")
    return CohortFit(
        method, cohort_data(tables, selection), tree, _diagnostics(item["diagnostics"])
    )


def _diagnostics(values: Mapping[str, Any]) -> Diagnostics:
    kept = {name: value for name, value in values.items() if name != "passed"}
    return Diagnostics(**(kept | {"failures": tuple(kept["failures"])}))


def _digest(tree: xr.DataTree) -> str:
    digest = hashlib.sha256()
    posterior = tree["posterior"].to_dataset()
    for name in sorted(map(str, posterior.data_vars)):
        digest.update(name.encode())
        digest.update(posterior[name].to_numpy().tobytes())
    return digest.hexdigest()
