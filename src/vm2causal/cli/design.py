"""``vm2causal design``: what a study of some size could show."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vm2causal.cli.attacks import Executor, Resume
from vm2causal.cli.batch_output import announce_batch, cell, write_batch
from vm2causal.cli.options import DEFAULT_LANGUAGE, DEFAULT_SEED, Json, Lang, Level, Out, Seed
from vm2causal.cli.output import print_exempt, print_table, say
from vm2causal.progress import told_count
from vm2causal.texts import Language, percentage, text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vm2causal.checks.calibrate.design_analysis import DesignAnalysis
    from vm2causal.spec import CausalSpec

Model = Annotated[
    str, typer.Option("--model", metavar="M", help="A model that ships, or a model file.")
]


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
    from vm2causal.report.documents.calibration import design_document
    from vm2causal.report.figures.calibration import draw_design
    from vm2causal.simulate import parse_effect
    from vm2causal.spec import read_model
    from vm2causal.workflow.calibration import analyse_design, sizes_of

    spec = read_model(model)
    sizes = sizes_of(experiments)
    chosen = dict(parse_effect(written, spec) for written in effect or [])
    with told_count(text("design.progress", lang), lang) as progress:
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
    write_batch("design", draw_design(found, spec=spec, language=lang), document, out, lang)
    if as_json:
        print_exempt(document, "simulated")
    else:
        _print_design(found, spec, lang)


def _print_design(found: DesignAnalysis, spec: CausalSpec, lang: Language) -> None:
    from vm2causal.effects.verdict import Verdict
    from vm2causal.inputs.rows import row_dicts
    from vm2causal.report.figures.calibration import arrow_label, design_sentences

    columns = ["arrow", "true", "width", "wrong"]
    headings = [text(f"design.column.{name}", lang) for name in columns]
    headings += [text(f"effects.verdict.{item.value}", lang) for item in Verdict]
    for size, simulations in found.simulations.items():
        own = found.table[found.table["experiments"] == size]
        rows: Sequence[tuple[str, ...]] = [
            (
                arrow_label(row, spec, lang),
                cell(row["true"], lang),
                cell(row["width"], lang),
                _share(row["wrong"], lang),
                *(_share(row[item.value], lang) for item in Verdict),
            )
            for row in row_dicts(own)
        ]
        title = text("design.title", lang, experiments=size, simulations=simulations)
        print_table(title, headings, rows)
    for sentence in design_sentences(found, spec=spec, language=lang):
        say(sentence)


def _share(value: float | None, lang: Language) -> str:
    if value is None or value != value:
        return text("effects.none", lang)
    return percentage(value, lang, 0)
