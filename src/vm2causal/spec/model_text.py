"""A model as one types it: arrows, dagitty, or equations as lavaan, brms and pathmc write them.

Each form becomes a dagitty text, which :mod:`vm2causal.spec.importing` reads; lines stay where they
were, so that messages name the line that was typed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NoReturn

from vm2causal.errors import ModelFileError, OptionError
from vm2causal.spec.causal_spec import CausalSpec
from vm2causal.spec.graph import CausalGraph
from vm2causal.spec.importing import model_from_text
from vm2causal.spec.objects import Arrow, Query, Variable
from vm2causal.spec.rules import suggestion
from vm2causal.spec.words import ArrowShape, Kind

FILE: Final = "text of the model"
"""What messages call a text that was typed."""

_HEADER: Final = re.compile(r"\s*(strict\s+)?(dag|digraph|graph|pdag|mag|pag)\b[^~]*\{", re.I)
_PIECES: Final = re.compile(
    r"""(?P<comment>\#[^\n]*|//[^\n]*|/\*.*?\*/)
      | (?P<name>"(?:[^"\\]|\\.)*"|[\w.]+)(?P<hidden>\?)?""",
    re.VERBOSE | re.DOTALL,
)
_COMMENT: Final = re.compile(r"#[^\n]*")
_OPERATOR: Final = re.compile(r"=~|~~|~")
_NAME: Final = re.compile(r"[^\W\d][\w.]*\??")
_PLUS: Final = re.compile(r"\+(?![^()]*\))")
_GROUP: Final = re.compile(r"\((?P<terms>[^|()]+)\|\s*(?P<group>[^\W\d][\w.]*)\s*\)")
_SHAPED: Final = re.compile(r"(mo|s)\(\s*([^\W\d][\w.]*)\s*\)")
_SHAPES: Final = {"mo": ArrowShape.MONOTONE, "s": ArrowShape.SMOOTH}
_PRODUCT: Final = re.compile(r"([^\W\d][\w.]*)\s*:\s*([^\W\d][\w.]*)")


def model_of_text(
    source: str,
    *,
    name: str = "model",
    variables: Mapping[str, Mapping[str, Any]] | None = None,
) -> CausalSpec:
    r"""Make a model of arrows, a dagitty or DOT text, or equations.

    Parameters
    ----------
    source
        Arrows (``x -> y; z -> x -> w``) with ``?`` after what nobody observed; or a text that
        begins with ``dag`` or ``digraph``; or equations, one a line: ``y ~ x + z``, ``x ~~ z`` for
        an unobserved common cause, ``skill =~ item1 + item2`` for what items measure,
        ``(1 | class)`` for groups whose levels share strength, ``(1 + x | class)`` for what x does
        in each of them, ``x:z`` for what it does depending on z, ``mo(x)`` for steps of one sign,
        and ``s(x)`` for a curve.
    name
        Name of the model where the text gives none.
    variables
        What is said of variables beside the equations, as :func:`declared` takes it; ``mo(x)``
        needs the levels of x.

    Raises
    ------
    ModelFileError
        With the line of what is not understood, of a cycle, or of a part of a formula that is not
        read, such as ``log(x)``.

    Examples
    --------
    >>> model_of_text("talent? -> entry -> passed; talent -> passed").graph.unobserved
    frozenset({'talent'})
    >>> spec = model_of_text("passed ~ entry + (1 | class)\nentry ~~ passed")
    >>> spec.groups, spec.parents("passed")
    (('class',), ('entry', 'u_entry_passed'))
    >>> arrow = model_of_text("y ~ x + z + x:z + (1 + x | class)").arrow("x", "y")
    >>> arrow.varies, arrow.depends_on
    (('class',), ('z',))
    """
    if not source.strip():
        raise ModelFileError(
            "This text is empty.", file=FILE, fix="Write, for example, 'cause -> effect'."
        )
    if _HEADER.match(source):
        return model_from_text(source, file=FILE, name=name)
    if _OPERATOR.search(_COMMENT.sub("", source)):
        return _of_equations(source, name, variables or {})
    return model_from_text(_dag_of(source), file=FILE, name=name)


