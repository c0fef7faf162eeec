"""What leaves: documents and tables, every number in them as its kind permits.

A number is known by the name it stands under. Summaries of a posterior are rounded by their
standard deviation, estimates by their error, shares of persons by their denominator, statistics of
checks and whatever is not named here to two digits. Numbers of persons below the minimum are
withheld. Settings and the sampler's own diagnostics say nothing of persons, and stay.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

import pandas as pd

from vm2causal.disclosure.digits import by_error, model_result, probability, share, significant
from vm2causal.disclosure.protection import MINIMUM

PERSONS: Final = frozenset({
    "pupils", "pupils_left_out", "starters",
})  # fmt: skip
"""Numbers of persons: withheld where they are small."""

ERRORS: Final[Mapping[str, str]] = {
    "elpd": "se", "elpd_diff": "dse", "estimate": "se", "robust_mean": "robust_sd",
}  # fmt: skip
"""Estimates, and the name of the error beside them that rounds them."""

EXACT: Final = frozenset({
    # what was asked for
    "level", "false_discovery_rate", "alpha", "width", "true", "size", "shift", "factor", "a", "b",
    "product", "year", "years_since_start",
    # rounded where the number of persons is known
    "kept",
    # the sampler's diagnostics, of draws and not of persons
    "rhat", "rhat_max", "ess_bulk", "ess_bulk_min", "ess_tail_min", "ebfmi_min",
    # seconds that a job took
    "import_s", "build_s", "compile_s", "sample_s", "total_s", "timings",
})  # fmt: skip
"""Numbers that no person enters."""

_ENDS: Final = ("mean", "lower", "upper")

_CURVE: Final = frozenset({"value", "prior", "posterior"})
"""A point of the curve of a density, which is drawn."""
_CURVE_DIGITS: Final = 4


def released(document: Mapping[str, Any]) -> dict[str, Any]:
    """A document of results as it may be shown: the same keys, each number as its kind permits.

    What is released twice stays what it is.

    Examples
    --------
    >>> released({"effect": {"mean": -0.41234, "sd": 0.1234, "lower": -0.65432, "upper": -0.17171,
    ...     "level": 0.95}, "p_positive": 0.00123, "starters": 3})
    ... # doctest: +NORMALIZE_WHITESPACE
    {'effect': {'mean': -0.41, 'sd': 0.12, 'lower': -0.65, 'upper': -0.17, 'level': 0.95},
     'p_positive': 0.0012, 'starters': None}
    """
    return {name: _released(name, value, document) for name, value in _rounded(document).items()}


def released_table(table: pd.DataFrame) -> pd.DataFrame:
    """A table of results as it may be shown: the same rows and columns.

    Intervals are cells that hold a summary, or columns ``mean``, ``sd``, ``lower`` and ``upper``.

    Examples
    --------
    >>> found = pd.DataFrame({"cause": ["m"], "natural": [{"mean": 1.2345, "sd": 0.123,
    ...     "lower": 1.0, "upper": 1.5}], "p_positive": [0.99973]})
    >>> released_table(found).to_dict("records")
    [{'cause': 'm', 'natural': {'mean': 1.23, 'sd': 0.12, 'lower': 1.0, 'upper': 1.5}, \
'p_positive': 0.99973}]
    """
    if table.empty:
        return table
    rows = [released({str(name): value for name, value in row.items()}) for row in _rows(table)]
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
    return found.astype(kept)


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


def _released(name: str, value: Any, beside: Mapping[str, Any]) -> Any:
    """One value of a mapping; what :func:`_rounded` has rounded is known by what is beside it."""
    if isinstance(value, Mapping):
        return released(value)
    if isinstance(value, list | tuple):
        return _item(name, value)
    if name in PERSONS and _is_real(value):
        return None if small_count(value) else value
    if name == "observed" and _is_real(value):
        return _observed(float(value), beside)
    if name in _CURVE and all(_is_real(beside.get(part)) for part in _CURVE):
        return significant(float(value), _CURVE_DIGITS)
    if not _is_float(value) or name in EXACT or _by_error(name, beside):
        return value
    return probability(float(value))


def _by_error(name: str, beside: Mapping[str, Any]) -> bool:
    if name in (*_ENDS, "sd") and all(_is_real(beside.get(end)) for end in _ENDS):
        return True
    if name in ("mean", "sd"):
        return _is_real(beside.get("mean")) and _is_real(beside.get("sd"))
    return any(
        name in pair and all(_is_real(beside.get(part)) for part in pair) for pair in ERRORS.items()
    )


def _observed(value: float, beside: Mapping[str, Any]) -> float:
    """What was counted: a share of the starters beside it, or what a spread is beside of."""
    if _is_real(beside.get("starters")):
        return share(value, float(beside["starters"]))
    spread = beside.get("sd")
    return by_error(value, float(spread)) if _is_real(spread) else probability(value)  # type: ignore[arg-type]


def _item(name: str, value: Any) -> Any:
    if isinstance(value, Mapping):
        return released(value)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return type(value)(_item(name, item) for item in value)  # type: ignore[call-arg]
    return probability(float(value)) if _is_float(value) and name not in EXACT else value


def _is_float(value: Any) -> bool:
    """Whether a value is a number with digits behind the point, numpy's among them."""
    if isinstance(value, bool | int | str) or value is None or not hasattr(value, "__float__"):
        return False
    return math.isfinite(value) and not hasattr(value, "__index__")


def _is_real(value: Any) -> bool:
    """Whether a value is a finite number."""
    return (
        not isinstance(value, bool | str)
        and hasattr(value, "__float__")
        and math.isfinite(float(value))
    )
