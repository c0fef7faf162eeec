"""Tables of a brief from rows of texts and numbers."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from vm2causal.report.brief.content.blocks import Cell, Column, Table
from vm2causal.report.words.effect_rows import has_event, interval_text
from vm2causal.spec import CausalSpec
from vm2causal.texts import Language, number, text

Row = Mapping[str, str | Cell]
"""What stands in a row, by column."""


def table_of(
    name: str,
    caption: str,
    titles: Mapping[str, str],
    rows: Sequence[Row],
    *,
    numeric: Collection[str] = (),
    note: str = "",
) -> Table:
    """Lay rows out under their titles.

    Parameters
    ----------
    titles
        Heads of the columns that are shown, in order; what else a row holds is not.
    numeric
        Columns that are set flush right.
    """
    return Table(
        name,
        caption,
        tuple(Column(title, numeric=key in numeric) for key, title in titles.items()),
        tuple(tuple(_cell(row[key]) for key in titles) for row in rows),
        note,
    )


def _cell(value: str | Cell) -> Cell:
    return value if isinstance(value, Cell) else Cell(value)


def numeral(value: float | None, language: Language, decimals: int = 0, unit: str = "") -> Cell:
    """A number that sorts by its value; a dash where there is none."""
    if value is None:
        return Cell(text("effects.none", language))
    return Cell(f"{number(value, language, decimals)}{unit}", float(value))


def sorted_by(words: str, value: Mapping[str, float] | None) -> Cell:
    """Words on an interval, that sort by its mean."""
    return Cell(words, None if value is None else float(value["mean"]))


def span(
    found: Mapping[str, float], language: Language, *, factor: float = 1.0, decimals: int = 0
) -> str:
    """From the lower to the upper end of an interval.

    Examples
    --------
    >>> span({"lower": -0.08, "upper": -0.002}, Language.NL, factor=100, decimals=1)
    '−8,0 tot −0,2'
    """
    low, high = (number(factor * found[end], language, decimals) for end in ("lower", "upper"))
    return f"{low} {text('word.to', language)} {high}"


def ends_in_words(item: Mapping[str, Any], spec: CausalSpec, language: Language) -> dict[str, str]:
    """Labels of the cause and the effect of an item."""
    return {name: spec.label(item[name], language) for name in ("cause", "effect")}


def estimate_text(
    value: Mapping[str, float], effect: str, spec: CausalSpec, language: Language
) -> str:
    """An effect with its interval, in the units of what it is an effect on."""
    return interval_text(value, language, share=has_event(spec, effect), signed=True)


def in_labels(words: str, spec: CausalSpec, language: Language) -> str:
    """A sentence with labels for names that are no words of a language, such as ``mbo_stof``."""
    coined = [name for name in spec.variables if "_" in name]
    if not coined:
        return words
    pattern = rf"\b({'|'.join(map(re.escape, sorted(coined, key=len, reverse=True)))})\b"
    return re.sub(pattern, lambda match: spec.label(match[1], language), words)