def spec_of_graph(graph: CausalGraph, name: str = "model") -> CausalSpec:
    """A model of a bare graph; nothing is said of its variables but which are unobserved.

    Raises
    ------
    ModelFileError
        When the arrows form a cycle, or a name is no name of a variable.
    """
    return CausalSpec(
        name=name,
        variables={
            node: Variable(observed=node not in graph.unobserved, selected=node in graph.selected)
            for node in graph.nodes
        },
        arrows=tuple(
            Arrow.model_validate({"from": cause, "to": effect}) for cause, effect in graph.arrows
        ),
    )


def declared(
    spec: CausalSpec,
    variables: Mapping[str, Mapping[str, Any]],
    *,
    groups: Iterable[str] = (),
    queries: Iterable[Mapping[str, Any]] = (),
) -> CausalSpec:
    """The model with more said of it; its rules are checked again.

    Parameters
    ----------
    variables
        By name what a model file would say of the variable: ``kind``, ``levels``, ``observed``, …
    groups
        Columns whose levels share strength, beside those that the model has.
    queries
        Questions, beside those that the model has.

    Raises
    ------
    OptionError
        When the model has no such variable.
    ModelFileError
        When what is said does not fit together.
    """
    found = dict(spec.variables)
    for name, said in variables.items():
        if name not in found:
            advice = suggestion(name, found, otherwise=f"One of: {', '.join(found)}.")
            raise OptionError("The model has no such variable.", value=name, fix=advice)
        found[name] = Variable.model_validate(
            {**found[name].model_dump(exclude_unset=True), **said}
        )
    return spec.changed(
        variables=found,
        groups=tuple(dict.fromkeys((*spec.groups, *groups))),
        queries=(*spec.queries, *(Query.model_validate(item) for item in queries)),
    )


def _dag_of(arrows: str) -> str:
    """Arrows as a dagitty text; a question mark says that nobody observed what is before it."""
    hidden: dict[str, None] = {}

    def without_mark(found: re.Match[str]) -> str:
        if found["hidden"]:
            hidden[found["name"]] = None
        return found["name"] or found["comment"]

    body = _PIECES.sub(without_mark, arrows)
    return f"dag {{ {body}\n{'; '.join(f'{name} [latent]' for name in hidden)} }}"


@dataclass
class _Equations:
    """What equations say, as far as they were read; ``arrows`` by line.

    ``modified`` holds cause, effect, what its coefficient differs by, in which of the two ways,
    and the line; ``shaped`` the shape of an arrow.
    """

    arrows: dict[int, str] = field(default_factory=dict)
    items: dict[str, list[str]] = field(default_factory=dict)
    groups: dict[str, None] = field(default_factory=dict)
    modified: list[tuple[str, str, str, str, int]] = field(default_factory=list)
    shaped: dict[tuple[str, str], ArrowShape] = field(default_factory=dict)


def _of_equations(source: str, name: str, variables: Mapping[str, Mapping[str, Any]]) -> CausalSpec:
    found = _Equations()
    for line, equation in _lines(source):
        said = _read_equation(equation, line, found)
        found.arrows[line] = f"{found.arrows.get(line, '')}; {said}"
    last = max(found.arrows, default=1)
    arrows = "\n".join(found.arrows.get(line, "") for line in range(1, last + 1))
    spec = model_from_text(_dag_of(arrows), file=FILE, name=name)
    measured = {
        construct: {"kind": Kind.LATENT, "items": items, "observed": True}
        for construct, items in found.items.items()
    }
    every = {**variables, **measured}
    return _modified(declared(spec, every, groups=found.groups), found)


def _modified(spec: CausalSpec, found: _Equations) -> CausalSpec:
    """The model with what coefficients vary by and depend on; its rules are checked again."""
    if not found.modified and not found.shaped:
        return spec
    said: dict[tuple[str, str], dict[str, Any]] = {
        key: {"shape": shape} for key, shape in found.shaped.items()
    }
    for cause, effect, by, key, line in found.modified:
        for name in (cause, by) if key == "depends_on" else (cause,):
            if spec.arrow(name, effect) is None:
                _refuse(
                    f"What '{cause}' does to '{effect}' differs by '{by}', and no equation lets "
                    f"'{name}' act on it.",
                    line, name, f"Write '{name}' itself among the causes of '{effect}' too.",
                )  # fmt: skip
        keys = said.setdefault((cause, effect), {})
        keys[key] = tuple(dict.fromkeys((*keys.get(key, ()), by)))
    return spec.changed(
        arrows=[arrow.model_copy(update=said.get(arrow.key, {})) for arrow in spec.arrows]
    )


