"""All inclusion-minimal sets with a property that every larger set has too."""

from __future__ import annotations

from collections.abc import Callable

from vm2causal.identify.dag import members
from vm2causal.identify.limits import Clock, Listing


def minimal_sets(holds: Callable[[int], bool], universe: int, clock: Clock) -> Listing:
    """List the inclusion-minimal subsets of ``universe`` for which ``holds``.

    ``holds`` must be monotone: true of a set, it is true of every superset. Any two minimal sets
    differ in that each misses a member of the other, so excluding the members of a known set one
    by one leads to all others (the hitting-set tree of Reiter 1987). Every node of the tree costs
    at most as many calls of ``holds`` as there are nodes; the number of tree nodes is limited by
    ``clock.limits.steps``.

    References
    ----------
    Reiter (1987), A theory of diagnosis from first principles, Artificial Intelligence 32,
    section 4.
    """
    found: list[int] = []
    tried: set[int] = set()
    pending = [0]
    while pending:
        clock.check()
        excluded = pending.pop()
        if excluded in tried:
            continue
        if len(tried) == clock.limits.steps:
            return Listing(tuple(found), complete=False)
        tried.add(excluded)
        minimal = next((known for known in found if not known & excluded), None)
        if minimal is None:
            if not holds(universe & ~excluded):
                continue
            if len(found) == clock.limits.sets:
                return Listing(tuple(found), complete=False)
            minimal = shrunk(holds, universe & ~excluded)
            found.append(minimal)
        pending.extend(excluded | 1 << node for node in members(minimal))
    return Listing(tuple(found))


def shrunk(holds: Callable[[int], bool], nodes: int) -> int:
    """Leave out members for as long as the property holds, until none can be left out."""
    before = -1
    while before != nodes:
        before = nodes
        for node in members(nodes):
            if holds(nodes & ~(1 << node)):
                nodes &= ~(1 << node)
    return nodes
