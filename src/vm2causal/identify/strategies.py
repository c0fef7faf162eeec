"""The simplest strategy that identifies an effect, and its estimand.

The order is that of what a user must measure and believe: nothing, covariates, mediators, a
formula without a name, and last an instrument, which needs a linear model besides.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from vm2causal.identify import formulas
from vm2causal.identify.expression import Expression, conditions, free
from vm2causal.identify.result import Findings, NameSet, Strategy


def choose_total(found: Findings, joint: Expression | None) -> Findings:
    """Choose for a total effect.

    Parameters
    ----------
    found
        Everything but strategy and estimand.
    joint
        What the ID algorithm returned, if it found a formula.
    """
    cause, effect = found.cause, found.effect
    if not found.has_effect:
        strategy, chosen = Strategy.NONE_NEEDED, formulas.conditional([effect])
    elif found.minimal_adjustment_sets:
        given = found.minimal_adjustment_sets[0]
        strategy = Strategy.BACKDOOR if given else Strategy.NONE_NEEDED
        chosen = formulas.adjustment(found.causes, effect, given)
    elif found.frontdoor_sets:
        strategy = Strategy.FRONTDOOR
        chosen = formulas.frontdoor(cause, effect, found.frontdoor_sets[0])
    elif found.conditional_frontdoor_sets:
        first = found.conditional_frontdoor_sets[0]
        strategy = Strategy.FRONTDOOR
        chosen = formulas.frontdoor(cause, effect, first.mediators, first.given)
    elif joint is not None:
        strategy, chosen = Strategy.ID, joint
    else:
        return _with_instrument(found)
    return replace(
        found,
        strategy=strategy,
        estimand=formulas.direct_estimand(cause, effect, found.also, chosen),
        any_value_of=_any_value(chosen, [*found.causes, effect]),
        conditioned_on=_conditioned_on(chosen, found.causes),
    )


def choose_direct(found: Findings, joint: Expression | None) -> Findings:
    """Choose for a controlled direct effect; parameters as in :func:`choose_total`."""
    cause, effect, held = found.cause, found.effect, found.mediators
    if not found.has_effect:
        nothing = formulas.no_direct_estimand(cause, effect, held)
        return replace(found, strategy=Strategy.NONE_NEEDED, estimand=nothing)
    if found.minimal_adjustment_sets:
        given = found.minimal_adjustment_sets[0]
        strategy = Strategy.BACKDOOR if given else Strategy.NONE_NEEDED
        chosen = formulas.adjustment([cause, *held], effect, given)
    elif joint is not None:
        strategy, chosen = Strategy.ID, joint
    else:
        return _with_instrument(found)
    return replace(
        found,
        strategy=strategy,
        estimand=formulas.direct_estimand(cause, effect, held, chosen),
        any_value_of=_any_value(chosen, [cause, effect, *held]),
        conditioned_on=_conditioned_on(chosen, [cause]),
    )


def choose_mediated(found: Findings, natural: Expression | None) -> Findings:
    """Choose for a natural indirect effect; ``natural`` is its formula, if there is one."""
    cause, effect = found.cause, found.effect
    if not found.has_effect:
        nothing = formulas.no_natural_estimand(cause, effect)
        return replace(found, strategy=Strategy.NONE_NEEDED, estimand=nothing)
    if found.minimal_adjustment_sets:
        given = found.minimal_adjustment_sets[0]
        strategy = Strategy.BACKDOOR if given else Strategy.NONE_NEEDED
        chosen = formulas.mediation(cause, effect, found.mediators, given)
    elif natural is not None:
        strategy, chosen = Strategy.ID, natural
    else:
        return found
    return replace(
        found,
        strategy=strategy,
        estimand=formulas.natural_estimand(cause, effect, found.mediators, chosen),
        any_value_of=_any_value(chosen, [cause, formulas.other_value(cause), effect]),
        conditioned_on=_conditioned_on(chosen, [cause]),
    )


def _with_instrument(found: Findings) -> Findings:
    if not found.instruments:
        return found
    first = found.instruments[0]
    estimand = formulas.instrument_estimand(
        found.cause, found.effect, first.instrument, first.given
    )
    return replace(found, strategy=Strategy.INSTRUMENT, estimand=estimand)


def _any_value(expression: Expression, named: Iterable[str]) -> NameSet:
    """Variables an estimand depends on in form only: any value of them gives the same result."""
    return tuple(sorted(free(expression) - set(named)))


def _conditioned_on(expression: Expression, causes: Iterable[str]) -> NameSet:
    """Variables within whose values the estimand compares values of the causes."""
    return tuple(sorted(conditions(expression) - set(causes)))
