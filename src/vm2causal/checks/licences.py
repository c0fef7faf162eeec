"""Tables of effects as the checks of their fit license them: one rule wherever they are shown."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

import pandas as pd

from vm2causal.checks.gate import Licence
from vm2causal.inputs.rows import row_dicts
from vm2causal.spec.words import QueryKind

NUMBERS: Final = ("natural", "career", "indirect", "direct", "total", "p_positive")
"""Columns that hold numbers of an effect, or of what it runs through."""

Effect = tuple[str, str, str]
"""Causes with commas, effect and contrast."""


def withheld_effects(gates: Sequence[Mapping[str, Any]]) -> frozenset[Effect]:
    """Total effects that get no number, of ``gate.effects`` in ``run.json``."""
    return frozenset(
        (row["cause"], row["effect"], row["contrast"])
        for row in gates
        if row["licence"] == Licence.WITHHELD.value
    )


def is_withheld(row: Mapping[str, Any], withheld: Collection[Effect]) -> bool:
    """Whether a row of effects is on one without a number; that of mediation has no ``kind``."""
    direct = row.get("kind") == QueryKind.DIRECT.value
    return not direct and (row["cause"], row["effect"], row["contrast"]) in withheld


def as_licensed(table: pd.DataFrame, gates: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Totals or mediation without the numbers that the checks withhold.

    An effect that is withheld for everybody is withheld in every group, and so is what it runs
    through.

    Parameters
    ----------
    table
        Of :mod:`~vm2causal.effects.totals` or :mod:`~vm2causal.effects.mediation`.
    gates
        ``gate.effects`` of ``run.json``.

    Returns
    -------
    pandas.DataFrame
        The same rows with a column ``withheld``; where it is true the columns :data:`NUMBERS` hold
        None. Mediation also gets ``identified``: whether a share could be told by data.
    """
    if table.empty:
        return table
    none = withheld_effects(gates)
    found = table.assign(withheld=[is_withheld(row, none) for row in row_dicts(table)])
    if "indirect" in table:
        found["identified"] = table["indirect"].notna()
    for name in found.columns.intersection(list(NUMBERS)):
        found[name] = found[name].astype(object).mask(found["withheld"], None)
    return found


def has_numbers(table: pd.DataFrame) -> bool:
    """Whether anything is left to show of a table that :func:`as_licensed` gave."""
    return not table.empty and not bool(table["withheld"].all())