def _lines(source: str) -> list[tuple[int, str]]:
    """Equations with the line each begins at; one goes on where a line ends in an operator."""
    found: list[tuple[int, str]] = []
    going_on = False
    for line, written in enumerate(source.split("\n"), start=1):
        for part in _COMMENT.sub("", written).split(";"):
            equation = part.strip()
            if not equation:
                continue
            if going_on or (found and equation.startswith("+")):
                found[-1] = (found[-1][0], f"{found[-1][1]} {equation}")
            else:
                found.append((line, equation))
            going_on = equation.endswith(("+", "~"))
    return found


def _read_equation(equation: str, line: int, found: _Equations) -> str:
    """One equation as arrows in dagitty's words."""
    operator = _OPERATOR.search(equation)
    if operator is None:
        _refuse(
            "This is no equation.",
            line,
            equation,
            "Write 'effect ~ cause + cause', or arrows only.",
        )
    left = _names(equation[: operator.start()], line)
    causes = equation[operator.end() :]
    right = _names(
        _without_modifiers(causes, left, line, found) if operator.group() == "~" else causes, line
    )
    if not left:
        _refuse("Nothing stands before this sign.", line, equation, "Write 'effect ~ cause'.")
    if operator.group() == "=~":
        for construct in left:
            found.items.setdefault(construct, []).extend(right)
        return "; ".join(left)
    if operator.group() == "~~":
        if set(left) & set(right):
            _refuse(
                "A variance is always estimated, and need not be written.", line, equation,
                "Leave it out.",
            )  # fmt: skip
        return "; ".join(f"{one} <-> {other}" for one in left for other in right)
    arrows = [f"{cause} -> {effect}" for cause in right for effect in left]
    return "; ".join(arrows or left)


def _without_modifiers(side: str, effects: list[str], line: int, found: _Equations) -> str:
    """The causes of an equation, with groups, products and shapes taken out and kept."""
    for group in _GROUP.finditer(side):
        found.groups[group["group"]] = None
        for term in (part.strip() for part in group["terms"].split("+")):
            if term == "1":
                continue
            if not _NAME.fullmatch(term):
                _refuse(
                    "A group has an intercept, and coefficients of causes.", line, group.group(),
                    "Write '(1 | group)' or '(1 + cause | group)'.",
                )  # fmt: skip
            found.modified += [(term, effect, group["group"], "varies", line) for effect in effects]
    kept = []
    for part in _PLUS.split(_GROUP.sub("", side)):
        product, shaped = (form.fullmatch(part.strip()) for form in (_PRODUCT, _SHAPED))
        if shaped is not None:
            found.shaped |= {(shaped[2], effect): _SHAPES[shaped[1]] for effect in effects}
            kept.append(shaped[2])
        elif product is None:
            kept.append(part)
        else:
            cause, other = product.groups()
            found.modified += [(cause, effect, other, "depends_on", line) for effect in effects]
    return "+".join(kept)


def _names(side: str, line: int) -> list[str]:
    """Variables of one side of an equation."""
    names = []
    for part in (part.strip() for part in _PLUS.split(side)):
        if part in ("", "1"):
            continue
        if not _NAME.fullmatch(part):
            _refuse_part(part, line)
        names.append(part)
    return names


def _refuse_part(part: str, line: int) -> NoReturn:
    if "|" in part:
        _refuse(
            "This group is not understood.", line, part,
            "Write '(1 | group)', or '(1 + cause | group)' for what a cause does in each.",
        )  # fmt: skip
    if ":" in part or "*" in part:
        _refuse(
            "Products of more than two, and labels of coefficients, are not read from a formula.",
            line, part, "Write 'x + z + x:z' for what x does depending on z.",
        )  # fmt: skip
    if "(" in part:
        _refuse(
            "Functions of a variable are not read from a formula, but mo(x) and s(x).", line, part,
            "Make a column of its own in the table, and name that.",
        )  # fmt: skip
    _refuse("This is not the name of a variable.", line, part, "Write one name between plus signs.")


def _refuse(rule: str, line: int, value: str, fix: str) -> NoReturn:
    raise ModelFileError(rule, file=FILE, line=line, value=value, fix=fix)
