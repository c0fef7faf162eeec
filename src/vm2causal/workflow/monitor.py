"""The re-analysis of the published tables: fits, contrasts and sensitivity."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
import xarray as xr

from vm2causal.checks.gate.diagnostics import Diagnostics, diagnose, worst
from vm2causal.errors import OptionError
from vm2causal.inputs.published.reading import PublishedTables
from vm2causal.inputs.published.schema import SELECTIONS
from vm2causal.model.sampler.sampling import (
    CompiledModel,
    SamplerSettings,
    compile_model,
    sample_posterior,
)
from vm2causal.model.structural_fit import Backend
from vm2causal.monitor.careers import hazard_effects
from vm2causal.monitor.cohort_data import cohort_data
from vm2causal.monitor.cohort_sampling import sample_cohorts
from vm2causal.monitor.cohorts import ICC_HIGH, ICC_LOW, cohort_model, model_data
from vm2causal.monitor.compliers import complier_table, share_realised
from vm2causal.monitor.effects import (
    ALL_PUPILS,
    POOLED,
    POOLED_TRANCHES,
    Contrast,
    all_pupils_contrasts,
    at_last,
    did_contrasts,
    estimate_table,
    naive_contrasts,
)
from vm2causal.monitor.parallel_trends import trend_table, yardsticks
from vm2causal.monitor.sector_effects import stop_contrasts, stop_table
from vm2causal.monitor.sector_model import sample_sectors, sector_counts, sector_model
from vm2causal.report.documents.monitor import monitor_document
from vm2causal.texts import Language

Progress = Callable[[str], None]
"""Told the name of each step as it starts."""

DEFAULT_SEED: Final = 2013

_CLUSTERED: Final = {"did": False, "did_clustered": True}
_VARIANTS: Final[dict[str, tuple[dict[str, Any], dict[str, Any]]]] = {
    "unpooled": ({}, {"pooled": False}),
    "tranches_alike": ({}, {"tranche_sd": 0.05}),
    "tranches_apart": ({}, {"tranche_sd": 0.5}),
    "borging_like_tranches": ({}, {"borging_sd": 0.0}),
    "other_printing": ({"national_values": "other"}, {}),
    "vm2_left_in": ({"take_out_vm2": False}, {}),
    "icc_low": ({}, {"icc_prior": ICC_LOW}),
    "icc_high": ({}, {"icc_prior": ICC_HIGH}),
    "sites_unlike": ({}, {"site_correlation_prior": (2.0, 198.0)}),
    "sites_alike": ({}, {"site_correlation_prior": (80.0, 20.0)}),
}
"""Sensitivity analyses: how the arranged data, and the model's own data, differ from the main."""

_UNPOOLED: Final = "unpooled"
_VARIANT_SETTINGS: Final = SamplerSettings(draws=2_000)
"""Of sensitivity analyses, but for the unpooled one, which is sampled as the main analysis is.

Means over years mix slowest, most so where little noise is left between sites.
"""


@dataclass(frozen=True)
class CohortFit:
    """One fit of the cohort model: what it was fitted to, its draws and its diagnostics.

    Parameters
    ----------
    method
        ``did`` (counts are binomial) or ``did_clustered`` (sites differ).
    data
        What was fitted, of :func:`~vm2causal.monitor.cohort_data.cohort_data`.
    tree
        Posterior draws and statistics of the sampler.
    diagnostics
        Of :func:`~vm2causal.checks.gate.diagnostics.diagnose`.
    """

    method: str
    data: xr.Dataset
    tree: xr.DataTree
    diagnostics: Diagnostics

    @property
    def posterior(self) -> xr.Dataset:
        """Draws, dims (chain, draw, …)."""
        return self.tree["posterior"].to_dataset()


