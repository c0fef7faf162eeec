"""Effects of, by and at groups of fewer pupils than may be shown."""

from __future__ import annotations

import pandas as pd

from vm2causal.disclosure import MINIMUM
from vm2causal.effects.forward import Forward
from vm2causal.effects.hidden_places import UNIT, hidden_in, hidden_levels
from vm2causal.effects.what_if import within
from vm2causal.errors import QueryError


def large_enough(forward: Forward, found: pd.DataFrame, by: str | None) -> tuple[pd.DataFrame, int]:
    """Leave out groups of few pupils, and those that would give few pupils away.

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
    small = found["group"].isin(hidden_levels(forward, by))
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
    causes = set(found.get("cause", ())) & set(forward.data.groups)
    small = {place for place in hidden_in(forward) if place[0] in causes} if causes else set()
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
    """Refuse a place of few pupils, and one that would give few pupils away by subtraction.

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
    if (_group_of(forward, place), place) in hidden_in(forward):
        raise QueryError(
            f"Subtracting this place from a larger one would give away a place of fewer than "
            f"{MINIMUM} pupils.",
            value=place,
            fix="Ask about another place, or about everybody.",
        )


def _group_of(forward: Forward, place: str) -> str:
    """The group that a place is a level of, as :func:`within` reads it."""
    if place in forward.data.units:
        return UNIT
    return next(name for name, item in forward.data.groups.items() if place in item.labels)


def _sides(forward: Forward, group: str) -> dict[str, tuple[str, ...]]:
    """The levels that a contrast of a group, or a coefficient of a level, is about."""
    column = forward.data.column(group)
    levels = column.levels if column is not None else ()
    contrasts = {f"{one} vs {other}": (one, other) for one in levels for other in levels}
    return contrasts | {level: (level,) for level in levels}
