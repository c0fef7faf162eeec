"""``vm2causal monitor``: the published tables, their tests, and the re-analysis."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from vm2causal.cli.options import (
    DEFAULT_LANGUAGE,
    DEFAULT_SEED,
    Backend,
    Evaluated,
    Json,
    Lang,
    Level,
    Seed,
)
from vm2causal.cli.output import announce, print_exempt, print_table, say
from vm2causal.folder_names import known_as
from vm2causal.progress import told_steps
from vm2causal.texts import Language, number, text

monitor_app = typer.Typer(
    help="The published VM2 monitor: tables, replication, re-analysis, sectors, cost.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


class Outcome(StrEnum):
    """Outcomes of a pupil's career."""

    VSV = "vsv"
    SK = "sk"


class Selection(StrEnum):
    """Which VM2 pupils are analysed."""

    ALL = "all"
    AS_INTENDED = "as_intended"


@monitor_app.command("tables")
def tables(as_json: Json = False) -> None:
    """Print the published tables, tidy, with the source of every number.

    The status rows hold table 2.1 and, for T1 and T2, the same experiments again by sector.
    """
    from vm2causal.inputs.published.reading import read_published
    from vm2causal.report.documents.monitor import tables_document

    document = tables_document(read_published())
    if as_json:
        print_exempt(document, "published")
        return
    for name in ("outcomes", "status", "positions", "pupils", "tests", "quality"):
        rows = document[name]
        print_table(name, list(rows[0]), (list(row.values()) for row in rows))


@monitor_app.command("replicate")
def replicate(lang: Lang = DEFAULT_LANGUAGE, as_json: Json = False) -> None:
    """Recompute every reported χ² test and say whether it agrees."""
    from vm2causal.inputs.published.reading import read_published
    from vm2causal.monitor.replication import replicate_tests
    from vm2causal.report.documents.monitor import replication_document

    document = replication_document(replicate_tests(read_published()), lang)
    if as_json:
        print_exempt(document, "published")
        return
    columns = ["test", "reported", "recomputed", "agrees", "note"]
    print_table(
        text("page.replication", lang),
        [text(f"column.{name}", lang) for name in columns],
        (_replicated(test, lang) for test in document["tests"]),
    )


@monitor_app.command("fit")
def fit(
    outcome: Annotated[Outcome, typer.Option(help="Outcome to report.")] = Outcome.VSV,
    selection: Annotated[Selection, typer.Option(help="Pupils to analyse.")] = Selection.ALL,
    sensitivity: Annotated[
        bool, typer.Option("--sensitivity", help="Refit with other defensible choices too.")
    ] = False,
    backend: Evaluated = Backend.KERNEL,
    lang: Lang = DEFAULT_LANGUAGE,
    level: Level = 0.95,
    seed: Seed = DEFAULT_SEED,
    as_json: Json = False,
) -> None:
    """Estimate what VM2 did, by four methods side by side."""
    from vm2causal import workflow
    from vm2causal.inputs.published.reading import read_published
    from vm2causal.model import structural_fit

    published = read_published()
    chosen = structural_fit.Backend(backend.value)
    names = workflow.monitor_steps((selection.value,), sensitivity, backend=chosen)
    with told_steps(lang, total=len(names)) as progress:
        result = workflow.fit_monitor(
            published,
            selections=(selection.value,),
            seed=seed,
            level=level,
            with_sensitivity=sensitivity,
            backend=chosen,
            progress=progress,
        )
    document = workflow.monitor_document_of(result, lang, outcome=outcome.value)
    if as_json:
        print_exempt(document, "published")
        return
    _print_estimates(document, outcome.value, selection.value, lang)


@monitor_app.command("curve")
def curve(
    figures: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write the curve of each outcome here.")
    ] = None,
    lang: Lang = DEFAULT_LANGUAGE,
    level: Level = 0.95,
    seed: Seed = DEFAULT_SEED,
    as_json: Json = False,
) -> None:
    """Estimate VM2's effect under every combination of defensible choices (minutes)."""
    from vm2causal.inputs.published.reading import read_published
    from vm2causal.storage import require_writable_folder
    from vm2causal.workflow.monitor_curve import curve_document, curve_steps, monitor_curve

    published = read_published()
    if figures is not None:
        require_writable_folder(figures)
    with told_steps(lang, total=len(curve_steps())) as progress:
        found = monitor_curve(published, seed=seed, level=level, progress=progress)
    document = curve_document(found)
    if figures is not None:
        _save_curves(found, figures, lang)
    if as_json:
        print_exempt(document, "published")
        return
    columns = ("outcome", "selection", "tranche", "years", "trend", "number", "better", "clear")
    print_table(
        text("page.curve", lang),
        [text(f"column.{name}", lang) for name in (*columns, "range")],
        (_curve_row(row, lang) for row in document["summary"]),
    )


@monitor_app.command("sectors")
def sectors(
    *,
    backend: Evaluated = Backend.KERNEL,
    lang: Lang = DEFAULT_LANGUAGE,
    level: Level = 0.95,
    seed: Seed = DEFAULT_SEED,
    as_json: Json = False,
) -> None:
    """Estimate how often experiments stopped, by sector and tranche."""
    from vm2causal import workflow
    from vm2causal.inputs.published.reading import read_published
    from vm2causal.model import structural_fit
    from vm2causal.report.documents.monitor import sectors_document
    from vm2causal.report.words.sentences import probability

    published = read_published()
    chosen = structural_fit.Backend(backend.value)
    with told_steps(lang) as progress:
        progress("sectors")
        result = workflow.fit_sectors(published, seed=seed, level=level, backend=chosen)
    document = sectors_document(result.stop, result.contrasts, result.diagnostics, lang)
    if as_json:
        print_exempt(document, "published")
        return
    for row in document["stop"]:
        say(row["sentence"])
    for row in document["contrasts"]:
        if row["versus"] == "others":
            sector = text(f"sector.{row['sector']}", lang)
            chance = probability(row["p_higher"], lang)
            say(f"{sector}: {text('column.others', lang)}: {chance}")
    say(document["license"])
    _print_gate(document["diagnostics"], lang)


