"""Numbers about few persons: of levels and places, and of what changes only few."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd

from vm2causal.disclosure import MINIMUM
from vm2causal.effects.about_few import about_few, few_levels, without_few
from vm2causal.effects.contrasts import Contrast, chosen_contrast
from vm2causal.effects.forward import Forward
from vm2causal.effects.heterogeneity import DEPENDS
from vm2causal.effects.hidden_places import UNIT, hidden_in, hidden_levels
from vm2causal.effects.small_levels import is_told_by, small_levels
from vm2causal.effects.what_if import within
from vm2causal.errors import QueryError
from vm2causal.inputs.rows import row_dicts
from vm2causal.model.data.structural_data import StructuralData
from vm2causal.model.degrees_of_freedom import residual_persons
from vm2causal.model.structural_layout import Layout

LEAST_RESIDUAL: Final = 10
"""Persons beyond the coefficients of an equation, as for regressions that leave a research data
centre (``safe_dof_threshold`` of acro)."""

_TESTS: Final = ("failed", "unjudged")
"""Tests that stand with an effect."""

_NO_PERSONS = " Where the rows of a table are no persons, say so in its model: 'rows: units'."


def require_enough(forward: Forward) -> None:
    """Refuse to answer of fewer persons than the privacy minimum.

    Raises
    ------
    QueryError
        When a study has fewer pupils all of whose characteristics are known, or a table fewer
        persons.
    """
    if forward.data.of_persons and forward.data.persons.sum() < MINIMUM:
        raise QueryError(
            f"Nothing is told of fewer than {MINIMUM} persons.",
            fix=f"Fit more pupils or rows.{_declare(forward)}",
        )
    require_residual(forward.layout)


def require_residual(layout: Layout) -> None:
    """Refuse a fit of which a few persons decide an equation: with few more than coefficients.

    Who knows all but one of them could solve for that one.

    Raises
    ------
    QueryError
        When an equation has fewer residual degrees of freedom than the minimum.
    """
    if not layout.data.of_persons:
        return
    for name, left in residual_persons(layout).items():
        if left < LEAST_RESIDUAL:
            raise QueryError(
                f"An equation needs {LEAST_RESIDUAL} persons more than it has coefficients, so "
                "that nothing can be worked out about single ones.",
                value=name,
                fix="Fit more pupils or rows, or a model with fewer arrows to this variable."
                + ("" if layout.data.years is not None else _NO_PERSONS),
            )


def large_enough(forward: Forward, found: pd.DataFrame, by: str | None) -> tuple[pd.DataFrame, int]:
    """Leave out groups of few persons, and those that would give few persons away.

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


def without_small_levels(
    forward: Forward, found: pd.DataFrame
) -> tuple[pd.DataFrame, frozenset[tuple[str, str]]]:
    """Leave out rows about a level that few persons have, be it of the cause or of the effect.

    Of causes that are groups of the model also levels that would give few persons away.

    Parameters
    ----------
    found
        A row per arrow, effect or coefficient, with ``cause``, ``effect``, ``effect_level`` where
        the effect has levels, and ``contrast`` or ``cause_level``.

    Returns
    -------
    shown : pandas.DataFrame
        The other rows.
    withheld : frozenset of tuple
        Variables and the levels of them that are left out.
    """
    return _kept(forward.data, small_levels(forward.data) | hidden_in(forward), found)


def without_small_modifiers(forward: Forward, found: pd.DataFrame) -> pd.DataFrame:
    """Leave out how arrows vary by, or depend on, what few persons have.

    What coefficients do in the levels of a variable adds up to nothing, so of a variable with a
    level that few have all levels are left out, and how far they lie apart; of a group that is no
    variable the levels.

    Parameters
    ----------
    found
        Of :func:`~vm2causal.effects.heterogeneity.differences_table` or ``slopes_table``.
    """
    data, few = forward.data, small_levels(forward.data) | hidden_in(forward)
    whole = about_few(data)
    own = whole | {name for name, _ in few if name in data.spec.variables}
    sides = _sides(data, few, set(found["by"]))

    def is_shown(row: dict[str, Any]) -> bool:
        if row.get("kind") == DEPENDS:
            return row["by"] not in whole and not sides.get((row["by"], row["by_contrast"]))
        return row["by"] not in own and (row["by"], row.get("group")) not in few

    kept = [is_shown(row) for row in row_dicts(found)]
    return found[kept].reset_index(drop=True)


