"""Numbers about few persons: of levels and places, and of what changes only few."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import pandas as pd

from vm2causal.disclosure import MINIMUM, small_count
from vm2causal.effects.contrasts import Contrast, chosen_contrast
from vm2causal.effects.forward import Forward
from vm2causal.effects.hidden_places import UNIT, hidden_in, hidden_levels, hidden_of
from vm2causal.effects.small_levels import is_told_by, small_levels
from vm2causal.effects.what_if import within
from vm2causal.errors import QueryError
from vm2causal.model.data.structural_data import YEAR, StructuralData
from vm2causal.model.degrees_of_freedom import residual_persons
from vm2causal.model.structural_layout import Layout

LEAST_RESIDUAL: Final = 10
"""Persons beyond the coefficients of an equation, as for regressions that leave a research data
centre (``safe_dof_threshold`` of acro)."""

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
    small = small_levels(forward.data) | hidden_in(forward)
    if not small or found.empty:
        return found, frozenset()
    about = found["contrast" if "contrast" in found else "cause_level"]
    causes = _sides(forward, small, set(found["cause"]))
    levels = found["effect_level"] if "effect_level" in found else [None] * len(found)
    rows = [
        causes.get((cause, side), set()) | ({(effect, level)} & small)
        for cause, side, effect, level in zip(
            found["cause"], about, found["effect"], levels, strict=True
        )
    ]
    kept = [not row for row in rows]
    return found[kept].reset_index(drop=True), frozenset().union(*rows)


def without_small_summaries(data: StructuralData, table: pd.DataFrame) -> pd.DataFrame:
    """Leave out of a predictive check what sums up few persons.

    That are sectors that are hidden, levels that few have, and shares of events of which there are
    few, or few without: a distance in standard deviations tells how many from how many are
    expected.

    Parameters
    ----------
    table
        Of :func:`~vm2causal.checks.replicate.posterior_predictive.posterior_predictive` or
        :func:`~vm2causal.checks.replicate.prior_predictive.prior_predictive`.
    """
    if table.empty or not data.of_persons:
        return table
    small = small_levels(data) | hidden_of(data)
    kept = [
        not {("sector", row["sector"]), (row["variable"], row["level"])} & small
        and not few_events(data, row["variable"], year=row["year"], sector=row["sector"])
        # what is absent is none in one table and not a number in another
        for row in table.astype(object).where(table.notna(), None).to_dict("records")
    ]
    return table[kept].reset_index(drop=True)


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


def few_events(data: StructuralData, name: str, *, year: int | None, sector: str | None) -> bool:
    """Whether few persons of a year and sector had an event, or few of them had not."""
    cells = data.cells.get(name)
    if cells is None or not data.of_persons:
        return False
    here = np.ones(len(cells.unit), dtype=bool)
    if year is not None:
        here &= data.patterns[YEAR].to_numpy()[cells.pattern] == year
    if sector is not None:
        grouping = data.groups["sector"]
        here &= grouping.codes[cells.unit] == grouping.labels.index(sector)
    events, trials = int(cells.events[here].sum()), int(cells.trials[here].sum())
    return small_count(events) or small_count(trials - events)


def _declare(forward: Forward) -> str:
    """How to say that the rows of a table are no persons, where that may be so."""
    return _NO_PERSONS if forward.data.years is None else ""


def _group_of(forward: Forward, place: str) -> str:
    """The group that a place is a level of, as :func:`within` reads it."""
    if place in forward.data.units:
        return UNIT
    return next(name for name, item in forward.data.groups.items() if place in item.labels)


def _sides(
    forward: Forward, small: frozenset[tuple[str, str]], causes: set[str]
) -> dict[tuple[str, str], set[tuple[str, str]]]:
    """By cause and contrast, or level, the small levels that a row on it is about."""
    found = {}
    for cause in causes & {name for name, _ in small}:
        column = forward.data.column(cause)
        levels = column.levels if column is not None else ()
        pairs = {f"{one} vs {other}": {one, other} for one in levels for other in levels}
        for shown, about in (pairs | {level: {level} for level in levels}).items():
            found[cause, shown] = {(cause, level) for level in about} & small
    return found
