"""From a study or table and a model to a fit on disk."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import pandas as pd

from vm2causal.checks.gate.answers import check_answers
from vm2causal.checks.gate.diagnostics import Diagnostics
from vm2causal.checks.gate.parameters import parameter_table
from vm2causal.checks.replicate.prior_predictive import prior_predictive
from vm2causal.disclosure import MINIMUM, Released, ReleasedTable, released_table
from vm2causal.disclosure.exemption import Exempt, exempt
from vm2causal.effects.forward import Forward
from vm2causal.effects.variance_components import variance_table
from vm2causal.errors import OptionError, StudyError
from vm2causal.inputs.rows import row_dicts
from vm2causal.inputs.tables.choices import Choices
from vm2causal.inputs.tables.remarks import Remark
from vm2causal.model.data.accounts import Account, accounts
from vm2causal.model.data.idle import IdleVariation, idle_variations, without_idle
from vm2causal.model.data.spec_for_data import SpecForData, unfitted_record
from vm2causal.model.data.structural_data import StructuralData
from vm2causal.model.data.varying import Varied, let_vary
from vm2causal.model.fits.fit_files import read_record, require_fit_folder, write_fit
from vm2causal.model.pseudonyms.numbering import dealt_names
from vm2causal.model.pseudonyms.renaming import (
    Names,
    renamable,
    renamed_data,
    require_renamable,
    with_names,
)
from vm2causal.model.pseudonyms.source_hash import source_hash
from vm2causal.model.sampler.sampling import Counted, SamplerSettings
from vm2causal.model.structural_fit import SETTINGS, Backend, StructuralFit, fit_structural
from vm2causal.model.structural_layout import Layout, structural_layout
from vm2causal.model.structural_parameters import Priors
from vm2causal.report.documents.json_text import to_json
from vm2causal.spec import CausalSpec
from vm2causal.spec.words import Rows
from vm2causal.storage import alone_in
from vm2causal.workflow.absent_columns import Missing
from vm2causal.workflow.fit_checks import FitChecks, check_fit
from vm2causal.workflow.outliers import Without, moved_by_outliers
from vm2causal.workflow.questions import (
    Populations,
    Unanswerable,
    populations,
    unanswerable_questions,
)
from vm2causal.workflow.reproduction import code_of_jobs, installed
from vm2causal.workflow.shown_record import shown_record
from vm2causal.workflow.shown_summaries import shown_summaries
from vm2causal.workflow.small_groups import require_residual
from vm2causal.workflow.sources import Given, is_study, read_source

Progress = Callable[[str], None]
"""Told the name of each step as it starts."""

STEPS: Final = ("sample", "diagnose", "write")
"""Names of the steps of :func:`fit_prepared`, in order."""

PSEUDONYMOUS: Final = ("school", "experiment")
"""Groups and units whose names stay inside, unless asked for."""


@dataclass(frozen=True)
class PreparedFit:
    """Model and data that fit each other, and what the priors make of them.

    Parameters
    ----------
    adapted
        The model, with what has no data or hardly varies projected out.
    layout
        Of the model and the data, under pseudonyms and in their order: what is drawn, here or by
        the sampler, would else depend on the order of the names, and so confirm a guess at them.
    hidden
        Groups and units whose pseudonyms stay.
    shown
        Names by pseudonym, by group or unit, to be put back after sampling.
    source_sha256
        Of the data, whatever their order of rows and the names that are hidden.
    unanswerable
        Declared questions that these data cannot answer.
    populations
        Whom the answers to the others are about.
    prior_check
        Of :func:`~vm2causal.checks.replicate.prior_predictive.prior_predictive`.
    seed
        Of the random numbers, 0 or more; the same seed gives the same result.
    priors
        ``neutral`` (around no effect), ``evidence`` (those that arrows carry) or ``weak``
        (neutral, twice as wide).
    accounts
        Of every variable how many units have data.
    remarks
        What is to be said of how the data were read.
    reading
        The decisions about a table; None for a study.
    without
        The data without rows far from all others; None where there are none.
    idle
        Arrows that are declared to vary, by what these data cannot tell whether they do.
    varied
        Arrows that were let vary beside those that the model file declares.
    """

    adapted: SpecForData
    layout: Layout = field(repr=False)
    hidden: tuple[str, ...]
    shown: Names = field(repr=False)
    source_sha256: str
    unanswerable: tuple[Unanswerable, ...]
    populations: Populations
    prior_check: pd.DataFrame = field(repr=False)
    seed: int
    priors: Priors
    accounts: tuple[Account, ...]
    remarks: tuple[Remark, ...]
    reading: Mapping[str, Any] | None = field(repr=False)
    without: Without | None = field(default=None, repr=False)
    idle: tuple[IdleVariation, ...] = ()
    varied: tuple[Varied, ...] = ()

    @property
    def data(self) -> StructuralData:
        """What is fitted."""
        return self.layout.data


@dataclass(frozen=True)
class FittedStudy:
    """A fit, its checks, and its record as it stands in ``run.json``.

    Parameters
    ----------
    fit
        A fit of the structural model: layout, data and posterior draws.
    diagnostics
        Of :func:`~vm2causal.checks.gate.diagnostics.diagnose`.
    posterior_check
        Of :func:`~vm2causal.checks.replicate.posterior_predictive.posterior_predictive`.
    record
        What stands in ``run.json``.
    written
        Files of the fit.
    """

    fit: StructuralFit
    diagnostics: Diagnostics
    posterior_check: pd.DataFrame = field(repr=False)
    record: Mapping[str, Any] = field(repr=False)
    written: tuple[Path, ...]

    @cached_property
    def shown(self) -> Released:
        """The record as it may be shown."""
        return shown_record(self.fit.layout, self.record)


def prepare_fit(
    source: Given,
    spec: CausalSpec,
    *,
    seed: int,
    priors: Priors = Priors.NEUTRAL,
    name_schools: bool = False,
    choices: Choices | None = None,
    rows: Rows | None = None,
    missing: Missing = Missing.REFUSED,
    varies: Sequence[str] = (),
) -> PreparedFit:
    """Read data and check them against a model; nothing is sampled.

    Parameters
    ----------
    source
        Folder of a study, file of a table, or a table in memory.
    spec
        The causal model, as read from its file.
    seed
        Of the random numbers, 0 or more; the same seed gives the same result.
    priors
        ``neutral`` (around no effect), ``evidence`` (those that arrows carry) or ``weak``
        (neutral, twice as wide).
    name_schools
        Keep the names of schools and experiments.
    choices
        What the user decides about a table: which sheet, codes, levels; found out where None.
    rows
        What a row of a table with counts stands for; as the model declares where None.
    missing
        What becomes of a variable that no column holds.
    varies
        Groups, or variables with levels, by which every arrow is let vary that can
        (:func:`~vm2causal.model.data.varying.let_vary`).

    Raises
    ------
    OptionError
        When ``rows`` is given for a study, whose units are its experiments; when no arrow can vary
        by one of ``varies``.
    StudyError
        When the data cannot be used, do not fit the model, or answer none of its questions.
    """
    read = read_source(source, _read_as(rows, spec, source), choices, missing=missing)
    adapted, data = read.adapted, read.data
    _require_enough(data)
    unanswerable = unanswerable_questions(spec, adapted, data)
    check_answers(data)
    names = dealt_names(data, PSEUDONYMOUS)
    if name_schools:
        names = {name: dealt for name, dealt in names.items() if renamable(data, name)}
    else:
        require_renamable(data, names)
    hidden = () if name_schools else tuple(sorted(names))
    fitted, varied = let_vary(data, varies)
    data, adapted = replace(data, spec=fitted), adapted.with_spec(fitted)
    idle = tuple(idle_variations(data))
    layout = structural_layout(renamed_data(without_idle(data), names), priors=priors)
    _require_anything(layout)
    require_residual(layout)
    return PreparedFit(
        adapted,
        layout,
        hidden,
        _undone(names) if name_schools else {},
        source_hash(data, hidden=hidden),
        unanswerable,
        populations(spec, adapted, unanswerable),
        prior_predictive(layout, seed=seed),
        seed,
        priors,
        accounts(data),
        read.remarks,
        read.reading,
        # under the same pseudonyms, so that its draws confirm no guess at a name either
        read.without and _alike(read.without, fitted, names),
        idle,
        varied,
    )


def fit_prepared(
    prepared: PreparedFit,
    *,
    out: Path,
    backend: Backend = Backend.KERNEL,
    settings: SamplerSettings | None = None,
    import_seconds: float = 0.0,
    progress: Progress = lambda step: None,
    drawn: Counted | None = None,
) -> FittedStudy:
    """Sample, check and write.

    Parameters
    ----------
    prepared
        Of :func:`prepare_fit`.
    out
        Folder of the fit; an earlier fit there is replaced once this one is whole.
    backend
        What evaluates the log-density: ``kernel``, ``pymc`` or ``jax``; the posterior is the
        same.
    settings
        Draws, tuning steps and chains of the sampler; the defaults of the job where None.
    import_seconds
        What loading the program took; part of the record.
    progress
        Called with the name of each step as it starts.
    drawn
        Told now and then how far the chains are.

    Raises
    ------
    OutputError
        When ``out`` holds other things than a fit, cannot be written, or another job writes
        there; found out first.
    """
    require_fit_folder(out)
    with alone_in(out, beside=True):
        return _fitted(
            prepared,
            out,
            backend=backend,
            settings=settings or SETTINGS,
            import_seconds=import_seconds,
            progress=progress,
            drawn=drawn,
        )


def _fitted(
    prepared: PreparedFit,
    out: Path,
    *,
    backend: Backend,
    settings: SamplerSettings,
    import_seconds: float,
    progress: Progress,
    drawn: Counted | None,
) -> FittedStudy:
    progress("sample")
    began = time.perf_counter()
    sampled = fit_structural(
        prepared.data,
        seed=prepared.seed,
        priors=prepared.priors,
        backend=backend,
        settings=settings,
        drawn=drawn,
    )
    # the sampler is loaded when it is first used
    loading = time.perf_counter() - began - sum(sampled.timings.values())
    fit = replace(sampled, timings={"import_s": import_seconds + loading, **sampled.timings})
    progress("diagnose")
    refused = [item.asked for item in prepared.unanswerable]
    checks = check_fit(fit, unanswerable=refused)
    moved = None
    if prepared.without is not None:
        moved = moved_by_outliers(fit, prepared.without, unanswerable=refused)
    fit = with_names(fit, prepared.shown)
    progress("write")
    written = write_fit(fit, out, _facts(prepared, fit, checks, settings) | {"outliers": moved})
    return FittedStudy(
        fit, checks.diagnostics, checks.posterior_check, read_record(out), tuple(written)
    )


def fit_study(
    source: Given,
    spec: CausalSpec,
    *,
    out: Path,
    seed: int,
    priors: Priors = Priors.NEUTRAL,
    backend: Backend = Backend.KERNEL,
    settings: SamplerSettings | None = None,
    name_schools: bool = False,
    choices: Choices | None = None,
    progress: Progress = lambda step: None,
) -> FittedStudy:
    """Fit a model to a study or a table, and write the fit.

    Parameters and errors are those of :func:`prepare_fit` and :func:`fit_prepared`.

    Parameters
    ----------
    source
        Folder of a study, or file of a table.
    spec
        The causal model, as read from its file.
    out
        Folder to write the fit to; empty or absent.
    seed
        Of the random numbers, 0 or more; the same seed gives the same result.
    priors
        ``neutral`` (around no effect), ``evidence`` (those that arrows carry) or ``weak``
        (neutral, twice as wide).
    backend
        What evaluates the log-density: ``kernel``, ``pymc`` or ``jax``; the posterior is the
        same.
    settings
        Draws, tuning steps and chains of the sampler; the defaults of the job where None.
    name_schools
        Whether names of schools and experiments stay as they are; otherwise pseudonyms replace
        them.
    choices
        What the user decides about a table: which sheet, codes, levels; found out where None.
    progress
        Called with the name of each step as it starts.
    """
    require_fit_folder(out)
    prepared = prepare_fit(
        source, spec, seed=seed, priors=priors, name_schools=name_schools, choices=choices
    )
    return fit_prepared(prepared, out=out, backend=backend, settings=settings, progress=progress)


def shown_check(data: StructuralData, table: pd.DataFrame) -> ReleasedTable:
    """A predictive check as it may be shown: rounded, and without what sums up few persons.

    Parameters
    ----------
    data
        The data as the model takes them, one row per unit.
    table
        ``prior_check`` of :class:`PreparedFit` or ``posterior_check`` of :class:`FittedStudy`.
    """
    return released_table(shown_summaries(data, table))


def chosen_settings(
    *, draws: int | None = None, tune: int | None = None, chains: int | None = None
) -> SamplerSettings:
    """Settings of the sampler, the usual ones where nothing is chosen.

    Parameters
    ----------
    draws
        Draws kept per chain, at least 1.
    tune
        Tuning steps per chain before them, at least 1.
    chains
        Independent chains; with one, convergence cannot be judged.

    Examples
    --------
    >>> chosen_settings(chains=2)
    SamplerSettings(draws=1500, tune=150, chains=2)
    """
    chosen = {"draws": draws, "tune": tune, "chains": chains}
    return replace(SETTINGS, **{name: value for name, value in chosen.items() if value is not None})


def _read_as(rows: Rows | None, spec: CausalSpec, source: Given) -> CausalSpec:
    """The model with what rows stand for as chosen."""
    if rows is None:
        return spec
    if is_study(source):
        raise OptionError(
            "What a row stands for is asked of tables; a study counts pupils in experiments.",
            value=f"--rows {rows.value}",
            fix="Leave --rows out.",
        )
    return spec.model_copy(update={"rows": rows})


def _alike(without: Without, fitted: CausalSpec, names: Names) -> Without:
    """Data without outlying rows, for the same arrows as the whole."""
    spec = without.data.spec.changed(arrows=fitted.arrows)
    return replace(without, data=renamed_data(replace(without.data, spec=spec), names))


def _undone(names: Names) -> Names:
    return {
        group: {pseudonym: name for name, pseudonym in dealt.items()}
        for group, dealt in names.items()
    }


def _require_enough(data: StructuralData) -> None:
    """Nothing may be told of so few persons, so nothing is fitted to them."""
    if data.of_persons and data.persons.sum() < MINIMUM:
        raise StudyError(
            f"Nothing is told of fewer than {MINIMUM} persons: that many are needed of whom "
            "everything that the model uses is known.",
            fix="Add pupils or rows. "
            + ("" if data.years is not None else "Rows that are no persons: 'rows: units'."),
        )


def _require_anything(layout: Layout) -> None:
    if not layout.predictors:
        raise StudyError(
            "There is nothing to fit: no variable with data has causes in the model.",
            value=", ".join(layout.order[:12]),
            fix="Draw an arrow between two variables that have data, or no arrow at all: then the "
            "variances are fitted.",
        )


def _variances(fit: StructuralFit) -> pd.DataFrame:
    """Of what no arrow touches; a fit without any is not laid out for it."""
    touched = {end for arrow in fit.layout.data.spec.arrows for end in arrow.key}
    if touched.issuperset(fit.layout.predictors_of):
        return pd.DataFrame()
    return variance_table(Forward(fit.layout, fit.posterior, seed=fit.seed))


def _rows_fact(prepared: PreparedFit) -> dict[str, Any] | None:
    rows = prepared.data.rows
    if rows is None:
        return None
    return {"read_as": rows.value, "declared": prepared.adapted.spec.rows is not None}


def _facts(
    prepared: PreparedFit,
    fit: StructuralFit,
    checks: FitChecks,
    settings: SamplerSettings,
) -> dict[str, Any]:
    """What the record says beside what every fit says; numbers that are not finite are null."""
    adapted = prepared.adapted
    facts = {
        **installed(),
        "code": code_of_jobs(),
        "settings": asdict(settings),
        "source_sha256": prepared.source_sha256,
        "pseudonyms": list(prepared.hidden),
        "table": prepared.reading,
        "remarks": [item.to_dict() for item in prepared.remarks],
        "variables": [item.to_dict() for item in prepared.accounts],
        "missing": list(adapted.missing),
        "items_left_out": list(adapted.items_left_out),
        "left_out": list(adapted.left_out),
        **unfitted_record(adapted.unfitted),
        "back_in_time": [
            {"cause": cause, "effect": effect} for cause, effect in adapted.back_in_time
        ],
        "idle": [item.to_dict() for item in prepared.idle],
        "unanswerable": [item.to_dict() for item in prepared.unanswerable],
        "selection": prepared.populations.to_dict(),
        "pupils_left_out": prepared.data.dropped,
        "rows": _rows_fact(prepared),
        "parameters": row_dicts(parameter_table(fit.posterior)),
        "variances": row_dicts(_variances(fit)),
        "prior_predictive": row_dicts(prepared.prior_check),
        **checks.facts(),
    }
    cleaned: dict[str, Any] = json.loads(to_json(exempt(facts, Exempt.CONFIDENTIAL)))
    return cleaned