def shown_gates(data: StructuralData, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What the checks made of effects, without effects of or on few persons.

    Parameters
    ----------
    rows
        ``gate.effects`` of ``run.json``, of the whole study or table.
    """
    kept, _ = _kept(data, few_levels(data), pd.DataFrame(list(rows), dtype=object))
    few = about_few(data)
    return [
        {**row, **{name: [without_few(test, few) for test in row[name]] for name in _TESTS}}
        for row in row_dicts(kept)
    ]


def without_effects_of_few(
    data: StructuralData, rows: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Rows by cause, effect and contrast, without those of or on few persons."""
    return row_dicts(_kept(data, few_levels(data), pd.DataFrame(list(rows), dtype=object))[0])


def without_outcomes_of_few(data: StructuralData, found: pd.DataFrame) -> pd.DataFrame:
    """Answers of ``what-if`` without outcomes that few persons have, or that few have not."""
    if found.empty:
        return found
    return found[~found["outcome"].isin(about_few(data))].reset_index(drop=True)


def _kept(
    data: StructuralData, small: frozenset[tuple[str, str]], found: pd.DataFrame
) -> tuple[pd.DataFrame, frozenset[tuple[str, str]]]:
    whole = about_few(data)
    if not (small or whole) or found.empty:
        return found, frozenset()
    about = found["contrast" if "contrast" in found else "cause_level"]
    causes = _sides(data, small, set(found["cause"]))
    levels = found["effect_level"] if "effect_level" in found else [None] * len(found)
    rows = [
        causes.get((cause, side), set())
        | ({(effect, level)} & small)
        | {(name, "") for name in {cause, effect} & whole}
        for cause, side, effect, level in zip(
            found["cause"], about, found["effect"], levels, strict=True
        )
    ]
    kept = [not row for row in rows]
    # a variable of two levels is left out once, whichever of them few have
    gone = {(name, "" if name in whole else level) for row in rows for name, level in row}
    return found[kept].reset_index(drop=True), frozenset(gone)


def require_shown(forward: Forward, place: str | None) -> None:
    """Refuse a place of few persons, and one that would give few persons away by subtraction.

    The two are refused in the same words, which do not tell one from the other. Levels of a group
    are those that :func:`large_enough` leaves out; of a table of persons every single row is.

    Raises
    ------
    QueryError
        When the place is unknown, or may not be answered about.
    """
    if place is None or not forward.data.of_persons:
        return
    within(forward, place)  # whether there is such a place
    group = _group_of(forward, place)
    if (group, place) in hidden_in(forward) or (group == UNIT and forward.data.years is None):
        raise QueryError(
            f"This place is not answered about, so that nothing can be worked out about fewer "
            f"than {MINIMUM} persons.",
            value=place,
            fix=f"Ask about another place, or about everybody.{_declare(forward)}",
        )


def require_changes_shown(forward: Forward, changes: Sequence[Contrast], place: str | None) -> None:
    """Refuse changes whose answer would say how many of few persons there are in a place.

    Raises
    ------
    QueryError
        When a change is to a level that may not be shown, or only few persons here or elsewhere
        would undergo it, or would not.
    """
    for change in changes:
        if not change_is_shown(forward, change, place):
            raise QueryError(
                f"This change is not answered about here, so that nothing can be worked out about "
                f"fewer than {MINIMUM} persons.",
                value=f"{change.cause}={change.high_text}" + (f" at {place}" if place else ""),
                fix=f"Ask about another change, or about everybody.{_declare(forward)}",
            )


def require_outcome_shown(forward: Forward, outcome: str) -> None:
    """Refuse an outcome that few persons have, or that few have not.

    Raises
    ------
    QueryError
        When it is.
    """
    if outcome in about_few(forward.data):
        raise QueryError(
            f"This outcome is not answered about, so that nothing can be worked out about fewer "
            f"than {MINIMUM} persons.",
            value=outcome,
            fix=f"Ask about another outcome.{_declare(forward)}",
        )


def require_sides_shown(forward: Forward, contrast: Contrast) -> None:
    """Refuse a joint contrast one of whose sides is a level that may not be shown.

    Raises
    ------
    QueryError
        When it is.
    """
    small = small_levels(forward.data) | hidden_in(forward)
    for part in contrast.together and contrast.parts:
        for side in (part.high_text, part.low_text):
            if (part.cause, side) in small:
                raise QueryError(
                    f"This level is not answered about, so that nothing can be worked out about "
                    f"fewer than {MINIMUM} persons.",
                    value=f"{part.cause}={side}",
                    fix=f"Ask about another level.{_declare(forward)}",
                )


def change_is_shown(forward: Forward, change: Contrast, place: str | None) -> bool:
    """Whether what a change does in a place says nothing of few persons."""
    if change.cause in about_few(forward.data):
        return False
    if (change.cause, change.high_text) in small_levels(forward.data) | hidden_in(forward):
        return False
    units = len(forward.data.units)
    members = np.ones(units, dtype=bool) if place is None else within(forward, place) > 0
    return not is_told_by(forward, change, members)


def shown_settings(
    forward: Forward, causes: Mapping[str, Sequence[str]], places: Sequence[str | None]
) -> tuple[dict[str, tuple[str, ...]], tuple[str | None, ...]]:
    """Values and places that a panel may offer, every value in every place.

    Left out are values that may not be asked of everybody, causes with fewer than two others, and
    places in which one of what remains may not be asked.

    Parameters
    ----------
    causes
        Values by cause, as ``--do`` writes them.
    places
        None for everybody.
    """

    def is_shown(cause: str, value: str, place: str | None) -> bool:
        changes = chosen_contrast(forward, cause, value, None)
        return all(change_is_shown(forward, change, place) for change in changes)

    everywhere = {
        cause: tuple(value for value in values if is_shown(cause, value, None))
        for cause, values in causes.items()
    }
    kept = {cause: values for cause, values in everywhere.items() if len(values) > 1}
    offered = [(cause, value) for cause, values in kept.items() for value in values]
    shown = (place for place in places if all(is_shown(*each, place) for each in offered))
    return kept, tuple(shown)


def _declare(forward: Forward) -> str:
    """How to say that the rows of a table are no persons, where that may be so."""
    return _NO_PERSONS if forward.data.years is None else ""


def _group_of(forward: Forward, place: str) -> str:
    """The group that a place is a level of, as :func:`within` reads it."""
    if place in forward.data.units:
        return UNIT
    return next(name for name, item in forward.data.groups.items() if place in item.labels)


def _sides(
    data: StructuralData, small: frozenset[tuple[str, str]], causes: set[str]
) -> dict[tuple[str, str], set[tuple[str, str]]]:
    """By cause and contrast, or level, the small levels that a row on it is about."""
    found = {}
    for cause in causes & {name for name, _ in small}:
        column = data.column(cause)
        levels = column.levels if column is not None else ()
        pairs = {f"{one} vs {other}": {one, other} for one in levels for other in levels}
        for shown, about in (pairs | {level: {level} for level in levels}).items():
            found[cause, shown] = {(cause, level) for level in about} & small
    return found
