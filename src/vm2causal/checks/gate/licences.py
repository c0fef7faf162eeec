"""Tables of effects as the checks of their fit license them: one rule wherever they are shown.

What is withheld has no number, and an interval that leans on what the data do not support is as
wide as the robust standard error makes it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd
from scipy.special import ndtr, ndtri

from vm2causal.checks.gate.gate import Licence
from vm2causal.inputs.rows import row_dicts
from vm2causal.spec.words import QueryKind

NUMBERS: Final = ("natural", "career", "indirect", "direct", "total", "p_positive")
"""Columns that hold numbers of an effect, or of what it runs through."""

Effect = tuple[str, str, str, str]
"""Causes with commas, effect, contrast, and ``total`` or ``direct``."""

Part = tuple[str, str, str, str, tuple[str, ...]]
"""The same with ``indirect`` too, and the mediators of which it is a share; none of a whole."""


def withheld_effects(gates: Sequence[Mapping[str, Any]]) -> frozenset[Effect]:
    """Effects that get no number, of ``gate.effects`` in ``run.json``.

    A direct effect that no checks were made of is withheld with its total where a test failed on
    the very arrow that it is.

    Parameters
    ----------
    gates
        ``gate.effects`` in ``run.json``.
    """
    gone = [row for row in gates if row["licence"] == Licence.WITHHELD.value and not row["through"]]
    return frozenset(
        (row["cause"], row["effect"], row["contrast"], kind)
        for row in gone
        for kind in {row["kind"], *([QueryKind.DIRECT.value] if _fails_itself(row) else [])}
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
    """Totals or mediation without the numbers that the checks withhold, and as wide as they ask.

    An effect that is withheld for everybody is withheld in every group, and so is what it runs
    through; an interval that is made wider is made so in every group, by the same factor.

    Parameters
    ----------
    table
        Of :mod:`~vm2causal.effects.totals` or :mod:`~vm2causal.effects.mediation`; one that was
        licensed before is given back as it is.
    gates
        ``gate.effects`` of ``run.json``, and what was made beside it of direct effects and shares.

    Returns
    -------
    pandas.DataFrame
        The same rows with a column ``withheld``; where it is true the columns :data:`NUMBERS` hold
        None. Mediation also gets ``identified``: whether a share could be told by data.
    """
    if table.empty or "withheld" in table:
        return table
    none, factors = withheld_effects(gates), wider_by(gates)
    rows = row_dicts(table)
    found = table.assign(withheld=[is_withheld(row, none) for row in rows])
    wide = [widened(row, factors) for row in rows]
    for name in found.columns.intersection([*NUMBERS]):
        found[name] = pd.Series([row[name] for row in wide], index=found.index, dtype=object)
        found[name] = found[name].mask(found["withheld"], None)
    if "indirect" in table:
        found["identified"] = table["indirect"].notna()
    return found


def wider_by(gates: Sequence[Mapping[str, Any]]) -> dict[Part, float]:
    """By what half an interval is multiplied, of effects whose intervals are made wider.

    Parameters
    ----------
    gates
        ``gate.effects`` in ``run.json``, and what was made beside it.
    """
    return {
        (row["cause"], row["effect"], row["contrast"], row["kind"], tuple(row["through"])): float(
            row["factor"]
        )
        for row in gates
        if row["licence"] == Licence.WIDER.value
    }


def widened(row: Mapping[str, Any], factors: Mapping[Part, float]) -> Mapping[str, Any]:
    """A row of effects whose intervals are as wide as the robust standard error makes them.

    The probability of its sign goes along, from the interval taken for a normal one.

    Parameters
    ----------
    row
        Of a table of effects.
    factors
        Of :func:`wider_by`.
    """
    ends = (row["cause"], row["effect"], row["contrast"])
    parts: dict[str, tuple[str, tuple[str, ...]]]
    if "through" in row:
        through = tuple(row["through"])
        parts = {"total": ("total", ()), "indirect": ("indirect", through)}
        parts["direct"] = ("direct", through)
    else:
        own = (row.get("kind", QueryKind.TOTAL.value), ())
        parts = {"natural": own, "career": own}
    by = {name: factors.get((*ends, *part), 1.0) for name, part in parts.items()}
    found = dict(row)
    ratio = "ratio" in str(row.get("scale", ""))
    for name, factor in by.items():
        if isinstance(row.get(name), Mapping) and factor > 1:
            found[name] = stretched(row[name], factor, ratio=ratio)
            if name == "natural" and "p_positive" in row:
                found["p_positive"] = _positive(found[name], ratio=ratio)
    return found


def stretched(
    found: Mapping[str, float], factor: float, *, ratio: bool = False
) -> Mapping[str, float]:
    """An interval so many times as wide, about its mean.

    Parameters
    ----------
    found
        With ``mean``, ``lower``, ``upper`` and, if known, ``sd``.
    factor
        1 or more.
    ratio
        Whether it is one of ratios, which are stretched on the scale of their logarithms.

    Examples
    --------
    >>> stretched({"mean": 1.0, "lower": 0.0, "upper": 3.0, "sd": 1.0}, 2.0)
    {'mean': 1.0, 'lower': -1.0, 'upper': 5.0, 'sd': 2.0}
    >>> stretched({"mean": 1.0, "lower": 0.5, "upper": 2.0}, 2.0, ratio=True)
    {'mean': 1.0, 'lower': 0.25, 'upper': 4.0}
    """
    mean = found["mean"]
    if ratio and found["lower"] > 0:
        ends = {end: mean * (found[end] / mean) ** factor for end in ("lower", "upper")}
    else:
        ends = {end: mean + factor * (found[end] - mean) for end in ("lower", "upper")}
    return {**found, **ends} | ({"sd": factor * found["sd"]} if "sd" in found else {})


def _positive(found: Mapping[str, float], *, ratio: bool) -> float:
    """Probability of more than none, from an interval taken for a normal one."""
    ends = np.array([found["mean"], found["lower"], found["upper"]])
    if ratio:
        if ends.min() <= 0:
            return float(ends[0] > 1)
        ends = np.log(ends)
    half = (ends[2] - ends[1]) / 2
    return float(ndtr(ends[0] / half * ndtri((1 + found["level"]) / 2))) if half > 0 else 0.5


def has_numbers(table: pd.DataFrame) -> bool:
    """Whether anything is left to show of a table that :func:`as_licensed` gave.

    Parameters
    ----------
    table
        Of :func:`as_licensed`.
    """
    return not table.empty and not bool(table["withheld"].all())
