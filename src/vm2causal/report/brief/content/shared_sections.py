"""Parts that the briefs on the monitor and on a study share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from vm2causal.checks.gate import diagnostics as gate
from vm2causal.report.brief.content.blocks import (
    Alert,
    Block,
    Box,
    Code,
    Definitions,
    Paragraph,
    Section,
    Table,
)
from vm2causal.report.brief.content.claims import gate_names, text_of_gate
from vm2causal.report.brief.content.table_cells import Row, numeral, table_of
from vm2causal.texts import Language, capitalised, number, text

MOST_CLAIMS: Final = 2
"""Headlines of a study that fit on one page with their picture; the others stand in the annex."""


def section(name: str, blocks: Sequence[Block], language: Language) -> Section:
    """A section under the title that the catalogue has for it."""
    return Section(name, text(f"brief.section.{name}", language), tuple(blocks))


def withheld_box(failures: Sequence[str], language: Language) -> Box:
    """In the place of everything that rests on a fit that failed its gate."""
    reason = text_of_gate(gate_names(failures, language), language)
    said = f"{reason} {text('brief.licence.withheld', language)}"
    return Box(Alert.WITHHELD, text("brief.withheld.section", language), said)


def gate_blocks(whose: str, values: Mapping[str, Any], language: Language) -> list[Block]:
    """Checks of the computation, and whether they were passed; of ``study`` or ``monitor``."""
    failures = ", ".join(gate_names(values["failures"], language))
    said: Block = (
        Box(
            Alert.WITHHELD,
            text(f"brief.diagnostics.{whose}", language),
            text("brief.diagnostics.failed", language, failures=failures),
        )
        if failures
        else Paragraph(text("brief.diagnostics.passed", language))
    )
    return [_gate_table(whose, values, language), said]


_LIMITS: Final = {
    "rhat_max": (4, "≤", gate.RHAT_LIMIT, 2),
    "ess_bulk_min": (0, "≥", gate.ESS_LIMIT, 0),
    "ess_tail_min": (0, "≥", gate.ESS_LIMIT, 0),
    "divergences": (0, "=", 0, 0),
    "ebfmi_min": (2, "≥", gate.EBFMI_LIMIT, 1),
}


def _gate_table(whose: str, values: Mapping[str, Any], language: Language) -> Table:
    rows: list[Row] = [
        {
            "check": capitalised(text(f"brief.gate.{key}", language)),
            "value": numeral(values[key], language, shown),
            "limit": f"{sign} {number(limit, language, digits)}",
        }
        for key, (shown, sign, limit, digits) in _LIMITS.items()
    ]
    titles = {name: text(f"column.{name}", language) for name in ("check", "value", "limit")}
    caption = text(f"brief.diagnostics.{whose}", language)
    return table_of(f"gate-{whose}", caption, titles, rows, numeric=("value", "limit"))


def reproduce_section(
    commands: Sequence[str], facts: Mapping[str, str], language: Language
) -> Section:
    """How to make all of it again: commands, and what must be the same."""
    pairs = tuple((text(f"brief.reproduce.{key}", language), item) for key, item in facts.items())
    blocks: list[Block] = [Code(command) for command in commands]
    return section("reproduce", [*blocks, Definitions(pairs)], language)


def versions_in_words(versions: Mapping[str, str]) -> str:
    """Packages with their versions, on one line."""
    return ", ".join(f"{name} {version}" for name, version in versions.items())
