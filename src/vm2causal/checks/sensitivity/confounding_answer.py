"""What the curve of an unmeasured common cause says: tipping points, and known strengths on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pandas as pd

from vm2causal.checks.refute.refitted_effect import AttackedQuery, excludes_zero, interval_of
from vm2causal.checks.sensitivity.e_values import EValue
from vm2causal.effects.intervals import Interval
from vm2causal.model.data.columns import Floats

_PARTS: Final = ("mean", "sd", "lower", "upper")


@dataclass(frozen=True)
class Confounding:
    """What an unmeasured common cause would do to one effect.

    Parameters
    ----------
    query
        The effect under attack, and the regression that estimates it.
    estimate
        Without such a cause.
    noise
        Standard deviation of what nothing explains in the cause; a cannot exceed it.
    curve
        Products ``product`` = a·b, in the direction that takes the effect away, and ``effect``.
    tipping_mean, tipping_interval
        Smallest |a·b| at which the mean reaches 0, and the interval holds 0.
    benchmarks
        Observed covariates: ``variable``, ``a``, ``b``, ``effect`` if something as strong were left
        out, and ``explains``: whether its interval then holds 0.
    e_value
        Of the effect; None where it has none.
    refit, shift
        Interval of a refit with such a cause of strength (``a``, ``b``) in the model, and the one
        the curve gives.
    """

    query: AttackedQuery
    estimate: Interval
    noise: float
    curve: pd.DataFrame = field(repr=False)
    tipping_mean: float
    tipping_interval: float
    benchmarks: pd.DataFrame = field(repr=False)
    e_value: EValue
    refit: Mapping[str, Any] | None


def confounding_of(query: AttackedQuery, found: Mapping[str, Any]) -> Confounding:
    """Read the answer of one task.

    Parameters
    ----------
    query
        The effect under attack, and the regression that estimates it.
    found
        Value of the task.
    """
    curve = pd.DataFrame(
        [
            {"product": item["product"], "effect": interval_of(item["effect"])}
            for item in found["curve"]
        ]
    )
    ratio = found["e_value"]
    return Confounding(
        query,
        interval_of(found["effect"]),
        float(found["noise"]),
        curve,
        *tipping_points(curve),
        _benchmark_table(found["benchmarks"], curve, float(found["sign"])),
        EValue(
            interval_of(ratio["risk_ratio"]),
            bool(ratio["approximate"]),
            float(ratio["estimate"]),
            float(ratio["limit"]),
        ),
        found["refit"],
    )


def tipping_points(curve: pd.DataFrame) -> tuple[float, float]:
    """Smallest |a·b| at which the mean reaches 0, and at which the interval holds 0.

    Parameters
    ----------
    curve
        ``product`` (a·b) and ``effect`` (its interval), from product 0 on.
    """
    products = np.abs(curve["product"].to_numpy(np.float64))
    parts = {part: np.array([item[part] for item in curve["effect"]]) for part in _PARTS}
    sign = 1.0 if parts["mean"][0] >= 0 else -1.0
    near = parts["lower"] if sign > 0 else parts["upper"]
    return _crossing(products, sign * parts["mean"]), _crossing(products, sign * near)


def _crossing(products: Floats, values: Floats) -> float:
    """Where a falling curve first reaches 0, between points by a straight line."""
    below = np.flatnonzero(values <= 0)
    if not len(below):
        return float("inf")
    place = int(below[0])
    if place == 0:
        return 0.0
    before, after = values[place - 1], values[place]
    share = before / (before - after)
    return float(products[place - 1] + share * (products[place] - products[place - 1]))


def _benchmark_table(
    items: Sequence[Mapping[str, Any]], curve: pd.DataFrame, sign: float
) -> pd.DataFrame:
    products = np.abs(curve["product"].to_numpy(np.float64))
    rows = []
    for item in items:
        strength = abs(item["a"] * item["b"])
        parts = {
            part: float(np.interp(strength, products, [one[part] for one in curve["effect"]]))
            for part in _PARTS
        }
        effect = interval_of({**parts, "level": curve["effect"].iloc[0]["level"]})
        explains = not excludes_zero(effect)
        rows.append({**item, "product": sign * strength, "effect": effect, "explains": explains})
    columns = ["variable", "a", "b", "product", "effect", "explains"]
    return pd.DataFrame(rows, columns=columns)