@monitor_app.command("cost")
def cost(
    per_pupil: Annotated[
        str,
        typer.Option(help="Extra cost of VM2 per starting pupil in euros: EUR or LOW:HIGH."),
    ],
    lang: Lang = DEFAULT_LANGUAGE,
    level: Level = 0.95,
    seed: Seed = DEFAULT_SEED,
    as_json: Json = False,
) -> None:
    """Estimate what one averted vsv and one extra SK cost."""
    from vm2causal import workflow
    from vm2causal.inputs.published.reading import read_published
    from vm2causal.monitor.cost import cost_table, parse_price
    from vm2causal.report.documents.monitor import cost_document

    price = parse_price(per_pupil)
    published = read_published()
    with told_steps(lang, total=len(workflow.monitor_steps(("all",), False))) as progress:
        result = workflow.fit_monitor(
            published, selections=("all",), seed=seed, level=level, progress=progress
        )
    costs = cost_table(result.contrasts["all", "did_clustered"], price, seed=seed, level=level)
    gate = result.fits["all", "did_clustered"].diagnostics
    document = cost_document(costs, gate, lang)
    if as_json:
        print_exempt(document, "published")
        return
    for row in document["costs"]:
        say(row["sentence"])
    say(document["license"])
    _print_gate(document["diagnostics"], lang)


def _save_curves(found: Any, folder: Path, lang: Language) -> None:
    from vm2causal.inputs.published.schema import OUTCOMES
    from vm2causal.report.figures.named_figure import save_figures
    from vm2causal.report.figures.specification_curve import draw_curve

    for path in save_figures(
        [draw_curve(found, outcome=outcome, language=lang) for outcome in OUTCOMES], folder
    ):
        announce(known_as(path))


def _curve_row(row: dict[str, Any], lang: Language) -> list[object]:
    to = text("word.to", lang)
    return [
        text(f"outcome.{row['outcome']}", lang),
        text(f"selection.{row['selection']}", lang),
        row["tranche"],
        row["years_since_start"],
        text(f"curve.mbar.{int(row['mbar'])}", lang),
        *(row[name] for name in ("number", "better", "clear")),
        f"{number(100 * row['smallest'], lang, 1)} {to} {number(100 * row['largest'], lang, 1)}",
    ]


def _replicated(test: dict[str, Any], lang: Language) -> list[object]:
    from vm2causal.report.words.sentences import p_value, reported_test

    reported, found = test["reported"], test["recomputed"]
    printed = reported_test(reported["significant"], reported["p"], reported["phi"], lang)
    chi2, phi = number(found["chi2"], lang, 2), number(found["phi"], lang, 3)
    recomputed = f"χ² {chi2}, p {p_value(found['p'], lang)}, φ {phi}"
    return [
        test["id"],
        printed,
        recomputed,
        text("word.yes" if test["agrees"] else "word.no", lang),
        test["note"],
    ]


def _print_estimates(
    document: dict[str, Any], outcome: str, selection: str, lang: Language
) -> None:
    from vm2causal.report.words.sentences import trend_sentence

    title = f"{text(f'outcome.{outcome}', lang)}, {text(f'selection.{selection}', lang)}"
    columns = ("tranche", "years", "method", "difference", "interval", "fewer", "p")
    level = number(100 * document["estimates"][0]["risk_difference"]["level"], lang)
    print_table(
        title,
        [text(f"column.{name}", lang).format(level=level) for name in columns],
        (_estimate_row(row, lang) for row in document["estimates"]),
    )
    last = {row["tranche"]: row["years_since_start"] for row in document["estimates"]}
    for row in document["estimates"]:
        said = row["method"] in {"did_clustered", "did_all_pupils"}
        if said and row["years_since_start"] == last[row["tranche"]]:
            say(f"{row['sentence']} {row['license']}")
    for row in document["parallel_trends"]:
        say(trend_sentence(row, lang))
    _print_gate(document["diagnostics"], lang)


def _estimate_row(row: dict[str, Any], lang: Language) -> list[object]:
    from vm2causal.report.words.sentences import fewer_or_more

    moved = row["p_beneficial_moved"]
    difference, fewer = row["risk_difference"], row["fewer_pupils"]
    to = text("word.to", lang)
    return [
        text("word.pooled", lang) if row["tranche"] == "pooled" else row["tranche"],
        row["years_since_start"],
        text(f"method.short.{row['method']}", lang),
        number(100 * difference["mean"], lang, 1),
        f"{number(100 * difference['lower'], lang, 1)} {to} "
        f"{number(100 * difference['upper'], lang, 1)}",
        fewer_or_more(fewer["mean"], lang),
        text("effects.none", lang) if moved is None else number(moved, lang, 3),
    ]


def _print_gate(diagnostics: dict[str, Any], lang: Language) -> None:
    if diagnostics["passed"]:
        announce(text("page.diagnostics.passed", lang))
    else:
        failures = ", ".join(diagnostics["failures"])
        announce(text("page.diagnostics.failed", lang, failures=failures))
