"""The specification curve of the monitor: one model, every combination of choices."""

from __future__ import annotations

from itertools import product
from typing import Any, Final

import pandas as pd

from vm2causal.checks.gate.diagnostics import diagnose
from vm2causal.inputs.published.reading import PublishedTables
from vm2causal.inputs.published.schema import SELECTIONS
from vm2causal.model.sampler.sampling import SamplerSettings
from vm2causal.monitor.cohort_data import cohort_data
from vm2causal.monitor.cohort_sampling import sample_cohorts
from vm2causal.monitor.cohorts import (
    ICC_HIGH,
    ICC_LOW,
    ICC_PRIOR,
    model_data,
)
from vm2causal.monitor.parallel_trends import yardsticks
from vm2causal.monitor.specification_curve import curve_summary, specification_rows
from vm2causal.report.documents.records import records
from vm2causal.workflow.monitor import DEFAULT_SEED, Progress

_ICCS: Final = {"low": ICC_LOW, "main": ICC_PRIOR, "high": ICC_HIGH}
_POOLING: Final = {"pooled": True, "unpooled": False}
_PRINTINGS: Final = ("beside", "other")
SETTINGS: Final = SamplerSettings(draws=4_000, tune=800, chains=2)
"""Of each of the fits: an interval to a tenth of a point."""


def curve_steps() -> tuple[str, ...]:
    """Names of the steps of :func:`monitor_curve`, in order."""
    return tuple(", ".join(made.values()) for made in _fits())


def monitor_curve(
    tables: PublishedTables,
    *,
    seed: int = DEFAULT_SEED,
    level: float = 0.95,
    settings: SamplerSettings = SETTINGS,
    progress: Progress = lambda step: None,
) -> pd.DataFrame:
    """Fit every combination of choices.

    Parameters
    ----------
    tables
        The published tables of the monitor.
    seed
        The same seed gives the same numbers.
    level
        Mass of the intervals.
    settings
        Draws, tuning steps and chains of the sampler.
    progress
        Called with the name of each step as it starts.

    Returns
    -------
    pandas.DataFrame
        A row per specification, see
        :func:`~vm2causal.monitor.specification_curve.specification_rows`; ``passed`` says whether
        its fit passed the gate.
    """
    moved = {selection: yardsticks(tables, selection) for selection in SELECTIONS}
    rows: list[dict[str, Any]] = []
    for made in _fits():
        progress(", ".join(made.values()))
        data = cohort_data(tables, made["selection"], national_values=made["printing"])
        values = model_data(
            data, clustered=True, pooled=_POOLING[made["pooling"]], icc_prior=_ICCS[made["icc"]]
        )
        tree = sample_cohorts(values, seed=seed, settings=settings)
        passed = diagnose(tree).passed
        posterior = tree["posterior"].to_dataset()
        shift = moved[made["selection"]]
        found = specification_rows(posterior, data, shift, made, level=level)
        rows += [row | {"passed": passed} for row in found]
    return pd.DataFrame(rows)


def curve_document(curve: pd.DataFrame) -> dict[str, Any]:
    """What ``vm2causal monitor curve`` prints as JSON.

    Parameters
    ----------
    curve
        Of :func:`monitor_curve`.
    """
    return {
        "schema": "vm2causal/specification-curve/1",
        "specifications": records(curve),
        "summary": records(curve_summary(curve)),
    }


def _fits() -> list[dict[str, str]]:
    names = ("selection", "pooling", "icc", "printing")
    options = product(SELECTIONS, _POOLING, _ICCS, _PRINTINGS)
    return [dict(zip(names, values, strict=True)) for values in options]
