"""The main job: the published tables re-analysed, a study fitted and attacked, and the brief."""

from __future__ import annotations

import os
import shlex
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from vm2causal.checks.refute.refitted_effect import declared_effects
from vm2causal.disclosure import released
from vm2causal.disclosure.exemption import Exempt, exempt
from vm2causal.errors import FitError, OutputError
from vm2causal.inputs.published.reading import PublishedTables, read_published
from vm2causal.inputs.published.schema import SELECTIONS
from vm2causal.model.fits.fit_files import model_hash, read_fit, read_record, require_fit_folder
from vm2causal.model.sampler.sampling import QUICK_REFIT, SamplerSettings
from vm2causal.model.structural_fit import SETTINGS, Backend
from vm2causal.report.documents.json_text import to_json
from vm2causal.spec import read_model
from vm2causal.storage import (
    alone_in,
    require_writable_folder,
    shipped_path,
    write_atomically,
)
from vm2causal.texts import Language, text
from vm2causal.timings import TIMINGS_FILE, read_timings, timings_text
from vm2causal.workflow.attack_records import (
    LEFT_OUT,
    holds_second_opinions,
    keep_falsification,
    keep_refutation,
    keep_second_opinions,
    keep_sensitivity,
)
from vm2causal.workflow.attacks import batch_folder, refute_fit, sensitivity_of, targets
from vm2causal.workflow.brief import (
    FORESEEN,
    FORESEEN_OF_MONITOR,
    study_evidence,
    write_monitor_brief,
    write_study_brief,
)
from vm2causal.workflow.brief_folder import (
    RUN_RECORD,
    adopt_older_run,
    replace_files,
    require_replaceable,
)
from vm2causal.workflow.effects import FitOnDisk, open_fit
from vm2causal.workflow.falsification import falsify_fit
from vm2causal.workflow.fit_tables import FitTables
from vm2causal.workflow.monitor import (
    DEFAULT_SEED,
    Progress,
    fit_monitor,
    fit_sectors,
    monitor_steps,
)
from vm2causal.workflow.monitor_evidence import monitor_evidence
from vm2causal.workflow.monitor_files import (
    Reanalysis,
    read_reanalysis,
    reanalysis_key,
    write_reanalysis,
)
from vm2causal.workflow.reproduction import code_of_jobs, installed, provenance
from vm2causal.workflow.second_opinions import second_opinions
from vm2causal.workflow.structural import PreparedFit, fit_prepared, prepare_fit

DEFAULT_MODEL: Final = "onderzoeksmodel-2012"
STUDY_STEPS: Final = ("study", "sample", "diagnose", "write")


class Attacks(StrEnum):
    """How hard the claims of a run are attacked before they are reported."""

    NONE = "none"
    QUICK = "quick"
    """Every independence that the model implies, and each sector left out in turn."""
    FULL = "full"
    """Also second opinions, refutations and unmeasured confounding: hundreds of refits."""


@dataclass(frozen=True)
class RunOptions:
    """What a run is about and how it is done.

    Parameters
    ----------
    language
        Of the texts: Dutch or English.
    study
        Folder of a study or file of a table; the shipped synthetic study where None.
    model
        Name of a shipped model, or path of a model file.
    varies
        Groups by which every arrow is let vary that can.
    with_monitor
        Whether to re-analyse the published tables too; where None, only beside the shipped study.
    seed
        Of the random numbers, 0 or more; the same seed gives the same result.
    resume
        Take over what an earlier run in the same folder finished with the same data, model, seed,
        settings and code; False does everything again.
    attacks
        How hard the claims are attacked before they are reported.
    name_schools
        Whether names of schools and experiments stay as they are; otherwise pseudonyms replace
        them.
    settings, study_settings
        Of the sampler, for the monitor and for the study; the usual ones where None.
    """

    language: Language = Language.NL
    study: Path | None = None
    model: str = DEFAULT_MODEL
    varies: tuple[str, ...] = ()
    with_monitor: bool | None = None
    seed: int = DEFAULT_SEED
    resume: bool = True
    attacks: Attacks = Attacks.QUICK
    name_schools: bool = False
    settings: SamplerSettings | None = field(default=None, repr=False)
    study_settings: SamplerSettings | None = field(default=None, repr=False)

    @property
    def asks_monitor(self) -> bool:
        """Whether the published tables are re-analysed."""
        return self.study is None if self.with_monitor is None else self.with_monitor

    @property
    def command(self) -> str:
        """What makes the same again, without the folders of whoever ran it."""
        parts = ["vm2causal run"]
        if self.study is not None:
            parts.append(f"--study {shlex.quote(self.study.resolve().name)}")
        if self.model != DEFAULT_MODEL or self.study is not None:
            parts.append(f"--model {shlex.quote(Path(self.model).name)}")
        parts += [f"--varies {shlex.quote(group)}" for group in self.varies]
        parts.append(f"--lang {self.language.value} --seed {self.seed}")
        if self.asks_monitor != (self.study is None):
            parts.append("--with-monitor" if self.asks_monitor else "--without-monitor")
        if self.attacks is not Attacks.QUICK:
            parts.append(f"--attacks {self.attacks.value}")
        return " ".join([*parts, *(["--name-schools"] if self.name_schools else [])])


