"""Numbers that say too much about one school, for who knows another one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

LARGEST: Final = 0.85
"""(n, k) rule with n = 1: the share of a number that its largest school makes up, at most."""

CLOSENESS: Final = 0.1
"""p% rule: how near the second largest school may come to the largest, as a share of its size."""


def is_dominated(schools: Iterable[float]) -> bool:
    """Whether a number of pupils says too much about the largest school in it.

    Source: Hundepool et al. (2012), *Statistical Disclosure Control*, chapter 4.

    Parameters
    ----------
    schools
        Pupils of each school; those of none do not count.

    Examples
    --------
    >>> is_dominated([40, 30, 20]), is_dominated([90, 5, 5]), is_dominated([40, 40])
    (False, True, True)
    """
    first, *others = sorted((number for number in schools if number > 0), reverse=True) or [0.0]
    whole, rest = first + sum(others), sum(others[1:])
    # of one or two schools the other one knows the rest, or there is none
    return len(others) < 2 or first > LARGEST * whole or rest < CLOSENESS * first
