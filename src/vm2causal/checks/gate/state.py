"""The three ways in which a check can come out."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum


class State(StrEnum):
    """A check that could not be made is no check that was passed."""

    PASSED = "passed"
    FAILED = "failed"
    UNJUDGED = "unjudged"


def together(states: Iterable[State]) -> State:
    """Failed where one failed; else unjudged where one is, or there is none.

    Parameters
    ----------
    states
        Of the parts.

    Examples
    --------
    >>> together([State.PASSED, State.UNJUDGED]).value, together([]).value
    ('unjudged', 'unjudged')
    """
    found = set(states)
    for state in (State.FAILED, State.UNJUDGED, State.PASSED):
        if state in found:
            return state
    return State.UNJUDGED
