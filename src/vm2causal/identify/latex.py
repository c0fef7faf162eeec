"""Expressions in LaTeX."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from vm2causal.identify.expression import (
    Expression,
    Probability,
    Product,
    Ratio,
    Replaced,
    Sum,
    free,
)


def latex(expression: Expression, fixed: Iterable[str] = ()) -> str:
    r"""Write an expression; a bound variable whose name is taken outside its sum gets a prime.

    Parameters
    ----------
    expression
        What to write.
    fixed
        Names that stand elsewhere in the formula, such as the cause in ``do(x)``.

    Examples
    --------
    >>> inner = Sum(frozenset("x"), Product((Probability(frozenset("y"), frozenset("xm")),
    ...                                      Probability(frozenset("x")))))
    >>> print(latex(inner, fixed="x"))
    \sum_{x'} P(y \mid m, x') \, P(x')
    """
    names = free(expression) | set(fixed)
    return _write(expression, {}, frozenset(map(symbol, names)))


def symbol(name: str) -> str:
    r"""Write a name: one letter as a variable, a longer name upright; a final star as an exponent.

    Examples
    --------
    >>> symbol("x"), symbol("x*"), symbol("mbo_stof")
    ('x', 'x^{*}', '\\mathrm{mbo\\_stof}')
    """
    if name.endswith("*"):
        return symbol(name[:-1]) + "^{*}"
    if len(name) == 1:
        return name
    escaped = "".join("\\" + letter if letter in "_#%&$" else letter for letter in name)
    return rf"\mathrm{{{escaped}}}"


def event(of: Iterable[str], given: Iterable[str] = ()) -> str:
    r"""Write P(of | given), where both are lists of symbols already written."""
    left, right = ", ".join(of), ", ".join(given)
    return rf"P({left} \mid {right})" if right else f"P({left})"


def _write(expression: Expression, symbols: Mapping[str, str], taken: frozenset[str]) -> str:
    """Write with ``symbols`` for renamed variables; ``taken`` are the symbols already in scope."""
    match expression:
        case Probability(of, given):
            return event(_symbols(of, symbols), _symbols(given, symbols))
        case Product(factors):
            return _multiplied(factors, symbols, taken)
        case Ratio(_, numerator, denominator):
            above, below = (_write(part, symbols, taken) for part in (numerator, denominator))
            return rf"\frac{{{above}}}{{{below}}}"
        case Replaced(body, variable, by):
            return _write(body, {**symbols, variable: symbol(by)}, taken)
        case Sum(over, body):
            inner = {**symbols, **{name: _unused(symbol(name), taken) for name in over}}
            index = _symbols(over, inner)
            return rf"\sum_{{{', '.join(index)}}} {_write(body, inner, taken | set(index))}"


def _multiplied(
    factors: tuple[Expression, ...], symbols: Mapping[str, str], taken: frozenset[str]
) -> str:
    """Sums last, and the last of all without brackets: a sum reaches to the end of its formula."""
    ordered = sorted(factors, key=lambda factor: isinstance(factor, Sum))
    written = [_write(factor, symbols, taken) for factor in ordered]
    for position, factor in enumerate(ordered[:-1]):
        if isinstance(factor, Sum):
            written[position] = rf"\left[ {written[position]} \right]"
    return r" \, ".join(written) or "1"


def _symbols(names: Iterable[str], symbols: Mapping[str, str]) -> list[str]:
    return [symbols.get(name, symbol(name)) for name in sorted(names)]


def _unused(written: str, taken: frozenset[str]) -> str:
    while written in taken:
        written += "'"
    return written
