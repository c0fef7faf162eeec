"""The door: documents and tables of results, every number in them as its kind permits.

What is written, printed or drawn of a fit is :data:`Released` or a :data:`ReleasedTable`. Beside
this module only :mod:`~vm2causal.disclosure.exemption` makes those, for what is not about persons
or not for publication. A number whose kind :mod:`~vm2causal.disclosure.kinds` does not know is
refused.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NewType

import pandas as pd

from vm2causal.disclosure.digits import by_error, model_result, probability, share, significant
from vm2causal.disclosure.kinds import KINDS, TOGETHER, Kind, UnknownNumber, kind_of
from vm2causal.disclosure.protection import MINIMUM

Released = NewType("Released", dict[str, Any])
"""A document that may leave: of :func:`released`, or exempt for a reason."""

ReleasedTable = NewType("ReleasedTable", pd.DataFrame)
"""A table that may leave: of :func:`released_table`, or exempt for a reason."""


@dataclass(frozen=True)
class Behind:
    """Whom the numbers of a document are about.

    Parameters
    ----------
    persons
        How many they are; of a table with ``rows: units`` its rows.
    rows_are_persons
        Whether each row of the data is a person.
    """

    persons: float
    rows_are_persons: bool


ERRORS: Final[Mapping[str, str]] = {
    "elpd": "se", "elpd_diff": "dse", "estimate": "se", "robust_mean": "robust_sd",
}  # fmt: skip
"""Estimates, and the name of the error beside them that rounds them."""

_ENDS: Final = ("mean", "lower", "upper")
_CURVE: Final = frozenset({"value", "prior", "posterior"})
"""A point of the curve of a density, which is drawn."""
_CURVE_DIGITS: Final = 4
_DENOMINATORS: Final = ("starters", "points")
"""Numbers that a share beside them is out of."""


def released(document: Mapping[str, Any], behind: Behind | None = None) -> Released:
    """A document of results as it may be shown: the same keys, each number as its kind permits.

    What is released twice stays what it is.

    Parameters
    ----------
    behind
        Whom it is about. Without it rows are taken for persons, and a share needs its whole
        beside it.

    Raises
    ------
    UnknownNumber
        When a number has no kind, or is a share of unknown many.

    Examples
    --------
    >>> released({"effect": {"mean": -0.41234, "sd": 0.1234, "lower": -0.65432, "upper": -0.17171,
    ...     "level": 0.95}, "p_positive": 0.00123, "starters": 3})
    ... # doctest: +NORMALIZE_WHITESPACE
    {'effect': {'mean': -0.41, 'sd': 0.12, 'lower': -0.65, 'upper': -0.17, 'level': 0.95},
     'p_positive': 0.0012, 'starters': None}
    """
    return Released(_Door(behind).mapping("", document))


def released_table(
    table: pd.DataFrame, behind: Behind | None = None, *, around: str = ""
) -> ReleasedTable:
    """A table of results as it may be shown: the same rows and columns.

    Intervals are cells that hold a summary, or columns ``mean``, ``sd``, ``lower`` and ``upper``.

    Parameters
    ----------
    behind
        As for :func:`released`.
    around
        What the table is called where its fields have other kinds than elsewhere.

    Examples
    --------
    >>> found = pd.DataFrame({"cause": ["m"], "natural": [{"mean": 1.2345, "sd": 0.123,
    ...     "lower": 1.0, "upper": 1.5}], "p_positive": [0.99973]})
    >>> released_table(found).to_dict("records")
    [{'cause': 'm', 'natural': {'mean': 1.23, 'sd': 0.12, 'lower': 1.0, 'upper': 1.5}, \
'p_positive': 0.99973}]
    """
    if table.empty:
        return ReleasedTable(table)
    door = _Door(behind)
    rows = [
        door.mapping(around, {str(name): value for name, value in row.items()})
        for row in _rows(table)
    ]
    found = pd.DataFrame(
        {
            name: pd.Series([row[str(name)] for row in rows], index=table.index, dtype=object)
            for name in table.columns
        }
    )
    kept = {
        name: kind
        for name, kind in table.dtypes.items()
        if kind == "object" or found[name].isna().sum() == table[name].isna().sum()
    }
    return ReleasedTable(found.astype(kept))


def small_count(persons: float) -> bool:
    """Whether a number of persons is withheld: from 1 to one below the minimum.

    Examples
    --------
    >>> small_count(0), small_count(9), small_count(10)
    (False, True, False)
    """
    return 0 < persons < MINIMUM


def _rows(table: pd.DataFrame) -> list[dict[Any, Any]]:
    return table.to_dict("records")


@dataclass(frozen=True)
class _Number:
    """A number on its way out.

    Parameters
    ----------
    beside
        The mapping it stands in, of which summaries and estimates are rounded.
    """

    name: str
    value: float
    beside: Mapping[str, Any]
    behind: Behind | None


@dataclass(frozen=True)
class _Door:
    behind: Behind | None

    def mapping(self, name: str, document: Mapping[str, Any]) -> dict[str, Any]:
        rounded = _rounded(document)
        few = self._withheld_together(name, document)
        return {
            str(key): None
            if key in few and _is_number(value)
            else self.value(str(key), value, rounded, around=name)
            for key, value in rounded.items()
        }

    def value(self, name: str, value: Any, beside: Mapping[str, Any], *, around: str) -> Any:
        if isinstance(value, Mapping):
            return self.mapping(name, value)
        if isinstance(value, Sequence) and not isinstance(value, str):
            if self._names_persons(name, around):
                return None  # how many they are is told by the length of a list
            # what stands in a list is by itself: nothing beside it says how to round it
            items = [self.value(name, one, {}, around=around) for one in value]
            return tuple(items) if isinstance(value, tuple) else items
        # what is absent, such as a text in a table, is no number
        if not _is_number(value) or math.isnan(value):
            return value
        kind = kind_of(name, around)
        if not math.isfinite(value):
            return value
        return _LEAVES[kind](_Number(name, value, beside, self.behind))

    def _names_persons(self, name: str, around: str) -> bool:
        named = KINDS.get(f"{around}.{name}") is Kind.NAMED
        return named and (self.behind is None or self.behind.rows_are_persons)

    def _withheld_together(self, name: str, document: Mapping[str, Any]) -> frozenset[str]:
        """Numbers of rows that follow from each other, where one of them is small."""
        if self.behind is not None and not self.behind.rows_are_persons:
            return frozenset()
        few = any(
            small_count(document[one])
            for one in TOGETHER & document.keys()
            if _is_number(document[one]) and kind_of(one, name) is Kind.ROWS
        )
        return TOGETHER if few else frozenset()


def _rounded(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """A mapping whose summary or estimate, if it is one, is rounded by its error."""
    found: Mapping[str, Any] = document
    if all(_is_real(document.get(name)) for name in _ENDS):
        found = model_result(document)
    elif _is_real(document.get("mean")) and _is_real(document.get("sd")):
        mean = by_error(float(document["mean"]), float(document["sd"]))
        found = {**document, "mean": mean, "sd": significant(float(document["sd"]))}
    for name, error in ERRORS.items():
        if _is_real(document.get(name)) and _is_real(document.get(error)):
            rounded = {name: by_error(document[name], document[error])}
            found = {**found, **rounded, error: significant(document[error])}
    return found


def _persons(number: _Number) -> Any:
    return None if small_count(number.value) else _whole(number)


def _are_persons(number: _Number) -> bool:
    return number.behind is None or number.behind.rows_are_persons


def _number_of_rows(number: _Number) -> Any:
    return _persons(number) if _are_persons(number) else _whole(number)


def _part(number: _Number) -> Any:
    if not _are_persons(number):
        return _whole(number)
    if number.behind is None or small_count(number.behind.persons - number.value):
        return None
    return _persons(number)


def _which(number: _Number) -> Any:
    return None if _are_persons(number) else number.value


def _share(number: _Number) -> float:
    for name in _DENOMINATORS:
        if _is_real(number.beside.get(name)):
            return share(number.value, float(number.beside[name]))
    if number.behind is None:
        raise UnknownNumber(f"'{number.name}' is a share of unknown many, and is not shown.")
    return share(number.value, number.behind.persons)


def _observed(number: _Number) -> float:
    """What was counted: a share of the starters beside it, or what a spread is beside of."""
    if _is_real(number.beside.get("starters")):
        return share(number.value, float(number.beside["starters"]))
    if _is_real(number.beside.get("sd")):
        return by_error(number.value, float(number.beside["sd"]))
    return probability(number.value)


def _result(number: _Number) -> float:
    """As :func:`_rounded` made it where an error is beside it; else two digits."""
    name, beside = number.name, number.beside
    ends = all(_is_real(beside.get(end)) for end in _ENDS)
    spread = _is_real(beside.get("mean")) and _is_real(beside.get("sd"))
    by_own_error = (
        (ends and name in (*_ENDS, "sd"))
        or (spread and name in ("mean", "sd"))
        or any(
            name in pair and all(_is_real(beside.get(part)) for part in pair)
            for pair in ERRORS.items()
        )
    )
    return number.value if by_own_error else probability(float(number.value))


def _statistic(number: _Number) -> float:
    if number.name in _CURVE and all(_is_real(number.beside.get(part)) for part in _CURVE):
        return _curve(number)
    return probability(float(number.value))


def _curve(number: _Number) -> float:
    return significant(float(number.value), _CURVE_DIGITS)


def _whole(number: _Number) -> Any:
    if number.value != round(number.value):
        raise UnknownNumber(f"'{number.name}' is not a whole number, and is not shown.")
    return number.value


def _as_it_is(number: _Number) -> Any:
    return number.value


_LEAVES: Final[Mapping[Kind, Callable[[_Number], Any]]] = {
    Kind.PERSONS: _persons,
    Kind.ROWS: _number_of_rows,
    Kind.PART: _part,
    Kind.NAMED: _which,
    Kind.SHARE: _share,
    Kind.OBSERVED: _observed,
    Kind.RESULT: _result,
    Kind.STATISTIC: _statistic,
    Kind.CURVE: _curve,
    Kind.THINGS: _whole,
    Kind.SETTING: _as_it_is,
    Kind.YEAR: _whole,
    Kind.SAMPLER: _as_it_is,
    Kind.SECONDS: _as_it_is,
}


def _is_number(value: Any) -> bool:
    """Whether a value is a number, numpy's among them; truth values are none."""
    # numpy's truth values have digits by their name only
    if isinstance(value, bool | str) or type(value).__name__ == "bool":
        return False
    return hasattr(value, "__float__") and not hasattr(value, "to_pydatetime")


def _is_real(value: Any) -> bool:
    """Whether a value is a finite number."""
    return _is_number(value) and math.isfinite(float(value))
