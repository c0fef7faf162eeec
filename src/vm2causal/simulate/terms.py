"""The terms of a linear predictor: what each arrow of a model adds, by level where it has levels.

A term is written as on the command line: ``samenwerking->versnelling``, for a level of a nominal
cause ``financiele_afspraken[ja]->status``, for a level of a nominal effect
``samenwerking->financiele_afspraken[ja]``. Of an arrow that varies by a variable, the size in one
of its levels is ``binding->vsv[techniek]``, in place of the size elsewhere; of one that varies by a
group ``binding->vsv~school`` is the standard deviation of its size between schools. What an arrow
gains per unit of a cause that it depends on is ``binding:leerlingenaantal->vsv``.
"""

from __future__ import annotations

import difflib
import math
import re
from dataclasses import dataclass, replace
from typing import Final

from vm2causal.errors import OptionError
from vm2causal.spec import CausalSpec, Kind, Variable

_WRITTEN: Final = re.compile(r"\s*(?P<term>[^=]+?)\s*=\s*(?P<size>[^=]*?)\s*")
_END: Final = re.compile(
    r"(?P<name>[^\[\]~:]+?)(\[(?P<level>[^\[\]]+)\])?(\[(?P<within>[^\[\]]+)\])?(~(?P<group>.+))?"
)
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
    within
        Level of a variable that the arrow varies by: the size there.
    group
        A group that the arrow varies by: the standard deviation of its size.
    moderator, moderator_level
        A cause that the arrow depends on, and the level of a nominal one: what its size gains.
    """

    cause: str
    effect: str
    level: str | None = None
    outcome: str | None = None
    within: str | None = None
    group: str | None = None
    moderator: str | None = None
    moderator_level: str | None = None

    def __str__(self) -> str:
        """Write the term as on the command line."""
        causes = _end(self.cause, self.level)
        if self.moderator is not None:
            causes += f":{_end(self.moderator, self.moderator_level)}"
        effect = _end(_end(self.effect, self.outcome), self.within)
        return f"{causes}->{effect}" + ("" if self.group is None else f"~{self.group}")


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
        for level in own_levels(spec.variables[arrow.cause])
        for outcome in own_levels(spec.variables[arrow.effect])
    )


def modifier_terms(spec: CausalSpec, effect: str | None = None) -> tuple[Term, ...]:
    """Terms that a truth may have besides: of arrows that vary or depend on other causes.

    Parameters
    ----------
    spec
        The model.
    effect
        Whose terms; of all variables where None.

    Examples
    --------
    >>> from vm2causal.spec import Arrow
    >>> spec = CausalSpec(
    ...     name="m",
    ...     variables={"s": Variable(kind="binary"), "x": Variable(), "y": Variable()},
    ...     arrows=[
    ...         Arrow(cause="s", effect="y"),
    ...         Arrow(cause="x", effect="y", varies=["s", "school"], depends_on=["s"]),
    ...     ],
    ...     groups=["school"],
    ... )
    >>> [str(term) for term in modifier_terms(spec)]
    ['x->y[0]', 'x->y[1]', 'x->y~school', 'x:s->y']
    """
    return tuple(
        found
        for term in terms_of(spec, effect)
        for arrow in (spec.arrow(term.cause, term.effect),)
        if arrow is not None
        for found in (
            *(
                one
                for by in arrow.varies
                for one in (
                    [replace(term, within=level) for level in levels_of(spec.variables[by])]
                    if by in spec.variables
                    else [replace(term, group=by)]
                )
            ),
            *(
                replace(term, moderator=name, moderator_level=level)
                for name in arrow.depends_on
                for level in own_levels(spec.variables[name])
            ),
        )
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
    sides = parts["term"].split("->") if parts else []
    causes = sides[0].split(":") if len(sides) == 2 else []
    ends = [_END.fullmatch(end.strip()) for end in (*causes, *sides[1:])]
    if parts is None or not 1 <= len(causes) <= 2 or any(end is None for end in ends):
        raise OptionError(
            "An effect is written as cause->effect=size.",
            value=written,
            fix="For example: 'samenwerking->versnelling=0.4'.",
        )
    return _known(parts["term"], spec), _size(parts["size"], written)


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


def _known(written: str, spec: CausalSpec) -> Term:
    """The term that is written so, if the model has it."""
    plain = re.sub(r"\s*(->|:|~)\s*", r"\1", written.strip())
    terms = (*terms_of(spec), *modifier_terms(spec))
    own = [term for term in terms if str(term) == plain]
    if own:
        return own[0]
    of_arrow = [str(known) for known in terms if (known.cause, known.effect) == _bare(plain)]
    if of_arrow:
        raise OptionError(
            "This arrow has an effect for each level of a nominal variable, and for nothing else."
            if "[" in of_arrow[0]
            else "Neither end of this arrow is nominal, so it has one effect, without a level.",
            value=plain,
            fix=f"Choose one of: {', '.join(of_arrow)}.",
        )
    near = difflib.get_close_matches(plain, [str(known) for known in terms], n=_NEAR)
    raise OptionError(
        f"The model '{spec.name}' has no such arrow, so it can have no effect.",
        value=plain,
        fix=f"Did you mean: {', '.join(near)}?" if near else "See `vm2causal model show`.",
    )


def _bare(written: str) -> tuple[str, str]:
    """Names of the ends of a term as written, without levels, groups and moderators."""
    first, _, last = re.sub(r"\[[^\[\]]*\]|~.*", "", written).partition("->")
    return first.split(":")[0].strip(), last.strip()


def own_levels(variable: Variable) -> tuple[str | None, ...]:
    """Levels with a term each: the others of a nominal variable; None alone of other kinds."""
    return other_levels(variable) if variable.kind.unordered else (None,)


def _end(name: str, level: str | None) -> str:
    return name if level is None else f"{name}[{level}]"
