"""How probable a statement on an average is, such as ``passed < 0.5``, under changes."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from vm2causal.disclosure import by_error
from vm2causal.effects.contrasts import Contrast, chosen_contrast
from vm2causal.effects.what_if import Settings, members_of
from vm2causal.errors import OptionError
from vm2causal.model.data.columns import Floats
from vm2causal.workflow.effects import FitOnDisk
from vm2causal.workflow.small_groups import (
    require_changes_shown,
    require_outcome_shown,
    require_shown,
)

_STATEMENT: Final = re.compile(
    r"\s*(?P<outcome>.+?)\s*(?P<sign><=|>=|<|>)\s*(?P<limit>[-+]?\d*\.?\d+(?:[eE][-+]?\d+)?)\s*"
)
_SIGNS: Final[Mapping[str, Callable[[Any, float], Any]]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge
}  # fmt: skip
_DIGITS: Final = 2
"""More would give away more digits of the average than its interval holds."""


@dataclass(frozen=True)
class Probability:
    """How much of the posterior agrees with a statement.

    Parameters
    ----------
    outcome
        What the statement is about.
    now, then
        Share of the draws in which the average agrees, as it is and under the changes.
    outside
        Changes to a value beyond the data.
    """

    outcome: str
    now: float
    then: float
    outside: tuple[Contrast, ...]


def probability_of(opened: FitOnDisk, statement: str, changes: Mapping[str, str]) -> Probability:
    """Posterior probability that an average lies below or above a limit.

    Parameters
    ----------
    opened
        A fit as :func:`~vm2causal.workflow.effects.open_fit` reads it.
    statement
        An outcome of the changes, ``<``, ``<=``, ``>`` or ``>=``, and a number. Of an event the
        average is the share that has it, between 0 and 1; of what is counted by year, the share of
        starters at the last count date.
    changes
        Each ``cause=value``, made together: a number, or a level as the data write it.

    Raises
    ------
    OptionError
        When the statement cannot be read.
    QueryError
        When the changes do not act on the outcome, or the fit may not tell of them.
    """
    found = _STATEMENT.fullmatch(statement)
    if found is None:
        raise OptionError(
            "This is no statement on an average.",
            value=statement,
            fix="Write, for example, 'passed < 0.5'.",
        )
    forward, outcome = opened.forward, found["outcome"]
    chosen = [
        contrast
        for cause, value in changes.items()
        for contrast in chosen_contrast(forward, cause, value, None)
    ]
    require_shown(forward, None)
    require_changes_shown(forward, chosen, None)
    require_outcome_shown(forward, outcome)
    do = {change.cause: change.high for change in chosen}
    settings = Settings.of(forward, do, outcomes=[outcome])
    shares = members_of(forward, None, outcome)
    agrees, limit = _SIGNS[found["sign"]], float(found["limit"])
    now, then = (
        round(float(agrees(_told(world[outcome] @ shares), limit).mean()), _DIGITS)
        for world in (settings.now, settings.responses(do))
    )
    return Probability(outcome, now, then, tuple(item for item in chosen if item.outside))


def _told(draws: Floats) -> Floats:
    """Draws of an average, each to the digits that its standard deviation makes meaningful.

    Limits that close in on each other would else tell single draws in full.
    """
    spread = float(draws.std())
    return np.array([by_error(float(one), spread) for one in draws])
