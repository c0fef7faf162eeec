"""What a brief says of the published tables of the monitor."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from vm2causal.checks.gate.diagnostics import Diagnostics
from vm2causal.inputs.rows import row_dicts
from vm2causal.monitor.effects import POOLED_TRANCHES
from vm2causal.report.brief.content.blocks import (
    Block,
    Cell,
    Files,
    Paragraph,
    Picture,
    Section,
    Table,
    Tone,
)
from vm2causal.report.brief.content.table_cells import Row, numeral, sorted_by, span, table_of
from vm2causal.report.documents.records import plain
from vm2causal.report.words.sentences import (
    after_years,
    probability,
    replication_note,
    reported_test,
)
from vm2causal.texts import Language, number, percentage, text


@dataclass(frozen=True)
class MonitorEvidence:
    """Everything that was found out about the published tables.

    Parameters
    ----------
    document
        Of :func:`~vm2causal.report.documents.monitor.monitor_document`.
    sectors
        Of :func:`~vm2causal.report.documents.monitor.sectors_document`.
    sources
        One row per published table: ``document``, ``table``, ``numbers``.
    levels
        Rows of :func:`~vm2causal.monitor.levels.level_table`, of all starters.
    bounds
        Of :func:`~vm2causal.monitor.levels.qualification_bounds`.
    icc
        Per outcome how much pupils of one site resemble each other, an interval.
    pictures
        ``first``, ``headline``, ``methods``, ``trends`` and ``sectors``.
    files
        Tables beside the brief: what each holds, by its path.
    provenance
        Of :func:`~vm2causal.workflow.reproduction.provenance`.
    """

    document: Mapping[str, Any] = field(repr=False)
    sectors: Mapping[str, Any] = field(repr=False)
    replication: pd.DataFrame = field(repr=False)
    quality: pd.DataFrame = field(repr=False)
    sources: pd.DataFrame = field(repr=False)
    levels: Sequence[Mapping[str, Any]] = field(repr=False)
    bounds: pd.DataFrame = field(repr=False)
    icc: Mapping[str, Mapping[str, float]] = field(repr=False)
    pictures: Mapping[str, Sequence[Picture]] = field(repr=False)
    files: Mapping[str, str] = field(repr=False)
    diagnostics: Diagnostics
    provenance: Mapping[str, Any] = field(repr=False)


def methods_section(found: MonitorEvidence, language: Language) -> Section:
    """The four methods side by side, with what bends them."""
    complier = Section(
        "complier",
        text("page.complier", language),
        (
            Paragraph(text("page.complier.lead", language)),
            _complier_table(found.document["complier"], language),
        ),
    )
    sensitivity = Section(
        "monitor-sensitivity",
        text("page.sensitivity", language),
        (
            Paragraph(text("page.sensitivity.lead", language)),
            _sensitivity_table(found.document["sensitivity"], language),
        ),
    )
    trends = Section(
        "parallel-trends",
        text("page.trends", language),
        (
            Paragraph(_trends_lead(found.document["parallel_trends"], language)),
            *found.pictures["trends"],
            _trends_table(found.document["parallel_trends"], language),
        ),
    )
    sectors = Section(
        "sectors",
        text("page.sectors", language),
        (
            *found.pictures["sectors"],
            _sectors_table(found.sectors, language),
            Paragraph(found.sectors["license"], Tone.ASIDE),
        ),
    )
    blocks: tuple[Block, ...] = (
        *found.pictures["headline"],
        *found.pictures["methods"],
        Paragraph(text("license.as_intended", language), Tone.ASIDE),
        trends,
        complier,
        sensitivity,
        sectors,
    )
    return Section("monitor", text("brief.section.monitor", language), blocks)


def replication_section(found: MonitorEvidence, language: Language) -> Section:
    """Every reported test beside its recomputation; a note that several share is said once."""
    rows = [_replicated(row, language) for row in row_dicts(found.replication)]
    counts = Counter(row["note"] for row in rows)
    shared = [note for note, times in counts.items() if times > 1]
    marks = {note: chr(ord("a") + place) for place, note in enumerate(shared)}
    marked = [{**row, "note": marks.get(row["note"], row["note"])} for row in rows]
    titles = _titles(("test", "reported", "recomputed", "agrees", "note"), language)
    caption = text("page.replication", language)
    beneath = " ".join(f"{mark}: {note}" for note, mark in marks.items())
    table = table_of("replication", caption, titles, marked, note=beneath)
    return Section("replication", text("brief.section.replication", language), (table,))


def files_section(found: MonitorEvidence, language: Language) -> Section:
    """Where the tables are that nobody reads as a page."""
    items = tuple(
        (text(f"brief.files.{name}", language), path) for path, name in found.files.items()
    )
    lead = Paragraph(text("brief.files.lead", language))
    return Section("files", text("brief.section.files", language), (lead, Files(items)))


def sources_table(found: MonitorEvidence, language: Language) -> Table:
    """Which published tables the numbers come from."""
    rows: list[Row] = [
        {
            "document": row["document"],
            "table": text("model.source.table", language, number=row["table"]),
            "numbers": numeral(row["numbers"], language),
        }
        for row in row_dicts(found.sources)
    ]
    titles = {
        "document": text("column.document", language),
        "table": text("column.place", language),
        "numbers": text("brief.provenance.numbers", language),
    }
    caption = text("brief.provenance.table", language)
    return table_of("sources", caption, titles, rows, numeric=("numbers",))


def _titles(names: Sequence[str], language: Language, level: str = "") -> dict[str, str]:
    return {name: text(f"column.{name}", language).format(level=level) for name in names}


def _trends_lead(trends: Sequence[Mapping[str, Any]], language: Language) -> str:
    """What the answer leans on, and how far the gap is known to have moved without VM2."""
    moved = {row["outcome"]: number(100 * row["moved"], language, 1) for row in trends}
    said = [
        text(
            "page.trends.moved",
            language,
            outcome=text(f"outcome.{outcome}", language),
            points=points,
        )
        for outcome, points in moved.items()
    ]
    return text("page.trends.lead", language, moved="; ".join(said))


def _trends_table(trends: Sequence[Mapping[str, Any]], language: Language) -> Table:
    names = ("outcome", "tranche", "years", "difference", "interval", "sign_lost", "holds_zero",
             "mbar", "verdict")  # fmt: skip
    rows: list[Row] = [
        {
            "outcome": text(f"outcome.{row['outcome']}", language),
            "tranche": text(f"tranche.{row['tranche']}", language),
            "years": numeral(row["years_since_start"], language),
            **_variant(row, language),
            "sign_lost": numeral(100 * row["sign_lost"], language, 1),
            "holds_zero": numeral(100 * row["interval_holds_zero"], language, 1),
            "mbar": numeral(row["mbar_interval_holds_zero"], language, 1),
            "verdict": text(f"trends.{row['verdict']}", language),
        }
        for row in trends
    ]
    level = number(100 * trends[0]["risk_difference"]["level"], language) if trends else ""
    titles = _titles(names, language, level)
    return table_of(
        "parallel-trends-table", text("page.trends", language), titles, rows, numeric=names[2:-1]
    )


def _sectors_table(sectors: Mapping[str, Any], language: Language) -> Table:
    higher = {
        row["sector"]: row["p_higher"] for row in sectors["contrasts"] if row["versus"] == "others"
    }
    names = ("sector", "tranche", "counted", "probability", "interval", "others")
    rows: list[Row] = [
        {
            "sector": text(f"sector.{row['sector']}", language),
            "tranche": text(f"tranche.{row['tranche']}", language),
            "counted": text(
                "figure.counted", language, stopped=row["stopped"], started=row["started"]
            ),
            "probability": sorted_by(
                percentage(row["probability"]["mean"], language, 0), row["probability"]
            ),
            "interval": span(row["probability"], language, factor=100),
            "others": probability(higher[row["sector"]], language),
        }
        for row in sectors["stop"]
    ]
    level = number(100 * sectors["stop"][0]["probability"]["level"], language)
    titles = _titles(names, language, level)
    return table_of(
        "sectors-table", text("page.sectors", language), titles, rows, numeric=names[2:]
    )


def _complier_table(complier: Sequence[Mapping[str, Any]], language: Language) -> Table:
    shifts = list(dict.fromkeys(row["exclusion_shift"] for row in complier))
    keys = list(dict.fromkeys((row["outcome"], row["tranche"]) for row in complier))
    found = {
        (row["outcome"], row["tranche"], row["exclusion_shift"]): row["risk_difference"]
        for row in complier
    }
    rows: list[Row] = [
        {
            "outcome": text(f"outcome.{outcome}", language),
            "tranche": text(f"tranche.{tranche}", language),
            **{
                str(shift): _percentage_points(found[outcome, tranche, shift], language)
                for shift in shifts
            },
        }
        for outcome, tranche in keys
    ]
    titles = _titles(("outcome", "tranche"), language) | {
        str(shift): f"{number(100 * shift, language)} pp" for shift in shifts
    }
    numeric = [str(shift) for shift in shifts]
    return table_of(
        "complier-table", text("page.complier", language), titles, rows, numeric=numeric
    )


def _percentage_points(found: Mapping[str, float], language: Language) -> Any:
    mean = number(100 * found["mean"], language, 1)
    return sorted_by(f"{mean} ({span(found, language, factor=100, decimals=1)})", found)


def _sensitivity_table(found: Sequence[Mapping[str, Any]], language: Language) -> Table:
    """A row per choice, a column per outcome and tranche after its last year."""
    last: dict[tuple[str, str], int] = {}
    for row in found:
        key = row["outcome"], row["tranche"]
        last[key] = max(last.get(key, 0), row["years_since_start"])
    places = [key for key in last if key[1] in POOLED_TRANCHES]
    cells: dict[str, dict[str, Any]] = {}
    for row in found:
        key = row["outcome"], row["tranche"]
        if key in places and row["years_since_start"] == last[key]:
            cells.setdefault(row["variant"], {})["-".join(key)] = _variant_cell(row, language)
    rows: list[Row] = [
        {"variant": text(f"sensitivity.{variant}", language), **own}
        for variant, own in cells.items()
    ]
    titles = {"variant": text("column.variant", language)} | {
        "-".join(key): f"{key[0].upper() if key[0] == 'sk' else key[0]} {key[1]}, "
        f"{after_years(last[key], language)}"
        for key in places
    }
    caption = text("page.sensitivity", language)
    return table_of("sensitivity-table", caption, titles, rows, numeric=list(titles)[1:])


def _variant_cell(row: Mapping[str, Any], language: Language) -> Cell:
    if not row["passed"]:
        return Cell(text("brief.word.withheld", language))
    found: Cell = _percentage_points(row["risk_difference"], language)
    return found


def _variant(row: Mapping[str, Any], language: Language) -> dict[str, Any]:
    """The estimate under a variant; a variant that failed its gate shows that in its place."""
    if not row["passed"]:
        failed = text("brief.word.withheld", language)
        return {"difference": failed, "interval": text("effects.none", language)}
    share = row["risk_difference"]
    return {
        "difference": numeral(100 * share["mean"], language, 1),
        "interval": span(share, language, factor=100, decimals=1),
    }


def _replicated(row: dict[str, Any], language: Language) -> dict[str, str]:
    p, phi = plain(row["p_below"]), plain(row["phi"])
    return {
        "test": str(row["id"]),
        "reported": reported_test(row["significant"], p, phi, language),
        "recomputed": (
            f"χ² {number(row['chi2'], language, 2)}, φ {number(row['phi_recomputed'], language, 3)}"
        ),
        "agrees": text("word.yes" if row["agrees"] else "word.no", language),
        "note": replication_note(row, language),
    }
