"""Checklists of reporting guidelines, filled in as far as a machine can.

Bayesian analysis reporting guidelines (BARG): Kruschke (2021), Nature Human Behaviour 5, 1282-1291,
table 1. RECORD, for published registrations: Benchimol et al. (2015), PLoS Medicine 12, e1001885.
TARGET, for observational studies that stand in for a trial: Cashin et al. (2025), JAMA 334,
1084-1093. Items are paraphrased.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from vm2causal.report.brief.content.blocks import Block, Paragraph, Section, Table, Tone
from vm2causal.report.brief.content.shared_sections import section
from vm2causal.report.brief.content.table_cells import Row, numeral, table_of
from vm2causal.texts import Language, text

_BARG: Final = {
    "goals": "question",
    "data": "quality",
    "likelihood": "",
    "prior": "",
    "software": "reproduce",
    "convergence": "diagnostics",
    "resolution": "diagnostics",
    "predictive": "diagnostics",
    "summary": "findings",
    "decisions": "arrows",
    "sensitivity": "attacks",
    "reproducible": "reproduce",
}
"""Items and the section in which each stands; empty where a person has to write it."""

_RECORD: Final = {
    "source": "provenance",
    "selection": "",
    "codes": "quality",
    "cleaning": "files",
    "limits": "cannot",
    "access": "reproduce",
}
_TARGET: Final = {
    "question": "question",
    "protocol": "",
    "eligibility": "",
    "assumptions": "identification",
    "estimand": "effects",
    "missing": "quality",
    "estimates": "findings",
    "additional": "attacks",
    "limits": "cannot",
    "code": "reproduce",
}
_MONITOR: Final = {"likelihood": "monitor", "decisions": "parallel-trends",
                   "sensitivity": "monitor-sensitivity"}  # fmt: skip
_STUDY: Final = {"likelihood": "model"}

COX: Final = 1.65
"""A log odds ratio divided by this is an effect in standard deviations: the Cox index of the What
Works Clearinghouse (Procedures and standards handbook, version 5.0, appendix E)."""


def monitor_checklist(
    sections: Sequence[Section], effects: Iterable[Mapping[str, Any]],
    icc: Mapping[str, Mapping[str, float]], language: Language,
) -> Section:  # fmt: skip
    """Where a brief on the published tables says what BARG and RECORD ask for.

    Parameters
    ----------
    sections
        Of the brief, with those within them.
    effects
        Rows with ``outcome``, ``tranche``, ``years_since_start``, ``log_odds`` and ``starters``.
    icc
        Per outcome how much pupils of one site resemble each other, an interval.
    """
    blocks: list[Block] = [
        Paragraph(text("brief.checklist.lead", language)),
        _table("barg", _BARG | _MONITOR, sections, language),
        _table("record", _RECORD, sections, language),
        _standardised(effects, icc, language),
        Paragraph(text("brief.checklist.sources", language), Tone.ASIDE),
    ]
    return section("checklist", blocks, language)


def study_checklist(sections: Sequence[Section], language: Language) -> Section:
    """Where a brief on a study says what BARG and TARGET ask for."""
    blocks: list[Block] = [
        Paragraph(text("brief.checklist.lead", language)),
        _table("barg", _BARG | _STUDY, sections, language),
        _table("target", _TARGET, sections, language),
        Paragraph(text("brief.checklist.sources", language), Tone.ASIDE),
    ]
    return section("checklist", blocks, language)


def hedges_g(log_odds: float, pupils: float) -> float:
    """An effect on a share in standard deviations, corrected for small samples.

    The Cox index times 1 - 3 / (4 N - 9) (Hedges 1981, Journal of Educational Statistics 6,
    107-128).

    Parameters
    ----------
    pupils
        In both groups together, over 2.

    Examples
    --------
    >>> round(hedges_g(0.33, 2000), 3)
    0.2
    """
    return log_odds / COX * (1 - 3 / (4 * pupils - 9))


def _table(
    name: str, items: Mapping[str, str], sections: Sequence[Section], language: Language
) -> Table:
    titles = {item.anchor: item.title for item in _nested(sections)}
    rows: list[Row] = [
        {
            "item": text(f"brief.checklist.{name}.{item}", language),
            "where": titles.get(anchor, text("brief.checklist.yours", language)),
        }
        for item, anchor in items.items()
    ]
    heads = {key: text(f"brief.checklist.column.{key}", language) for key in ("item", "where")}
    return table_of(f"checklist-{name}", text(f"brief.checklist.{name}", language), heads, rows)


def _nested(sections: Sequence[Section]) -> list[Section]:
    found: list[Section] = []
    for item in sections:
        found.append(item)
        found += _nested([block for block in item.blocks if isinstance(block, Section)])
    return found


def _standardised(
    effects: Iterable[Mapping[str, Any]],
    icc: Mapping[str, Mapping[str, float]],
    language: Language,
) -> Table:
    columns = ("outcome", "tranche", "years", "log_odds", "g", "icc")
    rows: list[Row] = [
        {
            "outcome": text(f"outcome.{row['outcome']}", language),
            "tranche": text(f"tranche.{row['tranche']}", language),
            "years": numeral(row["years_since_start"], language),
            "log_odds": numeral(row["log_odds"]["mean"], language, 2),
            "g": numeral(hedges_g(row["log_odds"]["mean"], row["starters"]), language, 2),
            "icc": numeral(icc[row["outcome"]]["mean"], language, 3),
        }
        for row in effects
    ]
    titles = {name: text(f"column.{name}", language) for name in columns[:4]}
    titles |= {name: text(f"brief.checklist.column.{name}", language) for name in columns[4:]}
    return table_of(
        "standardised",
        text("brief.checklist.standardised", language),
        titles,
        rows,
        numeric=columns[2:],
        note=text("brief.checklist.standardised.note", language),
    )
