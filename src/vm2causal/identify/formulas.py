"""The estimand in LaTeX, per strategy."""

from __future__ import annotations

from collections.abc import Iterable

from vm2causal.identify.expression import Expression, Probability, Replaced, product, sum_out
from vm2causal.identify.latex import latex, symbol
from vm2causal.identify.result import Population


def conditional(of: Iterable[str], given: Iterable[str] = ()) -> Expression:
    """P(of | given); one when ``of`` is empty."""
    names = frozenset(of)
    return Probability(names, frozenset(given)) if names else product([])


def adjustment(causes: Iterable[str], effect: str, given: Iterable[str]) -> Expression:
    """Adjustment formula: P(y | x, z) averaged over P(z) (Pearl 2009, equation 3.19).

    Parameters
    ----------
    effect
        Name of the variable whose response is asked for.
    """
    return sum_out(given, product([conditional([effect], {*causes, *given}), conditional(given)]))


def selected_estimand(
    causes: Iterable[str],
    effect: str,
    given: Iterable[str],
    selected: Iterable[str],
    population: Population,
) -> str:
    r"""Write adjustment among the selected, for the effect in one population.

    Parameters
    ----------
    effect
        Name of the variable whose response is asked for.

    Examples
    --------
    >>> print(selected_estimand(["x"], "y", ["z"], ["s"], Population.SELECTED))
    P(y_{x} \mid \mathrm{s=1}) = \sum_{z} P(y \mid \mathrm{s=1}, x, z) \, P(z \mid \mathrm{s=1})
    """
    chosen = [f"{name}=1" for name in selected]
    done, covariates = list(causes), list(given)
    formula = sum_out(
        covariates,
        product(
            [
                conditional([effect], {*done, *covariates, *chosen}),
                conditional(covariates, chosen),
            ]
        ),
    )
    intervened = ", ".join(map(symbol, done))
    if population is Population.WHOLE:
        left = rf"P({symbol(effect)} \mid do({intervened}))"
    else:
        left = rf"P({symbol(effect)}_{{{intervened}}} \mid {', '.join(map(symbol, chosen))})"
    return rf"{left} = {latex(formula, [*done, effect])}"


def frontdoor(
    cause: str, effect: str, mediators: Iterable[str], given: Iterable[str] = ()
) -> Expression:
    """Front-door formula (Pearl 1995, theorem 2), within strata of ``given`` where there are.

    Parameters
    ----------
    cause
        Name of the variable that is intervened on.
    effect
        Name of the variable whose response is asked for.
    """
    through = sum_out(
        [cause],
        product([conditional([effect], {cause, *mediators, *given}), conditional([cause], given)]),
    )
    onto = conditional(mediators, {cause, *given})
    return sum_out({*mediators, *given}, product([conditional(given), onto, through]))


def mediation(
    cause: str, effect: str, mediators: Iterable[str], given: Iterable[str]
) -> Expression:
    """Mediation formula (Pearl 2001): the effect hears x, the mediators hear x*.

    Parameters
    ----------
    cause
        Name of the variable that is intervened on.
    effect
        Name of the variable whose response is asked for.
    """
    onto = Replaced(conditional(mediators, {cause, *given}), cause, other_value(cause))
    heard = conditional([effect], {cause, *mediators, *given})
    return sum_out({*mediators, *given}, product([conditional(given), onto, heard]))


def other_value(cause: str) -> str:
    """Symbol of the value of the cause that the mediators hear in a nested counterfactual.

    Parameters
    ----------
    cause
        Name of the variable that is intervened on.
    """
    return f"{cause}*"


def direct_estimand(
    cause: str, effect: str, mediators: Iterable[str], expression: Expression
) -> str:
    r"""Write the formula for an intervention on the cause and all mediators or further causes.

    Parameters
    ----------
    cause
        Name of the variable that is intervened on.
    effect
        Name of the variable whose response is asked for.

    Examples
    --------
    >>> print(direct_estimand("x", "y", [], adjustment(["x"], "y", ["z"])))
    P(y \mid do(x)) = \sum_{z} P(y \mid x, z) \, P(z)
    """
    done = [cause, *mediators]
    intervened = ", ".join(map(symbol, done))
    formula = latex(expression, [*done, effect])
    return rf"P({symbol(effect)} \mid do({intervened})) = {formula}"


def no_direct_estimand(cause: str, effect: str, mediators: Iterable[str]) -> str:
    """Write that, the mediators held fixed, the cause makes no difference.

    Parameters
    ----------
    cause
        Name of the variable that is intervened on.
    effect
        Name of the variable whose response is asked for.
    """
    held = ", ".join(map(symbol, mediators))
    kept = rf"P({symbol(effect)} \mid do({held}))" if held else rf"P({symbol(effect)})"
    both = ", ".join(map(symbol, [cause, *mediators]))
    return rf"P({symbol(effect)} \mid do({both})) = {kept}"


def natural_estimand(
    cause: str, effect: str, mediators: Iterable[str], expression: Expression
) -> str:
    """Write the formula for the effect under x with the mediators as they would be under x*.

    Parameters
    ----------
    cause
        Name of the variable that is intervened on.
    effect
        Name of the variable whose response is asked for.
    """
    names = ", ".join(map(symbol, mediators))
    starred = symbol(other_value(cause))
    formula = latex(expression, [cause, other_value(cause), effect])
    return rf"P({symbol(effect)}_{{{symbol(cause)}, ({names})_{{{starred}}}}}) = {formula}"


def no_natural_estimand(cause: str, effect: str) -> str:
    """Write that without mediators the cause's other value makes no difference.

    Parameters
    ----------
    cause
        Name of the variable that is intervened on.
    effect
        Name of the variable whose response is asked for.
    """
    starred = symbol(other_value(cause))
    return rf"P({symbol(effect)}_{{{symbol(cause)}, ()_{{{starred}}}}}) = " + (
        rf"P({symbol(effect)}_{{{symbol(cause)}}})"
    )


def instrument_estimand(cause: str, effect: str, instrument: str, given: Iterable[str]) -> str:
    """Write the linear instrumental-variable ratio (Brito and Pearl 2002).

    Parameters
    ----------
    cause
        Name of the variable that is intervened on.
    effect
        Name of the variable whose response is asked for.
    """
    strata = rf" \mid {', '.join(map(symbol, given))}" if given else ""
    outcome, exposure = (
        rf"\mathrm{{Cov}}({symbol(end)}, {symbol(instrument)}{strata})" for end in (effect, cause)
    )
    return rf"\frac{{{outcome}}}{{{exposure}}}"
