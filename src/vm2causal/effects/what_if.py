"""One school's own answer: what its pupils' careers would be under a change."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from vm2causal.effects.contrasts import Contrast
from vm2causal.effects.expectation import expected
from vm2causal.effects.forward import Forward
from vm2causal.effects.intervals import interval
from vm2causal.effects.responses import CAREER_OUTCOMES, Careers
from vm2causal.errors import QueryError
from vm2causal.model.data.columns import Floats
from vm2causal.spec.rules import suggestion


def what_if(
    forward: Forward,
    changes: Sequence[Contrast],
    *,
    place: str | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """Outcomes of a school or experiment as it is, and under changes made together.

    What the changes do not act on keeps its observed value; of what they act on both worlds hold
    what the model expects, as the effects of :mod:`vm2causal.effects.totals` do.

    Parameters
    ----------
    forward
        Equations of a fit, with its data and posterior draws.
    changes
        The value a cause gets is ``high``; ``low`` is not used, the comparison is with the place
        as it is.
    place
        Label of a unit or of a level of a group; None for everybody.
    level
        Probability that each interval holds, between 0 and 1.

    Returns
    -------
    pandas.DataFrame
        Per outcome: ``outcome``, ``scale`` (``career``: share of the starters at the last
        teldatum; ``mean``: expected value), intervals ``now``, ``then`` and ``difference``, and
        ``p_positive`` of the difference.

    Raises
    ------
    QueryError
        When the place is unknown.
    """
    do = {change.cause: change.high for change in changes}
    settings = Settings.of(forward, do)
    then = settings.responses(do)
    rows = [
        _row(outcome, settings.scale(outcome), before @ shares, then[outcome] @ shares, level)
        for outcome, before in settings.now.items()
        for shares in (members_of(forward, place, outcome),)
    ]
    return pd.DataFrame(rows)


@dataclass(frozen=True)
class Settings:
    """The world as it is, against which settings of the same causes are held.

    Parameters
    ----------
    forward
        Equations of a fit, with its data and posterior draws.
    causes
        What every setting gives a value; variables downstream of them respond, all others keep
        what was observed.
    outcomes
        What is computed in every world, in order.
    careers
        Where pupils are by teldatum, in every world.
    """

    forward: Forward = field(repr=False)
    causes: frozenset[str]
    outcomes: tuple[str, ...]
    careers: Careers = field(repr=False)

    @classmethod
    def of(
        cls, forward: Forward, causes: Collection[str], *, outcomes: Sequence[str] | None = None
    ) -> Settings:
        """Prepare settings of these causes; without ``outcomes`` for everything they act on.

        Parameters
        ----------
        forward
            Equations of a fit, with its data and posterior draws.
        causes
            Names of the variables that are set.
        outcomes
            What to compute, in order; everything the causes act on where None.

        Raises
        ------
        QueryError
            When an outcome is not among those the causes act on.
        """
        possible = outcomes_of(forward, causes)
        asked = possible if outcomes is None else tuple(outcomes)
        for outcome in asked:
            if outcome not in possible:
                raise QueryError(
                    "These causes have no such outcome.",
                    value=outcome,
                    fix=f"One of: {', '.join(possible)}.",
                )
        return cls(forward, frozenset(causes), asked, Careers(forward))

    @cached_property
    def now(self) -> dict[str, Floats]:
        """Every outcome per unit with all causes as observed, shape (draw, unit)."""
        return self._expected({})

    def scale(self, outcome: str) -> str:
        """``career`` or ``mean``, as :func:`what_if` explains them.

        Parameters
        ----------
        outcome
            Name of a variable, or ``vsv`` or ``sk`` at the last teldatum.
        """
        followed = self.careers.possible and outcome in CAREER_OUTCOMES
        return "career" if followed else "mean"

    def responses(self, do: Mapping[str, float]) -> dict[str, Floats]:
        """Every outcome per unit where causes have the values of ``do``, shape (draw, unit).

        Parameters
        ----------
        do
            Value of causes, in the units an intervention takes; one that is not named keeps what
            was observed, also where others act on it.
        """
        if not set(do) <= self.causes:
            raise ValueError(f"not among the causes {sorted(self.causes)}: {sorted(do)}")
        return self._expected(do)

    def _expected(self, do: Mapping[str, float]) -> dict[str, Floats]:
        followed = {name for name in self.outcomes if self.scale(name) == "career"}
        found = expected(
            self.forward,
            do,
            [name for name in self.outcomes if name not in followed],
            moved=self.forward.downstream(self.causes),
            careers=self.careers if followed else None,
        )
        return {
            name: found.careers[name] if name in followed else found.responses[name]
            for name in self.outcomes
        }


def outcomes_of(forward: Forward, causes: Collection[str]) -> tuple[str, ...]:
    """Outcomes that :func:`what_if` tells of changes in these causes: first those of careers.

    Parameters
    ----------
    forward
        Equations of a fit, with its data and posterior draws.
    causes
        Names of the variables that are set.
    """
    followed = CAREER_OUTCOMES if Careers(forward).possible else ()
    moved = forward.downstream(causes)
    means = (
        name
        for name in forward.layout.predictors_of
        if name in moved and not forward.data.spec.variables[name].kind.unordered
    )
    return tuple(dict.fromkeys((*followed, *means)))


def members_of(forward: Forward, place: str | None, outcome: str) -> Floats:
    """Share that each unit holds of those in a place whom an outcome describes, shape (unit,).

    Parameters
    ----------
    forward
        Equations of a fit, with its data and posterior draws.
    place
        A unit, or a level of a group; everybody where None.
    outcome
        Name of a variable, or ``vsv`` or ``sk`` at the last teldatum.

    Raises
    ------
    QueryError
        When the place is unknown or holds no pupils.
    """
    weights = forward.data.weights_for(outcome)
    if place is not None:
        weights = weights * within(forward, place)
    if weights.sum() <= 0:
        raise QueryError("No pupils are known here.", value=place, fix="Name another place.")
    shares: Floats = weights / weights.sum()
    return shares


def within(forward: Forward, place: str) -> Floats:
    """1 for the units of a place, 0 for the others.

    Parameters
    ----------
    forward
        Equations of a fit, with its data and posterior draws.
    place
        A unit, or a level of a group; everybody where None.

    Raises
    ------
    QueryError
        When the place is unknown.
    """
    if place in forward.data.units:
        return np.array([float(unit == place) for unit in forward.data.units], dtype=np.float64)
    for grouping in forward.data.groups.values():
        if place in grouping.labels:
            return np.where(grouping.codes == grouping.labels.index(place), 1.0, 0.0)
    known = [label for grouping in forward.data.groups.values() for label in grouping.labels]
    some = f"One of: {', '.join(known[:12])}{', …' if len(known) > 12 else ''}."
    raise QueryError(
        "This fit knows no such school, experiment or group.",
        value=place,
        fix=suggestion(place, [*known, *forward.data.units], otherwise=some if known else ""),
    )


def _row(outcome: str, scale: str, before: Floats, after: Floats, level: float) -> dict[str, Any]:
    return {
        "outcome": outcome,
        "scale": scale,
        "now": interval(before, level),
        "then": interval(after, level),
        "difference": interval(after - before, level),
        "p_positive": float((after - before > 0).mean()),
    }
