"""``vm2causal did``: difference-in-differences of anyone's tables of counts."""

from __future__ import annotations

import re
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final

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
from vm2causal.errors import OptionError
from vm2causal.folder_names import known_as
from vm2causal.progress import told_steps
from vm2causal.texts import Language, number, text

did_app = typer.Typer(
    help="Difference-in-differences of your own tables of counts by group and period.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

_POINTS: Final = re.compile(r"(\d+(?:[.,]\d+)?)\s*pp")

Tables = Annotated[
    Path, typer.Argument(metavar="TABLES", help="A table, or a folder with counts and groups.")
]


_BY_PERIOD: Final = ("exposure", "hierarchical")
"""Of which estimates every period is printed, and which method's sentence."""


class Weights(StrEnum):
    """How groups and periods count in an effect of several."""

    PUPILS = "pupils"
    EQUAL = "equal"


@did_app.command("template")
def template(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new or empty folder.")],
    lang: Lang = DEFAULT_LANGUAGE,
) -> None:
    """Write an empty set of tables to fill in, with its codebook."""
    from vm2causal.inputs.event_tables.template import write_event_template

    written = write_event_template(folder, language=lang)
    names = ", ".join(path.name for path in written)
    announce(text("study.template.wrote", lang, files=names))
    say(str(folder))


@did_app.command("check")
def check(tables: Tables, lang: Lang = DEFAULT_LANGUAGE, as_json: Json = False) -> None:
    """Say what tables hold and which effects they can tell of; exit status 2 when none."""
    from vm2causal.inputs.event_tables.reading import read_event_table
    from vm2causal.workflow.did import check_document

    announce(text("study.confidential", lang))
    document = check_document(read_event_table(tables), lang)
    if as_json:
        print_exempt(document, "holder")
        return
    treated = ", ".join(f"{row['group']} ({row['treated_from']})" for row in document["treated"])
    never = ", ".join(document["never_treated"]) or text("effects.none", lang)
    say(text("did.check.groups", lang, treated=treated, never=never))
    counted = ("cells", "effects", "placebos", "masked")
    say(text("did.check.counts", lang, **{name: document[name] for name in counted}))
    _say_around(document, lang)
    if not document["clusters_known"]:
        say(text("did.license.independent", lang))


@did_app.command("fit")
def fit(
    tables: Tables,
    *,
    icc: Annotated[
        float, typer.Option(help="How alike pupils of a cluster are, where clusters are known.")
    ] = 0.05,
    weights: Annotated[
        Weights, typer.Option(help="How groups and periods count together.")
    ] = Weights.PUPILS,
    drift: Annotated[
        str | None,
        typer.Option(metavar="POINTS", help="How far trends may part in a period: 0.5pp."),
    ] = None,
    margin: Annotated[
        str | None,
        typer.Option(metavar="POINTS", help="Largest effect before treatment that is none: 1pp."),
    ] = None,
    figures: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write the event study of each outcome here.")
    ] = None,
    backend: Evaluated = Backend.KERNEL,
    lang: Lang = DEFAULT_LANGUAGE,
    level: Level = 0.95,
    seed: Seed = DEFAULT_SEED,
    as_json: Json = False,
) -> None:
    """Estimate what treatment did, by five methods, and how far trends may part."""
    from vm2causal.inputs.event_tables.reading import read_event_table
    from vm2causal.model import structural_fit
    from vm2causal.storage import require_writable_folder
    from vm2causal.workflow.did import FITS, document_of, fit_did, made_choices

    choices = made_choices(
        icc=icc,
        weights=weights.value,
        drift=_share(drift),
        margin=_share(margin),
        level=level,
        seed=seed,
    )
    table = read_event_table(tables)
    if figures is not None:
        require_writable_folder(figures)
    with told_steps(lang, total=len(FITS)) as progress:
        result = fit_did(
            table,
            choices=choices,
            backend=structural_fit.Backend(backend.value),
            progress=progress,
        )
    document = document_of(result, lang)
    if figures is not None:
        _save_figures(result, figures, lang)
    announce(text("study.confidential", lang))
    if as_json:
        print_exempt(document, "holder")
        return
    _print(document, lang)


def _share(points: str | None) -> float | None:
    """Percentage points as written → a share."""
    if points is None:
        return None
    found = _POINTS.fullmatch(points.strip())
    if not found:
        raise OptionError(
            "This is a number of percentage points.", value=points, fix="Write 0.5pp."
        )
    return float(found.group(1).replace(",", ".")) / 100


def _save_figures(result: Any, folder: Path, lang: Language) -> None:
    from vm2causal.report.figures.event_study import draw_event_studies
    from vm2causal.report.figures.named_figure import save_figures

    for path in save_figures(draw_event_studies(result.tables, language=lang), folder):
        announce(known_as(path))


def _print(document: dict[str, Any], lang: Language) -> None:
    from vm2causal.report.words.did import outcome_after

    level = number(100 * document["settings"]["level"], lang)
    columns = ("about", "method", "difference", "interval", "pupils")
    headings = [text(f"did.heading.{name}", lang, level=level) for name in columns]
    series: dict[str, list[dict[str, Any]]] = {}
    for row in document["estimates"]:
        if row["about"] == "overall" or (row["about"], row["method"]) == _BY_PERIOD:
            series.setdefault(outcome_after(row, lang), []).append(row)
    for name, rows in series.items():
        if sum(row["about"] != "overall" for row in rows) == 1:
            rows = [row for row in rows if row["about"] == "overall"]
        print_table(f"{document['source']}: {name}", headings, (_row(row, lang) for row in rows))
    for row in document["estimates"]:
        if row["about"] == "overall" and row["method"] == _BY_PERIOD[1]:
            say(f"{row['sentence']} {row['license']}")
    for row in document["parallel_trends"]:
        if row["about"] == "overall":
            say(row["sentence"])
    for row in document["equivalence"]:
        say(row["sentence"])
    _say_around(document, lang)
    gate = document["diagnostics"]
    failures = ", ".join(gate["failures"])
    passed = text("page.diagnostics.passed", lang)
    failed = text("page.diagnostics.failed", lang, failures=failures)
    announce(passed if gate["passed"] else failed)


def _row(row: dict[str, Any], lang: Language) -> list[object]:
    from vm2causal.report.words.did import whom

    found = row["risk_difference"]
    ends = [number(100 * found[end], lang, 1) for end in ("lower", "upper")]
    return [
        whom(row, lang),
        text(f"did.method.{row['method']}", lang),
        number(100 * found["mean"], lang, 1),
        f" {text('word.to', lang)} ".join(ends),
        number(row["pupils"]["mean"], lang),
    ]


def _say_around(document: dict[str, Any], lang: Language) -> None:
    """What was left out, and how the table was read."""
    for row in document["left_out"]:
        say(text("did.left_out", lang, group=row["group"], time=row["time"]))
    for note in document["notes"]:
        announce(note)
