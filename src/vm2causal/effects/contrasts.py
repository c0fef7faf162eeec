"""Which two values of a cause are compared: chosen by the user, or by the data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import expit

from vm2causal.effects.forward import Forward
from vm2causal.errors import QueryError
from vm2causal.model.data.columns import Column, Floats
from vm2causal.spec.rules import suggestion

QUARTILES = (0.25, 0.75)
"""A continuous cause, a latent one or a count is compared between these quantiles of its data."""


@dataclass(frozen=True)
class Contrast:
    """``high`` against ``low``, in the units an intervention takes.

    Parameters
    ----------
    cause
        Name of the variable that is intervened on.
    high, low
        Value of interest and the one it is compared with: a number in the units of the data,
        the rank of a level, or the yearly probability of a count.
    high_text, low_text
        The same as the reader knows them.
    outside
        Whether one of them lies outside the data.
    together
        Contrasts of other causes that are made at the same time: a joint intervention.
    """

    cause: str
    high: float
    low: float
    high_text: str
    low_text: str
    outside: bool = False
    together: tuple[Contrast, ...] = ()

    @property
    def parts(self) -> tuple[Contrast, ...]:
        """The contrast of each cause."""
        return (self, *self.together)

    @property
    def causes(self) -> str:
        """The causes, separated by commas where there are several."""
        return ", ".join(part.cause for part in self.parts)

    @property
    def above(self) -> dict[str, float]:
        """What every cause is set to in the world of interest."""
        return {part.cause: part.high for part in self.parts}

    @property
    def below(self) -> dict[str, float]:
        """What every cause is set to in the world it is compared with."""
        return {part.cause: part.low for part in self.parts}

    @property
    def text(self) -> str:
        """``high vs low``; of several causes ``x=1, m=0 vs x=0, m=0``."""
        if not self.together:
            return f"{self.high_text} vs {self.low_text}"
        high = ", ".join(f"{part.cause}={part.high_text}" for part in self.parts)
        low = ", ".join(f"{part.cause}={part.low_text}" for part in self.parts)
        return f"{high} vs {low}"


def joint_contrast(forward: Forward, parts: Sequence[Contrast]) -> Contrast:
    """Contrasts of several causes, made together.

    Parameters
    ----------
    forward
        Equations of a fit, with its data and posterior draws.
    parts
        One per cause, at least one.

    Raises
    ------
    QueryError
        When a cause is a group of the model: what may be shown of small groups is decided per
        group.
    """
    first, *others = parts
    groups = [part.cause for part in parts if part.cause in forward.data.groups]
    if others and groups:
        raise QueryError(
            f"'{groups[0]}' is a group of the model, and is not set together with other causes.",
            value=", ".join(part.cause for part in parts),
            fix=f"Ask about '{groups[0]}' by itself.",
        )
    outside = any(part.outside for part in parts)
    return replace(first, outside=outside, together=tuple(others))


def default_contrasts(forward: Forward, cause: str) -> tuple[Contrast, ...]:
    """Quartiles of a number; highest against lowest level; each level against the reference.

    Parameters
    ----------
    forward
        Equations of a fit, with its data and posterior draws.
    cause
        Name of the variable that is intervened on.
    """
    column = forward.data.columns.get(cause)
    if column is None or column.kind.numeric:
        values = unit_values(forward, cause)
        low, high = _apart(values)
        if low == high:
            return ()
        return (Contrast(cause, high, low, *_texts(forward, cause, high, low)),)
    seen = sorted({int(rank) for rank in column.values[~column.missing]})
    if column.kind.unordered:
        others = [rank for rank in seen if rank != column.reference]
        return tuple(_of_levels(cause, column, rank, column.reference) for rank in others)
    return (_of_levels(cause, column, seen[-1], seen[0]),) if len(seen) > 1 else ()


def chosen_contrast(
    forward: Forward, cause: str, do: str, versus: str | None
) -> tuple[Contrast, ...]:
    """The contrast a user asked for.

    Parameters
    ----------
    forward
        Equations of a fit, with its data and posterior draws.
    cause
        Name of the variable that is intervened on.
    do, versus
        A number, or a level as the data write it; of a count the yearly probability, as a share.
        Without ``versus``: the median, or the most frequent of the other levels.

    Raises
    ------
    QueryError
        When the cause is not in the data, or a value cannot be one of its values.
    """
    require_cause(forward, cause)
    column = forward.data.columns.get(cause)
    if column is None or column.kind.numeric:
        values = unit_values(forward, cause)
        read = _as_log_odds if cause in forward.data.cells else _as_number
        high = read(forward, cause, do)
        low = float(np.nanmedian(values)) if versus is None else read(forward, cause, versus)
        reach = float(np.nanmin(values)), float(np.nanmax(values))
        outside = not all(reach[0] <= value <= reach[1] for value in (high, low))
        return (Contrast(cause, high, low, *_texts(forward, cause, high, low), outside),)
    top = _rank(cause, column, do)
    bottom = _rank(cause, column, versus) if versus is not None else _most_frequent(column, top)
    unseen = {top, bottom} - {int(rank) for rank in column.values[~column.missing]}
    found = _of_levels(cause, column, top, bottom)
    return (Contrast(**(vars(found) | {"outside": bool(unseen)})),)


def require_cause(forward: Forward, cause: str) -> None:
    """Something can be done to a cause.

    Parameters
    ----------
    forward
        Equations of a fit, with its data and posterior draws.
    cause
        Name of the variable that is intervened on.

    Raises
    ------
    QueryError
        When it is not in the data.
    """
    if cause not in forward.data.spec.variables or cause not in _interventions(forward):
        raise QueryError(
            f"Nothing can be done to '{cause}' in this fit.",
            value=cause,
            fix=_one_of(cause, _interventions(forward)),
        )


def _apart(values: Floats) -> tuple[float, float]:
    """The quartiles, or where these are the same value the nearest quantiles that differ."""
    for share in (QUARTILES[0], 0.1, 0.05, 0.0):
        low, high = np.nanquantile(values, (share, 1 - share))
        if low < high:
            break
    return float(low), float(high)


def _interventions(forward: Forward) -> list[str]:
    return [name for name in forward.layout.order if name not in forward.data.covariates]


def unit_values(forward: Forward, cause: str) -> Floats:
    """Observed values per unit, NaN where missing; posterior means of what is not observed.

    Parameters
    ----------
    forward
        Equations of a fit, with its data and posterior draws.
    cause
        Name of the variable that is intervened on.
    """
    column = forward.data.columns.get(cause)
    if column is not None:
        return column.values
    means: Floats = forward.observed.values[cause].mean(axis=0)
    return means


def _of_levels(cause: str, column: Column, high: int, low: int) -> Contrast:
    return Contrast(cause, float(high), float(low), column.levels[high], column.levels[low])


def _rank(cause: str, column: Column, level: str) -> int:
    if level not in column.levels:
        raise QueryError(
            f"'{cause}' has no such level.", value=level, fix=_one_of(level, column.levels)
        )
    return column.levels.index(level)


def _one_of(word: str, known: Sequence[str]) -> str:
    return suggestion(word, known, otherwise=f"One of: {', '.join(known)}.")


def _most_frequent(column: Column, other_than: int) -> int:
    """The most frequent of the other levels: a level against itself is no contrast."""
    seen = column.values[~column.missing].astype(np.int64)
    times = np.bincount(seen, minlength=len(column.levels))
    times[other_than] = -1
    return int(times.argmax())


def _as_number(forward: Forward, cause: str, text: str) -> float:
    del forward  # a number means the same whatever was fitted
    try:
        value = float(text.replace(",", "."))
    except ValueError:
        value = np.nan
    if not np.isfinite(value):
        raise QueryError(f"'{cause}' takes a number.", value=text, fix="Write, for example, 1.5.")
    return value


def _as_log_odds(forward: Forward, cause: str, text: str) -> float:
    """Log-odds around 0 at which the yearly probability of a count is a given share."""
    from scipy.optimize import brentq

    share = _as_number(forward, cause, text)
    if not 0 < share < 1:
        raise QueryError(
            f"'{cause}' is counted among pupils; it takes a share between 0 and 1.",
            value=text,
            fix="Write, for example, 0.8.",
        )
    found: float = brentq(lambda eta: _yearly_share(forward, cause, eta) - share, -30.0, 30.0)
    return found


def _yearly_share(forward: Forward, cause: str, eta: float) -> float:
    """Average probability over the cells of a count, at posterior means of years and pupils."""
    cells, pattern = forward.data.cells[cause], forward.pattern_part(cause).mean(axis=0)
    return float(np.average(expit(eta + pattern[cells.pattern]), weights=cells.trials))


def _texts(forward: Forward, cause: str, high: float, low: float) -> tuple[str, str]:
    if cause not in forward.data.cells:
        return _number(high), _number(low)
    shares = (_yearly_share(forward, cause, value) for value in (high, low))
    first, second = (f"{share:.0%}" for share in shares)
    return first, second


def _number(value: float) -> str:
    return f"{value:.3g}"
