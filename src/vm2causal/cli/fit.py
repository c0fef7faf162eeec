"""``vm2causal fit``: a model fitted to a study or a table."""

from __future__ import annotations

import time
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vm2causal.cli.options import (
    DEFAULT_LANGUAGE,
    DEFAULT_SEED,
    Backend,
    Evaluated,
    Json,
    Lang,
    Seed,
    Varies,
)
from vm2causal.cli.output import announce, print_json, print_table, say
from vm2causal.cli.table_options import reads_table
from vm2causal.cli.table_report import print_accounts
from vm2causal.folder_names import known_as
from vm2causal.progress import told_steps
from vm2causal.texts import Language, number, text

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from vm2causal.inputs.tables.choices import Choices
    from vm2causal.workflow import FittedStudy


class Priors(StrEnum):
    """Which priors a fit uses."""

    NEUTRAL = "neutral"
    EVIDENCE = "evidence"
    WEAK = "weak"


class Rows(StrEnum):
    """What a row of a table with counts stands for."""

    PERSONS = "persons"
    UNITS = "units"


@reads_table
def fit(
    source: Annotated[
        Path, typer.Argument(metavar="STUDY_OR_TABLE", help="Folder of a study, or a table.")
    ],
    *,
    model: Annotated[
        str, typer.Option(metavar="M", help="Model: a name that ships, or a model file.")
    ],
    out: Annotated[Path, typer.Option("--out", metavar="FIT", help="Folder for the fit.")],
    priors: Annotated[
        Priors,
        typer.Option(help="'evidence': those that arrows carry; 'weak': twice as wide as usual."),
    ] = Priors.NEUTRAL,
    backend: Evaluated = Backend.KERNEL,
    rows: Annotated[
        Rows | None,
        typer.Option(help="What a row of a table with counts is; overrules the model file."),
    ] = None,
    varies: Varies = None,
    draws: Annotated[int | None, typer.Option(min=10, help="Kept draws per chain.")] = None,
    tune: Annotated[int | None, typer.Option(min=10, help="Warm-up draws per chain.")] = None,
    chains: Annotated[int | None, typer.Option(min=1, help="Number of chains.")] = None,
    name_schools: Annotated[
        bool, typer.Option("--name-schools", help="Keep names of schools and experiments.")
    ] = False,
    allow_missing: Annotated[
        bool,
        typer.Option("--allow-missing", help="Take variables that no column holds for unobserved."),
    ] = False,
    choices: Choices,
    seed: Seed = DEFAULT_SEED,
    lang: Lang = DEFAULT_LANGUAGE,
    as_json: Json = False,
) -> None:
    """Fit a model to a study or a table: build, sample, check, and write to --out."""
    began = time.perf_counter()
    from vm2causal.model import structural_fit, structural_parameters
    from vm2causal.model.fits import fit_files
    from vm2causal.spec import read_model, words
    from vm2causal.workflow import structural
    from vm2causal.workflow.absent_columns import Missing
    from vm2causal.workflow.fit_lines import preparation_lines

    import_seconds = time.perf_counter() - began
    fit_files.require_fit_folder(out)
    prepared = structural.prepare_fit(
        source,
        read_model(model),
        seed=seed,
        priors=structural_parameters.Priors(priors.value),
        name_schools=name_schools,
        choices=choices,
        rows=words.Rows(rows.value) if rows else None,
        missing=Missing.UNOBSERVED if allow_missing else Missing.REFUSED,
        varies=varies or (),
    )
    for line in preparation_lines(prepared, lang):
        announce(line)
    if not as_json:
        data = prepared.data
        persons = data.of_persons and data.unit == "row"
        print_accounts(prepared.accounts, data_unit=data.unit, lang=lang, of_persons=persons)
        _print_prior_check(structural.shown_check(prepared.data, prepared.prior_check), lang)
    with told_steps(lang) as progress:
        done = structural.fit_prepared(
            prepared,
            out=out,
            backend=structural_fit.Backend(backend.value),
            settings=structural.chosen_settings(draws=draws, tune=tune, chains=chains),
            import_seconds=import_seconds,
            progress=progress,
            drawn=progress.drawn if progress.live else None,
        )
    if as_json:
        print_json(done.shown)
    else:
        _print_fit(done, lang)
    announce(text("fit.written", lang, folder=known_as(out)))


