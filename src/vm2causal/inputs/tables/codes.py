"""Numbers that may be codes for a missing value: −9, 99, 9999 and what stands far off."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

_NINES: Final = ("9", "99", "999", "9999", "99999", "999999")
_OTHERS: Final = ("77", "777", "7777", "88", "888", "8888", "96", "97", "98", "996", "997", "998")
_LONGER: Final = ("9996", "9997", "9998")

USUAL_CODES: Final = frozenset(
    float(sign + code) for sign in ("", "-") for code in (*_NINES, *_OTHERS, *_LONGER)
) | frozenset(float(-code) for code in range(1, 9))
"""What surveys and registers write for unknown, refused, not applicable: 99, −1, 9999, …"""

_TINY_SCALE: Final = 9
"""Numbers below it are answers as often as codes: they need more around them to stand out."""

_FEW: Final = 3
_SOME: Final = 5
_LARGEST_SHARE: Final = 0.25

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Suspects:
    """Values of a column that may be no data.

    ``codes`` are refused: each a usual code outside the range of the rest, or far from it and
    repeated. ``outliers`` stand as far off and occur once.
    """

    codes: tuple[float, ...] = ()
    outliers: tuple[float, ...] = ()


def suspects(numbers: pd.Series[float], *, levels: bool = False) -> Suspects:
    """Look for values that stand apart from all others of a column.

    Parameters
    ----------
    numbers
        The column; NaN where missing.
    levels
        Whether these are levels or answers, and no quantity that may skip a few numbers.

    Notes
    -----
    A *usual code* is refused when it lies outside the range of the other values, at twice the
    largest step between them or more (a quantity of 9 that occurs once: at
    three times); a negative one also when it is the only kind of negative number beside values up
    to 10 or more. Any other value is refused when it is repeated, in a quarter of the rows at most,
    and lies further from five or more other values than twice their range. One that
    occurs once and lies as far is an outlier.

    Examples
    --------
    >>> suspects(pd.Series([1, 2, 3, 4, 5, 99, 99.0]))
    Suspects(codes=(99.0,), outliers=())
    >>> suspects(pd.Series([10.0, 11, 12, 13, 9, 18]))
    Suspects(codes=(), outliers=())
    >>> suspects(pd.Series([1.5, 2, 3, 4, 5, 55]))
    Suspects(codes=(), outliers=(55.0,))
    """
    known = numbers[np.isfinite(numbers)]
    counts = known.value_counts()
    values = np.sort(counts.index.to_numpy(np.float64))
    codes = _codes(values, counts, levels)
    rest = values[~np.isin(values, codes)]
    outliers = []
    for extreme in _extremes(rest):
        others = rest[rest != extreme]
        if len(others) < _SOME:
            continue
        times, spread = int(counts[extreme]), float(others[-1] - others[0])
        gap = _gap(extreme, others)
        share = times / len(known)
        if gap <= 2 * spread:
            continue
        if times == 1:
            outliers.append(extreme)
        elif extreme != 0 and share <= _LARGEST_SHARE:
            codes.append(extreme)
    return Suspects(tuple(sorted(codes)), tuple(sorted(outliers)))


def _codes(values: Floats, counts: pd.Series[int], levels: bool) -> list[float]:
    """Usual codes that stand apart; what does not is data, and nearer ones are looked at first."""
    rest = np.array([value for value in values if value not in USUAL_CODES])
    if not len(rest):
        return []
    found = []
    candidates = [float(value) for value in values if value in USUAL_CODES]
    for value in sorted(candidates, key=lambda item: _gap(item, rest)):
        if _stands_apart(value, rest, levels or counts[value] > 1):
            found.append(value)
        else:
            rest = np.sort(np.append(rest, value))
    return found


def _stands_apart(value: float, rest: Floats, sure: bool) -> bool:
    gap = _gap(value, rest)
    if value < 0 <= rest[0] and rest[-1] > _TINY_SCALE:
        return True
    if gap <= 0 or (abs(value) < _TINY_SCALE and len(rest) < _FEW):
        return False
    steps = np.diff(rest)
    # small counts such as 4, 5, 7, 9 have gaps of their own, and hardly twice at the same number
    least = 2 if sure or value != _TINY_SCALE else 3
    return gap >= least * (float(steps.max()) if len(steps) else 0.0)


def _gap(value: float, rest: Floats) -> float:
    """How far a value lies outside the range of others; 0 inside it."""
    return max(float(rest[0]) - value, value - float(rest[-1]), 0.0)


def _extremes(values: Floats) -> list[float]:
    return sorted({float(values[0]), float(values[-1])}) if len(values) else []
