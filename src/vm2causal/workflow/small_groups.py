"""Effects of, by and at groups of fewer pupils than may be shown."""

from __future__ import annotations

import pandas as pd

from vm2causal.disclosure import MINIMUM, hidden_groups
from vm2causal.effects.forward import Forward
from vm2causal.effects.what_if import within
from vm2causal.errors import QueryError


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


def require_shown(forward: Forward, place: str | None) -> None:
    """Refuse a place of few pupils, and one that would give such a place away by subtraction.

    Levels of a group are those that :func:`large_enough` leaves out.

    Raises
    ------
    QueryError
        When the place is unknown, or may not be answered about.
    """
    if place is None or forward.data.years is None:
        return
    if forward.data.weights @ within(forward, place) < MINIMUM:
        raise QueryError(
            f"Fewer than {MINIMUM} pupils started here, too few to answer about.",
            value=place,
            fix="Ask about a larger place, or about everybody.",
        )
    if place in _hidden_beside(forward, place):
        raise QueryError(
            f"Subtracting this place from a larger one would give away a place of fewer than "
            f"{MINIMUM} pupils.",
            value=place,
            fix="Ask about another place, or about everybody.",
        )


def _hidden_beside(forward: Forward, place: str) -> set[str]:
    """The hidden ones among the units, or among the levels of the group, that a place is one of."""
    if place in forward.data.units:
        return _hidden_units(forward)
    group = next(name for name, grouping in forward.data.groups.items() if place in grouping.labels)
    return {label for label, hidden in _hidden(forward, group).items() if hidden}


def _hidden_units(forward: Forward) -> set[str]:
    """Units of few pupils, those of hidden levels, and those that give them away.

    In every level that is shown, and in the whole, the hidden units together follow from the
    others; so they are none, or several that are together large enough.
    """
    data = forward.data
    told = zip(data.units, data.weights.tolist(), strict=True)
    pupils = {unit: number for unit, number in told if number > 0}
    hidden = {unit for unit, number in pupils.items() if number < MINIMUM}
    wholes = [set(pupils)]
    for name, grouping in data.groups.items():
        withheld = _hidden(forward, name)
        for code, label in enumerate(grouping.labels):
            own = {data.units[unit] for unit in (grouping.codes == code).nonzero()[0]} & set(pupils)
            if withheld[label]:
                hidden |= own
            else:
                wholes.append(own)
    alone = set().union(*(own for own in wholes if len(own) == 1))

    def gives_away(own: set[str]) -> bool:
        gone = own & hidden
        few = len(gone) == 1 or sum(pupils[unit] for unit in gone) < MINIMUM
        return bool(gone) and few and gone != own

    while rest := next((own - hidden for own in wholes if gives_away(own)), None):
        # a unit that is a level by itself is shown as that level, so it covers for nothing
        hidden.add(min(rest, key=lambda unit: (unit in alone, pupils[unit], unit)))
    return hidden


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
