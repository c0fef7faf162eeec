"""Instruments, and the covariates within which they are instruments."""

from __future__ import annotations

from vm2causal.identify.adjustment import causal_nodes
from vm2causal.identify.dag import Dag, members
from vm2causal.identify.limits import Clock
from vm2causal.identify.projection import with_exogenous_unobserved
from vm2causal.identify.separation import minimal_separators


def conditional_instruments(
    dag: Dag, cause: int, effect: int, clock: Clock, *, direct: bool = False
) -> tuple[tuple[tuple[int, int], ...], bool]:
    """All conditional instruments with their inclusion-minimal separating covariates.

    Z is an instrument given W when, with the first arrows of the causal paths from cause to effect
    taken away, (a) W separates Z from the effect, (b) W does not separate Z from the cause, and (c)
    no member of W descends from a node on those paths, the effect among them. W lies within the
    ancestors of Z and the effect (an *ancestral* instrument): deciding whether one given Z is an
    instrument given any W is NP-hard, but some instrument exists only if an ancestral one does
    (van der Zander, Textor and Liśkiewicz 2015).

    Parameters
    ----------
    dag
        The graph.
    cause, effect
        The two ends.
    clock
        Limits of this question.
    direct
        Take away only what leads from cause to effect outside every observed mediator: the arrow,
        also through unobserved nodes. Instruments for the direct effect.

    Returns
    -------
    tuple
        Pairs (instrument, covariates), and whether these are all.

    References
    ----------
    Brito, Pearl (2002), Generalized instrumental variables, UAI, section 3.
    Van der Zander, Textor, Liśkiewicz (2015), Efficiently finding conditional instruments for
    causal inference, IJCAI.
    """
    if direct:
        dag = with_exogenous_unobserved(dag)
    on_paths = effect if direct else causal_nodes(dag, cause, effect)
    # Without a causal path nothing is taken away, and the effect may still not be conditioned on.
    forbidden = dag.descendants(on_paths | effect)
    reduced = dag.without_arrows(out_of=cause, into=on_paths)
    allowed = dag.observed & ~(forbidden | cause | effect)
    pairs: list[tuple[int, int]] = []
    complete = True
    candidates = dag.observed & ~(cause | effect)
    # Each candidate gets its share of the list, so that none is crowded out by another.
    share = max(1, clock.limits.sets // max(1, candidates.bit_count()))
    for node in members(candidates):
        found = minimal_separators(reduced, 1 << node, effect, allowed)
        listing = clock.collect(found, most=share)
        complete &= listing.complete
        pairs += [
            (1 << node, given)
            for given in listing.sets
            if not dag.separated(1 << node, cause, given)
        ]
    return tuple(pairs), complete
