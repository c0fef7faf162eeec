"""The short page that ``vm2causal run`` writes: one self-contained HTML file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from vm2causal.checks import diagnostics as gate
from vm2causal.checks.diagnostics import Diagnostics
from vm2causal.inputs.rows import row_dicts
from vm2causal.report.documents import plain
from vm2causal.report.sentences import probability, replication_note, reported_test
from vm2causal.texts import Language, number, text


@dataclass(frozen=True)
class PageTable:
    """A table as a page shows it; ``numeric`` columns are set flush right."""

    caption: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    numeric: frozenset[int] = frozenset()


@dataclass(frozen=True)
class PageContent:
    """Everything the page shows, ready to be laid out.

    ``figures`` maps ``headline``, ``methods`` and ``sectors`` to SVG texts.
    """

    document: Mapping[str, Any]
    replication: pd.DataFrame
    quality: pd.DataFrame
    figures: Mapping[str, Sequence[str]]
    sectors: Mapping[str, Any]
    diagnostics: Diagnostics
    provenance: Mapping[str, Any]
    command: str


def render_page(content: PageContent, language: Language) -> str:
    """Lay the page out; texts from data are escaped."""
    environment = Environment(
        loader=PackageLoader("vm2causal.report"), autoescape=True, undefined=StrictUndefined
    )
    return environment.get_template("monitor.html.j2").render(
        lang=language.value,
        t=lambda key, **fields: text(key, language, **fields),
        render=render_table,
        passed=content.diagnostics.passed,
        failures=", ".join(content.diagnostics.failures),
        findings=_findings(content.document),
        figures={part: [_inline(svg) for svg in items] for part, items in content.figures.items()},
        tables=_tables(content, language),
        command=content.command,
        versions=content.provenance["versions"],
        data_hash=content.provenance["data_sha256"],
    )


def _inline(svg: str) -> str:
    """An SVG as part of a page: without the prolog of a file of its own."""
    return svg[svg.index("<svg") :]


def render_table(table: PageTable) -> Markup:
    """HTML of a table: caption, header scopes, and a region that scrolls by keyboard."""

    def cell(tag: str, position: int, value: str, scope: str = "") -> str:
        classes = ' class="number"' if position in table.numeric else ""
        return f"<{tag}{classes}{scope}>{escape(value)}</{tag}>"

    head = "".join(cell("th", i, name, ' scope="col"') for i, name in enumerate(table.columns))
    body = "".join(
        "<tr>"
        + cell("th", 0, row[0], ' scope="row"')
        + "".join(cell("td", i, value) for i, value in enumerate(row) if i)
        + "</tr>"
        for row in table.rows
    )
    caption = escape(table.caption)
    return Markup(
        f'<div class="scroll" role="region" tabindex="0" aria-label="{caption}"><table>'
        f"<caption>{caption}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody>"
        "</table></div>"
    )


def _findings(document: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Estimates that the page leads with: the whole design, all starters; or why withheld."""
    return [
        row
        for row in document["estimates"]
        if row["method"] == "did_clustered"
        and row["selection"] == "all"
        and row["tranche"] in {"T1", "T2", "pooled"}
    ]


def _tables(content: PageContent, language: Language) -> dict[str, Any]:
    return {
        "methods": _method_tables(content.document["estimates"], language),
        "sectors": _sectors_table(content.sectors, language),
        "complier": _complier_table(content.document["complier"], language),
        "sensitivity": _sensitivity_table(content.document["sensitivity"], language),
        "replication": _replication_table(content.replication, language),
        "quality": _quality_table(content.quality, language),
        "diagnostics": _diagnostics_table(content.diagnostics, language),
    }


def _method_tables(estimates: Sequence[Mapping[str, Any]], language: Language) -> list[PageTable]:
    names = ("tranche", "method", "difference", "interval", "fewer", "interval", "log_odds", "p")
    level = number(100 * estimates[0]["risk_difference"]["level"], language)
    columns = [text(f"column.{name}", language).format(level=level) for name in names]
    groups = dict.fromkeys((row["outcome"], row["selection"]) for row in estimates)
    tables = []
    for outcome, selection in groups:
        rows = [
            _method_row(row, language)
            for row in estimates
            if (row["outcome"], row["selection"]) == (outcome, selection)
        ]
        caption = (
            f"{text(f'outcome.{outcome}', language)}, {text(f'selection.{selection}', language)}"
        )
        tables.append(PageTable(caption, columns, rows, frozenset(range(2, 8))))
    return tables


def _method_row(row: Mapping[str, Any], language: Language) -> list[str]:
    return [
        text(f"tranche.{row['tranche']}", language),
        text(f"method.{row['method']}", language),
        number(100 * row["risk_difference"]["mean"], language, 1),
        _range(row["risk_difference"], language, 100, 1),
        number(row["fewer_pupils"]["mean"], language),
        _range(row["fewer_pupils"], language, 1, 0),
        number(row["log_odds"]["mean"], language, 2),
        probability(row["p_beneficial"], language),
    ]


