"""``vm2causal study``: the study format, and whether a study keeps to it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vm2causal.cli.options import DEFAULT_LANGUAGE, Json, Lang
from vm2causal.cli.output import announce, print_exempt, print_table, say
from vm2causal.cli.table_options import reads_table, refuse_table_choices
from vm2causal.cli.table_report import print_table_report
from vm2causal.errors import OptionError, StudyError
from vm2causal.texts import Language, number, percentage, text

if TYPE_CHECKING:
    import pandas as pd

    from vm2causal.inputs.study.checks import StudyReport
    from vm2causal.inputs.study.problems import Problem
    from vm2causal.inputs.tables.choices import Choices

study_app = typer.Typer(
    help="Your own study: its format, a template, checks, and made-up studies to practise on.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
"""Commands about studies; other modules of ``cli`` add theirs."""

_SHOWN_ROWS = 10

Folder = Annotated[Path, typer.Argument(metavar="DIR", help="Folder of the study.")]


@study_app.command("template")
def template(folder: Folder, lang: Lang = DEFAULT_LANGUAGE) -> None:
    """Write an empty study to fill in, with its codebook, to a new or empty folder."""
    from vm2causal.inputs.study.template import write_template

    written = write_template(folder, language=lang)
    names = ", ".join(path.name for path in written)
    announce(text("study.template.wrote", lang, files=names))
    say(str(folder))


@study_app.command("check")
@reads_table
def check(
    source: Annotated[
        Path, typer.Argument(metavar="STUDY_OR_TABLE", help="Folder of a study, or a table.")
    ],
    model: Annotated[
        str | None, typer.Option(metavar="M", help="For a table: the model it is read for.")
    ] = None,
    *,
    choices: Choices,
    lang: Lang = DEFAULT_LANGUAGE,
    as_json: Json = False,
) -> None:
    """List every problem of a study, and what it can and cannot show.

    Of a table: how it is read for a model, and how many rows each variable has. Exit status 2 when
    the study or table cannot be used as it stands, 0 otherwise, warnings or not.
    """
    announce(text("study.confidential", lang))
    if source.is_file() or (model is not None and not source.is_dir()):
        _check_table(source, model, choices, lang, as_json)
    else:
        refuse_table_choices(choices, model)
        _check_folder(source, lang, as_json)


def _check_table(
    source: Path, model: str | None, choices: Choices, lang: Language, as_json: bool
) -> None:
    from vm2causal.spec import read_model
    from vm2causal.workflow.table_check import check_table

    if model is None:
        raise OptionError(
            "A table is checked for a model, which says what its columns are.",
            value=source.name,
            fix="Add --model M: a name that ships, or a model file.",
        )
    report = check_table(source, read_model(model), choices)
    if as_json:
        print_exempt(report.to_document(), "holder")
    else:
        print_table_report(report, lang)


def _check_folder(folder: Path, lang: Language, as_json: bool) -> None:
    from vm2causal.inputs.study.checks import check_study

    report = check_study(folder)
    if as_json:
        print_exempt(report.to_document(), "holder")
    else:
        _print_report(report, lang)
    if not report.valid:
        raise typer.Exit(StudyError.exit_status)


def _print_report(report: StudyReport, lang: Language) -> None:
    _print_problems(report.problems, lang)
    if report.rows.get("experiments"):
        _print_variation(report, lang)
        _print_patterns(report, lang)
        _print_overlap(report.overlap, lang)
    facts = [text(f"study.rows.{name}", lang, count=n) for name, n in report.rows.items()]
    if report.origin is not None:
        facts.append(text(f"study.origin.{report.origin.value}", lang))
    if facts:
        say("; ".join(facts))
    say(text("study.valid" if report.valid else "study.invalid", lang))


def _print_problems(problems: Iterable[Problem], lang: Language) -> None:
    """One line per problem; what is wrong with a column in the same way in many rows, once."""
    alike: dict[tuple[str | None, ...], list[Problem]] = {}
    for problem in problems:
        key = (problem.code, problem.file, problem.column, problem.rule, problem.severity)
        alike.setdefault(key, []).append(problem)
    for first, *others in alike.values():
        say(f"{text(f'study.severity.{first.severity}', lang)}: {first.sentence()}")
        if others:
            say(_also(others, lang))


def _also(others: Sequence[Problem], lang: Language) -> str:
    rows = ", ".join(str(problem.row) for problem in others[:_SHOWN_ROWS])
    hidden = len(others) - _SHOWN_ROWS
    if hidden <= 0:
        return text("study.problem.also", lang, rows=rows)
    return text("study.problem.also_many", lang, rows=rows, count=hidden)


def _print_variation(report: StudyReport, lang: Language) -> None:
    from vm2causal.inputs.rows import row_dicts

    columns = ("variable", "sd", "levels", "missing", "share")
    gaps = {row["variable"]: row for row in row_dicts(report.missing)}
    print_table(
        text("study.table.variation", lang),
        [text(f"study.column.{name}", lang) for name in columns],
        (
            _variation_row(row, gaps.get(row["variable"]), lang)
            for row in row_dicts(report.variation)
        ),
    )


def _variation_row(
    row: dict[str, Any], gaps: dict[str, Any] | None, lang: Language
) -> tuple[object, ...]:
    sd = "–" if math.isnan(row["sd"]) else number(row["sd"], lang, 2)
    missing = (gaps["missing"], percentage(gaps["share"], lang)) if gaps else ("–", "–")
    return (row["variable"], sd, row["levels"], *missing)


def _print_patterns(report: StudyReport, lang: Language) -> None:
    every = [str(name) for name in report.missing["variable"]]
    print_table(
        text("study.table.patterns", lang),
        [text(f"study.column.{name}", lang) for name in ("together", "experiments")],
        (
            (_pattern(variables, every, lang), experiments)
            for variables, experiments in report.patterns.itertuples(index=False)
        ),
    )


def _pattern(variables: tuple[str, ...], every: list[str], lang: Language) -> str:
    """The variables, or those that are left where that is shorter."""
    if not variables:
        return text("study.pattern.complete", lang)
    left = [name for name in every if name not in variables]
    if len(left) >= len(variables):
        return ", ".join(variables)
    if not left:
        return text("study.pattern.all", lang)
    return text("study.pattern.all_but", lang, names=", ".join(left))


def _print_overlap(overlap: pd.DataFrame, lang: Language) -> None:
    """A row per cause, a column per sector; ``*`` where the cause does not vary."""
    shown = overlap.assign(
        cell=overlap["levels"].astype(str) + overlap["varies"].map({True: "", False: "*"})
    )
    sectors = list(dict.fromkeys(overlap["sector"]))
    cells = shown.pivot(index="cause", columns="sector", values="cell")[sectors]
    print_table(
        text("study.table.overlap", lang),
        [text("study.column.cause", lang), *(text(f"sector.{name}", lang) for name in sectors)],
        ((cause, *cells.loc[cause]) for cause in dict.fromkeys(overlap["cause"])),
    )
