"""Whether what a job wrote is still what it wrote, and whether the same numbers come again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

import numpy as np
import xarray as xr
from scipy.stats import norm

from vm2causal.checks.gate.convergence import convergence, stacked
from vm2causal.described import NotAsDescribedError, require_described
from vm2causal.errors import FitError, InputError
from vm2causal.inputs.published.reading import PublishedTables, read_published
from vm2causal.model.data.columns import Floats
from vm2causal.model.fits.fit_files import (
    RECORD_FILE,
    SCHEMA,
    read_fit,
    read_record,
)
from vm2causal.model.sampler.sampling import SamplerSettings
from vm2causal.model.structural_fit import StructuralFit, fit_structural
from vm2causal.plain_files import read_json, refused
from vm2causal.workflow.brief_folder import (
    LISTING,
    RUN_SCHEMA,
    RUN_SCHEMAS,
    file_digest,
    listed_files,
)
from vm2causal.workflow.monitor import CohortFit, Progress, fit_monitor
from vm2causal.workflow.monitor_files import stored_fits
from vm2causal.workflow.reproduction import differences, hash_of_tables

STUDY_FIT: Final = "study-fit"
MONITOR_FITS: Final = "fits"

FALSE_ALARM: Final = 0.001
"""Probability that a rerun of any one fit is called different where nothing is."""

_LEAST_DRAWS: Final = 100
"""Effective draws below which the Monte Carlo error of a parameter is not known."""


class State(StrEnum):
    """What a part of a folder is now."""

    AS_WRITTEN = "as_written"
    CHANGED = "changed"
    MISSING = "missing"
    UNKNOWN = "unknown"
    """Nothing says what was written."""


@dataclass(frozen=True)
class Part:
    """A file or fit of the folder.

    Parameters
    ----------
    name
        Below the folder.
    state
        Whether it is as it was written.
    reason
        What is wrong with it; empty where nothing is.
    """

    name: str
    state: State
    reason: str = ""


@dataclass(frozen=True)
class Rerun:
    """A fit that was sampled again, beside what was kept.

    Parameters
    ----------
    fit
        Which one.
    identical
        Whether every draw is the same bit for bit.
    compared
        Means and standard deviations that were compared.
    unknown
        Those of parameters with too few effective draws to compare.
    parameter, statistic
        Whose difference is largest in its Monte Carlo errors, and of what: ``mean`` or ``sd``.
    errors
        That difference, in standard Monte Carlo errors of both runs together.
    limit
        What the largest of so many may be.
    """

    fit: str
    identical: bool
    compared: int
    unknown: int
    parameter: str
    statistic: str
    errors: float
    limit: float

    @property
    def holds(self) -> bool:
        """Whether the numbers hold within Monte Carlo error."""
        return self.identical or (self.compared > 0 and self.errors <= self.limit)


@dataclass(frozen=True)
class Verification:
    """What was found of a folder.

    Parameters
    ----------
    kind
        ``run`` or ``fit``.
    parts
        Every file and fit.
    differs
        What is otherwise now than where it was made: name, then and now.
    reruns
        One per fit; None where none was asked for.
    """

    kind: str
    parts: tuple[Part, ...]
    differs: tuple[tuple[str, str, str], ...]
    reruns: tuple[Rerun, ...] | None = None

    @property
    def holds(self) -> bool:
        """Whether everything is as it was written, and came again where that was asked."""
        whole = all(part.state is State.AS_WRITTEN for part in self.parts)
        return whole and all(rerun.holds for rerun in self.reruns or ())


def verify(
    folder: Path, *, rerun: bool = False, progress: Progress = lambda step: None
) -> Verification:
    r"""Hold what a run or a fit wrote against what it said of it.

    Parameters
    ----------
    folder
        Of ``vm2causal run`` or ``vm2causal fit``.
    rerun
        Sample every fit again, on its own data and with its own seed and settings, and compare
        means and standard deviations.
    progress
        Told the name of each fit as it is sampled.

    Raises
    ------
    FitError
        When the folder holds neither, or its record anything else than ``schemas/`` describes.
    OutputError
        When its list of files is damaged.

    Notes
    -----
    On the same machine with the same versions a rerun is the same bit for bit. Elsewhere its draws
    are others, as chains part ways at the first digit that is rounded otherwise, so that both are
    independent: the difference of two means has the standard error
    :math:`\sqrt{s_1^2 / n_1 + s_2^2 / n_2}` with effective sizes :math:`n`, that of two standard
    deviations :math:`\sqrt{\sum_i s_i^2 (k_i - 1) / (4 n_i)}` with kurtosis :math:`k_i` and the
    effective size of the squares (delta method). The largest of all is held against the
    normal quantile that it exceeds in one of 1,000 reruns (Bonferroni).
    """
    record = _record(folder)
    if record["schema"] == SCHEMA:
        return _of_fit(folder, record, rerun=rerun, progress=progress)
    return _of_run(folder, record, rerun=rerun, progress=progress)


def _record(folder: Path) -> dict[str, Any]:
    again = "Name the folder of a run or a fit."
    if not folder.is_dir():
        raise FitError("There is no such folder.", value=folder.name, fix=again)
    try:
        with refused(FitError, file=RECORD_FILE, fix=again):
            record = read_json(folder / RECORD_FILE, follow=False)
    except ValueError as error:
        raise FitError("This file is no JSON.", file=RECORD_FILE, fix=again) from error
    found = record.get("schema") if isinstance(record, dict) else None
    if found == SCHEMA:
        return read_record(folder)
    # what a stranger put there may be of any type, and a list has no hash
    if not isinstance(found, str) or found not in RUN_SCHEMAS:
        raise FitError(
            "This is the record of neither a run nor a fit.",
            file=RECORD_FILE,
            value=found,
            fix=again,
        )
    return _run_record(record)


def _run_record(record: dict[str, Any]) -> dict[str, Any]:
    """The record of a run, which is as it is described or no record."""
    again = "Make the run again, with --afresh."
    if record["schema"] != RUN_SCHEMA:
        raise FitError(
            "An earlier version made this run, and did not note what can be verified.",
            file=RECORD_FILE,
            value=record["schema"],
            fix=again,
        )
    try:
        require_described(record, "run")
    except NotAsDescribedError as error:
        raise FitError(error.rule, file=RECORD_FILE, value=error.value, fix=again) from error
    return record


def _of_fit(
    folder: Path, record: Mapping[str, Any], *, rerun: bool, progress: Progress
) -> Verification:
    part, fit = _fit_part(folder, folder.resolve().name)
    reruns = None
    if rerun:
        reruns = () if fit is None else (_rerun_study(fit, read_record(folder), part, progress),)
    return Verification("fit", (part,), tuple(differences(record)), reruns)


def _of_run(
    folder: Path, record: Mapping[str, Any], *, rerun: bool, progress: Progress
) -> Verification:
    parts = list(_files(folder))
    fit_record, fit = {}, None
    study, fit = _fit_part(folder / STUDY_FIT, STUDY_FIT)
    if fit is not None:
        fit_record = read_record(folder / STUDY_FIT)
        if _said(record, "study", "draws_sha256") != fit_record["draws_sha256"]:
            study = Part(STUDY_FIT, State.CHANGED, "This is not the fit that the run tells of.")
    parts.append(study)
    tables = read_published()
    monitor, kept = _monitor_parts(folder, record, tables)
    parts += monitor
    reruns: list[Rerun] = []
    if rerun:
        if fit is not None:
            reruns.append(_rerun_study(fit, fit_record, study, progress))
        if kept:
            reruns += _rerun_monitor(kept, tables, int(record["seed"]), progress)
    made = differences({**fit_record, **record})
    return Verification("run", tuple(parts), tuple(made), tuple(reruns) if rerun else None)


def _said(record: Mapping[str, Any], part: str, name: str) -> Any:
    found = record.get(part)
    return found.get(name) if isinstance(found, Mapping) else None


def _files(folder: Path) -> Iterator[Part]:
    if not (folder / LISTING).exists():
        yield Part(LISTING, State.MISSING, "Nothing says what the files of this run were.")
        return
    for name, digests in sorted(listed_files(folder).items()):
        found = file_digest(folder, name)
        if found is None:
            yield Part(name, State.MISSING)
        elif found not in digests:
            yield Part(name, State.CHANGED)
        else:
            # while it is being replaced a file may be either of two
            yield Part(name, State.AS_WRITTEN if len(digests) == 1 else State.UNKNOWN)


def _fit_part(folder: Path, name: str) -> tuple[Part, StructuralFit | None]:
    try:
        fit = read_fit(folder)
    except InputError as error:
        state = State.CHANGED if (folder / RECORD_FILE).exists() else State.MISSING
        return Part(name, state, str(error)), None
    return Part(name, State.AS_WRITTEN), fit


def _monitor_parts(
    folder: Path, record: Mapping[str, Any], tables: PublishedTables
) -> tuple[list[Part], dict[tuple[str, str], CohortFit]]:
    """The published tables as they ship now, and the fits to them."""
    if "monitor" not in record:
        return [], {}
    same = record.get("data_sha256") == hash_of_tables(tables)
    parts = [Part("data/published", State.AS_WRITTEN if same else State.CHANGED)]
    try:
        kept = stored_fits(folder / MONITOR_FITS, tables)
    except FitError as error:
        return [*parts, Part(MONITOR_FITS, State.CHANGED, str(error))], {}
    return [*parts, Part(MONITOR_FITS, State.AS_WRITTEN)], kept


def _rerun_study(
    fit: StructuralFit, record: Mapping[str, Any], part: Part, progress: Progress
) -> Rerun:
    progress(part.name)
    again = fit_structural(
        fit.layout.data,
        seed=fit.seed,
        priors=fit.priors,
        backend=fit.backend,
        settings=SamplerSettings(**record["settings"]),
    )
    return compared(part.name, fit.posterior, again.posterior)


def _rerun_monitor(
    kept: Mapping[tuple[str, str], CohortFit],
    tables: PublishedTables,
    seed: int,
    progress: Progress,
) -> list[Rerun]:
    selections = tuple(dict.fromkeys(selection for selection, _ in kept))
    again = fit_monitor(tables, selections=selections, seed=seed, progress=progress).fits
    return [
        compared(f"{MONITOR_FITS}/{'-'.join(key)}", fit.posterior, again[key].posterior)
        for key, fit in kept.items()
    ]


def compared(name: str, kept: xr.Dataset, again: xr.Dataset) -> Rerun:
    """Means and standard deviations of the same parameters in two fits.

    Parameters
    ----------
    name
        Of the fit.
    kept, again
        Draws, dims (chain, draw, …); the same parameters.

    Raises
    ------
    FitError
        When they have other parameters.
    """
    names = sorted(map(str, kept.data_vars))
    labels = [name for name in names for _ in range(kept[name][0, 0].size)]
    aligned = again.reindex_like(kept[names].isel(chain=0, draw=0, drop=True))
    if not set(names) <= set(map(str, aligned.data_vars)):
        raise FitError("Sampled again this fit has other parameters.", value=name)
    first, second = stacked(kept[names]), stacked(aligned[names])
    if first.shape == second.shape and np.array_equal(first, second):
        return Rerun(name, True, 2 * len(labels), 0, "", "", 0.0, 0.0)
    one, other = _summaries(first), _summaries(second)
    errors = np.abs(one.values - other.values) / np.sqrt(one.variances + other.variances)
    known = (np.minimum(one.sizes, other.sizes) >= _LEAST_DRAWS) & np.isfinite(errors)
    if not known.any():
        return Rerun(name, False, 0, int(known.size), "", "", 0.0, 0.0)
    most = int(np.argmax(np.where(known, errors, -1.0)))
    statistic, parameter = divmod(most, len(labels))
    limit = float(norm.isf(FALSE_ALARM / (2 * int(known.sum()))))
    return Rerun(
        name,
        False,
        int(known.sum()),
        int((~known).sum()),
        labels[parameter],
        ("mean", "sd")[statistic],
        float(errors.ravel()[most]),
        limit,
    )


@dataclass(frozen=True)
class _Summaries:
    """Means and standard deviations with their Monte Carlo variances; shape (2, parameter)."""

    values: Floats
    variances: Floats
    sizes: Floats


def _summaries(draws: Floats) -> _Summaries:
    """Of draws of shape (chain, draw, parameter)."""
    means, sds = draws.mean(axis=(0, 1)), draws.std(axis=(0, 1))
    squares = (draws - means) ** 2
    sizes = np.stack([convergence(draws).ess_bulk, convergence(squares).ess_bulk])
    of_means = sds**2 / sizes[0]
    # sd = sqrt(mean of squares), so that its error is that of the mean divided by 2 sd
    of_sds = squares.var(axis=(0, 1)) / sizes[1] / (4 * sds**2)
    return _Summaries(np.stack([means, sds]), np.stack([of_means, of_sds]), sizes)