def run(
    out: Path,
    options: RunOptions,
    *,
    progress: Progress = lambda step: None,
    notice: Progress = lambda said: None,
) -> list[Path]:
    """Do the main job.

    Parameters
    ----------
    out
        Folder for the briefs ``study`` and, where the published tables are re-analysed, ``vm2``
        (each as ``.html``, ``.pdf`` and ``-annex.pdf``), ``figures/``, ``tables/``, ``fits/``,
        ``study-fit/``, ``run.json``, ``files.json`` and ``timings.json``. What an earlier run or
        brief wrote there is replaced once all of this one is there.
    options
        What the run is about and how it is done.
    progress
        Told the name of each step as it starts.
    notice
        Told, in words, what is taken over from an earlier run.

    Returns
    -------
    list of Path
        What was written; ``run.json`` last, so that its presence means the run is whole.

    Raises
    ------
    OutputError
        When ``out`` cannot be written or another job writes there, its ``study-fit`` holds other
        things than a fit, its list of what an earlier brief wrote is damaged, or files in it that
        no brief wrote stand in the way.
    StudyError, ModelFileError
        When the study or the model cannot be used.

    Notes
    -----
    These errors come before any long work, and leave an earlier run as it is; but for files in the
    way whose names depend on what is found. Those end the run before it replaces anything, and what
    it fitted is taken over by the next.
    """
    require_writable_folder(out)
    with alone_in(out):
        return _run(out, options, progress=progress, notice=notice)


def _run(out: Path, options: RunOptions, *, progress: Progress, notice: Progress) -> list[Path]:
    study_fit = require_fit_folder(out / "study-fit")
    of_monitor = FORESEEN_OF_MONITOR if options.asks_monitor else ()
    require_replaceable(out, (*FORESEEN, *of_monitor, RUN_RECORD))
    _require_timings(out)
    began = time.perf_counter()
    progress("tables")
    tables = read_published()
    source = options.study or shipped_path("data", "demo")
    prepared = prepare_fit(
        source,
        read_model(options.model),
        seed=options.seed,
        name_schools=options.name_schools,
        varies=options.varies,
    )
    adopt_older_run(out)
    (out / RUN_RECORD).unlink(missing_ok=True)
    found = None
    if options.asks_monitor:
        found = _reanalysed(tables, out / "fits", options, progress=progress, notice=notice)
    fit = _fitted(prepared, study_fit, options, progress=progress, notice=notice)
    progress("attacks")
    _attack(fit, options)

    def write(folder: Path) -> list[Path]:
        return _written(folder, tables, found, fit, options, progress=progress)

    written = replace_files(out, write)
    took = {"total_s": time.perf_counter() - began}
    # no part of the list of what was written, which tells the content of each
    return [write_atomically(out / TIMINGS_FILE, timings_text(took)), *written]


def _require_timings(out: Path) -> None:
    """Only timings of an earlier run are written over."""
    if os.path.lexists(out / TIMINGS_FILE):
        try:
            read_timings(out)
        except (OSError, ValueError) as error:
            raise OutputError(
                "A run writes a file of this name, and no run wrote the one that stands here.",
                file=TIMINGS_FILE,
                value=str(out),
                fix="Move it, or name another folder with --out.",
            ) from error


def run_steps(*, with_monitor: bool = True) -> tuple[str, ...]:
    """Names of the steps of :func:`run`, in order."""
    monitor = (*monitor_steps(SELECTIONS, True), "sectors") if with_monitor else ()
    return ("tables", *monitor, *STUDY_STEPS, "attacks", "figures", "brief")


def _reanalysed(
    tables: PublishedTables,
    folder: Path,
    options: RunOptions,
    *,
    progress: Progress,
    notice: Progress,
) -> Reanalysis:
    """The re-analysis of the monitor: that of an earlier run, or made now."""
    key = reanalysis_key(tables, seed=options.seed, settings=options.settings)
    if options.resume:
        finished = read_reanalysis(folder, tables, key=key, seed=options.seed)
        if finished is not None:
            notice(text("run.monitor_taken_over", options.language))
            return finished
    monitor = fit_monitor(
        tables,
        seed=options.seed,
        settings=options.settings,
        with_sensitivity=True,
        progress=progress,
    )
    progress("sectors")
    sectors = fit_sectors(tables, seed=options.seed, settings=options.settings)
    found = Reanalysis(monitor, sectors)
    write_reanalysis(found, folder, key=key)
    return found


