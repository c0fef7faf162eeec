"""The brief on the published tables: a page of findings, a page of limits, and an annex."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from vm2causal.inputs.rows import row_dicts
from vm2causal.report.brief.content.blocks import (
    Alert,
    Block,
    Box,
    Brief,
    BulletList,
    Finding,
    Paragraph,
    Pictures,
    Section,
    Tone,
)
from vm2causal.report.brief.content.checklist import monitor_checklist
from vm2causal.report.brief.content.monitor_claims import (
    SPOKEN,
    estimate_of,
    fourth_year,
    later_difference,
    monitor_claims,
    sector_claim,
    top_sector,
)
from vm2causal.report.brief.content.monitor_sections import (
    MonitorEvidence,
    files_section,
    methods_section,
    replication_section,
    sources_table,
)
from vm2causal.report.brief.content.shared_sections import (
    gate_blocks,
    reproduce_section,
    section,
    versions_in_words,
    withheld_box,
)
from vm2causal.texts import Language, number, percentage, text

NAME: Final = "vm2"
"""Of the files of this brief."""


def compose_monitor_brief(found: MonitorEvidence, *, made: str, language: Language) -> Brief:
    """Put everything on the published tables in its place.

    Parameters
    ----------
    made
        When and with what, for the foot of every page.
    """
    brief = Brief(
        language,
        NAME,
        text("brief.title", language),
        text("brief.subtitle.real", language),
        "",
        _first(found, language),
        _second(found, language),
        _annex(found, language),
        made,
    )
    checklist = monitor_checklist(brief.sections, _standardised(found), found.icc, language)
    return replace(brief, annex=(*brief.annex[:-1], checklist, brief.annex[-1]))


def _first(found: MonitorEvidence, language: Language) -> tuple[Section, ...]:
    claims = monitor_claims(found.document, found.levels, language)
    findings: list[Block] = [claim.finding for claim in claims]
    question = Paragraph(text("brief.question.monitor", language), Tone.LEAD)
    sections = [
        section("question", [question], language),
        section("findings", findings, language),
        section("rests_on", [Box(Alert.NOTE, "", _rests_on(found, language))], language),
    ]
    if found.pictures["first"]:
        drawn = Pictures(tuple(found.pictures["first"]))
        sections.append(section("pictures", [drawn], language))
    return tuple(sections)


def _rests_on(found: MonitorEvidence, language: Language) -> str:
    moved = {
        row["outcome"]: number(100 * row["moved"], language, 1)
        for row in found.document["parallel_trends"]
    }
    return text("brief.rests_on.vm2", language, **moved)


def _second(found: MonitorEvidence, language: Language) -> tuple[Section, ...]:
    sector = sector_claim(found.sectors, language).finding
    return (
        section("less", _less(found, sector, language), language),
        section("cannot", [BulletList(_unknown(found, language))], language),
        section("follows", [BulletList(_follows(found, language))], language),
        section("sources", [Paragraph(text("page.source.text", language))], language),
    )


def _less(found: MonitorEvidence, sector: Finding, language: Language) -> list[Block]:
    if found.document["diagnostics"]["failures"]:
        return [sector]
    later = [later_difference(found.document, outcome, language) for outcome in ("vsv", "sk")]
    pairs = zip(later, fourth_year(found.document, language), strict=True)
    return [BulletList(tuple(f"{first} {last}" for first, last in pairs)), sector]


def _unknown(found: MonitorEvidence, language: Language) -> tuple[str, ...]:
    """What the tables leave open; first how many of T2 will have qualified in the end."""
    bounds = {row["group"]: row for row in row_dicts(found.bounds) if row["tranche"] == "T2"}
    vm2, nation = bounds["vm2"], bounds["landelijk"]
    final = text(
        "brief.cannot.final",
        language,
        enrolled=number(vm2["enrolled"], language),
        starters=number(vm2["starters"], language),
        lower=percentage(vm2["lower"], language, 0),
        upper=percentage(vm2["upper"], language, 0),
        nation_lower=percentage(nation["lower"], language, 0),
        nation_upper=percentage(nation["upper"], language, 0),
    )
    rest = ("intake", "followed", "place")
    return (final, *(text(f"brief.cannot.{name}", language) for name in rest))


def _follows(found: MonitorEvidence, language: Language) -> tuple[str, ...]:
    sector = text(f"sector.{top_sector(found.sectors)['sector']}", language)
    names = ("sooner", "ask", "stop", "cost")
    return tuple(text(f"brief.follows.vm2.{name}", language, sector=sector) for name in names)


def _annex(found: MonitorEvidence, language: Language) -> tuple[Section, ...]:
    failures = found.diagnostics.failures
    methods = (
        section("monitor", [withheld_box(failures, language)], language)
        if failures
        else methods_section(found, language)
    )
    provenance = Section(
        "provenance",
        text("brief.section.provenance", language),
        (Paragraph(text("brief.provenance.lead", language)), sources_table(found, language)),
    )
    checks = gate_blocks("monitor", found.diagnostics.to_dict(), language)
    return (
        methods,
        replication_section(found, language),
        section("quality", [provenance, files_section(found, language)], language),
        section("diagnostics", checks, language),
        _reproduce(found, language),
    )


def _reproduce(found: MonitorEvidence, language: Language) -> Section:
    facts = {
        "seed": str(found.provenance["seed"]),
        "published_hash": found.provenance["data_sha256"],
        "versions": versions_in_words(found.provenance["versions"]),
    }
    return reproduce_section([str(found.provenance["command"])], facts, language)


def _standardised(found: MonitorEvidence) -> list[dict[str, object]]:
    """The headlines as reviews want them; nothing where the fit failed its gate."""
    if found.document["diagnostics"]["failures"]:
        return []
    starters = {
        row["tranche"]: row["starters"] for row in row_dicts(found.bounds) if row["group"] == "vm2"
    }
    trends = {(row["outcome"], row["tranche"]): row for row in found.document["parallel_trends"]}
    return [
        {**estimate_of(found.document, trends[pair]), "starters": starters[pair[1]]}
        for pairs in SPOKEN
        for pair in pairs
        if pair in trends
    ]
