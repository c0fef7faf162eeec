"""What an attack could have found: how likely, or from what size on, it brings an estimate down.

In closed form, for the very refits that were made. The estimates of refits count as normal.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from scipy.special import chdtrc, ndtri

from vm2causal.checks.refute.plan import Attack
from vm2causal.checks.refute.rules import (
    CONTROL_ALPHA,
    FALSE_ALARM,
    NOISE,
    SUBSET_SPREAD,
    UNMOVED,
    Estimates,
    expected_shift,
    spread_limit,
)
from vm2causal.effects.intervals import Interval

POWER: Final = 0.8
"""Probability with which an effect of the size that is told is found."""
ALARM_RATE: Final = 0.2
"""Share of 95% intervals that exclude 0 though there is nothing: four times too many."""
SHIFT: Final = 0.75
"""Shift by a cause of pure noise, root mean square, in standard deviations of the estimate."""
PARTS: Final = 3.0
"""Shift of subsets, root mean square, in the standard deviations that sampling explains."""


class Found(StrEnum):
    """What an attack could have found."""

    ALARM_RATE = "alarm_rate"
    SHIFT = "shift"
    PARTS = "parts"
    DIFFERENCE = "difference"
    """Between the effect in a part of the data and in the rest, in the unit of the effect."""
    CONTROL = "control"
    """Effect of a control, in its own unit."""


@dataclass(frozen=True)
class Power:
    """A fault of some size, and how likely it had been found.

    Parameters
    ----------
    what
        Kind of fault.
    low, high
        Its size; where each refit finds another size with that probability, the smallest and the
        largest of them, else the same.
    probability
        Of finding it.
    """

    what: Found
    low: float
    high: float
    probability: float


def power_of(attack: Attack, found: Estimates, base: Interval, *, clusters: int) -> Power:
    """What an attack could have found with these refits.

    Parameters
    ----------
    attack
        Whose refits these are.
    found
        What its refits returned; at least one.
    base
        The estimate under attack.
    clusters
        Number of schools, or of units where there are none, of which subsets are drawn.
    """
    if attack in (Attack.PLACEBO, Attack.DUMMY):
        return Power(Found.ALARM_RATE, ALARM_RATE, ALARM_RATE, _of_alarms(len(found)))
    if attack is Attack.RANDOM_CAUSE:
        beyond = len(found) * (UNMOVED / SHIFT) ** 2
        return Power(Found.SHIFT, SHIFT, SHIFT, float(chdtrc(len(found), beyond)))
    if attack is Attack.SUBSET:
        return Power(Found.PARTS, PARTS, PARTS, _of_subsets(len(found), clusters))
    if attack is Attack.CONTROL:
        reach = ndtri(1 - CONTROL_ALPHA / (2 * len(found))) + ndtri(POWER)
        sizes = [float(reach * item["effect"]["sd"]) for item in found.values()]
        return Power(Found.CONTROL, min(sizes), max(sizes), POWER)
    differences = _differences(found, base)
    return Power(Found.DIFFERENCE, min(differences), max(differences), POWER)


def _of_alarms(refits: int) -> float:
    """Placebo effects spread so far that 95% intervals exclude 0 too often, at the limit."""
    wider = ndtri(0.975) / ndtri(1 - ALARM_RATE / 2)
    beyond = refits * (spread_limit(refits) / wider) ** 2 / (1 + NOISE**2)
    return float(chdtrc(refits, beyond))


def _of_subsets(refits: int, clusters: int) -> float:
    """Drawn from so many clusters, subsets know no more of their spread than there are clusters."""
    freedom = 1 / (1 / refits + 1 / max(clusters - 1, 1))
    return float(chdtrc(freedom, freedom * (SUBSET_SPREAD / PARTS) ** 2))


def _differences(found: Estimates, base: Interval) -> list[float]:
    """Per part left out, how far its effect must lie from that of the rest.

    The whole is a mean of the part and the rest by their shares, so that leaving a share 1 − f out
    shifts the estimate by 1 − f times their difference.
    """
    reach = ndtri(1 - FALSE_ALARM / (2 * len(found))) + ndtri(POWER)
    return [
        float(reach * _sampling(item, base) / max(1 - float(item["kept"]), 1e-9))
        for item in found.values()
    ]


def _sampling(item: Mapping[str, object], base: Interval) -> float:
    effect, kept = item["effect"], item["kept"]
    assert isinstance(effect, Mapping)
    assert isinstance(kept, float)
    return expected_shift(base["sd"], float(effect["sd"]), kept)
