"""What an attack must find for an estimate to stand: each rule as one number against a limit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from math import sqrt
from typing import Any, Final

import numpy as np
from scipy.special import chdtri, ndtri

from vm2causal.effects.intervals import Interval

FALSE_ALARM: Final = 0.01
"""Probability of as many effects of nothing, below which they are no coincidence."""
UNMOVED: Final = 0.5
"""Shift by a cause of pure noise, root mean square, in standard deviations of the estimate."""
SUBSET_SPREAD: Final = 2.0
"""Shift of subsets, root mean square, in the standard deviations that sampling explains."""
NOISE: Final = 0.15
"""Monte Carlo error of the difference of two refits, in standard deviations of the estimate."""
CONTROL_ALPHA: Final = 0.05
"""Two-sided tail probability of no effect, divided by the number of controls (Bonferroni)."""

Estimates = Mapping[str, Mapping[str, Any]]
"""What refits returned, by name."""


@dataclass(frozen=True)
class Judgement:
    """A rule applied: it passes where ``value`` does not exceed ``limit``.

    Parameters
    ----------
    statistic
        Name of the number that is held against the limit.
    value
        That number.
    limit
        The most it may be.
    part
        Name of the refit that ``value`` is of; None where it is of all together.
    """

    statistic: str
    value: float
    limit: float
    part: str | None = None

    @property
    def passed(self) -> bool:
        """Whether the estimate stands."""
        return self.value <= self.limit


def finds_nothing(estimates: Estimates) -> Judgement:
    """Where there is no effect, estimates lie no further from 0 than they claim.

    ``value`` is the root mean square of estimates over their standard deviations. Of twenty of
    which one in five excludes 0 by its 95% interval it is beyond the limit in 71% of attacks; the
    number that exclude 0 is so in 37%.

    Parameters
    ----------
    estimates
        Of the refits, by name, as :func:`~vm2causal.checks.refute.refitted_effect.estimate_of`
        gives them.

    Examples
    --------
    >>> null = {"effect": {"mean": 0.5, "sd": 1.0}}
    >>> finds_nothing({str(k): null for k in range(20)}).value
    0.5
    """
    scores = [item["effect"]["mean"] / item["effect"]["sd"] for item in estimates.values()]
    found = float(np.sqrt(np.mean(np.square(scores))))
    return Judgement("null_spread", found, spread_limit(len(scores)))


@cache
def spread_limit(refits: int) -> float:
    """Root mean square of so many scores that chance exceeds with :data:`FALSE_ALARM`.

    Parameters
    ----------
    refits
        How many scores, at least 1.

    Examples
    --------
    >>> round(spread_limit(20), 2)
    1.39
    """
    return float(np.sqrt((1 + NOISE**2) * chdtri(refits, FALSE_ALARM) / refits))


def stays_put(estimates: Estimates, base: Interval) -> Judgement:
    """A cause of pure noise does not move the estimate.

    Parameters
    ----------
    estimates
        Of the refits, by name, as :func:`~vm2causal.checks.refute.refitted_effect.estimate_of`
        gives them.
    base
        The estimate on the data as they are.
    """
    shifts = np.array([item["effect"]["mean"] - base["mean"] for item in estimates.values()])
    return Judgement("shift", float(np.sqrt(np.mean(shifts**2)) / base["sd"]), UNMOVED)


def holds_in_parts(
    estimates: Estimates, base: Interval, kept: Mapping[str, float], *, worst: bool
) -> Judgement:
    """Parts of the data agree with the whole.

    An estimate from a part differs from that of the whole with variance sd_part² − sd², since the
    whole is efficient (Hausman 1978); at least sd² (1 − f) / f for a part with a share f.

    Parameters
    ----------
    estimates
        Of the refits, by name, as :func:`~vm2causal.checks.refute.refitted_effect.estimate_of`
        gives them.
    base
        The estimate on the data as they are.
    kept
        By name the share of the pupils or rows that a part holds.
    worst
        Judge the part that differs most, its limit by the number of parts (Bonferroni), not the
        parts together.
    """
    shifts = {
        name: (item["effect"]["mean"] - base["mean"])
        / expected_shift(base["sd"], item["effect"]["sd"], kept[name])
        for name, item in estimates.items()
    }
    if worst:
        limit = float(ndtri(1 - FALSE_ALARM / (2 * len(shifts))))
        name = max(shifts, key=lambda one: abs(shifts[one]))
        return Judgement("worst_part", float(abs(shifts[name])), limit, name)
    spread = float(np.sqrt(np.mean(np.square(list(shifts.values())))))
    return Judgement("parts", spread, SUBSET_SPREAD)


def expected_shift(whole: float, part: float, share: float) -> float:
    """Standard deviation of the shift when a share of the data is kept, Monte Carlo error too.

    Parameters
    ----------
    whole, part
        Standard deviations of the estimate on all data and on the part.
    share
        Of the data in the part, above 0 and below 1.
    """
    sampling = max(whole**2 * (1 - share) / share, part**2 - whole**2)
    return sqrt(sampling + (NOISE * whole) ** 2)


def controls_hold(estimates: Estimates) -> Judgement:
    """No control has an effect: the limit is on 1 − the smallest two-sided tail probability.

    Parameters
    ----------
    estimates
        Of the refits, by name, as :func:`~vm2causal.checks.refute.refitted_effect.estimate_of`
        gives them.
    """
    tails = [2 * min(item["p_positive"], 1 - item["p_positive"]) for item in estimates.values()]
    return Judgement("control", 1 - min(tails), 1 - CONTROL_ALPHA / len(tails))


def share_as_large(estimates: Sequence[Mapping[str, Any]], base: Interval) -> float:
    """Share of estimates at least as far from 0 as the real one: a permutation p-value.

    Parameters
    ----------
    estimates
        Of the refits, by name, as :func:`~vm2causal.checks.refute.refitted_effect.estimate_of`
        gives them.
    base
        The estimate on the data as they are.

    Examples
    --------
    >>> real = Interval(mean=2.0, sd=1.0, lower=0.0, upper=4.0, level=0.95)
    >>> share_as_large([{"effect": {"mean": mean}} for mean in (0.1, -3.0, 1.0)], real)
    0.5
    """
    larger: int = sum(abs(item["effect"]["mean"]) >= abs(base["mean"]) for item in estimates)
    return float((1 + larger) / (1 + len(estimates)))
