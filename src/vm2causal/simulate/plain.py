"""A truth for any model: moderate effects in the direction of the model's signs, even levels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from scipy.special import logit

from vm2causal.errors import StudyError
from vm2causal.simulate.terms import levels_of, terms_of
from vm2causal.simulate.truth import Equation, Item, Truth
from vm2causal.spec import CausalSpec, Evidence, Kind, Sign, Variable

MODERATE = 0.3
"""Size of an effect that has no size of its own."""

TRIALS = 20.0
"""Mean number of trials behind a share."""

SHAPES = {Kind.STUDENT_T: 4.0, Kind.NEGATIVE_BINOMIAL: 2.0}
"""Degrees of freedom, and φ of a count without a ceiling, that have no value of their own."""


def plain_truth(
    spec: CausalSpec,
    *,
    groups: Sequence[str] = (),
    group_sd: float = 0.3,
    effects: Mapping[str, float] | None = None,
) -> Truth:
    """Truth from which ``simulate_table`` can draw any model.

    Parameters
    ----------
    spec
        The causal model, as read from its file.
    groups
        Groups of rows; each has a random effect on every variable.
    group_sd
        Its standard deviation.
    effects
        By term; what is not named has the sign of its arrow and a moderate size, or none where the
        arrow has no sign or was not found.

    Raises
    ------
    StudyError
        When a nominal variable has no levels to draw.

    Examples
    --------
    >>> from vm2causal.spec import Arrow, CausalSpec, Variable
    >>> spec = CausalSpec(
    ...     name="m",
    ...     variables={"x": Variable(), "y": Variable(kind="binary")},
    ...     arrows=[Arrow(cause="x", effect="y", sign="-")],
    ... )
    >>> plain_truth(spec).effects
    {'x->y': -0.3}
    """
    sds = dict.fromkeys(groups, group_sd)
    return Truth(
        model=spec.name,
        effects=plain_effects(spec) | dict(effects or {}),
        equations={
            name: plain_equation(name, variable).model_copy(update={"sds": sds})
            for name, variable in spec.variables.items()
        },
    )


def plain_effects(spec: CausalSpec) -> dict[str, float]:
    """By term a moderate size with the sign of its arrow; none without sign or when not found.

    Parameters
    ----------
    spec
        The causal model, as read from its file.
    """
    sizes = {Sign.PLUS: MODERATE, Sign.MINUS: -MODERATE, None: 0.0}
    effects = {}
    for term in terms_of(spec):
        arrow = spec.arrow(term.cause, term.effect)
        found = arrow is not None and arrow.evidence is not Evidence.NIET_GEVONDEN
        effects[str(term)] = sizes[arrow.sign] if arrow is not None and found else 0.0
    return effects


def plain_equation(name: str, variable: Variable) -> Equation:
    """Equation in which all levels are about as frequent where nothing causes them.

    Raises
    ------
    StudyError
        When a nominal variable has no levels to draw.
    """
    if not variable.observed:
        return Equation()
    levels = len(levels_of(variable))
    if variable.kind is Kind.ORDINAL:
        return Equation(intercept=_even(levels), centre=(levels - 1) / 2)
    if variable.kind.measured:
        item = Item(cutpoints=_even(levels))
        return Equation(items=dict.fromkeys(variable.items, item))
    if variable.kind.unordered:
        if levels == 0:
            raise StudyError(
                "A nominal variable cannot be drawn without its levels.",
                column=name,
                fix="Add 'levels: [a, b]' to the model.",
            )
        return Equation(intercept=(0.0,) * (levels - 1))
    constant = variable.kind.has_event or variable.kind is Kind.NEGATIVE_BINOMIAL
    return Equation(
        intercept=(0.0,) * constant,
        trials=TRIALS if variable.kind.counted else None,
        shape=SHAPES.get(variable.kind),
    )


def _even(levels: int) -> tuple[float, ...]:
    """Cutpoints between equally frequent levels."""
    return tuple(float(cut) for cut in logit(np.arange(1, levels) / levels)) if levels else ()
