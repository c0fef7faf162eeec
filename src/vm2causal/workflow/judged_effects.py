"""What the checks of a fit make of effects that its record does not hold: others, and shares."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from vm2causal.checks.gate.gate import effect_gates, group_sizes
from vm2causal.checks.gate.robust_spread import Drawn, on_everybody, spreads_of
from vm2causal.disclosure import released
from vm2causal.effects.contrasts import Contrast
from vm2causal.effects.forward import Forward
from vm2causal.effects.mediation import Share, mediation_shares, shares_table
from vm2causal.effects.totals import effect_draws
from vm2causal.spec.words import QueryKind
from vm2causal.workflow.small_groups import shown_gates

Gates = tuple[Mapping[str, Any], ...]
"""Rows as in ``gate.effects`` of ``run.json``."""


def judged(forward: Forward, record: Mapping[str, Any], drawn: Iterable[Drawn]) -> Gates:
    """What the checks of a fit make of draws of effects, as it may be shown.

    Parameters
    ----------
    forward
        Equations of a fit, with its data and posterior draws.
    record
        ``run.json`` of the fit, with all digits.
    drawn
        Effects and shares of them.
    """
    found = list(drawn)
    if not found:
        return ()
    made = effect_gates(
        spreads_of(forward, found),
        tests=pd.DataFrame(record["gate"]["tests"]),
        predicted=record["gate"]["predictions"],
        prior=pd.DataFrame(record["prior_sensitivity"]),
        graph=forward.data.spec.graph.to_networkx(),
        sizes=group_sizes(forward.data),
    )
    rows = [item.as_row() for item in made]
    return tuple(released(row) for row in shown_gates(forward.data, rows))


def totals_drawn(
    forward: Forward, contrast: Contrast, effects: Sequence[str], kind: QueryKind
) -> Iterator[Drawn]:
    """Draws of total or direct effects on everybody.

    Parameters
    ----------
    forward
        Equations of a fit, with its data and posterior draws.
    contrast
        The two values of the cause that are compared.
    effects
        Variables whose responses are asked for, downstream of the cause.
    kind
        Total, or direct.
    """
    for effect, draws in effect_draws(forward, contrast, effects, kind):
        yield Drawn(contrast, effect, on_everybody(forward, draws, effect), kind.value)


def mediation_judged(
    forward: Forward,
    record: Mapping[str, Any],
    contrast: Contrast,
    effect: str,
    *,
    by: str | None,
    level: float,
) -> tuple[pd.DataFrame, Gates]:
    """What an effect runs through, in a table, and what the checks make of each share.

    Parameters
    ----------
    forward
        Equations of a fit, with its data and posterior draws.
    record
        ``run.json`` of the fit, with all digits.
    contrast
        The two values of the cause that are compared.
    effect
        Name of the variable whose response is asked for.
    by
        A group of the model; None for everybody.
    level
        Probability that each interval holds, between 0 and 1.

    Returns
    -------
    table : pandas.DataFrame
        As of :func:`~vm2causal.effects.mediation.mediation_table`.
    gates : tuple
        A row per share that is identified.
    """
    shares = list(mediation_shares(forward, contrast, effect))
    table = shares_table(forward, shares, contrast, effect, by=by, level=level)
    return table, judged(forward, record, _shares_drawn(forward, shares, contrast, effect))


def _shares_drawn(
    forward: Forward, shares: Iterable[Share], contrast: Contrast, effect: str
) -> Iterator[Drawn]:
    weights = forward.data.weights_for(effect)
    for share in shares:
        for kind, values in share.averaged(weights).items():
            if kind != QueryKind.TOTAL.value and values is not None:
                yield Drawn(contrast, effect, values, kind, share.through.names)