def _print_prior_check(table: pd.DataFrame, lang: Language) -> None:
    """Outcomes and numbers, and whatever lies outside; the rest is counted."""
    worth = table["outside"] | table["level"].isna()
    headings = [text(f"fit.column.{name}", lang) for name in ("part", "statistic", "data")]
    headings += [text("fit.column.expected", lang), ""]
    rows = [
        (
            _part(row),
            text(f"fit.statistic.{row['statistic']}", lang),
            number(row["observed"], lang, 3, trim=True),
            " – ".join(number(row[end], lang, 3, trim=True) for end in ("lower", "upper")),
            text("fit.prior.outside", lang) if row["outside"] else "",
        )
        for row in table[worth].to_dict("records")
    ]
    print_table(text("fit.prior.title", lang), headings, rows)
    if not worth.all():
        say(text("fit.prior.more", lang, number=number(int((~worth).sum()), lang)))


def _print_fit(done: FittedStudy, lang: Language) -> None:
    from vm2causal.report.words.gate import gate_lines
    from vm2causal.report.words.reading import outlier_lines
    from vm2causal.workflow.structural import shown_check

    _print_arrows(done.shown["parameters"], lang)
    _print_variances(done, lang)
    _print_posterior_check(shown_check(done.fit.layout.data, done.posterior_check), lang)
    found = done.diagnostics
    key = "passed" if found.passed else "failed"
    say(
        text(
            f"fit.diagnostics.{key}",
            lang,
            failures=", ".join(found.failures),
            rhat=number(found.rhat_max, lang, 3),
            ess=number(found.ess_bulk_min, lang),
            divergences=number(found.divergences, lang),
        )
    )
    if found.passed:
        for line in gate_lines(done.shown["gate"], done.fit.layout.data.spec, lang):
            say(line)
    for line in outlier_lines(done.shown, done.fit.layout.data.spec, lang):
        say(line)


def _print_arrows(parameters: list[Mapping[str, Any]], lang: Language) -> None:
    names = ("parameter", "mean", "sd", "ess", "rhat")
    headings = [text(f"fit.column.{name}", lang) for name in names]
    rows = [
        (
            row["name"].removeprefix("weight[").removesuffix("]"),
            number(row["mean"], lang, 2),
            number(row["sd"], lang, 2),
            number(row["ess_bulk"], lang),
            number(row["rhat"], lang, 3),
        )
        for row in parameters
        if row["name"].startswith("weight[")
    ]
    if rows:
        print_table(text("fit.parameters.title", lang), headings, rows)


def _print_variances(done: FittedStudy, lang: Language) -> None:
    """Of variables without causes: what varies between groups, and how alike that makes units."""
    from vm2causal.report.words.effect_rows import interval_text

    spec = done.fit.layout.data.spec
    names = ("variable", "component", "variance", "share", "icc", "icc_probability")
    rows = [
        (
            text(f"fit.variances.{row['scale']}", lang, variable=spec.label(row["variable"], lang)),
            text("fit.variances.residual", lang)
            if row["component"] == "residual"
            else row["component"],
            interval_text(row["variance"], lang),
            *(interval_text(row[name], lang, share=True) for name in names[3:]),
        )
        for row in done.shown["variances"]
    ]
    if rows:
        headings = [text(f"fit.column.{name}", lang) for name in names]
        print_table(text("fit.variances.title", lang), headings, rows)


def _print_posterior_check(table: pd.DataFrame, lang: Language) -> None:
    poor = table[table["verdict"] != "ok"]
    if poor.empty:
        say(text("fit.posterior.fine", lang, number=number(len(table), lang)))
        return
    headings = [text(f"fit.column.{name}", lang) for name in ("part", "statistic", "data")]
    headings += [text(f"fit.column.{name}", lang) for name in ("expected", "distance")]
    rows = [
        (
            _part(row),
            text(f"fit.statistic.{row['statistic']}", lang),
            number(row["observed"], lang, 3, trim=True),
            number(row["mean"], lang, 3, trim=True),
            number(row["distance"], lang, 1),
        )
        for row in poor.to_dict("records")
    ]
    print_table(text("fit.posterior.title", lang), headings, rows)


def _part(row: Mapping[Any, Any]) -> str:
    parts = (row[name] for name in ("variable", "item", "level", "year", "sector"))
    # a table of numbers has NaN where it has no level
    return " · ".join(str(part) for part in parts if part is not None and part == part)
