"""Effects in rows that a terminal of 80 columns holds: what it is about in one cell."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from vm2causal.report.words import effect_rows
from vm2causal.spec import CausalSpec
from vm2causal.texts import Language, text


def compact_arrow(row: Mapping[str, Any], spec: CausalSpec, language: Language) -> dict[str, str]:
    """An arrow, the difference it makes, the probability of its direction, and the verdict.

    Parameters
    ----------
    row
        Of a document of effects.
    spec
        The causal model, as it was fitted.
    language
        Of the texts: Dutch or English.
    """
    said = effect_rows.arrow_cells(row, spec, language)
    chance = {"probability": said["p_direction"], "verdict": said["verdict"]}
    return {"arrow": _arrow(said), "natural": said["natural"]} | chance


def compact_totals(
    rows: Iterable[Mapping[str, Any]], spec: CausalSpec, language: Language
) -> list[dict[str, str]]:
    """Total and direct effects; those at the last count date where there are any.

    Parameters
    ----------
    rows
        Of a document of effects.
    spec
        The causal model, as it was fitted.
    language
        Of the texts: Dutch or English.
    """
    found = list(rows)
    careers = any(row["career"] is not None for row in found)
    cells = []
    for row in found:
        said = effect_rows.total_cells(row, spec, language)
        about = [said["contrast"], *([said["kind"]] if row["kind"] != "total" else [])]
        about += [] if row["by"] is None else [said["group"]]
        cell = {"arrow": _about(_arrow(said), about, language), "natural": said["natural"]}
        cells.append(cell | ({"career": said["career"]} if careers else {}))
    return cells


def compact_mediation(
    rows: Iterable[Mapping[str, Any]], spec: CausalSpec, language: Language
) -> list[dict[str, str]]:
    """An effect in a row, and beneath it what runs through each mediator and what does not.

    Parameters
    ----------
    rows
        Of a document of effects.
    spec
        The causal model, as it was fitted.
    language
        Of the texts: Dutch or English.
    """
    cells, last = list[dict[str, str]](), None
    for row in rows:
        said = effect_rows.mediation_cells(row, spec, language)
        about = [said["contrast"], *([said["group"]] if "group" in said else [])]
        whole = _about(_arrow(said), about, language)
        if whole != last:
            cells.append({"arrow": whole, "natural": said["total"]})
            last = whole
        parts = {"effects.part.through": said["indirect"], "effects.part.beside": said["direct"]}
        for key, size in parts.items():
            cells.append({"arrow": text(key, language, through=said["through"]), "natural": size})
    return cells


def _arrow(said: Mapping[str, str]) -> str:
    return f"{said['cause']} → {said['effect']}"


def _about(arrow: str, parts: Iterable[str], language: Language) -> str:
    return text("effects.about", language, arrow=arrow, about="; ".join(parts))
