"""What bears on an answer in how its data were read, in words: weights, outlying rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from vm2causal.report.effect_rows import interval_text, is_share
from vm2causal.report.level_labels import contrast_label, effect_label
from vm2causal.spec import CausalSpec
from vm2causal.texts import Language, text

BEARING: Final = frozenset({"weights", "outlier", "reference"})
"""Remarks of a reader that are said with every answer, not when fitting alone."""


def bearing_remarks(record: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Remarks in the record of a fit that bear on its answers."""
    remarks: list[dict[str, Any]] = record.get("remarks", [])
    return [item for item in remarks if item["code"] in BEARING]


def remark_lines(record: Mapping[str, Any], language: Language) -> list[str]:
    """These as sentences."""
    return [
        text(f"table.{item['code']}", language, **item["fields"])
        for item in bearing_remarks(record)
    ]


def outlier_lines(record: Mapping[str, Any], spec: CausalSpec, language: Language) -> Iterator[str]:
    """A sentence per declared effect: what it is without the outlying rows."""
    found = record.get("outliers")
    if not found:
        return
    rows = ", ".join(map(str, found["rows"]))
    for row in found["effects"]:
        share = is_share(spec, row["effect"])
        yield text(
            "outliers.moved",
            language,
            rows=rows,
            cause=spec.label(row["cause"], language),
            effect=effect_label(row, spec, language),
            contrast=contrast_label(spec, row["cause"], row["contrast"], language),
            without=interval_text(row["without"], language, share=share, signed=True),
            whole=interval_text(row["with"], language, share=share, signed=True),
        )
    if found["effects"] and not found["converged"]:
        yield text("outliers.unconverged", language, rows=rows)
