"""Whether a truth fits a model: every term, equation, cutpoint and item that the model needs."""

from __future__ import annotations

import itertools
from collections.abc import Collection
from typing import NoReturn

from vm2causal.errors import StudyError
from vm2causal.simulate.terms import levels_of, modifier_terms, terms_of
from vm2causal.simulate.truth import Equation, Truth
from vm2causal.spec import CausalSpec, Kind, Variable


def require_agreement(
    spec: CausalSpec,
    truth: Truth,
    *,
    given: Collection[str],
    groups: Collection[str],
    years: int = 1,
) -> None:
    """Refuse a truth that lacks something the model needs, or holds what it does not know.

    Parameters
    ----------
    spec
        The causal model, as read from its file.
    given
        Variables that are not drawn, but known of every row.
    groups
        Groups that rows fall into.
    years
        Number of yearly hazards of a count.

    Raises
    ------
    StudyError
        When the two do not fit; the message names the term or variable.
    """
    needed = {str(term) for term in terms_of(spec)}
    allowed = {str(term) for term in modifier_terms(spec)}
    _require_same("effects", needed, set(truth.effects) - allowed)
    _require_same("equations", set(spec.variables) - set(given), truth.equations)
    for name, equation in truth.equations.items():
        variable = spec.variables[name]
        _require_intercepts(name, variable, equation, years)
        _require_items(name, variable, equation)
        if equation.by is not None and equation.by not in given:
            _refuse("Intercepts can only differ by what is given.", name, equation.by, "")
        for group in equation.sds:
            if group != "residual" and group not in groups:
                _refuse("There is no such group.", name, group, f"Groups: {', '.join(groups)}.")


def _require_same(what: str, needed: Collection[str], found: Collection[str]) -> None:
    missing = sorted(set(needed) - set(found))
    unknown = sorted(set(found) - set(needed))
    if missing or unknown:
        raise StudyError(
            "The truth lacks what the model has." if missing else "The model has nothing like it.",
            column=what,
            value=(missing or unknown)[0],
            fix="Make the truth anew from this model.",
        )


def _require_intercepts(name: str, variable: Variable, equation: Equation, years: int) -> None:
    needed = _intercepts_needed(variable, years)
    sets = list(equation.intercept_by.values()) if equation.by else [equation.intercept]
    for intercepts in sets:
        if len(intercepts) != needed:
            _refuse(f"This variable has {needed} intercepts.", name, list(intercepts), "")
        rises = all(first < second for first, second in itertools.pairwise(intercepts))
        if variable.kind is Kind.ORDINAL and not rises:
            _refuse("Cutpoints rise.", name, list(intercepts), "Order them from low to high.")


def _intercepts_needed(variable: Variable, years: int) -> int:
    if not variable.observed:
        return 0
    if variable.kind.counted:
        return years
    if variable.kind.levelled:
        return len(levels_of(variable)) - 1
    return 1 if variable.kind is Kind.NEGATIVE_BINOMIAL else 0


def _require_items(name: str, variable: Variable, equation: Equation) -> None:
    items = variable.items if variable.kind.measured else ()
    if set(items) != set(equation.items):
        _refuse("The items are not those of the model.", name, list(equation.items), "")
    needed = max(len(variable.levels) - 1, 0)
    for column, item in equation.items.items():
        if len(item.cutpoints) != needed:
            _refuse(f"This item has {needed} cutpoints.", column, list(item.cutpoints), "")


def _refuse(rule: str, name: str, value: object, fix: str) -> NoReturn:
    raise StudyError(rule, column=name, value=value, fix=fix or None)
