"""How much a listing may hold and how long it may take.

A graph of fifty nodes can have more minimal sets than anyone could store. Counts are limited by
number, so that a cut-off list is the same on every machine; the clock is the last resort and never
cuts a list: it ends the question with an error.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

from vm2causal.errors import SizeLimitError


@dataclass(frozen=True)
class Limits:
    """Limits on one question to a graph.

    Parameters
    ----------
    sets
        Longest list of sets; a longer one is cut off there and flagged as incomplete.
    steps
        Most steps of one search whose cost is not bounded by what it finds. Testing one set takes
        as many steps as the graph has nodes and arrows, so large graphs get fewer tests.
    seconds
        Longest time for one question, in seconds.
    """

    sets: int = 1000
    steps: int = 2_000_000
    seconds: float = 60.0

    def start(self) -> Clock:
        """Start the clock for one question."""
        return Clock(self, time.monotonic() + self.seconds)


@dataclass(frozen=True)
class Clock:
    """Limits of a question that is under way; several questions may share one."""

    limits: Limits
    deadline: float

    def start(self) -> Clock:
        """The clock itself: it runs already."""
        return self

    def search(self, size: int) -> Search:
        """Begin a search whose every test visits ``size`` nodes and arrows."""
        return Search(self, max(1, self.limits.steps // max(1, size)))

    def check(self) -> None:
        """End the question when its time is up.

        Raises
        ------
        SizeLimitError
            When more time has passed than the limit allows.
        """
        if time.monotonic() > self.deadline:
            raise SizeLimitError(
                f"This question needs more than the {self.limits.seconds:g} seconds it was given: "
                f"the graph has too many minimal sets or arrows. Ask about one cause and one "
                f"effect, allow fewer sets than {self.limits.sets}, or give it more seconds."
            )

    def collect(self, found: Iterator[int], most: int | None = None) -> Listing:
        """Take sets from a search until it ends or ``most`` (default: the limit) are taken."""
        self.check()
        longest = self.limits.sets if most is None else most
        sets: list[int] = []
        for one in found:
            self.check()
            if len(sets) == longest:
                return Listing(tuple(sets), complete=False)
            sets.append(one)
        return Listing(tuple(sets), complete=True)


@dataclass
class Search:
    """A search under way: how many tests it has left, and the clock of its question."""

    clock: Clock
    tests_left: int

    def may_test(self) -> bool:
        """Count one more test, unless all that are allowed were made.

        Raises
        ------
        SizeLimitError
            When the question's time is up.
        """
        self.clock.check()
        if self.tests_left == 0:
            return False
        self.tests_left -= 1
        return True


@dataclass(frozen=True)
class Listing:
    """Sets of nodes as bit masks, and whether these are all there are."""

    sets: tuple[int, ...]
    complete: bool = True
