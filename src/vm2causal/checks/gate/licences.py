"""Tables of effects as the checks of their fit license them: one rule wherever they are shown."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

import pandas as pd

from vm2causal.checks.gate.gate import Licence
from vm2causal.inputs.rows import row_dicts
from vm2causal.spec.words import QueryKind

NUMBERS: Final = ("natural", "career", "indirect", "direct", "total", "p_positive")
"""Columns that hold numbers of an effect, or of what it runs through."""

Effect = tuple[str, str, str, str]
"""Causes with commas, effect, contrast, and ``total`` or ``direct``."""


def withheld_effects(gates: Sequence[Mapping[str, Any]]) -> frozenset[Effect]:
    """Effects that get no number, of ``gate.effects`` in ``run.json``.

    The checks are of total effects. A direct effect has no standard error or test of its own; it is
    withheld with its total where a test failed on the very arrow that it is.

    Parameters
    ----------
    gates
        ``gate.effects`` in ``run.json``.
    """
    gone = [row for row in gates if row["licence"] == Licence.WITHHELD.value]
    return frozenset(
        (row["cause"], row["effect"], row["contrast"], kind.value)
        for row in gone
        for kind in (QueryKind.TOTAL, QueryKind.DIRECT)
        if kind is QueryKind.TOTAL or _fails_itself(row)
    )


def _fails_itself(row: Mapping[str, Any]) -> bool:
    ends = (row["cause"], row["effect"])
    return any((test["cause"], test["effect"]) == ends for test in row["failed"])


def is_withheld(row: Mapping[str, Any], withheld: Collection[Effect]) -> bool:
    """Whether a row of effects is on one without a number.

    A row of mediation has no ``kind``, and goes with the total that it parts.

    Parameters
    ----------
    row
        Of a table of effects.
    withheld
        Of :func:`withheld_effects`.
    """
    kind = row.get("kind", QueryKind.TOTAL.value)
    return (row["cause"], row["effect"], row["contrast"], kind) in withheld


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
    """Whether anything is left to show of a table that :func:`as_licensed` gave.

    Parameters
    ----------
    table
        Of :func:`as_licensed`.
    """
    return not table.empty and not bool(table["withheld"].all())
