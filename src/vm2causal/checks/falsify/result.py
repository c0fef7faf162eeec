"""What all tests of a model together found."""

from __future__ import annotations

from dataclasses import dataclass

from vm2causal.checks.falsify.false_alarms import FalseAlarms
from vm2causal.checks.falsify.falsification import Independences
from vm2causal.checks.falsify.permuted_graphs import PermutedGraphs
from vm2causal.checks.falsify.rivals import Rivals
from vm2causal.identify.graph_falsification import GraphFalsification


@dataclass(frozen=True)
class Falsification:
    """Everything that was held against a model.

    Parameters
    ----------
    independences
        Every implied independence with its verdict.
    permuted
        The graph beside the same graph with its names shuffled.
    dowhy
        None where it was not asked, or gave no answer; ``dowhy_silent`` then says why: ``off``,
        ``time`` or ``rows``.
    dowhy_silent
        Why DoWhy gave no answer, such as ``off``; None where it did.
    rivals, false_alarms
        None where not asked for.
    damaged
        Tasks whose file was damaged, and which were done again.
    """

    independences: Independences
    permuted: PermutedGraphs
    dowhy: GraphFalsification | None
    dowhy_silent: str | None
    rivals: Rivals | None
    false_alarms: FalseAlarms | None
    damaged: tuple[str, ...]
