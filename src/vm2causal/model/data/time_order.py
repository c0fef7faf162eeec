"""Arrows of a study's model that run back in time: from what was asked last to earlier years.

The status of an experiment was asked once, in the spring of 2012, and is by its definition what
became of the pupils: *afgerond* is an experiment they left with a startkwalificatie, *gestopt* one
they moved out of without (`vijf-jaar-vm2` 2.1). The yearly counts of a study begin years before. An
arrow from status to such a count would give the outcome as its own cause, and count that as
mediation.
"""

from __future__ import annotations

import networkx as nx

from vm2causal.inputs.study.flows import FLOWS
from vm2causal.spec import CausalSpec


def arrows_back_in_time(spec: CausalSpec) -> tuple[tuple[str, str], ...]:
    """Arrows from what a study asks last that lead, at once or further on, to its yearly counts.

    Returns
    -------
    tuple of (cause, effect)
        In the order of the file; an arrow between two that are asked last is none of them.
    """
    from vm2causal.inputs.study.schema import ASKED_LAST

    last = {name for name in spec.variables if _column(spec, name) in ASKED_LAST}
    graph = spec.graph.to_networkx()
    earlier = {
        name
        for name, item in spec.variables.items()
        if item.observed and item.kind.counted and spec.column(name) in FLOWS
    }
    earlier |= {cause for count in earlier for cause in nx.ancestors(graph, count)}
    return tuple(
        arrow.key for arrow in spec.arrows if arrow.cause in last and arrow.effect in earlier - last
    )


def _column(spec: CausalSpec, name: str) -> str | None:
    """Column with the data of a variable; None where it has none of its own."""
    variable = spec.variables[name]
    has_one = variable.observed and not variable.kind.measured
    return spec.column(name) if has_one else None