def _fitted(
    prepared: PreparedFit,
    folder: Path,
    options: RunOptions,
    *,
    progress: Progress,
    notice: Progress,
) -> Path:
    """The folder of the study's fit: that of an earlier run, or made now."""
    progress("study")
    settings = options.study_settings or SETTINGS
    if options.resume and _is_fit_of(prepared, folder, settings):
        notice(text("run.study_taken_over", options.language))
    else:
        fit_prepared(prepared, out=folder, settings=settings, progress=progress)
    return folder


def _is_fit_of(prepared: PreparedFit, folder: Path, settings: SamplerSettings) -> bool:
    """Whether a folder holds, whole, the fit that the same code would make."""
    wanted = {
        "source_sha256": prepared.source_sha256,
        "model_sha256": model_hash(prepared.data.spec),
        "seed": prepared.seed,
        "priors": prepared.priors.value,
        "settings": asdict(settings),
        "pseudonyms": list(prepared.hidden),
        "backend": Backend.KERNEL.value,
        "code": code_of_jobs(),
        **installed(),
    }
    try:
        record = read_record(folder)
        if any(record.get(name) != value for name, value in wanted.items()):
            return False
        read_fit(folder)
    except FitError:  # nothing there, or what an interruption or a mishap left
        return False
    return True


def _attack(fit: Path, options: RunOptions) -> None:
    """Attack the declared effects; refits that an earlier run finished are taken over."""
    if options.attacks is Attacks.NONE:
        return
    opened, folder = open_fit(fit), batch_folder(fit)
    # DoWhy's second opinion on the whole graph takes minutes; 'test' asks for it
    tested = falsify_fit(
        opened,
        folder=folder,
        seed=options.seed,
        dowhy_seconds=0,
        first_look=options.attacks is Attacks.QUICK,
    )
    keep_falsification(fit, opened, tested)
    if options.attacks is Attacks.QUICK:
        _leave_out(fit, opened, folder, options)
        return
    if options.attacks is Attacks.FULL:
        _ask_again(fit, opened, options)
        chosen = targets(opened)
        refuted = refute_fit(opened, chosen, folder=folder, seed=options.seed)
        keep_refutation(fit, opened, refuted)
        varied = sensitivity_of(opened, chosen, folder=folder, seed=options.seed)
        keep_sensitivity(fit, opened, varied, chosen)


def _leave_out(fit: Path, opened: FitOnDisk, folder: Path, options: RunOptions) -> None:
    """Leave out in turn each level of the group that effects are shown by, such as sectors.

    A fit has one coefficient per arrow; where an arrow acts in one sector only, its effects by
    sector are wrong, and the whole without that sector is something else.
    """
    group = FitTables(opened).few
    if group is None or not declared_effects(opened.forward.data.spec):
        return
    found = refute_fit(
        opened,
        targets(opened),
        folder=folder,
        seed=options.seed,
        levels_of=group,
        settings=QUICK_REFIT,
    )
    keep_refutation(fit, opened, found, name=LEFT_OUT)


def _ask_again(fit: Path, opened: FitOnDisk, options: RunOptions) -> None:
    """Second opinions on the declared effects; those of an earlier run are taken over."""
    # a fit that failed its gate has no effects to set them beside
    if not opened.passed or (options.resume and holds_second_opinions(fit, opened.record)):
        return
    keep_second_opinions(fit, opened, second_opinions(opened, settings=options.study_settings))


def _written(
    folder: Path,
    tables: PublishedTables,
    found: Reanalysis | None,
    fit: Path,
    options: RunOptions,
    *,
    progress: Progress,
) -> list[Path]:
    """Write everything but the fits; ``run.json`` last, with the names of the others."""
    progress("figures")
    language, command = options.language, options.command
    about_study = _study_record(fit)
    about: dict[str, Any] = {"study": about_study}
    written: list[Path] = []
    monitor = None
    if found is not None:
        monitor, written = monitor_evidence(
            tables, found, out=folder, seed=options.seed, command=command, language=language
        )
        about |= {"diagnostics": monitor.diagnostics.to_dict(), "monitor": monitor.document}
    study, drawn = study_evidence(fit, out=folder, command=command, language=language)
    progress("brief")
    written += [*drawn, *write_study_brief(study, folder, language=language)]
    if monitor is not None:
        written += write_monitor_brief(monitor, folder, language=language)
    facts = provenance(tables, seed=options.seed)
    origins = [facts["origin"]] if found is not None else []
    record = facts | {
        "origin": "+".join([*origins, about_study["origin"]]),
        "command": command,
        "language": language.value,
        **about,
        "files": [path.relative_to(folder).as_posix() for path in written],
    }
    written.append(
        write_atomically(folder / RUN_RECORD, to_json(exempt(record, Exempt.PUBLISHED)) + "\n")
    )
    return written


def _study_record(fit: Path) -> Mapping[str, Any]:
    """What ``run.json`` says of the study: the rest stands in that of its fit."""
    record = read_record(fit)
    names = ("origin", "model_sha256", "source_sha256", "draws_sha256", "diagnostics", "gate")
    return released({name: record[name] for name in names})
