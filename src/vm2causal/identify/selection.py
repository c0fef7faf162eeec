"""Adjustment when the data hold selected units only, such as those who answered.

Every node ``selected`` of a graph equals one in the data, so each is conditioned on whether one
wants it or not. Two effects can be asked about: that in the whole population, and that among the
selected. Both are looked for by adjustment; what neither finds, another formula might.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from vm2causal.identify.adjustment import causal_nodes
from vm2causal.identify.dag import Dag, members
from vm2causal.identify.limits import Clock
from vm2causal.identify.separation import minimal_separators


def is_ignorable(dag: Dag, ends: int) -> bool:
    """Whether selection has nothing in common with what leads to ``ends``.

    No cause of selection, drawn or not, is then a cause of cause or effect, so that everything
    which precedes these is distributed among the selected as it is among all.
    """
    return not dag.ancestors(dag.selected) & dag.ancestors(ends)


def before(dag: Dag, ends: int) -> Dag:
    """The graph of the ancestors of ``ends`` alone, without selection; others stay as mere numbers.

    A question about ``ends`` is answered in it as in the whole graph.
    """
    kept = dag.ancestors(ends)
    numbered = range(len(dag.names))
    return replace(
        dag,
        parents=tuple(dag.parents[node] if kept >> node & 1 else 0 for node in numbered),
        children=tuple(dag.children[node] & kept if kept >> node & 1 else 0 for node in numbered),
        observed=dag.observed & kept,
        selected=0,
    )


def whole_population_pairs(
    dag: Dag, causes: int, effect: int, clock: Clock
) -> tuple[tuple[tuple[int, int], ...], bool]:
    r"""Minimal pairs (Z, W) that give the effect in the whole population.

    With such a pair P(y | do(x)) = Σ_z P(y | x, z, S = 1) P(z ∖ w | w, S = 1) P(w): the selected
    units suffice but for the distribution of W, a part of Z, which must be known of the whole
    population. W empty needs nothing beside the selected units. A pair qualifies when

    (1) no member of Z descends from a node on a proper causal path,
    (2) Z with S separates causes and effect in the proper back-door graph,
    (3) under the intervention, W separates the effect from S, and
    (4) W separates the effect, under the intervention, from those causes that selection depends on.

    (3) and (4) are one separation in the graph without the arrows out of the causes. They concern W
    alone, and only (1) and (2) concern Z, so the minimal pairs are the minimal W with, for each,
    the minimal Z around it.

    Returns
    -------
    tuple
        Pairs (Z, W) such that no other pair is a part of it in both, and whether these are all.

    References
    ----------
    Correa, Tian, Bareinboim (2018), Generalized adjustment under confounding and selection biases,
    AAAI 32 (adjustment pairs); Correa, Bareinboim (2017), Causal effect identification by
    adjustment under confounding and selection biases, AAAI 31.
    """
    on_paths = causal_nodes(dag, causes, effect)
    forbidden = dag.descendants(on_paths)
    if forbidden & causes:
        return (), True
    allowed = dag.observed & ~(forbidden | causes | effect)
    acted_on = dag.without_arrows(out_of=causes)
    selecting = dag.selected | causes & dag.ancestors(dag.selected)
    if selecting & effect or dag.selected & forbidden:
        return (), True
    backdoor = dag.without_arrows(out_of=causes, into=on_paths)
    externals = clock.collect(minimal_separators(acted_on, selecting, effect, allowed))
    pairs: list[tuple[int, int]] = []
    complete = externals.complete
    for external in externals.sets:
        around = minimal_separators(
            backdoor, causes, effect, allowed & ~external, always=external | dag.selected
        )
        listing = clock.collect(around)
        complete &= listing.complete
        pairs += [(external | rest, external) for rest in listing.sets]
    return tuple(pairs), complete


def selected_population_sets(dag: Dag, causes: int, effect: int) -> Iterator[int]:
    """All inclusion-minimal Z that give the effect among the selected.

    With such a set P(y_x | S = 1) = Σ_z P(y | x, z, S = 1) P(z | S = 1): what y would have been
    under x among the units that were in fact selected. That needs y_x and the causes independent
    given Z and S, two worlds at once, and is read from the twin network of both.

    References
    ----------
    Balke, Pearl (1994), Probabilistic evaluation of counterfactual queries, AAAI (twin networks);
    Pearl (2009), Causality, section 7.1.4; Shpitser, VanderWeele, Robins (2010), UAI
    (adjustment as an independence of counterfactuals).
    """
    both, elsewhere = twin_network(dag, causes)
    allowed = dag.observed & ~(causes | effect)
    target = 1 << elsewhere[effect.bit_length() - 1]
    return minimal_separators(both, causes, target, allowed, always=dag.selected)


def twin_network(dag: Dag, causes: int) -> tuple[Dag, dict[int, int]]:
    """The world as it is and that in which ``causes`` are set, with the disturbances they share.

    What the causes do not affect is the same in both worlds, and stands there once.

    Returns
    -------
    tuple
        The graph, whose first nodes are those of ``dag``, and per node its place in the other
        world.
    """
    affected = list(members(dag.descendants(causes) & ~causes))
    count = len(dag.names)
    elsewhere = {node: node for node in range(count)}
    elsewhere |= {node: count + place for place, node in enumerate(affected)}
    parents = [*dag.parents, *(0 for _ in range(2 * len(affected)))]
    for place, node in enumerate(affected):
        disturbance = 1 << (count + len(affected) + place)
        heard = dag.parents[node] & ~causes
        parents[count + place] = disturbance | sum(1 << elsewhere[one] for one in members(heard))
        parents[node] |= disturbance
    children = [0] * len(parents)
    for node, held in enumerate(parents):
        for parent in members(held):
            children[parent] |= 1 << node
    names = (
        *dag.names,
        *(f"{dag.names[node]}*" for node in affected),
        *(f"disturbance of {dag.names[node]}" for node in affected),
    )
    both = replace(dag, names=names, parents=tuple(parents), children=tuple(children))
    return both, elsewhere
