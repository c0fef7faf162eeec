"""One effect as it is asked for: on which scale, for whom, in which groups."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any, Final

import numpy as np
import pandas as pd

from vm2causal.effects.averages import shares_of
from vm2causal.effects.contrasts import Contrast
from vm2causal.effects.expectation import Memo, expected
from vm2causal.effects.forward import Forward
from vm2causal.effects.intervals import interval
from vm2causal.effects.totals import coefficients_by, members_by
from vm2causal.errors import QueryError
from vm2causal.model.data.columns import Floats
from vm2causal.spec.rules import suggestion
from vm2causal.spec.words import Kind


class EffectScale(StrEnum):
    """How two expected responses are compared."""

    DIFFERENCE = "difference"
    """The one less the other."""
    RATIO = "ratio"
    """The one as a multiple of the other: of shares the risk ratio."""
    ODDS_RATIO = "odds ratio"
    """The odds of the one as a multiple of those of the other."""
    SLOPE = "slope"
    """The difference per unit of the cause, between the two values."""


_SHARES: Final = frozenset({Kind.BINARY, Kind.COUNT, Kind.NOMINAL})
_POSITIVE: Final = _SHARES | {Kind.NEGATIVE_BINOMIAL}


def asked_effect(
    forward: Forward,
    contrast: Contrast,
    effect: str,
    *,
    scale: EffectScale = EffectScale.DIFFERENCE,
    by: str | None = None,
    among: Mapping[str, str] | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """A total effect on a scale, for everybody, some, or by group.

    Expected responses are averaged over units first and compared then (marginal effects; Hernán &
    Robins 2020, Causal Inference: What If, §1.3).

    Parameters
    ----------
    scale
        Ratios need responses that cannot be negative, odds ratios shares, slopes a cause that is a
        number.
    by
        A group of the model; None for everybody.
    among
        Observed values by variable that the units averaged over have. ``{"x": "1"}`` for a cause x
        gives the effect on those who had it (ATT).
    level
        Mass of the intervals.

    Returns
    -------
    pandas.DataFrame
        ``cause``, ``effect``, ``contrast``, ``outside``, ``effect_level``, ``by``, ``group``,
        ``coefficients``, ``scale``, interval ``natural``, and ``p_positive``: the probability that
        a difference is above 0, or a ratio above 1.

    Raises
    ------
    QueryError
        When the scale does not fit the effect or the cause, or nobody has the values of ``among``.
    """
    _require_scale(forward, contrast, effect, scale)
    memo = Memo()
    high, low = (
        expected(forward, done, [effect], memo=memo).responses[effect]
        for done in (contrast.above, contrast.below)
    )
    chosen = chosen_units(forward, among or {})
    rows: list[dict[str, Any]] = []
    for group, members in members_by(forward, by, effect):
        weights = members * chosen
        if weights.sum() <= 0:
            continue
        for name, above, below in _responses(forward, effect, high, low, shares_of(weights)):
            draws, nothing = _compared(above, below, scale, contrast)
            rows.append(
                {
                    "cause": contrast.causes,
                    "effect": effect,
                    "contrast": contrast.text,
                    "outside": contrast.outside,
                    "effect_level": name,
                    "by": by,
                    "group": group,
                    "coefficients": coefficients_by(forward.data.spec, by, contrast.causes, effect),
                    "scale": scale.value,
                    "natural": interval(draws, level),
                    "p_positive": float((draws > nothing).mean()),
                }
            )
    return pd.DataFrame(rows)


def chosen_units(forward: Forward, among: Mapping[str, str]) -> Floats:
    """1 for the units that have some observed values, else 0.

    Raises
    ------
    QueryError
        When there is no such variable or group of units, or nobody has these values.
    """
    chosen = np.ones(len(forward.data.units), dtype=bool)
    for name, value in among.items():
        chosen &= _having(forward, name, value)
    if not chosen.any():
        said = ", ".join(f"{name}={value}" for name, value in among.items())
        raise QueryError("Nobody in the data has these values.", value=said)
    found: Floats = chosen.astype(np.float64)
    return found


def _having(forward: Forward, name: str, value: str) -> Any:
    data = forward.data
    if name in data.columns and not data.columns[name].numeric:
        column = data.columns[name]
        _require_level(name, value, column.levels)
        return column.values == column.levels.index(value)
    if name in data.groups:
        group = data.groups[name]
        _require_level(name, value, tuple(map(str, group.labels)))
        return np.array([str(group.labels[code]) == value for code in group.codes])
    if name in data.columns:
        try:
            return data.columns[name].values == float(value.replace(",", "."))
        except ValueError:
            raise QueryError(f"'{name}' takes a number.", value=value) from None
    known = [*data.columns, *(group for group in data.groups if group not in data.columns)]
    raise QueryError(
        "Units are chosen by an observed variable or a group.",
        value=name,
        fix=suggestion(name, known, otherwise=f"One of: {', '.join(known)}."),
    )


def _require_level(name: str, value: str, levels: tuple[str, ...]) -> None:
    if value not in levels:
        raise QueryError(
            f"'{name}' has no such level.",
            value=value,
            fix=suggestion(value, levels, otherwise=f"One of: {', '.join(levels[:12])}."),
        )


def _require_scale(forward: Forward, contrast: Contrast, effect: str, scale: EffectScale) -> None:
    kind = forward.data.spec.variables[effect].kind
    if scale is EffectScale.ODDS_RATIO and kind not in _SHARES:
        raise QueryError("Only shares have odds.", value=effect, fix="Ask for a difference.")
    if scale is EffectScale.RATIO and kind not in _POSITIVE:
        raise QueryError(
            "A ratio needs a response that cannot be negative: a share or a count.",
            value=effect,
            fix="Ask for a difference.",
        )
    if scale is EffectScale.SLOPE:
        column = forward.data.columns.get(contrast.cause)
        if contrast.together or column is None or not column.numeric:
            raise QueryError(
                "A slope is per unit of one cause that is a number.",
                value=contrast.causes,
                fix="Ask for a difference.",
            )


def _responses(
    forward: Forward, effect: str, high: Floats, low: Floats, shares: Floats
) -> Iterator[tuple[str | None, Floats, Floats]]:
    """Averaged responses in both worlds, shape (draw,); of a nominal effect by level."""
    if high.ndim == 2:
        yield None, high @ shares, low @ shares
        return
    for rank, name in enumerate(forward.data.columns[effect].levels):
        yield str(name), high[:, :, rank] @ shares, low[:, :, rank] @ shares


def _compared(
    above: Floats, below: Floats, scale: EffectScale, contrast: Contrast
) -> tuple[Floats, float]:
    """Draws of the comparison, and its value where there is no effect."""
    match scale:
        case EffectScale.RATIO:
            return above / below, 1.0
        case EffectScale.ODDS_RATIO:
            return above / (1 - above) / (below / (1 - below)), 1.0
        case EffectScale.SLOPE:
            return (above - below) / (contrast.high - contrast.low), 0.0
        case _:
            return above - below, 0.0