@dataclass(frozen=True)
class MonitorResult:
    """The re-analysis of the published tables for one or both selections of pupils.

    Parameters
    ----------
    estimates
        One row per selection, outcome, method, tranche and years since the start.
    hazards
        In which year the differences came about.
    complier
        Effects on pupils of experiments that ran as intended; empty where not asked for.
    sensitivity
        Estimates under other choices; empty where not asked for.
    parallel_trends
        How far trends may differ before a sign is lost; empty where not asked for.
    contrasts
        Draws of every contrast, by (selection, method).
    fits
        By (selection, method).
    timings
        Seconds by part of the job.
    """

    estimates: pd.DataFrame
    hazards: pd.DataFrame
    complier: pd.DataFrame
    sensitivity: pd.DataFrame
    parallel_trends: pd.DataFrame
    contrasts: Mapping[tuple[str, str], list[Contrast]]
    fits: Mapping[tuple[str, str], CohortFit]
    timings: Mapping[str, float]


@dataclass(frozen=True)
class SectorResult:
    """Stopping by sector: ``stop`` probabilities, ``contrasts`` and the fit's diagnostics.

    Parameters
    ----------
    stop
        Probability that an experiment stopped, by sector and tranche.
    contrasts
        Differences between sectors in that probability.
    diagnostics
        Of :func:`~vm2causal.checks.gate.diagnostics.diagnose`.
    """

    stop: pd.DataFrame
    contrasts: pd.DataFrame
    diagnostics: Diagnostics


def fit_monitor(
    tables: PublishedTables,
    *,
    selections: tuple[str, ...] = SELECTIONS,
    seed: int = DEFAULT_SEED,
    level: float = 0.95,
    settings: SamplerSettings | None = None,
    with_sensitivity: bool = False,
    backend: Backend = Backend.KERNEL,
    progress: Progress = lambda step: None,
) -> MonitorResult:
    """Re-analyse the published tables as difference-in-differences.

    Every selection, method and sensitivity analysis is a refit with other data.

    Parameters
    ----------
    tables
        The published tables of the monitor.
    selections
        ``all`` starters, pupils of experiments ``as_intended``, or both.
    seed
        The same seed gives the same numbers.
    level
        Mass of the intervals.
    settings
        Draws, tuning steps and chains of the sampler; the defaults of the job where None.
    with_sensitivity
        Also refit with the figures and priors that could as well have been chosen.
    backend
        What evaluates the density: our own compiled one, or what PyMC compiles of the ``pm.Model``
        (a minute, once).
    progress
        Called with the name of each step as it starts.

    Raises
    ------
    OptionError
        When a selection is unknown, or a backend not installed.
    """
    for selection in selections:
        _require("selection", selection, SELECTIONS)
    everyone = cohort_data(tables, "all")
    if backend is not Backend.KERNEL:
        progress("compile")
    compiled = _compiled(cohort_model, everyone, backend)
    began = time.perf_counter()
    fits: dict[tuple[str, str], CohortFit] = {}
    for selection in selections:
        data = everyone if selection == "all" else cohort_data(tables, selection)
        for method in _CLUSTERED:
            progress(f"{selection}, {method}")
            fits[selection, method] = _fit_cohorts(compiled, data, method, seed, settings)
    timings = {
        "compile_s": 0.0 if compiled is None else compiled.compile_seconds,
        "fit_s": time.perf_counter() - began,
    }
    sensitivity = parallel_trends = pd.DataFrame()
    if with_sensitivity and "all" in selections:
        whole = fits["all", "did_clustered"]
        main = did_contrasts(whole.posterior, whole.data)
        sensitivity, parallel_trends = _sensitivity(
            tables, compiled, main, seed, level, settings, progress
        )
    return monitor_result(
        tables, fits, sensitivity, parallel_trends, seed=seed, level=level, timings=timings
    )


