"""Columns that look like weights of the rows, which a model does not use by itself."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final

from vm2causal.inputs.tables.numerals import parse_numbers
from vm2causal.inputs.tables.raw import RawTable
from vm2causal.inputs.tables.remarks import Remark

_NAME: Final = re.compile(
    r"(?:.*[_ .-])?(?:p|f|i|a|s|h)?"
    r"(?:weights?|wgt|wt|gewicht|gewichten|weging|weegfactor|wegingsfactor|ophoogfactor)"
    r"(?:[_ .-]?\w{0,4})?",
    re.IGNORECASE,
)


def weight_columns(raw: RawTable, used: Collection[str]) -> list[Remark]:
    """Name the columns called weights that hold positive numbers and that a model leaves aside.

    A model is of the rows as they are; with unequal chances of being in the table its answers are
    of these rows, not of the population that the weights restore.
    """
    return [
        Remark("weights", {"column": column})
        for column in map(str, raw.rows.columns)
        if column not in used and _NAME.fullmatch(column.strip()) and _positive(raw, column)
    ]


def _positive(raw: RawTable, column: str) -> bool:
    decimal = raw.choices.decimal_in(column) or "."
    texts, typed = raw.rows[column], raw.typed.get(column)
    found = parse_numbers(texts, typed=typed)
    numbers = found.values.dropna()
    if numbers.empty:
        # every weight with three decimals, such as 1.250, may be read either way
        numbers = parse_numbers(texts, typed=typed, decimal=decimal).values.dropna()
    return len(numbers) > 0 and bool((numbers >= 0).all()) and numbers.nunique() > 1
