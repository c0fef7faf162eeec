"""What a model asks of the columns of a table, and what a table's file says of its levels."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import pandas as pd

from vm2causal.inputs.tables.uses import Role, Use
from vm2causal.model.data.columns import answer_levels, says_no_and_yes
from vm2causal.spec import CausalSpec
from vm2causal.spec.words import Kind, Values

_ROLES: Final = {
    Values.NUMBERS: Role.NUMBER,
    Values.EVENTS: Role.COUNT,
    Values.LEVELS: Role.LEVELS,
    Values.ITEMS: Role.SCALE,
}


def _role(kind: Kind) -> Role:
    return Role.SCALE if kind is Kind.ORDINAL else _ROLES[kind.values]


def uses_of(spec: CausalSpec) -> tuple[Use, ...]:
    """Every column that a model uses, once: variables, their trials and items, and groups."""
    found: dict[str, Use] = {}
    for use in _uses(spec):
        found.setdefault(use.column, use)
    return tuple(found.values())


def _uses(spec: CausalSpec) -> Iterator[Use]:
    for name, variable in spec.variables.items():
        if variable.observed:
            role = _role(variable.kind)
            for column in spec.columns_of(name):
                yield Use(column, role, variable.levels, variable.missing)
    for name in spec.groups:
        if name not in spec.variables:
            yield Use(name, Role.GROUP)


def with_file_levels(spec: CausalSpec, orders: Mapping[str, Mapping[str, float]]) -> CausalSpec:
    """The model with the levels that a file defines, for variables that declare none.

    Parameters
    ----------
    orders
        By column its levels with their codes. The items of a construct share theirs. No and yes
        are in that order whatever their codes: questionnaires often code yes 1 and no 2.
    """
    variables = {}
    for name, variable in spec.variables.items():
        if variable.observed and not variable.levels and _role(variable.kind) in _LEVELLED:
            levels = _file_levels(spec.columns_of(name), orders)
            if variable.kind is Kind.BINARY and says_no_and_yes(levels):
                continue
            if len(levels) >= (2 if variable.kind in (Kind.BINARY, Kind.LATENT) else 1):
                variables[name] = variable.model_copy(update={"levels": levels})
    if not variables:
        return spec
    return spec.model_copy(update={"variables": {**spec.variables, **variables}})


def with_answers_found(spec: CausalSpec, frame: pd.DataFrame) -> CausalSpec:
    """The model with the answers that occur as the levels of constructs that declare none.

    What the levels are then stays the same in every part of the data.

    Parameters
    ----------
    frame
        A settled table with a column per item.

    Raises
    ------
    StudyError
        When answers are words, whose order nobody declared.
    """
    found = {
        name: variable.model_copy(update={"levels": answer_levels(frame, variable.items)})
        for name, variable in spec.variables.items()
        if variable.observed and variable.kind.measured and not variable.levels
    }
    return spec.model_copy(update={"variables": {**spec.variables, **found}}) if found else spec


_LEVELLED: Final = frozenset({Role.LEVELS, Role.SCALE})


def _file_levels(
    columns: tuple[str, ...], orders: Mapping[str, Mapping[str, float]]
) -> tuple[str, ...]:
    if not all(column in orders for column in columns):
        return ()
    codes = {text: code for column in columns for text, code in orders[column].items()}
    return tuple(sorted(codes, key=lambda text: codes[text]))