def monitor_result(
    tables: PublishedTables,
    fits: Mapping[tuple[str, str], CohortFit],
    sensitivity: pd.DataFrame,
    parallel_trends: pd.DataFrame,
    *,
    seed: int,
    level: float = 0.95,
    timings: Mapping[str, float],
) -> MonitorResult:
    """Estimates from fits, keyed by (selection, method); nothing is sampled anew.

    Parameters
    ----------
    tables
        The published tables of the monitor.
    fits
        By (selection, method).
    sensitivity
        Estimates under other choices; may be empty.
    parallel_trends
        How far trends may differ before a sign is lost; may be empty.
    seed
        Of the random numbers, 0 or more; the same seed gives the same result.
    level
        Probability that each interval holds, between 0 and 1.
    timings
        Seconds by part of the job.
    """
    contrasts = _contrasts(fits, seed)
    selections = list(dict.fromkeys(selection for selection, _ in fits))
    complier = pd.DataFrame()
    if "all" in selections:
        everyone = fits["all", "did_clustered"].data
        realised = share_realised(everyone, cohort_data(tables, "as_intended"))
        last = at_last(contrasts["all", "did_clustered"])
        complier = complier_table(last, realised, level=level)
    estimates = [
        estimate_table(
            _of_selection(contrasts, selection),
            selection,
            moved=yardsticks(tables, selection),
            level=level,
        )
        for selection in selections
    ]
    return MonitorResult(
        pd.concat(estimates, ignore_index=True),
        pd.concat([_hazards(fits, selection, level) for selection in selections]),
        complier,
        sensitivity,
        parallel_trends,
        contrasts,
        fits,
        timings,
    )


def _hazards(
    fits: Mapping[tuple[str, str], CohortFit], selection: str, level: float
) -> pd.DataFrame:
    fit = fits[selection, "did_clustered"]
    found = hazard_effects(fit.posterior, fit.data, level=level)
    found.insert(0, "selection", selection)
    return found


def _contrasts(
    fits: Mapping[tuple[str, str], CohortFit], seed: int
) -> dict[tuple[str, str], list[Contrast]]:
    """Every method's contrasts, by (selection, method)."""
    contrasts = {key: did_contrasts(fit.posterior, fit.data) for key, fit in fits.items()}
    for selection, data in {key[0]: fit.data for key, fit in fits.items()}.items():
        for group in ("landelijk", "voorgaand"):
            contrasts[selection, f"naive_{group}"] = naive_contrasts(data, group, seed=seed)
        whole = fits[selection, "did_clustered"]
        contrasts[selection, ALL_PUPILS] = all_pupils_contrasts(whole.posterior, whole.data)
    return contrasts


def monitor_steps(
    selections: tuple[str, ...], with_sensitivity: bool, *, backend: Backend = Backend.KERNEL
) -> tuple[str, ...]:
    """Names of the steps :func:`fit_monitor` goes through, in order.

    Parameters
    ----------
    selections
        Of pupils, among :data:`SELECTIONS`.
    with_sensitivity
        Whether the sensitivity analyses are done too.
    backend
        As of :func:`fit_monitor`.
    """
    fits = [f"{selection}, {method}" for selection in selections for method in _CLUSTERED]
    variants = list(_VARIANTS) if with_sensitivity and "all" in selections else []
    return (*(() if backend is Backend.KERNEL else ("compile",)), *fits, *variants)


def monitor_document_of(
    result: MonitorResult, language: Language, *, outcome: str | None = None
) -> dict[str, Any]:
    """Printed document of a re-analysis, of one outcome or both.

    Parameters
    ----------
    result
        Of :func:`fit_monitor`.
    language
        Of the texts: Dutch or English.
    outcome
        ``vsv`` or ``sk``; both where None.
    """

    def chosen(table: pd.DataFrame) -> pd.DataFrame:
        return table if outcome is None or table.empty else table[table["outcome"] == outcome]

    gates = {key: fit.diagnostics for key, fit in result.fits.items()}
    return monitor_document(
        chosen(result.estimates),
        chosen(result.hazards),
        starters_of(result),
        gates,
        worst(list(gates.values())),
        complier=chosen(result.complier),
        sensitivity=chosen(result.sensitivity),
        parallel_trends=chosen(result.parallel_trends),
        language=language,
    )


def starters_of(result: MonitorResult) -> dict[tuple[str, str, str], float]:
    """Pupils an estimate is about, by (selection, method, tranche), with ``pooled``.

    Parameters
    ----------
    result
        Of :func:`fit_monitor`.
    """
    starters: dict[tuple[str, str, str], float] = {}
    for (selection, method), items in result.contrasts.items():
        own = {item.tranche: float(np.mean(item.starters)) for item in items}
        starters |= {(selection, method, tranche): number for tranche, number in own.items()}
        starters[selection, method, POOLED] = sum(own.get(one, 0.0) for one in POOLED_TRANCHES)
    return starters


