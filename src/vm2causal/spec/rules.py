"""What must hold between the parts of a model; the first breach is an error that says where."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from vm2causal.spec.graph import CausalGraph, find_cycle
from vm2causal.spec.modifier_rules import hold_modifiers
from vm2causal.spec.places import Places
from vm2causal.spec.refusing import refuse as _refuse
from vm2causal.spec.refusing import suggestion as suggestion
from vm2causal.spec.variable_rules import hold_variable_rules, name_problem

if TYPE_CHECKING:
    from vm2causal.spec.causal_spec import CausalSpec
    from vm2causal.spec.objects import Arrow, Source

LONGEST_CYCLE: Final = 50
"""Most names of a cycle in a message; of a longer one it says how many are left out."""


def hold_rules(spec: CausalSpec, places: Places) -> None:
    """Check a whole model.

    Raises
    ------
    ModelFileError
        With the first rule that is broken, the place, the value and the mend.
    """
    hold_variable_rules(spec, places)
    _hold_declared_arrows(spec, places)
    _hold_single_arrows(spec, places)
    _hold_no_cycle(spec, places)
    _hold_citations(spec, places)
    _hold_priors(spec, places)
    _hold_queries(spec, places)
    _hold_groups(spec, places)
    hold_modifiers(spec, places)
    _hold_selections(spec, places)


def _hold_declared_arrows(spec: CausalSpec, places: Places) -> None:
    for position, arrow in enumerate(spec.arrows):
        for end, name in (("from", arrow.cause), ("to", arrow.effect)):
            if name not in spec.variables:
                _refuse(
                    "This arrow names a variable that is not declared.",
                    places,
                    ("arrows", position, end),
                    name,
                    suggestion(name, spec.variables, otherwise="Declare it under 'variables'."),
                )
        if spec.variables[arrow.cause].selected:
            _refuse(
                f"All units in the data have '{arrow.cause}', so nothing in them differs by it.",
                places,
                ("arrows", position),
                f"{arrow.cause} -> {arrow.effect}",
                "Remove the arrow: what selection does is the same for all that are left.",
            )
        if arrow.cause == arrow.effect:
            _refuse(
                "An arrow cannot go from a variable to itself.",
                places,
                ("arrows", position),
                f"{arrow.cause} -> {arrow.effect}",
                "Remove it; for an effect over time declare one variable per moment.",
            )


def _hold_single_arrows(spec: CausalSpec, places: Places) -> None:
    first: dict[tuple[str, str], int] = {}
    for position, arrow in enumerate(spec.arrows):
        earlier = first.setdefault(arrow.key, position)
        if earlier != position:
            line = places.line(("arrows", earlier))
            where = f"on line {line}" if line else f"as arrow number {earlier + 1}"
            _refuse(
                f"This arrow stands twice; first {where}.",
                places,
                ("arrows", position),
                f"{arrow.cause} -> {arrow.effect}",
                "Keep one of the two.",
            )


def _hold_no_cycle(spec: CausalSpec, places: Places) -> None:
    cycle = find_cycle(CausalGraph.of(arrow.key for arrow in spec.arrows))
    if not cycle:
        return
    closing = cycle[-2:]
    position = next(index for index, arrow in enumerate(spec.arrows) if arrow.key == closing)
    _refuse(
        f"The arrows form a cycle: {_shortened(cycle)}.",
        places,
        ("arrows", position),
        " -> ".join(closing),
        "Remove or turn one of these arrows, or declare one variable per moment.",
    )


def _shortened(cycle: Sequence[str]) -> str:
    left_out = len(cycle) - 1 - LONGEST_CYCLE
    if left_out <= 0:
        return " -> ".join(cycle)
    return " -> ".join((*cycle[:LONGEST_CYCLE], f"… ({left_out:,} more) …", cycle[-1]))


def _hold_citations(spec: CausalSpec, places: Places) -> None:
    if not spec.documents:
        return
    cited: list[tuple[tuple[str | int, ...], tuple[Source, ...]]] = [
        (("variables", name, "source"), variable.source)
        for name, variable in spec.variables.items()
    ]
    cited += [
        (("arrows", position, "source"), arrow.source) for position, arrow in enumerate(spec.arrows)
    ]
    for path, sources in cited:
        for source in sources:
            if source.document not in spec.documents:
                _refuse(
                    "This source cites a document that is not listed.",
                    places,
                    (*path, "document"),
                    source.document,
                    suggestion(
                        source.document, spec.documents, otherwise="List it under 'documents'."
                    ),
                )


def _hold_priors(spec: CausalSpec, places: Places) -> None:
    seen: set[tuple[str, str]] = {arrow.key for arrow in spec.arrows if arrow.prior}
    known = {_written(arrow) for arrow in spec.arrows}
    keys = {arrow.key for arrow in spec.arrows}
    for position, prior in enumerate(spec.priors):
        key = (prior.cause, prior.effect)
        written = f"{prior.cause} -> {prior.effect}"
        path = ("priors", position)
        if key not in keys:
            fix = suggestion(written, known, otherwise="Add the arrow, or remove the prior.")
            _refuse(
                "This prior is on an arrow the model does not have.", places, path, written, fix
            )
        if key in seen:
            _refuse("This arrow has two priors.", places, path, written, "Keep one of the two.")
        seen.add(key)


def _written(arrow: Arrow) -> str:
    return f"{arrow.cause} -> {arrow.effect}"


def _hold_queries(spec: CausalSpec, places: Places) -> None:
    for position, query in enumerate(spec.queries):
        for end, name in (("cause", query.cause), ("effect", query.effect)):
            _hold_asked(spec, places, ("queries", position, end), name)
        if query.cause == query.effect:
            _refuse(
                "A query asks for the effect of one variable on another.",
                places,
                ("queries", position),
                f"{query.cause} -> {query.effect}",
                "Name two different variables.",
            )


def _hold_asked(spec: CausalSpec, places: Places, path: Sequence[str | int], name: str) -> None:
    """What a query asks about is declared, and has data."""
    if name not in spec.variables:
        _refuse(
            "This query asks about a variable that is not declared.",
            places,
            path,
            name,
            suggestion(name, spec.variables, otherwise="Declare it under 'variables'."),
        )
    if spec.variables[name].selected:
        _refuse(
            "This query asks about what the data were selected by: all units in them have it.",
            places,
            path,
            name,
            "Ask about another variable.",
        )
    if not spec.variables[name].observed:
        _refuse(
            "This query asks about a variable that nobody observed.",
            places,
            path,
            name,
            "Ask about a variable with data, or remove 'observed: false' where it has them.",
        )


def _hold_selections(spec: CausalSpec, places: Places) -> None:
    for name, item in spec.selections.items():
        path = ("selections", name)
        problem = name_problem(name)
        if name in spec.variables:
            problem = "This selection is a variable already."
        if problem:
            _refuse(problem, places, path, name, "Rename it.")
        for position, cause in enumerate(item.causes):
            if cause not in spec.variables:
                _refuse(
                    "This selection has a cause that is not declared.",
                    places,
                    (*path, "causes", position),
                    cause,
                    suggestion(cause, spec.variables, otherwise="Declare it under 'variables'."),
                )


def _hold_groups(spec: CausalSpec, places: Places) -> None:
    for position, group in enumerate(spec.groups):
        if group in spec.groups[:position]:
            _refuse(
                "This group stands twice.", places, ("groups", position), group, "Keep one of them."
            )
    for inner, outer in spec.nested.items():
        _hold_nested(spec, places, inner, outer)


def _hold_nested(spec: CausalSpec, places: Places, inner: str, outer: str) -> None:
    for name in (inner, outer):
        if name not in spec.groups:
            _refuse(
                f"'{inner}' is nested in '{outer}', and '{name}' is no group.",
                places,
                ("nested", inner),
                name,
                suggestion(name, spec.groups, otherwise="Add it to 'groups'."),
            )
    if inner in spec.variables:
        _refuse(
            f"'{inner}' is a variable of the model, whose levels mean the same everywhere.",
            places,
            ("nested", inner),
            outer,
            "Nest it in nothing, or give its column another name as a group.",
        )
    passed, name = {inner}, outer
    while name in spec.nested:
        if name in passed:
            _refuse(
                "Groups are nested in each other.",
                places,
                ("nested", inner),
                outer,
                "Nest the smaller in the larger only.",
            )
        passed.add(name)
        name = spec.nested[name]
