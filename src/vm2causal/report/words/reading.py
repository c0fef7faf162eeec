"""What bears on an answer in how its data were read, in words: weights, outlying rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from vm2causal.inputs.tables.remarks import Remark
from vm2causal.report.words.effect_rows import has_event, interval_text
from vm2causal.report.words.level_labels import contrast_label, effect_label
from vm2causal.spec import CausalSpec
from vm2causal.texts import Language, text

BEARING: Final = frozenset({"weights", "outlier", "outliers", "reference"})
"""Remarks of a reader that are said with every answer, not when fitting alone."""


def bearing_remarks(record: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Remarks in the record of a fit that bear on its answers.

    Parameters
    ----------
    record
        ``run.json`` of the fit.
    """
    remarks: list[dict[str, Any]] = record.get("remarks", [])
    return [item for item in remarks if item["code"] in BEARING]


_WITHOUT_ROWS: Final = frozenset({
    "windows_1252", "empty_columns", "header_spelling", "hidden_sheets", "hidden_columns",
    "sidecar", "weights", "reference",
})  # fmt: skip
"""Remarks that name no row, number of rows or value of one."""

OUTLIERS: Final = "outliers"


def without_rows(record: Mapping[str, Any]) -> dict[str, Any]:
    """The record of a fit whose rows are persons, without what names rows or their values.

    Of outlying rows it is said once per column that there are some.

    Parameters
    ----------
    record
        ``run.json`` of the fit.
    """
    table = record.get("table")
    found = {**record, "remarks": _about_no_row(record.get("remarks", []))}
    if table is not None:
        found["table"] = {**table, "remarks": _about_no_row(table["remarks"])}
    return found


def _about_no_row(remarks: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    columns = dict.fromkeys(
        item["fields"]["column"] for item in remarks if item["code"] == "outlier"
    )
    said = [Remark(OUTLIERS, {"column": column}).to_dict() for column in columns]
    return [*(dict(item) for item in remarks if item["code"] in _WITHOUT_ROWS), *said]


def remark_lines(record: Mapping[str, Any], language: Language) -> list[str]:
    """These as sentences.

    Parameters
    ----------
    record
        ``run.json`` of the fit.
    language
        Of the texts: Dutch or English.
    """
    return [
        text(f"table.{item['code']}", language, **item["fields"])
        for item in bearing_remarks(record)
    ]


def outlier_lines(record: Mapping[str, Any], spec: CausalSpec, language: Language) -> Iterator[str]:
    """A sentence per declared effect: what it is without the outlying rows.

    Parameters
    ----------
    record
        ``run.json`` of the fit.
    spec
        The causal model, as read from its file.
    language
        Of the texts: Dutch or English.
    """
    found = record.get("outliers")
    if not found:
        return
    which = found["rows"]
    rows = ", ".join(map(str, which or ()))
    of_persons = "" if which else ".of_persons"
    for row in found["effects"]:
        share = has_event(spec, row["effect"])
        yield text(
            f"outliers.moved{of_persons}",
            language,
            rows=rows,
            cause=spec.label(row["cause"], language),
            effect=effect_label(row, spec, language),
            contrast=contrast_label(spec, row["cause"], row["contrast"], language),
            without=interval_text(row["without"], language, share=share, signed=True),
            whole=interval_text(row["with"], language, share=share, signed=True),
        )
    if found["effects"] and not found["converged"]:
        yield text(f"outliers.unconverged{of_persons}", language, rows=rows)
