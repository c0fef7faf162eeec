"""How much what was not observed, assumed or answered would have to matter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from vm2causal.report.brief.content.blocks import Block, Cell, Paragraph, Table
from vm2causal.report.brief.content.table_cells import (
    Row,
    ends_in_words,
    estimate_text,
    numeral,
    sorted_by,
    table_of,
)
from vm2causal.spec import CausalSpec
from vm2causal.texts import Language, number, text


def sensitivity_blocks(
    document: Mapping[str, Any], spec: CausalSpec, language: Language
) -> tuple[Block, ...]:
    """Tables of what was varied.

    Parameters
    ----------
    document
        Of :func:`~vm2causal.report.documents.sensitivity.sensitivity_document`.
    """
    blocks: list[Block] = []
    if document["confounding"]:
        blocks.append(_tipping(document["confounding"], spec, language))
    benchmarks = [(item, row) for item in document["confounding"] for row in item["benchmarks"]]
    if benchmarks:
        blocks.append(_benchmarks(benchmarks, spec, language))
    if document["front_door"]:
        blocks.append(_front_door(document["front_door"], spec, language))
    if document["missing"]:
        blocks.append(_missing(document["missing"], spec, language))
    blocks.append(_priors(document["priors"], language))
    return tuple(blocks)


def _front_door(found: Sequence[Mapping[str, Any]], spec: CausalSpec, language: Language) -> Table:
    columns = ("cause", "effect", "mediators", "violation", "then")
    hidden = ", ".join(spec.label(name, language) for name in spec.hidden)
    rows: list[Row] = [
        {
            **ends_in_words(row, spec, language),
            "mediators": ", ".join(spec.label(name, language) for name in row["mediators"]),
            "violation": text(
                f"sensitivity.violation.{row['violation']}",
                language,
                size=number(row["size"], language, 1),
                hidden=hidden,
            ),
            "then": sorted_by(
                estimate_text(row["total"], row["effect"], spec, language), row["total"]
            ),
        }
        for row in found
    ]
    return _table("front-door", "front_door", columns, rows, numeric=("then",), language=language)


def _missing(found: Sequence[Mapping[str, Any]], spec: CausalSpec, language: Language) -> Table:
    columns = ("cause", "effect", "shift", "then")
    rows: list[Row] = [
        {
            **ends_in_words(row, spec, language),
            "shift": numeral(row["shift"], language, 1),
            "then": sorted_by(
                estimate_text(row["shifted"], row["effect"], spec, language), row["shifted"]
            ),
        }
        for row in found
    ]
    return _table("missing", "missing", columns, rows, numeric=("shift", "then"), language=language)


def _tipping(found: Sequence[Mapping[str, Any]], spec: CausalSpec, language: Language) -> Table:
    columns = ("cause", "effect", "estimate", "tipping_interval", "tipping_mean", "e_value")
    rows: list[Row] = [
        {
            **ends_in_words(item, spec, language),
            "estimate": sorted_by(
                estimate_text(item["estimate"], item["effect"], spec, language), item["estimate"]
            ),
            "tipping_interval": _product(item, "tipping_interval", language),
            "tipping_mean": _product(item, "tipping_mean", language),
            "e_value": _e_value(item["e_value"], language),
        }
        for item in found
    ]
    return _table("tipping", "confounding", columns, rows, numeric=columns[2:], language=language)


def _product(item: Mapping[str, Any], name: str, language: Language) -> Cell:
    """Where the effect tips; beyond the curve where it does not on it."""
    if item[name] is not None:
        return numeral(item[name], language, 2)
    last = max(abs(row["product"]) for row in item["curve"])
    return Cell(text("sensitivity.beyond", language, number=number(last, language, 2)), last)


def _benchmarks(
    found: Sequence[tuple[Mapping[str, Any], Mapping[str, Any]]],
    spec: CausalSpec,
    language: Language,
) -> Table:
    columns = ("cause", "effect", "variable", "a", "b", "then")
    rows: list[Row] = [
        {
            **ends_in_words(item, spec, language),
            "variable": spec.label(row["variable"], language),
            "a": numeral(row["a"], language, 2),
            "b": numeral(row["b"], language, 2),
            "then": sorted_by(
                estimate_text(row["effect"], item["effect"], spec, language), row["effect"]
            ),
        }
        for item, row in found
    ]
    return _table("benchmarks", "benchmarks", columns, rows, numeric=columns[3:], language=language)


def _priors(found: Sequence[Mapping[str, Any]], language: Language) -> Block:
    flagged = [row for row in found if row["flag"] != "none"]
    if not flagged:
        return Paragraph(text("sensitivity.priors.none", language))
    columns = ("quantity", "prior", "likelihood", "flag")
    rows: list[Row] = [
        {
            "quantity": row["quantity"],
            "prior": numeral(row["prior"], language, 2),
            "likelihood": numeral(row["likelihood"], language, 2),
            "flag": text(f"sensitivity.flag.{row['flag']}", language),
        }
        for row in flagged
    ]
    return _table(
        "priors", "priors", columns, rows, numeric=("prior", "likelihood"), language=language
    )


def _e_value(found: Mapping[str, float | None], language: Language) -> str:
    """Of the estimate, and of the end of its interval; infinite ones are no JSON numbers."""
    shown = [
        "∞" if found[name] is None else number(found[name] or 0.0, language, 2)
        for name in ("estimate", "limit")
    ]
    return f"{shown[0]} ({shown[1]})"


def _table(
    name: str,
    subject: str,
    columns: Sequence[str],
    rows: Sequence[Row],
    *,
    numeric: Sequence[str],
    language: Language,
) -> Table:
    """A table under the title and headings that the command prints too."""
    titles = {column: text(f"sensitivity.column.{column}", language) for column in columns}
    caption = text(f"sensitivity.{subject}.title", language)
    return table_of(name, caption, titles, rows, numeric=numeric)
