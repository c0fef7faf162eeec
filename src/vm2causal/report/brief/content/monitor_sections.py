"""What a brief says of the published tables of the monitor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import pandas as pd

from vm2causal.checks.gate.diagnostics import Diagnostics
from vm2causal.inputs.rows import row_dicts
from vm2causal.report.brief.content.blocks import Block, Paragraph, Picture, Section, Table, Tone
from vm2causal.report.brief.content.table_cells import Row, numeral, sorted_by, span, table_of
from vm2causal.report.documents.records import plain
from vm2causal.report.words.sentences import (
    fewer_or_more,
    probability,
    replication_note,
    reported_test,
)
from vm2causal.texts import Language, number, percentage, text

_HEADLINE_TRANCHES: Final = frozenset({"T1", "T2", "pooled"})


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
    pictures
        ``headline``, ``methods``, ``trends``, ``more`` and ``sectors``.
    provenance
        Of :func:`~vm2causal.workflow.reproduction.provenance`.
    """

    document: Mapping[str, Any] = field(repr=False)
    sectors: Mapping[str, Any] = field(repr=False)
    replication: pd.DataFrame = field(repr=False)
    quality: pd.DataFrame = field(repr=False)
    sources: pd.DataFrame = field(repr=False)
    pictures: Mapping[str, Sequence[Picture]] = field(repr=False)
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
            _hazards_table(found.document["hazards"], language),
        ),
    )
    as_intended = Section(
        "as-intended",
        text("page.more", language),
        (Paragraph(text("license.as_intended", language), Tone.ASIDE), *found.pictures["more"]),
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
        *_method_tables(found.document["estimates"], language),
        trends,
        as_intended,
        complier,
        sensitivity,
        sectors,
    )
    return Section("monitor", text("brief.section.monitor", language), blocks)


def replication_section(found: MonitorEvidence, language: Language) -> Section:
    """Every reported test beside its recomputation."""
    rows = [_replicated(row, language) for row in row_dicts(found.replication)]
    titles = _titles(("test", "reported", "recomputed", "agrees", "note"), language)
    caption = text("page.replication", language)
    return Section(
        "replication",
        text("brief.section.replication", language),
        (table_of("replication", caption, titles, rows),),
    )


def quality_table(found: MonitorEvidence, language: Language) -> Table:
    """Where the sources contradict each other."""
    names = ("place", "printed", "conflicts", "consequence")
    rows: list[Row] = [
        {"document": str(row["document"])}
        | {name: str(row[f"{name}_{language.value}"]) for name in names}
        for row in row_dicts(found.quality)
    ]
    titles = _titles(("document", *names), language)
    return table_of("quality", text("brief.quality.monitor", language), titles, rows)


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


def _method_tables(estimates: Sequence[Mapping[str, Any]], language: Language) -> tuple[Table, ...]:
    groups = dict.fromkeys((row["outcome"], row["selection"]) for row in estimates)
    level = number(100 * estimates[0]["risk_difference"]["level"], language)
    names = ("tranche", "years", "method", "difference", "interval", "fewer", "log_odds", "p")
    titles = _titles(names, language, level)
    tables = []
    for outcome, selection in groups:
        rows = [
            _method_row(row, language)
            for row in estimates
            if (row["outcome"], row["selection"]) == (outcome, selection)
        ]
        caption = ", ".join(
            (text(f"outcome.{outcome}", language), text(f"selection.{selection}", language))
        )
        name = f"methods-table-{outcome}-{selection}"
        tables.append(table_of(name, caption, titles, rows, numeric=names[3:]))
    return tuple(tables)


def _method_row(row: Mapping[str, Any], language: Language) -> dict[str, Any]:
    share, fewer = row["risk_difference"], row["fewer_pupils"]
    return {
        "tranche": text(f"tranche.{row['tranche']}", language),
        "years": numeral(row["years_since_start"], language),
        "method": text(f"method.{row['method']}", language),
        "difference": numeral(100 * share["mean"], language, 1),
        "interval": sorted_by(span(share, language, factor=100, decimals=1), share),
        "fewer": sorted_by(_pupils(fewer, language), fewer),
        "log_odds": numeral(row["log_odds"]["mean"], language, 2),
        "p": _benefit(row["p_beneficial_moved"], language),
    }


def _pupils(fewer: Mapping[str, float], language: Language) -> str:
    """How many pupils fewer or more, with the interval from the nearest end outwards."""
    near, far = sorted((fewer["lower"], fewer["upper"]), key=abs)
    mean, near_said, far_said = (fewer_or_more(end, language) for end in (fewer["mean"], near, far))
    return f"{mean} ({near_said} {text('word.to', language)} {far_said})"


def _benefit(p: float | None, language: Language) -> str:
    """Probability of a benefit at M̄ = 1; a comparison of levels has none."""
    return text("effects.none", language) if p is None else probability(p, language)


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


def _hazards_table(hazards: Sequence[Mapping[str, Any]], language: Language) -> Table:
    names = ("outcome", "tranche", "years", "log_odds", "interval")
    rows: list[Row] = [
        {
            "outcome": text(f"outcome.{row['outcome']}", language),
            "tranche": text(f"tranche.{row['tranche']}", language),
            "years": numeral(row["years_since_start"], language),
            "log_odds": numeral(row["log_odds"]["mean"], language, 2),
            "interval": sorted_by(span(row["log_odds"], language, decimals=2), row["log_odds"]),
        }
        for row in hazards
        if row["selection"] == "all"
    ]
    level = number(100 * hazards[0]["log_odds"]["level"], language)
    titles = _titles(names, language, level)
    return table_of(
        "hazards-table", text("page.hazards", language), titles, rows, numeric=names[2:]
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
    names = ("variant", "outcome", "tranche", "years", "difference", "interval")
    last: dict[tuple[str, str], int] = {}
    for row in found:
        key = row["outcome"], row["tranche"]
        last[key] = max(last.get(key, 0), row["years_since_start"])
    rows: list[Row] = [
        {
            "variant": text(f"sensitivity.{row['variant']}", language),
            "outcome": text(f"outcome.{row['outcome']}", language),
            "tranche": text(f"tranche.{row['tranche']}", language),
            "years": numeral(row["years_since_start"], language),
            **_variant(row, language),
        }
        for row in found
        if row["tranche"] in _HEADLINE_TRANCHES
        and row["years_since_start"] == last[row["outcome"], row["tranche"]]
    ]
    level = number(100 * found[0]["risk_difference"]["level"], language) if found else ""
    return table_of(
        "sensitivity-table",
        text("page.sensitivity", language),
        _titles(names, language, level),
        rows,
        numeric=("years", "difference", "interval"),
    )


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