def _sectors_table(sectors: Mapping[str, Any], language: Language) -> PageTable:
    higher = {
        row["sector"]: row["p_higher"] for row in sectors["contrasts"] if row["versus"] == "others"
    }
    rows = [
        [
            text(f"sector.{row['sector']}", language),
            text(f"tranche.{row['tranche']}", language),
            text("figure.counted", language, stopped=row["stopped"], started=row["started"]),
            number(100 * row["probability"]["mean"], language) + "%",
            _range(row["probability"], language, 100, 0),
            probability(higher[row["sector"]], language),
        ]
        for row in sectors["stop"]
    ]
    level = number(100 * sectors["stop"][0]["probability"]["level"], language)
    names = ("sector", "tranche", "counted", "probability", "interval", "others")
    columns = [text(f"column.{name}", language).format(level=level) for name in names]
    caption = text("page.sectors", language)
    return PageTable(caption, columns, rows, frozenset({2, 3, 4, 5}))


def _complier_table(complier: Sequence[Mapping[str, Any]], language: Language) -> PageTable:
    shifts = list(dict.fromkeys(row["exclusion_shift"] for row in complier))
    keys = list(dict.fromkeys((row["outcome"], row["tranche"]) for row in complier))
    found = {(row["outcome"], row["tranche"], row["exclusion_shift"]): row for row in complier}
    rows = [
        [
            text(f"outcome.{outcome}", language),
            text(f"tranche.{tranche}", language),
            *(
                _mean_and_range(found[outcome, tranche, shift]["risk_difference"], language)
                for shift in shifts
            ),
        ]
        for outcome, tranche in keys
    ]
    columns = [text("column.outcome", language), text("column.tranche", language)]
    columns += [f"{number(100 * shift, language)} pp" for shift in shifts]
    caption = text("page.complier", language)
    return PageTable(caption, columns, rows, frozenset(range(2, 2 + len(shifts))))


def _sensitivity_table(rows: Sequence[Mapping[str, Any]], language: Language) -> PageTable:
    names = ("variant", "outcome", "tranche", "difference", "interval")
    level = number(100 * rows[0]["risk_difference"]["level"], language) if rows else ""
    return PageTable(
        text("page.sensitivity", language),
        [text(f"column.{name}", language).format(level=level) for name in names],
        [
            [
                text(f"sensitivity.{row['variant']}", language),
                text(f"outcome.{row['outcome']}", language),
                text(f"tranche.{row['tranche']}", language),
                number(100 * row["risk_difference"]["mean"], language, 1),
                _range(row["risk_difference"], language, 100, 1),
            ]
            for row in rows
            if row["tranche"] in {"T1", "T2", "pooled"} and row["passed"]
        ],
        frozenset({3, 4}),
    )


def _replication_table(replication: pd.DataFrame, language: Language) -> PageTable:
    names = ("test", "reported", "recomputed", "agrees", "note")
    return PageTable(
        text("page.replication", language),
        [text(f"column.{name}", language) for name in names],
        [_replication_row(row, language) for row in row_dicts(replication)],
    )


def _replication_row(row: dict[str, Any], language: Language) -> list[str]:
    p, phi = plain(row["p_below"]), plain(row["phi"])
    return [
        str(row["id"]),
        reported_test(row["significant"], p, phi, language),
        f"χ² {number(row['chi2'], language, 2)}, φ {number(row['phi_recomputed'], language, 3)}",
        text("word.yes" if row["agrees"] else "word.no", language),
        replication_note(row, language),
    ]


def _quality_table(quality: pd.DataFrame, language: Language) -> PageTable:
    names = ("document", "place", "printed", "conflicts", "consequence")
    parts = ("place", "printed", "conflicts", "consequence")
    shown = quality[["document", *(f"{part}_{language.value}" for part in parts)]]
    return PageTable(
        text("page.quality", language),
        [text(f"column.{name}", language) for name in names],
        shown.astype(str).to_numpy().tolist(),
    )


_LIMITS: Final = {
    "rhat_max": ("R-hat", 4, "≤", gate.RHAT_LIMIT, 2),
    "ess_bulk_min": ("ESS (bulk)", 0, "≥", gate.ESS_LIMIT, 0),
    "ess_tail_min": ("ESS (tail)", 0, "≥", gate.ESS_LIMIT, 0),
    "divergences": ("divergences", 0, "=", 0, 0),
    "ebfmi_min": ("E-BFMI", 2, "≥", gate.EBFMI_LIMIT, 1),
}


def _diagnostics_table(diagnostics: Diagnostics, language: Language) -> PageTable:
    values = diagnostics.to_dict()
    rows = [
        [name, number(values[key], language, shown), f"{sign} {number(limit, language, digits)}"]
        for key, (name, shown, sign, limit, digits) in _LIMITS.items()
    ]
    columns = [text(f"column.{name}", language) for name in ("check", "value", "limit")]
    return PageTable(text("page.diagnostics", language), columns, rows, frozenset({1, 2}))


def _mean_and_range(found: Mapping[str, float], language: Language) -> str:
    return f"{number(100 * found['mean'], language, 1)}\n({_range(found, language, 100, 1)})"


def _range(found: Mapping[str, float], language: Language, factor: float, decimals: int) -> str:
    low, high = (number(factor * found[end], language, decimals) for end in ("lower", "upper"))
    return f"{low} {text('word.to', language)} {high}"
