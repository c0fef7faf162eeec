"""Effects of and by groups of fewer pupils than may be shown."""

from __future__ import annotations

import pandas as pd

from vm2causal.disclosure import hidden_groups
from vm2causal.effects.forward import Forward


def large_enough(forward: Forward, found: pd.DataFrame, by: str | None) -> tuple[pd.DataFrame, int]:
    """Leave out groups of fewer pupils than may be shown.

    Parameters
    ----------
    found
        Effects by ``group``; of everybody where ``by`` is None.

    Returns
    -------
    shown : pandas.DataFrame
        The other rows.
    withheld : int
        How many groups are left out.
    """
    if by is None or found.empty:
        return found, 0
    small = found["group"].map(_hidden(forward, by))
    return found[~small].reset_index(drop=True), int(found.loc[small, "group"].nunique())


def without_small_groups(
    forward: Forward, found: pd.DataFrame
) -> tuple[pd.DataFrame, frozenset[tuple[str, str]]]:
    """Leave out rows whose cause is a group of the model and that are about few pupils.

    Parameters
    ----------
    found
        A row per arrow or coefficient, with ``cause`` and ``contrast`` or ``cause_level``.

    Returns
    -------
    shown : pandas.DataFrame
        The other rows.
    withheld : frozenset of tuple
        Groups and the levels of them that are left out.
    """
    small = {
        (group, label)
        for group in set(found.get("cause", ())) & set(forward.data.groups)
        for label, hidden in _hidden(forward, group).items()
        if hidden
    }
    if not small:
        return found, frozenset()
    about = found["contrast" if "contrast" in found else "cause_level"]
    sides = {
        (group, shown): {(group, label) for label in labels} & small
        for group in {group for group, _ in small}
        for shown, labels in _sides(forward, group).items()
    }
    rows = [sides.get(row, set()) for row in zip(found["cause"], about, strict=True)]
    kept = [not row for row in rows]
    return found[kept].reset_index(drop=True), frozenset().union(*rows)


def _sides(forward: Forward, group: str) -> dict[str, tuple[str, ...]]:
    """The levels that a contrast of a group, or a coefficient of a level, is about."""
    column = forward.data.column(group)
    levels = column.levels if column is not None else ()
    contrasts = {f"{one} vs {other}": (one, other) for one in levels for other in levels}
    return contrasts | {level: (level,) for level in levels}


def _hidden(forward: Forward, by: str) -> dict[str, bool]:
    """Which groups may not be shown; of a flat table all may, since its rows are no pupils."""
    grouping = forward.data.groups[by]
    if forward.data.years is None:
        return dict.fromkeys(grouping.labels, False)
    pupils = {
        label: float(forward.data.weights[grouping.codes == code].sum())
        for code, label in enumerate(grouping.labels)
    }
    return hidden_groups(pupils)
