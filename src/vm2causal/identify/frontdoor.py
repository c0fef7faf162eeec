"""Front-door sets: mediators that carry the whole effect and share no open cause with either end.

For fixed covariates W, the mediators that are free of confounding with the cause are found one by
one, and those free of confounding with the effect form one greatest set: the more mediators, the
fewer arrows remain in the graph in which the back-door paths are looked for, so unions of valid
sets are valid (Jeong, Tian and Bareinboim 2022; Wienöbst, van der Zander and Liśkiewicz 2024).
Whether a front-door set exists within given variables is therefore decided in polynomial time, and
the property "holds a front-door set" is monotone, which is what listing the minimal sets needs.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from vm2causal.identify.dag import Dag
from vm2causal.identify.limits import Clock, Listing, Search
from vm2causal.identify.minimality import minimal_sets, shrunk
from vm2causal.identify.separation import reaches


@dataclass(frozen=True)
class _Frontdoor:
    """The front-door question for one cause, one effect and fixed covariates."""

    dag: Dag
    cause: int
    effect: int
    given: int

    def candidates(self) -> int:
        """Observed variables with no open back-door path from the cause (condition ii)."""
        without_effects = self.dag.without_arrows(out_of=self.cause)
        confounded = without_effects.connected(self.cause, self.given)
        return self.dag.observed & ~(confounded | self.cause | self.effect | self.given)

    def largest_within(self, mediators: int) -> int:
        """The greatest subset whose back-door paths to the effect are blocked (condition iii)."""
        while True:
            without_effects = self.dag.without_arrows(out_of=mediators)
            open_to_effect = without_effects.connected(self.effect, self.given | self.cause)
            if not open_to_effect & mediators:
                return mediators
            mediators &= ~open_to_effect

    def intercepted_by(self, mediators: int) -> bool:
        """Whether every directed path from the cause to the effect is cut (condition i)."""
        return not reaches(self.dag.children, self.cause, self.effect, mediators)

    def holds_a_set(self, within: int) -> bool:
        """Whether some subset of unconfounded candidates meets all three conditions."""
        return self.intercepted_by(self.largest_within(within))

    def accepts(self, mediators: int) -> bool:
        """Whether exactly these mediators meet all three conditions."""
        return (
            not mediators & ~self.candidates()
            and self.largest_within(mediators) == mediators
            and self.intercepted_by(mediators)
        )


def minimal_frontdoor_sets(dag: Dag, cause: int, effect: int, clock: Clock) -> Listing:
    """All inclusion-minimal sets of observed variables that meet the front-door criterion.

    M meets it when (i) M intercepts every directed path from cause to effect, (ii) no back-door
    path from the cause to M is open, and (iii) the cause blocks every back-door path from M to the
    effect, that is, M and the effect are separated by the cause once the arrows out of M are gone.
    Without a directed path the empty set meets all three.

    References
    ----------
    Pearl (1995), Causal diagrams for empirical research, Biometrika 82, theorem 2; Pearl (2009),
    Causality, definition 3.3.3.
    Jeong, Tian, Bareinboim (2022), Finding and listing front-door adjustment sets, NeurIPS.
    Wienöbst, van der Zander, Liśkiewicz (2024), Linear-time algorithms for front-door adjustment
    in causal graphs, AAAI 38.
    """
    question = _Frontdoor(dag, cause, effect, given=0)
    largest = question.largest_within(question.candidates())
    return minimal_sets(question.holds_a_set, largest, clock.search(dag.size))


def conditional_frontdoor_sets(
    dag: Dag, cause: int, effect: int, clock: Clock
) -> tuple[tuple[tuple[int, int], ...], bool]:
    """Front-door sets within strata of covariates that the cause does not affect.

    M and W qualify when the three front-door conditions hold with W added to what is conditioned
    on, and no member of W descends from the cause. Within a stratum of W the front-door formula
    then holds by the do-calculus, and P(w) is not changed by the intervention.
    Covariates are tried generously (all that precede cause or effect, cause, effect) and then left
    out one by one: every pair is valid, and no single covariate of it can be missed. Mediators
    that need no covariates are left to :func:`minimal_frontdoor_sets`.

    Returns
    -------
    tuple
        Pairs (mediators, covariates), and whether the search was carried to its end.

    References
    ----------
    Fulcher, Shpitser, Marealle, Tchetgen Tchetgen (2020), Robust inference on population indirect
    causal effects: the generalized front door criterion, JRSS B 82, section 2.
    Pearl (2009), Causality, theorem 3.4.1 (the rules of the do-calculus).
    """
    unaffected = dag.observed & ~(dag.descendants(cause) | effect)
    pairs: dict[int, int] = {}
    complete = True
    for side in (cause | effect, cause, effect):
        search = clock.search(dag.size)
        given = unaffected & dag.ancestors(side)
        question = _Frontdoor(dag, cause, effect, given)
        largest = question.largest_within(question.candidates())
        listing = minimal_sets(question.holds_a_set, largest, search)
        complete &= listing.complete
        for mediators in (one for one in listing.sets if one not in pairs):
            fewest = _fewest_covariates(question, mediators, given, search)
            if fewest is None:
                complete = False
            else:
                pairs[mediators] = fewest
    kept = [pair for pair in pairs.items() if pair[1] and not _exceeded(pair, pairs)]
    return tuple(kept), complete


def _fewest_covariates(
    question: _Frontdoor, mediators: int, given: int, search: Search
) -> int | None:
    def suffices(covariates: int) -> bool:
        return replace(question, given=covariates).accepts(mediators)

    return shrunk(suffices, given, search)


def _exceeded(pair: tuple[int, int], pairs: dict[int, int]) -> bool:
    """Whether another pair needs no other mediators and no other covariates."""
    return any(
        (mediators, given) != pair and not (mediators & ~pair[0]) and not (given & ~pair[1])
        for mediators, given in pairs.items()
    )
