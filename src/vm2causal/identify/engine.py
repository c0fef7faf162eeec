"""DoWhy as second opinion: where it answers differently, and how.

DoWhy picks some of its answers in hash order; what is said about it here holds for every order.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from math import comb
from typing import Any, Final

from vm2causal.identify.dag import dag_of, members
from vm2causal.identify.result import Bilingual, Identification, NameSet, Strategy
from vm2causal.identify.sentences import bilingual
from vm2causal.spec.graph import CausalGraph
from vm2causal.spec.words import QueryKind

MOST_CANDIDATES: Final = 5000
"""DoWhy tries candidate sets one by one; beyond this many (about a second) it is not asked."""

_ESTIMANDS: Final = {
    QueryKind.TOTAL: "NONPARAMETRIC_ATE",
    QueryKind.DIRECT: "NONPARAMETRIC_CDE",
}


def engine_note(graph: CausalGraph, found: Identification) -> Bilingual:
    """Ask DoWhy the same question and say where its answer differs.

    Parameters
    ----------
    graph
        The graph the question was put to.
    found
        The answer of this package.
    """
    if found.also:
        return bilingual("identify.engine.not_asked_joint")
    if found.selection is not None:
        return bilingual("identify.engine.not_asked_selection")
    if found.kind is QueryKind.MEDIATED:
        notes = _mediated_notes(graph, found)
    elif (candidates := candidate_count(graph, found)) > MOST_CANDIDATES:
        return bilingual("identify.engine.not_asked", count=str(candidates))
    elif found.kind is QueryKind.DIRECT:
        notes = _direct_notes(_ask(graph, found), found)
    else:
        notes = _total_notes(_ask(graph, found), found, graph)
    if not notes:
        return bilingual("identify.engine.agrees")
    return Bilingual(nl=" ".join(n.nl for n in notes), en=" ".join(n.en for n in notes))


def candidate_count(graph: CausalGraph, found: Identification) -> int:
    """How many covariate sets DoWhy tries: all, or those up to the smallest that it can find.

    Parameters
    ----------
    graph
        The causal graph, with its latent and selected variables.
    """
    dag = dag_of(graph)
    x, y = dag.mask([found.cause]), dag.mask([found.effect])
    later = dag.descendants(y if found.kind is QueryKind.DIRECT else x)
    eligible = dag.observed & ~(later | x | y) & (dag.connected(x, 0) | dag.connected(y, 0))
    count = sum(1 for _ in members(eligible))
    held = found.mediators if found.kind is QueryKind.DIRECT else ()
    sizes = [len(one) + len(held) for one in found.minimal_adjustment_sets]
    return sum(comb(count, size) for size in range(min([*sizes, count]) + 1))


def _ask(graph: CausalGraph, found: Identification) -> Any:
    from dowhy.causal_identifier import BackdoorAdjustment, EstimandType, identify_effect_auto

    # DoWhy logs "no directed path" as a warning; here that is an answer, given in its own words.
    logging.getLogger("dowhy").setLevel(logging.ERROR)
    return identify_effect_auto(
        graph.to_networkx(),
        [found.cause],
        [found.effect],
        observed_nodes=list(graph.observed),
        estimand_type=EstimandType[_ESTIMANDS[found.kind]],
        backdoor_adjustment=BackdoorAdjustment.BACKDOOR_MIN,
    )


def _total_notes(answer: Any, found: Identification, graph: CausalGraph) -> list[Bilingual]:
    if answer.no_directed_path:
        return []
    sets = _sets(answer)
    frontdoor = answer.frontdoor_variables or []
    notes = []
    if found.identifiable and not sets and not frontdoor:
        notes.append(_unidentified(found))
    else:
        missed = set(found.minimal_adjustment_sets) - sets
        notes += _missing_sets(len(missed), len(found.minimal_adjustment_sets))
        if found.frontdoor_sets and not frontdoor:
            total = str(len(found.frontdoor_sets))
            notes.append(bilingual("identify.engine.missing_frontdoor", total=total))
    if frontdoor and len(frontdoor) > min(map(len, found.frontdoor_sets), default=0):
        notes.append(bilingual("identify.engine.frontdoor_superset"))
    return notes + _instrument_notes(answer, found, graph)


def _unidentified(found: Identification) -> Bilingual:
    conditional = found.strategy is Strategy.FRONTDOOR and not found.frontdoor_sets
    return bilingual(
        f"identify.engine.{'conditional_frontdoor' if conditional else 'unidentified'}"
    )


def _instrument_notes(answer: Any, found: Identification, graph: CausalGraph) -> list[Bilingual]:
    named = set(answer.instrumental_variables or ())
    notes = []
    if hidden := named & graph.unobserved:
        notes.append(bilingual("identify.engine.hidden_instrument", names=tuple(sorted(hidden))))
    missed = {item.instrument for item in found.instruments} - named
    if missed:
        notes.append(bilingual("identify.engine.missing_instruments", names=tuple(sorted(missed))))
    return notes


def _direct_notes(answer: Any, found: Identification) -> list[Bilingual]:
    sets = _sets(answer)
    if answer.no_directed_path or not found.has_effect:
        return []
    if not sets:
        return [bilingual("identify.engine.unidentified")] if found.identifiable else []
    if not any(set(found.mediators) <= set(one) for one in sets):
        return [bilingual("identify.engine.partial_mediators")]
    with_mediators = {
        tuple(sorted({*one, *found.mediators})) for one in found.minimal_adjustment_sets
    }
    return _missing_sets(len(with_mediators - sets), len(with_mediators))


def _missing_sets(missed: int, total: int) -> list[Bilingual]:
    if not missed:
        return []
    return [bilingual("identify.engine.missing_sets", missed=str(missed), total=str(total))]


def _mediated_notes(graph: CausalGraph, found: Identification) -> list[Bilingual]:
    """Compare mediators only: DoWhy gives the mediation formula for whatever it finds."""
    from dowhy.causal_identifier.auto_identifier import identify_mediation

    if not found.mediators:
        return []
    named = set(identify_mediation(graph.to_networkx(), [found.cause], [found.effect]) or ())
    notes = []
    if not named >= set(found.mediators):
        total = str(len(found.mediators))
        notes.append(bilingual("identify.engine.mediators", total=total))
    if not found.identifiable:
        notes.append(bilingual("identify.engine.unlicensed"))
    return notes


def _sets(answer: Any) -> set[NameSet]:
    """DoWhy's back-door sets, without the entry that repeats its favourite."""
    listed: Iterable[Any] = (answer.backdoor_variables or {}).values()
    return {tuple(sorted(one)) for one in listed if one is not None}
