"""``vm2causal calibrate`` and ``vm2causal design``: the model against truths that are known."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vm2causal.cli.batch_progress import counted
from vm2causal.cli.options import DEFAULT_LANGUAGE, DEFAULT_SEED, Json, Lang, Level, Out, Seed
from vm2causal.cli.output import announce, print_json, print_table
from vm2causal.texts import Language, number, percentage, text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vm2causal.checks.calibration import Calibration
    from vm2causal.checks.design_analysis import DesignAnalysis
    from vm2causal.refits import Results
    from vm2causal.report.figures import NamedFigure
    from vm2causal.spec import CausalSpec

Model = Annotated[
    str, typer.Option("--model", metavar="M", help="A model that ships, or a model file.")
]
Executor = Annotated[
    str, typer.Option(metavar="WHERE", help="serial, processes[:N], dask or dask://host:port.")
]
Resume = Annotated[
    bool, typer.Option("--resume/--afresh", help="Take over what an earlier run finished.")
]

_SHOWN = 12
"""Quantities in the table for people: those that deviate most."""


def calibrate(
    *,
    model: Model = "onderzoeksmodel-2012",
    simulations: Annotated[int, typer.Option(min=2, help="Number of simulations.")] = 100,
    size: Annotated[
        int, typer.Option(min=4, help="Experiments (or rows) of each simulated data set.")
    ] = 36,
    executor: Executor = "serial",
    resume: Resume = True,
    out: Out = Path("calibration"),
    seed: Seed = DEFAULT_SEED,
    lang: Lang = DEFAULT_LANGUAGE,
    as_json: Json = False,
) -> None:
    """Check that fits of a model find truths drawn from its own prior, as often as they say."""
    from vm2causal.report.calibration_documents import calibration_document
    from vm2causal.report.calibration_figures import draw_calibration
    from vm2causal.spec import read_model
    from vm2causal.workflow.calibration import calibrate_model

    spec = read_model(model)
    with counted(text("calibration.progress", lang)) as progress:
        found, results = calibrate_model(
            spec,
            size=size,
            simulations=simulations,
            folder=out,
            seed=seed,
            executor=executor,
            resume=resume,
            progress=progress,
        )
    announce_batch(results, lang)
    document = calibration_document(found, results, model=spec.name, size=size, seed=seed)
    _write("calibration", draw_calibration(found, language=lang), document, out, lang)
    if as_json:
        print_json(document)
    else:
        _print_calibration(found, spec, lang)


def design(
    *,
    experiments: Annotated[
        str, typer.Option(metavar="N,N,…", help="Numbers of experiments.")
    ] = "12,36,157,400",
    model: Model = "onderzoeksmodel-2012",
    effect: Annotated[
        list[str] | None,
        typer.Option(metavar="A->B=X", help="Size of an arrow in the truth; may be repeated."),
    ] = None,
    simulations: Annotated[int, typer.Option(min=2, help="Studies of each size.")] = 20,
    executor: Executor = "serial",
    resume: Resume = True,
    out: Out = Path("design"),
    level: Level = 0.95,
    seed: Seed = DEFAULT_SEED,
    lang: Lang = DEFAULT_LANGUAGE,
    as_json: Json = False,
) -> None:
    """Find out which arrows studies of some sizes could weigh, if the default truth were true."""
    from vm2causal.report.calibration_documents import design_document
    from vm2causal.report.calibration_figures import draw_design
    from vm2causal.simulate import parse_effect
    from vm2causal.spec import read_model
    from vm2causal.workflow.calibration import analyse_design, sizes_of

    spec = read_model(model)
    sizes = sizes_of(experiments)
    chosen = dict(parse_effect(written, spec) for written in effect or [])
    with counted(text("design.progress", lang)) as progress:
        found, results = analyse_design(
            spec,
            experiments=sizes,
            effects={str(term): value for term, value in chosen.items()},
            simulations=simulations,
            folder=out,
            seed=seed,
            level=level,
            executor=executor,
            resume=resume,
            progress=progress,
        )
    announce_batch(results, lang)
    document = design_document(found, results, model=spec.name, level=level, seed=seed)
    _write("design", draw_design(found, spec=spec, language=lang), document, out, lang)
    if as_json:
        print_json(document)
    else:
        _print_design(found, spec, lang)


def announce_batch(results: Results, lang: Language) -> None:
    """Say what was taken over, done again, left aside and not finished."""
    if results.resumed:
        announce(text("batch.resumed", lang, number=len(results.resumed)))
    for name in results.damaged:
        announce(text("batch.damaged", lang, name=name))
    if results.unrelated:
        announce(text("batch.unrelated", lang, number=results.unrelated))
    for name, reason in results.failures.items():
        announce(text("batch.failed", lang, name=name, reason=reason))


def _write(
    name: str, figure: NamedFigure, document: dict[str, object], out: Path, lang: Language
) -> None:
    from vm2causal.report.figures import save_figures
    from vm2causal.report.json_text import to_json
    from vm2causal.storage import write_atomically

    written = [write_atomically(out / f"{name}.json", to_json(document) + "\n")]
    written += save_figures([figure], out)
    announce(text("batch.written", lang, names=", ".join(path.name for path in written)))


def _print_calibration(found: Calibration, spec: CausalSpec, lang: Language) -> None:
    from vm2causal.checks.calibration import ALPHA, COVERAGES
    from vm2causal.inputs.rows import row_dicts

    names = ("simulations", "mean_rank", "p_value", "adjusted", "coverage_80", "coverage_95")
    title = text(
        "calibration.title",
        lang,
        model=spec.name,
        simulations=len(found.ranks),
        quantities=len(found.table),
    )
    rows = row_dicts(found.table.nsmallest(_SHOWN, "p_value"))
    print_table(
        title,
        [text(f"calibration.column.{name}", lang) for name in ("quantity", *names)],
        [(row["quantity"], *(_cell(row[name], lang) for name in names)) for row in rows],
    )
    _print_verdicts(found, lang)
    flagged = found.table.loc[found.table["flagged"], "quantity"]
    if len(flagged):
        typer.echo(text("calibration.flagged", lang, names=", ".join(flagged)))
    else:
        typer.echo(text("calibration.passed", lang, alpha=percentage(ALPHA, lang, 0)))
    shares = [
        percentage(found.table[f"coverage_{round(100 * level)}"].mean(), lang, 1)
        for level in COVERAGES
    ]
    typer.echo(text("calibration.coverage", lang, shares=", ".join(shares)))
    typer.echo(
        text("calibration.divergences", lang, number=found.divergences, all=len(found.ranks))
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


def _print_design(found: DesignAnalysis, spec: CausalSpec, lang: Language) -> None:
    from vm2causal.effects.verdict import Verdict
    from vm2causal.inputs.rows import row_dicts
    from vm2causal.report.calibration_figures import arrow_label, design_sentences

    columns = ["arrow", "true", "width", "wrong"]
    headings = [text(f"design.column.{name}", lang) for name in columns]
    headings += [text(f"effects.verdict.{item.value}", lang) for item in Verdict]
    for size, simulations in found.simulations.items():
        own = found.table[found.table["experiments"] == size]
        rows: Sequence[tuple[str, ...]] = [
            (
                arrow_label(row, spec, lang),
                _cell(row["true"], lang),
                _cell(row["width"], lang),
                _share(row["wrong"], lang),
                *(_share(row[item.value], lang) for item in Verdict),
            )
            for row in row_dicts(own)
        ]
        title = text("design.title", lang, experiments=size, simulations=simulations)
        print_table(title, headings, rows)
    for sentence in design_sentences(found, spec=spec, language=lang):
        typer.echo(sentence)


def _cell(value: float | None, lang: Language) -> str:
    if value is None or value != value:
        return text("effects.none", lang)
    return number(value, lang) if isinstance(value, int) else number(value, lang, 3)


def _share(value: float | None, lang: Language) -> str:
    if value is None or value != value:
        return text("effects.none", lang)
    return percentage(value, lang, 0)
