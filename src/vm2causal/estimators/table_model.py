"""What DoWhy knows of an effect (names and a table) as a model of ours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import pandas as pd

from vm2causal.errors import OptionError
from vm2causal.model.data.structural_data import StructuralData, table_data
from vm2causal.spec import Arrow, CausalSpec, Kind, Variable
from vm2causal.spec.variable_rules import name_problem
from vm2causal.spec.words import Rows

_REGRESSORS = frozenset(kind for kind in Kind if kind.numeric or kind.levelled)


@dataclass(frozen=True)
class Roles:
    """Columns of a table by what they are in the question.

    Parameters
    ----------
    treatment, outcome
        Column of the cause, and of the effect.
    given
        Columns that are adjusted for.
    """

    treatment: str
    outcome: str
    given: tuple[str, ...]


@dataclass(frozen=True)
class Kinds:
    """What kind of variable each column is.

    Refuters put another column in the place of the treatment or the outcome: these two keep their
    kind and levels whatever their column is called.

    Parameters
    ----------
    treatment, outcome
        None until known.
    given
        By column; others are judged by their data.
    """

    treatment: Variable | None = None
    outcome: Variable | None = None
    given: Mapping[str, Variable] = field(default_factory=dict)


def declared_kinds(kinds: Mapping[str, str | Variable], roles: Roles) -> Kinds:
    """What a user said of the columns.

    Parameters
    ----------
    kinds
        By column: the name of a kind, or a variable with its levels, reference or trials.
    roles
        Columns by what they are in the question.

    Raises
    ------
    OptionError
        When a column has no part in the question, or a kind does not exist or cannot stand there.
    """
    unknown = sorted(set(kinds) - {roles.treatment, roles.outcome, *roles.given})
    if unknown:
        raise OptionError(
            "These kinds are of columns that are not in the question.", value=", ".join(unknown)
        )
    declared = {name: _variable(name, kind) for name, kind in kinds.items()}
    for name in (roles.treatment, *roles.given):
        if name in declared and declared[name].kind not in _REGRESSORS:
            _refuse(name, declared[name], _REGRESSORS)
    return Kinds(
        declared.get(roles.treatment),
        declared.get(roles.outcome),
        {name: declared[name] for name in roles.given if name in declared},
    )


def model_data(
    table: pd.DataFrame, roles: Roles, kinds: Kinds, groups: Sequence[str]
) -> StructuralData:
    """Arrange a table for the outcome regression of a question.

    Parameters
    ----------
    table
        A row per unit.
    roles
        Columns by what they are in the question.
    kinds
        What kind of variable each column is.
    groups
        Columns whose levels share a distribution of intercepts.

    Raises
    ------
    StudyError
        When a column is absent or holds what its kind cannot be.
    OptionError
        When the outcome has no single mean.
    """
    _require_columns(table, (roles.treatment, *roles.given, roles.outcome))
    variables = {
        roles.treatment: kinds.treatment or _regressor(table[roles.treatment]),
        **{name: kinds.given.get(name) or _regressor(table[name]) for name in roles.given},
        roles.outcome: kinds.outcome or _outcome(table[roles.outcome]),
    }
    variables = {name: _told_apart(item, table[name]) for name, item in variables.items()}
    with_mean = {kind for kind in Kind if not (kind.unordered or kind.measured)}
    if variables[roles.outcome].kind not in with_mean:
        _refuse(roles.outcome, variables[roles.outcome], with_mean)
    names = variable_names(roles, groups)
    causes = (roles.treatment, *roles.given)
    spec = CausalSpec(
        name="dowhy",
        variables={
            names[name]: variable.model_copy(update={"column": name})
            for name, variable in variables.items()
        },
        arrows=tuple(
            Arrow.model_validate({"from": names[name], "to": names[roles.outcome]})
            for name in causes
        ),
        groups=tuple(groups),
        # the only equation is that of the outcome, in which persons and their row come to the same
        rows=Rows.UNITS,
    )
    return table_data(spec, table)


def variable_names(roles: Roles, groups: Sequence[str]) -> dict[str, str]:
    """A usable name of a variable for each column; its own wherever that is one.

    A group keeps its name, so that a confounder that is also a group is known as both.

    Parameters
    ----------
    roles
        Columns by what they are in the question.
    groups
        Columns whose levels share a distribution of intercepts.
    """
    columns = (roles.treatment, *roles.given, roles.outcome)
    return {
        name: f"column-{place}" if name_problem(name) and name not in groups else name
        for place, name in enumerate(columns, start=1)
    }


def known_kinds(data: StructuralData, roles: Roles, kinds: Kinds) -> Kinds:
    """The kinds with the levels that were found, so that a part of the table has them all.

    Parameters
    ----------
    data
        The data as the model takes them, one row per unit.
    roles
        Columns by what they are in the question.
    kinds
        What kind of variable each column is.
    """
    by_column = {data.spec.column(name): name for name in data.spec.variables}

    def known(column: str) -> Variable:
        name = by_column[column]
        variable = data.spec.variables[name]
        found = data.columns.get(name)
        return variable.model_copy(update={"levels": found.levels}) if found else variable

    given = {name: known(name) for name in roles.given}
    return replace(
        kinds,
        treatment=known(roles.treatment),
        outcome=known(roles.outcome),
        given={**kinds.given, **given},
    )


def _variable(name: str, kind: str | Variable) -> Variable:
    if isinstance(kind, Variable):
        return kind
    if kind not in set(Kind):
        raise OptionError(
            f"'{name}' is given a kind that does not exist.",
            value=kind,
            fix=f"One of: {', '.join(Kind)}.",
        )
    return Variable(kind=Kind(kind))


def _regressor(column: pd.Series[str]) -> Variable:
    """Numbers count as numbers, whatever their spread; anything else as levels."""
    if pd.api.types.is_numeric_dtype(column) and not _is_bool(column):
        return Variable(kind=Kind.CONTINUOUS)
    return Variable(kind=Kind.BINARY if column.nunique() <= 2 else Kind.NOMINAL)


def _told_apart(variable: Variable, column: pd.Series[str]) -> Variable:
    """True and false are the levels 1 and 0, so that a treatment of 1 is one of them."""
    if variable.levels or variable.kind is not Kind.BINARY or not _is_bool(column):
        return variable
    return variable.model_copy(update={"levels": ("0", "1")})


def _is_bool(column: pd.Series[str]) -> bool:
    return bool(pd.api.types.is_bool_dtype(column))


def _require_columns(table: pd.DataFrame, names: Sequence[str]) -> None:
    absent = [name for name in names if name not in table.columns]
    if absent:
        raise OptionError(
            "The table lacks columns of the question.",
            value=", ".join(absent),
            fix=f"It has {', '.join(map(str, table.columns[:12]))}.",
        )


def _outcome(column: pd.Series[str]) -> Variable:
    """The same; numbers that are all 0 or 1 are a share."""
    numeric = pd.api.types.is_numeric_dtype(column) and not _is_bool(column)
    if numeric and set(column.dropna().unique()) <= {0, 1}:
        return Variable(kind=Kind.BINARY, levels=("0", "1"))
    return _regressor(column)


def _refuse(name: str, variable: Variable, allowed: set[Kind] | frozenset[Kind]) -> None:
    raise OptionError(
        f"'{name}' cannot be {variable.kind.value} here.",
        value=variable.kind.value,
        fix=f"One of: {', '.join(sorted(allowed))}.",
    )
