"""The terms of a linear predictor: what each arrow of a model adds, by level where it has levels.

A term is written as on the command line: ``samenwerking->versnelling``, for a level of a nominal
cause ``financiele_afspraken[ja]->status``, for a level of a nominal effect
``samenwerking->financiele_afspraken[ja]``.
"""

from __future__ import annotations

import difflib
import math
import re
from dataclasses import dataclass
from typing import Final

from vm2causal.errors import OptionError
from vm2causal.spec import CausalSpec, Kind, Variable

_WRITTEN: Final = re.compile(r"\s*(?P<term>[^=]+?)\s*=\s*(?P<size>[^=]*?)\s*")
_END: Final = re.compile(r"(?P<name>[^\[\]]+?)(\[(?P<level>[^\[\]]+)\])?")
_NEAR: Final = 3


@dataclass(frozen=True, order=True)
class Term:
    """What one arrow adds to one linear predictor.

    Parameters
    ----------
    cause, effect
        The arrow.
    level
        Level of a nominal cause; None for another kind.
    outcome
        Level of a nominal effect; None for another kind.
    """

    cause: str
    effect: str
    level: str | None = None
    outcome: str | None = None

    def __str__(self) -> str:
        """Write the term as on the command line."""
        return f"{_end(self.cause, self.level)}->{_end(self.effect, self.outcome)}"


def levels_of(variable: Variable) -> tuple[str, ...]:
    """Values of a binary, ordinal or nominal variable, in the order of their codes.

    Examples
    --------
    >>> levels_of(Variable(kind="binary"))
    ('0', '1')
    """
    if variable.kind is Kind.BINARY and not variable.levels:
        return ("0", "1")
    return variable.levels


def other_levels(variable: Variable) -> tuple[str, ...]:
    """Levels of a nominal variable that are compared with its reference.

    Examples
    --------
    >>> other_levels(Variable(kind="nominal", levels=["a", "b", "c"], reference="b"))
    ('a', 'c')
    """
    reference = variable.reference or variable.levels[0]
    return tuple(level for level in variable.levels if level != reference)


def terms_of(spec: CausalSpec, effect: str | None = None) -> tuple[Term, ...]:
    """All terms of a model, or those of one effect, in the order of its arrows and levels.

    Parameters
    ----------
    spec
        The causal model, as read from its file.

    Examples
    --------
    >>> from vm2causal.spec import Arrow
    >>> sector = Variable(kind="nominal", levels=["a", "b", "c"])
    >>> spec = CausalSpec(
    ...     name="m",
    ...     variables={"sector": sector, "y": Variable()},
    ...     arrows=[Arrow(cause="sector", effect="y")],
    ... )
    >>> [str(term) for term in terms_of(spec)]
    ['sector[b]->y', 'sector[c]->y']
    """
    return tuple(
        Term(arrow.cause, arrow.effect, level, outcome)
        for arrow in spec.arrows
        if effect in (None, arrow.effect)
        for level in _own_levels(spec.variables[arrow.cause])
        for outcome in _own_levels(spec.variables[arrow.effect])
    )


def parse_effect(written: str, spec: CausalSpec) -> tuple[Term, float]:
    """Read an effect as written on the command line.

    Parameters
    ----------
    written
        ``cause->effect=size``; levels of nominal variables in square brackets. The size is on the
        link scale of the effect; zero and either sign will do.
    spec
        The causal model, as read from its file.

    Raises
    ------
    OptionError
        When it is not of this form, or the model has no such arrow or level.

    Examples
    --------
    >>> from vm2causal.spec import read_model
    >>> spec = read_model("onderzoeksmodel-2012")
    >>> term, size = parse_effect("samenwerking->versnelling=0.4", spec)
    >>> str(term), size
    ('samenwerking->versnelling', 0.4)
    """
    parts = _WRITTEN.fullmatch(written)
    ends = [_END.fullmatch(end.strip()) for end in parts["term"].split("->")] if parts else []
    if parts is None or len(ends) != 2 or ends[0] is None or ends[1] is None:
        raise OptionError(
            "An effect is written as cause->effect=size.",
            value=written,
            fix="For example: 'samenwerking->versnelling=0.4'.",
        )
    cause, effect = ends[0], ends[1]
    term = Term(cause["name"], effect["name"], cause["level"], effect["level"])
    return _known(term, spec), _size(parts["size"], written)


def _size(text: str, written: str) -> float:
    try:
        size = float(text)
    except ValueError:
        size = math.nan
    if not math.isfinite(size):
        raise OptionError(
            "The size of an effect is a number.",
            value=written,
            fix="Write it with a decimal point: 0.4, 0 or -0.4.",
        )
    return size


def _known(term: Term, spec: CausalSpec) -> Term:
    """The term itself, if the model has it."""
    terms = terms_of(spec)
    if term in terms:
        return term
    of_arrow = [
        str(known) for known in terms if (known.cause, known.effect) == (term.cause, term.effect)
    ]
    if of_arrow:
        raise OptionError(
            "This arrow has an effect for each level of a nominal variable, and for nothing else."
            if "[" in of_arrow[0]
            else "Neither end of this arrow is nominal, so it has one effect, without a level.",
            value=str(term),
            fix=f"Choose one of: {', '.join(of_arrow)}.",
        )
    near = difflib.get_close_matches(str(term), [str(known) for known in terms], n=_NEAR)
    raise OptionError(
        f"The model '{spec.name}' has no such arrow, so it can have no effect.",
        value=str(term),
        fix=f"Did you mean: {', '.join(near)}?" if near else "See `vm2causal model show`.",
    )


def _own_levels(variable: Variable) -> tuple[str | None, ...]:
    return other_levels(variable) if variable.kind.unordered else (None,)


def _end(name: str, level: str | None) -> str:
    return name if level is None else f"{name}[{level}]"