def fit_sectors(
    tables: PublishedTables,
    *,
    seed: int = DEFAULT_SEED,
    level: float = 0.95,
    settings: SamplerSettings | None = None,
    backend: Backend = Backend.KERNEL,
) -> SectorResult:
    """Estimate how often experiments stopped by sector and tranche.

    Parameters
    ----------
    tables
        The published tables of the monitor.
    seed
        Of the random numbers, 0 or more; the same seed gives the same result.
    level
        Probability that each interval holds, between 0 and 1.
    settings
        Draws, tuning steps and chains of the sampler; the defaults of the job where None.
    backend
        As of :func:`fit_monitor`.
    """
    counts = sector_counts(tables)
    compiled = _compiled(sector_model, counts, backend)
    if compiled is None:
        tree = sample_sectors(counts, seed=seed, settings=settings)
    else:
        tree = sample_posterior(compiled, seed=seed, settings=settings)
    posterior = tree["posterior"].to_dataset()
    return SectorResult(
        stop_table(posterior, counts, level=level), stop_contrasts(posterior), diagnose(tree)
    )


def _compiled(
    model: Callable[[xr.Dataset], Any], data: xr.Dataset, backend: Backend
) -> CompiledModel | None:
    """The ``pm.Model`` compiled, where it is to be sampled."""
    if backend is Backend.KERNEL:
        return None
    return compile_model(model(data), jax=backend is Backend.JAX)


def _fit_cohorts(
    compiled: CompiledModel | None,
    data: xr.Dataset,
    method: str,
    seed: int,
    settings: SamplerSettings | None,
    **options: Any,
) -> CohortFit:
    """Fit once; ``options`` go to :func:`~vm2causal.monitor.cohorts.model_data`."""
    values = model_data(data, clustered=_CLUSTERED[method], **options)
    tree = sample_cohorts(values, compiled=compiled, seed=seed, settings=settings)
    return CohortFit(method, data, tree, diagnose(tree))


def _sensitivity(
    tables: PublishedTables,
    compiled: CompiledModel | None,
    main: list[Contrast],
    seed: int,
    level: float,
    settings: SamplerSettings | None,
    progress: Progress,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    moved = yardsticks(tables, "all")
    trends = pd.DataFrame()
    found = [_sensitivity_table("base", main, True, moved, level)]
    for variant, (arranged, modelled) in _VARIANTS.items():
        progress(variant)
        data = cohort_data(tables, "all", **arranged)
        length = settings if variant == _UNPOOLED else settings or _VARIANT_SETTINGS
        fit = _fit_cohorts(compiled, data, "did_clustered", seed, length, **modelled)
        contrasts = did_contrasts(fit.posterior, data)
        passed = fit.diagnostics.passed
        found.append(_sensitivity_table(variant, contrasts, passed, moved, level))
        if variant == _UNPOOLED:
            trends = trend_table(contrasts, main, moved, level=level).assign(passed=passed)
    return pd.concat(found, ignore_index=True), trends


def _sensitivity_table(
    variant: str,
    contrasts: list[Contrast],
    passed: bool,
    moved: Mapping[str, float],
    level: float,
) -> pd.DataFrame:
    table = estimate_table({"did_clustered": contrasts}, "all", moved=moved, level=level)
    shown = table[["outcome", "tranche", "years_since_start", "risk_difference"]]
    return shown.assign(variant=variant, passed=passed)


def _of_selection(
    contrasts: Mapping[tuple[str, str], list[Contrast]], selection: str
) -> dict[str, list[Contrast]]:
    return {method: items for (chosen, method), items in contrasts.items() if chosen == selection}


def _require(what: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise OptionError(
            f"This {what} does not exist.", value=value, fix=f"Choose from {', '.join(allowed)}."
        )
