"""Adjustment sets: covariates within whose strata the association is the effect."""

from __future__ import annotations

from collections.abc import Iterator

from vm2causal.identify.dag import Dag
from vm2causal.identify.separation import minimal_separators


def causal_nodes(dag: Dag, causes: int, effect: int) -> int:
    """Nodes on proper causal paths from ``causes`` to ``effect``, the causes left out.

    A causal path is proper when it leaves ``causes`` once and for all (Shpitser et al. 2010).
    """
    downstream = dag.without_arrows(into=causes).descendants(causes) & ~causes
    return downstream & dag.without_arrows(out_of=causes).ancestors(effect)


def minimal_adjustment_sets(dag: Dag, causes: int, effect: int, beside: int = -1) -> Iterator[int]:
    """All inclusion-minimal adjustment sets of observed variables.

    The adjustment criterion is sound and complete: Z identifies the joint effect of ``causes`` by
    adjustment if and only if (1) no member of Z descends from a node on a proper causal path and
    (2) Z separates ``causes`` from ``effect`` once the first arrows of those paths are taken away
    (the proper back-door graph). What remains is to list minimal separators.

    Parameters
    ----------
    dag
        The graph.
    causes, effect
        The variables intervened on, and the one looked at.
    beside
        Variables that may be used (default: all that are observed).

    References
    ----------
    Shpitser, VanderWeele, Robins (2010), On the validity of covariate adjustment for estimating
    causal effects, UAI (the adjustment criterion).
    Perković, Textor, Kalisch, Maathuis (2018), Complete graphical characterization and
    construction of adjustment sets, JMLR 18 (the generalised criterion).
    Van der Zander, Liśkiewicz, Textor (2019), Separators and adjustment sets in causal graphs,
    Artificial Intelligence 270 (the proper back-door graph; listing by separators).
    """
    on_paths = causal_nodes(dag, causes, effect)
    forbidden = dag.descendants(on_paths)
    if forbidden & causes:
        return iter(())
    backdoor_graph = dag.without_arrows(out_of=causes, into=on_paths)
    allowed = dag.observed & beside & ~(forbidden | causes | effect)
    return minimal_separators(backdoor_graph, causes, effect, allowed)
