"""Estimands as expression trees over the distribution of the observed variables.

A tree is built from four kinds of node and kept simple while it is built: sums over a variable
that occurs in its own conditional probability only are carried out, factors that do not depend on
a summed variable stand before the sum, and equal factors of a ratio cancel.
Variables bound by a sum are local to it, as in mathematics: the front-door formula for do(x) sums
over other values of x inside.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Probability:
    """P(of | given)."""

    of: frozenset[str]
    given: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Sum:
    """Sum of ``body`` over all values of the variables ``over``."""

    over: frozenset[str]
    body: Expression


@dataclass(frozen=True)
class Product:
    """Product of ``factors``; without factors, one."""

    factors: tuple[Expression, ...] = ()


@dataclass(frozen=True)
class Ratio:
    """A conditional distribution of ``of``: ``denominator`` is ``numerator`` summed over it."""

    of: frozenset[str]
    numerator: Expression
    denominator: Expression


@dataclass(frozen=True)
class Replaced:
    """``body`` with another symbol, ``by``, for the free variable ``variable``."""

    body: Expression
    variable: str
    by: str


Expression = Probability | Sum | Product | Ratio | Replaced

ONE = Product()


def free(expression: Expression) -> frozenset[str]:
    """The variables an expression depends on.

    Examples
    --------
    >>> sorted(free(Sum(frozenset("z"), Probability(frozenset("y"), frozenset("xz")))))
    ['x', 'y']
    """
    match expression:
        case Probability(of, given):
            return of | given
        case Sum(over, body):
            return free(body) - over
        case Product(factors):
            return frozenset().union(*map(free, factors))
        case Ratio(_, numerator, denominator):
            return free(numerator) | free(denominator)
        case Replaced(body, variable, by):
            inner = free(body)
            return inner - {variable} | {by} if variable in inner else inner


def conditions(expression: Expression) -> frozenset[str]:
    """The variables that conditional distributions in an expression are conditioned on.

    Examples
    --------
    >>> inner = Product((Probability(frozenset("y"), frozenset("xz")), Probability(frozenset("z"))))
    >>> sorted(conditions(Sum(frozenset("z"), inner)))
    ['x', 'z']
    """
    match expression:
        case Probability(_, given):
            return given
        case Sum(_, body) | Replaced(body):
            return conditions(body)
        case Product(factors):
            return frozenset().union(*map(conditions, factors))
        case Ratio(_, numerator, denominator):
            return conditions(numerator) | conditions(denominator) | free(denominator)


def product(parts: Iterable[Expression]) -> Expression:
    """Multiply expressions; nested products become one."""
    factors: list[Expression] = []
    for part in parts:
        factors += _factors(part)
    return factors[0] if len(factors) == 1 else Product(tuple(factors))


def sum_out(over: Iterable[str], body: Expression) -> Expression:
    """Sum an expression over variables, carrying out the sums that give one.

    Examples
    --------
    >>> joint = product([Probability(frozenset("z")), Probability(frozenset("y"), frozenset("z"))])
    >>> sum_out("y", joint)
    Probability(of=frozenset({'z'}), given=frozenset())
    """
    rest = frozenset(over)
    if isinstance(body, Sum) and not body.over & rest:
        rest, body = rest | body.over, body.body
    factors, rest = _without_certainties(_factors(body), rest)
    inside = [factor for factor in factors if free(factor) & rest]
    outside = [factor for factor in factors if not free(factor) & rest]
    return product([*outside, Sum(rest, product(inside))] if rest else outside)


def ratio(of: str, numerator: Expression) -> Expression:
    """Condition: ``numerator`` divided by its sum over ``of``, equal factors cancelled.

    Examples
    --------
    >>> joint = product([Probability(frozenset("z")), Probability(frozenset("y"), frozenset("z"))])
    >>> ratio("y", joint)
    Probability(of=frozenset({'y'}), given=frozenset({'z'}))
    """
    denominator = sum_out([of], numerator)
    above, below = _factors(numerator), _factors(denominator)
    for factor in tuple(below):
        if factor in above:
            above.remove(factor)
            below.remove(factor)
    if not below:
        return product(above)
    return Ratio(frozenset([of]), product(above), product(below))


def _factors(expression: Expression) -> list[Expression]:
    return list(expression.factors) if isinstance(expression, Product) else [expression]


def _without_certainties(
    factors: list[Expression], over: frozenset[str]
) -> tuple[list[Expression], frozenset[str]]:
    """Drop conditional distributions summed over their whole range: they add up to one."""
    position = 0
    while position < len(factors):
        others = factors[:position] + factors[position + 1 :]
        used = frozenset().union(*map(free, others))
        summed = _distributed(factors[position]) & over - used
        left = _marginal(factors[position], summed) if summed else None
        if left is None:
            position += 1
            continue
        factors = factors[:position] + ([] if left == ONE else [left]) + factors[position + 1 :]
        over -= summed
        position = 0
    return factors, over


def _distributed(factor: Expression) -> frozenset[str]:
    return factor.of if isinstance(factor, Probability | Ratio) else frozenset()


def _marginal(factor: Expression, summed: frozenset[str]) -> Expression | None:
    """A conditional distribution with ``summed`` summed out, where that is simple."""
    if _distributed(factor) == summed:
        return ONE
    if isinstance(factor, Probability):
        return Probability(factor.of - summed, factor.given)
    return None
