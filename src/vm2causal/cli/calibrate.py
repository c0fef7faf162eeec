"""``vm2causal calibrate``: whether fits of a model find truths drawn from its own prior."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vm2causal.cli.attacks import Executor, Resume
from vm2causal.cli.batch_output import announce_batch, cell, write_batch
from vm2causal.cli.options import DEFAULT_LANGUAGE, DEFAULT_SEED, Json, Lang, Out, Seed
from vm2causal.cli.output import print_exempt, print_table, say
from vm2causal.progress import told_count
from vm2causal.texts import Language, number, percentage, text

if TYPE_CHECKING:
    from vm2causal.checks.calibrate.calibration import Calibration
    from vm2causal.refits import Results

_MODEL = "onderzoeksmodel-2012"
_SIZE = 36
_SHOWN = 12
"""Quantities in the table for people: those that deviate most."""


def calibrate(
    *,
    model: Annotated[
        str | None,
        typer.Option(
            "--model", metavar="M", help="A model that ships, or a model file.", show_default=_MODEL
        ),
    ] = None,
    cohorts: Annotated[
        bool, typer.Option("--cohorts", help="Calibrate the model of the published cohorts.")
    ] = False,
    simulations: Annotated[int, typer.Option(min=2, help="Number of simulations.")] = 400,
    size: Annotated[
        int | None,
        typer.Option(
            min=4,
            help="Experiments (or rows) of each simulated data set.",
            show_default=str(_SIZE),
        ),
    ] = None,
    digits: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=9,
            help="With --cohorts: decimals of simulated percentages; the sources print 1.",
        ),
    ] = None,
    executor: Executor = "serial",
    resume: Resume = True,
    out: Out = Path("calibration"),
    seed: Seed = DEFAULT_SEED,
    lang: Lang = DEFAULT_LANGUAGE,
    as_json: Json = False,
) -> None:
    """Check that fits of a model find truths drawn from its own prior, as often as they say."""
    from vm2causal.report.documents.calibration import calibration_document
    from vm2causal.report.figures.calibration import draw_calibration

    _require_fitting(cohorts, model=model, size=size, digits=digits)
    with told_count(text("calibration.progress", lang), lang) as progress:
        run = partial(
            _calibrate_cohorts if cohorts else _calibrate_model,
            simulations=simulations,
            folder=out,
            seed=seed,
            executor=executor,
            resume=resume,
            progress=progress,
        )
        found, results, asked = run(digits) if cohorts else run(model or _MODEL, size or _SIZE)
    announce_batch(results, lang)
    document = calibration_document(found, results, seed=seed, **asked)
    write_batch("calibration", draw_calibration(found, language=lang), document, out, lang)
    if as_json:
        print_exempt(document, "simulated")
    else:
        name = text("calibration.cohorts", lang) if cohorts else asked["model"]
        _print_calibration(found, name, lang)


def _require_fitting(
    cohorts: bool, *, model: str | None, size: int | None, digits: int | None
) -> None:
    """Refuse options that the chosen model has no use for."""
    from vm2causal.errors import OptionError

    idle = {"--model": model, "--size": size} if cohorts else {"--digits": digits}
    for option, value in idle.items():
        if value is not None:
            rule = "has no use beside --cohorts" if cohorts else "is for --cohorts only"
            fix = f"Leave out {option}{'' if cohorts else ', or add --cohorts'}."
            raise OptionError(f"{option} {rule}.", value=value, fix=fix)


def _calibrate_model(
    model: str, size: int, **options: Any
) -> tuple[Calibration, Results, dict[str, Any]]:
    """Calibrate a structural model; with what the document says was asked."""
    from vm2causal.spec import read_model
    from vm2causal.workflow.calibration import calibrate_model

    spec = read_model(model)
    found, results = calibrate_model(spec, size=size, **options)
    return found, results, {"model": spec.name, "size": size, "digits": None}


def _calibrate_cohorts(
    digits: int | None, **options: Any
) -> tuple[Calibration, Results, dict[str, Any]]:
    """Calibrate the cohort model; with what the document says was asked."""
    from vm2causal.monitor.cohort_calibration import NAME
    from vm2causal.monitor.simulated_cohorts import DIGITS
    from vm2causal.workflow.calibration import calibrate_cohorts

    printed = digits or DIGITS
    found, results = calibrate_cohorts(digits=printed, **options)
    return found, results, {"model": NAME, "size": None, "digits": printed}


def _print_calibration(found: Calibration, model: str, lang: Language) -> None:
    from vm2causal.checks.calibrate.calibration import ALPHA, COVERAGES
    from vm2causal.inputs.rows import row_dicts

    names = (
        "simulations", "mean_rank", "spread", "p_value", "adjusted", "coverage_80", "coverage_95",
    )  # fmt: skip
    title = text(
        "calibration.title",
        lang,
        model=model,
        simulations=len(found.ranks),
        quantities=len(found.table),
    )
    rows = row_dicts(found.table.nsmallest(_SHOWN, "p_value"))
    print_table(
        title,
        [text(f"calibration.column.{name}", lang) for name in ("quantity", *names)],
        [(row["quantity"], *(cell(row[name], lang) for name in names)) for row in rows],
    )
    _print_kinds(found, lang)
    if len(found.verdicts):
        _print_verdicts(found, lang)
    flagged = found.table.loc[found.table["flagged"], "quantity"]
    if len(flagged):
        say(text("calibration.flagged", lang, names=", ".join(flagged)))
    else:
        say(text("calibration.passed", lang, alpha=percentage(ALPHA, lang, 0)))
    say(_found_in(found, lang))
    shares = [
        percentage(found.table[f"coverage_{round(100 * level)}"].mean(), lang, 1)
        for level in COVERAGES
    ]
    say(text("calibration.coverage", lang, shares=", ".join(shares)))
    say(text("calibration.divergences", lang, number=found.divergences, all=len(found.ranks)))
    if found.redrawn:
        say(text("calibration.redrawn", lang, number=number(found.redrawn, lang)))


def _found_in(found: Calibration, lang: Language) -> str:
    """What the calibration could have found."""
    from vm2causal.checks.calibrate.calibration import SHORTFALLS

    shares = {
        f"share_{round(100 * coverage)}": percentage(found.power(coverage), lang, 0)
        for coverage in SHORTFALLS
    }
    simulations = number(int(found.table["simulations"].min()), lang)
    return text("calibration.power", lang, simulations=simulations, **shares)


def _print_kinds(found: Calibration, lang: Language) -> None:
    from vm2causal.checks.calibrate.calibration import COVERAGES, coverage_by_kind
    from vm2causal.inputs.rows import row_dicts

    levels = [f"coverage_{round(100 * level)}" for level in COVERAGES]
    columns = ("kind", "number", *levels, "error_80")
    print_table(
        text("calibration.kinds.title", lang),
        [text(f"calibration.column.{name}", lang) for name in columns],
        [
            (
                row["kind"],
                number(row["number"], lang),
                *(percentage(row[name], lang, 1) for name in (*levels, "error_80")),
            )
            for row in row_dicts(coverage_by_kind(found))
        ],
    )


def _print_verdicts(found: Calibration, lang: Language) -> None:
    from vm2causal.inputs.rows import row_dicts

    verdicts = list(found.verdicts.columns[3:])
    headings = [text(f"calibration.column.{name}", lang) for name in ("size", "number")]
    print_table(
        text("calibration.verdicts.title", lang),
        headings + [text(f"effects.verdict.{name}", lang) for name in verdicts],
        [
            (
                f"{number(row['smallest'], lang, 1)} – {number(row['largest'], lang, 1)}",
                number(row["number"], lang),
                *(percentage(row[name], lang, 1) for name in verdicts),
            )
            for row in row_dicts(found.verdicts)
        ],
    )
