"""All inclusion-minimal sets with a property that every larger set has too."""

from __future__ import annotations

from collections.abc import Callable

from vm2causal.identify.dag import members
from vm2causal.identify.limits import Listing, Search


def minimal_sets(holds: Callable[[int], bool], universe: int, search: Search) -> Listing:
    """List the inclusion-minimal subsets of ``universe`` for which ``holds``.

    ``holds`` must be monotone: true of a set, it is true of every superset. Any two minimal sets
    differ in that each misses a member of the other, so excluding the members of a known set one
    by one leads to all others (the hitting-set tree of Reiter 1987). Every node of the tree costs
    at most as many tests as there are nodes; the number of tests is limited by ``search``.

    References
    ----------
    Reiter (1987), A theory of diagnosis from first principles, Artificial Intelligence 32,
    section 4.
    """
    found: list[int] = []
    tried: set[int] = set()
    pending = [0]
    while pending:
        search.clock.check()
        excluded = pending.pop()
        if excluded in tried:
            continue
        tried.add(excluded)
        minimal = next((known for known in found if not known & excluded), None)
        if minimal is None:
            if not search.may_test():
                return Listing(tuple(found), complete=False)
            if not holds(universe & ~excluded):
                continue
            if len(found) == search.clock.limits.sets:
                return Listing(tuple(found), complete=False)
            minimal = shrunk(holds, universe & ~excluded, search)
            if minimal is None:
                return Listing(tuple(found), complete=False)
            found.append(minimal)
        pending.extend(excluded | 1 << node for node in members(minimal))
    return Listing(tuple(found))


def shrunk(holds: Callable[[int], bool], nodes: int, search: Search) -> int | None:
    """Leave out members for as long as the property holds, until none can be left out.

    Returns
    -------
    int or None
        What is left; ``None`` when the search ran out of tests before that.
    """
    before = -1
    while before != nodes:
        before = nodes
        for node in members(nodes):
            if not search.may_test():
                return None
            if holds(nodes & ~(1 << node)):
                nodes &= ~(1 << node)
    return nodes
